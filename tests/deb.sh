#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The Debian package of what is in the source archive, in TAP: it is built,
# linted, and installed and removed with and without Debian's criu, whose own
# criu-ns and manual it takes the place of.  All of this happens in a mount
# namespace where /usr, /etc and /var are overlays: the machine is left as it is.
# Run it by `make deb`, as root, after `make deps-deb`.
# Usage: deb.sh VERSION
set -uo pipefail
cd "$(dirname "$0")/.." || exit

tools=(dpkg-buildpackage dh lintian apt-get)

n=0 failed=0
result() { # WHAT COMMAND...
  local what=$1 status=0
  shift
  "$@" >"$dir/out" 2>&1 </dev/null || status=$?
  ((++n))
  if ((status == 0)); then
    echo "ok $n - $what"
  else
    tail -n 40 "$dir/out" | sed 's/^/# /'
    echo "not ok $n - $what"
    ((++failed))
  fi
}
skip() { # WHAT WHY
  echo "ok $((++n)) - $1 # SKIP $2"
}

# --- Outside: build and lint ------------------------------------------------------

package_in() { # DIR OPTION...
  mkdir -p "$1" && tar -xzf "build/criu-ns-$version.tar.gz" -C "$1" && (
    cd "$1/criu-ns-$version" && shift &&
      env -u CRIU_NS -u MAKEFLAGS -u MFLAGS dpkg-buildpackage -us -uc -j2 "$@"
  )
}
build() {
  package_in "$dir" && cp "$dir"/criu-ns_"$version"_*.deb build/
}
build_again() {
  DEB_BUILD_OPTIONS=nocheck package_in "$dir/some/where else" -b &&
    (cd "$dir/some/where else" && sha256sum ./*.deb) >"$dir/sums" &&
    cat "$dir/sums" && (cd "$dir" && sha256sum -c sums)
}
clean() {
  lintian --fail-on error,warning --allow-root "$dir"/*.changes
}

outside() { # VERSION
  local tool status=0 before
  version=$1
  for tool in "${tools[@]}"; do
    type -P "$tool" >/dev/null || {
      echo "1..0 # SKIP the Debian package: no $tool here (make deps-deb)"
      exit 0
    }
  done
  dir=$(mktemp -d /tmp/criu-ns-deb.XXXXXX) || exit
  trap 'rm -rf "$dir"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  before=$(machine)
  result "the package is built" build
  if ((failed == 0)); then
    echo "# build/$(basename "$dir"/criu-ns_"$version"_*.deb)"
    result "built elsewhere, it has the same bytes" build_again
    result "lintian has no errors or warnings" clean
    if ((EUID == 0)); then
      # The package's criu-ns is the one that is tried.
      env -u CRIU_NS unshare --mount --propagation private \
        "$0" --inside "$dir" "$n" || status=$?
      read -r n <"$dir/n"
    else
      skip "it can be installed and removed" "needs root"
    fi
  fi
  result "the machine is left as it was" same_machine "$before"
  echo "1..$n"
  ((failed == 0 && status == 0))
}

machine() {
  ls -l /usr/sbin/criu-ns* /usr/share/man/man1/criu-ns* /usr/libexec/criu-ns 2>&1
  cksum /var/lib/dpkg/status /var/lib/dpkg/diversions
}
same_machine() { diff <(echo "$1") <(machine); }

# --- Inside: install and remove ------------------------------------------------------

program=/usr/sbin/criu-ns
manual=/usr/share/man/man1/criu-ns.1.gz
aside() { # PATH
  case $1 in
  "$program") echo $program.criu ;;
  "$manual") echo /usr/share/man/man1/criu-ns.criu.1.gz ;;
  esac
}

overlays() {
  local d
  mkdir -p "$dir/over" && mount -t tmpfs tmpfs "$dir/over" || return
  for d in usr etc var; do
    mkdir -p "$dir/over/$d/upper" "$dir/over/$d/work" &&
      mount -t overlay -o "lowerdir=/$d,upperdir=$dir/over/$d/upper,workdir=$dir/over/$d/work" \
        overlay "/$d" || return
  done
}

# Nothing is asked, nothing is synced, no dependency is looked for: Debian's criu
# is there to be diverted, not to run.
package() { # ARG...
  DEBIAN_FRONTEND=noninteractive DEB_SYSTEMD=no dpkg --force-depends \
    --force-unsafe-io --force-confnew --no-triggers "$@"
}
installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) = installed ]]; }

# A package that has what TREE has.
stand_in() { # NAME TREE
  mkdir -p "$2/DEBIAN"
  printf '%s\n' "Package: $1" "Version: 3.99" "Architecture: all" \
    "Maintainer: nobody <nobody@localhost>" "Description: stand-in" \
    >"$2/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$2" "$dir/$1-stand-in.deb"
}
like_criu() {
  mkdir -p "$dir/like/usr/sbin" "$dir/like/usr/share/man/man1"
  echo 'the program of criu' >"$dir/like$program"
  echo 'the manual of criu' | gzip -n >"$dir/like$manual"
  stand_in criu "$dir/like"
}

# Of those two files, the ones that the criu in question has.
theirs() {
  local f
  for f in "$program" "$manual"; do
    [[ ! -f $dir/theirs$f ]] || echo "$f"
  done
}
# What DEB has is where it is looked for.
unpack_theirs() { # DEB
  rm -rf "$dir/theirs" && mkdir "$dir/theirs" && dpkg -x "$1" "$dir/theirs"
}

ours() {
  [[ $($program --version | head -n 1) = "criu-ns $(dpkg-query -W -f '${Version}' criu-ns)" ]] &&
    dpkg -V criu-ns && zcat $manual | grep '^\.Dt CRIU-NS'
}
ours_alone() { ours && [[ ! -e $(aside $program) && ! -e $(aside $manual) ]]; }
ours_and_theirs() {
  local f
  ours || return
  for f in $(theirs); do
    cmp "$dir/theirs$f" "$(aside "$f")" || return
  done
}
theirs_alone() {
  local f
  for f in "$program" "$manual"; do
    if [[ -f $dir/theirs$f ]]; then
      cmp "$dir/theirs$f" "$f" || return
    else
      [[ ! -e $f ]] || return
    fi
    [[ ! -e $(aside "$f") ]] || return
  done
  none_of_ours
}
# Documents, helper, diversions.
none_of_ours() {
  ! dpkg-divert --list '*criu-ns*' | grep . &&
    ! ls -d /usr/libexec/criu-ns /usr/share/doc/criu-ns 2>/dev/null
}
nobodys() {
  none_of_ours && ! find $program* /usr/share/man/man1/criu-ns* 2>/dev/null |
    grep .
}

alone() { package -i "$deb" && ours_alone; }
alone_removed() { package --remove criu-ns && nobodys; }
over_criu() { package -i "$criu" && package -i "$deb" && ours_and_theirs; }
upgraded() { package -i "$deb" && package -i "$criu" && ours_and_theirs; }
criu_is_back() { package --remove criu-ns && theirs_alone; }
criu_later() { package -i "$deb" && package -i "$criu" && ours_and_theirs; }
criu_gone_first() {
  package --remove criu && ours_alone && package --purge criu-ns && nobodys
}
# Its helper's place is taken by another package.
given_up() {
  mkdir -p "$dir/other/usr/libexec/criu-ns" &&
    touch "$dir/other/usr/libexec/criu-ns/criu-ns-mounts" &&
    stand_in other "$dir/other" && package -i "$criu" "$dir/other-stand-in.deb" || return
  if package -i "$deb"; then
    echo "it was installed over a file of another package"
    return 1
  fi
  package --purge other && theirs_alone
}
# A tree that is dumped must not have what was opened in another namespace: bash
# has its script as 255, for itself alone.
close_inherited() {
  local fd
  for fd in "/proc/$$/fd"/*; do
    fd=${fd##*/}
    ((fd <= 2 || fd == 255)) || eval "exec $fd>&-"
  done
}
demo() {
  package -i "$deb" && debian/tests/demo && package --purge criu-ns
}

with_criu() { # NAME
  unpack_theirs "$criu" || return
  result "$1: it is installed, criu's own files step aside" over_criu
  result "$1: so they stay when either is installed again" upgraded
  result "$1: it is removed, criu's own files come back" criu_is_back
  package --purge criu criu-ns >/dev/null 2>&1
  result "$1: criu comes later" criu_later
  result "$1: criu goes first" criu_gone_first
  result "$1: an installation that fails is undone" given_up
  package --purge criu criu-ns >/dev/null 2>&1
}

inside() { # DIR N
  dir=$1 n=$2
  close_inherited
  trap 'echo $n >"$dir/n"' EXIT
  deb=$(echo "$dir"/criu-ns_*.deb)
  if ! overlays 2>"$dir/out"; then
    skip "it can be installed and removed" "no overlays here: $(head -n 1 "$dir/out")"
    exit
  fi
  rm -f /etc/dpkg/dpkg.cfg.d/* # documents may be excluded there
  package --purge criu-ns criu >/dev/null 2>&1
  rm -f $program $manual
  result "without criu: it is installed" alone
  result "without criu: it is removed, and nothing is left" alone_removed

  result "stand-in for criu: can be made" like_criu
  criu=$dir/criu-stand-in.deb
  with_criu "stand-in for criu"
  if (cd "$dir" && apt-get -q download criu >"$dir/out" 2>&1); then
    criu=$(echo "$dir"/criu_*.deb)
    with_criu "Debian's criu $(dpkg-deb -f "$criu" Version)"
  else
    skip "Debian's criu" "it can't be had: $(grep -m 1 '^E:' "$dir/out")"
  fi

  : "${CRIU:=$(head -n 1 build/criu/list 2>/dev/null)}"
  if [[ -n $CRIU ]]; then
    export CRIU
    result "the demo runs with the installed program" demo
  else
    skip "the demo runs with the installed program" "no criu here (make deps)"
  fi
  ((failed == 0))
}

case ${1:-} in
--inside) inside "$2" "$3" ;;
'' | -*)
  sed -n '/^# Usage/,/^#$/s/^# //p' "$0" | head -n 1 >&2
  exit 125
  ;;
*) outside "$1" ;;
esac
