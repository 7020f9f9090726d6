#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# run -D: checkpoints, and the same line that continues.
# shellcheck disable=SC2034,SC2153,SC2016,SC2031
load run

@test "run -D: TERM checkpoints and ends with 75; the same line continues" {
  start_run
  end_run
  equals "$(<err)" '' stderr
  equals "$(stat -c %a ckpt)" 700
  continues
  equals "$(inner_pid_of "$ROOT")" 301
  end_run
  continues
  quit_run
  not test -e .ckpt.criu-ns-lock
}

@test "run -D: USR1 checkpoints and goes on" {
  start_run
  checkpoint
  wait_growing "$FILE"
  checkpoint
  wait_growing "$FILE"
  quit_run
  continues
  quit_run
}

@test "run -D: continues with its own exit status" {
  start_run -- -e 9
  end_run
  continues
  kill -USR1 "$ROOT"
  wait_launcher
  status_is 9
}

@test "run -D: continues where its PIDs are taken" {
  start_run
  end_run
  take_pid 301
  take_pid 302
  continues
  quit_run
}

@test "run: --checkpoint-on and --end-on" {
  start_run --checkpoint-on HUP,USR2 --end-on USR1 -- -s TERM
  COUNT=$(read_count "$FILE")
  kill -HUP "$LAUNCHER"
  wait_until 20 is_new ckpt ''
  kill -TERM "$LAUNCHER"
  wait_signal "$FILE" TERM
  end_run USR1
  continues --end-on none -- -s TERM
  kill -TERM "$LAUNCHER"
  wait_until 20 got_nth_signal "$FILE" TERM 2
  quit_run
}

@test "run: signals before the command is up leave nothing" {
  start_run
  end_run
  note=$(inode_of ckpt/inventory.img)
  block_at pre-restore
  start_criu_ns run -D ckpt --action-script "$DIR/block" -- true
  wait_until 10 test -e blocked
  kill -TERM "$LAUNCHER"
  wait_launcher
  # The image is there: the batch system shall call again.
  status_is 75
  equals "$(inode_of ckpt/inventory.img)" "$note"
  continues
  quit_run
}

@test "run --every, --max-time: in time, by itself" {
  start_run --every 0.3 --max-time 1.5
  wait_until 10 is_complete
  wait_launcher
  status_is 75
  COUNT=$(read_count "$FILE")
  wait_ended "$ROOT"
  continues
  quit_run
}

@test "run: a checkpoint that fails leaves the program and the image before" {
  local old
  cat >prog.py <<'END'
import os, signal, socket, sys, time
kept = []
def trouble(*_):
    # A stream socket to the outside can't be dumped.
    kept.append(socket.create_connection(("127.0.0.1", int(sys.argv[2]))))
signal.signal(signal.SIGHUP, trouble)
signal.signal(signal.SIGUSR2, lambda *_: sys.exit(0))
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o644)
n = 0
while True:
    n += 1
    os.pwrite(fd, b"%020d\n" % n, 0)
    time.sleep(0.01)
END
  cat >server.py <<'END'
import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
open("port", "w").write(str(s.getsockname()[1]))
c = s.accept()
open("accepted", "w")
while True:
    time.sleep(1)
END
  start_alone python3 server.py
  server=$PID
  wait_until 10 test -s port
  FILE=$DIR/count
  start_criu_ns run -D ckpt -- python3 prog.py "$FILE" "$(<port)"
  wait_until 20 init_is_there "$LAUNCHER"
  wait_growing "$FILE"
  checkpoint
  old=$(inode_of ckpt/inventory.img)
  kill -HUP "$ROOT"
  wait_until 10 test -e accepted
  kill -TERM "$LAUNCHER"
  wait_until 20 grep -q 'the checkpoint failed' err
  wait_growing "$FILE"
  equals "$(inode_of ckpt/inventory.img)" "$old"
  kill -USR2 "$ROOT"
  wait_launcher
  status_is 125
  err_has '1 checkpoint or hook failed'
  kill -KILL "$server"
  wait_ended "$server"
  : >err
  start_criu_ns run -D ckpt -- false
  wait_until 20 init_is_there "$LAUNCHER"
  goes_on_from "$FILE" "$COUNT"
  quit_run
}

@test "run: a full disk leaves the image before" {
  local old
  mkdir disk
  mount -t tmpfs -o size=3M tmpfs disk
  FILE=$DIR/count
  start_criu_ns run -D disk/ckpt --stderr e -- \
    "$HELPERS_DIR/counter" -m 1 "$FILE"
  wait_until 20 init_is_there "$LAUNCHER"
  wait_growing "$FILE"
  checkpoint disk/ckpt
  old=$(inode_of disk/ckpt/inventory.img)
  head -c 3M /dev/zero >disk/full 2>/dev/null || :
  kill -TERM "$LAUNCHER"
  wait_until 20 grep -q 'the checkpoint failed' err
  wait_growing "$FILE"
  equals "$(inode_of disk/ckpt/inventory.img)" "$old"
  rm disk/full
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 75
  COUNT=$(read_count "$FILE")
  start_criu_ns run -D disk/ckpt -- false
  wait_until 20 init_is_there "$LAUNCHER"
  goes_on_from "$FILE" "$COUNT"
  quit_run
  umount disk
}

@test "run -D 'ckpt/%n' --keep: the newest complete one is continued" {
  FILE=$DIR/count
  start_criu_ns run -D 'ckpt/%n' --keep 2 -- "$HELPERS_DIR/counter" "$FILE"
  wait_until 20 init_is_there "$LAUNCHER"
  wait_growing "$FILE"
  checkpoint ckpt/1
  checkpoint ckpt/2
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 75
  COUNT=$(read_count "$FILE")
  equals "$(ls ckpt)" $'2\n3'
  mkdir ckpt/4
  echo torn >ckpt/4/pstree.img
  start_criu_ns run -D 'ckpt/%n' --keep 2 -- false
  wait_until 20 init_is_there "$LAUNCHER"
  goes_on_from "$FILE" "$COUNT"
  checkpoint ckpt/5
  quit_run
  [[ -e ckpt/3 && -e ckpt/5 && ! -e ckpt/2 ]]
}

@test "run -D 'ckpt/%n': what somebody may be copying is not started over" {
  mkdir -p ckpt/1 ckpt/2
  echo torn >ckpt/1/pstree.img
  criu_ns run -D 'ckpt/%n' -- touch started
  status_is 125
  err_has 'there is no complete image'
  not test -e started
  echo 'a dump was begun' >ckpt/1/criu-ns.incomplete
  criu_ns run -D 'ckpt/%n' -- touch started
  status_is 0
  test -e started
}

@test "run --fresh: starts anew, the image is kept aside" {
  start_run
  end_run
  start_run --fresh
  (($(read_count "$FILE") < COUNT))
  is_complete ckpt.old.1
  err_has "kept as '$DIR/ckpt.old.1'"
  end_run
  start_run --fresh
  is_complete ckpt.old.2
  quit_run
}

@test "run: an image that can't be restored does not start from zero" {
  start_run
  end_run
  : >ckpt/pages-1.img
  criu_ns run -D ckpt -- touch started
  status_is 125
  err_has 'pages-1.img'
  err_has "'ckpt' can't be restored, and nothing was started"
  not test -e started
  criu_ns run -D ckpt --fallback=start -- touch started
  status_is 0
  test -e started
  test -e ckpt.old.1/inventory.img
}

@test "run --fallback=start: also when criu gives up, with the pidfile" {
  start_run
  end_run
  printf '#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" != pre-restore ]\n' >no
  chmod +x no
  criu_ns run -D ckpt --action-script "$DIR/no" --pidfile p -- touch started
  status_is 125
  not test -e started
  is_complete
  criu_ns run -D ckpt --action-script "$DIR/no" --pidfile p \
    --fallback=start -- sh -c 'until [ -s p ]; do sleep 0.02; done; exit 4'
  status_is 4
  is_complete ckpt.old.1
}

@test "run: what stands in the way is explained before anything is started" {
  start_run
  end_run
  cat >>"$FILE" <<<'more'
  criu_ns run -D ckpt -- touch started
  status_is 125
  err_has "$FILE"
  not test -e started
}

@test "run: a dump that was never completed is started from" {
  mkdir ckpt
  echo 'the dump was begun' >ckpt/criu-ns.incomplete
  echo torn >ckpt/pstree.img
  criu_ns run -D ckpt -- echo started
  status_is 0
  out_has started
  err_has "'ckpt' holds no complete image"
  rm ckpt/criu-ns.incomplete
  # Somebody may be copying it here.
  criu_ns run -D ckpt -- echo started
  status_is 125
}

@test "run: two jobs in one directory are refused, by name" {
  start_run
  STATUS=0
  "$CRIU_NS" run -D ckpt -- true 2>other || STATUS=$?
  status_is 125
  grep -q "'ckpt' is in use: process $ROOT ($HELPERS_DIR/counter" other
  ln -s ckpt link
  STATUS=0
  "$CRIU_NS" run -D ./link/ -- true 2>other || STATUS=$?
  status_is 125
  # The launcher is gone, and the job is not.
  kill -KILL "$LAUNCHER"
  wait_status "$LAUNCHER" || :
  STATUS=0
  "$CRIU_NS" run -D ckpt -- true 2>other || STATUS=$?
  status_is 125
  grep -q "process $ROOT" other
  end_tree "$ROOT"
  wait_ended "$INIT"
  criu_ns run -D ckpt -- echo now
  status_is 0
}

@test "run -d: the directory is the job's while it runs" {
  FILE=$DIR/count
  criu_ns run -d -D ckpt --pidfile p -- "$HELPERS_DIR/counter" "$FILE"
  status_is 0
  ROOT=$(<p)
  wait_growing "$FILE"
  criu_ns run -D ckpt -- true
  status_is 125
  ns=$(parent_of "$ROOT")
  criu_ns dump -t "$ROOT" -D ckpt
  status_is 0
  COUNT=$(read_count "$FILE")
  wait_ended "$ns"
  criu_ns run -d -D ckpt --pidfile p -- false
  status_is 0
  ROOT=$(<p)
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "run: hooks get PID, directory and generation" {
  start_run --on-checkpoint 'echo "c $CRIU_NS_PID $CRIU_NS_DIR $CRIU_NS_GENERATION" >>hooks' \
    --on-restore 'echo "r $CRIU_NS_PID $CRIU_NS_DIR $CRIU_NS_GENERATION" >>hooks'
  first=$ROOT
  checkpoint
  wait_until 10 test -s hooks
  end_run
  continues --on-restore 'echo "r $CRIU_NS_PID $CRIU_NS_DIR $CRIU_NS_GENERATION" >>hooks'
  wait_until 10 grep -q ^r hooks
  equals "$(<hooks)" "c $first $DIR/ckpt 0
c $first $DIR/ckpt 0
r $ROOT $DIR/ckpt 1"
  quit_run
}

@test "run: a failing hook is reported, and counts if it must succeed" {
  start_run --on-checkpoint 'echo from the hook; exit 3'
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 75
  err_has "--on-checkpoint 'echo from the hook; exit 3' failed with status 3"
  err_has 'from the hook'
  equals "$(<out)" '' stdout
  wait_ended "$INIT"
  rm -rf ckpt
  start_run --on-checkpoint 'exit 3' --hook-must-succeed
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 125
  is_complete
}

@test "run: a hook that hangs does not hold up the last checkpoint" {
  local hook='[ ! -e first ] || exit 0; : >first; trap "" TERM
    while :; do sleep 0.1; done'
  start_run --stderr e --on-checkpoint "$hook"
  kill -USR1 "$LAUNCHER"
  wait_until 20 test -e first
  end_run
  err_has 'was killed by SIGKILL'
  continues
  quit_run
}

@test "run: stderr that nobody reads any more does not change the status" {
  FILE=$DIR/count
  : >err
  mkfifo unread
  exec 7<>unread
  "$HELPERS_DIR/alone" -k "$CRIU_NS" run -D ckpt --stdout o --stderr e -- \
    "$HELPERS_DIR/counter" "$FILE" </dev/null >out 2>unread 7<&- &
  LAUNCHER=$!
  wait_until 20 init_is_there "$LAUNCHER"
  wait_growing "$FILE"
  exec 7<&-
  checkpoint
  end_run
}

@test "run: TERM at the moment when the tree is restored is a checkpoint" {
  start_run
  end_run
  block_at pre-resume
  start_criu_ns run -D ckpt --action-script "$DIR/block" -- false
  wait_until 10 test -e blocked
  kill -STOP "$LAUNCHER"
  unblock
  wait_growing "$FILE"
  wait_until 10 init_is_there "$LAUNCHER"
  kill -TERM "$LAUNCHER"
  kill -CONT "$LAUNCHER"
  wait_launcher
  status_is 75
  COUNT=$(read_count "$FILE")
  continues
  quit_run
}

@test "run: nothing of ours into the file that the program writes to" {
  : >err
  # shellcheck disable=SC2094 # that is what it is about
  "$HELPERS_DIR/alone" -k "$CRIU_NS" run -D ckpt --stdout log --stderr log -- \
    "$HELPERS_DIR/counter" "$DIR/count" </dev/null >out 2>>log &
  LAUNCHER=$!
  FILE=$DIR/count
  wait_until 20 init_is_there "$LAUNCHER"
  wait_growing "$FILE"
  end_run
  equals "$(<log)" ''
  continues
  quit_run
}

@test "run --fresh: through a symbolic link, and not from inside" {
  mkdir real
  ln -s real ckpt
  start_run
  end_run
  STATUS=0
  (cd real && exec "$CRIU_NS" run -D . --fresh -- true) 2>err || STATUS=$?
  status_is 125
  err_has 'the working directory is in there'
  criu_ns run -D ckpt --fresh -- true
  status_is 0
  [[ -L ckpt && -d real ]]
  is_complete real.old.1
}

@test "run: a signal to the whole job, the program too" {
  start_run
  checkpoint
  wait_growing "$FILE"
  # What Slurm does to all processes of a job.
  kill -STOP "$LAUNCHER"
  kill -TERM "$LAUNCHER" "$ROOT"
  wait_ended "$ROOT"
  kill -CONT "$LAUNCHER"
  wait_launcher
  status_is 75
  err_has 'was sent to the program as well'
  continues
  quit_run
}

@test "run: a checkpoint goes on when its processes are signalled, too" {
  mkfifo fifo
  cat >slow-criu <<END
#!/bin/sh
case "\$*" in
dump*) echo \$\$ >'$DIR/pid' && mv '$DIR/pid' '$DIR/blocked' && read -r x <'$DIR/fifo' ;;
esac
exec '$CRIU' "\$@"
END
  chmod +x slow-criu
  start_run --criu-binary "$DIR/slow-criu"
  kill -USR1 "$LAUNCHER"
  wait_until 10 test -e blocked
  # criu, and the criu-ns that has started it
  dumper=$(pgrep -f "slow-criu dump")
  kill -TERM "$dumper" "$(parent_of "$dumper")"
  echo go >fifo
  wait_until 20 is_new ckpt ''
  wait_growing "$FILE"
  quit_run
}

@test "run: the file, pipe or socket of the first start, and of the next" {
  cat >talk.sh <<'END'
n=0
while [ ! -e stop ]; do n=$((n + 1)); echo $n >count.new; mv count.new count; sleep 0.02; done
read -r line
echo "read $line"
echo end >&2
END
  FILE=$DIR/count
  # Pipes first.
  { sh -c 'until [ -e stop ]; do sleep 0.05; done' |
    "$CRIU_NS" run -D ckpt -- sh talk.sh 2>/dev/null | cat >o; } &
  wait_until 20 test -s count
  LAUNCHER=$(pgrep -f "^$CRIU_NS run -D ckpt -- sh talk.sh")
  wait_until 10 init_is_there "$LAUNCHER"
  kill -TERM "$LAUNCHER"
  wait_ended "$ROOT"
  wait_until 10 is_complete
  touch stop
  # Files then: carried by the launcher.
  wait_until 10 gone "$LAUNCHER"
  echo one >in
  "$CRIU_NS" run -D ckpt -- false <in >o
  equals "$(<o)" 'read one'
  # And other pipes.
  equals "$(echo two | "$CRIU_NS" run -D ckpt -- false | cat)" 'read two'
  cat >both-ways.py <<'END'
import socket, subprocess, sys
ours, theirs = socket.socketpair()
p = subprocess.Popen(sys.argv[1:], stdin=theirs, stdout=theirs)
theirs.close()
ours.sendall(b"three\n")
print(ours.recv(100).decode().strip(), p.wait())
END
  equals "$(python3 both-ways.py "$CRIU_NS" run -D ckpt -- false)" \
    'read three 0'
}

@test "run --rewind-files: each line of the output is there once" {
  local job=(sh -c 'n=0; while [ $n -lt 400 ]; do n=$((n + 1)); echo $n
    echo $n >"$1"; sleep 0.01; done; exit 8' sh "$DIR/count")
  FILE=$DIR/count
  "$HELPERS_DIR/alone" -k "$CRIU_NS" run -D ckpt -- "${job[@]}" \
    </dev/null >o 2>&1 &
  LAUNCHER=$!
  wait_until 20 init_is_there "$LAUNCHER"
  wait_growing "$FILE"
  checkpoint
  wait_growing "$FILE"
  kill -KILL "$LAUNCHER" "$INIT"
  wait_status "$LAUNCHER" || :
  wait_ended "$INIT" "$ROOT"
  STATUS=0
  "$CRIU_NS" run -D ckpt -- "${job[@]}" 2>e >>other </dev/null || STATUS=$?
  status_is 125
  grep -q -- --rewind-files e
  STATUS=0
  "$CRIU_NS" run -D ckpt --rewind-files -- "${job[@]}" >>o 2>&1 </dev/null ||
    STATUS=$?
  status_is 8
  equals "$(<o)" "$(seq 400)"
  [[ $(<o.criu-ns-tail.1) == *[0-9]* ]]
}

@test "run: on a terminal, checkpointed, continued on another" {
  cat >talk.sh <<'END'
echo up
: >up
read -r line
echo "read $line"
tty
exit 6
END
  "$HELPERS_DIR/alone" -k "$HELPERS_DIR/tty" "$CRIU_NS" run -D ckpt -- \
    bash talk.sh </dev/null >o 2>&1 &
  TERMINAL=$!
  wait_until 10 test -e up
  LAUNCHER=$(children_of "$(children_of "$TERMINAL")")
  kill -TERM "$LAUNCHER"
  wait_status "$TERMINAL"
  status_is 75
  echo line >typing
  STDIN=typing run_it "$HELPERS_DIR/tty" "$CRIU_NS" run -D ckpt -- false
  status_is 6
  out_has 'read line'
}
