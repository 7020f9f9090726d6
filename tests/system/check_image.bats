#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# criu-ns check -D: what will stand in the way of a restore here.  What it says
# is held against what criu does, and its cures are pasted into a shell.
# shellcheck disable=SC2034,SC2153 # RUN and STATUS are the helpers'
load dump
load tty

json() { # EXPRESSION: on d, the object that criu-ns has printed
  python3 -c "import json; d = json.load(open('$DIR/out')); print($1)"
}

# The ids of what is found are these, in this order.
finds() { # IDS [OPTION...]
  criu_ns check -D img --json "${@:2}"
  if [[ -n $1 ]]; then status_is 1; else status_is 0; fi
  equals "$(json '*(f["id"] for f in d["findings"])')" "$1"
}

# The commands that are printed, one a line, each once.
cures() { # [OPTION...]
  criu_ns check -D img "$@" >/dev/null
  sed -n "s/^    //p" out | sed "s:$CRIU_NS :criu-ns :" | sort -u
}

# What somebody would do: paste them into a shell.  A restore gets options to
# end, and be found, behind those that it has.  Sets ROOT if there was one.
paste_cures() { # [OPTION...] for check
  mkdir -p bin
  cat >bin/criu-ns <<END
#!/bin/sh
[ "\$1" = restore ] || exit 99
exec '$CRIU_NS' "\$@" -d --pidfile '$DIR/pidfile' -o restore.log
END
  chmod +x bin/criu-ns
  # shellcheck disable=SC2094 # other files
  cures "$@" >cures
  cat cures
  [[ -s cures ]]
  rm -f pidfile
  PATH=$DIR/bin:$PATH timeout 60 "$HELPERS_DIR/alone" -k bash -e ./cures \
    </dev/null >shell 2>&1 || {
    cat shell
    grep Error img/restore.log
    return 1
  }
  [[ ! -e pidfile ]] || ROOT=$(<pidfile)
}

# criu trips over it, and says TEXT.
criu_says() { # TEXT [OPTION...]
  criu_ns restore -D img -d -o restore.log -v4 "${@:2}"
  not status_is 0
  grep -qE -- "$1" img/restore.log || {
    grep Error img/restore.log
    fail "criu does not say '$1'"
  }
}
comes_back_now() { # [OPTION...]
  criu_ns restore -D img -d --pidfile "$DIR/pidfile" -o restore.log "$@"
  ((STATUS == 0)) || {
    grep Error img/restore.log
    return 1
  }
  ROOT=$(<pidfile)
  wait_running "$ROOT"
}

@test "check -D: nothing stands in the way" {
  dump_counter
  finds ''
  criu_ns check -D img
  status_is 0
  out_has "nothing stands in the way of a restore of 'img' here"
  comes_back_now
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "check -D: a PID that is taken is none: criu-ns needs it not" {
  dump_counter
  wait_gone "$PID"
  take_pid "$PID"
  finds ''
  comes_back_now
  kill_take
  end_tree "$ROOT"
}

@test "check -D: every file that has changed, its old and its new size" {
  start_tree run -c 3
  dump "$PID" img
  echo more >>run/0
  truncate -s 5 run/1
  finds 'file-size file-size'
  equals "$(json '[(v["path"][-5:], v["old_size"], v["size"]) for v in
    (f["values"] for f in d["findings"])]')" \
    "[('run/0', '11', '16'), ('run/1', '11', '5')]"
  criu_says 'has bad size'
  # With that option only the other one is left, and its cure.
  paste_cures --rewind-files
  finds 'file-size'
  paste_cures
  wait_running "$ROOT"
  equals "$(<run/0.criu-ns-tail.1)" more
  end_tree "$ROOT"
}

@test "check -D: files and directories that are missing" {
  start_tree 'my run' -c 3
  dump "$PID" img
  rm -r 'my run'
  finds 'file-missing file-missing file-missing file-missing file-missing'
  criu_says "Can't open file .*my run"
  paste_cures
  equals "$(stat -c %s 'my run/root' 'my run/2' | xargs)" '11 11'
  finds ''
  comes_back_now
  end_tree "$ROOT"
}

@test "check -D: an executable and a library that were replaced" {
  mkdir bin
  cp "$HELPERS_DIR/counter" bin/
  FILE=$DIR/count
  start_alone bin/counter "$FILE"
  wait_growing "$FILE"
  dump "$PID" img
  cp bin/counter kept
  echo x >>bin/counter
  finds 'file-size'
  # Never a command that would damage a program.
  equals "$(json '"argv" in d["findings"][0]')" False
  criu_says 'has bad size'
  rm bin/counter
  finds 'file-missing'
  equals "$(json '"argv" in d["findings"][0]')" False
  criu_says "Can't open file"
  cp kept bin/counter
  finds ''
  comes_back_now
  end_tree "$ROOT"
}

@test "check -D: a changed mode, a file of another type" {
  dump_counter
  chmod 600 count
  if has_criu 3.18; then
    finds file-mode
    criu_says 'has bad mode'
    finds '' --skip-file-rwx-check
    paste_cures
    goes_on_from "$FILE" "$COUNT"
    end_tree "$ROOT"
  fi
  rm count
  mkdir count
  finds file-type
  criu_says 'Error'
}

@test "check -D: a file system that is mounted read-only" {
  mkdir own
  mount -t tmpfs none own
  start_counter own/count
  dump "$PID" img
  mount -o remount,ro own
  finds file-read-only
  criu_says 'Read-only file system'
  mount -o remount,rw own
  finds ''
  umount own
}

@test "check -D: TCP connections, a port that is taken" {
  local other
  needs_inet
  start_sockets
  dump "$PID" img --tcp-established --network-lock skip
  finds tcp-connection
  criu_says 'Connected TCP socket in image'
  finds '' --tcp-established
  finds '' --tcp-close
  paste_cures
  wait_running "$ROOT"
  end_tree "$ROOT"

  python3 -c "if True:
    import socket, time
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('0.0.0.0', $PORT))
    s.listen(1)
    open('listens', 'w').close()
    time.sleep(1000)" &
  other=$!
  wait_until 10 test -e listens
  finds port-taken --tcp-established
  equals "$(json 'd["findings"][0]["values"]["pid"]')" $other
  criu_says "Can't bind inet socket .*Address already in use" --tcp-established
  paste_cures --tcp-established
  wait $other || :
  finds '' --tcp-established
  comes_back_now --tcp-established
  finds 'tcp-connection-taken tcp-connection-taken unix-name-taken unix-path-in-use' \
    --tcp-established
  end_tree "$ROOT"
}

@test "check -D: an address that this host has not" {
  needs_inet
  ip addr add 192.0.2.77/32 dev lo
  start_listener 'socket.AF_INET' "('192.0.2.77', 0)"
  ip addr del 192.0.2.77/32 dev lo
  dump "$PID" img
  finds address-missing
  criu_says "Can't bind inet socket .*Cannot assign requested address"
  paste_cures
  finds ''
  comes_back_now
  end_tree "$ROOT"
  ip addr del 192.0.2.77/32 dev lo
}
# Start a program that listens.  Sets PID.
start_listener() { # FAMILY ADDRESS
  cat >listener.py <<END
import socket, time
s = socket.socket($1)
s.bind($2)
s.listen(1)
open("listens", "w").close()
while True:
    time.sleep(0.01)
END
  start_alone python3 listener.py
  wait_until 10 test -e listens
}

@test "check -D: a dump that was made with --tcp-close" {
  needs_inet
  start_sockets
  dump "$PID" img --tcp-close
  finds tcp-close
  criu_says 'Need to set the --tcp-close'
  finds '' --tcp-close
  paste_cures
  end_tree "$ROOT"
}

@test "check -D: unix sockets: something else at the path, a live server" {
  start_listener socket.AF_UNIX "'$DIR/server'"
  dump "$PID" img
  # A socket that nobody uses is no obstacle.
  [[ -S server ]]
  finds ''
  rm server
  finds ''
  mkdir server
  finds unix-path-taken
  criu_says "Can't bind .*Address already in use"
  paste_cures
  [[ -d server.aside ]]
  finds ''
  comes_back_now
  # It is lost, but that is all.
  finds unix-path-in-use
  equals "$(json 'd["findings"][0]["weight"]')" loss
  other=$ROOT
  comes_back_now
  end_tree "$ROOT"
  end_tree "$other"
}

@test "check -D: unix sockets in a directory that is gone, abstract ones" {
  mkdir sub
  start_listener 'socket.AF_UNIX' "'$DIR/sub/server'"
  dump "$PID" img
  rm -r sub
  finds unix-directory-missing
  criu_says "Can't bind .*No such file or directory"
  paste_cures
  finds ''
  comes_back_now
  end_tree "$ROOT"

  rm listens
  start_listener 'socket.AF_UNIX' "'\\0criu-ns.$$'"
  mkdir abstract
  dump "$PID" abstract
  rm -r img listens
  mv abstract img
  finds ''
  start_listener 'socket.AF_UNIX' "'\\0criu-ns.$$'"
  finds unix-name-taken
  equals "$(json 'd["findings"][0]["values"]["pid"]')" "$PID"
  criu_says "Can't bind .*Address already in use"
  kill -KILL "$PID"
  wait_ended "$PID"
}

@test "check -D: a job from a shell" {
  # shellcheck disable=SC2016
  dump_job 'ready; '"$WAIT"
  finds shell-job --no-record
  finds '' --no-record -j
  finds '' # the record has it
  criu_ns check -D img --no-record
  out_has 'criu-ns restore -D img'
  out_has '--shell-job'
  : >go
  STDIN=/dev/null criu_ns restore -D img --shell-job
  status_is 0
}

@test "check -D: a mount namespace in the image" {
  mkdir own
  start_in_ns -t "$DIR/own" -- count
  ns_dump "$PID" img
  finds 'mount-namespace outside-mounts' --no-record
  finds mount-namespace --no-record --external 'mnt[]:sm'
  finds mount-namespace # the record has the mounts
  criu_ns restore -D img
  status_is 125
  paste_cures
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
  rmdir /run/criu-ns.root 2>/dev/null || :
}

@test "check -D: what the record of the dump has needs no saying" {
  dump_counter
  chmod 600 count
  finds file-mode
  (umask 077 && printf 'skip-file-rwx-check\n' >img/criu-ns.conf)
  finds ''
  echo 'no such option' >img/criu-ns.conf
  criu_ns check -D img
  status_is 125
  one_line 'criu-ns.conf:1:'
}

@test "check -D: a unix socket whose other end was left out" {
  python3 -c "if True:
    import os, socket, subprocess, sys
    inside, outside = socket.socketpair()
    p = subprocess.Popen([sys.executable, '-c', '''
import time, os
open(\"connected\", \"w\").write(str(os.getpid()))
while True: time.sleep(0.01)'''], pass_fds=[inside.fileno()],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True)
    outside.send(b'x')
    inside.close()
    p.wait()" &
  OUTSIDE=$!
  wait_until 10 test -s connected
  PID=$(<connected)
  INODE=$(descriptors_of "$PID" | sed -n 's/.*socket:\[\(.*\)\]/\1/p')
  plain_criu dump -t "$PID" -D "$(mkdir img && echo img)" -o dump.log \
    --external "unix[$INODE]"
  status_is 0
  wait $OUTSIDE || :
  finds unix-end-outside
  equals "$(json 'd["findings"][0]["values"]["inode"]')" "$INODE"
  criu_says 'Error'
  finds '' --inherit-fd "fd[7]:socket:[$INODE]"
  # As it says: with one end of another connection as descriptor N.
  STATUS=0
  python3 -c "
import os, socket, subprocess, sys
inside, outside = socket.socketpair()
os.dup2(inside.fileno(), 57)
sys.exit(subprocess.call(['$CRIU_NS', 'restore', '-D', 'img', '-d',
  '--pidfile', '$DIR/pidfile', '-o', 'restore.log', '--inherit-fd',
  'fd[57]:socket:[$INODE]'], pass_fds=[57]))" || STATUS=$?
  status_is 0 || grep Error img/restore.log
  end_tree "$(<pidfile)"
}

@test "check -D: a link of a deleted file is used up by criu, and kept by us" {
  cat >links.py <<'END'
import os, time
f = open("deleted", "w+")
f.write("data")
f.flush()
os.link("deleted", "other")
os.unlink("deleted")
open("ready", "w").close()
while True:
    time.sleep(0.01)
END
  start_alone python3 links.py
  wait_until 10 test -e ready
  dump "$PID" img --link-remap
  comes_back_now
  end_tree "$ROOT"
  comes_back_now
  end_tree "$ROOT"
  rm link_remap.*
  finds link-gone
  criu_says "Can't link "
}

# Connected to a server outside.  Sets PID and SERVER.
start_client() { # TYPE
  cat >server.py <<END
import socket, time
s = socket.socket(socket.AF_UNIX, socket.$1)
s.bind("$DIR/outside")
if socket.$1 == socket.SOCK_STREAM:
    s.listen(5)
open("serves", "w").close()
while True:
    time.sleep(0.01)
END
  cat >client.py <<END
import socket, time
s = socket.socket(socket.AF_UNIX, socket.$1)
s.connect("$DIR/outside")
open("ready", "w").close()
while True:
    time.sleep(0.01)
END
  rm -f serves ready outside
  start_alone python3 server.py
  SERVER=$PID
  wait_until 10 test -e serves
  start_alone python3 client.py
  wait_until 10 test -e ready
}
end_server() {
  kill -KILL "$SERVER"
  wait_ended "$SERVER"
  rm outside
}

@test "check -D: a server outside of the tree, for datagrams" {
  start_client SOCK_DGRAM
  dump "$PID" img --ext-unix-sk
  finds ''
  comes_back_now
  end_tree "$ROOT"
  end_server
  finds unix-server-missing
  criu_says "Can't connect .*No such file or directory"
}

@test "check -D: a server outside of the tree, for connections" {
  local inode
  start_client SOCK_STREAM
  inode=$(descriptors_of "$PID" | sed -n 's/.*socket:\[\(.*\)\]/\1/p')
  dump "$PID" img --external "unix[$inode]"
  finds unix-peer-unknown
  criu_says 'Peer [0-9]+ unresolved'
  end_server
}

@test "check -D: a CPU that lacks something, no criu" {
  dump_counter
  plain_criu cpuinfo dump -D img
  finds ''
  # Every capability that a word of 32 bits can have.
  python3 -c "
import re
d = open('img/cpuinfo.img', 'rb').read()
d = re.sub(rb'0[\x80-\xff]{4}[\x01-\x0f]', b'0\xff\xff\xff\xff\x0f', d)
open('img/cpuinfo.img', 'wb').write(d)"
  finds cpu-features
  equals "$(json 'd["findings"][0]["weight"]')" loss
  rm img/cpuinfo.img
  finds criu-missing --criu-binary "$DIR/nothing"
}

@test "check -D: damaged images; with -D and without" {
  dump_counter
  truncate -s 30 "img/core-$PID.img"
  finds image-damaged
  rm "img/core-$PID.img"
  finds image-incomplete
  criu_ns check -D img
  status_is 1
  out_has "core-$PID.img is missing"
  criu_ns check -D nowhere
  status_is 125
  one_line "cannot open image directory 'nowhere'"
  criu_ns check
  status_is 0
  grep -q 'Looks good' out err
}

@test "check -D: 250 processes take less than a second" {
  local start
  start_tree run -c 250
  dump "$PID" img
  start=$(now)
  criu_ns check -D img
  (($(now) - start < 1000000))
  status_is 0
}
