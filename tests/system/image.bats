#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Images that can't be restored: said at once, with nothing started; and images
# that can, though something about them is unusual.
# shellcheck disable=SC2034,SC2153 # RUN and STATUS are the helpers'
load dump

# Refuse to restore "img" at once, in one line that has TEXT.
refused_at_once() { # TEXT [OPTION...]
  local start
  start=$(now)
  criu_ns restore -D img "${@:2}"
  (($(now) - start < 500000)) || fail "took $(($(now) - start)) us"
  status_is 125 && one_line "$1"
}

# --- Each file, damaged ---------------------------------------------------------

# Do DAMAGE to image FILE in img.
damage() { # FILE DAMAGE
  case $2 in
  shorter) truncate -s -1 "img/$1" ;;
  empty) truncate -s 0 "img/$1" ;;
  removed) rm "img/$1" ;;
  replaced) cp "good/$(other_kind "$1")" "img/$1" ;;
  esac
}
kind_of() { echo "${1%%[-.0-9]*}"; } # FILE: core-12.img is a core
other_kind() { # FILE: the next one in the alphabet that is of another kind
  local file after=0
  for file in good/* good/*; do
    file=${file##*/}
    if ((after)) && [[ $(kind_of "$file") != "$(kind_of "$1")" ]]; then
      echo "$file"
      return
    fi
    [[ $file != "$1" ]] || after=1
  done
}

# The files that hold something and are no log.
damageable() {
  find good -type f -size +0 ! -name '*.log' ! -name stats-restore -printf '%f\n' |
    sort
}

# Restore img.  Sets OUTCOME to "ok", or to what is wrong with the outcome.
judge() {
  local status=0
  OUTCOME=ok
  rm -f pidfile
  timeout -k 1 10 "$HELPERS_DIR/alone" "$CRIU_NS" restore -D img -d \
    --pidfile "$DIR/pidfile" -o restore.log </dev/null || status=$?
  if ((status == 0)); then
    ROOT=$(<pidfile)
    healthy "$ROOT" || OUTCOME="restored, but: $WHY"
    end_tree "$ROOT" >/dev/null || OUTCOME="$OUTCOME; does not end"
  elif ((status == 124 || status == 137)); then
    OUTCOME='hangs'
  elif ((status != 125 && status != 1)); then
    OUTCOME="status $status"
  fi
  if ! wait_until 5 nothing_alive >/dev/null; then
    OUTCOME="$OUTCOME; left: $(left_processes | xargs)"
    left_processes | xargs -r kill -KILL
    wait_until 5 nothing_alive >/dev/null
  fi
}
nothing_alive() { [[ -z $(left_processes) ]]; }

# Every process counts on and has the descriptors that it had.
healthy() { # ROOT
  local file
  for file in "${FILES[@]}"; do
    wait_until 2 counted_beyond "$file" "$(($(read_count "$file") + 2))" \
      >/dev/null || {
      WHY="${file#"$DIR/"} does not grow"
      return 1
    }
  done
  WHY="descriptors $(tree_descriptors "$1" | xargs)"
  [[ $(tree_descriptors "$1") == "$DESCRIPTORS" ]]
}
tree_descriptors() { # ROOT: of all its processes; numbers of pipes vary
  local pid
  for pid in "$1" $(descendants_of "$1"); do
    descriptors_of "$pid" | sed 's/:\[[0-9]*\]//'
  done | sort
}

# Damage each file of img in each way.  FILES have to grow when a tree comes up.
damage_each() {
  local file way bad=0 n=0
  cp -r img good
  for file in $(damageable); do
    for way in shorter empty removed replaced; do
      rm -rf img
      cp -r good img
      damage "$file" $way
      judge 2>err
      ((++n))
      [[ $OUTCOME != ok ]] || continue
      echo "$file $way: $OUTCOME"
      sed 's/^/    /' err
      ((++bad))
    done
  done
  ((n > 40)) || fail "only $n cases"
  ((bad == 0)) || fail "$bad of $n cases"
}

@test "each image of a single process, damaged in four ways" {
  start_counter count
  FILES=("$FILE")
  DESCRIPTORS=$(tree_descriptors "$PID")
  dump "$PID" img
  damage_each
}

@test "each image of a tree with threads, pipe, shared memory, damaged" {
  start_tree tree -c 1 -t 3 -p -m
  FILES=(tree/root tree/0 tree/threads tree/shared)
  DESCRIPTORS=$(tree_descriptors "$PID")
  dump "$PID" img
  damage_each
}

# --- Directories that are none ----------------------------------------------------

@test "an image directory that is not there" {
  refused_at_once "'img'"
}

@test "an empty directory" {
  mkdir img
  refused_at_once inventory.img
}

@test "a file in place of the directory" {
  : >img
  refused_at_once "'img'"
}

@test "a directory of something else" {
  mkdir img
  cp /etc/passwd img
  refused_at_once inventory.img
}

@test "a dump that was not completed" {
  start_counter count
  mkdir img
  cat >img/no.sh <<'END'
#!/bin/sh
[ "$CRTOOLS_SCRIPT_ACTION" != post-dump ]
END
  chmod +x img/no.sh
  plain_criu dump -t "$PID" -D img --action-script ./no.sh
  ((STATUS != 0))
  end_tree "$PID"
  rm -f img/inventory.img # which some versions write all the same
  refused_at_once inventory.img
}

@test "a pre-dump" {
  # This kernel can't make one: an inventory as criu pre-dump writes it, in
  # which field 9, pre_dump_mode, is set.
  mkdir img
  printf '\x16\x31\x31\x58\x06\0\0\0\x08\x02\x10\x01\x48\x01' \
    >img/inventory.img
  refused_at_once pre-dump
}

@test "an unknown version" {
  mkdir img
  printf '\x16\x31\x31\x58\x04\0\0\0\x08\x63\x10\x01' \
    >img/inventory.img
  refused_at_once version
}

# --- Numbers ------------------------------------------------------------------------

@test "an image that names PID 2" {
  start_in_ns -- count
  equals "$(inner_pid_of "$PID")" 2
  ns_dump "$PID" img
  comes_back img
  equals "$(inner_pid_of "$ROOT")" 2
  end_tree "$ROOT"
}

@test "an image that names PIDs 2 to 9, each of them" {
  RUN=("$HELPERS_DIR/nsrun")
  start_tree tree -c 7
  ns_dump "$PID" img
  comes_back img
  wait_growing tree/6
  end_tree "$ROOT"
}

@test "an image that names the highest PID there is" {
  local max
  # Until Linux 6.14 namespaces have the host's limit.
  max=$(unshare -pf --mount-proc cat /proc/sys/kernel/pid_max)
  start_in_ns -l "$((max - 2))" -- count
  equals "$(inner_pid_of "$PID")" "$((max - 1))"
  ns_dump "$PID" img
  comes_back img
  equals "$(inner_pid_of "$ROOT")" "$((max - 1))"
  end_tree "$ROOT"
}

# Restore img as a shell job, on a terminal.  Sets LAUNCHER and ROOT.
start_restore_on_terminal() {
  "$HELPERS_DIR/alone" script -qec "$(printf '%q ' "$CRIU_NS" restore -D img \
    -j --pidfile "$DIR/pidfile")" /dev/null &
  LAUNCHER=$!
  LAUNCHERS+=("$LAUNCHER")
  wait_until 10 test -s pidfile && ROOT=$(<pidfile)
}

@test "an image that names session and group 1" {
  start_in_ns -g -- count -e 7
  equals "$(ps -o sid= -p "$PID" | xargs)" "$(parent_of "$PID")"
  ns_dump "$PID" img -j
  start_restore_on_terminal
  goes_on_from "$FILE" "$COUNT"
  kill -USR1 "$ROOT"
  wait_launcher
  status_is 7
}

@test "an image that names session 1 in a tree of its own sessions" {
  RUN=("$HELPERS_DIR/nsrun" -g)
  start_tree tree -c 5
  ns_dump "$PID" img -j
  start_restore_on_terminal
  goes_on_from "$FILE" "$COUNT"
  wait_growing tree/4
  kill -USR1 "$ROOT"
  wait_launcher
  status_is 7
  equals "$(<tree/report)" 'zombies=0 children=5 pipe='
}

# criu, asked from inside, writes the images of PID 1 and then waits for ever.
@test "an image of PID 1 without its namespace" {
  start_in_ns -1 -- count
  mkdir img
  "$HELPERS_DIR/alone" nsenter -t "$PID" -p -m "$CRIU" dump -t 1 \
    -D "$DIR/img" -o dump.log -v4 &
  LAUNCHER=$! # nsenter
  wait_until 20 grep -qs 'Unseizing 1' img/dump.log
  kill -KILL "$(pgrep -f "^$CRIU dump -t 1 -D $DIR/img")"
  wait_status "$LAUNCHER"
  end_target
  [[ -s img/core-1.img && -s img/inventory.img ]]
  refused_at_once 'PID 1'
}

@test "an image with a mount namespace but no --root" {
  start_in_ns -1 -- count
  ns_dump "$PID" img
  refused_at_once '--root'
}
