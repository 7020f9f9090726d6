#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# SIGKILL, for each of those who take part in a restore.
# shellcheck disable=SC2034,SC2153 # SLACK, ROOT: the helpers'
load helpers

# Launcher, init and criu of a restore that is blocked.
find_criu() { # sets INIT, CRIU_PID
  INIT=$(children_of "$LAUNCHER")
  CRIU_PID=$(children_of "$INIT")
  CRIU_PID=${CRIU_PID%% *}
  [[ $(readlink "/proc/$CRIU_PID/exe") == "$(realpath "$CRIU")" ]]
}

# SIGKILL for WHO at STAGE.
killed_at() { # STAGE WHO STATUS
  local detached
  dump_counter -c 1
  note_images
  block_at "$1"
  for detached in '' -d; do
    start_blocked ${detached:+"$detached"} --pidfile pid
    find_criu
    kill -KILL "${!2}"
    undone "$3"
    wait_until 10 nothing_left
  done
}

@test "SIGKILL of the launcher before the tree is made: nothing is left" {
  killed_at pre-restore LAUNCHER 137
}
@test "SIGKILL of the launcher when the tree is made: nothing is left" {
  killed_at post-restore LAUNCHER 137
}
@test "SIGKILL of the launcher just before the tree runs: nothing is left" {
  killed_at pre-resume LAUNCHER 137
}

@test "SIGKILL of the launcher in the foreground: the tree runs on" {
  dump_counter -c 1
  restore_in_foreground
  kill -KILL "$LAUNCHER"
  wait_launcher
  status_is 137
  goes_on_from "$FILE" "$COUNT"
  in_state "$INIT" S
  # Its end is init's end, later.
  end_tree "$ROOT"
}

@test "SIGKILL of the launcher, then the program ends by itself" {
  dump_counter -e 7
  restore_in_foreground
  kill -KILL "$LAUNCHER"
  wait_launcher
  wait_growing "$FILE"
  kill -USR1 "$ROOT"
  wait_ended "$ROOT" "$INIT"
}

@test "SIGKILL of criu before the tree is made: 137, nothing is left" {
  killed_at pre-restore CRIU_PID 137
  err_has 'criu was killed by SIGKILL'
}
@test "SIGKILL of criu when the tree is made: 137, nothing is left" {
  killed_at post-restore CRIU_PID 137
  err_has 'criu was killed by SIGKILL'
}
# The kernel lets the tasks of a tracer go that was killed: for some moments.
@test "SIGKILL of criu just before the tree runs: 137, nothing is left" {
  SLACK=5
  killed_at pre-resume CRIU_PID 137
}

@test "SIGKILL of init when the tree is made: 125, nothing is left" {
  killed_at post-restore INIT 125
  err_has 'init of the new namespaces was killed'
}

@test "SIGKILL of init while the tree runs: the tree ends, 137" {
  dump_counter -c 1
  restore_in_foreground
  kill -KILL "$INIT"
  wait_launcher
  status_is 137
  err_has 'init of the tree'
  err_has "$DIR/img"
  wait_gone "$ROOT"
}

@test "SIGKILL of init of a detached tree: the tree ends" {
  dump_counter -c 1
  restore_detached
  kill -KILL "$INIT"
  wait_ended "$ROOT" "$INIT"
}

# CRIU 4.2 hangs after this, with or without criu-ns.
@test "SIGKILL of the root while it is restored: TERM undoes the rest" {
  local p root=
  dump_counter -c 1
  note_images
  block_at post-restore
  start_blocked --pidfile pid
  find_criu
  for p in $(descendants_of "$INIT"); do
    [[ $(inner_pid_of "$p") != "$PID" ]] || root=$p
  done
  [[ -n $root ]]
  kill -KILL "$root"
  unblock
  wait_until 5 ended "$root"
  kill -TERM "$LAUNCHER" || :
  wait_launcher
  status_is 143 1
}
