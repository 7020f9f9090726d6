#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Run every program of $UNIT_DIR.  Without root, tests tagged "root" are left
# out, each with a line that names it; with CI=true that is a failure.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

passed=0 failed=0 skipped=0
limit=300 # seconds, for one program
out=$(mktemp) || exit
trap 'rm -f "$out"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The tests in those cases of SOURCE that carry the tag "root".
root_tests() { # SOURCE
  tr -d ' \t\n' <"$1" | sed 's/[;{}]/\n/g' | awk -F '[(,)]' '
    $1 == "tcase_set_tags" && $3 ~ /root/ { root[$2] = 1 }
    $1 ~ /^tcase_add_(loop_|exit_|raise_)?test/ { test[$3] = $2 }
    /=tcase_create\(/ { # a variable used again is another case
      name = $1
      sub(/=.*/, "", name)
      sub(/.*\*/, "", name)
      flush_case(name)
    }
    function flush_case(name,  t) {
      for (t in test)
        if (test[t] == name) {
          if (name in root)
            print t
          delete test[t]
        }
      delete root[name]
    }
    END { for (t in test) if (test[t] in root) print t }' | sort
}

if ((EUID != 0)); then
  if [[ ${CI:-} = true ]]; then
    echo "unit: not root, and CI=true: nothing may be left out"
    echo "0 1 0" >"${COUNTS:-/dev/null}"
    exit 1
  fi
  export CK_EXCLUDE_TAGS=root
fi

for source in tests/unit/test_*.c; do
  [[ -f $source ]] || continue
  name=$(basename "$source" .c)
  if ((EUID != 0)) && grep -q tcase_set_tags "$source"; then
    tests=$(root_tests "$source")
    for t in ${tests:-root-tests}; do
      echo "SKIP $name: $t needs root"
      ((skipped++))
    done
  fi
  status=0
  timeout -k 5 $limit "$UNIT_DIR/$name" >"$out" 2>&1 </dev/null || status=$?
  if [[ $(grep -E '^[0-9]+%: Checks: ' "$out" | tail -n 1) =~ \
    Checks:\ ([0-9]+),\ Failures:\ ([0-9]+),\ Errors:\ ([0-9]+) ]]; then
    bad=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
    good=$((BASH_REMATCH[1] - bad))
  else
    bad=0 good=0
  fi
  # A crash of the program itself, a leak at its end, no closing line.
  if ((bad == 0 && (status != 0 || good == 0))) &&
    ! ((status == 0 && EUID != 0)); then
    echo "$name: ended with status $status after $good tests"
    bad=1
  fi
  ((bad == 0)) || cat "$out"
  echo "$name: $good passed, $bad failed"
  ((passed += good, failed += bad))
done
if ((passed + failed + skipped == 0)); then
  echo "unit: there is no test"
  failed=1
fi
echo "unit: $passed passed, $failed failed, $skipped skipped"
echo "$passed $failed $skipped" >"${COUNTS:-/dev/null}"
((failed == 0))
