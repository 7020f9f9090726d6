#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The main job of criu-ns on a real process, each command as one could type it.
# Run it by `make demo`, as root.  $CRIU_NS is the program, default: the one that
# was built.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

top=$PWD
fail() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}

((EUID == 0)) || fail "needs root: sudo make demo"
: "${CRIU_NS:=$top/build/criu-ns}"
[[ -x $CRIU_NS ]] || fail "no $CRIU_NS: run make first"
: "${CRIU:=$(head -n 1 build/criu/list 2>/dev/null)}"
: "${CRIU:=$(PATH=$PATH:/usr/sbin type -P criu)}"
[[ -n $CRIU ]] || fail "no criu: run make deps first"
export CRIU
unset CRIU_CONFIG_FILE
PATH=$(dirname "$CRIU_NS"):$PATH

# Whatever happens: the counter ends by itself once "stop" is there; what does
# not is found by its working directory.
dir=$(mktemp -d /tmp/criu-ns-demo.XXXXXX) || fail "no temporary directory"
cd "$dir" || exit
ours() {
  find /proc/[0-9]*/cwd -maxdepth 0 -lname "$dir" 2>/dev/null | cut -d / -f 3
}
none_left() { [[ -z $(ours) ]]; }
clean_up() {
  local p
  ((BASHPID == $$)) || return
  trap '' INT TERM HUP
  cd / && touch "$dir/stop"
  [[ -z ${taker:-} ]] || kill -KILL "$taker" 2>/dev/null
  if ! until_true 20 none_left; then
    for p in $(ours); do kill -KILL "$p" 2>/dev/null; done
    until_true 20 none_left
  fi
  [[ -z ${launcher:-} ]] || kill -KILL "$launcher" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Poll COMMAND every 50 ms for at most N tenths of a second.
until_true() { # N COMMAND...
  local end=$((${EPOCHREALTIME//[!0-9]/} + $1 * 100000))
  shift
  until "$@"; do
    ((${EPOCHREALTIME//[!0-9]/} < end)) || return
    sleep 0.05
  done
}

show() { printf '# %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
run() { # COMMAND...
  show "$*"
  "$@" >said 2>&1 </dev/null
}
must() { # COMMAND...
  local status=0
  run "$@" || status=$?
  ((status)) || return 0
  sed 's/^/    /' said
  fail "'$*' failed with status $status"
}

lines() { wc -l <numbers; }
longer_than() { (($(lines) > $1)); }
gone() { [[ ! -e /proc/$1/stat ]]; }
ended() { [[ $(ps -o stat= -p "$1") = @(|Z*) ]]; }
# 1, 2, 3, … without a gap or a repeat.
in_order() { awk '$1 != NR { exit 1 }' numbers; }
goes_on_from() { # N
  until_true 100 longer_than $(($1 + 5)) ||
    fail "it was restored, but counts no further than $(lines)"
  in_order || fail "it counts, but not on from $1"
  note "it was at $1 when dumped, goes on with $(sed -n "$(($1 + 1))p" numbers)" \
    "and is at $(lines) now"
}

# One process without children: whoever reaps orphans here may take its time.
cat >counter <<'END'
$| = 1;
until (-e "stop") { print ++$i, "\n"; select(undef, undef, undef, 0.1); }
exit 7;
END

echo "criu-ns with criu $("$CRIU" --version | sed -n 's/^Version: //p'), in $dir"
show "cat counter"
sed 's/^/    /' counter
show "setsid perl counter >numbers 2>&1 </dev/null &"
setsid perl counter >numbers 2>&1 </dev/null &
pid=$!
disown # its end is no news
until_true 50 longer_than 9 || fail "the counter does not count"
note "PID $pid, at $(lines)"

mkdir one two
must criu-ns dump -t $pid -D one
until_true 50 gone $pid || fail "PID $pid is still there after the dump"
at=$(lines)
note "dumped at $at: PID $pid is gone"

# The next fork gets the number after ns_last_pid, unless somebody else forks.
take_pid() {
  echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid || return
  sleep 1000 &
  taker=$!
  disown
  ((taker == pid)) || { kill -KILL $taker && return 1; }
}
show "echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid; sleep 1000 &"
until_true 100 take_pid || fail "no process could be given PID $pid"
note "PID $pid is another process now: $(tr '\0' ' ' </proc/$pid/cmdline)"

# shellcheck disable=SC2016 # as one would type it
show '$CRIU restore -D one'
timeout 30 "$CRIU" restore -D one >said 2>&1 </dev/null &&
  fail "criu restored PID $pid though it was taken"
gone $pid && fail "PID $pid was lost when criu failed"
sed 's/^/    /' said

must criu-ns restore -D one -d --pidfile pid
outer=$(cat one/pid)
[[ $outer =~ ^[0-9]+$ ]] || fail "no PID in one/pid"
[[ $outer != "$pid" ]] || fail "one/pid holds the taken PID $pid"
[[ -e /proc/$outer ]] || fail "there is no process $outer"
note "PID $outer here, $(awk '/^NSpid/ { print $NF }' "/proc/$outer/status") in there"
goes_on_from "$at"

show "cat one/pid"
note "$outer"
must criu-ns dump -t "$outer" -D two
until_true 50 gone "$outer" || fail "PID $outer is still there after the dump"
at=$(lines)
note "dumped at $at, from in there: PID $outer is gone"

show "criu-ns restore -D two; echo \$?"
criu-ns restore -D two >said 2>&1 </dev/null &
launcher=$!
goes_on_from "$at"
show "touch stop"
touch stop
until_true 100 ended $launcher || 
  fail "the counter was told to end, and criu-ns still runs"
wait $launcher
status=$?
launcher=
((status == 7)) || {
  sed 's/^/    /' said
  fail "the counter ended with 7, criu-ns with $status"
}
note "$status"
[[ -e /proc/$pid ]] || fail "the process that took PID $pid did not survive"
echo "All as it should be."
