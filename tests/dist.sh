#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The source archive, build/criu-ns-VERSION.tar.gz.
# Usage: dist.sh --list             the files of this tree
#        dist.sh --make VERSION     make the archive
#        dist.sh --check VERSION    build, test and install what is in it;
#                                   with FULL=1 all tests, as root
#
# In a clone the archive holds what is committed, and a line says if there is
# more.  An unpacked archive has no .git: there it is the whole tree but build/,
# all of it as old as the Makefile.  Made twice it has the same bytes.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

name=criu-ns-${2:-}
archive=$PWD/build/$name.tar.gz

# A clone of somebody else, for root.
git() { command git -c safe.directory='*' "$@"; }

list() {
  if [[ -e .git ]]; then
    git ls-files
  else
    find . -path ./build -prune -o ! -type d -printf '%P\n' | LC_ALL=C sort
  fi
}

as_tar() {
  if [[ -e .git ]]; then
    git -c tar.umask=0022 archive --format=tar --prefix="$name/" HEAD
  else
    tar -c --format=ustar --sort=name --mtime="@$(stat -c %Y Makefile)" \
      --owner=0 --group=0 --numeric-owner --mode=u+rw,go+rX,go-w \
      --exclude=./build --transform="s,^\.,$name," .
  fi
}

make_archive() {
  local more
  if ! mkdir -p build || ! as_tar | gzip -9n >"$archive.new" ||
    ! mv "$archive.new" "$archive"; then
    rm -f "$archive.new"
    echo "dist: cannot make ${archive#"$PWD"/}" >&2
    return 1
  fi
  echo "dist: ${archive#"$PWD"/}"
  [[ ! -e .git ]] || more=$(git status --porcelain | wc -l)
  ((${more:-0} == 0)) ||
    echo "dist: changes in $more files are not committed, and not in there"
}

# --- what is in it --------------------------------------------------------------

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

same_bytes() {
  cp "$archive" "$dir/first.tar.gz" && make_archive && cmp "$archive" "$dir/first.tar.gz"
}
unpack() {
  mkdir -p one "two and/deeper" && tar -xzf "$archive" -C one &&
    tar -xzf "$archive" -C "two and/deeper"
}
same_files() {
  (cd "$top" && git ls-tree -r --name-only HEAD | LC_ALL=C sort) >committed &&
    (cd "$one" && tests/dist.sh --list) | diff committed -
}
build() { make -C "$one" all && make -C "$two" all; }
same_programs() {
  cmp "$one/build/criu-ns" "$two/build/criu-ns" &&
    cmp "$one/build/criu-ns-mounts" "$two/build/criu-ns-mounts"
}
run_tests() { # GOAL...
  make -C "$one" "$@"
}
# What was built and tested has left the tree as it was.
untouched() {
  mkdir again && tar -xzf "$archive" -C again &&
    diff -r --exclude=build "again/$name" "$one"
}
archive_of_archive() {
  make -C "$one" dist && mkdir once_more &&
    tar -xzf "$one/build/$name.tar.gz" -C once_more &&
    diff -r "again/$name" "once_more/$name"
}

check_archive() {
  top=$PWD
  dir=$(mktemp -d "$PWD/build/dist.XXXXXX") || exit
  trap 'rm -rf "$dir"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  # The tests in there are about the program in there, and their make is alone.
  unset CRIU_NS
  MAKEFLAGS=$(sed -E 's/ (-j[0-9]*|--jobserver-[^ ]*)//g' <<<" ${MAKEFLAGS:-}")
  export MAKEFLAGS="$MAKEFLAGS -j2 --no-print-directory"
  one=$dir/one/$name two="$dir/two and/deeper/$name"

  result "the archive has the same bytes when it is made again" same_bytes
  cd "$dir" || exit
  result "it can be unpacked" unpack
  [[ ! -e $top/.git ]] || result "it holds all that is committed" same_files
  result "what is in it builds" build
  result "in two directories the programs have the same bytes" same_programs
  if [[ ${FULL:-} = 1 ]]; then
    : "${CRIUS:=$(cat "$top/build/criu/list" 2>/dev/null)}"
    export CRIUS
    result "it passes all of its tests" run_tests check
  else
    result "it passes its tests" run_tests check-unit check-layers check-docs
  fi
  result "it can be installed and uninstalled" run_tests check-install
  result "below another prefix as well" make -C "$two" check-install PREFIX=/usr
  result "its tree is left as it was" untouched
  result "an archive of the unpacked archive is the same" archive_of_archive
  echo "$passed passed, $failed failed, 0 skipped"
  ((failed == 0))
}

case ${1:-} in
--list) list ;;
--make) make_archive ;;
--check) check_archive ;;
*)
  sed -n '/^# Usage/,/^#$/s/^# //p' "$0" >&2
  exit 125
  ;;
esac
