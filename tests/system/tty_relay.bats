#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Shell jobs, restore -j: what goes through the relay, how it ends, -d.
load tty

# --- Without a terminal ----------------------------------------------------------

# It prints what it reads, until the end, and then says so.
dump_reader() { # [SCRIPT AT THE START]
  # shellcheck disable=SC2016
  dump_job "${1:-} ready; $WAIT"'
    while IFS= read -r x; do echo "got $x."; done; echo "end $x."; exit 3'
  : >go
}

@test "relay: input from a pipe until its end, which the job sees" {
  dump_reader 'stty -echo;'
  printf 'one\ntwo\nthree' >input
  STDIN=input on_terminal_not
  status_is 3
  out_has 'got one.'
  out_has 'end three.'
}
on_terminal_not() { criu_ns restore -j -D img; }

@test "relay: input through a pipe that stays open comes line by line" {
  dump_reader 'stty -echo;'
  mkfifo in
  exec 8<>in
  STDIN=in start_criu_ns restore -j -D img
  echo one >&8
  wait_until 10 grep -q 'got one' out
  echo two >&8
  wait_until 10 grep -q 'got two' out
  kill "$LAUNCHER"
  exec 8>&-
  wait_launcher
  status_is 143
}

@test "relay: /dev/null for input, no terminal at all: CI" {
  dump_reader
  criu_ns restore -j -D img
  status_is 3
  out_has 'end .'
}

@test "relay: stdin, stdout and stderr closed" {
  dump_reader 'trap "echo \$? >done" EXIT;'
  STATUS=0
  "$HELPERS_DIR/alone" -k "$CRIU_NS" restore -j -D img <&- >&- 2>&- || STATUS=$?
  status_is 3
  equals "$(<"done")" 3
}

@test "relay: stdout a pipe that is closed" {
  dump_job "ready; $WAIT trap 'echo PIPE >signal' PIPE
    for i in {1..200000}; do echo line \$i; done; exit 3"
  : >go
  set +o pipefail
  "$HELPERS_DIR/alone" -k "$CRIU_NS" restore -j -D img </dev/null 2>err | head -n 1 >first
  [[ -s first ]]
}

@test "relay: an image without a terminal can be restored with -j" {
  dump_counter -e 7
  start_criu_ns restore -j -D img
  wait_until 20 job_of_launcher
  goes_on_from "$FILE" "$COUNT"
  kill -USR1 "$ROOT"
  wait_launcher
  status_is 7
}
job_of_launcher() { job_is_below "$LAUNCHER"; }

# --- What is refused --------------------------------------------------------------

@test "relay: a shell job without -j is refused, and -j is named" {
  dump_job "ready; $WAIT exit 3"
  criu_ns restore -D img --no-record
  status_is 125
  one_line '--shell-job'
  # Who gives CRIU a terminal may do so.
  criu_ns restore -D img --no-record --inherit-fd 'fd[0]:tty' -o restore.log
  status_is 1
  not err_has 'cannot restore'
}

@test "relay: --exec-cmd with -j is refused" {
  dump_counter
  criu_ns restore -j -D img --exec-cmd -- true
  status_is 125
  one_line '--exec-cmd and --shell-job'
}

@test "relay: a tree with a terminal of its own needs no -j" {
  start_alone /usr/bin/python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' \
    "$HELPERS_DIR/counter" "$DIR/own"
  FILE=$DIR/own
  wait_growing "$FILE"
  criu_ns dump -t "$PID" -D "$(mkdir img && echo img)" -o dump.log
  status_is 0
  COUNT=$(read_count "$FILE")
  wait_ended "$PID"
  restore_detached -o restore.log
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "relay: the root was the leader of its terminal's session" {
  "$HELPERS_DIR/alone" "$HELPERS_DIR/tty" -l bash --norc -c \
    "cd '$DIR'; echo \$\$ >ready; $WAIT tty; exit 3" &
  wait_until 10 test -s ready
  disown
  dump_j "$(<ready)"
  : >go
  criu_ns restore -j -D img -o restore.log -v4
  ((STATUS == 3)) || grep -E 'Error|Warn' img/restore.log
  status_is 3
}

# --- Every byte -------------------------------------------------------------------

DATA=67108864
make_data() { # BYTES: nothing that a terminal would take for itself
  openssl enc -aes-128-ctr -pass pass:x -nosalt </dev/zero 2>/dev/null |
    head -c "$1" >data
}
pours() {
  make_data "$DATA"
  # The launcher's terminal is raw only when it knows that the job runs.
  dump_job "stty raw -echo; ready; $WAIT sleep 0.3; cat data; exit 3"
  : >go
}
rss_of() { status_of "$1" VmRSS; }
few_kb() { # kB TEXT
  local kb=${2%% *}
  ((kb <= $1)) || fail "$kb kB of memory"
}

@test "relay: 64 MiB to a slow reader on a terminal, byte for byte" {
  pours
  start_on_terminal -d 1 --
  sleep 0.5
  few_kb 4096 "$(rss_of "$LAUNCHER")"
  wait_terminal >/dev/null
  status_is 3
  cmp data <(tail -c "$DATA" out)
}

@test "relay: 64 MiB into a pipe with a slow reader, byte for byte" {
  pours
  "$CRIU_NS" restore -j -D img </dev/null 2>err 3>&- 4>&- |
    (sleep 1 && cat >out)
  cmp data out
}

@test "relay: 64 MiB into a file, byte for byte" {
  pours
  criu_ns restore -j -D img >/dev/null
  status_is 3
  cmp data out
}

@test "relay: a paste of 1 MiB, raw, there and back" {
  make_data 1048576
  dump_job "stty raw -echo; ready; $WAIT sleep 0.3
    : >reads; head -c 1048576 | tee pasted; exit 3"
  : >go
  STDIN=data on_terminal -w reads -- >/dev/null
  status_is 3
  cmp data pasted
  cmp data <(tail -c 1048576 out)
}

@test "relay: a paste of 1 MiB of lines" {
  seq -f '%080.0f' 13000 >data
  # shellcheck disable=SC2016
  dump_job "stty -echo; ready; $WAIT head -n 13000 >pasted; exit 3"
  : >go
  STDIN=data on_terminal -- >/dev/null
  status_is 3
  cmp data pasted
}

@test "relay: a paste of 1 MiB from a pipe" {
  make_data 1048576
  dump_job "stty raw -echo; ready; $WAIT head -c 1048576 >pasted; exit 3"
  : >go
  STDIN=data criu_ns restore -j -D img >/dev/null
  status_is 3
  cmp data pasted
}

# --- The end of the job -------------------------------------------------------------

@test "relay: what the job has started goes on printing: that holds nobody up" {
  dump_job "ready; trap '' HUP; $WAIT yes & sleep 0.2; exit 3"
  : >go
  criu_ns restore -j -D img >/dev/null
  status_is 3
}

@test "relay: modes of the terminal: status 0, 7, killed, criu failing" {
  dump_job "ready; $WAIT trap 'exit 7' USR1; trap 'exit 0' USR2
    while :; do read -rt 0.05 <> <(:); done"
  : >go
  for sig in USR1:7 USR2:0 KILL:137; do
    start_on_terminal --
    wait_running "$ROOT"
    sleep 0.1
    kill "-${sig%:*}" "$ROOT"
    wait_terminal
    status_is "${sig#*:}"
  done
  for sig in TERM:143 HUP:129 INT:130; do
    start_on_terminal --
    wait_running "$ROOT"
    kill "-${sig%:*}" "$LAUNCHER"
    ((${sig#*:} != 130)) || kill -KILL "$ROOT" || :
    wait_terminal
    status_is "${sig#*:}" 137
  done
  start_on_terminal --
  wait_running "$ROOT"
  kill -KILL "$INIT"
  wait_terminal
  status_is 137
  on_terminal -- --action-script false
  status_is 1
}

@test "relay: modes of the terminal: a signal before the job runs" {
  dump_job "ready; $WAIT exit 3"
  block_at post-restore
  for sig in TERM:143 HUP:129 INT:130; do
    "$HELPERS_DIR/alone" -k "$HELPERS_DIR/tty" "$CRIU_NS" restore -j -D img \
      --action-script "$DIR/block" </dev/null >out 2>err &
    TERMINAL=$!
    wait_until 10 test -e blocked
    rm blocked
    kill "-${sig%:*}" "$(children_of "$(children_of "$TERMINAL")")"
    wait_terminal
    status_is "${sig#*:}"
  done
}

@test "relay: dumped in the foreground: says so, status 0; three generations" {
  echo 0 >n
  dump_job "ready; n=0; while :; do read -rt 0.05 <> <(:); echo \$((++n)) >n.new
    mv n.new n; done"
  for i in 1 2 3; do
    n=$(<n)
    start_on_terminal --
    wait_growing n
    (($(<n) > n))
    dump_j "$ROOT" "img$i"
    wait_terminal
    status_is 0
    out_has 'the tree was checkpointed by criu-ns dump'
    rm -rf img && mv "img$i" img
  done
}

@test "relay: three generations, detached" {
  echo 0 >n
  dump_job "ready; n=0; while :; do read -rt 0.05 <> <(:); echo \$((++n)) >n.new
    mv n.new n; done"
  for i in 1 2 3; do
    n=$(<n)
    restore_dj
    wait_growing n
    (($(<n) > n))
    dump_j "$ROOT" "img$i"
    wait_gone "$LEADER" "$INIT"
    rm -rf img && mv "img$i" img
  done
}

@test "relay: the job's own modes come back" {
  dump_job "stty -echo -icanon min 3 intr ^G; stty -g >was; ready; $WAIT
    stty -g >is; exit 3"
  : >go
  on_terminal --
  status_is 3
  equals "$(<is)" "$(<was)"
}

@test "relay: each descriptor of the job's terminal is of the new one" {
  # shellcheck disable=SC2016
  dump_job 'exec 5<"$(tty)";'" ready; $WAIT"'
    tty >is; readlink /proc/$$/fd/{0,2,5} >links
    stat -Lc %t,%T /proc/$$/fd/[0125] >devices; exit 3'
  : >go
  # So that the number of the dump is somebody else's.
  open_screen
  on_terminal -- -o restore.log -v4
  status_is 3
  equals "$(sort -u links)" "$(<is)"
  equals "$(sort -u devices | wc -l)" 1 'number of terminals'
}

@test "relay: two jobs side by side" {
  dump_reader
  mv img img1 && mkdir second && rm go
  dump_reader
  cp -r img1 img2
  start_criu_ns restore -j -D img1
  first=$LAUNCHER
  start_criu_ns restore -j -D img2
  wait_launcher
  status_is 3
  LAUNCHER=$first
  wait_launcher
  status_is 3
}

# --- Detached -----------------------------------------------------------------------

PRINTS="n=0; while ((n < 100000)); do echo line of a hundred bytes \$((++n)) \
................................................................... ; \
done; : >done; sleep 1000"

@test "relay: x=\$(restore -dj) returns, and a job that prints 10 MB is not held up" {
  local x
  dump_job "ready; $WAIT $PRINTS"
  : >go
  # shellcheck disable=SC2034 # what it prints is not looked at
  x=$(timeout --foreground 5 "$HELPERS_DIR/alone" -k "$CRIU_NS" restore -dj \
    -D img --pidfile "$DIR/pid" 2>err </dev/null)
  ROOT=$(<pid)
  wait_until 20 test -e 'done'
  not gone "$ROOT"
  end_tree "$ROOT"
}

@test "relay: restore -dj returns while the job prints all the time" {
  dump_job "ready; exec yes"
  : >go
  for out in out /dev/null; do
    STATUS=0
    timeout --foreground 5 "$HELPERS_DIR/alone" -k "$CRIU_NS" restore -dj \
      -D img --pidfile "$DIR/pid" >"$out" 2>err </dev/null || STATUS=$?
    [[ ! -s pid ]] || end_tree "$(<pid)"
    rm -f pid
    status_is 0
  done
}

@test "relay: restore -dj into a pipe that nobody reads returns" {
  dump_job "ready; exec yes"
  : >go
  mkfifo pipe
  exec 8<>pipe
  timeout 1 cat /dev/zero >&8 || : # full
  STATUS=0
  timeout --foreground 5 "$HELPERS_DIR/alone" -k "$CRIU_NS" restore -dj \
    -D img --pidfile "$DIR/pid" >&8 2>err </dev/null || STATUS=$?
  exec 8>&-
  [[ ! -s pid ]] || end_tree "$(<pid)"
  status_is 0
}

@test "relay: restore -dj: what is printed goes on to a file" {
  dump_job "ready; $WAIT for i in {1..50}; do echo line \$i
    read -rt 0.01 <> <(:); done; : >done; exit 3"
  : >go
  restore_dj
  wait_until 10 test -e 'done'
  wait_gone "$ROOT" "$LEADER" "$INIT"
  equals "$(grep -c '^line' out)" 50
}

@test "relay: restore -dj leaves the shell its terminal, output goes on there" {
  dump_job "ready; $WAIT echo from the job; sleep 1000"
  open_screen
  sees 'outer>'
  # shellcheck disable=SC2016
  typed 'clear; stty -a >modes1; $CRIU_NS restore -dj -D img --pidfile pid; echo "rc=$?"; stty -a >modes2'
  sees 'rc=0'
  : >go
  sees 'from the job'
  typed 'echo fr"ee"'
  sees '^free'
  equals "$(<modes2)" "$(<modes1)"
  ROOT=$(<img/pid)
  close_screen
  sleep 0.2
  not gone "$ROOT"
  end_tree "$ROOT"
}

ptys() { (cd /dev/pts && echo *); }
@test "relay: no pty is left" {
  dump_job "ready; $WAIT sleep 0.2; exit 3"
  : >go
  before=$(ptys)
  criu_ns restore -j -D img
  status_is 3
  restore_dj
  wait_gone "$INIT"
  on_terminal --
  equals "$(ptys)" "$before"
}

@test "relay: launcher killed in the foreground: the job lives and prints" {
  dump_job "ready; $WAIT until [[ -e more ]]; do read -rt 0.02 <> <(:); done; $PRINTS"
  : >go
  mkfifo pipe
  exec 8<>pipe
  "$HELPERS_DIR/alone" -k "$CRIU_NS" restore -j -D img </dev/null >pipe 2>err &
  LAUNCHER=$!
  wait_until 10 job_of_launcher
  wait_running "$ROOT"
  kill -KILL "$LAUNCHER"
  wait_ended "$LAUNCHER"
  : >'more'
  wait_until 20 test -e 'done'
  exec 8>&-
  end_tree "$ROOT"
}

@test "relay: nobody wakes up for nothing" {
  dump_job "ready; $WAIT exec sleep 1000"
  : >go
  start_on_terminal --
  wait_until 5 is_sleeping
  sleep 0.3
  n="$(switches_of "$LAUNCHER") $(switches_of "$LEADER") $(switches_of "$INIT")"
  sleep 1.5
  equals "$(switches_of "$LAUNCHER") $(switches_of "$LEADER") $(switches_of "$INIT")" "$n"
  kill "$ROOT"
  wait_terminal
  status_is 143
}
is_sleeping() { [[ $(title_of "$ROOT") == 'sleep 1000' ]]; }
