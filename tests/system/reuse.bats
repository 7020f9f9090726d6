#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# An image is restored more than once, whatever criu takes away.
load helpers

# A program that holds a file which was deleted, and lives on under another name.
dump_deleted() {
  type -P python3 >/dev/null || skip "needs python3"
  start_alone "$(python3 -c 'import sys; print(sys.executable)')" -c '
import os, sys, time
d = sys.argv[1]
f = open(d + "/gone", "w+")
f.write("what was in it"); f.flush()
os.link(d + "/gone", d + "/stays")
os.unlink(d + "/gone")
open(d + "/up", "w").write("x")
while True: time.sleep(0.01)' "$DIR"
  wait_until 20 test -s up
  # shellcheck disable=SC2034 # dump reads it
  FILE=''
  dump "$PID" img --link-remap
  LINK=$(echo link_remap.*)
  [[ -e $LINK ]]
}
holds_it() { # PID
  [[ $(descriptors_of "$1") == *"$DIR/gone (deleted)"* ]] &&
    equals "$(cat "/proc/$1/fd/3")" 'what was in it'
}
only_the_link() { equals "$(echo link_remap.*)" "$LINK"; }

@test "an image with a link to a deleted file is restored three times" {
  dump_deleted
  for _ in 1 2 3; do
    restore_detached --no-record
    holds_it "$ROOT"
    only_the_link
    end_tree "$ROOT"
  done
  # The other name may go: the file is there by the link alone.
  rm stays
  for _ in 1 2; do
    restore_detached
    only_the_link
    end_tree "$ROOT"
  done
}

# In a pid namespace /proc/locks leaves out what one who has ended took.
holds_lock() { # PID
  grep -q -- ": FLOCK .* $1 " /proc/locks
}

waits_for_lock() { # PID
  grep -q -- "-> FLOCK .* $1 " /proc/locks
}

@test "restores of an image with a link take turns" {
  dump_deleted
  mkfifo go
  flock img sh -c 'read -r _ <go' 3>&- &
  local lock=$!
  wait_until 10 holds_lock $lock
  "$CRIU_NS" restore -D img -d --pidfile "$DIR/one" 3>&- &
  local one=$!
  wait_until 10 waits_for_lock $one
  [[ ! -e one && -e $LINK ]]
  echo >go
  wait $lock
  wait $one
  holds_it "$(<one)"
  local pids=()
  for i in 1 2 3 4 5 6; do
    "$CRIU_NS" restore -D img -d --pidfile "$DIR/many.$i" 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  for i in 1 2 3 4 5 6; do
    holds_it "$(<"many.$i")"
  done
  only_the_link
  for i in one many.*; do
    end_tree "$(<"$i")"
  done
}

@test "a restore that fails, or was killed, leaves the image as it was" {
  dump_deleted
  # shellcheck disable=SC2016
  printf '#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" != post-restore ]\n' >refuse
  chmod +x refuse
  criu_ns restore -D img -d --action-script "$DIR/refuse"
  not status_is 0
  only_the_link
  mv "$LINK" "$LINK.criu-ns"
  restore_detached
  holds_it "$ROOT"
  only_the_link
  end_tree "$ROOT"
}

@test "restore --auto-dedup says that it was the last time" {
  dump_counter
  criu_ns restore -D img -d --pidfile "$DIR/pidfile" --auto-dedup
  err_has 'criu-ns: the image can be restored only once: --auto-dedup'
  [[ ! -s pidfile ]] || end_tree "$(<pidfile)"
}
