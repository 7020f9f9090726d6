#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Dump: images, logs and all other files are where the caller means them,
# whatever the target's mount namespace has in these places.
# shellcheck disable=SC2034 # RUN is dump.bash's
load dump

# A target with a tmpfs over the directory "hidden", from the inside as empty as
# when it began; we go there.
start_hidden() {
  mkdir hidden
  start_in_ns -t "$DIR/hidden" -- count
  cd hidden || return
}

# Only what dump has to leave is in DIRECTORY.
is_image() { # DIRECTORY
  [[ -s $1/inventory.img && -s $1/pstree.img ]] || fail "no image in '$1'"
}
nothing_inside() { # nothing was written to the target's tmpfs
  equals "$(ls "/proc/$PID/root/$DIR/hidden")" own 'tmpfs'
}

@test "the default image directory is the working directory" {
  start_in_ns -- count
  mkdir img
  cd img
  criu_ns dump -t "$PID"
  status_is 0
  COUNT=$(read_count "$FILE")
  wait_ended "$PID"
  is_image .
  comes_back .
  end_tree "$ROOT"
}

@test "a working directory that is hidden in there gets images and log" {
  start_hidden
  criu_ns dump -t "$PID" --mounts=leave -R -o dump.log
  status_is 0
  is_image .
  [[ -s dump.log ]]
  nothing_inside
  end_target
}

@test "relative directories below a hidden one are found" {
  start_hidden
  mkdir img work
  criu_ns dump -t "$PID" --mounts=leave -R -D img -W work -o dump.log
  status_is 0
  is_image img
  [[ -s work/dump.log && ! -e img/dump.log ]]
  nothing_inside
  end_target
}

@test "absolute directories and log below a hidden one are found" {
  start_hidden
  mkdir img work logs
  criu_ns dump -t "$PID" --mounts=leave -R -D "$PWD/img" -W "$PWD/work" \
    -o "$PWD/logs/dump.log"
  status_is 0
  is_image img
  [[ -s logs/dump.log && ! -e work/dump.log ]]
  nothing_inside
  end_target
}

write_script() { # FILE: an action script that records what it is called for
  # shellcheck disable=SC2016 # for the script
  printf '#!/bin/sh\necho "$CRTOOLS_SCRIPT_ACTION" >>%q\n' "$DIR/actions" \
    >"$1"
  chmod +x "$1"
}

@test "an action script named by an absolute path is run" {
  start_in_ns -- count
  mkdir img
  write_script script
  criu_ns dump -t "$PID" -R -D img --action-script "$PWD/script"
  status_is 0
  grep -qx post-dump actions
  end_target
}

@test "an action script named relative to the work directory is run" {
  start_in_ns -- count
  mkdir img
  write_script img/script
  criu_ns dump -t "$PID" -R -D img --action-script ./script
  status_is 0
  grep -qx post-dump actions
  end_target
}

@test "an action script that is hidden in there is run" {
  start_hidden
  mkdir img
  write_script script
  criu_ns dump -t "$PID" --mounts=leave -R -D img --action-script "$PWD/script"
  status_is 0
  grep -qx post-dump "$DIR/actions"
  end_target
}

@test "a hidden directory is found by a dump from outside as well" {
  start_hidden
  mkdir img
  criu_ns dump -t "$PID" -R -D img -o dump.log
  status_is 0
  is_image img
  [[ -s img/dump.log ]]
  nothing_inside
  end_target
}

@test "a hidden criu is run nevertheless" {
  start_hidden
  cp "$CRIU" my-criu
  mkdir img
  criu_ns dump --criu-binary ./my-criu -t "$PID" --mounts=leave -R -D img
  status_is 0
  is_image img
  end_target
}

# People wrap criu in scripts, to set LD_LIBRARY_PATH for one.
@test "a criu that is a script is run, by an absolute or a relative path" {
  start_in_ns -- count
  mkdir img
  printf '#!/bin/sh\nexec %q "$@"\n' "$CRIU" >my-criu
  chmod +x my-criu
  criu_ns dump --criu-binary "$PWD/my-criu" -t "$PID" -R -D img
  status_is 0
  criu_ns dump --criu-binary ./my-criu -t "$PID" -R -D img
  status_is 0
  end_target
}

@test "a directory with blank, newline and leading dash in its name" {
  local name=$'-a b\nc'
  start_in_ns -- count
  ns_dump "$PID" "$name"
  is_image "./$name"
  comes_back "$name"
  end_tree "$ROOT"
}

@test "an image directory that is not there: one line, nothing touched" {
  start_in_ns -- count
  criu_ns dump -t "$PID" -D nowhere
  status_is 125
  one_line nowhere
  unharmed "$PID" "$FILE"
  end_target
}

@test "a work directory that is not there: one line, nothing touched" {
  start_in_ns -- count
  mkdir img
  criu_ns dump -t "$PID" -D img -W nowhere
  status_is 125
  one_line nowhere
  unharmed "$PID" "$FILE"
  end_target
}

@test "an image directory of plain criu's that is not there: criu's status" {
  start_counter count
  criu_ns dump -t "$PID" -D nowhere
  ((STATUS != 0))
  unharmed "$PID" "$FILE"
  end_tree "$PID"
}

# Without memory tracking criu fails later, but makes the link first.
@test "--prev-images-dir, absolute, leads from the images to the previous ones" {
  start_in_ns -- count
  mkdir 1 2
  criu_ns dump -t "$PID" -R -D 1
  status_is 0
  criu_ns dump -t "$PID" -R -D 2 --prev-images-dir "$DIR/1"
  [[ 2/parent -ef 1 ]]
  unharmed "$PID" "$FILE"
  end_target
}

@test "--prev-images-dir, relative to the images, leads there" {
  start_in_ns -- count
  mkdir 1 2
  criu_ns dump -t "$PID" -R -D 1
  status_is 0
  criu_ns dump -t "$PID" -R -D 2 --prev-images-dir ../1
  [[ 2/parent -ef 1 ]]
  unharmed "$PID" "$FILE"
  end_target
}

@test "--prev-images-dir that is not there: one line, nothing touched" {
  start_in_ns -- count
  mkdir 2
  criu_ns dump -t "$PID" -R -D 2 --prev-images-dir "$DIR/1"
  status_is 125
  one_line "$DIR/1"
  unharmed "$PID" "$FILE"
  end_target
}

@test "the previous images of a hidden place are found" {
  start_hidden
  mkdir 1 2
  criu_ns dump -t "$PID" --mounts=leave -R -D 1
  status_is 0
  criu_ns dump -t "$PID" --mounts=leave -R -D 2 -o dump.log \
    --prev-images-dir "$PWD/1"
  [[ 2/parent -ef 1 ]]
  nothing_inside
  end_target
}

@test "stdin, stdout and stderr closed: the images are whole" {
  local fd
  start_in_ns -- count
  for fd in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
    rm -rf img
    mkdir img
    eval 'STATUS=0; "$CRIU_NS" dump -t "$PID" -D img -R -o dump.log '"$fd" \
      '|| STATUS=$?'
    equals "$STATUS" 0 "status with $fd"
    is_image img
  done
  COUNT=$(read_count "$FILE")
  comes_back img
  end_tree "$ROOT"
  end_target
}

@test "stdout and stderr a closed pipe: the dump is done" {
  start_in_ns -- count
  mkdir img
  STATUS=0
  { "$CRIU_NS" dump -t "$PID" -D img -v4 || echo $? >status; } 2>&1 | true
  wait_ended "$PID"
  COUNT=$(read_count "$FILE")
  comes_back img
  end_tree "$ROOT"
}
