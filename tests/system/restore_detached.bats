#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# restore -d, in every spelling, and --pidfile.
load helpers

# With these arguments criu-ns returns, and the tree runs.
detaches() { # ARGUMENT...
  rm -f "$DIR/pidfile"
  criu_ns "$@" --pidfile "$DIR/pidfile"
  status_is 0
  ROOT=$(<"$DIR/pidfile")
  wait_running "$ROOT"
  equals "$(title_of "$(parent_of "$ROOT")")" \
    "criu-ns: init $DIR/img root=$(inner_pid_of "$ROOT") how=restored generation=1 checkpoint=----------"
  end_tree "$ROOT"
}

# With these arguments criu-ns stays, and ends with the program's status.
stays() { # ARGUMENT...
  rm -f "$DIR/pidfile"
  start_criu_ns "$@" --pidfile "$DIR/pidfile"
  wait_running_below "$LAUNCHER"
  wait_until 5 test -s "$DIR/pidfile"
  equals "$(<"$DIR/pidfile")" "$ROOT"
  kill -USR1 "$ROOT"
  wait_launcher
  status_is 7
}

@test "restore -d, --restore-detached and its abbreviations" {
  dump_counter
  detaches restore -D img -d
  detaches -d restore -D img
  detaches restore -D img --restore-detached
  detaches restore -D img --restore-d
  detaches restore -D img --restore-det
}

@test "restore -d in a cluster of short options" {
  dump_counter
  detaches restore -dDimg
  detaches restore -dv4 -D img
  detaches restore -lvdDimg -ldD img
  detaches restore -dlD img
}

@test "restore --daemon is -d" {
  dump_counter
  detaches restore -D img --daemon
  detaches restore -D img --daem
}

@test "restore: -vd is a verbosity of 'd', not -d, as criu has it" {
  dump_counter -e 7
  stays restore -D img -vd
}

@test "restore -d from a file named by --config" {
  dump_counter
  printf '# ours\nrestore-detached\n' >conf
  detaches restore -D img --config conf
  detaches restore -D img --config="$DIR/conf"
}

@test "restore -d from \$CRIU_CONFIG_FILE" {
  dump_counter
  echo 'restore-detached' >conf
  export CRIU_CONFIG_FILE=$DIR/conf
  detaches restore -D img
  unset CRIU_CONFIG_FILE
}

@test "restore -d from ~/.criu/default.conf" {
  dump_counter -e 7
  mkdir -p home/.criu
  echo 'restore-detached' >home/.criu/default.conf
  export HOME=$DIR/home
  detaches restore -D img
  stays restore -D img --no-default-config
}

@test "restore --no-restore-detached takes -d back" {
  dump_counter -e 7
  has_criu 3.18 || skip 'criu without --no-restore-detached'
  echo 'restore-detached' >conf
  stays restore -D img -d --no-restore-detached
  stays restore -D img --config conf --no-restore-detached
  detaches restore -D img --no-restore-detached -d
}

@test "x=\$(criu-ns restore -d) returns, and the tree runs" {
  local x
  dump_counter
  x=$(timeout --foreground 20 "$CRIU_NS" restore -D img -d -o restore.log \
    --pidfile pid 2>&1 3>&- 4>&-)
  equals "$x" ''
  wait_running "$(<img/pid)"
  end_tree "$(<img/pid)"
}

@test "restore -d: the tree runs when it returns" {
  local n
  dump_counter
  restore_detached
  n=$(state_of "$ROOT")
  [[ $n == [SR] ]]
  is_init "$INIT"
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "restore -d: criu's failure is the status" {
  dump_counter
  : >"$FILE"
  criu_ns restore -D img -d --pidfile pid
  status_is 1
  err_has "criu-ns: restore from $DIR/img failed: "
  [[ ! -e img/pid ]]
}

# --- --pidfile ---------------------------------------------------------------

# The pidfile is right and nothing else is in its directory.
pidfile_is() { # PATH
  [[ -f $1 ]]
  equals "$(title_of "$(<"$1")")" "$HELPERS_DIR/counter $FILE"
  equals "$(inner_pid_of "$(<"$1")")" "$PID"
  end_tree "$(<"$1")"
  rm "$1"
}

@test "restore --pidfile: the PID as it is seen here" {
  dump_counter
  take_pid "$PID"
  criu_ns restore -D img -d --pidfile pid
  status_is 0
  [[ $(<img/pid) != "$PID" ]]
  wait_running "$(<img/pid)"
  pidfile_is img/pid
  kill_take
}

@test "restore --pidfile: relative to -W, else to -D, else to ." {
  dump_counter
  mkdir work
  criu_ns restore -D img -d -W work --pidfile pid
  pidfile_is work/pid
  [[ ! -e img/pid ]]
  criu_ns restore -d -D img --pidfile pid
  pidfile_is img/pid
  mkdir img/sub
  criu_ns restore -d -D img --pidfile=./sub/pid
  pidfile_is img/sub/pid
  cd img
  criu_ns restore -d --pidfile pid
  pidfile_is pid
}

@test "restore --pidfile: absolute" {
  dump_counter
  mkdir work elsewhere
  criu_ns restore -D img -d -W work --pidfile "$DIR/elsewhere/pid"
  pidfile_is elsewhere/pid
  rmdir elsewhere
  [[ ! -e work/pid && ! -e img/pid ]]
}

@test "restore --pidfile: in the foreground as well" {
  dump_counter -e 7
  restore_in_foreground --pidfile pid
  wait_until 5 test -s img/pid
  equals "$(<img/pid)" "$ROOT"
  kill -USR1 "$ROOT"
  wait_launcher
  status_is 7
}

@test "restore --pidfile replaces an old one" {
  dump_counter
  echo 999999 >img/pid
  ln img/pid old
  criu_ns restore -D img -d --pidfile pid
  status_is 0
  equals "$(<old)" 999999 # by another file, not by writing into it
  pidfile_is img/pid
}

@test "restore --pidfile: none when criu fails" {
  dump_counter
  : >"$FILE"
  ls -A img >before
  criu_ns restore -D img -d --pidfile pid
  status_is 1
  equals "$(ls -A img)" "$(<before)"
  criu_ns restore -D img --pidfile pid
  status_is 1
  equals "$(ls -A img)" "$(<before)"
}

@test "restore --pidfile: none when the image is not there" {
  mkdir img
  criu_ns restore -D img -d --pidfile pid
  status_is 125
  rmdir img
}

@test "restore --pidfile in a directory that is not there: 125, nothing runs" {
  dump_counter
  stand_in criu 3
  criu_ns restore -D img -d --criu-binary ./criu --pidfile none/pid
  status_is 125
  one_line "pidfile 'none/pid'"
  one_line 'No such file or directory'
  criu_ns restore -D img -d --criu-binary ./criu --pidfile "$DIR/none/pid"
  status_is 125
  [[ ! -e criu.ran ]]
}

@test "restore --pidfile is a directory, or in no directory: 125, nothing runs" {
  dump_counter
  stand_in criu 3
  mkdir dir
  for path in "$DIR/dir" "$DIR/dir/" "$FILE/pid"; do
    criu_ns restore -D img -d --criu-binary ./criu --pidfile "$path"
    status_is 125
    one_line "$path"
  done
  [[ ! -e criu.ran ]]
  rmdir dir
}

@test "restore --pidfile on a full file system: 125, nothing runs" {
  dump_counter
  stand_in criu 3
  mkdir fs
  mount -t tmpfs -o size=4k none fs
  head -c 4096 /dev/zero >fs/full
  criu_ns restore -D img -d --criu-binary ./criu --pidfile "$DIR/fs/pid"
  status_is 125
  one_line 'No space left on device'
  [[ ! -e criu.ran ]]
  equals "$(ls -A fs)" full
  umount fs
}

@test "restore --pidfile where files without a name can't be had" {
  dump_counter
  mkdir lower upper work merged
  # overlayfs on tmpfs
  mkdir fs
  mount -t tmpfs none fs
  mkdir fs/{lower,upper,work}
  mount -t overlay -o "lowerdir=fs/lower,upperdir=fs/upper,workdir=fs/work" \
    none merged || {
    umount fs
    skip 'no overlayfs'
  }
  criu_ns restore -D img -d --pidfile "$DIR/merged/pid"
  status_is 0
  ROOT=$(<merged/pid)
  equals "$(ls -A merged)" pid
  umount merged fs
  wait_running "$ROOT"
  end_tree "$ROOT"
}

@test "restore --pidfile: an old one does not survive a failure" {
  dump_counter
  echo 4242 >old
  mkdir empty
  criu_ns restore -D empty -d --pidfile "$DIR/old"
  status_is 125
  [[ ! -e old ]]
  echo 4242 >old
  criu_ns restore -D img -d --pidfile "$DIR/old" --lsm-profile nonsense
  status_is 1
  [[ ! -e old ]]
}
