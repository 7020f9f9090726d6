#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What criu finds out about the kernel is kept where /run is no tmpfs.  Each test
# has a mount namespace with a /run on disk and a /dev/shm of its own: the room.
load helpers

SHELF=/dev/shm/criu-ns

# Sets ROOM.
# shellcheck disable=SC2016
make_room() { # [FILE SYSTEM TYPE OF /run]
  mkdir -p run
  [[ -n ${1:-} || $(stat -f -c %T run) != tmpfs ]] ||
    skip "needs a directory that is not on a tmpfs (TMPDIR)"
  # shellcheck disable=SC2016
  "$HELPERS_DIR/alone" unshare -m sh -c '
    mount -t tmpfs -o mode=1777 shm /dev/shm
    if [ -n "$2" ]; then mount -t "$2" run /run; else mount --bind "$1/run" /run; fi
    : >"$1/ready"
    exec sleep 1000' sh "$DIR" "${1:-}" &
  ROOM=$!
  wait_until 10 test -e ready
}
in_room() { nsenter -t "$ROOM" -m env -C "$DIR" "$@"; } # COMMAND...
criu_ns_in_room() { run_it nsenter -t "$ROOM" -m env -C "$DIR" "$CRIU_NS" "$@"; }
leave_room() {
  kill -KILL "$ROOM"
  wait "$ROOM" 2>/dev/null || :
}
restore_in_room() { # [ARGUMENT...]; sets ROOT
  criu_ns_in_room restore -D img -d --pidfile "$DIR/pidfile" -v4 -o r.log "$@"
  status_is 0 || return
  ROOT=$(<pidfile)
  wait_running "$ROOT"
}
loaded() { grep -q 'Loaded kdat cache' img/r.log; }
# The caller's /run has nothing new in it, and nothing is on it.
run_is_empty() { equals "$(in_room ls -A /run)" '' 'what is in /run'; }
kept() { in_room find $SHELF -type f; }
mounts_of() { # PID: without what is numbered anew
  awk '{ $1 = $2 = ""; if ($5 == "/proc") $3 = ""; print }' "/proc/$1/mountinfo"
}

@test "kerndat: made once, loaded by criu, and gone from the tree's mounts" {
  local before first
  make_room
  dump_counter
  restore_in_room --no-kerndat-cache
  not loaded
  [[ ! -e /proc/$ROOM/root$SHELF ]]
  before=$(mounts_of "$ROOT")
  end_tree "$ROOT"
  # criu's own, which it can't keep there.
  rm -f run/criu.kdat.tmp

  restore_in_room
  loaded
  run_is_empty
  equals "$(mounts_of "$ROOT")" "$before" 'mounts of the tree'
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
  equals "$(kept | wc -l)" 1
  equals "$(in_room stat -c '%a %u' $SHELF "$(kept)")" $'700 0\n600 0'
  first=$(in_room stat -c '%i %z' "$(kept)")

  restore_in_room
  loaded
  run_is_empty
  equals "$(mounts_of "$ROOT")" "$before" 'mounts of the tree'
  equals "$(in_room stat -c '%i %z' "$(kept)")" "$first"
  end_tree "$ROOT"
  leave_room
}

@test "kerndat: a tree restored with it is dumped and restored again" {
  local n
  make_room
  dump_counter
  for n in 1 2; do
    restore_in_room
    loaded
    COUNT=$(read_count "$FILE")
    rm -r img
    mkdir img
    criu_ns_in_room dump -t "$ROOT" -D img
    status_is 0
  done
  restore_in_room
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
  leave_room
}

@test "kerndat: where /run is a tmpfs, criu keeps its own" {
  make_room tmpfs
  dump_counter
  restore_in_room
  end_tree "$ROOT"
  [[ ! -e /proc/$ROOM/root$SHELF && -e /proc/$ROOM/root/run/criu.kdat ]]
  leave_room
}

@test "kerndat: an image in /run is not hidden" {
  make_room
  dump_counter
  mv img run/img
  ln -s /run/img img
  criu_ns_in_room restore -D img -d --pidfile "$DIR/pidfile"
  status_is 0
  wait_running "$(<pidfile)"
  end_tree "$(<pidfile)"
  run_it rm -f run/criu.kdat.tmp
  leave_room
}

@test "kerndat: who has the name first gets nothing, and gives nothing" {
  local how
  make_room
  dump_counter
  mkdir elsewhere
  chmod 700 elsewhere
  for how in "install -d -m 700 -o nobody $SHELF" "ln -s $DIR/elsewhere $SHELF" \
    "install -d -m 770 $SHELF" "install -d -m 1777 $SHELF" "touch $SHELF" \
    "mkfifo $SHELF" "ln -s /nowhere $SHELF"; do
    echo "# $how"
    # shellcheck disable=SC2086
    in_room $how
    restore_in_room
    end_tree "$ROOT"
    not loaded
    equals "$(in_room find $SHELF/ -mindepth 1 2>/dev/null)" ''
    in_room rm -r $SHELF
    rm -f run/criu.kdat.tmp
  done
  leave_room
}

@test "kerndat: what is damaged or for others is made again" {
  local thing good how size
  make_room
  dump_counter
  restore_in_room
  end_tree "$ROOT"
  thing=$(kept)
  # Where the vdso is, which is part of it, is another one each time.
  size=$(in_room stat -c %s "$thing")
  good=$(in_room cat "$thing" | head -n 2)
  # shellcheck disable=SC2016
  for how in 'truncate -s -10 "$1"' ': >"$1"' 'echo more >>"$1"' \
    'sed -i "s/ kernel [^ ]*/ kernel 1.2.3/" "$1"' \
    'sed -i "s/^boot ./boot x/" "$1"' 'chmod 644 "$1"' 'chown nobody "$1"' \
    'ln "$1" "$1.link"' 'mv "$1" "$1.old"; ln -s "$1.old" "$1"' \
    'rm "$1"; mkfifo "$1"' 'touch "$1.new"; rm "$1"'; do
    echo "# $how"
    in_room sh -c "$how" sh "$thing"
    restore_in_room
    end_tree "$ROOT"
    loaded
    run_is_empty
    in_room sh -c 'rm -f "$1".?*; test -f "$1" -a ! -h "$1"' sh "$thing"
    equals "$(in_room stat -c '%a %u' "$thing")" '600 0'
    equals "$(in_room cat "$thing" | head -n 2)" "$good"
    equals "$(in_room stat -c %s "$thing")" "$size"
  done
  leave_room
}

@test "kerndat: each criu has its own, in turns" {
  local crius n
  mapfile -t crius <"$BATS_TEST_DIRNAME/../../build/criu/list" || :
  ((${#crius[@]} > 1)) || skip "needs two criu's"
  make_room
  # What a newer criu has dumped an older one may not know.
  CRIU=${crius[-1]} dump_counter
  for n in 0 1 0 1; do
    restore_in_room --criu-binary "${crius[n]}"
    end_tree "$ROOT"
    loaded
    not grep -q Stale img/r.log
    run_is_empty
  done
  equals "$(kept | wc -l)" 2
  leave_room
}

@test "kerndat: with other capabilities or another network it is another one" {
  make_room
  dump_counter
  restore_in_room
  end_tree "$ROOT"
  # shellcheck disable=SC2016
  run_it nsenter -t "$ROOM" -m env -C "$DIR" unshare -n sh -c \
    'ip link set lo up && exec "$@"' sh "$CRIU_NS" restore -D img -d \
    --pidfile "$DIR/pidfile"
  status_is 0
  end_tree "$(<pidfile)"
  run_it nsenter -t "$ROOM" -m env -C "$DIR" \
    setpriv --bounding-set=-syslog --inh-caps=-syslog "$CRIU_NS" restore \
    -D img -d --pidfile "$DIR/pidfile"
  err_has 'a task can'"'"'t get the capabilities that it had'
  equals "$(kept | wc -l)" 3
  run_is_empty
  leave_room
}

@test "kerndat: two that start at once, for the first time" {
  local n pids=()
  make_room
  dump_counter
  for n in 1 2 3; do
    in_room "$HELPERS_DIR/alone" "$CRIU_NS" restore -D img -d -W "$DIR" -v4 \
      -o "r$n.log" --pidfile "$DIR/pid$n" &
    pids+=($!)
  done
  for n in 1 2 3; do
    wait_status "${pids[n - 1]}"
    status_is 0
    grep -q 'Loaded kdat cache' "r$n.log"
  done
  for n in 1 2 3; do end_tree "$(<"pid$n")"; done
  equals "$(kept | wc -l)" 1
  run_is_empty
  leave_room
}

# A criu that waits in "check", which makes it.
slow_criu() {
  mkfifo slow.fifo
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nif [ "$1" = check ]; then : >%q; read -r x <%q; fi\n' \
    "$DIR/checks" "$DIR/slow.fifo" >slow
  printf 'exec %q "$@"\n' "$CRIU" >>slow
  chmod +x slow
}

@test "kerndat: killed while it is made, nothing is left" {
  local sig
  make_room
  dump_counter
  slow_criu
  for sig in KILL TERM INT; do
    # Not by a function: that would be the number of a shell.
    nsenter -t "$ROOM" -m env -C "$DIR" "$HELPERS_DIR/alone" "$CRIU_NS" \
      restore -D img -d --criu-binary "$DIR/slow" &
    LAUNCHER=$!
    wait_until 10 test -e checks
    rm checks
    kill "-$sig" "$LAUNCHER"
    wait_status "$LAUNCHER"
    status_is $((128 + $(kill -l $sig)))
    wait_until 10 not pgrep -f "$DIR/slow check" >/dev/null
    equals "$(in_room find $SHELF -mindepth 1)" ''
    run_is_empty
    (($(read_count "$FILE") == COUNT))
  done
  leave_room
}

@test "kerndat: criu that fails before it looks leaves nothing" {
  make_room
  dump_counter
  restore_in_room
  end_tree "$ROOT"
  criu_ns_in_room restore -D img -d --tls-cert
  criu_ns_in_room restore -D img -d -o "$DIR/no/such/dir/log"
  not status_is 0
  run_is_empty
  # shellcheck disable=SC2016
  equals "$(in_room awk '$5 == "/run"' /proc/self/mountinfo | wc -l)" 1
  leave_room
}
