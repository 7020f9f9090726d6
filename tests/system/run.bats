#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# run: a command is started so that it can be dumped.
# shellcheck disable=SC2034,SC2153,SC2016
load run

@test "run: the exit status is the command's own" {
  criu_ns run -- sh -c 'exit 7'
  status_is 7
  criu_ns run sh -c 'exit 0'
  status_is 0
  criu_ns run -- sh -c 'kill -TERM $$'
  status_is 143
  equals "$(<err)" '' stderr
}

@test "run: 127 and 126, as a shell has them" {
  criu_ns run -- "$DIR/nothing"
  status_is 127
  one_line "cannot run '$DIR/nothing': No such file or directory"
  echo >file
  criu_ns run -- "$DIR/file"
  status_is 126
  one_line "cannot run '$DIR/file': Permission denied"
  not test -e .ckpt.criu-ns-lock
}

@test "run: options end with the command, as for env" {
  criu_ns run echo -D x --fresh
  status_is 0
  equals "$(<out)" '-D x --fresh'
}

@test "run: a script without #! is run by sh" {
  echo 'echo here' >script
  chmod +x script
  criu_ns run -- ./script
  status_is 0
  equals "$(<out)" here
}

@test "run: PIDs above 300, a session of its own, a fresh /proc" {
  criu_ns run -- sh -c 'echo $$; ps -o sid= -p $$; cat /proc/1/comm
    ls -d /proc/[0-9]* | wc -l'
  status_is 0
  mapfile -t line <out
  ((line[0] > 300))
  equals "$((line[1]))" "${line[0]}" session
  equals "${line[2]}" 'criu-ns: init'
  ((line[3] <= 5))
}

@test "run: environment, limits, umask, directory and signals are kept" {
  mkdir sub
  cat >ask <<'END'
echo $HELLO; ulimit -n; umask; pwd; grep SigIgn /proc/self/status
END
  (cd sub && ulimit -n 77 && umask 027 && trap '' USR2 &&
    HELLO=world sh ../ask >../expected)
  (cd sub && ulimit -n 77 && umask 027 && trap '' USR2 &&
    HELLO=world "$CRIU_NS" run -- sh ../ask >../is)
  equals "$(<is)" "$(<expected)"
}

@test "run: no descriptor but stdio, unless --keep-fd" {
  echo secret >file
  exec 7<file 8<file
  "$CRIU_NS" run -- ls -l /proc/self/fd >none 3<file
  "$CRIU_NS" run --keep-fd 7 -- sh -c 'ls -l /proc/self/fd; cat <&7' >kept
  exec 7<&- 8<&-
  not grep -q "$DIR/file" none
  equals "$(grep -c "$DIR/file" kept)" 1
  grep -q secret kept
}

@test "run: a file is opened inside, at its offset" {
  echo before >f
  { echo one && "$CRIU_NS" run -- sh -c 'echo two; echo three >&2' &&
    echo four; } >f 2>&1
  equals "$(<f)" $'one\ntwo\nthree\nfour'
  printf '1\n2\n3\n' >in
  { read -r x && "$CRIU_NS" run -- head -n 1; } <in >f
  equals "$(<f)" 2
}

@test "run: appending stays appending" {
  echo before >f
  "$CRIU_NS" run -- sh -c 'echo one; echo x >>f; echo two' >>f
  equals "$(<f)" $'before\none\nx\ntwo'
}

@test "run: stdin, stdout and stderr of one description share it" {
  "$CRIU_NS" run -- sh -c 'echo a; echo b >&2; echo c' >f 2>&1
  equals "$(<f)" $'a\nb\nc'
}

@test "run: pipes go through, and their end is seen" {
  equals "$(seq 10000 | "$CRIU_NS" run -- sort -n | tail -n 1)" 10000
  # Nobody reads any more: the program gets SIGPIPE.
  "$CRIU_NS" run -- yes 2>err | head -n 1 >out
  equals "$(<out)" y
}

@test "run: sockets are relayed, both ways" {
  cat >both-ways.py <<'END'
import socket, subprocess, sys
ours, theirs = socket.socketpair()
p = subprocess.Popen(sys.argv[1:], stdin=theirs, stdout=theirs, stderr=theirs)
theirs.close()
ours.sendall(b"x" * 300000 + b"\n")
ours.shutdown(socket.SHUT_WR)
got = b""
while True:
    part = ours.recv(65536)
    if not part:
        break
    got += part
print(len(got), p.wait())
END
  run_it python3 both-ways.py "$CRIU_NS" run -- sh -c 'cat; echo end >&2; exit 3'
  status_is 0
  equals "$(<out)" '300005 3'
}

@test "run: a named pipe is relayed" {
  mkfifo fifo
  seq 1000 >fifo &
  "$CRIU_NS" run -- tail -n 1 <fifo >f
  equals "$(<f)" 1000
}

@test "run: closed descriptors stay closed" {
  "$CRIU_NS" run -- sh -c 'for i in 0 1 2; do
      if [ -e /proc/$$/fd/$i ]; then open="$open $i"; fi
    done; echo "open:$open" >f' <&- >&- 2>&-
  equals "$(<f)" open:
  equals "$("$CRIU_NS" run -- sh -c '[ -e /proc/self/fd/0 ] || echo closed' <&-)" \
    closed
}

@test "run: a terminal is ours" {
  echo typed >typing
  STDIN=typing run_it "$HELPERS_DIR/tty" "$CRIU_NS" run -- bash -c 'tty; read -r x
    echo "got $x"; ps -o tpgid= -p $$; echo $$; exit 4' 3>&-
  status_is 4
  out_has 'got typed'
  grep -q '^/dev/pts/' out
}

@test "run: Ctrl-C on the terminal reaches the command" {
  printf '\003' >typing
  STDIN=typing run_it "$HELPERS_DIR/tty" -w "$DIR/ready" "$CRIU_NS" run -- \
    sh -c "trap 'echo caught; exit 5' INT; : >'$DIR/ready'
      while :; do sleep 0.05; done"
  status_is 5
  out_has caught
}

@test "run: --stdin, --stdout, --stderr" {
  echo input >in
  echo old >o
  criu_ns run --stdin in --stdout o --stderr e -- sh -c 'cat; echo error >&2'
  status_is 0
  equals "$(<o)" $'old\ninput'
  equals "$(<e)" error
  criu_ns run --stdout both --stderr both -- sh -c 'echo 1; echo 2 >&2; echo 3'
  equals "$(<both)" $'1\n2\n3'
  criu_ns run --stdin nothing -- cat
  status_is 125
  one_line "cannot open 'nothing' (--stdin): No such file"
}

@test "run: a deleted file is refused" {
  exec 7>gone
  rm gone
  STATUS=0
  "$CRIU_NS" run -- true >&7 2>err || STATUS=$?
  exec 7>&-
  status_is 125
  one_line 'no path leads to any more'
}

@test "run: signals reach the command" {
  FILE=$DIR/count
  start_criu_ns run -- "$HELPERS_DIR/counter" -s HUP,USR1,USR2,TERM "$FILE"
  wait_until 20 init_is_there "$LAUNCHER"
  wait_growing "$FILE"
  for signal in HUP USR1 USR2 TERM; do
    kill "-$signal" "$LAUNCHER"
    wait_signal "$FILE" "$signal"
  done
  quit_run
}

@test "run -d: returns, with a pidfile; the command runs on" {
  FILE=$DIR/count
  criu_ns run -d --pidfile p -- "$HELPERS_DIR/counter" "$FILE"
  status_is 0
  ROOT=$(<p)
  wait_growing "$FILE"
  equals "$(inner_pid_of "$ROOT")" 301
  end_tree "$ROOT"
}

@test "run -d: a pipe is refused" {
  STATUS=0
  "$CRIU_NS" run -d -- true 2>err | cat || STATUS=$?
  one_line 'with -d use --stdout FILE'
}

@test "run: children that outlive the command keep their namespace" {
  FILE=$DIR/count
  criu_ns run -- sh -c "'$HELPERS_DIR/counter' '$FILE' & exit 3"
  status_is 3
  wait_growing "$FILE"
  ROOT=$(pgrep -f "^$HELPERS_DIR/counter $FILE\$")
  end_tree "$ROOT"
}

@test "run: what is wrong is said in one line, with status 125" {
  local words
  while read -ra words; do
    criu_ns run "${words[@]}"
    status_is 125
    one_line 'criu-ns: '
  done <<'END'
--
--every x -D ckpt -- true
--every 10m -- true
--max-time 3q -D ckpt -- true
--keep 3 -- true
--checkpoint-on KILL -D ckpt -- true
--checkpoint-on NO -D ckpt -- true
--checkpoint-on TERM -D ckpt -- true
--every 1s -d -D ckpt -- true
--fresh -- true
--fallback=go -D ckpt -- true
--fallback=start -- true
--hook-must-succeed -D ckpt -- true
--on-checkpoint true -- true
--keep-fd 2 -- true
--keep-fd 99 -- true
-t 1 -- true
-D nothing/ckpt -- true
-W x -- true
-R -- true
END
  not test -e ckpt
  not test -e .ckpt.criu-ns-lock
}
