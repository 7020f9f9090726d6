#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Dump: what is no target.  One line that says why, status 125, nothing touched.
load dump

refused() { # -t VALUE, and TEXT that the line has
  mkdir -p none
  criu_ns dump -t "$1" -D none -o dump.log
  status_is 125 && one_line "$2" && equals "$(ls none)" '' 'image directory'
}

# A child of somebody else's that has ended.  Sets PARENT and ZOMBIE.
start_zombie() {
  start_alone sh -c ': & exec sleep 1000'
  PARENT=$PID
  wait_until 5 is_sleep "$PARENT"
  ZOMBIE=$(children_of "$PARENT" | xargs)
  wait_until 5 in_state "$ZOMBIE" Z
}

@test "no -t" {
  criu_ns dump -D .
  status_is 125
  one_line '-t PID'
}

@test "what is no number" {
  local value
  for value in abc '' 12x 0 -1 1.5 99999999999 2147483648; do
    refused "$value" "'$value'"
  done
}

@test "a PID that nobody has" {
  local pid
  pid=$(($(</proc/sys/kernel/pid_max) - 1))
  while [[ -e /proc/$pid ]]; do ((pid--)); done
  refused "$pid" "no process $pid"
}

@test "a kernel thread" {
  [[ -n $(status_of 2 Name) && -z $(title_of 2) && $(parent_of 2) == 0 ]] ||
    skip 'no kernel threads in this pid namespace'
  refused 2 'kernel thread'
}

@test "a zombie" {
  start_zombie
  refused "$ZOMBIE" zombie
  err_has "$PARENT"
  end_tree "$PARENT"
}

@test "a thread: its process is named" {
  local tid
  start_tree tree -t 1
  tid=$(find "/proc/$PID/task" -mindepth 1 -maxdepth 1 -printf '%f\n' |
    grep -vx "$PID")
  refused "$tid" "-t $PID"
  unharmed "$PID" "$FILE"
  end_tree "$PID"
}

@test "an ancestor of ours" {
  refused $$ ancestor
}

@test "PID 1 of the caller's namespace" {
  refused 1 ancestor
}

@test "criu-ns itself" {
  mkdir img
  # shellcheck disable=SC2016 # for the inner shell
  run_it sh -c 'exec "$1" dump -t $$ -D img' sh "$CRIU_NS"
  status_is 125
  one_line 'itself'
}

@test "the init of criu-ns: the root of the tree is named" {
  dump_counter
  restore_detached
  refused "$INIT" "-t $ROOT"
  unharmed "$ROOT" "$FILE"
  end_tree "$ROOT"
}

@test "a process that is being traced: criu fails, it goes on" {
  local tracer
  start_in_ns -- count
  "$HELPERS_DIR/alone" strace -o /dev/null -p "$PID" &
  tracer=$!
  wait_until 5 traced_by "$PID" "$tracer"
  mkdir img
  criu_ns dump -t "$PID" -D img -o dump.log
  status_is 1
  traced_by "$PID" "$tracer"
  wait_growing "$FILE"
  kill -TERM "$tracer"
  wait_status "$tracer"
  unharmed "$PID" "$FILE"
  ns_dump "$PID" img
  comes_back img
  end_tree "$ROOT"
}
traced_by() { [[ $(status_of "$1" TracerPid) == "$2" ]]; } # PID TRACER

@test "a word too many" {
  start_counter count
  criu_ns dump -t "$PID" -D . word
  status_is 125
  one_line word
  unharmed "$PID" "$FILE"
  end_tree "$PID"
}

@test "--exec-cmd" {
  start_counter count
  criu_ns dump -t "$PID" -D . --exec-cmd -- true
  status_is 125
  unharmed "$PID" "$FILE"
  end_tree "$PID"
}

@test "pre-dump refuses the same" {
  start_zombie
  criu_ns pre-dump -t "$ZOMBIE" -D .
  status_is 125
  one_line zombie
  criu_ns pre-dump -D .
  status_is 125
  one_line '-t PID'
  end_tree "$PARENT"
}
