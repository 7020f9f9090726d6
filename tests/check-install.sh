#!/bin/bash
# SPDX-License-Identifier: MIT
#
# `make install` below a DESTDIR brings what `make installed` lists and nothing
# else, what was installed works, and `make uninstall` leaves nothing of it.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

dir=$(mktemp -d) || exit
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
root="$dir/a root" # DESTDIR may have a blank

# PREFIX and the like are those of our own make, whose jobs are none of ours.
MAKEFLAGS=$(sed -E 's/ (-j[0-9]*|--jobserver-[^ ]*)//g' <<<" ${MAKEFLAGS:-}")
export MAKEFLAGS
make() { command make -s --no-print-directory DESTDIR="$root" "$@"; }

passed=0 failed=0
result() { # WHAT COMMAND...
  local what=$1
  shift
  if "$@" >"$dir/out" 2>&1 </dev/null; then
    echo "ok $what"
    ((++passed))
  else
    sed 's/^/  /' "$dir/out"
    echo "not ok $what"
    ((++failed))
  fi
}

files() { find "$root" ! -type d -printf '/%P\n' | LC_ALL=C sort; }
as_listed() {
  make install && make installed | LC_ALL=C sort >"$dir/listed" &&
    [[ -s $dir/listed ]] && files | diff "$dir/listed" -
}
# Programs for all to run, everything for all to read.
modes() {
  local f mode status=0
  while read -r f; do
    case $f in
    */sbin/* | */criu-ns-mounts | *.sh) mode=755 ;;
    *) mode=644 ;;
    esac
    [[ $(stat -c %a "$root$f") = "$mode" ]] || {
      stat -c '%A %n' "$root$f"
      status=1
    }
  done <"$dir/listed"
  return $status
}
of_the_tree() {
  local f names status=0
  names=(sbin/criu-ns criu-ns-mounts LICENSE README.md CHANGELOG.md
    docs/*.md examples/*/*)
  for f in man/*.[1-8]; do names+=("man${f##*.}/${f##*/}"); done
  [[ ! -d completions ]] ||
    names+=(bash-completion/completions/criu-ns _criu-ns criu-ns.fish)
  for f in "${names[@]}"; do
    grep -q "/$f\$" "$dir/listed" || {
      echo "$f is not installed"
      status=1
    }
  done
  return $status
}
program() { echo "$root$(grep '/sbin/criu-ns$' "$dir/listed")"; }
runs() {
  local version
  version=$(sed -n 's/^VERSION := //p' Makefile)
  "$(program)" --version | tee "$dir/said"
  grep -Fqx "criu-ns $version" "$dir/said" && "$(program)" --help | grep restore
}
# The program asks another one for mounts: it has to know where that will be.
knows_its_helper() {
  local helper
  helper=$(grep '/criu-ns-mounts$' "$dir/listed") || return
  grep -aqF "${helper%/*}" "$(program)" || {
    echo "criu-ns does not know ${helper%/*}"
    return 1
  }
  "$root$helper" $$
}
again() { make install && files | diff "$dir/listed" -; }
keeps() {
  local theirs
  theirs=$(dirname "$(program)")/another
  touch "$theirs" && make uninstall && [[ $(files) = "${theirs#"$root"}" ]] &&
    rm "$theirs"
}
nothing_left() {
  ! find "$root" \( ! -type d -o -name '*criu-ns*' \) | grep .
}
once_more() { make uninstall && nothing_left; }

result "install brings what is listed, and nothing else" as_listed
result "programs may be run, and everything be read" modes
result "programs, manual, documents, examples and completions are there" of_the_tree
result "the installed program runs" runs
result "and knows where its helper is" knows_its_helper
result "to install again changes nothing" again
result "uninstall leaves files of others alone" keeps
result "and nothing of ours" nothing_left
result "to uninstall again is no error" once_more

echo "install: $passed passed, $failed failed, 0 skipped"
echo "$passed $failed 0" >"${COUNTS:-/dev/null}"
((failed == 0))
