#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# criu-ns obstacles: who has the numbers of an image here, and how they are
# freed, with nobody else touched.
# shellcheck disable=SC2034,SC2153 # RUN and STATUS are the helpers'
load dump

json() { # EXPRESSION: on d, the object that criu-ns has printed
  python3 -c "import json; d = json.load(open('$DIR/out')); print($1)"
}

# Somebody holds NUMBER as a thread, zombie, session or group.  Sets HOLDER, who
# lives, and waits until it is so.
hold() { # KIND NUMBER
  cat >hold.py <<'END'
import os, sys, threading, time
kind, number = sys.argv[1], int(sys.argv[2])
def aim():
    with open("/proc/sys/kernel/ns_last_pid", "w") as f:
        f.write(str(number - 1))
def forked(child):
    for _ in range(200):
        aim()
        pid = os.fork()
        if pid == 0:
            if os.getpid() == number:
                child()
            os._exit(0)
        if pid == number:
            return
        os.waitpid(pid, 0)
def lead(make):
    make()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        with open("holder", "w") as f:
            f.write(str(os.getpid()))
        time.sleep(1000)
        os._exit(0)
    os._exit(0)
def thread():
    while threading.get_native_id() != number:
        return
    open("thread", "w").close()
    time.sleep(1000)
if kind == "thread":
    while not os.path.exists("thread"):
        aim()
        t = threading.Thread(target=thread, daemon=True)
        t.start()
        t.join(0.1)
elif kind == "zombie":
    forked(lambda: os._exit(3))
else:
    forked(lambda: lead(os.setsid if kind == "session" else os.setpgrp))
    os.waitpid(number, 0)
    while not os.path.exists("holder"):
        time.sleep(0.01)
open("ready", "w").close()
time.sleep(1000)
END
  rm -f ready holder thread
  start_alone python3 hold.py "$1" "$2"
  wait_until 20 test -e ready
  HOLDER=$PID
  [[ ! -e holder ]] || HOLDER=$(<holder)
}

dump_free_counter() {
  dump_counter
  wait_gone "$PID"
  NUMBER=$PID
}

@test "obstacles: none" {
  dump_free_counter
  criu_ns obstacles -D img
  status_is 0
  equals "$(<out)" "numbers of 'img' that are taken here: 0 of 1"
  criu_ns obstacles -D img -q
  status_is 0
  [[ ! -s out ]]
  criu_ns obstacles -D img --json
  status_is 0
  equals "$(json 'd["obstacles"], d["numbers"]')" '[] 1'
  criu_ns obstacles -D img --kill --yes
  status_is 0
}

@test "obstacles: a process, and restore needs it not" {
  dump_free_counter
  take_pid "$NUMBER"
  criu_ns obstacles -D img
  status_is 1
  grep -Eq "^ +$NUMBER  process $NUMBER \(sleep\) of user root, for [0-9]+ second" out
  out_has 'criu-ns restore -D img'
  criu_ns obstacles -D img -q
  status_is 1
  equals "$(<out)" "$NUMBER"
  criu_ns obstacles -D img --json
  status_is 1
  equals "$(json 'd["obstacles"][0]["held_as"], d["obstacles"][0]["pid"]')" \
    "process $NUMBER"
  # What it says is true.
  plain_criu restore -D img -d -o restore.log
  not status_is 0
  grep -q "Can't fork for $NUMBER: File exists" img/restore.log
  # shellcheck disable=SC2016 # for eval
  eval "$("$CRIU_NS" obstacles -D img | sed -n 's/^  criu-ns/"$CRIU_NS"/p') -d \
    --pidfile $DIR/pidfile" </dev/null
  goes_on_from "$FILE" "$COUNT"
  kill_take
  end_tree "$(<pidfile)"
}

@test "obstacles: a thread, a zombie, sessions and groups of gone leaders" {
  local kind
  dump_free_counter
  for kind in thread zombie session group; do
    hold $kind "$NUMBER"
    criu_ns obstacles -D img
    status_is 1
    plain_criu restore -D img -d -o restore.log
    not status_is 0
    grep -q "Can't fork for $NUMBER: File exists" img/restore.log
    criu_ns obstacles -D img --json
    equals "$(json 'd["obstacles"][0]["held_as"]')" $kind
    [[ $kind = zombie ]] ||
      equals "$(json 'd["obstacles"][0]["pid"]')" "$HOLDER"
    criu_ns obstacles -D img -q
    if [[ $kind = thread ]]; then
      equals "$(<out)" "$HOLDER"
      criu_ns obstacles -D img
      out_has "a thread of process $HOLDER (python3)"
    else
      [[ ! -s out ]]
    fi
    kill -KILL "$PID" "$HOLDER" 2>/dev/null || :
    wait_gone "$PID" "$HOLDER" "$NUMBER"
  done
}

@test "obstacles --kill: ends exactly these" {
  dump_free_counter
  take_pid "$NUMBER"
  sleep 1000 &
  other=$!
  criu_ns obstacles -D img --kill --yes
  status_is 0
  equals "$(<out)" "numbers of 'img' that are taken here: 0 of 1"
  gone "$NUMBER"
  TAKERS=()
  in_state "$other" S
  kill "$other"
  plain_criu restore -D img -d -o restore.log
  status_is 0
  goes_on_from "$FILE" "$COUNT"
  end_tree "$NUMBER"
}

@test "obstacles --kill: one that does not want to, and another signal" {
  dump_free_counter
  take_pid "$NUMBER"
  kill -KILL "$TAKER"
  wait_gone "$TAKER"
  TAKERS=()
  # Waits for its end with TERM ignored.
  stubborn "$NUMBER"
  criu_ns obstacles -D img --kill --yes --timeout 1
  status_is 1
  out_has "process $NUMBER"
  criu_ns obstacles -D img --kill=SIGKILL --yes --json
  status_is 0
  equals "$(json 'd["signalled"], d["obstacles"]')" "[$NUMBER] []"
  gone "$NUMBER"
}
stubborn() { # NUMBER
  local end=$((SECONDS + 20))
  while ((SECONDS < end)); do
    echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
    start_alone sh -c 'trap "" TERM; exec sleep 1000'
    if ((PID == $1)); then
      wait_until 5 is_sleep "$PID"
      return
    fi
    kill -KILL "$PID"
  done
  return 1
}

@test "obstacles --kill: a thread's process; not members of a session" {
  dump_free_counter
  hold session "$NUMBER"
  criu_ns obstacles -D img --kill --yes
  status_is 1
  out_has "session of 1 process"
  in_state "$HOLDER" S
  kill -KILL "$PID" "$HOLDER"
  wait_gone "$PID" "$HOLDER" "$NUMBER"
  hold thread "$NUMBER"
  criu_ns obstacles -D img --kill=KILL --yes
  status_is 0
  wait_gone "$HOLDER"
}

@test "obstacles --kill: never ancestors, PID 1, kernel threads" {
  dump_free_counter
  # The image of a tree that had the numbers of this shell and of init.
  forge_pstree 1 2 $$ "$BASHPID" "$PPID"
  criu_ns obstacles -D img --kill=KILL --yes
  status_is 1
  err_has 'process 1 ('
  err_has 'is left alone: it is PID 1'
  err_has "process $$ ("
  err_has 'is left alone: criu-ns was started by it'
  [[ ! -e /proc/2 || $(status_of 2 Name) != kthreadd ]] ||
    err_has 'it is a kernel thread'
}
# An image whose pstree.img names these numbers, and that has a pstree only.
forge_pstree() { # NUMBER...
  python3 - "$@" <<'END'
import struct, sys
def varint(n):
    out = b""
    while True:
        out += bytes([n & 127 | (128 if n > 127 else 0)])
        n >>= 7
        if not n:
            return out
out, first = struct.pack("<II", 0x54564319, 0x50273030), 0
for n in dict.fromkeys(int(a) for a in sys.argv[1:]):
    record = b"".join(varint(f << 3) + varint(v) for f, v in
                      ((1, n), (2, first), (3, n), (4, n), (5, n)))
    out += struct.pack("<I", len(record)) + record
    first = first or n
open("img/pstree.img", "wb").write(out)
END
}

@test "obstacles --kill: the init of another pid namespace" {
  dump_free_counter
  unshare -fp --mount-proc "$HELPERS_DIR/alone" sleep 1000 &
  wait_until 5 has_child $!
  init=$(children_of $!)
  forge_pstree "$init"
  criu_ns obstacles -D img --kill --yes
  status_is 1
  err_has 'is left alone: it is the init of a pid namespace'
  in_state "$init" S
  kill -KILL "$init"
  wait $! || :
}
has_child() { [[ -n $(children_of "$1") ]]; }

@test "obstacles --kill: asks on a terminal, needs --yes without" {
  dump_free_counter
  take_pid "$NUMBER"
  criu_ns obstacles -D img --kill
  status_is 125
  one_line '--yes'
  is_sleep "$NUMBER"
  on_terminal n
  status_is 1
  grep -q "send TERM to $NUMBER?" out
  grep -q 'nothing was ended' out
  is_sleep "$NUMBER"
  on_terminal y
  status_is 0
  TAKERS=()
  gone "$NUMBER"
}
on_terminal() { # ANSWER
  STATUS=0
  echo "$1" | timeout 30 script -qec "$CRIU_NS obstacles -D img --kill" \
    /dev/null >out 2>&1 || STATUS=$?
  sed 's/^/  out: /' out
}

@test "obstacles: misuse" {
  dump_free_counter
  criu_ns obstacles -D nowhere
  status_is 125
  one_line "cannot open image directory 'nowhere'"
  criu_ns obstacles -D img more
  status_is 125
  criu_ns obstacles -D img --kill=NOSUCH --yes
  status_is 125
  one_line "'NOSUCH' is no signal"
  criu_ns obstacles -D img -q --json
  status_is 125
  criu_ns obstacles -D img --timeout x
  status_is 125
  rm img/pstree.img
  criu_ns obstacles -D img
  status_is 125
  one_line 'pstree.img is missing'
}
