#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Run every linter over everything, two at a time where that helps.
# Usage: lint.sh [BUILD]      BUILD: where generated headers are
#        lint.sh --sources    list the C sources
set -uo pipefail
cd "$(dirname "$0")/.." || exit

shopt -s nullglob
rooms=(criu-ns.c criu-ns-mounts.c {ns,mount,tty,image,explain,exec}/*.[ch])
tests=(tests/{unit,system,fuzz}/*.[ch] tests/*.[ch])
scripts=(.ci/run tests/*.sh tests/*.bash tests/system/*.{sh,bash,bats}
  examples/*/*.{sbatch,sh} debian/tests/demo debian/*.{pre,post}{inst,rm})
build=${1:-build}
failed=0

if [[ $build = --sources ]]; then
  printf '%s\n' "${rooms[@]}" "${tests[@]}" | grep -v '^criu-ns.c$'
  [[ ! -f criu-ns.c ]] || echo criu-ns.c
  exit
fi

check() { # NAME COMMAND...
  local name=$1
  shift
  if "$@"; then
    echo "ok lint: $name"
  else
    echo "not ok lint: $name"
    failed=1
  fi
}

formatted() {
  clang-format --dry-run -Werror "${rooms[@]}" "${tests[@]}"
}

read -r -a flags <<<"$(pkg-config --cflags libcap mount libprotobuf-c check)"
flags+=(-std=gnu11 -D_GNU_SOURCE -I. "-I$build" -Wno-unknown-warning-option
  "-DLIBEXECDIR=\"/usr/local/libexec/criu-ns\"" "-DVERSION=\"0\"")

# Check's macros count as statements and nesting of the function around them.
tidy() {
  {
    printf '%s\n' "${rooms[@]}" | grep '\.c$' |
      xargs -r -P 2 -I {} clang-tidy --quiet {} -- "${flags[@]}" &&
      printf '%s\n' "${tests[@]}" | grep '\.c$' |
      xargs -r -P 2 -I {} clang-tidy --quiet \
        --checks=-readability-function-size {} -- "${flags[@]}"
  } 2> >(grep -Ev '^[0-9]+ warnings? generated|^Suppressed |^Use -header' >&2)
}

# What is suppressed: system headers are not given to cppcheck, and a function
# used by tests or through a header alone is not unused.
cppcheck_all() {
  cppcheck --quiet -j 2 --std=c11 --language=c --error-exitcode=1 \
    --enable=warning,performance,portability --inline-suppr -D_GNU_SOURCE -DLIBEXECDIR=\"\" \
    -DVERSION=\"\" -I. "-I$build" --suppress='*:'"$build"'/*' --suppress=missingInclude \
    --suppress=missingIncludeSystem --suppress=unknownMacro \
    --suppress=varFuncNullUB --suppress=normalCheckLevelMaxBranches \
    --suppress=unmatchedSuppression "${rooms[@]}"
}

# Each file says its license in its first lines, or REUSE.toml does by name.
licensed() {
  local f without=0
  while read -r f; do
    [[ $f != @(LICENSE|LICENSES/*) && -f $f ]] || continue
    head -n 3 "$f" | grep -q 'SPDX-License-Identifier: MIT' ||
      grep -Fqx "  \"$f\"," REUSE.toml || {
      echo "$f: no SPDX-License-Identifier: MIT in the first lines"
      without=1
    }
  done < <(tests/dist.sh --list)
  while read -r f; do
    [[ -f $f ]] || {
      echo "REUSE.toml: there is no $f"
      without=1
    }
  done < <(sed -n 's/^  "\(.*\)",$/\1/p' REUSE.toml)
  cmp LICENSE LICENSES/MIT.txt || without=1
  return "$without"
}

# The workflow has the steps of .ci/run, in their order.
# shellcheck disable=SC2016 # .ci/run's own ${make[@]}
same_steps() {
  diff <(sed -n 's/^step "${make\[@\]}" /make -j2 -k WERROR=-Werror /p' .ci/run) \
    <(sed -n 's/^ *- run: \(make .*WERROR.*\)/\1/p' .github/workflows/ci.yml)
}

check clang-format formatted
check clang-tidy tidy
check cppcheck cppcheck_all
# Functions that are called by name, and variables of subshells in bats tests.
check shellcheck shellcheck -x -e SC2030,SC2031,SC2317,SC2329 "${scripts[@]}"
check mandoc mandoc -T lint -W warning man/criu-ns.1
check SPDX licensed
check workflow same_steps
exit $failed
