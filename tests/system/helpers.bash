# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the system tests.  `load helpers` brings setup and teardown with it: each
# test runs in a directory of its own, $DIR, and fails when a process, a mount
# or a temporary file of it is left.
#
# From tests/check-system.sh: CRIU, CRIU_VERSION, CRIU_NS, HELPERS_DIR.

# --- Waiting -----------------------------------------------------------------

now() { echo "${EPOCHREALTIME//[!0-9]/}"; } # in microseconds

# Poll until COMMAND succeeds, for at most SECONDS.
wait_until() { # SECONDS COMMAND...
  local end=$((${EPOCHREALTIME//[!0-9]/} + $1 * 1000000)) seconds=$1
  shift
  until "$@"; do
    if ((${EPOCHREALTIME//[!0-9]/} > end)); then
      echo "not within $seconds s: $*"
      return 1
    fi
    sleep 0.02
  done
}

not() { ! "$@"; }
gone() { [[ ! -e /proc/$1 ]]; } # PID; a zombie is still there
wait_gone() { # PID...
  local pid
  for pid; do wait_until 20 gone "$pid" || return; done
}

# Ended, if not yet reaped.
ended() { [[ $(state_of "$1") == @(|[ZX]) ]]; }
wait_ended() { # PID...
  local pid
  for pid; do wait_until 20 ended "$pid" || return; done
}

# The status of a child of this shell, in STATUS.
wait_status() { # PID
  wait_until 30 ended "$1" || return
  STATUS=0
  wait "$1" || STATUS=$?
}

# --- Processes ---------------------------------------------------------------

# bats traces each command that bash runs: few commands are fast ones.
status_of() { # PID FIELD: such as NSpid, CapEff
  local text=
  { text=$(<"/proc/$1/status"); } 2>/dev/null || return 0
  text=$'\n'$text
  text=${text#*$'\n'"$2":$'\t'}
  text=${text%%$'\n'*}
  echo "${text//$'\t'/ }"
}
state_of() { # PID
  local state
  state=$(status_of "$1" State)
  echo "${state:0:1}"
}
parent_of() { status_of "$1" PPid; } # PID
inner_pid_of() { # PID
  local pids
  pids=$(status_of "$1" NSpid)
  echo "${pids##* }"
}
pidns_of() { readlink "/proc/$1/ns/pid"; }
title_of() { # PID
  local words=()
  { mapfile -d '' -t words <"/proc/$1/cmdline"; } 2>/dev/null || return 0
  echo "${words[*]}"
}
# Separated by blanks, none behind the last.
children_of() { # PID
  local pids=
  { read -r pids <"/proc/$1/task/$1/children"; } 2>/dev/null || :
  echo "$pids"
}
in_state() { [[ $(state_of "$1") == "$2" ]]; } # PID LETTER
is_init() { [[ -n $1 && $(title_of "$1") == 'criu-ns: init'* ]]; }

# Links of the descriptors, such as "0 /dev/null".
descriptors_of() { # PID
  local fd
  for fd in "/proc/$1/fd"/*; do
    [[ ! -L $fd ]] || echo "${fd##*/} $(readlink "$fd")"
  done | sort -n
}

# Every process of a pid namespace but its init.
others_in() { # PIDNS INIT
  local ns=${1//[\[\]]/?}
  find /proc/[0-9]*/ns/pid -maxdepth 0 -lname "$ns" 2>/dev/null |
    cut -d / -f 3 | grep -vx "$2"
}

descendants_of() { # PID
  local child
  for child in $(children_of "$1"); do
    echo "$child"
    descendants_of "$child"
  done
}

# End a tree: PID, with what it has forked and, if it was restored, everything
# in its pid namespace.  The init of that has to go by itself.
end_tree() { # PID
  local pid=$1 init='' p all
  if gone "$pid"; then return; fi
  if [[ $(pidns_of "$pid") == "$(pidns_of self)" ]]; then
    all=$(descendants_of "$pid")
  else
    init=$pid
    while ! is_init "$init"; do
      p=$(parent_of "$init")
      [[ -n $p && $(pidns_of "$p") == "$(pidns_of "$pid")" ]] || break
      init=$p
    done
    all=$(others_in "$(pidns_of "$pid")" "$init")
  fi
  for p in $pid $all; do
    kill -KILL "$p" 2>/dev/null || :
  done
  # PID 1 takes its time to reap init.
  # shellcheck disable=SC2086
  wait_ended $pid $init $all
}

# The host's process NUMBER is somebody else's from now on, TAKER's.  An
# orphan's number is free only when PID 1 has reaped it.
take_pid() { # NUMBER
  local end=$((SECONDS + 20))
  wait_gone "$1" || return
  while ((SECONDS < end)); do
    echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid || return
    "$HELPERS_DIR/alone" sleep 1000 &
    TAKER=$!
    disown
    if ((TAKER == $1)); then
      TAKERS+=("$TAKER")
      wait_until 5 is_sleep "$TAKER"
      return
    fi
    kill -KILL "$TAKER"
  done
  echo "PID $1 can't be taken"
  return 1
}
is_sleep() { [[ $(title_of "$1") == 'sleep 1000' ]]; }

# Those who took a PID have not been touched, and end now.
kill_take() {
  local pid
  for pid in "${TAKERS[@]}"; do
    is_sleep "$pid" || {
      echo "PID $pid was another process's, and it is gone: $(title_of "$pid")"
      return 1
    }
    kill -KILL "$pid"
  done
  TAKERS=()
}

# --- The counter, a program to dump --------------------------------------------

# Start counter(.c) and wait until it counts.  Sets PID and FILE.
start_counter() { # NAME [OPTION...]
  FILE=$DIR/$1
  shift
  "$HELPERS_DIR/alone" "$HELPERS_DIR/counter" "$@" "$FILE" &
  PID=$!
  disown
  wait_growing "$FILE"
}

# Start any COMMAND as the counter is started.  Sets PID.
start_alone() { # COMMAND...
  "$HELPERS_DIR/alone" "$@" &
  PID=$!
  disown
}

read_count() { # FILE: the number in it, 0 without one
  local n=
  [[ ! -r $1 ]] || read -r n <"$1" || :
  echo $((10#${n:-0}))
}
counted_beyond() { (($(read_count "$1") > $2)); } # FILE N

# The number grows, from now on or from N on.
wait_growing() { # FILE [N]
  wait_until 20 counted_beyond "$1" "$((${2:-$(read_count "$1")} + 2))"
}

# A restored counter goes on from N: no less, and by far not so much more that
# it could be another one.
goes_on_from() { # FILE N
  (($(read_count "$1") >= $2)) || {
    echo "$1: $(read_count "$1") is less than $2"
    return 1
  }
  wait_growing "$1" && (($(read_count "$1") < $2 + 2000))
}
stands_still() { # FILE
  local n
  n=$(read_count "$1")
  sleep 0.1
  (($(read_count "$1") == n))
}

# A process that is restored and runs: it wakes up every 10 ms.
switches_of() { status_of "$1" voluntary_ctxt_switches; }
more_switches() { (($(switches_of "$1") > $2)); }
wait_running() { # PID
  local n
  n=$(switches_of "$1") && [[ -n $n ]] &&
    wait_until 20 more_switches "$1" "$((n + 2))"
}

signals_in() { cat "$1.signals" 2>/dev/null; } # FILE
got_signal() { signals_in "$1" | grep -qx -- "$2"; }
got_nth_signal() { (($(signals_in "$1" | grep -cx -- "$2") >= $3)); }
wait_signal() { wait_until 10 got_signal "$1" "$2"; } # FILE NAME

# --- criu and criu-ns --------------------------------------------------------

# Run COMMAND without our descriptors; what it says goes to $DIR/out and err,
# its status into STATUS.  Nothing that hangs gets more than 60 s.
run_it() { # COMMAND...
  STATUS=0
  timeout --foreground -k 10 60 "$HELPERS_DIR/alone" -k "$@" \
    <"${STDIN:-/dev/null}" >"$DIR/out" 2>"$DIR/err" || STATUS=$?
  show_it "$@"
}
show_it() {
  printf '# %q' "$1"
  (($# < 2)) || printf ' %q' "${@:2}"
  printf '\n'
  sed 's/^/  out: /' "$DIR/out" 2>/dev/null
  sed 's/^/  err: /' "$DIR/err" 2>/dev/null
  echo "  status: $STATUS"
}
criu_ns() { run_it "$CRIU_NS" "$@"; }
# Under strace: where a program is traced, LeakSanitizer can't work.
traced() { # STRACE_OPTION... PROGRAM [ARGUMENT...]
  ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" \
    run_it strace "$@"
}
plain_criu() { run_it "$CRIU" "$@"; }

# Start criu-ns and don't wait for it.  Sets LAUNCHER.
start_criu_ns() { # ARGUMENT...
  printf '# criu-ns'
  printf ' %q' "$@"
  echo ' &'
  "$HELPERS_DIR/alone" -k "$CRIU_NS" "$@" <"${STDIN:-/dev/null}" \
    >"$DIR/out" 2>"$DIR/err" &
  LAUNCHER=$!
}
wait_launcher() { # sets STATUS
  wait_status "$LAUNCHER" || return
  show_it criu-ns
}

# Dump PID with the plain criu, into image directory DIRECTORY; the process is
# gone then.  Sets COUNT to the number that the counter had reached.
# shellcheck disable=SC2034 # COUNT is for the tests
dump() { # PID DIRECTORY [OPTION...]
  local pid=$1 images=$2
  shift 2
  mkdir -p -- "$images"
  plain_criu dump -t "$pid" -D "$images" -o dump.log "$@"
  ((STATUS == 0)) || {
    grep Error "$images/dump.log"
    return 1
  }
  wait_ended "$pid"
  [[ -z ${FILE:-} ]] || COUNT=$(read_count "$FILE")
}

# A counter, dumped into $DIR/img.
dump_counter() { # [OPTION...] for the counter
  start_counter count "$@" && dump "$PID" img
}

# Restore img in the foreground and wait until the tree runs.  Sets LAUNCHER,
# INIT and ROOT.
restore_in_foreground() { # [ARGUMENT...]
  start_criu_ns restore -D img "$@"
  wait_running_below "$LAUNCHER"
}

# Wait until the tree of a launcher runs.  Sets INIT and ROOT.
wait_running_below() { # LAUNCHER
  wait_until 20 init_is_there "$1" && wait_running "$ROOT"
}
init_is_there() { # LAUNCHER
  INIT=$(children_of "$1") && is_init "$INIT" || return
  ROOT=$(children_of "$INIT")
  ROOT=${ROOT%% *}
  [[ -n $ROOT ]]
}

# Restore img, detached.  Sets INIT and ROOT.
restore_detached() { # [ARGUMENT...]
  criu_ns restore -D img -d --pidfile "$DIR/pidfile" "$@"
  status_is 0 || return
  ROOT=$(<"$DIR/pidfile")
  INIT=$(parent_of "$ROOT")
}

# A program to give as criu: it writes to $DIR/NAME.ran and ends with STATUS.
stand_in() { # NAME STATUS
  printf '#!/bin/sh\necho "$@" >>%q\nexit %d\n' "$DIR/${1##*/}.ran" "$2" \
    >"$DIR/$1"
  chmod +x "$DIR/$1"
}

# STAGE of a restore, as criu's action scripts know it, lasts until unblock.
block_at() { # STAGE
  mkfifo "$DIR/block.fifo"
  # shellcheck disable=SC2016
  printf '#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" = %s ] || exit 0\n' "$1" \
    >block
  printf ': >%q\nread -r x <%q\n' "$DIR/blocked" "$DIR/block.fifo" >>block
  chmod +x block
}
start_blocked() { # [ARGUMENT...]
  start_criu_ns restore -D img --action-script "$DIR/block" "$@"
  wait_until 10 test -e blocked
  rm blocked
}
unblock() { echo go >block.fifo; }

note_images() { stat -c '%n %s' img/*.img >images; }
# A restore of img with --pidfile pid was undone: nothing is left (see teardown),
# nothing was changed since note_images.
undone() { # STATUS...
  wait_launcher
  status_is "$@"
  [[ ! -e img/pid ]]
  (($(read_count "$FILE") <= COUNT + SLACK)) || fail 'it has counted on'
  equals "$(stat -c '%n %s' img/*.img)" "$(<images)"
}

# --- Saying what has to be ---------------------------------------------------

fail() {
  echo "$*"
  return 1
}
equals() { # IS SHOULD [WHAT]
  [[ $1 == "$2" ]] || fail "${3:-value} is '$1', not '$2'"
}
status_is() { # STATUS...: one of these
  local status
  for status; do
    if [[ $STATUS == "$status" ]]; then return; fi
  done
  fail "status is '$STATUS', not $*"
}
err_has() { # TEXT
  grep -qF -- "$1" "$DIR/err" || fail "stderr hasn't '$1'"
}
out_has() { # TEXT
  grep -qF -- "$1" "$DIR/out" || fail "stdout hasn't '$1'"
}
# One line of criu-ns's own with TEXT in it, and no other.
one_line() { # TEXT
  err_has "$1" && equals "$(wc -l <"$DIR/err")" 1 'number of lines' &&
    [[ $(<"$DIR/err") == criu-ns:* ]]
}
# A child of the process is dead and not reaped.
has_zombie() { # PID
  local child
  for child in $(children_of "$1"); do
    if in_state "$child" Z; then return; fi
  done
  return 1
}
has_criu() { # VERSION: whether criu is that new
  printf '%s\n%s\n' "$1" "$CRIU_VERSION" | sort -CV
}

# --- Around each test --------------------------------------------------------

# Children of this shell, processes with our mark in the environment, restored ones included, and inits,
# whose environment is their own.
left_processes() {
  local file pid
  for pid in $(children_of $$); do
    # A zombie child is this shell's to reap, which it does by itself.
    [[ $pid == "$BASHPID" || " $BATS_CHILDREN " == *" $pid "* ]] ||
      in_state "$pid" Z || echo "$pid"
  done
  for file in $(env -u CRIU_NS_TEST grep -zlsx "CRIU_NS_TEST=$CRIU_NS_TEST" \
    /proc/[0-9]*/environ); do
    file=${file#/proc/}
    [[ ${file%%/*} == "$BASHPID" ]] || echo "${file%%/*}"
  done
  for file in $(env -u CRIU_NS_TEST grep -lsa "^criu-ns: init.*$DIR" \
    /proc/[0-9]*/cmdline); do
    file=${file#/proc/}
    echo "${file%%/*}"
  done
}

# Zombies below processes of ours; orphaned ones are PID 1's to reap.
left_zombies() {
  local pid child
  for pid in $(left_processes); do
    for child in $(children_of "$pid"); do
      if in_state "$child" Z; then echo "$child"; fi
    done
  done
}

# Other people mount things below their own directories, too.
mounts() {
  awk -v dir="$DIR" '{
    if (index($5, dir) == 1 || index($5, ".criu") ||
      $5 !~ "^/(tmp|work|mnt|run|media)/") print $4, $5, $(NF - 2), $(NF - 1)
  }' /proc/self/mountinfo | sort
}
left_mounts() { mounts | comm -13 "$BATS_TEST_TMPDIR/mounts" -; }

temporary_files() {
  find / /tmp /run /dev/shm "$OLDPWD" "$DIR/.." -maxdepth 1 \
    \( -name '.criu.*' -o -name '.criu-ns*' -o -name 'criu-ns.*' \) \
    ! -name criu-ns.conf ! -name criu-ns.incomplete 2>/dev/null | sort -u
  find "$DIR" \( -name '.criu.*' -o -name '.criu-ns*' -o -name 'criu-ns.old' \
    -o -name '*.criu-ns-new*' -o -name 'criu-ns.*.tmp' \) 2>/dev/null
}
left_files() {
  temporary_files | sort | comm -13 "$BATS_TEST_TMPDIR/files" -
}

nothing_left() {
  [[ -z $(left_processes)$(left_zombies)$(left_mounts)$(left_files) ]]
}

# Timing on a busy machine is no fault of the program: one more try, and it is
# said that there was one.
# shellcheck disable=SC2034 # bats reads it
BATS_TEST_RETRIES=1

setup() {
  ((${BATS_TEST_TRY_NUMBER:-1} == 1)) ||
    echo "# again: $BATS_TEST_DESCRIPTION" >&3
  DIR=$BATS_TEST_TMPDIR/t
  mkdir "$DIR" && cd "$DIR" || return
  export CRIU_NS_TEST=$$.$BATS_TEST_NUMBER.$EPOCHREALTIME
  unset CRIU_CONFIG_FILE CRIU_NS_INIT
  TAKERS=() STATUS='' SLACK=0
  BATS_CHILDREN=$(children_of $$)
  mounts >"$BATS_TEST_TMPDIR/mounts"
  temporary_files | sort >"$BATS_TEST_TMPDIR/files"
}

unmount_below() { # DIRECTORY
  local dir
  cut -d ' ' -f 2 /proc/mounts | grep "^$1/" | sort -r | while read -r dir; do
    umount -l "$dir"
  done
}

say_what_is_left() {
  local pid
  for pid in $(left_processes); do
    echo "left: process $pid, $(title_of "$pid")"
  done
  for pid in $(left_zombies); do
    echo "left: zombie $pid, $(status_of "$pid" Name)"
  done
  left_mounts | sed 's/^/left: mount /'
  left_files | sed 's/^/left: file /'
}

teardown() {
  local pid failed=0
  cd "$DIR" || return
  for pid in "${TAKERS[@]}"; do
    is_sleep "$pid" && kill -KILL "$pid"
  done
  if [[ -z ${BATS_TEST_COMPLETED:-} ]]; then
    say_what_is_left # it may tell why
  elif ! wait_until 5 nothing_left >/dev/null; then
    say_what_is_left
    failed=1
  fi
  for pid in $(left_processes); do
    kill -KILL "$pid" 2>/dev/null
  done
  wait_until 5 nothing_left >/dev/null
  # bats could not remove the directory, and would end without a word.
  unmount_below "$DIR"
  cd /
  return $failed
}
