#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# swrk: CRIU's own library, with criu-ns as its service binary.
# shellcheck disable=SC2153 # as in the other tests
load helpers
load dump

CLIENT=${HELPERS_DIR%/system}/rpc/client

setup_file() {
  [[ -x $CLIENT ]] && return
  [[ ${CI:-} != true ]] || {
    echo "no libcriu, and CI=true: make deps"
    return 1
  }
  skip "needs libcriu: run make deps"
}

# The client, with criu-ns in criu's place.
client() { # ARGUMENT...
  CRIU=$CRIU SERVICE=$CRIU_NS run_it "$CLIENT" "$@"
}

tracks_memory() { "$CRIU" check --feature mem_dirty_track; }

# What the last client has restored: ROOT and INIT.
restored() {
  ROOT=$(sed -n 's/^restore \([0-9]*\)$/\1/p' "$DIR/out")
  [[ -n $ROOT ]] || return
  wait_running "$ROOT"
  INIT=$(parent_of "$ROOT")
  is_init "$INIT"
}

@test "swrk: a libcriu client dumps, and restores while the PID is taken" {
  start_counter count
  wait_growing count
  mkdir img
  client dump "$PID" img
  status_is 0
  wait_ended "$PID"
  COUNT=$(read_count count)
  take_pid "$PID"
  client restore img
  status_is 0
  restored
  equals "$(inner_pid_of "$ROOT")" "$PID"
  goes_on_from count "$COUNT"
  end_tree "$ROOT"
}

@test "swrk: what it has restored is dumped and restored again, and again" {
  dump_counter
  for i in 1 2 3; do
    client restore img
    status_is 0
    restored
    goes_on_from count "$COUNT"
    rm -rf img
    mkdir img
    client dump "$ROOT" img
    status_is 0
    wait_gone "$INIT"
    COUNT=$(read_count count)
  done
}

@test "swrk: dump with leave_running: the tree runs on, and is restored beside" {
  dump_counter
  client restore img
  restored
  first=$ROOT
  mkdir again
  client dump "$ROOT" again stay
  status_is 0
  wait_running "$first"
  wait_growing count
  end_tree "$first"
  COUNT=$(read_count count)
  client restore again
  status_is 0
  restored
  wait_growing count
  end_tree "$ROOT"
}

@test "swrk: a foreground launcher hears that its tree was dumped by a client" {
  dump_counter
  restore_in_foreground
  mkdir again
  client dump "$ROOT" again
  status_is 0
  wait_launcher
  status_is 137
  err_has "the tree was checkpointed"
}

@test "swrk: notifications, with the PIDs that the client knows" {
  dump_counter
  client restore img notify
  status_is 0
  restored
  out_has "notify pre-restore 0"
  out_has "notify post-restore $ROOT"
  end_tree "$ROOT"
}

@test "swrk: a client that says no to post-restore, or goes: nothing is left" {
  dump_counter
  client restore img fail
  status_is 1
  ROOT=$(sed -n 's/^notify post-restore //p' out)
  wait_gone "$ROOT"
  client gone img
  status_is 0
  ROOT=$(sed -n 's/^leave //p' out)
  wait_gone "$ROOT"
  err_has "the client is gone before the restore was complete"
  client restore img
  restored
  end_tree "$ROOT"
}

@test "swrk: inherit_fd is the client's descriptor" {
  "$HELPERS_DIR/alone" -k "$HELPERS_DIR/counter" -o "$DIR/count" </dev/null \
    >"$DIR/printed" 2>/dev/null 3>&- &
  PID=$!
  disown
  wait_growing count
  dump "$PID" img
  local printed
  printed=$(stat -c %s printed)
  client restore img inherit "${DIR#/}/printed"
  status_is 0
  restored
  equals "$(readlink "/proc/$ROOT/fd/1")" "$DIR/out"
  wait_growing count
  equals "$(stat -c %s printed)" "$printed"
  (($(wc -l <out) > 1))
  end_tree "$ROOT"
}

@test "swrk: what can't be had is refused, and says why" {
  dump_counter
  client restore img sibling
  status_is 1
  err_has "rst_sibling can't be had through criu-ns"
  client restore img exec
  status_is 1
  err_has "exec_cmd can't be had through criu-ns swrk"
  mkdir empty
  client restore empty
  status_is 1
  err_has "cannot restore"
  client dump 999999 empty
  status_is 1
  err_has "there is no process 999999"
  client garbage
  status_is 0
  out_has "garbage: type 0 success 0: the client's request can't be read"
}

@test "swrk: a failure of criu is the client's to hear" {
  dump_counter
  printf 'no image' >img/core-"$PID".img
  client restore img
  status_is 1
  err_has "core-$PID.img"
}

@test "swrk: check, version, features, cpuinfo, a page server: criu's own" {
  # Some versions say no to what others do.
  SERVICE=$CRIU run_it "$CLIENT" check
  local alone=$STATUS
  client check
  status_is "$alone"
  client version
  status_is 0
  IFS=. read -r major minor sub <<<"$CRIU_VERSION"
  out_has "version $((major * 10000 + minor * 100 + ${sub:-0}))"
  mkdir img
  client sequence img
  status_is 0
  out_has "version: type 10 success 1"
  out_has "features: type 9 success 1"
  out_has "cpuinfo: type 7 success 1"
  out_has "restore kept open: type 2 success 0: keep_open is not for a restore"
  [[ -s img/cpuinfo.img ]]
  client server img
  status_is 0
  out_has "wait: type 11 success 1"
  out_has "status 9"
}

@test "swrk: a restore after other requests on one connection" {
  dump_counter
  client then-restore img
  status_is 0
  restored
  goes_on_from count "$COUNT"
  end_tree "$ROOT"
}

@test "swrk: a client dumps itself, here and in a restored tree" {
  mkdir img
  client self img
  status_is 0
  [[ -s img/inventory.img ]]
}

@test "swrk: pre-dump where the kernel can't track memory: refused before" {
  not tracks_memory || skip "this kernel tracks memory"
  dump_counter
  client restore img
  restored
  mkdir again
  client iters "$ROOT" again
  status_is 1
  err_has "pre-dump can't be had"
  wait_growing count
  end_tree "$ROOT"
}

@test "swrk: iterative dump of what it has restored" {
  tracks_memory || skip "this kernel can't track memory"
  dump_counter
  client restore img
  restored
  mkdir again
  client iters "$ROOT" again
  status_is 0
  COUNT=$(read_count count)
  client restore again
  status_is 0
  restored
  goes_on_from count "$COUNT"
  end_tree "$ROOT"
}

@test "swrk: 50 restores one after the other by one client, 10 clients at once" {
  dump_counter
  client many 50 img
  status_is 0
  out_has "many 0"
  local pids=() i
  for i in 1 2 3 4 5 6 7 8 9 10; do
    mkdir "work$i"
    cp -r img "img$i"
    CRIU=$CRIU SERVICE=$CRIU_NS "$CLIENT" restore "img$i" >"out$i" 2>"err$i" \
      3>&- &
    pids+=($!)
  done
  for i in "${pids[@]}"; do
    wait "$i"
  done
  for i in 1 2 3 4 5 6 7 8 9 10; do
    cp "out$i" out
    restored
    equals "$(inner_pid_of "$ROOT")" "$PID"
    roots+=("$ROOT")
  done
  equals "$(printf '%s\n' "${roots[@]}" | sort -u | wc -l)" 10
  for i in "${roots[@]}"; do
    end_tree "$i"
  done
}

@test "swrk: no descriptor, no socket, the wrong kind" {
  criu_ns swrk
  status_is 125
  err_has "swrk needs a descriptor"
  criu_ns swrk x
  status_is 125
  err_has "'x' is no descriptor"
  criu_ns swrk 0
  status_is 125
  err_has "descriptor 0 is no socket"
  criu_ns swrk 77
  status_is 125
}
