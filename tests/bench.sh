#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Measure against bare criu, unshare + criu, nsenter + criu and, if they are
# there, bubblewrap and CRIU's Python criu-ns.  Commands take turns; medians and
# ratios are printed.  As root, on a quiet machine; docs/performance.md tells how
# to read it.
#   ROUNDS         of the launches, default 300; a tenth of it for the rest
#   CRIU           the criu to use, default: the first of build/criu/list
#   PYTHON_CRIU_NS the Python script, default: criu-ns in PATH if it is one
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
  echo "bench: $*" >&2
  exit 1
}
((EUID == 0)) || die "needs root"
: "${CRIU_NS:=$PWD/build/criu-ns}" "${HELPERS_DIR:=$PWD/build/tests/system}"
: "${ROUNDS:=300}" "${CRIU:=$(head -n 1 build/criu/list 2>/dev/null || type -P criu)}"
[[ -n $CRIU ]] || die "needs criu: run make deps"
export CRIU
python=${PYTHON_CRIU_NS:-$(type -P criu-ns || :)}
[[ -n $python ]] && head -n 1 "$python" | grep -q python || python=
bwrap=$(type -P bwrap || :)

tmp=$(mktemp -d)
clean() {
  pkill -KILL -f "(counter|python3 .*) $tmp/" || :
  pkill -KILL -x -f "sleep 98765.4" || :
  rm -rf "$tmp"
}
trap clean EXIT
mkdir "$tmp/bin" "$tmp/img" "$tmp/img2" "$tmp/m"
echo 'int main(void) { return 0; }' | cc -O2 -static -x c -o "$tmp/standin" -
cc -O2 -D_GNU_SOURCE -o "$tmp/pair" tests/pair.c
# What the namespaces, a /proc and the stand-in cost whoever makes them.
floor=$tmp/floor
"$(type -P musl-gcc || echo cc)" -O2 -D_GNU_SOURCE -static -o "$floor" tests/floor.c
# The Python script takes criu from PATH; a version manager's python3 is a script.
ln -s "$CRIU" "$tmp/bin/criu"
[[ -z $python ]] ||
  ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$tmp/bin/python3"

few=$((ROUNDS / 10))
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
row() { printf '%-58s %s\n' "$1" "$2"; }

# That it is killed is no news.
alone() { exec "$HELPERS_DIR/alone" "$@" 2>/dev/null; }
wait_for() { # PATTERN
  local i
  for ((i = 0; i < 500; i++)); do
    pgrep -f "$1" && return
    read -r -t 0.01 <> <(:) || :
  done
  die "no process '$1'"
}

row "machine" "$(nproc) CPUs, Linux $(uname -r), $("$CRIU" --version | head -n 1)"

# A small image.
(alone "$HELPERS_DIR/counter" "$tmp/n" &)
pid=$(wait_for "counter $tmp/n$")
"$CRIU" dump -t "$pid" -D "$tmp/img" 2>/dev/null || die "cannot dump"

# Launch.  env is not ours: what it costs is taken off.
launch() { # ROUNDS: sets unshare, ours, least and bubble, in ms
  local t commands=(-- unshare -p -m --fork --mount-proc "$tmp/standin"
    -- env CRIU="$tmp/standin" "$CRIU_NS" restore -D "$tmp/img"
    -- env true -- true -- "$floor" "$tmp/standin")
  [[ -z $bwrap ]] || commands+=(-- "$bwrap" --dev-bind / / --unshare-pid
    --proc /proc "$tmp/standin")
  mapfile -t t < <("$tmp/pair" "$1" "" "" "${commands[@]}")
  unshare=${t[0]} least=${t[4]} bubble=${t[5]:-}
  ours=$(awk -v a="${t[1]}" -v e="${t[2]}" -v n="${t[3]}" \
    'BEGIN { printf "%.3f", a - (e - n) }')
}
launch "$ROUNDS"
row "launch: unshare -pmf --mount-proc, ms" "$unshare"
row "launch: criu-ns, ms (bar: 0.5 of unshare)" "$ours = $(ratio "$ours" "$unshare")"
row "launch: clone, mount /proc, exec and nothing else, ms" \
  "$least = $(ratio "$least" "$unshare")"
[[ -z $bubble ]] || row "launch: bwrap, ms" "$bubble = $(ratio "$bubble" "$unshare")"
if [[ -n $python ]]; then
  mapfile -t p < <(PATH=$tmp/bin:$PATH "$tmp/pair" "$few" "" "" -- "$python" restore \
    --criu-binary "$tmp/standin" -D "$tmp/img")
  row "launch: Python criu-ns, ms (bar: 50 times ours)" \
    "${p[0]} = $(ratio "${p[0]}" "$ours")"
fi

# Launch where much is mounted, in a mount namespace of this measurement's own:
# a hundred mounts, and copies of them.
mounted() { # N
  local i
  mount -t tmpfs bench "$tmp/m"
  mkdir "$tmp/m/a"
  mount -t tmpfs bench "$tmp/m/a"
  for ((i = 1; i < 100; i++)); do
    mkdir "$tmp/m/a/$i"
    mount -t tmpfs bench "$tmp/m/a/$i"
  done
  for ((i = 1; i < $1 / 100; i++)); do
    mkdir "$tmp/m/$i"
    mount --rbind "$tmp/m/a" "$tmp/m/$i"
  done
  launch "$few"
  row "launch, $1 mounts more: unshare -pmf --mount-proc, ms" "$unshare"
  row "launch, $1 mounts more: criu-ns, ms$2" \
    "$ours = $(ratio "$ours" "$unshare")"
}
export -f mounted launch ratio row
export tmp few bwrap floor CRIU_NS
for n in 100 1000 10000; do
  ((n < 10000)) && bar= || bar=" (bar: 1.1 of unshare)"
  unshare -m --propagation private bash -euc 'mounted "$@"' bash $n "$bar"
done

# A small restore, until the tree runs.  Bare criu needs the PIDs: each tree is
# gone before the next.  A machine that has been waiting for that is slow at
# first, whatever it runs, so it gets a restore that is not timed.
gone="pkill -KILL -f 'counter $tmp/n\$'; while [ -e /proc/$pid ] ||
  pgrep -f 'counter $tmp/n\$' >/dev/null; do sleep 0.02; done"
warm="$CRIU_NS restore -d -D $tmp/img 2>/dev/null; pkill -KILL -f 'counter $tmp/n\$'
  while pgrep -f 'counter $tmp/n\$'; do sleep 0.001; done >/dev/null"
mapfile -t t < <("$tmp/pair" "$few" "$warm" "$gone" \
  -- "$CRIU" restore -d -D "$tmp/img" \
  -- "$CRIU_NS" restore -d -D "$tmp/img" \
  -- "$CRIU_NS" restore -d -D "$tmp/img" --pidfile "$tmp/pid" \
  -- "$CRIU_NS" restore -d -D "$tmp/img" --no-kerndat-cache)
row "restore: criu restore -d, ms" "${t[0]}"
row "restore: criu-ns restore -d --no-kerndat-cache, ms (bar: 1.10 of criu)" \
  "${t[3]} = $(ratio "${t[3]}" "${t[0]}")"
row "restore: criu-ns restore -d, ms (bar: 0.35 of criu if /run is no tmpfs)" \
  "${t[1]} = $(ratio "${t[1]}" "${t[0]}")"
row "restore -d --pidfile, ms behind criu restore -d (bar: 10)" \
  "$(awk -v a="${t[2]}" -v b="${t[0]}" 'BEGIN { printf "%.2f", a - b }')"

# What is held while the tree runs.
"$CRIU_NS" restore -D "$tmp/img" 2>/dev/null &
launcher=$!
inner=$(wait_for "counter $tmp/n$")
init=$(pgrep -f "criu-ns: init $tmp/img")
private() { awk '/^Private/ { n += $2 } END { print n }' "/proc/$1/smaps_rollup"; }
switches() { awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$1/status"; }
before=$(($(switches "$init") + $(switches "$launcher")))
read -r -t 10 <> <(:) || :
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
row "held: init, kB resident, private (bar: 100 resident)" \
  "$(resident "$init") $(private "$init")"
row "held: launcher, kB resident, private (bar: 1000 resident)" \
  "$(resident "$launcher") $(private "$launcher")"
row "held: wake-ups of both in 10 s (bar: 0)" \
  "$(($(switches "$init") + $(switches "$launcher") - before))"

# Dump of that tree, which runs on.
number=$(awk '/^NSpid/ { print $NF }' "/proc/$inner/status")
mapfile -t t < <("$tmp/pair" "$few" "rm -rf $tmp/img2/*" "" \
  -- nsenter -t "$inner" -p -m "$CRIU" dump -R -t "$number" -D "$tmp/img2" \
  -- "$CRIU_NS" dump -R -t "$inner" -D "$tmp/img2")
row "dump: nsenter -p -m criu dump, ms" "${t[0]}"
row "dump: criu-ns dump, ms (bar: 1.15 of nsenter)" \
  "${t[1]} = $(ratio "${t[1]}" "${t[0]}")"
kill -KILL "$inner"
wait "$launcher" || :

# Larger trees.  Bare criu needs their PIDs, so each is gone before the next.
size() { # NAME COUNTER-OPTION...
  local t pid image=$tmp/size.$1 free gone
  mkdir "$image"
  (alone "$HELPERS_DIR/counter" "$tmp/s" "${@:2}" &)
  pid=$(wait_for "counter $tmp/s ${*:2}$" | head -n 1)
  "$CRIU_NS" dump -t "$pid" -D "$image" 2>/dev/null || die "cannot dump $1"
  free="until $CRIU_NS obstacles -q -D '$image' >/dev/null; do
    sleep 0.02; done"
  sh -c "$free"
  # A restore that did not run has nothing to be killed.
  gone="pkill -KILL -f 'counter $tmp/s [-]' || exit; $free"
  mapfile -t t < <("$tmp/pair" "$((few / 3 + 1))" "$warm" "$gone" \
    -- "$CRIU" restore -d -D "$image" \
    -- "$CRIU_NS" restore -d -D "$image" --no-kerndat-cache \
    -- "$CRIU_NS" restore -d -D "$image")
  row "restore, $1: criu restore -d, ms" "${t[0]}"
  row "restore, $1: criu-ns restore -d --no-kerndat-cache, ms" \
    "${t[1]} = $(ratio "${t[1]}" "${t[0]}")"
  row "restore, $1: criu-ns restore -d, ms" "${t[2]} = $(ratio "${t[2]}" "${t[0]}")"
  rm -rf "$image"
}
size "50 MB" -m 50
size "500 MB" -m 500
size "50 processes" -c 49
size "100 threads" -t 99

# Copies of one image, one after the other and as many at a time as there are
# CPUs: how many ms each takes, and of CPU time.
cc -O2 -D_GNU_SOURCE -o "$tmp/costs" tests/costs.c
mkdir "$tmp/idle"
(alone sleep 98765.4 &)
pid=$(wait_for "^sleep 98765.4$")
"$CRIU" dump -t "$pid" -D "$tmp/idle" 2>/dev/null || die "cannot dump"
jobs=$(nproc)
copies_ours() { # N
  "$tmp/costs" "$CRIU_NS" restore -D "$tmp/idle" -d --copies "$1" \
    --pidfile "$tmp/pid.%i"
}
copies_loop() { # N COMMAND...
  # shellcheck disable=SC2016 # for the inner shell
  "$tmp/costs" sh -c 'n=$1 jobs=$2; shift 2
    seq "$n" | xargs -P "$jobs" -I@ "$@"' sh "$1" "$jobs" "${@:2}"
}
# The median of the walls and that of the CPU times, for each copy.
per_copy() { # N FILE
  local column
  for column in 1 2; do
    cut -d ' ' -f $column "$2" | sort -n |
      awk -v n="$1" '{ v[NR] = $1 } END { printf "%.2f ", v[int((NR + 1) / 2)] / n }'
  done
  echo
}
copies_times() { # N
  local i
  rm -f "$tmp/ours" "$tmp/loop" "$tmp/python"
  for i in 1 2 3 4 5; do
    copies_ours "$1" >>"$tmp/ours"
    copies_loop "$1" unshare -p -m --fork --mount-proc \
      "$CRIU" restore -d -D "$tmp/idle" >>"$tmp/loop"
    [[ -z $python ]] || copies_loop "$1" env PATH="$tmp/bin:$PATH" \
      "$python" restore -d -D "$tmp/idle" >>"$tmp/python"
  done
}
for n in 1 10 100; do
  copies_times $n
  read -r ours cpu < <(per_copy $n "$tmp/ours")
  read -r loop loop_cpu < <(per_copy $n "$tmp/loop")
  row "$n copies: unshare -pmf … criu, -P $jobs: ms, CPU ms a copy" \
    "$loop $loop_cpu"
  row "$n copies: --copies $n: ms, CPU ms (bars: 6 ms; 1.3 the rate)" \
    "$ours $cpu = $(ratio "$loop" "$ours")"
  if [[ -n $python ]]; then
    read -r loop loop_cpu < <(per_copy $n "$tmp/python")
    row "$n copies: Python criu-ns, -P $jobs: ms, CPU ms (bar: 7 times)" \
      "$loop $loop_cpu = $(ratio "$loop" "$ours")"
  fi
done

# What it costs that an image is safe on the disk before its tree ends.
bytes='import os, time
b = os.urandom(64 << 20)
while True: time.sleep(1)'
(alone python3 -c "$bytes" "$tmp/m" &)
pid=$(wait_for "$tmp/m$")
mkdir "$tmp/large"
wait_for_size() {
  local i
  for ((i = 0; i < 500; i++)); do
    (($(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status") > 65536)) && return
    read -r -t 0.01 <> <(:) || :
  done
  die "python3 does not get large"
}
wait_for_size
"$CRIU_NS" dump -t "$pid" -D "$tmp/large" 2>/dev/null || die "cannot dump"
for image in img large; do
  before="rm -rf $tmp/img2; mkdir $tmp/img2
    $CRIU_NS restore -d -D $tmp/$image --pidfile $tmp/pid 2>/dev/null"
  mapfile -t t < <("$tmp/pair" "$((few / 2))" "$before" "" \
    -- sh -c "\"\$1\" dump -t \$(cat $tmp/pid) -D $tmp/img2 --no-sync" sh "$CRIU_NS" \
    -- sh -c "\"\$1\" dump -t \$(cat $tmp/pid) -D $tmp/img2" sh "$CRIU_NS")
  kb=$(du -sk "$tmp/img2" | cut -f 1)
  row "dump that ends the tree, $kb kB, --no-sync, ms" "${t[0]}"
  row "dump that ends the tree, $kb kB, safe on the disk, ms" \
    "${t[1]} = $(ratio "${t[1]}" "${t[0]}")"
done
