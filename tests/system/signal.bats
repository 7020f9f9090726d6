#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Signals for the launcher: the program's when it runs, the end of everything
# before.
load helpers

# --- Passed on ---------------------------------------------------------------

@test "signals: each for the launcher reaches the root, once" {
  local name
  local names=(INT TERM HUP QUIT USR1 USR2 CONT WINCH ALRM PIPE PROF
    RTMIN+3)
  dump_counter -s "$(IFS=, && echo "${names[*]}")"
  restore_in_foreground
  for name in "${names[@]}"; do
    kill "-$name" "$LAUNCHER"
    wait_signal "$FILE" "$name"
  done
  # A real-time signal can be pending more than once.
  kill -RTMIN+3 "$LAUNCHER"
  wait_until 5 got_nth_signal "$FILE" RTMIN+3 2
  equals "$(signals_in "$FILE" | xargs)" "${names[*]} RTMIN+3"
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
  wait_launcher
  status_is 137
}

@test "signals: TERM for a program that doesn't catch it: 143" {
  dump_counter
  restore_in_foreground
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 143
}

@test "signals: INT for a program that doesn't catch it: 130" {
  dump_counter
  restore_in_foreground
  kill -INT "$LAUNCHER"
  wait_launcher
  status_is 130
}

@test "signals: the program decides: INT is caught, and it ends with 7" {
  dump_counter -s INT -e 7
  restore_in_foreground
  kill -INT "$LAUNCHER"
  wait_signal "$FILE" INT
  wait_growing "$FILE"
  kill -USR1 "$LAUNCHER"
  wait_launcher
  status_is 7
}

@test "signals: those that were pending while criu worked are not lost" {
  dump_counter -s USR2,WINCH,HUP
  block_at post-resume
  start_blocked
  # The program runs, but criu has not ended.
  kill -WINCH "$LAUNCHER"
  unblock
  wait_running_below "$LAUNCHER"
  kill -USR2 "$LAUNCHER"
  wait_signal "$FILE" USR2
  end_tree "$ROOT"
  wait_launcher
  status_is 137
}

@test "signals: launcher in the background of a script, INT is ignored there" {
  dump_counter -s INT,QUIT
  # As `criu-ns restore &` in a shell without job control.
  (
    trap '' INT QUIT
    exec "$CRIU_NS" restore -D img </dev/null >out 2>err 3>&- 4>&-
  ) &
  LAUNCHER=$!
  wait_running_below "$LAUNCHER"
  kill -INT "$LAUNCHER"
  wait_signal "$FILE" INT
  kill -QUIT "$LAUNCHER"
  wait_signal "$FILE" QUIT
  end_tree "$ROOT"
  wait_launcher
  status_is 137
}

# --- Ctrl-Z ------------------------------------------------------------------

@test "Ctrl-Z stops launcher and program, fg lets both go on" {
  dump_counter
  restore_in_foreground
  for _ in 1 2; do
    kill -TSTP "$LAUNCHER"
    wait_until 5 in_state "$LAUNCHER" T
    wait_until 5 in_state "$ROOT" T
    stands_still "$FILE"
    kill -CONT "$LAUNCHER"
    wait_until 5 in_state "$LAUNCHER" S
    wait_until 5 not in_state "$ROOT" T
    wait_growing "$FILE"
  done
  end_tree "$ROOT"
  wait_launcher
  status_is 137
}

@test "Ctrl-Z for a program that catches it: the program decides for itself" {
  dump_counter -s TSTP,CONT
  restore_in_foreground
  kill -TSTP "$LAUNCHER"
  wait_signal "$FILE" TSTP
  wait_until 5 in_state "$LAUNCHER" T
  wait_growing "$FILE"
  kill -CONT "$LAUNCHER"
  wait_signal "$FILE" CONT
  wait_until 5 in_state "$LAUNCHER" S
  equals "$(signals_in "$FILE" | xargs)" 'TSTP CONT'
  end_tree "$ROOT"
  wait_launcher
  status_is 137
}

@test "Ctrl-Z: the program's status is not lost when it ends while stopped" {
  dump_counter -e 7 -s USR1
  restore_in_foreground
  kill -TSTP "$LAUNCHER"
  wait_until 5 in_state "$LAUNCHER" T
  kill -USR1 "$ROOT"
  kill -CONT "$ROOT"
  wait_gone "$ROOT"
  kill -CONT "$LAUNCHER"
  wait_launcher
  status_is 7
}

@test "Ctrl-Z during the restore stops the launcher, fg lets it go on" {
  dump_counter
  block_at post-restore
  start_blocked
  kill -TSTP "$LAUNCHER"
  wait_until 5 in_state "$LAUNCHER" T
  kill -CONT "$LAUNCHER"
  wait_until 5 in_state "$LAUNCHER" S
  unblock
  wait_running_below "$LAUNCHER"
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
  wait_launcher
  status_is 137
}

# --- During the restore ------------------------------------------------------

# Interrupted by SIGNAL at STAGE everything is undone.
undoes() { # SIGNAL STAGE STATUS [ARGUMENT...]
  local detached
  dump_counter
  note_images
  block_at "$2"
  for detached in '' -d; do
    start_blocked ${detached:+"$detached"} --pidfile pid "${@:4}"
    kill "-$1" "$LAUNCHER"
    undone "$3"
    err_has "interrupted by SIG$1"
    wait_until 10 nothing_left
  done
}

@test "restore: TERM before the tree is made undoes everything: 143" {
  undoes TERM pre-restore 143
}
@test "restore: TERM when the tree is made undoes everything: 143" {
  undoes TERM post-restore 143
}
@test "restore: TERM just before the tree runs undoes everything: 143" {
  undoes TERM pre-resume 143
}
@test "restore: INT undoes everything: 130" { undoes INT post-restore 130; }
@test "restore: HUP undoes everything: 129" { undoes HUP post-restore 129; }
@test "restore: QUIT undoes everything: 131" { undoes QUIT post-restore 131; }

@test "restore: TERM undoes a tree of many, children and threads" {
  start_counter count -c 5 -t 5
  dump "$PID" img
  note_images
  block_at post-restore
  start_blocked --pidfile pid
  kill -TERM "$LAUNCHER"
  undone 143
}

# The kernel hands out pending signals by number: any of them may be the first.
@test "restore: a second TERM and an INT change nothing" {
  dump_counter
  note_images
  block_at post-restore
  start_blocked --pidfile pid
  kill -TERM "$LAUNCHER"
  kill -TERM "$LAUNCHER" 2>/dev/null || :
  kill -INT "$LAUNCHER" 2>/dev/null || :
  undone 143 130
}

@test "restore: TERM when criu has done its work, but not ended" {
  dump_counter
  block_at post-resume
  start_blocked --pidfile pid
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 143
  [[ ! -e img/pid ]]
}

# Between mkdtemp and mount, or umount and rmdir, criu's directory is no mount.
@test "restore: TERM and KILL while criu has an empty directory in /tmp" {
  local sig before
  dump_counter
  before=$(mktemp -d /tmp/.criu.before.XXXXXX) # somebody else's
  # shellcheck disable=SC2016
  printf '%s\n' '#!/bin/sh' \
    'd=$(mktemp -d /tmp/.criu.move_mount_set_group.XXXXXX)' \
    'echo "$d" >made' ': >there' 'sleep 0.03; rmdir "$d"; exec sleep 1000' \
    >criu
  chmod +x criu
  for sig in TERM KILL; do
    start_criu_ns restore -D img --criu-binary ./criu
    wait_until 10 test -e there
    rm there
    kill "-$sig" "$LAUNCHER"
    wait_launcher
    wait_until 2 not test -e "$(<made)" || {
      rmdir "$(<made)" "$before"
      return 1
    }
  done
  rmdir "$before"
}

# Undone, or, when the signal came too late for that, a tree that runs.
all_or_nothing() {
  nothing_left && return
  INIT=$(pgrep -f "^criu-ns: init $DIR/img") && ROOT=$(children_of "$INIT")
}
@test "restore: TERM and KILL at any time leave nothing, or all" {
  local ms sig
  dump_counter
  for ms in {10..80..10}; do
    for sig in TERM KILL; do
      start_criu_ns restore -D img -d --pidfile pid
      sleep "0.0$ms" # not to wait for anything: to be early or late
      kill "-$sig" "$LAUNCHER" || : # it may have ended
      wait_status "$LAUNCHER"
      INIT=''
      wait_until 5 all_or_nothing
      [[ -z $INIT ]] || end_tree "$ROOT"
      rm -f img/pid
    done
  done
}

@test "restore: signals that mean no end don't disturb it" {
  local name
  dump_counter
  block_at post-restore
  start_blocked
  for name in USR1 USR2 WINCH CONT ALRM RTMIN+3; do
    kill "-$name" "$LAUNCHER"
  done
  unblock
  wait_running_below "$LAUNCHER"
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
  wait_launcher
  status_is 137
}
