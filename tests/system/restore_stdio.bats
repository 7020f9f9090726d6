#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# restore: whatever stdin, stdout and stderr are, and no descriptor too many.
load helpers

# criu-ns by way of a COMMAND that closes things: 0<&- can't be passed on.
with_closed() { # FDS ARGUMENT...
  local close=''
  [[ $1 != *0* ]] || close+=' <&-'
  [[ $1 != *1* ]] || close+=' >&-'
  [[ $1 != *2* ]] || close+=' 2>&-'
  run_it sh -c "exec \"\$@\" $close" sh "$CRIU_NS" "${@:2}"
}

# Restored without FDS, detached and in the foreground, the tree has what it
# had, and the images and files are whole.
restores_without() { # FDS
  local before
  start_counter count -e 7
  before=$(descriptors_of "$PID")
  dump "$PID" img
  with_closed "$1" restore -D img -d --pidfile pid
  status_is 0
  ROOT=$(<img/pid)
  goes_on_from "$FILE" "$COUNT"
  equals "$(descriptors_of "$ROOT")" "$before" descriptors
  equals "$(descriptors_of "$(parent_of "$ROOT")")" ''
  end_tree "$ROOT"

  rm img/pid
  with_closed "$1" restore -D img --pidfile pid &
  wait_until 10 test -s img/pid
  goes_on_from "$FILE" "$COUNT"
  equals "$(descriptors_of "$(<img/pid)")" "$before" descriptors
  kill -USR1 "$(<img/pid)"
  wait $!
  # A failure is no other one without them.
  : >"$FILE"
  with_closed "$1" restore -D img -o restore.log
  status_is 1
  grep -q 'has bad size 0' img/restore.log
}
@test "restore with stdin closed" { restores_without 0; }
@test "restore with stdout closed" { restores_without 1; }
@test "restore with stderr closed" { restores_without 2; }
@test "restore with stdin, stdout and stderr closed" { restores_without 012; }

@test "restore with stdout and stderr a pipe that nobody reads" {
  dump_counter -e 7
  {
    wait_until 5 test -e closed
    STATUS=0
    "$HELPERS_DIR/alone" -k "$CRIU_NS" restore -D img -d --pidfile pid \
      </dev/null 2>err 3>&- 4>&- || STATUS=$?
    echo "$STATUS" >status
  } | {
    exec <&-
    : >closed
  }
  equals "$(<status)" 0
  goes_on_from "$FILE" "$COUNT"
  end_tree "$(<img/pid)"
}

@test "restore that fails with stderr a pipe that nobody reads" {
  {
    wait_until 5 test -e closed
    STATUS=0
    "$HELPERS_DIR/alone" -k "$CRIU_NS" restore -D missing \
      </dev/null 2>&1 3>&- 4>&- || STATUS=$?
    echo "$STATUS" >status
  } | {
    exec <&-
    : >closed
  }
  # The line can't be said, but it is the same failure, or SIGPIPE's end.
  [[ $(<status) == @(125|141) ]]
}

@test "restore in the foreground with stdout a pipe that nobody reads" {
  dump_counter -e 7
  {
    wait_until 5 test -e closed
    STATUS=0
    "$HELPERS_DIR/alone" -k "$CRIU_NS" restore -D img --pidfile pid \
      </dev/null 2>err 3>&- 4>&- || STATUS=$?
    echo "$STATUS" >status
  } | {
    exec <&-
    : >closed
  } &
  wait_until 10 test -s img/pid
  goes_on_from "$FILE" "$COUNT"
  kill -USR1 "$(<img/pid)"
  wait $!
  equals "$(<status)" 7
}

@test "restore -d holds none of the caller's pipes" {
  local x
  dump_counter
  # cat ends when the last one that can write to its pipe has gone.
  x=$(timeout --foreground 20 "$CRIU_NS" restore -D img -d --pidfile pid \
    <<<stdin 2>&1 3>&- 4>&- | cat)
  grep -vF RLIMIT_NOFILE <<<"$x" | equals "$(cat)" ''
  wait_running "$(<img/pid)"
  end_tree "$(<img/pid)"
}

@test "restore: no descriptor of ours is open in criu" {
  dump_counter
  export FDS_FILE=$DIR/fds
  criu_ns restore -D img --criu-binary "$HELPERS_DIR/fds"
  status_is 33
  equals "$(<fds)" "0 /dev/null
1 $DIR/out
2 $DIR/err"
}

@test "restore: the caller's own descriptors are criu's to inherit" {
  dump_counter
  export FDS_FILE=$DIR/fds
  STATUS=0
  exec 9</dev/zero
  "$CRIU_NS" restore -D img -d --pidfile pid --criu-binary \
    "$HELPERS_DIR/fds" </dev/null >out 2>err 3>&- 4>&- || STATUS=$?
  exec 9<&-
  status_is 33
  grep -qx '9 /dev/zero' fds
}

@test "restore: no descriptor of ours or criu's is open in the tree" {
  local before child
  start_counter count -c 1 -e 7
  before=$(descriptors_of "$PID")
  child=$(descriptors_of "$(children_of "$PID")")
  dump "$PID" img
  restore_in_foreground -v4 -o restore.log --pidfile pid
  equals "$(descriptors_of "$ROOT")" "$before"
  equals "$(descriptors_of "$(children_of "$ROOT")")" "$child"
  end_tree "$ROOT"
  wait_launcher
  status_is 137
  "$HELPERS_DIR/alone" true # nothing else was started meanwhile
  restore_detached -v4 -o restore.log
  equals "$(descriptors_of "$ROOT")" "$before"
  end_tree "$ROOT"
}

@test "restore --inherit-fd: a pipe of the caller takes the place of the old" {
  local pipe to n
  FILE=$DIR/count
  mkfifo fifo
  "$HELPERS_DIR/alone" -k cat <fifo >sink 3>&- 4>&- &
  # Its reader is a child of this shell, not of the program.
  exec {to}> >(exec cat >sink1 3>&- 4>&-)
  "$HELPERS_DIR/alone" -k "$HELPERS_DIR/counter" -o "$FILE" \
    </dev/null 2>/dev/null 3>&- 4>&- >&"$to" &
  PID=$!
  disown
  exec {to}>&-
  wait_until 10 test -s sink1
  pipe=$(readlink "/proc/$PID/fd/1")
  [[ $pipe == pipe:* ]]
  dump "$PID" img
  STATUS=0
  "$CRIU_NS" restore -D img -d --pidfile pid --inherit-fd "fd[9]:$pipe" \
    </dev/null >out 2>err 3>&- 4>&- 9>fifo || STATUS=$?
  show_it criu-ns
  status_is 0
  wait_until 10 test -s sink
  n=$(head -n 1 sink)
  ((10#$n >= COUNT && 10#$n <= COUNT + 3))
  end_tree "$(<img/pid)"
}

@test "restore --inherit-fd: a file of the caller takes the place of the old" {
  dump_counter
  cp "$FILE" other
  STATUS=0
  "$CRIU_NS" restore -D img -d --pidfile pid --inherit-fd "fd[9]:${FILE#/}" \
    </dev/null >out 2>err 3>&- 4>&- 9<>other || STATUS=$?
  show_it criu-ns
  status_is 0
  goes_on_from other "$COUNT"
  equals "$(read_count "$FILE")" "$COUNT"
  end_tree "$(<img/pid)"
}
