# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the tests of dump and of images: targets in namespaces of their own, and
# ways to stop criu half-way.
# shellcheck disable=SC2034 # the tests read the variables
# shellcheck source=tests/system/helpers.bash
load helpers

# --- Targets -------------------------------------------------------------------

# Start a counter in new namespaces.  Sets FILE, PID and RUNNER (the outermost
# nsrun).  RUN is put before the counter, such as a second nsrun.
start_in_ns() { # [NSRUN_OPTION...] -- NAME [OPTION...]
  local options=()
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  FILE=$DIR/$2
  start_alone "$HELPERS_DIR/nsrun" "${options[@]}" "${RUN[@]}" \
    "$HELPERS_DIR/counter" "${@:3}" "$FILE"
  RUNNER=$PID
  wait_growing "$FILE" && find_target "$HELPERS_DIR/counter"
}
RUN=()

# Start tree(.c) as it is, or with RUN in namespaces.  Sets FILE to its root's.
start_tree() { # NAME [OPTION...]
  mkdir "$DIR/$1"
  FILE=$DIR/$1/root
  start_alone "${RUN[@]}" "$HELPERS_DIR/tree" "${@:2}" "$DIR/$1"
  RUNNER=$PID
  wait_growing "$FILE" && find_target "$HELPERS_DIR/tree"
}

# The first process below RUNNER, or itself, that executes PROGRAM.  Sets PID.
find_target() { # PROGRAM
  for PID in "$RUNNER" $(descendants_of "$RUNNER"); do
    [[ $(title_of "$PID") != "$1"* ]] || return 0
  done
  fail "no $1 below $RUNNER"
}

# Start a counter inside of a process's pid namespace, under a PID of choice.
# Sets FILE and OTHER.
start_beside() { # PROCESS NUMBER NAME
  FILE=$DIR/$3
  # shellcheck disable=SC2016 # for the inner shell
  nsenter -t "$1" -p -m "$HELPERS_DIR/alone" sh -c '
    echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
    "$2" "$3" &' sh "$2" "$HELPERS_DIR/counter" "$FILE"
  wait_growing "$FILE"
  OTHER=$(pgrep -f "^$HELPERS_DIR/counter $FILE\$")
}

# --- Dump and restore ------------------------------------------------------------

# Dump by criu-ns; the process is gone then.  Sets COUNT.
ns_dump() { # PID DIRECTORY [OPTION...]
  mkdir -p -- "$2"
  criu_ns dump -t "$1" -D "$2" -o dump.log -v4 "${@:3}"
  ((STATUS == 0)) || {
    grep Error "$2/dump.log"
    return 1
  }
  COUNT=$(read_count "$FILE")
  wait_ended "$1"
}

# Restore on a copy of the tree of mounts, for an image that has its own.  Sets
# INIT and ROOT.
restore_on_root() { # DIRECTORY [OPTION...]
  mkdir -p newroot
  # shellcheck disable=SC2016 # for the inner shell
  run_it unshare -m sh -c 'mount --rbind "${1:-/}" newroot && shift &&
    exec "$@"' sh "${NEWROOT:-/}" "$CRIU_NS" restore -D "$1" -d \
    --root "$DIR/newroot" --pidfile "$DIR/pidfile" -o restore.log -v4 "${@:2}"
  ((STATUS == 0)) || {
    grep Error "$1/restore.log"
    return 1
  }
  ROOT=$(<"$DIR/pidfile")
  INIT=$(parent_of "$ROOT")
}

# The image in DIRECTORY is good: what was counted goes on.  Sets ROOT, INIT.
comes_back() { # DIRECTORY [OPTION...]
  criu_ns restore -D "$1" -d --pidfile "$DIR/pidfile" "${@:2}"
  status_is 0 || return
  ROOT=$(<"$DIR/pidfile")
  INIT=$(parent_of "$ROOT")
  goes_on_from "$FILE" "$COUNT"
}

# A dump that failed has changed nothing.
unharmed() { # PID FILE
  [[ $(state_of "$1") == [SRD] ]] || {
    fail "process $1 is in state '$(state_of "$1")'"
    return
  }
  equals "$(status_of "$1" TracerPid)" 0 tracer && wait_growing "$2"
}

only_seized() { # LOG PID: criu has not laid hands on any other process
  local seized
  seized=$(sed -n 's/.*Seized task \([0-9]*\).*/\1/p' "$1" | sort -u | xargs)
  equals "$seized" "$2" 'processes seized'
}

# --- Half-way ----------------------------------------------------------------

# Start a dump into DIRECTORY that stays at ACTION (pre-dump, post-dump) until
# go_on.  Sets LAUNCHER and DUMPER, criu.
start_halting_dump() { # ACTION PID DIRECTORY [OPTION...]
  mkdir -p -- "$3"
  rm -f halt reached
  mkfifo halt
  cat >"$3/halt.sh" <<END
#!/bin/sh
[ "\$CRTOOLS_SCRIPT_ACTION" = $1 ] || exit 0
exec 3<>'$DIR/halt'
echo >'$DIR/reached'
read -r word <&3
END
  chmod +x "$3/halt.sh"
  # Relative: in the work directory.
  start_criu_ns dump -t "$2" -D "$3" -o dump.log -v4 \
    --action-script ./halt.sh "${@:4}"
  wait_until 20 test -e reached || return
  DUMPER=$(children_of "$LAUNCHER" | awk '{ print $1 }')
}
# The script reads and writes the fifo: this does not wait for it.
go_on() { echo go 1<>halt; }

# --- The end -------------------------------------------------------------------

# End a target that was not dumped, and its namespaces.
end_target() {
  kill -KILL "$PID"
  wait_ended "$PID" "$RUNNER"
}
end_neighbour() { # PID
  kill -KILL "$1"
  wait_ended "$1" "$RUNNER"
}
# End a tree that was restored as PID 1 of a namespace inside of init's.
end_nested() {
  kill -KILL "$ROOT"
  wait_ended "$ROOT" "$INIT"
}

# --- Sockets -------------------------------------------------------------------

needs_inet() {
  has_criu 4.2 || skip 'a criu before 4.2 can dump no inet socket on Linux 6.16'
}

# Start a program with sockets of every kind.  Sets PID and PORT, where it
# listens.
start_sockets() {
  cat >sockets.py <<'END'
import os, socket, sys, time
tcp = socket.socket()
# Connections that have ended do not keep the port.
tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
tcp.bind(("127.0.0.1", 0))
tcp.listen(5)
client = socket.create_connection(tcp.getsockname())
server, _ = tcp.accept()
path = socket.socket(socket.AF_UNIX)
path.bind("server")
path.listen(1)
name = socket.socket(socket.AF_UNIX)
name.bind("\0criu-ns-" + str(os.getpid()))
name.listen(1)
pair = socket.socketpair()
data = open("data", "w+")
data.write("x" * 100)
data.flush()
deleted = open("deleted", "w+")
deleted.write("gone")
deleted.flush()
os.unlink("deleted")
with open("port.new", "w") as f:
    print(tcp.getsockname()[1], file=f)
os.rename("port.new", "port")
while True:
    time.sleep(0.01)
END
  start_alone python3 sockets.py
  wait_until 20 test -s port
  PORT=$(<port)
}
