#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# restore: options that need more than to be passed on.
load helpers

@test "restore --exec-cmd: the command is the tree's parent, its status ours" {
  dump_counter
  mkfifo fifo
  # shellcheck disable=SC2016
  start_criu_ns restore -D img --pidfile pid --exec-cmd -- sh -c '
    echo $$ $(cat /proc/1/task/1/children) "$0 $1" >said
    read x <../fifo
    exit 5' a ' b '
  wait_until 10 test -s img/said
  ROOT=$(<img/pid)
  goes_on_from "$FILE" "$COUNT"
  # Whatever the shell had to fork for $(cat ...) is the last of them.
  [[ $(<img/said) == "1 $PID "*'a  b ' ]]
  equals "$(parent_of "$ROOT")" "$(children_of "$LAUNCHER")"
  echo end >fifo
  wait_launcher
  status_is 5
  # PID 1 in there has ended, and everything with it.
  wait_gone "$ROOT"
}

@test "restore --exec-cmd: a command that is not there" {
  dump_counter
  criu_ns restore -D img --exec-cmd -- "$DIR/none"
  status_is 127
  err_has "cannot execute '$DIR/none'"
  : >text
  criu_ns restore -D img --exec-cmd -- "$DIR/text"
  status_is 126
}

@test "restore --exec-cmd: signals for the launcher are the command's" {
  dump_counter
  start_criu_ns restore -D img --pidfile pid --exec-cmd -- sh -c '
    trap "exit 9" USR2
    echo there >said
    while :; do sleep 0.05; done'
  wait_until 10 test -s img/said
  kill -USR2 "$LAUNCHER"
  wait_launcher
  status_is 9
}

@test "restore --exec-cmd: not without a command, not with -d: 125" {
  dump_counter
  criu_ns restore -D img --exec-cmd
  status_is 125
  one_line '--exec-cmd needs a command'
  criu_ns restore -D img -d --exec-cmd -- true
  status_is 125
  one_line "can't be used together"
}

@test "restore: --restore-sibling and stray words are refused: 125" {
  dump_counter
  criu_ns restore -D img --restore-sibling
  status_is 125
  one_line '--restore-sibling'
  criu_ns restore -D img -S
  status_is 125
  criu_ns restore -D img elsewhere
  status_is 125
  one_line "'elsewhere'"
  criu_ns restore -D img --no-such-option
  status_is 125
  one_line '--no-such-option'
}

start_net() { # sets NET to a process in a network namespace of its own
  start_alone unshare -n sleep 1000
  NET=$PID
  wait_until 5 own_net
}
own_net() {
  is_sleep "$NET" &&
    [[ $(readlink "/proc/$NET/ns/net") != "$(readlink /proc/self/ns/net)" ]]
}
joins() { # --join-ns's value
  criu_ns restore -D img -d --pidfile "$DIR/pid" --join-ns "$1"
  status_is 0
  ROOT=$(<pid)
  equals "$(readlink "/proc/$ROOT/ns/net")" "$(readlink "/proc/$NET/ns/net")"
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
  rm pid
}

@test "restore --join-ns net: by a PID of the caller's world" {
  start_net
  dump_counter
  joins "net:$NET"
  end_tree "$NET"
}

@test "restore --join-ns net: by a path into the caller's /proc" {
  start_net
  dump_counter
  joins "net:/proc/$NET/ns/net"
  end_tree "$NET"
}

@test "restore --join-ns net: by a file, as ip netns makes them" {
  start_net
  dump_counter
  : >netns
  mount --bind "/proc/$NET/ns/net" netns
  joins "net:$DIR/netns"
  umount netns
  end_tree "$NET"
}

@test "restore --join-ns net: no such process: 125" {
  dump_counter
  criu_ns restore -D img --join-ns net:99999999
  status_is 125
  one_line '99999999'
}

# With a terminal: script(1) makes one, and gives the status back.
on_terminal() { # COMMAND...
  mkfifo "$DIR/input"
  "$HELPERS_DIR/alone" -k script -qefc "$(printf '%q ' "$@")" \
    "$DIR/terminal" <>"$DIR/input" >/dev/null 2>&1 &
  SCRIPT=$!
}
type_in() { printf '%s\n' "$*" >"$DIR/input"; }
terminal_has() { tr -d '\r' <"$DIR/terminal" | grep -qxF -- "$1"; }

@test "restore -j: a shell job is back on the terminal" {
  local job
  # shellcheck disable=SC2016
  printf '%s\n' 'i=1' 'while read -r line; do' '  echo "$i got $line"' \
    '  i=$((i + 1))' '  [ "$line" != end ] || exit 7' 'done' >job
  on_terminal sh -c "sh $DIR/job; :"
  type_in one
  wait_until 5 terminal_has '1 got one'
  job=$(descendants_of "$SCRIPT" | tail -n 1)
  equals "$(title_of "$job")" "sh $DIR/job"
  mkdir img
  plain_criu dump -j -t "$job" -D img
  status_is 0
  wait_status "$SCRIPT"

  rm input terminal
  on_terminal "$CRIU_NS" restore -j -D img
  wait_until 10 job_is_back
  type_in two
  wait_until 5 terminal_has '2 got two'
  type_in end
  wait_until 5 terminal_has '3 got end'
  wait_status "$SCRIPT"
  status_is 7
}
job_is_back() { pgrep -f "^criu-ns: init $DIR/img" >/dev/null; }

@test "restore -j: what leads into the caller's /proc is found" {
  local images
  dump_counter
  exec {images}<img
  restore_detached -j -D "/proc/$$/fd/$images"
  exec {images}<&-
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "restore -j -d: the caller's directory can be unmounted at once" {
  dump_counter
  mkdir there
  mount -t tmpfs there there
  cp -r img there
  (cd there/img && criu_ns restore -j -d --pidfile "$DIR/pid" && status_is 0)
  umount there
  goes_on_from "$FILE" "$COUNT"
  end_tree "$(<pid)"
}

@test "restore --exec-cmd: a script without #! is the shell's" {
  dump_counter
  # shellcheck disable=SC2016 # for the script
  printf 'kill -KILL -1\nexit 3\n' >script
  chmod +x script
  criu_ns restore -D img --exec-cmd -- "$DIR/script"
  status_is 3
}

@test "restore --exec-cmd: a command that has no handler ends by TERM" {
  dump_counter
  start_criu_ns restore -D img --exec-cmd -- sleep 1000
  wait_growing "$FILE"
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 137
}
