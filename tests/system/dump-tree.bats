#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Dump: what a tree can be made of.
# shellcheck disable=SC2034 # RUN is dump.bash's
load dump

# Dump the tree of start_tree into img, restore it, end it by its own means:
# then it says what it has.
dump_and_report() { # DIRECTORY EXPECTED
  local file
  ns_dump "$PID" img
  for file in "$1"/*; do
    cp "$file" "$DIR/was.${file##*/}"
  done
  criu_ns restore -D img -d --pidfile "$DIR/pidfile"
  status_is 0
  ROOT=$(<pidfile)
  INIT=$(parent_of "$ROOT")
  for file in "$1"/*; do
    FILE=$file
    goes_on_from "$file" "$(read_spaced "was.${file##*/}")"
  done
  kill -USR1 "$ROOT"
  wait_until 10 test -e "$1/report"
  equals "$(<"$1/report")" "$2" report
  wait_ended "$ROOT" "$INIT"
}
read_spaced() { tr -d ' ' <"$1"; }

@test "fifty processes in sessions and groups of their own" {
  RUN=("$HELPERS_DIR/nsrun")
  start_tree tree -c 49
  dump_and_report tree 'zombies=0 children=49 pipe='
}

@test "a hundred threads" {
  RUN=("$HELPERS_DIR/nsrun")
  start_tree tree -t 100
  equals "$(find "/proc/$PID/task" -mindepth 1 -maxdepth 1 | wc -l)" 101 threads
  dump_and_report tree 'zombies=0 children=0 pipe='
}

@test "children whose own parent has ended" {
  RUN=("$HELPERS_DIR/nsrun")
  start_tree tree -o 3
  dump_and_report tree 'zombies=0 children=3 pipe='
}

@test "zombies, which keep their exit status" {
  RUN=("$HELPERS_DIR/nsrun")
  start_tree tree -z 3
  dump_and_report tree 'zombies=3 children=0 pipe='
}

@test "a pipe with data in it and memory shared with a child" {
  RUN=("$HELPERS_DIR/nsrun")
  start_tree tree -p -m
  dump_and_report tree 'zombies=0 children=1 pipe=in the pipe'
}

@test "an orphan that was left to the namespace's init is not of the tree" {
  local orphan
  start_in_ns -- count -r
  wait_growing "$FILE.orphan"
  orphan=$(children_of "$(parent_of "$PID")" | xargs -n 1 | grep -vx "$PID")
  ns_dump "$PID" img
  unharmed "$orphan" "$FILE.orphan"
  end_neighbour "$orphan"
}

@test "fifty processes survive four generations" {
  local i
  RUN=("$HELPERS_DIR/nsrun")
  start_tree tree -c 49
  for i in 1 2 3; do
    ns_dump "$PID" "img$i"
    comes_back "img$i"
    PID=$ROOT
  done
  dump_and_report tree 'zombies=0 children=49 pipe='
}
