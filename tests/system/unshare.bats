#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# restore --unshare: network, IPC and UTS namespaces of the tree's own.
# shellcheck disable=SC2034,SC2153,SC2154 # shared with the helpers
load copies

@test "unshare: net, ipc and uts are new, init has them, too" {
  local kind
  dump_counter
  restore_detached --unshare net,ipc,uts --hostname inside
  for kind in net ipc uts; do
    not equals "$(ns_of "$ROOT" $kind)" "$(ns_of self $kind)"
    equals "$(ns_of "$ROOT" $kind)" "$(ns_of "$INIT" $kind)"
  done
  equals "$(nsenter -t "$ROOT" -u hostname)" inside
  not equals "$(hostname)" inside
  nsenter -t "$ROOT" -n ip -o address show dev lo | grep -qw 127.0.0.1/8
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "unshare: one kind leaves the others" {
  dump_counter
  restore_detached --unshare uts
  equals "$(ns_of "$ROOT" net)" "$(ns_of self net)"
  equals "$(ns_of "$ROOT" ipc)" "$(ns_of self ipc)"
  not equals "$(ns_of "$ROOT" uts)" "$(ns_of self uts)"
  equals "$(nsenter -t "$ROOT" -u hostname)" "$(hostname)"
  end_tree "$ROOT"
}

@test "unshare: dumped and restored, generation after generation" {
  local generation kind
  dump_counter
  mv img img1
  for generation in 1 2 3; do
    comes_back "img$generation" --unshare net,ipc --unshare uts \
      --hostname "host$generation"
    equals "$(nsenter -t "$ROOT" -u hostname)" "host$generation"
    ns_dump "$ROOT" "img$((generation + 1))"
    equals "$(find "img$((generation + 1))" -name 'netdev-*' -o -name 'utsns-*')" ''
  done
  comes_back img4
  for kind in net ipc uts; do
    equals "$(ns_of "$ROOT" $kind)" "$(ns_of self $kind)"
  done
  end_tree "$ROOT"
}

@test "unshare: a tree that lives on (-R), and in the foreground" {
  dump_counter
  mkdir again
  restore_in_foreground --unshare net,uts
  criu_ns dump -R -t "$ROOT" -D again
  status_is 0
  wait_growing "$FILE"
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 143
  COUNT=0
  comes_back again
  end_tree "$ROOT"
}

@test "unshare: five servers on one port, each under its name" {
  local i port=$((20000 + BASHPID % 10000))
  has_criu 4.2 || skip "this criu can't dump TCP sockets here"
  dump_server -t $port -d $port -a criu-ns-test
  mkdir run
  criu_ns restore -D img -d --copies 5 --unshare net,uts --hostname 'host%i' \
    --pidfile "$DIR/run/%i"
  status_is 0
  read_pids 1 2 3 4 5
  all_running "${PIDS[@]}"
  for i in 1 2 3 4 5; do
    equals "$(ask "${PIDS[i - 1]}" $port)" "host$i"
  done
  # One of them is dumped and comes back.
  mkdir again
  ns_dump "${PIDS[2]}" again
  criu_ns restore -D again -d --unshare net,uts --hostname new --pidfile "$DIR/p"
  status_is 0
  PIDS[2]=$(<p)
  equals "$(ask "${PIDS[2]}" $port)" new
  end_all "${PIDS[@]}"
}

@test "unshare: a program in a container of another kind is dumped as ever" {
  start_alone unshare -pmnf --mount-proc "$HELPERS_DIR/nsrun" \
    "$HELPERS_DIR/counter" "$DIR/count"
  RUNNER=$PID FILE=$DIR/count
  wait_growing "$FILE"
  find_target "$HELPERS_DIR/counter"
  mkdir img
  criu_ns dump -t "$PID" -D img --network-lock skip
  status_is 0
  find img -name 'netdev-*' | grep -q .
  end_tree "$RUNNER" || :
}

@test "unshare: run starts a command in new namespaces, and continues it there" {
  start_criu_ns run -D ckpt --unshare net,uts --hostname first \
    -- "$HELPERS_DIR/server"
  wait_running_below "$LAUNCHER"
  not equals "$(ns_of "$ROOT" net)" "$(ns_of self net)"
  equals "$(nsenter -t "$ROOT" -u hostname)" first
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 75
  equals "$(find ckpt -name 'netdev-*' -o -name 'utsns-*')" ''
  start_criu_ns run -D ckpt --unshare net,uts --hostname second \
    -- "$HELPERS_DIR/server"
  wait_running_below "$LAUNCHER"
  equals "$(nsenter -t "$ROOT" -u hostname)" second
  kill -USR1 "$ROOT"
  wait_launcher
  status_is 0
}

@test "unshare: --join-ns beside it" {
  dump_counter
  start_alone unshare -u sh -c 'hostname joined && exec sleep 1000'
  wait_until 5 is_sleep "$PID"
  restore_detached --unshare net --join-ns "uts:$PID"
  equals "$(nsenter -t "$ROOT" -u hostname)" joined
  not equals "$(ns_of "$ROOT" net)" "$(ns_of self net)"
  end_tree "$ROOT"
  kill -KILL "$PID"
  wait_ended "$PID"
}

@test "unshare: misuse" {
  dump_counter
  criu_ns restore -D img --unshare net,pid
  status_is 125
  one_line "'pid' is no namespace of --unshare (it takes net, ipc and uts"
  criu_ns restore -D img --unshare ''
  status_is 125
  one_line "'' is no namespace of --unshare"
  criu_ns run -D ckpt --hostname x -- true
  status_is 125
  one_line '--hostname needs --unshare uts'
  [[ ! -e ckpt ]]
  criu_ns restore -D img --unshare net --hostname x
  status_is 125
  one_line '--hostname needs --unshare uts'
  criu_ns restore -D img --unshare uts --hostname ''
  status_is 125
  one_line "'' is no host name"
  criu_ns restore -D img --unshare uts,net --join-ns "net:$$"
  status_is 125
  one_line "--unshare net and --join-ns net can't be used together"
}

@test "unshare: no more network namespaces: it is said" {
  dump_counter
  # shellcheck disable=SC2016 # for the inner shell
  run_it unshare -U -r sh -c 'echo 0 >/proc/sys/user/max_net_namespaces &&
    exec "$@"' sh "$CRIU_NS" restore -D img --unshare net
  status_is 125
  one_line 'and those of --unshare: No space left on device'
}
