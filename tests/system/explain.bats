#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# When criu fails: what criu-ns says, and that what it says to type works.

load helpers

# A program with KIND of trouble.  Sets PID and FILE.
start_trouble() { # KIND
  FILE=$DIR/$1
  start_alone "$HELPERS_DIR/trouble" "$1" "$FILE"
  wait_growing "$FILE"
}

# The failure is told, and no longer than twelve lines behind criu's.
told() { # TEXT
  local text
  text=$(sed -n '/^criu-ns: .* failed: /,$p' "$DIR/err")
  [[ -n $text ]] || fail 'nothing is told'
  (($(wc -l <<<"$text") <= 12)) || fail 'more than 12 lines'
  [[ $text == *"$1"* ]] || fail "'$1' isn't told"
}

# Type what the last failure says.
paste_cure() {
  local line
  line=$(grep '^    ' "$DIR/err")
  equals "$(wc -l <<<"$line")" 1 'commands told'
  echo "$line" >"$DIR/cure"
  run_it bash "$DIR/cure"
}

# Dump what PID is, which fails; type what helps; sets COUNT.
dump_is_cured() { # TEXT [OPTION...]
  criu_ns dump -t "$PID" -D img "${@:2}"
  status_is 1
  told "$1"
  told 'the tree runs on unharmed'
  paste_cure
  status_is 0
  COUNT=$(read_count "$FILE")
  wait_ended "$PID"
}

runs_on_and_ends() { # [OPTION...] for restore
  restore_detached "$@"
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

# --- Dump ------------------------------------------------------------------------

@test "explain: a TCP connection" {
  start_trouble tcp
  mkdir img
  criu_ns dump -t "$PID" -D img
  status_is 1
  # CRIU before 4.2 and Linux from 6.16 on: no internet sockets at all.
  if ! has_criu 4.2 && grep -q 'Operation not supported' err; then
    told 'this criu is too old for a kernel from Linux 6.16 on'
    end_tree "$PID"
    return
  fi
  told 'TCP connections are open: fd '
  err_has "dump -t $PID -D img --tcp-close"
  # The other way that is told; closed ones keep the address busy for a minute.
  sed -i 's/--tcp-close/--tcp-established/' err
  # Without iptables, that would be next: it is told and cured as well.
  paste_cure
  status_is 0
  wait_ended "$PID"
  COUNT=$(read_count "$FILE")
  criu_ns restore -D img -d --pidfile "$DIR/pidfile" --no-record
  status_is 1
  told 'TCP connection'
  paste_cure
  status_is 0
  ROOT=$(<pidfile)
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "explain: a file lock" {
  start_trouble lock
  mkdir img
  dump_is_cured 'files are locked'
  runs_on_and_ends --file-locks
}

@test "explain: a deleted file that is too large" {
  start_trouble ghost
  mkdir img
  dump_is_cured 'a file is open whose name is deleted'
  runs_on_and_ends
}

@test "explain: a limit for deleted files that was too low gives way" {
  start_trouble ghost
  mkdir img
  dump_is_cured 'a file is open whose name is deleted' --ghost-limit 4096
  [[ $(<cure) != *4096* ]]
  runs_on_and_ends
}

@test "explain: a deleted file that has another name" {
  start_trouble remap
  mkdir img
  dump_is_cured 'a file is open by a name that is deleted while it has another one'
  runs_on_and_ends
}

@test "explain: one end of a unix connection, by its inode" {
  local ino peer
  start_trouble stream
  peer=$PID
  PID=$(children_of "$peer")
  mkdir img
  ino=$(readlink /proc/"$PID"/fd/* | sed -n 's/socket:\[\(.*\)\]/\1/p')
  dump_is_cured "socket $ino"
  grep -qF "'unix[$ino]'" cure
  kill -KILL "$peer"
  wait_ended "$peer"
}

@test "explain: a shell job" {
  start_alone script -qec "$HELPERS_DIR/counter $DIR/count" /dev/null
  FILE=$DIR/count
  wait_growing "$FILE"
  local script=$PID
  PID=$(pgrep -f "^$HELPERS_DIR/counter $FILE\$")
  mkdir img
  criu_ns dump -t "$PID" -D img
  status_is 1
  told 'criu-ns'
  paste_cure
  status_is 0
  wait_ended "$PID" "$script"
}

@test "explain: io_uring" {
  start_alone "$HELPERS_DIR/trouble" uring "$DIR/uring"
  FILE=$DIR/uring
  wait_growing "$FILE" || skip 'no io_uring here'
  mkdir img
  criu_ns dump -t "$PID" -D img
  status_is 1
  told io_uring
  told 'the tree runs on unharmed'
  end_tree "$PID"
}

@test "explain: who traces it" {
  start_alone "$HELPERS_DIR/trouble" traced "$DIR/traced"
  FILE=$DIR/traced
  wait_growing "$FILE"
  local tracer=$PID
  PID=$(children_of "$tracer")
  mkdir img
  criu_ns dump -t "$PID" -D img
  not status_is 0
  told "process $PID is traced by trouble (PID $tracer)"
  not err_has 'unharmed'
  kill -KILL "$tracer"
  wait_ended "$tracer"
  criu_ns dump -t "$PID" -D img
  status_is 0
  wait_ended "$PID"
}

@test "explain: a full disk, and the tree runs on" {
  start_counter count -m 4
  mkdir img
  mount -t tmpfs -o size=256k tmpfs img
  criu_ns dump -t "$PID" -D img
  umount img
  status_is 1
  told 'the disk for the image is full'
  told 'the tree runs on unharmed'
  criu_ns dump -t "$PID" -D img
  status_is 0
  wait_ended "$PID"
}

@test "explain: a capability is missing" {
  start_counter count
  mkdir img
  run_it setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace \
    "$CRIU_NS" dump -t "$PID" -D img
  not status_is 0
  err_has 'criu-ns: '
  wait_growing "$FILE"
  end_tree "$PID"
}

@test "explain: a criu that is none: what is known is said" {
  start_counter count
  mkdir img
  stand_in failing 42
  criu_ns dump -t "$PID" -D img --criu-binary ./failing
  status_is 42
  err_has "criu dump of process $PID failed with status 42"
  end_tree "$PID"
}

# --- Restore ---------------------------------------------------------------------

@test "explain: a PID that is taken, from plain criu's log" {
  dump_counter
  take_pid "$PID"
  plain_criu restore -D img -d -o restore.log
  status_is 1
  run_it "$CRIU_NS" explain img/restore.log
  status_is 0
  out_has "number $PID is taken by process $TAKER (sleep) of user root, for "
  out_has 'log: img/restore.log, line '
  sed -n 's/^    //p' out >cure
  # It restores in the foreground.
  "$HELPERS_DIR/alone" -k bash cure </dev/null >out 2>err &
  local shell=$!
  goes_on_from "$FILE" "$COUNT"
  kill_take
  pkill -KILL -f "^$HELPERS_DIR/counter $FILE\$"
  wait_status "$shell"
  status_is 137
}

@test "explain: a file of another size" {
  start_trouble extra
  dump "$PID" img
  echo more >>extra.x
  criu_ns restore -D img -d --pidfile "$DIR/pidfile"
  status_is 1
  told "which $PID has open, has changed: it has 11 bytes, and had 6"
  told 'nothing of it is left'
  paste_cure
  status_is 0
  equals "$(<extra.x.criu-ns-tail.1)" more
  end_tree "$(<pidfile)"
  runs_on_and_ends
}

@test "explain: a file that is not there" {
  start_trouble extra
  dump "$PID" img
  mv extra.x elsewhere
  criu_ns restore -D img -d --pidfile "$DIR/pidfile"
  status_is 1
  told "file ${FILE}.x, which the tree had open or mapped, is not there"
  mv elsewhere extra.x
  runs_on_and_ends
}

@test "explain: an image that is cut" {
  dump_counter
  truncate -s -1 img/mm-"$PID".img
  criu_ns restore -D img -d --no-image-check
  status_is 1
  told "mm-$PID.img ends after 1000 of 1001 bytes"
}

@test "explain: a log of level 4 in a file is read there" {
  start_trouble extra
  dump "$PID" img
  echo more >>extra.x
  criu_ns restore -D img -d -v4 -o restore.log
  status_is 1
  told 'has changed'
  local line
  line=$(sed -n 's/.*log: img.restore.log, line \([0-9]*\):.*/\1/p' err)
  sed -n "${line}p" img/restore.log | grep -q 'has bad size'
  criu_ns restore -D img -d -o restore.log
  line=$(sed -n 's/.*log: img.restore.log, line \([0-9]*\):.*/\1/p' err)
  sed -n "${line}p" img/restore.log | grep -q 'has bad size'
}

@test "explain: a log of level 4 in a file of an earlier run is not" {
  dump_counter
  echo 'Error (criu/x.c:1): Connected TCP socket in image' >img/restore.log
  stand_in failing 42
  criu_ns restore -D img -d -v4 -o restore.log --criu-binary ./failing
  status_is 42
  not err_has TCP
}

# --- How it is told ----------------------------------------------------------------

@test "explain: --no-explain leaves one line" {
  start_trouble lock
  mkdir img
  criu_ns dump -t "$PID" -D img -o dump.log --no-explain
  status_is 1
  one_line "criu dump of process $PID failed with status 1"
  end_tree "$PID"
}

@test "explain: --json is one object on stderr" {
  start_trouble lock
  mkdir img
  criu_ns dump -t "$PID" -D img -o dump.log --json
  status_is 1
  equals "$(wc -l <err)" 1 'lines on stderr'
  python3 -m json.tool <err >json
  grep -q '"id": "file-locks"' json
  grep -q '"--file-locks"' json
  grep -q '"log": "img/dump.log"' json
  [[ ! -s out ]]
  end_tree "$PID"
}

# The log of plain criu and ours, without what differs from run to run.
kinds() { # FILE
  sed -E 's/^\([0-9.]+\)//; s/CRIU run id.*//; s/[0-9a-fx]*[0-9][0-9a-fx]*/N/g' \
    "$1" | sort -u
}

@test "explain: the user's log is what criu would have written" {
  local level
  start_trouble lock
  for level in 0 1 2 3 4; do
    rm -rf plain img
    mkdir plain img
    plain_criu dump -t "$PID" -D plain -o dump.log -v$level
    status_is 1
    criu_ns dump -t "$PID" -D img -o dump.log -v$level
    status_is 1
    if ((level < 3)); then
      equals "$(kinds img/dump.log)" "$(kinds plain/dump.log)" "level $level"
    else
      # criu has written it; of what, differs from run to run.
      grep -q '^(00\.[0-9]*) Error .*file locks' img/dump.log
    fi
    equals "$(stat -c %a img/dump.log)" "$(stat -c %a plain/dump.log)" mode
    ((level > 2)) ||
      equals "$(wc -l <img/dump.log)" "$(wc -l <plain/dump.log)" lines
    told 'files are locked'
  done
  end_tree "$PID"
}

@test "explain: a log on stderr, on stdout, in a pipe" {
  start_trouble lock
  mkdir img
  criu_ns dump -t "$PID" -D img
  err_has 'Dumping FAILED.'
  [[ ! -s out ]]
  criu_ns dump -t "$PID" -D img -o -
  out_has 'Dumping FAILED.'
  not err_has 'Dumping FAILED.'
  criu_ns dump -t "$PID" -D img -v4
  err_has 'Dumping FAILED.'
  err_has '(00.'
  told 'files are locked'
  criu_ns dump -t "$PID" -D img -v0
  not err_has 'Dumping FAILED.'
  told 'files are locked'
  # shellcheck disable=SC2016 # for the inner shell
  run_it sh -c '"$@" 2>&1 | cat' sh "$CRIU_NS" dump -t "$PID" -D img \
    -o /dev/stderr -v4
  out_has '(00.'
  out_has 'Dumping FAILED.'
  out_has 'files are locked'
  end_tree "$PID"
}

@test "explain: an old log is cut when criu has opened it, not before" {
  start_counter count
  mkdir img
  seq 1000 >img/dump.log
  stand_in failing 42
  criu_ns dump -t "$PID" -D img -o dump.log --criu-binary ./failing
  status_is 42
  equals "$(wc -l <img/dump.log)" 1000 lines
  criu_ns dump -t "$PID" -D img -o dump.log -R
  status_is 0
  not grep -qx 1000 img/dump.log
  end_tree "$PID"
}

@test "explain: a log that can't be written: 125" {
  start_counter count
  mkdir img
  criu_ns dump -t "$PID" -D img -o missing/dump.log
  status_is 125
  err_has "cannot write log file 'img/missing/dump.log'"
  end_tree "$PID"
}

@test "explain: nothing that is restored holds the log" {
  dump_counter
  restore_detached
  local pid
  for pid in "$ROOT" "$INIT"; do
    not grep -q criu-ns-log <<<"$(descriptors_of "$pid")"
  done
  end_tree "$ROOT"
}

@test "explain: a run that succeeds says nothing" {
  dump_counter
  restore_detached -o restore.log
  [[ ! -s err && ! -s out ]]
  end_tree "$ROOT"
}

@test "explain: a failed check" {
  criu_ns check --feature nothing_of_that_name
  not status_is 0
  criu_ns check
  status_is 0
  out_has 'Looks good.'
}

# --- criu-ns explain -----------------------------------------------------------------

some_log() {
  cat <<'END'
Warn  (criu/kerndat.c:1470): Can't keep kdat cache on non-tempfs
Error (criu/tty.c:1926): tty: Found dangling tty with sid 7 pgid 7 (pts) on peer fd 0.
Error (criu/cr-dump.c:1545): Dump files (pid: 7) failed with -1
Error (criu/cr-dump.c:1975): Dumping FAILED.
END
}

@test "explain LOG, -, -D DIR, -o FILE, and the directory where one is" {
  mkdir img
  some_log >img/dump.log
  run_it "$CRIU_NS" explain img/dump.log
  status_is 0
  cp out first
  out_has '--shell-job'
  out_has 'log: img/dump.log, line 2: '
  run_it "$CRIU_NS" explain -D img
  status_is 0
  cmp out first
  run_it "$CRIU_NS" explain -D img -o dump.log
  cmp out first
  STDIN=img/dump.log run_it "$CRIU_NS" explain -
  status_is 0
  out_has 'log: line 2: '
  run_it env -C img "$CRIU_NS" explain
  status_is 0
}

@test "explain: the newest log is meant" {
  mkdir img
  echo >img/dump.log
  some_log >img/restore.log
  touch -d '1 hour ago' img/dump.log
  run_it "$CRIU_NS" explain -D img
  status_is 0
  touch -d '2 hours ago' img/restore.log
  run_it "$CRIU_NS" explain -D img
  status_is 1
}

@test "explain --all: fallout and noise, named as such" {
  some_log >log
  run_it "$CRIU_NS" explain --all log
  status_is 0
  out_has "harmless: Can't keep kdat cache"
  out_has 'follows from it: so the dump failed'
}

@test "explain --json: on stdout" {
  some_log >log
  run_it "$CRIU_NS" explain --json log
  status_is 0
  python3 -m json.tool <out >json
  grep -q '"id": "terminal-outside"' json
  [[ ! -s err ]]
}

@test "explain: what no rule knows: 1, and the line" {
  echo 'Error (criu/x.c:1): the moon is full' >log
  run_it "$CRIU_NS" explain log
  status_is 1
  out_has 'unexplained: the moon is full'
}

@test "explain: no error, no line: 1" {
  echo '(00.01234) Version: 4.2 (gitid 0)' >log
  run_it "$CRIU_NS" explain log
  status_is 1
  one_line 'no error'
  : >log
  run_it "$CRIU_NS" explain log
  status_is 1
  one_line 'is empty'
  dump_counter -s USR1
  plain_criu restore -D img -d -v4 -o restore.log
  status_is 0
  run_it "$CRIU_NS" explain img/restore.log
  status_is 1
  one_line 'succeeded'
  kill -KILL "$PID"
}

@test "explain: misuse is 125" {
  run_it "$CRIU_NS" explain nothing
  status_is 125
  one_line "cannot open log 'nothing'"
  run_it "$CRIU_NS" explain -D nothing
  status_is 125
  mkdir empty
  run_it "$CRIU_NS" explain -D empty
  status_is 125
  run_it "$CRIU_NS" explain a b
  status_is 125
  run_it "$CRIU_NS" explain a -D empty
  status_is 125
  run_it "$CRIU_NS" explain empty
  status_is 125
}

@test "explain: without root, and what a log holds steers no terminal" {
  printf 'Error (criu/x.c:1): a\033[2Jb\n' >log
  chmod 755 . .. && chmod 644 log
  run_it "$CRIU_NS" explain log
  out_has 'a?[2Jb'
  cp "$CRIU_NS" criu-ns
  STDIN=log run_it setpriv --reuid 65534 --clear-groups ./criu-ns explain -
  status_is 1
  out_has 'a?[2Jb'
}
