# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the tests of run.
# shellcheck disable=SC2034 # the tests read the variables
# shellcheck source=tests/system/helpers.bash
load helpers

# Start run with the counter, from an image if there is one.  Sets LAUNCHER,
# INIT, ROOT and FILE.
start_run() { # [OPTION...] [-- COUNTER_OPTION...]
  local options=()
  FILE=$DIR/count
  while (($#)) && [[ $1 != -- ]]; do options+=("$1") && shift; done
  (($# == 0)) || shift
  start_criu_ns run -D ckpt "${options[@]}" -- \
    "$HELPERS_DIR/counter" "$@" "$FILE"
  wait_until 20 init_is_there "$LAUNCHER"
  wait_growing "$FILE"
}
is_complete() { [[ -s ${1:-ckpt}/criu-ns.conf ]]; }
inode_of() { stat -c %i "$1" 2>/dev/null || :; }
# A checkpoint by USR1.  Sets COUNT to what had been counted before it.
checkpoint() { # [DIRECTORY]
  local old
  old=$(inode_of "${1:-ckpt}/inventory.img")
  COUNT=$(read_count "$FILE")
  kill -USR1 "$LAUNCHER"
  wait_until 20 is_new "${1:-ckpt}" "$old"
}
is_new() { # DIRECTORY INODE
  is_complete "$1" && [[ $(inode_of "$1/inventory.img") != "$2" ]] &&
    [[ -z $(children_of "$LAUNCHER" | awk '{ $1 = ""; print $2 }') ]]
}
# The checkpoint that ends it.  Sets COUNT.
end_run() { # [SIGNAL]
  kill "-${1:-TERM}" "$LAUNCHER"
  wait_launcher
  status_is 75
  is_complete
  COUNT=$(read_count "$FILE")
  wait_ended "$ROOT" "$INIT"
}
# End the program for good; the launcher tells its status.
quit_run() {
  kill -KILL "$ROOT"
  wait_launcher
  status_is 137
  wait_ended "$INIT"
}
continues() { # [OPTION...]
  start_run "$@" && goes_on_from "$FILE" "$COUNT"
}
