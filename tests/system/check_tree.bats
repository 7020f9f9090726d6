#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# check -t PID and dump --auto-external: what is said of a live tree is what
# criu then meets, and the cure, pasted into a shell, is one.
# shellcheck disable=SC2034 # RUN is dump.bash's
load dump

# Start obstacle(.c).  Sets PID, and OUTSIDE, which holds the other ends.
start_obstacle() { # KIND
  rm -f pid
  start_alone "$HELPERS_DIR/obstacle" "$1" "$DIR"
  OUTSIDE=$PID
  wait_until 20 set_up_or_gone
  [[ -s pid ]] && PID=$(<pid)
}
# The parent goes on without a child that could not be made.
set_up_or_gone() {
  [[ -s pid ]] || ended "$OUTSIDE" ||
    { ((SECONDS > 0)) && [[ -z $(children_of "$OUTSIDE") ]]; }
}
end_obstacle() {
  # shellcheck disable=SC2046 # a list
  kill -KILL "$PID" "$OUTSIDE" $(descendants_of "$PID") 2>/dev/null || :
  wait_ended "$PID" "$OUTSIDE"
  local pid
  for pid in $(left_processes); do
    kill -KILL "$pid"
    wait_ended "$pid"
  done
  find "$DIR" -mindepth 1 -maxdepth 1 ! -name out ! -name err \
    -exec rm -rf {} +
}

# CRIU before 4.2 and Linux from 6.16 on: no internet sockets at all.
has_sockets() {
  has_criu 4.2 ||
    ! printf '6.16\n%s\n' "$(uname -r)" | sort -CV
}

check_it() { criu_ns check -t "$PID" "$@"; }
is_clean() { # [OPTION...]
  check_it "$@" && status_is 0 && out_has 'nothing is in the way'
}
# The ids of what was found.
ids() {
  python3 -c 'import json, sys
for f in json.load(sys.stdin)["findings"]: print(f["id"])' <out
}
names() { # ID [OPTION...]
  check_it --json "${@:2}"
  status_is 1 || return
  ids | grep -qx -- "$1" || fail "no $1 in $(ids | xargs)"
}

dump_it() { # [OPTION...]
  mkdir -p img
  criu_ns dump -t "$PID" -D img -o dump.log -v4 "$@"
}
# The last command that was printed: one that cures all, if there are several.
# paste_cure sets CURE to it.
cure() { sed -n 's/^    \([^ ]*criu-ns dump .*\)/\1/p' out | tail -n 1; }
paste_cure() {
  CURE=$(cure)
  [[ -n $CURE ]] || fail 'no command'
  mkdir -p img
  PATH=${CRIU_NS%/*}:$PATH run_it bash -c "$CURE -D img -o dump.log -v4"
  status_is 0 || grep Error img/dump.log
  status_is 0
}
# Found, refused by criu, cured by what is printed.
is_cured() { # KIND ID
  start_obstacle "$1"
  names "$2"
  dump_it
  not status_is 0
  check_it
  paste_cure
  wait_ended "$PID"
}
comes_back_with() { # [OPTION...]
  restore_it "$@" && end_tree "$ROOT"
}
restore_it() { # [OPTION...]
  criu_ns restore -D img -d --pidfile "$DIR/pidfile" -o restore.log -v4 "$@"
  status_is 0 || {
    grep Error img/restore.log
    return 1
  }
  ROOT=$(<"$DIR/pidfile")
  wait_running "$ROOT"
}

# --- A clean tree ----------------------------------------------------------------

@test "a clean tree has no findings, and dumps" {
  local kind
  for kind in nothing unix-listen unix-accepted unix-pending netlink \
    deleted-small deleted-sparse deleted-directory plain-devices fanotify \
    ns-own epoll-moved own-uts own-ipc own-cgroup zombie stopped threads; do
    echo "--- $kind"
    start_obstacle $kind
    is_clean
    dump_it
    status_is 0
    end_obstacle
  done
}

@test "clean internet sockets have no findings, and dump" {
  local kind
  has_sockets || skip 'not with this criu on this kernel'
  for kind in tcp-server udp icmp packet pidfd-inside; do
    echo "--- $kind"
    start_obstacle $kind
    is_clean
    dump_it
    status_is 0
    end_obstacle
  done
}

@test "a tree in namespaces of its own has no findings" {
  start_in_ns -- count
  is_clean
  out_has "process $PID (counter)"
  end_target
  start_in_ns -1 -- count2
  is_clean
  end_target
}

@test "a look changes nothing: the tree counts on, untraced, as it was" {
  local before
  start_counter count
  before=$(descriptors_of "$PID")
  is_clean
  unharmed "$PID" "$FILE"
  equals "$(descriptors_of "$PID")" "$before"
  kill -KILL "$PID"
}

# --- What is in the way ------------------------------------------------------------

# Kind of obstacle and id of the finding.
obstacles() {
  cat <<'END'
unix-datagram-pair unix-datagram-nameless
unix-pending-closed unix-closed-in-flight
mptcp socket-unsupported
vsock socket-unsupported
netlink-data netlink-unread
name-taken name-taken
io_uring descriptor-unsupported
perf descriptor-unsupported
perf-mapped mapping-unsupported
userfaultfd descriptor-unsupported
device descriptor-unsupported
block-device descriptor-unsupported
bpf-program descriptor-unsupported
memfd-secret file-nowhere
mqueue file-nowhere
pidfd-outside pidfd-outside
ns-outside namespace-descriptor
epoll-escaped epoll-escaped
epoll-outside epoll-escaped
nested-uts nested-namespace
nested-ipc nested-namespace
nested-user nested-namespace
nested-pid nested-namespace
nested-cgroup nested-namespace
nested-time time-for-children
own-time time-for-children
own-user user-namespace-without-root
own-mnt program-elsewhere
sysv-shm sysv-memory
traced traced
leader-gone leader-gone
END
}

@test "what CRIU can't save is named, and criu does refuse it" {
  local kind id
  while read -r kind id; do
    echo "--- $kind"
    start_obstacle "$kind" || {
      echo "this kernel has no $kind"
      end_obstacle
      continue
    }
    names "$id"
    dump_it
    not status_is 0
    end_obstacle
  done < <(obstacles)
}

@test "namespaces of children that dump and can't be restored are named" {
  local kind
  for kind in nested-net nested-mnt; do
    start_obstacle $kind
    names nested-namespace
    dump_it
    status_is 0
    criu_ns restore -D img -d
    not status_is 0
    end_obstacle
  done
}

@test "sessions and namespaces that no option helps with are named" {
  start_alone unshare -pf --mount-proc "$HELPERS_DIR/alone" -g \
    "$HELPERS_DIR/counter" "$DIR/count"
  RUNNER=$PID FILE=$DIR/count
  wait_growing "$FILE"
  find_target "$HELPERS_DIR/counter"
  names session-outside
  dump_it
  not status_is 0
  kill -KILL "$PID"
  wait_ended "$RUNNER"
  start_alone unshare -n unshare -Ur "$HELPERS_DIR/counter" "$DIR/count2"
  wait_growing "$DIR/count2"
  names namespace-of-other-user --network-lock skip
  dump_it --network-lock skip
  not status_is 0
  kill -KILL "$PID"
}

@test "a process in state D is named; one that is so for a moment is not" {
  start_obstacle vfork
  names uninterruptible
  end_obstacle
}

@test "a finding names process, descriptor and peer" {
  start_obstacle unix-stream
  check_it
  status_is 1
  out_has "fd 3 of $PID (obstacle), peer fd 4 of $OUTSIDE (obstacle)"
  out_has "--inherit-fd 'fd[N]:socket:[$(socket_of "$PID" 3)]'"
  end_obstacle
}
socket_of() { readlink "/proc/$1/fd/$2" | tr -dc 0-9; } # PID FD

@test "a pipe that leads outside is told as a loss, and is no failure" {
  local other
  "$HELPERS_DIR/alone" -k sh -c 'sleep 1000 | sleep 1001' </dev/null &
  OUTSIDE=$!
  disown
  wait_until 5 has_children "$OUTSIDE" 2
  read -r PID other <<<"$(children_of "$OUTSIDE")"
  check_it --shell-job
  status_is 0
  out_has 'a pipe leads out of the tree'
  out_has "$other (sleep)"
  kill -KILL "$OUTSIDE" "$PID" "$other"
}
has_children() { # PID N
  local pids
  read -r -a pids <<<"$(children_of "$1")"
  ((${#pids[@]} == $2))
}

# --- Cures -----------------------------------------------------------------------

@test "file locks of each kind: the cure dumps, and comes back" {
  local kind
  for kind in flock posix-lock ofd-lock lease; do
    is_cured $kind file-locks
    comes_back_with --file-locks
    end_obstacle
  done
}

@test "deleted files, open or mapped: the cure dumps, and comes back" {
  is_cured deleted-big ghost-too-big
  comes_back_with
  end_obstacle
  is_cured deleted-mapped ghost-mapping-too-big
  comes_back_with
  end_obstacle
}

@test "a file with another name: the cure dumps, and comes back once" {
  is_cured name-gone link-remap
  comes_back_with
  end_obstacle
  is_cured name-gone-mapped link-remap-mapping
  comes_back_with
  end_obstacle
}

@test "a unix stream connection: the cure dumps, a descriptor brings it back" {
  local inode
  is_cured unix-stream unix-stream-external
  inode=$(sed -n 's/.*unix\[\([0-9]*\)\].*/\1/p' <<<"$CURE")
  # shellcheck disable=SC2016 # perl's
  run_it perl -MSocket -MPOSIX -e '$^F = 100;
    socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or die;
    POSIX::dup2(fileno($a), 9); exec @ARGV' "$CRIU_NS" restore -D img -d \
    --pidfile "$DIR/pidfile" -o restore.log -v4 \
    --inherit-fd "fd[9]:socket:[$inode]"
  status_is 0
  ROOT=$(<pidfile)
  wait_running "$ROOT"
  [[ $(readlink "/proc/$ROOT/fd/3") == socket:* ]]
  end_tree "$ROOT"
  end_obstacle
}

@test "a file of other mounts: the cure dumps, a descriptor brings it back" {
  local key
  is_cured file-of-other-mounts file-elsewhere
  key=$(sed -n 's/.*\(file\[[0-9a-f:]*\]\).*/\1/p' <<<"$CURE")
  # shellcheck disable=SC2016 # for the inner shell
  run_it bash -c 'exec 9<there && exec "$@"' bash "$CRIU_NS" restore -D img \
    -d --pidfile "$DIR/pidfile" -o restore.log -v4 --inherit-fd "fd[9]:$key"
  status_is 0
  ROOT=$(<pidfile)
  wait_running "$ROOT"
  descriptors_of "$ROOT" | grep -qx "[0-9]* $DIR/there"
  end_tree "$ROOT"
  end_obstacle
}

@test "a pipe that leads outside comes back with a descriptor for it" {
  local inode
  mkfifo go
  "$HELPERS_DIR/alone" -k sh -c 'sleep 1000 | cat' \
    </dev/null >/dev/null &
  OUTSIDE=$!
  disown
  wait_until 5 has_children "$OUTSIDE" 2
  PID=$(children_of "$OUTSIDE")
  PID=${PID%% *}
  wait_until 5 is_sleep "$PID"
  inode=$(socket_of "$PID" 1)
  check_it -j
  status_is 0
  out_has "--inherit-fd 'fd[N]:pipe:[$inode]'"
  dump_it -j
  status_is 0
  wait_ended "$OUTSIDE"
  # shellcheck disable=SC2016 # for the inner shell
  run_it bash -c 'exec 9<>go && exec "$@"' bash "$CRIU_NS" restore -D img -j \
    -d --pidfile "$DIR/pidfile" -o restore.log -v4 \
    --inherit-fd "fd[9]:pipe:[$inode]"
  status_is 0
  ROOT=$(<pidfile)
  equals "$(readlink "/proc/$ROOT/fd/1")" "$DIR/go"
  end_tree "$ROOT"
}

@test "a named server, stream or datagram: the cure dumps, and reconnects" {
  is_cured unix-stream-server unix-stream-external
  comes_back_with --ext-unix-sk
  end_obstacle
  is_cured unix-datagram-server unix-datagram-external
  comes_back_with --ext-unix-sk
  end_obstacle
}

@test "TCP connections, open and waiting: the cure dumps, and comes back" {
  has_sockets || skip 'not with this criu on this kernel'
  is_cured tcp tcp-established
  comes_back_with --tcp-close
  end_obstacle
  is_cured tcp-pending tcp-in-flight
  comes_back_with
  end_obstacle
}

@test "with the options of the cure, nothing is found any more" {
  start_obstacle flock
  is_clean --file-locks
  end_obstacle
  start_obstacle deleted-big
  is_clean --ghost-limit=4M
  names ghost-too-big --ghost-limit 2M
  end_obstacle
  start_obstacle unix-stream
  is_clean --external "unix[$(socket_of "$PID" 3)]"
  end_obstacle
}

@test "the command holds what was typed, and all cures at once" {
  start_obstacle flock
  check_it -D 'some dir' --tcp-close
  status_is 1
  equals "$(cure)" \
    "$CRIU_NS dump -t $PID -D 'some dir' --tcp-close --file-locks"
  end_obstacle
}

@test "a job of a shell: found with and without a terminal, -j cures it" {
  "$HELPERS_DIR/alone" -k sh -c 'sleep 1000 & echo $! >pid; wait' </dev/null &
  OUTSIDE=$!
  disown
  wait_until 5 test -s pid
  PID=$(<pid)
  names no-session-leader
  is_clean -j
  check_it
  paste_cure
  wait_ended "$OUTSIDE"
}

@test "a program on the terminal of a shell: -j cures it, external ones, too" {
  # shellcheck disable=SC2016 # for the inner shells
  on_terminal 'setsid sh -c "echo \$\$ >pid; exec sleep 1000" & wait'
  names terminal-outside
  is_clean -j
  check_it
  paste_cure
  wait_ended "$PID"
  kill -KILL "$OUTSIDE" 2>/dev/null || :
  wait_ended "$OUTSIDE"
}

@test "two terminals of others: the second one has to be external" {
  # shellcheck disable=SC2016 # for the inner shells
  on_terminal 'script -qfc "sh second" /dev/null'
  names terminals-outside
  check_it
  paste_cure
  wait_ended "$PID"
  kill -KILL "$OUTSIDE" 2>/dev/null || :
  wait_ended "$OUTSIDE"
}
# COMMAND, which writes its PID to pid, in a shell with a terminal.  "second"
# is a command for a second terminal: it opens the first one as well.
on_terminal() {
  echo "$1" >first
  # shellcheck disable=SC2016 # for the inner shell
  echo 'setsid sh -c "echo \$\$ >pid; exec sleep 1000" 3<>"$FIRST" & wait' \
    >second
  # shellcheck disable=SC2016 # for the inner shell
  start_alone script -qfc 'FIRST=$(tty) sh first' /dev/null
  OUTSIDE=$PID
  wait_until 10 test -s pid
  PID=$(<pid)
  wait_until 5 is_sleep "$PID"
}

@test "an old criu that can't read sockets here is named, once there is one" {
  has_sockets && skip 'this criu can'
  start_obstacle udp
  names criu-too-old-for-sockets
  dump_it
  not status_is 0
  end_obstacle
}

# --- Mounts ----------------------------------------------------------------------

# A root for the counter in "container".
make_container() {
  local file
  mkdir -p container/{proc,dev,data,ext,more} ext img
  echo hello >ext/file
  mknod container/dev/null c 1 3
  for file in "$HELPERS_DIR/counter" \
    $(ldd "$HELPERS_DIR/counter" | grep -o '/[^ ]*'); do
    mkdir -p "container${file%/*}"
    cp -L "$file" "container$file"
  done
  FILE=$DIR/container/data/count
}
# The counter in there, with PRE done to its mounts before.
start_container() { # PRE
  make_container
  # shellcheck disable=SC2016 # for the inner shell
  start_alone unshare -m --propagation private sh -c "$1"' && exec "$@"' sh \
    "$HELPERS_DIR/nsrun" -R "$DIR/container" "$HELPERS_DIR/counter" /data/count
  RUNNER=$PID
  wait_growing "$FILE"
  find_target "$HELPERS_DIR/counter"
}

@test "external mounts: all are named, the cure dumps, and comes back" {
  start_container 'mount --bind ext container/ext &&
    mount -t ramfs none container/more'
  check_it
  status_is 1
  out_has "/ext "
  out_has "/more (ramfs"
  out_has "--external 'mnt[$DIR/ext]:$DIR/ext'"
  dump_it
  not status_is 0
  check_it
  paste_cure
  mkdir -p newroot
  NEWROOT=$DIR/container restore_on_root img \
    --external "mnt[$DIR/ext]:$DIR/ext" --external "mnt[more]:$DIR/ext"
  equals "$(<"/proc/$ROOT/root/ext/file")" hello
  end_tree "$ROOT"
}

@test "a mount whose master is outside is named, and the cure dumps" {
  # shellcheck disable=SC2016 # for perl and the inner shells
  local pivot='my ($d, $n, $p, $e) = (".", ".", "proc", "/proc");
    chdir "container" or die;
    syscall(155, $d, $n) == 0 && syscall(166, $d, 2) == 0 or die;
    chdir "/";
    syscall(165, $p, $e, $p, 0, 0) == 0 or die;
    if (!fork) { POSIX::setsid();
      open STDIN, "+</dev/null"; open STDOUT, ">&STDIN";
      open STDERR, ">&STDIN"; POSIX::close($_) for 3 .. 20;
      exec @ARGV }
    1 while wait != -1'
  [[ $(uname -m) == x86_64 ]] || skip 'numbers of system calls'
  make_container
  # The outer namespace has to live on, or there is no master.
  # shellcheck disable=SC2016
  start_alone unshare -m --propagation private sh -c 'mount --bind ext ext &&
    mount --make-shared ext && unshare -pfm --propagation slave sh -c "
      mount --rbind container container && mount --bind ext container/ext &&
      exec perl -MPOSIX -e \"\$@\"" sh "$@"; :' sh "$pivot" \
    "$HELPERS_DIR/counter" /data/count
  RUNNER=$PID
  wait_growing "$FILE"
  find_target "$HELPERS_DIR/counter"
  names mount-external
  dump_it
  not status_is 0
  grep -q 'unreachable sharing' img/dump.log
  check_it
  paste_cure
  wait_ended "$RUNNER"
}

@test "a file whose path something was mounted over is named" {
  mkdir own
  FILE=$DIR/own/count
  start_alone unshare -m --propagation private \
    "$HELPERS_DIR/alone" -g "$HELPERS_DIR/counter" "$FILE"
  wait_growing "$FILE"
  is_clean
  nsenter -t "$PID" -m mount -t tmpfs none "$DIR/own"
  names file-hidden
  dump_it --mounts=leave
  not status_is 0
  kill -KILL "$PID"
}

@test "a container without external mounts has no findings" {
  start_container true
  is_clean
  end_target
}

@test "a mount that only the tree has is found with the caller's root, too" {
  mkdir own
  RUN=()
  # shellcheck disable=SC2016 # for the inner shell
  start_alone unshare -m --propagation private sh -c \
    'mount -t ramfs none own && exec "$@"' sh "$HELPERS_DIR/nsrun" \
    "$HELPERS_DIR/counter" "$DIR/count"
  RUNNER=$PID FILE=$DIR/count
  wait_growing "$FILE"
  find_target "$HELPERS_DIR/counter"
  names mount-external
  check_it
  paste_cure
}

# --- dump --auto-external ----------------------------------------------------------

@test "--auto-external leaves stream sockets out and says what is lost" {
  start_obstacle unix-stream-server
  check_it --auto-external
  status_is 0
  out_has 'will be lost'
  dump_it --auto-external
  status_is 0
  one_line '--inherit-fd'
  err_has "$DIR/server"
  wait_ended "$PID"
  comes_back_with --ext-unix-sk
  end_obstacle
}

@test "--auto-external connects datagram sockets again, without a word" {
  start_obstacle unix-datagram-server
  dump_it --auto-external
  status_is 0
  equals "$(<err)" '' stderr
  wait_ended "$PID"
  comes_back_with --ext-unix-sk
  end_obstacle
}

@test "--auto-external does not touch what can't be brought back" {
  start_obstacle unix-datagram-pair
  dump_it --auto-external
  not status_is 0
  end_obstacle
}

@test "--auto-external leaves external mounts out" {
  start_container 'mount --bind ext container/ext'
  dump_it --auto-external
  status_is 0
  one_line "mnt[$DIR/ext]:$DIR/ext"
  wait_ended "$PID"
}

@test "--auto-external changes nothing for a clean tree" {
  start_counter count
  dump_it --auto-external
  status_is 0
  equals "$(<err)" '' stderr
}

# --- The command -------------------------------------------------------------------

@test "--json is one valid object, with findings and without" {
  start_obstacle flock
  check_it --json
  status_is 1
  equals "$(wc -l <out)" 1 lines
  python3 -m json.tool out >/dev/null
  end_obstacle
  start_obstacle nothing
  check_it --json
  status_is 0
  python3 -m json.tool out >/dev/null
  equals "$(ids)" ''
  end_obstacle
}

@test "check without -t is criu's own" {
  criu_ns check
  status_is 0
  cat out err | grep -q 'Looks good'
}

@test "misuse: a PID that is none, nobody's, or of no target" {
  criu_ns check -t none
  status_is 125
  one_line none
  criu_ns check -t 4194000
  status_is 125
  one_line 4194000
  criu_ns check -t $$ word
  status_is 125
  one_line word
  criu_ns check -t 2
  status_is 125
}

@test "500 processes with 20000 descriptors take less than a second" {
  local start best=999999999 took i
  start_obstacle many
  for i in 1 2 3; do
    start=$(now)
    check_it
    took=$(($(now) - start))
    ((took >= best)) || best=$took
    status_is 0
  done
  echo "$best us"
  ((best < 1000000))
  end_obstacle
}
