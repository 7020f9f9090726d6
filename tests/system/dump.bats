#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Dump: wherever the target lives, that one process tree is dumped, and no other
# process is touched.
# shellcheck disable=SC2034,SC2153 # RUN and STATUS are the helpers'
load dump

@test "a process of the caller's own namespaces is dumped by plain criu" {
  start_counter count
  ns_dump "$PID" img
  [[ ! -e img/mountpoints-1.img ]]
  comes_back img
  end_tree "$ROOT"
}

@test "a process in a pid and mount namespace is dumped from inside" {
  start_in_ns -l 40 -- count
  ns_dump "$PID" img
  only_seized img/dump.log 41
  [[ -z $(compgen -G 'img/mountpoints-*') ]]
  comes_back img
  equals "$(inner_pid_of "$ROOT")" 41
  end_tree "$ROOT"
}

@test "a process three pid namespaces deep is dumped" {
  RUN=("$HELPERS_DIR/nsrun" "$HELPERS_DIR/nsrun")
  start_in_ns -- count
  equals "$(status_of "$PID" NSpid | wc -w)" 4 'levels'
  ns_dump "$PID" img
  comes_back img
  end_tree "$ROOT"
}

@test "NSpid '466 9 5': the neighbour that is 9 in there is not touched" {
  local five neighbour_file neighbour

  RUN=("$HELPERS_DIR/nsrun" -l 4)
  start_in_ns -l 6 -- count
  equals "$(status_of "$PID" NSpid | awk '{ print $2, $3 }')" '9 5'
  five=$FILE
  start_beside "$PID" 9 neighbour
  neighbour=$OTHER neighbour_file=$FILE
  equals "$(inner_pid_of "$neighbour")" 9
  FILE=$five
  ns_dump "$PID" img
  only_seized img/dump.log 5
  unharmed "$neighbour" "$neighbour_file"
  comes_back img
  end_tree "$ROOT"
  end_neighbour "$neighbour"
}

@test "NSpid '466 9 5': the neighbour that is 5 one level up is not touched" {
  local target_file neighbour_file neighbour up

  RUN=("$HELPERS_DIR/nsrun" -l 4)
  start_in_ns -l 6 -- count
  target_file=$FILE
  up=$(parent_of "$(parent_of "$PID")")
  start_beside "$up" 5 neighbour
  neighbour=$OTHER neighbour_file=$FILE
  equals "$(status_of "$neighbour" NSpid | awk '{ print $2 }')" 5
  FILE=$target_file
  ns_dump "$PID" img
  only_seized img/dump.log 5
  unharmed "$neighbour" "$neighbour_file"
  comes_back img
  end_tree "$ROOT"
  end_neighbour "$neighbour"
}

@test "a process whose inner number is somebody's number here: he stays" {
  local here=$BATS_TEST_TMPDIR/t/here
  start_counter here
  local neighbour=$PID
  start_in_ns -l "$((neighbour - 1))" -- count
  equals "$(inner_pid_of "$PID")" "$neighbour"
  ns_dump "$PID" img
  unharmed "$neighbour" "$here"
  end_tree "$neighbour"
}

@test "PID 1 of a pid namespace is dumped together with its namespace" {
  start_in_ns -1 -- count
  ns_dump "$PID" img
  restore_on_root img --external 'mnt[]:sm'
  goes_on_from "$FILE" "$COUNT"
  equals "$(inner_pid_of "$ROOT")" 1
  end_nested
}

@test "PID 1 of a namespace whose parent is not ours is dumped from there" {
  RUN=("$HELPERS_DIR/nsrun" -1)
  start_in_ns -- count
  equals "$(status_of "$PID" NSpid | wc -w)" 3 'levels'
  ns_dump "$PID" img
  restore_on_root img --external 'mnt[]:sm'
  goes_on_from "$FILE" "$COUNT"
  end_nested
}

@test "a process in a pid namespace alone, /proc not its own, is dumped" {
  start_in_ns -p -l 40 -- count
  ns_dump "$PID" img
  only_seized img/dump.log 41
  restore_on_root img --external 'mnt[]:sm'
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "what plain criu has restored in unshare's namespaces is dumped" {
  start_counter count
  dump "$PID" img
  start_alone unshare -pf --mount-proc "$CRIU" restore -D img
  RUNNER=$PID
  wait_until 20 find_target "$HELPERS_DIR/counter" >/dev/null
  goes_on_from "$FILE" "$COUNT"
  ns_dump "$PID" img2
  wait_ended "$RUNNER"
  comes_back img2
  end_tree "$ROOT"
}

@test "what criu-ns has restored is dumped and restored, four times over" {
  local i
  start_counter count -e 7
  for i in 1 2 3 4; do
    ns_dump "$PID" "img$i"
    comes_back "img$i"
    PID=$ROOT
  done
  ns_dump "$PID" img
  restore_in_foreground
  kill -USR1 "$ROOT"
  wait_launcher
  status_is 7
}

@test "--leave-running dumps and leaves the tree running" {
  start_in_ns -- count
  criu_ns dump -t "$PID" -D . -R
  status_is 0
  unharmed "$PID" "$FILE"
  COUNT=$(read_count "$FILE")
  ns_dump "$PID" img
  comes_back img
  end_tree "$ROOT"
}

@test "--leave-stopped leaves the tree stopped, SIGCONT lets it go on" {
  start_in_ns -- count
  mkdir img
  criu_ns dump -t "$PID" -D img -s
  status_is 0
  wait_until 5 in_state "$PID" T
  stands_still "$FILE"
  kill -CONT "$PID"
  unharmed "$PID" "$FILE"
  end_target
}

@test "SIGCHLD ignored by who started us is no harm" {
  start_in_ns -- count
  mkdir img
  env --ignore-signal=CHLD "$CRIU_NS" dump -t "$PID" -D img
  wait_ended "$PID"
  COUNT=$(read_count "$FILE")
  comes_back img
  end_tree "$ROOT"
}

@test "a full disk: the target goes on" {
  start_in_ns -- count
  mkdir small
  mount -t tmpfs -o size=64k small small
  criu_ns dump -t "$PID" -D small
  ((STATUS != 0 && STATUS < 125))
  unharmed "$PID" "$FILE"
  umount small
  end_target
}

@test "a /proc of another pid namespace is noticed" {
  criu_ns_in_foreign_proc() {
    unshare -pf "$CRIU_NS" dump -t 1 -D . 2>err
  }
  ! criu_ns_in_foreign_proc || false
  grep -q 'of another pid namespace' err
}
