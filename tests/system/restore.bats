#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# restore: PIDs that are taken, exit statuses, image directories, criu's
# failures.
load helpers

# --- PIDs --------------------------------------------------------------------

@test "restore: the PID of the root is taken" {
  dump_counter
  take_pid "$PID"
  plain_criu restore -D img -d
  status_is 1
  err_has "Can't fork for $PID: File exists"

  restore_detached
  equals "$(inner_pid_of "$ROOT")" "$PID"
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
  kill_take
}

@test "restore: the PID of a child is taken" {
  local child n
  start_counter count -c 1
  child=$(children_of "$PID")
  wait_growing "$FILE.child1"
  dump "$PID" img
  n=$(read_count "$FILE.child1")
  take_pid "$child"
  plain_criu restore -D img -d
  status_is 1
  err_has "Can't fork for $child: File exists"

  restore_detached
  goes_on_from "$FILE" "$COUNT"
  goes_on_from "$FILE.child1" "$n"
  equals "$(inner_pid_of "$(children_of "$ROOT")")" "$child"
  end_tree "$ROOT"
  kill_take
}

@test "restore: the ID of a thread is taken" {
  local tid n
  start_counter count -t 1
  wait_growing "$FILE.thread1"
  tid=$(cd "/proc/$PID/task" && printf '%s\n' * | grep -vx "$PID")
  dump "$PID" img
  n=$(read_count "$FILE.thread1")
  take_pid "$tid"
  plain_criu restore -D img -d
  status_is 1
  err_has 'Unable to create a thread: -17'

  restore_detached
  goes_on_from "$FILE" "$COUNT"
  goes_on_from "$FILE.thread1" "$n"
  [[ -e /proc/$ROOT/task ]]
  equals "$(grep -h '^NSpid' /proc/"$ROOT"/task/*/status |
    awk '{ print $NF }' | xargs)" "$PID $tid"
  end_tree "$ROOT"
  kill_take
}

@test "restore: the image names PID 2, that of criu in other hands" {
  local images=$DIR/img outer world
  FILE=$DIR/count
  # PID 1 stays until the dump is complete: criu would end with it.
  start_alone unshare -pmf --mount-proc sh -c \
    "$(printf '%q ' "$HELPERS_DIR/alone" "$HELPERS_DIR/counter" "$FILE")& exec sleep 1000"
  world=$PID
  wait_growing "$FILE"
  outer=$(descendants_of "$PID" | tail -n 1)
  equals "$(inner_pid_of "$outer")" 2
  mkdir img
  criu_ns dump -t "$outer" -D "$images"
  status_is 0
  COUNT=$(read_count "$FILE")
  wait_ended "$outer"
  end_tree "$world"

  restore_detached
  equals "$(inner_pid_of "$ROOT")" 2
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "restore: a zombie of the tree comes back as one" {
  start_counter count -z -c 1
  dump "$PID" img
  restore_detached
  wait_until 5 has_zombie "$ROOT"
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "restore: two trees from two images at once" {
  local first second one two
  start_counter one
  first=$FILE
  dump "$PID" img1
  one=$COUNT
  start_counter two
  second=$FILE
  dump "$PID" img2
  two=$COUNT
  criu_ns restore -D img1 -d --pidfile pid
  status_is 0
  criu_ns restore -D img2 -d --pidfile pid
  status_is 0
  goes_on_from "$first" "$one"
  goes_on_from "$second" "$two"
  end_tree "$(<img1/pid)"
  wait_growing "$second"
  end_tree "$(<img2/pid)"
}

@test "restore: one image twenty times at the same time" {
  local i pid launchers=()
  dump_counter
  for i in {1..20}; do
    start_criu_ns restore -D img -d --pidfile "$DIR/pid$i"
    launchers+=("$LAUNCHER")
  done
  for LAUNCHER in "${launchers[@]}"; do
    wait_status "$LAUNCHER"
    status_is 0
  done
  equals "$(sort -u <(awk 1 pid*) | wc -l)" 20 'number of PIDs'
  for i in {1..20}; do
    pid=$(<"pid$i")
    equals "$(inner_pid_of "$pid")" "$PID"
    equals "$(title_of "$pid")" "$HELPERS_DIR/counter $FILE"
    wait_running "$pid"
  done
  for i in {1..20}; do end_tree "$(<"pid$i")"; done
}

@test "restore: root that wants a signal when its parent ends, twice" {
  start_counter count -p TERM
  dump "$PID" img
  restore_detached
  goes_on_from "$FILE" "$COUNT"
  mkdir img2
  criu_ns dump -t "$ROOT" -D img2
  status_is 0
  wait_ended "$ROOT" "$INIT"
  COUNT=$(read_count "$FILE")
  restore_detached -D img2
  goes_on_from "$FILE" "$COUNT"
  equals "$(inner_pid_of "$ROOT")" "$PID"
  end_tree "$ROOT"
}

# --- Exit statuses -----------------------------------------------------------

# The counter ends with STATUS, and so has criu-ns to end.
ends_with() { # STATUS
  dump_counter -e "$1"
  restore_in_foreground
  goes_on_from "$FILE" "$COUNT"
  kill -USR1 "$ROOT"
  wait_launcher
  status_is "$1"
}
@test "restore ends with the program's own status: 0" { ends_with 0; }
@test "restore ends with the program's own status: 7" { ends_with 7; }
@test "restore ends with the program's own status: 255" { ends_with 255; }

killed_by() { # SIGNAL STATUS
  dump_counter
  restore_in_foreground
  kill "-$1" "$ROOT"
  wait_launcher
  status_is "$2"
}
@test "restore ends with 137 when SIGKILL ended the program" {
  killed_by KILL 137
}
@test "restore ends with 139 when SIGSEGV ended the program" {
  ulimit -c 0
  killed_by SEGV 139
}

@test "restore: what the root leaves behind runs on until it ends itself" {
  local child n
  start_counter count -c 1 -e 7
  dump "$PID" img
  restore_in_foreground
  child=$(children_of "$ROOT")
  kill -USR1 "$ROOT"
  wait_launcher
  status_is 7
  equals "$(parent_of "$child")" "$INIT" 'the parent'
  wait_growing "$FILE.child1"
  kill -KILL "$child"
  wait_gone "$child" "$INIT"
}

# --- Image directories -------------------------------------------------------

# Restore from where the image is now, by these arguments.
restores() { # ARGUMENT...
  rm -f "$DIR/pidfile"
  criu_ns restore -d --pidfile "$DIR/pidfile" "$@"
  status_is 0
  ROOT=$(<"$DIR/pidfile")
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "restore: the image directory is relative, absolute, or none at all" {
  dump_counter
  restores -D img
  restores -D "$DIR/img"
  restores -D ./img/../img/
  cd img
  restores
  restores -D .
}

@test "restore: the image directory has blanks in its name" {
  dump_counter
  mv img ' an image '
  restores -D ' an image '
  restores "-D an image "
  restores "--images-dir= an image "
}

@test "restore: the image directory has a newline in its name" {
  dump_counter
  mv img $'two\nlines'
  restores -D $'two\nlines'
}

@test "restore: the image directory's name begins with a dash" {
  dump_counter
  mv img ./-x
  restores -D ./-x
  restores --images-dir=-x
  restores --images-dir -x
  restores -D -x
  restores -D-x
}

@test "restore: the image directory is read-only" {
  dump_counter
  mkdir read-only work
  mount --bind img read-only
  mount -o remount,bind,ro read-only
  restores -D read-only
  restores -D read-only -W work -o restore.log -v4
  [[ -s work/restore.log ]]
  umount read-only
}

@test "restore: the image directory's file system can be unmounted at once" {
  mkdir fs
  mount -t tmpfs none fs
  start_counter count
  dump "$PID" fs/img
  pushd fs
  criu_ns restore -D img -d --pidfile pid -o restore.log
  popd
  status_is 0
  ROOT=$(<fs/img/pid)
  umount fs
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "restore -d: the caller's directory can be unmounted at once" {
  mkdir fs
  dump_counter
  mount -t tmpfs none fs
  pushd fs
  criu_ns restore -D ../img -d --pidfile "$DIR/pid"
  popd
  umount fs
  status_is 0
  end_tree "$(<pid)"
}

@test "restore: no image directory, or nothing in it: 125" {
  criu_ns restore -D missing
  status_is 125
  one_line "'missing': No such file or directory"
  mkdir empty
  criu_ns restore -D empty
  status_is 125
  one_line "'empty'"
  : >file
  criu_ns restore -D file
  status_is 125
  one_line "'file': Not a directory"
}

# --- criu --------------------------------------------------------------------

@test "restore: criu's status when criu fails" {
  dump_counter
  : >"$FILE"
  criu_ns restore -D img
  status_is 1
  err_has 'has bad size 0 (expect 21)'
  err_has "criu-ns: restore from $DIR/img failed: "
  criu_ns restore -D img -d
  status_is 1
  stand_in failing 42
  criu_ns restore -D img --criu-binary ./failing
  status_is 42
  criu_ns restore -D img -d --criu-binary ./failing
  status_is 42
}

@test "restore: criu doesn't take an option's value" {
  dump_counter
  criu_ns restore -D img --manage-cgroups=everything
  status_is 1
  err_has 'criu-ns: criu restore failed with status 1'
}

@test "restore: an image that only criu can tell to be damaged" {
  local size
  dump_counter
  # Inside the message: the length is right, the content is not.
  size=$(stat -c %s "img/core-$PID.img")
  head -c $((size - 12)) /dev/urandom |
    dd of="img/core-$PID.img" bs=1 seek=12 conv=notrunc status=none
  criu_ns restore -D img
  status_is 1 125
  criu_ns restore -D img -d --pidfile pid
  status_is 1 125
  [[ ! -e img/pid ]]
}

criu_ns_with_path() { # PATH ARGUMENT...
  run_it "$(type -P env)" PATH="$1" "$CRIU_NS" "${@:2}"
}
@test "restore: criu is not there: 127" {
  dump_counter
  criu_ns restore -D img --criu-binary "$DIR/none"
  status_is 127
  one_line "'$DIR/none' named by --criu-binary: No such file or directory"
  CRIU=$DIR/none criu_ns restore -D img
  status_is 127
  one_line "'$DIR/none' named by \$CRIU: No such file or directory"
  mkdir bin
  CRIU='' criu_ns_with_path "$DIR/bin" restore -D img
  status_is 127
  one_line "'criu' in PATH: No such file or directory"
}

@test "restore: criu can't be executed: 126" {
  dump_counter
  : >text
  criu_ns restore -D img --criu-binary ./text
  status_is 126
  one_line "text' named by --criu-binary: Permission denied"
  criu_ns restore -D img --criu-binary "$DIR"
  status_is 126
  CRIU=./text criu_ns restore -D img
  status_is 126
  # May be executed, but is no program.
  chmod +x text
  echo nonsense >text
  head -c 64 /dev/zero >>text
  criu_ns restore -D img --criu-binary ./text
  status_is 126
  printf '#!/no/such/interpreter\n' >text
  criu_ns restore -D img --criu-binary ./text
  status_is 126 127
}

@test "restore: --criu-binary comes first, then \$CRIU, then PATH" {
  local path=$DIR/a:$DIR/b:$DIR/c:$PATH
  dump_counter
  mkdir a b c
  stand_in option 11
  stand_in environment 12
  stand_in b/criu 13
  stand_in c/criu 14
  : >a/criu # can't be executed: passed over, as a shell does
  CRIU=./environment criu_ns restore -D img --criu-binary ./option
  status_is 11
  CRIU=./environment criu_ns restore -D img
  status_is 12
  CRIU='' criu_ns_with_path "$path" restore -D img
  status_is 13
  CRIU=criu criu_ns_with_path "$path" restore -D img
  status_is 13
  CRIU=./environment criu_ns_with_path "$path" restore -D img \
    --criu-binary criu
  status_is 13
}
