#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# restore --copies: one image, many trees.
# shellcheck disable=SC2034,SC2153,SC2154 # shared with the helpers
load copies

@test "copies: fifty of them, each with its pidfile, and all of them run" {
  dump_server
  mkdir run
  criu_ns restore -D img -d --copies 50 --pidfile "$DIR/run/%i"
  status_is 0
  err_has 'criu-ns: 50 copies run in '
  equals "$(wc -c <out)" 0 'size of stdout'
  read_pids
  equals "${#PIDS[@]}" 50
  equals "$(printf '%s\n' "${PIDS[@]}" | sort -u | wc -l)" 50 'different PIDs'
  all_running "${PIDS[@]}"
  for PID in "${PIDS[@]}"; do
    pidns_of "$PID"
    equals "$(inner_pid_of "$PID")" "$(inner_pid_of "${PIDS[0]}")"
  done >namespaces
  equals "$(sort -u namespaces | wc -l)" 50 'different namespaces'
  end_all "${PIDS[@]}"
}

@test "copies: --jobs 1 starts one after the other" {
  dump_server
  mkdir run
  criu_ns restore -D img -d --copies 4 --jobs 1 --pidfile "$DIR/run/%i" --json
  status_is 0
  equals "$(grep -o '"copy":[0-9]*' out | xargs)" \
    'copy:1 copy:2 copy:3 copy:4'
  read_pids
  all_running "${PIDS[@]}"
  end_all "${PIDS[@]}"
}

@test "copies: without a pidfile, stdout lists the PIDs" {
  dump_server
  criu_ns restore -D img -d --copies 3
  status_is 0
  equals "$(cut -d ' ' -f 1 out | sort | xargs)" '1 2 3'
  mapfile -t PIDS < <(cut -d ' ' -f 2 out)
  all_running "${PIDS[@]}"
  end_all "${PIDS[@]}"
}

@test "copies: %i in work directory and log file" {
  dump_server
  mkdir work1 work2
  criu_ns restore -D img -d --copies 2 -W "$DIR/work%i" --pidfile pid \
    -o 100%%.log -v2
  status_is 0
  all_running "$(<work1/pid)" "$(<work2/pid)"
  [[ -e work1/100%.log && -e work2/100%.log ]]
  end_all "$(<work1/pid)" "$(<work2/pid)"
}

@test "copies: one that fails does not disturb the others" {
  dump_server
  mkdir work1 work2 work4
  criu_ns restore -D img -d --copies 4 -W "$DIR/work%i" --pidfile pid
  status_is 1
  err_has 'criu-ns: copy 3: cannot '
  err_has 'criu-ns: 1 of 4 copies failed, number 3; the others run'
  PIDS=("$(<work1/pid)" "$(<work2/pid)" "$(<work4/pid)")
  all_running "${PIDS[@]}"
  end_all "${PIDS[@]}"
}

@test "copies: all fail: the first one tells why, the others in a line" {
  cp "$HELPERS_DIR/server" .
  SERVER=$DIR/server dump_server
  mkdir run
  rm server
  criu_ns restore -D img -d --copies 3 --pidfile "$DIR/run/%i"
  status_is 1
  err_has 'criu-ns: 3 of 3 copies failed, number 1, 2, 3'
  not grep -q 'others run' err
  equals "$(grep -c '^criu-ns: copy [123]: restore from' err)" 3
  equals "$(grep -c 'nothing of it is left' err)" 1 'full explanations'
  equals "$(find run -type f | wc -l)" 0 pidfiles
}

@test "copies: --json has a line for each event" {
  dump_server
  mkdir work1 work2 work4
  criu_ns restore -D img -d --copies 4 -W "$DIR/work%i" --pidfile pid --json
  status_is 1
  lines_are out 4
  equals "$(jq -r 'select(.state == "runs") | .copy' out | sort | xargs)" \
    '1 2 4'
  equals "$(jq -r 'select(.state == "failed") |
    "\(.copy) \(.status) \(has("pid"))"' out)" '3 125 false'
  for PID in 1 2 4; do
    equals "$(jq -r "select(.copy == $PID) | .pid" out)" "$(<work$PID/pid)"
    end_tree "$(<work$PID/pid)"
  done
}

@test "copies: on a terminal, progress" {
  dump_server
  mkdir run
  # shellcheck disable=SC2016 # for the inner shell
  script -qec '"$CRIU_NS" restore -D img -d --copies 3 --pidfile "$PWD/run/%i"' \
    /dev/null >screen </dev/null
  grep -q '1 of 3 copies run' screen
  grep -q 'criu-ns: 3 copies run in ' screen
  read_pids
  all_running "${PIDS[@]}"
  end_all "${PIDS[@]}"
}

@test "copies: too little memory for all of them is said" {
  dump_counter -m 16
  start_criu_ns restore -D img -d --copies 100000 --shared-files=allow \
    --pidfile "$DIR/%i"
  wait_until 20 grep -q '^criu-ns: 100000 copies need .* MB of memory are free' err
  kill -INT "$LAUNCHER"
  wait_launcher
  status_is 130
  for PID in $(pgrep -f "^$HELPERS_DIR/counter -m 16 $FILE\$"); do
    end_tree "$PID"
  done
}

@test "copies: --copy-index restores a single one" {
  local n
  dump_counter
  mkdir work3 work12
  for n in 3 12; do
    criu_ns restore -D img -d --copy-index $n -W "$DIR/work%i" --pidfile 'p%i'
    status_is 0
  done
  goes_on_from "$FILE" "$COUNT"
  all_running "$(<work3/p3)" "$(<work12/p12)"
  end_all "$(<work3/p3)" "$(<work12/p12)"
}

# --- Signals -----------------------------------------------------------------

# The third copy and the fourth wait before they run.
@test "copies: INT in the middle: nothing is left of what was not up" {
  dump_server
  mkdir run
  mkfifo fifo
  cat >slow <<END
#!/bin/sh
[ "\$CRTOOLS_SCRIPT_ACTION" = pre-resume ] || exit 0
ln -s x $DIR/first 2>/dev/null || ln -s x $DIR/second 2>/dev/null || {
  : >$DIR/blocked
  read -r x <$DIR/fifo
}
END
  chmod +x slow
  start_criu_ns restore -D img -d --copies 6 --jobs 2 \
    --pidfile "$DIR/run/%i" --action-script "$DIR/slow"
  wait_until 20 has_files run 2
  wait_until 20 test -e blocked
  kill -INT "$LAUNCHER"
  wait_launcher
  status_is 130
  err_has 'interrupted by SIGINT: 2 of 6 copies run'
  read_pids
  equals "${#PIDS[@]}" 2
  all_running "${PIDS[@]}"
  equals "$(pgrep -c -f "^$HELPERS_DIR/server\$")" 2 servers
  end_all "${PIDS[@]}"
}

@test "copies: the launcher killed: what was not up is undone" {
  dump_server
  mkdir run
  block_at pre-resume
  start_blocked -d --copies 3 --jobs 2 --pidfile "$DIR/run/%i"
  kill -KILL "$LAUNCHER"
  wait_status "$LAUNCHER"
  wait_until 20 not pgrep -f "^$HELPERS_DIR/server\$"
  equals "$(find run -type f | wc -l)" 0 pidfiles
}

start_in_foreground() { # N [ARGUMENT...]
  mkdir -p run
  start_criu_ns restore -D img --copies "$1" --pidfile "$DIR/run/%i" "${@:2}"
  wait_until 20 grep -q 'copies run in' err
  read_pids
  equals "${#PIDS[@]}" "$1"
  all_running "${PIDS[@]}"
}

@test "copies: in the foreground, all end well" {
  dump_server
  start_in_foreground 3
  kill -USR1 "${PIDS[@]}"
  wait_launcher
  status_is 0
}

@test "copies: in the foreground, the status of the first that fails" {
  dump_server
  mkdir run
  start_criu_ns restore -D img --copies 4 --pidfile "$DIR/run/%i" --json
  wait_until 20 lines_are out 4
  read_pids
  kill -KILL "${PIDS[3]}"
  wait_until 10 grep -q '"copy":4,"state":"ended"' out
  kill -TERM "${PIDS[1]}"
  kill -KILL "${PIDS[2]}"
  kill -USR1 "${PIDS[0]}"
  wait_launcher
  status_is 143
  equals "$(jq -r 'select(.state == "ended") | "\(.copy) \(.status)"' out |
    sort | xargs)" '1 0 2 143 3 137 4 137'
}

@test "copies: in the foreground, signals go to all" {
  dump_counter -s USR2,INT -e 7
  start_in_foreground 3 --shared-files=allow
  kill -USR2 "$LAUNCHER"
  wait_until 10 got_nth_signal "$FILE" USR2 3
  kill -INT "$LAUNCHER"
  wait_until 10 got_nth_signal "$FILE" INT 3
  not got_nth_signal "$FILE" USR2 4
  all_running "${PIDS[@]}"
  kill -USR1 "$LAUNCHER"
  wait_launcher
  status_is 7
}

@test "copies: in the foreground, Ctrl-Z stops all, and fg continues all" {
  dump_server
  start_in_foreground 2
  kill -TSTP "$LAUNCHER"
  wait_until 10 in_state "$LAUNCHER" T
  wait_until 10 in_state "${PIDS[0]}" T
  wait_until 10 in_state "${PIDS[1]}" T
  kill -CONT "$LAUNCHER"
  all_running "${PIDS[@]}"
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 143
}

# --- What copies share ---------------------------------------------------------

@test "copies: files open for writing are refused, or allowed" {
  dump_counter
  mkdir run
  criu_ns restore -D img -d --copies 2 --pidfile "$DIR/run/%i"
  status_is 125
  one_line "2 copies would write to the same files: $FILE (--shared-files=allow"
  not pgrep -f "^$HELPERS_DIR/counter $FILE\$"
  criu_ns restore -D img -d --copies 2 --pidfile "$DIR/run/%i" \
    --shared-files=allow
  status_is 0
  read_pids
  all_running "${PIDS[@]}"
  goes_on_from "$FILE" "$COUNT"
  end_all "${PIDS[@]}"
}

@test "copies: one copy has its files to itself" {
  dump_counter
  criu_ns restore -D img -d --copies 1 --pidfile "$DIR/pid"
  status_is 0
  goes_on_from "$FILE" "$COUNT"
  end_tree "$(<pid)"
}

@test "copies: a port is for one of them, without a network of its own" {
  local port=$((20000 + BASHPID % 10000))
  has_criu 4.2 || skip "this criu can't dump TCP sockets here"
  dump_server -t $port
  criu_ns restore -D img -d --copies 2
  status_is 125
  one_line "2 copies can't all have: TCP port $port (--unshare net"
}

@test "copies: so is an abstract unix socket; a path is taken over" {
  dump_server -a "criu-ns-test-$BASHPID"
  criu_ns restore -D img -d --copies 2
  status_is 125
  one_line "abstract unix socket: @criu-ns-test-$BASHPID (--unshare net"
  rm -r img
  dump_server -u "$DIR/socket"
  criu_ns restore -D img -d --copies 8 --jobs 4
  status_is 0
  err_has "one at a time, and the last one keeps it: $DIR/socket"
  mapfile -t PIDS < <(cut -d ' ' -f 2 out)
  all_running "${PIDS[@]}"
  end_all "${PIDS[@]}"
}

@test "copies: each gets a deleted file of its own" {
  FILE=$DIR/count
  start_alone "$HELPERS_DIR/trouble" ghost "$FILE"
  wait_growing "$FILE"
  dump "$PID" img --ghost-limit 4M
  mkdir run
  criu_ns restore -D img -d --copies 12 --jobs 4 --shared-files=allow \
    --pidfile "$DIR/run/%i"
  status_is 0
  read_pids
  all_running "${PIDS[@]}"
  for PID in "${PIDS[@]}"; do
    find "/proc/$PID/fd" -lname "$FILE.x (deleted)" -exec stat -Lc %i {} +
  done >inodes
  equals "$(sort -u inodes | wc -l)" 12 'different files'
  end_all "${PIDS[@]}"
}

@test "copies: with SO_REUSEPORT they share a port" {
  local port=$((20000 + BASHPID % 10000))
  has_criu 4.2 || skip "this criu can't dump TCP sockets here"
  dump_server -t $port -r
  mkdir run
  criu_ns restore -D img -d --copies 3 --pidfile "$DIR/run/%i"
  status_is 0
  read_pids
  all_running "${PIDS[@]}"
  equals "$(ask "${PIDS[0]}" $port)" "$(hostname)"
  end_all "${PIDS[@]}"
}

@test "copies: a TCP connection can't exist twice" {
  has_criu 4.2 || skip "this criu can't dump TCP sockets here"
  local options=(--tcp-established --network-lock skip)
  DUMP=("${options[@]}")
  dump_server -c
  criu_ns restore -D img -d --copies 2 "${options[@]}"
  status_is 125
  one_line "can't all have the TCP connection: from port"
  mkdir run
  criu_ns restore -D img -d --copies 2 "${options[@]}" --unshare net \
    --pidfile "$DIR/run/%i"
  status_is 0
  read_pids
  all_running "${PIDS[@]}"
  end_all "${PIDS[@]}"
}

# --- Misuse --------------------------------------------------------------------

refused() { # TEXT ARGUMENT...
  criu_ns restore -D img "${@:2}"
  status_is 125
  one_line "$1"
}

@test "copies: misuse is refused before anything is started" {
  dump_server
  refused "'0' is no number from 1 to" -d --copies 0
  refused "'x' is no number from 1 to" -d --copies x
  refused "'-1' is no number from 1 to" -d --copies -1
  refused "'' is no number from 1 to" -d --copies ''
  refused "'0' is no number from 1 to" -d --copies 2 --jobs 0
  refused '--jobs needs --copies' -d --jobs 2
  refused '--shared-files needs --copies' -d --shared-files=allow
  refused "'yes' is no value of --shared-files" --copies 2 --shared-files=yes
  refused "can't be used together" -d --copies 2 --copy-index 1
  refused 'takes out of the image what one has restored' -d --copies 2 --auto-dedup
  refused "to one --pidfile, 'p'" -d --copies 2 --pidfile p
  refused "to one --pidfile, 'p%%i'" -d --copies 2 --pidfile p%%i
  refused "to one --log-file, 'l'" -d --copies 2 -o l
  refused "to one --log-file, '/l'" -d --copies 2 -o /l -W 'work%i'
  refused '--copies and --shell-job' --copies 2 -j
  refused '--copies and --redump' --copies 2 --redump again
  refused '--copies and --exec-cmd' --copies 2 --exec-cmd -- true
  refused '--copies and --lazy-pages' -d --copies 2 --lazy-pages
  [[ ! -e again ]]
  not pgrep -f "^$HELPERS_DIR/server\$"
}
