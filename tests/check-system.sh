#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Run the bats suite once with each criu.  As root; without root or without a
# criu that is one named SKIP line, with CI=true a failure.
#
# From the caller:  CRIUS   paths of criu, default: those of build/criu/list,
#                           else $CRIU, else the one in PATH
#                   TESTS   files, default: tests/system/*.bats
#                   FILTER  regular expression on the names of tests
# To the tests:     CRIU          the criu to use, absolute
#                   CRIU_VERSION  such as 4.2.1
#                   CRIU_NS       the program to test, absolute
#                   HELPERS_DIR   where tests/system/*.c are built
#                   BATS_TEST_TIMEOUT  seconds, against a hang
set -uo pipefail
cd "$(dirname "$0")/.." || exit

: "${CRIU_NS:=$PWD/build/criu-ns}" "${HELPERS_DIR:=$PWD/build/tests/system}"
: "${BATS_TEST_TIMEOUT:=180}"
export CRIU CRIU_VERSION CRIU_NS HELPERS_DIR BATS_TEST_TIMEOUT LC_ALL=C
unset CRIU_CONFIG_FILE

passed=0 failed=0 skipped=0
limit=1800 # seconds, for the suite with one criu
finish() {
  echo "system: $passed passed, $failed failed, $skipped skipped"
  echo "$passed $failed $skipped" >"${COUNTS:-/dev/null}"
  exit $((failed != 0))
}
give_up() { # WHY
  echo "system: $1"
  ((failed++))
  finish
}
leave_out() { # WHY
  [[ ${CI:-} != true ]] || give_up "$1, and CI=true"
  skipped=$(bats --count "${files[@]}" 2>/dev/null) || skipped=1
  echo "SKIP tests/system ($skipped tests): $1"
  finish
}

shopt -s nullglob
read -r -a files <<<"${TESTS:-}"
((${#files[@]})) || files=(tests/system/*.bats)
((${#files[@]})) || give_up "there is no test"
for f in "${files[@]}"; do
  [[ -r $f ]] || give_up "no such file: $f"
done

read -r -a crius <<<"${CRIUS:-}"
if ((${#crius[@]} == 0)) && [[ -s build/criu/list ]]; then
  mapfile -t crius <build/criu/list
elif ((${#crius[@]} == 0)); then
  crius=("${CRIU:-$(PATH=$PATH:/usr/sbin type -P criu)}")
fi
((EUID == 0)) || leave_out "needs root"
[[ -n ${crius[0]} ]] || leave_out "needs criu: run make deps"
type -P bats >/dev/null || give_up "no bats: run make deps"

out=$(mktemp) || exit
trap 'rm -f "$out"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

for CRIU in "${crius[@]}"; do
  CRIU_VERSION=$("$CRIU" --version 2>/dev/null | sed -n 's/^Version: //p')
  [[ -n $CRIU_VERSION ]] || give_up "$CRIU can't be run"
  CRIU=$(realpath -s "$CRIU")
  echo "system: with criu $CRIU_VERSION, $CRIU"
  : >"$out"
  # Shown by way of a file: a process that a test has lost can't hold us up.
  timeout -k 10 $limit bats --formatter tap --print-output-on-failure \
    ${FILTER:+--filter "$FILTER"} "${files[@]}" </dev/null >>"$out" 2>&1 &
  bats=$!
  tail -n +1 -s 0.2 -f --pid=$bats "$out"
  status=0
  wait $bats || status=$?
  # What was planned and did not come to a result has failed.
  read -r p f s lost < <(awk '
    /^1\.\.[0-9]+$/ { planned = substr($0, 4) }
    /^ok [0-9]+ .*# skip/ { s++; next }
    /^ok [0-9]/ { p++ }
    /^not ok [0-9]/ { f++ }
    END { print +p, +f, +s, planned - p - f - s }' "$out")
  ((lost <= 0)) || echo "system: $lost tests of criu $CRIU_VERSION did not end"
  if ((status != 0 && f == 0 && lost <= 0)) || ((status == 124)); then
    echo "system: bats ended with status $status (124: not within ${limit}s)"
    ((f++))
  fi
  ((p + f + s + lost > 0)) ||
    give_up "no test was run with criu $CRIU_VERSION"
  ((passed += p, failed += f + (lost > 0 ? lost : 0), skipped += s))
done
finish
