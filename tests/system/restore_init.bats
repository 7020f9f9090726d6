#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What is there while a restored tree runs: init, and the launcher in the
# foreground.
load helpers

private_memory_of() { # PID, in kB
  awk '/^Private_(Clean|Dirty):/ { n += $2 } END { print n }' \
    "/proc/$1/smaps_rollup"
}
small() { # PID
  [[ $CRIU_NS != */asan/* ]] || return 0
  (($(private_memory_of "$1") <= 400)) ||
    fail "$(private_memory_of "$1") kB are $1's own"
}

# No wake-up for a second: it waits, and polls nothing.
sleeps() { # PID...
  local pid before=()
  for pid; do before[pid]=$(switches_of "$pid"); done
  sleep 1
  for pid; do
    equals "$(switches_of "$pid")" "${before[pid]}" "wake-ups of $pid"
    in_state "$pid" S
  done
}

is_bare() { # INIT
  local caps
  for caps in CapInh CapPrm CapEff CapAmb; do
    equals "$(status_of "$1" $caps)" 0000000000000000 "$caps"
  done
  equals "$(readlink "/proc/$1/cwd")" /
  [[ $(ps -o args= -p "$1") == "criu-ns: init $DIR/img root="* ]]
  equals "$(status_of "$1" Name)" 'criu-ns: init'
  [[ $(tr '\0' '\n' <"/proc/$1/environ") != *CRIU_NS_TEST* ]]
  small "$1"
}

@test "init of a detached tree: bare, small, asleep, and without descriptors" {
  dump_counter
  restore_detached
  wait_running "$ROOT"
  is_bare "$INIT"
  equals "$(descriptors_of "$INIT")" ''
  equals "$(inner_pid_of "$INIT")" 1
  sleeps "$INIT"
  end_tree "$ROOT"
}

@test "init and launcher in the foreground: bare, small and asleep" {
  dump_counter
  restore_in_foreground
  is_bare "$INIT"
  [[ $(descriptors_of "$INIT") =~ ^[0-9]+\ socket:\[[0-9]+\]$ ]]
  small "$LAUNCHER"
  sleeps "$INIT" "$LAUNCHER"
  end_tree "$ROOT"
  wait_launcher
  status_is 137
}

@test "init names the image directory by its whole path" {
  dump_counter
  mkdir ' a b '
  mv img ' a b /-img'
  pushd ' a b '
  criu_ns restore -d -D ./-img --pidfile "$DIR/pid"
  [[ $(title_of "$(parent_of "$(<"$DIR/pid")")") == \
    "criu-ns: init $DIR/ a b /-img root="* ]]
  popd
  end_tree "$(<pid)"
}

@test "init reaps every orphan" {
  local child
  start_counter count -c 2 -z -e 0
  dump "$PID" img
  restore_detached
  child=$(children_of "$ROOT")
  kill -USR1 "$ROOT"
  wait_gone "$ROOT"
  # shellcheck disable=SC2086
  set -- $child
  equals $# 3
  for child; do
    gone "$child" || equals "$(parent_of "$child")" "$INIT"
  done
  # The zombie is reaped, the two others are left and reaped when they end.
  wait_until 5 has_children "$INIT" 2
  # shellcheck disable=SC2046
  kill -KILL $(children_of "$INIT")
  wait_ended "$INIT"
}
has_children() { (($(children_of "$1" | wc -w) == $2)); }

@test "init outlives the root while somebody from outside is in there" {
  dump_counter
  restore_detached
  "$HELPERS_DIR/alone" nsenter -t "$INIT" -p -m sleep 1000 &
  disown
  wait_until 5 entered "$INIT"
  kill -KILL "$ROOT"
  wait_gone "$ROOT"
  sleeps "$INIT"
  kill -KILL "$(others_in "$(pidns_of "$INIT")" "$INIT")"
  wait_ended "$INIT"
}
entered() { (($(others_in "$(pidns_of "$1")" "$1" | wc -l) == 2)); }

@test "the tree has a /proc of its own, and the caller's is as it was" {
  local before
  before=$(grep ' /proc ' /proc/self/mountinfo)
  dump_counter
  restore_detached
  equals "$(nsenter -t "$ROOT" -m readlink /proc/self || :)" ''
  equals "$(nsenter -t "$ROOT" -m -p readlink "/proc/$PID/exe")" \
    "$HELPERS_DIR/counter"
  equals "$(grep ' /proc ' /proc/self/mountinfo)" "$before"
  end_tree "$ROOT"
}
