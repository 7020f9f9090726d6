#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# --rewind-files: what a program went on to write after its dump.
# shellcheck disable=SC2034,SC2153 # FILE and STATUS are the helpers'
load dump

# A program that writes to files here, in the way that their names tell (see
# writer.c).  Sets PID and FILE, the first of them.
start_writer() { # NAME...
  FILE=$DIR/$1
  start_alone "$HELPERS_DIR/writer" "${@/#/$DIR/}"
  wait_lines "$FILE" 10
}
lines_of() { wc -l <"$1"; } # FILE
more_lines() { [[ -e $1 ]] && (($(lines_of "$1") > $2)); }
wait_lines() { wait_until 20 more_lines "$1" "$2"; } # FILE N

# Dumped into img, it goes on, and ends later.  What the files of NAME... hold
# then is in all.NAME, too.
dump_and_go_on() { # NAME...
  local name lines
  lines=$(lines_of "$FILE")
  mkdir -p img
  criu_ns dump -t "$PID" -R -D img
  status_is 0
  wait_lines "$FILE" $((lines + 20))
  end_tree "$PID"
  save_all "$@"
}
save_all() { # NAME...
  local name
  for name; do cp "$DIR/$name" "$DIR/all.$name"; done
}

# What was to be restored is as it was.
untouched() { # NAME...
  local name
  for name; do cmp "$DIR/$name" "$DIR/all.$name" || return; done
  equals "$(find . -name '*.criu-ns-*')" '' tails
}

# The size that FILE is said to have had, and now has no more.
put_back_to() { # NAME TAIL
  sed -n "s|.*'$DIR/$1' is put back from $(stat -c %s "all.$1") to \([0-9]*\) bytes.* (the rest is in '$DIR/$2')\$|\1|p" err
}

# FILE lost its end, which is in TAIL, and has grown from there.  Nothing was
# lost, nothing comes twice.
rewound() { # NAME TAIL
  local size
  size=$(put_back_to "$1" "$2")
  [[ $size ]] || fail "it isn't said that $1 was put back" || return
  head -c "$size" "all.$1" | cmp -n "$size" - "$1" || return
  tail -c +$((size + 1)) "all.$1" | cmp - "$2" || return
  wait_until 20 more_lines "$1" "$(lines_of "all.$1")" || return
  counts_on "$1"
}
# 1 2 3 ...; the last line may be half written.
counts_on() { # NAME
  awk -v name="$1" '$1 != NR { last = NR }
    END { exit last && last < NR }' "$1" || fail "$1: $(tail -n 3 "$1")"
}

come_back() { # [OPTION...]
  criu_ns restore -D img -d --pidfile "$DIR/pidfile" "$@"
  status_is 0 || return
  ROOT=$(<pidfile)
}
refused() { # TEXT...: none of it has happened
  local text
  criu_ns restore -D img -d --rewind-files "${OPTIONS[@]}"
  status_is 125 || return
  for text; do err_has "$text" || return; done
}
OPTIONS=()

@test "rewind: a restore that fails lists what has grown, and names the option" {
  local name
  start_writer place both append
  dump_and_go_on place both append
  criu_ns restore -D img -d
  status_is 1
  for name in place both; do
    grep -q "'$DIR/$name', which $PID has open, has changed: it has $(
      stat -c %s "all.$name"
    ) bytes, and had [0-9]*\$" err
  done
  equals "$(grep -c "restore -D img --restore-detached --rewind-files" err)" 2
  untouched place both append
  criu_ns check -D img
  status_is 1
  out_has "criu-ns restore -D img --rewind-files"
  criu_ns check -D img --rewind-files
  status_is 0
  untouched place both append
}

@test "rewind: files written at their offset, and appended to" {
  local name
  start_writer place both append read.me
  dump_and_go_on place both append
  come_back --rewind-files
  for name in place both append; do rewound "$name" "$name.criu-ns-tail.1"; done
  end_tree "$ROOT"
  [[ ! -e read.me.criu-ns-tail.1 ]]
}

@test "rewind: the command that restore and check print" {
  start_writer place
  dump_and_go_on place
  criu_ns check -D img
  sed -n 's/^    //p' out | sed "s|\$| -d --pidfile '$DIR/pidfile'|" >cure
  run_it sh ./cure
  status_is 0
  ROOT=$(<pidfile)
  rewound place place.criu-ns-tail.1
  end_tree "$ROOT"
}

@test "rewind: an image that nothing has happened to" {
  start_writer place append
  ns_dump "$PID" img
  save_all place append
  cp place all.place
  come_back --rewind-files
  equals "$(grep -c criu-ns err)" 0
  wait_lines place "$(lines_of all.place)"
  end_tree "$ROOT"
  counts_on place && counts_on append
  [[ ! -e place.criu-ns-tail.1 ]]
}

@test "rewind: twice from one image" {
  start_writer place append
  dump_and_go_on place append
  come_back --rewind-files
  rewound place place.criu-ns-tail.1
  wait_lines place $(($(lines_of all.place) + 10))
  end_tree "$ROOT"
  cp place.criu-ns-tail.1 first
  save_all place append
  come_back --rewind-files
  rewound place place.criu-ns-tail.2
  rewound append append.criu-ns-tail.2
  cmp place.criu-ns-tail.1 first
  end_tree "$ROOT"
}

@test "rewind: a file that has shrunk: nothing is changed" {
  start_writer place both
  dump_and_go_on place both
  echo short >place
  save_all place both
  refused "cannot rewind '$DIR/place': it has 6 bytes, and had " 'no file was changed'
  untouched place both
  equals "$(grep -c 'is put back' err)" 0
  # The other one can be put back.
  criu_ns check -D img --rewind-files
  status_is 1
  out_has "'$DIR/place', which $PID has open, has changed: it has 6 bytes"
  not out_has "'$DIR/both'"
}

@test "rewind: files that are missing, or are other ones now" {
  start_writer place both other
  dump_and_go_on place both other
  rm place
  mkdir real
  mv both real/
  ln -s real/both both
  rm other
  mkfifo other
  refused "cannot rewind '$DIR/place': No such file" \
    "cannot rewind '$DIR/both': " "(there was no symbolic link in this path at the dump)" \
    "cannot rewind '$DIR/other': Invalid argument"
  cmp real/both all.both
}

@test "rewind: a directory that is a symbolic link now" {
  mkdir -p work
  start_writer work/place
  mkdir all.work
  dump_and_go_on work/place
  mv work elsewhere
  ln -s elsewhere work
  refused "cannot rewind '$DIR/work/place': " '(there was no symbolic link in this'
  cmp elsewhere/place all.work/place
}

@test "rewind: somebody still writes: it is named, nothing is changed" {
  start_writer place both
  dump_and_go_on place both
  start_alone sh -c 'exec 5>>place; exec sleep 1000'
  wait_until 5 is_sleep "$PID"
  refused "cannot rewind '$DIR/place': process $PID (sleep) has it open to write (end it first" \
    'no file was changed'
  untouched place both
  not err_has "$DIR/both"
  end_tree "$PID"
  come_back --rewind-files
  rewound place place.criu-ns-tail.1
  end_tree "$ROOT"
}

@test "rewind: the program that was dumped still runs" {
  start_writer place append
  mkdir -p img
  criu_ns dump -t "$PID" -R -D img
  wait_lines place $(($(lines_of place) + 5))
  refused "cannot rewind '$DIR/place': process $PID (writer) has it open to write" \
    "cannot rewind '$DIR/append': process $PID (writer) has it open to write"
  end_tree "$PID"
  counts_on place && counts_on append
}

child_has() { # FD: the first child of PID
  local child
  child=$(children_of "$PID") && [[ -e /proc/${child%% *}/fd/$1 ]]
}

@test "rewind: somebody writes who is not seen, and by a mapping" {
  start_writer place map
  dump_and_go_on place map
  echo more >>map
  # It ends with the descriptor that this shell has of its input.
  mkfifo go
  start_alone unshare -pf --mount-proc sh -c 'exec 5>>place; read -r x <go'
  exec 7<>go
  wait_until 5 child_has 5
  # From inside of another pid namespace it isn't seen.
  run_it unshare -pf --mount-proc "$CRIU_NS" restore -D img -d --rewind-files
  status_is 125
  err_has "cannot rewind '$DIR/place': a process that can't be seen from here"
  not err_has "$DIR/map"
  echo x >&7
  exec 7>&-
  wait_ended "$PID"
  start_alone "$HELPERS_DIR/writer" "$DIR/map" "$DIR/other"
  wait_lines other 5
  echo more >>map
  refused "cannot rewind '$DIR/map': a process that can't be seen from here has it open to write, or has it mapped"
  end_tree "$PID"
}

@test "rewind: those who look on, and our own output, are nobody who writes" {
  start_writer append
  dump_and_go_on append
  start_alone tail -f append
  # shellcheck disable=SC2016 # for the inner shell
  run_it bash -c 'exec >>append; "$@"; exit' sh "$CRIU_NS" restore -D img -d \
    --pidfile "$DIR/pidfile" --rewind-files
  status_is 0
  ROOT=$(<pidfile)
  rewound append append.criu-ns-tail.1
  end_tree "$ROOT"
  end_tree "$PID"
}

@test "rewind: no room for the copies: nothing is changed" {
  mkdir small
  mount -t tmpfs -o size=64k tmpfs small
  start_writer place small/place
  mkdir all.small
  dump_and_go_on place small/place
  head -c 40000 /dev/zero >>small/place
  save_all place small/place
  refused "cannot keep the end of '$DIR/small/place' in a file beside it: No space left on device (no file was changed)"
  untouched place small/place
  umount small
}

@test "rewind: a file that is only read, and has grown" {
  echo 'what it reads' >read.me
  start_writer place read.me
  dump_and_go_on place read.me
  echo more >>read.me
  save_all read.me
  criu_ns check -D img --rewind-files
  status_is 1
  out_has "'$DIR/read.me', which $PID has open, has changed: it has 19 bytes, and had 14"
  out_has 'truncate -s 14'
  criu_ns restore -D img -d --rewind-files
  status_is 1
  err_has "'$DIR/read.me', which $PID has open, has changed"
  cmp read.me all.read.me
  # What was put back stays so, and the rest is there.
  cat place place.criu-ns-tail.1 | cmp - all.place
}

@test "rewind: one file under several descriptors and names" {
  start_writer place
  ln place too
  end_tree "$PID"
  start_writer place too both
  dump_and_go_on place both
  come_back --rewind-files
  equals "$(grep -c 'is put back' err)" 2
  equals "$(find . -name '*.criu-ns-tail.*' | wc -l)" 2
  wait_running "$ROOT"
  end_tree "$ROOT"
}

@test "rewind: owner and mode of the rest are the file's" {
  start_writer place
  chown 1234:4321 place
  chmod 4750 place
  dump_and_go_on place
  come_back --rewind-files
  rewound place place.criu-ns-tail.1
  equals "$(stat -c '%u %g %a' place.criu-ns-tail.1)" '1234 4321 640'
  end_tree "$ROOT"
}

@test "rewind: no name is taken that somebody has" {
  start_writer place
  dump_and_go_on place
  echo precious >precious
  ln -s precious place.criu-ns-tail.1
  ln -s nowhere place.criu-ns-tail.2
  mkdir place.criu-ns-tail.3
  come_back --rewind-files
  rewound place place.criu-ns-tail.4
  equals "$(<precious)" precious
  [[ ! -e nowhere ]]
  end_tree "$ROOT"
}

# restore under strace, in the foreground until it runs; what -P names is the
# directory of the file.
come_back_traced() { # STRACE_OPTION...
  rm -f pidfile
  traced -qq -o /dev/null "$@" "$CRIU_NS" restore -D img --rewind-files -d \
    --pidfile "$DIR/pidfile"
  status_is 0 || return
  ROOT=$(<pidfile)
}

@test "rewind: a file system without nameless files, and without renameat2" {
  local error
  mkdir work all.work
  start_writer work/place
  dump_and_go_on work/place
  for error in EOPNOTSUPP EISDIR EINVAL; do
    cp all.work/place work/place
    come_back_traced -P "$DIR/work" -e trace=openat,renameat2 \
      -e inject=openat:error=$error:when=1 \
      -e inject=renameat2:error=EINVAL:when=$((error == EINVAL ? 1 : 9))
    rewound work/place work/place.criu-ns-tail.1
    end_tree "$ROOT"
    equals "$(find . -name '*.criu-ns-*')" ./work/place.criu-ns-tail.1
    rm work/place.criu-ns-tail.1
  done
}

@test "rewind: killed at any step, no byte is lost" {
  local step call n file size
  start_writer place both
  dump_and_go_on place both
  # Each call that changes or syncs something: so many there are.
  for step in fchown:2 fchmod:2 linkat:2 fsync:6 ftruncate:4; do
    call=${step%:*}
    for ((n = 1; n <= ${step#*:}; n++)); do
      cp all.place place
      cp all.both both
      rm -f ./*.criu-ns-*
      traced -qq -o /dev/null -e trace="$call" \
        -e inject="$call:signal=KILL:when=$n" "$CRIU_NS" restore -D img \
        --rewind-files -d
      status_is 137
      for file in place both; do
        size=$(stat -c %s $file)
        cmp -n "$size" $file all.$file
        ((size < $(stat -c %s all.$file))) || continue
        cat $file $file.criu-ns-tail.1 | cmp - all.$file
      done
    done
  done
  # That was the last one.
  cmp place all.place
  not cmp -s both all.both
}

@test "rewind: errors on the way leave the files as they are" {
  local what
  start_writer place both
  dump_and_go_on place both
  for what in fchown:error=EPERM fchmod:error=EIO fsync:error=EIO \
    linkat:error=EDQUOT:when=2 fsync:error=EIO:when=4; do
    traced -qq -o /dev/null -e trace="${what%%:*}" -e inject="$what" \
      "$CRIU_NS" restore -D img --rewind-files -d
    status_is 125
    err_has 'no file was changed'
    untouched place both
  done
}

@test "rewind: file systems that copy only by hand" {
  start_writer place
  dump_and_go_on place
  come_back_traced -e trace=copy_file_range,lseek \
    -e inject=copy_file_range:error=EXDEV -e inject=lseek:error=EINVAL
  rewound place place.criu-ns-tail.1
  end_tree "$ROOT"
}

@test "rewind: a large rest with holes" {
  start_writer place
  dump_and_go_on place
  truncate -s 3G place
  echo end >>place
  truncate -s 4G place
  come_back --rewind-files
  equals "$(stat -c %s place.criu-ns-tail.1)" \
    $((4 * 1024 * 1024 * 1024 - $(sed -n 's/.* to \([0-9]*\) bytes.*/\1/p' err)))
  (($(stat -c %b place.criu-ns-tail.1) < 2048))
  equals "$(tr -d '\0' <place.criu-ns-tail.1 | tail -n 1)" end
  end_tree "$ROOT"
}

@test "rewind: a shared mapping" {
  start_writer place map
  dump_and_go_on place map
  echo more >>map
  criu_ns check -D img
  status_is 1
  out_has "'$DIR/map', which $PID executes or maps, has changed: it has 4101 bytes, and had 4096"
  out_has 'restore -D img --rewind-files'
  not out_has 'truncate -s 4096'
  come_back --rewind-files
  rewound place place.criu-ns-tail.1
  equals "$(stat -c %s map)" 4096
  equals "$(<map.criu-ns-tail.1)" more
  end_tree "$ROOT"
}

@test "rewind: deleted files stay in the image" {
  start_writer place gone
  dump_and_go_on place
  come_back --rewind-files
  rewound place place.criu-ns-tail.1
  equals "$(grep -c 'is put back' err)" 1
  end_tree "$ROOT"
}

@test "rewind: a file that a link of criu's keeps" {
  local link
  start_writer place
  end_tree "$PID"
  : >other.name
  ln other.name gone
  start_writer place gone
  ns_dump "$PID" img --link-remap
  link=$(find "$DIR" -name 'link_remap.*')
  [[ -f $link ]]
  echo more >>other.name
  come_back --rewind-files
  err_has "'$link' is put back"
  equals "$(<"$link.criu-ns-tail.1")" more
  wait_lines other.name "$(lines_of place)"
  end_tree "$ROOT"
  counts_on other.name
}

@test "rewind: with --root, and a mount of the tree's own" {
  mkdir newroot inside
  start_alone "$HELPERS_DIR/nsrun" -t "$DIR/inside" "$HELPERS_DIR/writer" \
    "$DIR/place" "$DIR/inside/place"
  RUNNER=$PID
  wait_lines place 5
  find_target "$HELPERS_DIR/writer"
  mkdir img
  mkdir -p img
  criu_ns dump -t "$PID" -R -D img
  status_is 0
  wait_lines place $(($(lines_of place) + 20))
  end_tree "$RUNNER"
  save_all place
  restore_on_root img --external 'mnt[]:sm' --rewind-files
  err_has "'$DIR/inside/place' is left as it is: it is on a mount of the tree's own"
  [[ -s place.criu-ns-tail.1 ]]
  wait_until 20 more_lines place "$(lines_of all.place)"
  counts_on place
  end_tree "$ROOT"
}

@test "rewind: what criu gets from the caller instead is left alone" {
  start_writer place both
  dump_and_go_on place both
  # shellcheck disable=SC2016 # for the inner shell
  run_it bash -c 'exec 7>>other; "$@"' sh "$CRIU_NS" restore -D img -d \
    --pidfile "$DIR/pidfile" --rewind-files --inherit-fd "fd[7]:${DIR#/}/place"
  status_is 0
  ROOT=$(<pidfile)
  cmp place all.place
  rewound both both.criu-ns-tail.1
  wait_lines other 3
  end_tree "$ROOT"
}

@test "rewind: many files, and few descriptors" {
  local names=()
  mapfile -t names < <(seq -f 'f%g' 63)
  start_writer "${names[@]}"
  dump_and_go_on "${names[@]}"
  # shellcheck disable=SC2016 # for the inner shell
  run_it bash -c 'ulimit -Sn 180; "$@"' sh "$CRIU_NS" restore -D img -d \
    --pidfile "$DIR/pidfile" --rewind-files
  status_is 0
  ROOT=$(<pidfile)
  equals "$(grep -c 'is put back' err)" 63
  rewound f63 f63.criu-ns-tail.1
  end_tree "$ROOT"
}

@test "rewind: where stderr is one of the files, nothing is written to it" {
  start_writer place
  dump_and_go_on place
  # shellcheck disable=SC2016 # for the inner shell
  run_it bash -c '"$@" 2>>place' sh "$CRIU_NS" restore -D img -d -v0 \
    --pidfile "$DIR/pidfile" --rewind-files
  status_is 0
  ROOT=$(<pidfile)
  cat place.criu-ns-tail.1 >>rest
  wait_until 20 more_lines place "$(lines_of all.place)"
  counts_on place
  tail -c "$(stat -c %s rest)" all.place | cmp - rest
  end_tree "$ROOT"
}

@test "rewind: run continues a job that went on after its last checkpoint" {
  FILE=$DIR/place
  start_criu_ns run -D ckpt -- "$HELPERS_DIR/writer" "$FILE" "$DIR/append"
  wait_until 20 init_is_there "$LAUNCHER"
  wait_lines "$FILE" 10
  kill -USR1 "$LAUNCHER"
  wait_until 20 test -s ckpt/criu-ns.conf
  wait_lines "$FILE" $(($(lines_of "$FILE") + 20))
  kill -KILL "$INIT"
  wait_launcher
  wait_ended "$INIT"
  save_all place append
  criu_ns run -D ckpt -- "$HELPERS_DIR/writer" "$FILE" "$DIR/append"
  status_is 125
  err_has '--rewind-files'
  untouched place append
  start_criu_ns run -D ckpt --rewind-files -- "$HELPERS_DIR/writer" "$FILE" \
    "$DIR/append"
  wait_until 20 init_is_there "$LAUNCHER"
  # Its stderr is run's: nothing is said.
  local name size
  for name in place append; do
    size=$(($(stat -c %s "all.$name") - $(stat -c %s "$name.criu-ns-tail.1")))
    head -c "$size" "all.$name" | cat - "$name.criu-ns-tail.1" |
      cmp - "all.$name"
    wait_until 20 more_lines "$name" "$(lines_of "all.$name")"
    counts_on "$name"
  done
  kill -KILL "$ROOT"
  wait_launcher
  status_is 137
}

@test "rewind: where it can't be had" {
  mkdir img
  OPTIONS=(--stream)
  refused '--rewind-files and --stream'
  criu_ns dump -t $$ --rewind-files
  status_is 125
  err_has 'option --rewind-files is not for dump'
  start_writer place
  dump_and_go_on place
  truncate -s 20 img/files.img
  OPTIONS=(--no-image-check)
  refused 'cannot rewind files'
  untouched place
}
