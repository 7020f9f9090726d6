#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Install what is missing to build and test criu-ns, and find a CRIU that can
# start on this kernel.  Asks the network only when something is missing.
#
# The system's criu is used when `criu check` accepts the kernel.  Else Debian's
# newer packages are unpacked, not installed, to build/criu/SUITE, and a copy of
# their criu is made to run with their libraries: build/criu/SUITE/criu.  It
# knows them by absolute path; after the tree was moved, run this again.
#
# `deps.sh slurm` installs what tests/slurm.sh needs instead; no service of it
# is started.  `deps.sh deb` installs what tests/deb.sh needs as well, and looks
# for no criu.
#
# build/criu/list: one absolute path a line of each criu that works, best first.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  # build
  gcc make musl-tools pkgconf libc6-dev libcap-dev libmount-dev libprotobuf-c-dev
  protobuf-c-compiler
  # test
  bats check git less openssl patchelf procps python3 python3-protobuf strace tmux
  util-linux vim
  # test moves: an ssh server that is a program and no service
  dropbear-bin openssh-client rsync zstd
  # lint
  clang clang-format clang-tidy cppcheck mandoc shellcheck
  # fuzz
  libclang-rt-dev
)
slurm=(iproute2 mariadb-client-core mariadb-server-core munge perl-base
  slurm-client slurmctld slurmd slurmdbd)
deb=(debhelper dpkg-dev lintian)
suites=(sid trixie) # best first
home=$PWD/build/criu

say() { printf 'deps: %s\n' "$*"; }
die() {
  printf 'deps: %s\n' "$*" >&2
  exit 1
}

# Run quietly; on failure show the end of what was said.
quietly() {
  "$@" >"$tmp/out" 2>&1 </dev/null && return
  grep -E '^[EW]:' "$tmp/out" | head -n 5 >"$tmp/short" || true
  [[ -s $tmp/short ]] || tail -n 5 "$tmp/out" >"$tmp/short"
  sed 's/^/    /' "$tmp/short" >&2
  return 1
}

# --- packages -----------------------------------------------------------------

missing_packages() {
  local p
  for p in "${packages[@]}"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null) = installed ]] ||
      printf '%s\n' "$p"
  done
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    say "packages: none missing"
    return
  fi
  say "packages: installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # Not up to date is good enough when the packages are at hand.
  quietly apt-get update || say "packages: apt-get update failed, going on"
  quietly apt-get install -y --no-install-recommends "${missing[@]}" ||
    die "packages: apt-get install failed"
  changed=yes
}

# Debian's scripts ask this program before they start a service.
policy=/usr/sbin/policy-rc.d
start_no_service() {
  [[ ! -e $policy ]] || return 0
  policy_is_ours=yes
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
}
clean_up() {
  [[ -z ${policy_is_ours:-} ]] || rm -f $policy
  [[ -z ${tmp:-} ]] || rm -rf "$tmp"
}

# --- Debian's archive -----------------------------------------------------------

# Copy the machine's own entries for Debian's main archive, with the suite
# replaced: one file an entry, in DIR.
copy_sources() { # SUITE DIR
  local list parts codename f n=0
  eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
  # shellcheck disable=SC1091
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  mkdir -p "$2"
  for f in "$list" "$parts"/*.list "$parts"/*.sources; do
    [[ -f $f ]] || continue
    n=$((n + 1))
    case $f in
    *.sources) deb822_entries "$1" "$codename" "$2/$n" <"$f" ;;
    *) one_line_entries "$1" "$codename" "$2/$n" <"$f" ;;
    esac
  done
}

# Both take SUITE CODENAME PREFIX; an entry counts when it has binary packages,
# a suite of Debian's own name, the component main and, if it names a key,
# Debian's.  That the archive is Debian's is seen later, in its Release file.
own_suite='
  function own_suite(s) {
    return s == codename || s ~ /^(oldstable|stable|testing|unstable|sid)$/
  }'

one_line_entries() {
  awk -v suite="$1" -v codename="$2" -v prefix="$3" "$own_suite"'
    /^[ \t]*deb[ \t]/ {
      sub(/#.*/, "")
      options = ""
      if (match($0, /\[[^]]*\]/)) {
        options = substr($0, RSTART, RLENGTH) " "
        $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
      }
      main = 0
      for (i = 4; i <= NF; i++)
        main = main || $i == "main"
      if (!main || !own_suite($3) || $2 ~ /security/)
        next
      if (options ~ /signed-by/ && options !~ /debian-archive/)
        next
      print "deb " options $2 " " suite " main" > (prefix "-" ++n ".list")
    }'
}

deb822_entries() {
  awk -v suite="$1" -v codename="$2" -v prefix="$3" "$own_suite"'
    function value(field) { return " " tolower(fields[field]) " " }
    function flush_entry(  words, i, n, good) {
      n = split(fields["suites"], words)
      for (i = 1; i <= n; i++)
        good = good || own_suite(words[i])
      if (good && value("types") ~ / deb / && value("components") ~ / main / &&
          value("enabled") !~ / (no|false|off|0) / &&
          value("uris") !~ /security/ &&
          (!("signed-by" in fields) || value("signed-by") ~ /debian-archive/))
        printf "Types: deb\nSuites: %s\nComponents: main\n%s", suite, rest \
          > (prefix "-" ++written ".sources")
      delete fields
      rest = ""
    }
    /^#/ { next }
    /^[ \t]*$/ { flush_entry(); next }
    /^[ \t]/ { fields[name] = fields[name] $0 }
    /^[^ \t]/ {
      name = tolower($0)
      sub(/:.*/, "", name)
      fields[name] = $0
      sub(/^[^:]*:[ \t]*/, "", fields[name])
    }
    name !~ /^(types|suites|components|enabled)$/ { rest = rest $0 "\n" }
    END { flush_entry() }'
}

# An apt of our own: its sources, lists, cache and (empty) package database.
private_apt() { # TOOL ARG...
  local tool=$1
  shift
  "$tool" -o Dir::Etc::SourceList="$source" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
    -o Dir::State="$tmp/state" -o Dir::State::status="$tmp/status" \
    -o Dir::Cache="$tmp/cache" -o APT::Architectures="$(dpkg --print-architecture)" \
    -o APT::Default-Release= -o APT::Sandbox::User=root \
    -o Acquire::Languages=none -o Acquire::Retries=1 \
    -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 "$@"
}

# Fetch the package lists of SUITE from the first entry that has them; sets
# $source.
update_lists() { # SUITE
  copy_sources "$1" "$tmp/sources"
  : >"$tmp/status"
  for source in "$tmp/sources"/*; do
    [[ -f $source ]] || break
    rm -rf "$tmp/state" "$tmp/cache"
    mkdir -p "$tmp/state/lists/partial" "$tmp/cache/archives/partial"
    quietly private_apt apt-get update --error-on=any || continue
    # shellcheck disable=SC2016 # apt's own $(...)
    private_apt apt-get indextargets --format '$(ORIGIN)' | grep -qx Debian &&
      return
  done
  return 1
}

# --- criu -----------------------------------------------------------------------

# Debian's path for sbin is not in every PATH.
system_criu() { PATH=$PATH:/usr/sbin:/sbin type -P criu; }
version() { "$1" --version 2>/dev/null | sed -n 's/^Version: //p'; }
works() { "$1" check >"$tmp/check" 2>&1 </dev/null; }
why_not() { grep -m 1 Error "$tmp/check" || tail -n 1 "$tmp/check"; }

# Whether SUITE was unpacked here, and not somewhere else and moved.
unpacked() { # SUITE
  local criu=$home/$1/criu
  [[ -x $criu && $(patchelf --print-interpreter "$criu") = "$home/$1"/* ]] &&
    [[ -n $(version "$criu") ]]
}

# Make ROOT/criu, which will run once ROOT is at PATH.
patch_criu() { # ROOT PATH
  local lib ld
  lib=usr/lib/$(gcc -print-multiarch)
  cp "$1/usr/sbin/criu" "$1/criu"
  ld=$lib/$(basename "$(patchelf --print-interpreter "$1/criu")")
  [[ -f $1/$ld ]] || return
  patchelf --set-interpreter "$2/$ld" --force-rpath --set-rpath "$2/$lib" \
    "$1/criu"
}

unpack() { # SUITE
  local names deb
  update_lists "$1" || return
  mkdir -p "$tmp/debs" "$tmp/$1"
  mapfile -t names < <(private_apt apt-cache depends --recurse \
    --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
    --no-enhances criu 2>/dev/null | grep -E '^[a-z0-9]' | sort -u)
  ((${#names[@]})) || return
  (cd "$tmp/debs" && quietly private_apt apt-get download "${names[@]}") ||
    return
  for deb in "$tmp/debs"/*.deb; do
    dpkg -x "$deb" "$tmp/$1" || return
  done
  patch_criu "$tmp/$1" "$home/$1" || return
  rm -rf "${home:?}/$1" "$tmp/debs" "$tmp/sources"
  mv "$tmp/$1" "$home/$1"
}

get_criu() { # SUITE
  if ! unpacked "$1"; then
    say "criu from $1: fetching"
    changed=yes
    if ! unpack "$1"; then
      say "criu from $1: can't be had"
      return
    fi
  fi
  try_criu "$home/$1/criu" "from $1"
}

# CRIU's library for tests/rpc, and its messages: Debian 12 has them in criu,
# later ones in packages of their own.
get_libcriu() {
  local deb package
  if [[ -f $home/libcriu/usr/include/criu/rpc.pb-c.h ]]; then
    return
  fi
  say "libcriu: fetching"
  changed=yes
  mkdir -p "$tmp/libcriu" "$tmp/debs"
  for package in libcriu-dev libcriu2 python3-pycriu criu; do
    (cd "$tmp/debs" && quietly apt-get download "$package") 2>/dev/null || :
  done
  for deb in "$tmp/debs"/*.deb; do
    [[ ! -f $deb ]] || dpkg -x "$deb" "$tmp/libcriu"
  done
  rm -rf "$tmp/debs"
  if [[ ! -f $tmp/libcriu/usr/include/criu/rpc.pb-c.h ]]; then
    say "libcriu: can't be had"
    return
  fi
  rm -rf "$home/libcriu"
  mv "$tmp/libcriu" "$home/libcriu"
}

# Add a criu to the list if it works.
try_criu() { # PATH WHERE
  local v
  v=$(version "$1") || v=unknown
  if works "$1"; then
    say "criu $v $2: works, ${1#"$PWD"/}"
    printf '%s %s\n' "$v" "$1" >>"$tmp/found"
  else
    say "criu $v $2: can't run here: $(why_not)"
  fi
}

find_criu() {
  local suite criu
  : >"$tmp/found"
  if criu=$(system_criu); then
    try_criu "$criu" "of the system"
  fi
  if [[ ! -s $tmp/found ]]; then
    for suite in "${suites[@]}"; do
      get_criu "$suite"
    done
  fi
  if [[ ! -s $tmp/found ]]; then
    rm -f "$home/list"
    die "no criu works here; install one of version 4.1 or later"
  fi
  sort -s -V -r -k 1,1 "$tmp/found" | cut -d ' ' -f 2- >"$tmp/list"
  mv "$tmp/list" "$home/list"
}

# --- all of it --------------------------------------------------------------------

((EUID == 0)) || die "needs root: sudo make deps"
for tool in apt-get dpkg-query; do
  type -P "$tool" >/dev/null ||
    die "no $tool here; on Debian I would install: ${packages[*]} criu"
done

# What an interrupted run has left goes, what it was about to do is done again.
mkdir -p "$home"
exec 9<"$home"
flock 9
rm -rf "$home"/.new.*
tmp=$(mktemp -d "$home/.new.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

changed=no
if [[ ${1:-} = slurm ]]; then
  packages=("${slurm[@]}")
  start_no_service
  install_packages
  exit
fi
if [[ ${1:-} = deb ]]; then
  packages+=("${deb[@]}")
  install_packages
  exit
fi
install_packages
get_libcriu
find_criu
# sudo's build/ belongs to whom the tree belongs to.
chown --reference=. build "$home" "$home/list"
[[ $changed = yes ]] || say "nothing was missing"
