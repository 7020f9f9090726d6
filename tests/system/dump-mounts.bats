#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Dump: targets with mounts or a root directory of their own.
# shellcheck disable=SC2034 # RUN is dump.bash's
load dump

# A root file system in "container": the counter, its libraries, /dev/null.
make_container() {
  local file
  mkdir -p container/proc container/dev container/data
  mknod container/dev/null c 1 3
  for file in "$HELPERS_DIR/counter" \
    $(ldd "$HELPERS_DIR/counter" | grep -o '/[^ ]*'); do
    mkdir -p "container${file%/*}"
    cp -L "$file" "container$file"
  done
}

# The counter in the container, which nsrun enters by OPTION.  Sets PID, FILE.
start_in_container() { # OPTION...
  make_container
  FILE=$DIR/container/data/count
  start_alone "$HELPERS_DIR/nsrun" "$@" "$DIR/container" \
    "$HELPERS_DIR/counter" /data/count
  RUNNER=$PID
  wait_growing "$FILE"
  find_target "$HELPERS_DIR/counter"
}

own_file() { cat "/proc/$1/root$DIR/own/own"; } # PID

@test "a mount of the target's own is saved and comes back" {
  mkdir own
  start_in_ns -t "$DIR/own" -- count
  ns_dump "$PID" img
  err_has "$DIR/own"
  err_has '--root'
  restore_on_root img --external 'mnt[]:sm'
  goes_on_from "$FILE" "$COUNT"
  equals "$(own_file "$ROOT")" mine
  [[ ! -e own/own ]]
  end_tree "$ROOT"
}

@test "a mount of PID 1's own is saved and comes back" {
  mkdir own
  start_in_ns -1 -t "$DIR/own" -- count
  ns_dump "$PID" img
  restore_on_root img --external 'mnt[]:sm'
  goes_on_from "$FILE" "$COUNT"
  equals "$(own_file "$ROOT")" mine
  end_nested
}

@test "a tree restored with its mounts is dumped and restored again" {
  mkdir own
  start_in_ns -t "$DIR/own" -- count
  ns_dump "$PID" img
  restore_on_root img --external 'mnt[]:sm'
  PID=$ROOT
  ns_dump "$PID" img2
  restore_on_root img2 --external 'mnt[]:sm'
  goes_on_from "$FILE" "$COUNT"
  equals "$(own_file "$ROOT")" mine
  end_tree "$ROOT"
}

@test "an image with mounts says what it needs when --root is missing" {
  mkdir own
  start_in_ns -t "$DIR/own" -- count
  ns_dump "$PID" img
  criu_ns restore -D img
  status_is 125
  one_line '--root'
}

@test "--mounts=leave leaves the mounts out" {
  mkdir own
  start_in_ns -t "$DIR/own" -- count
  ns_dump "$PID" img --mounts=leave
  [[ -z $(compgen -G 'img/mountpoints-*') ]]
  equals "$(<err)" '' stderr
  comes_back img
  [[ ! -e /proc/$ROOT/root$DIR/own/own ]]
  end_tree "$ROOT"
}

@test "--mounts=leave makes no difference without mounts" {
  start_in_ns -- count
  ns_dump "$PID" img --mounts=leave
  comes_back img
  end_tree "$ROOT"
}

@test "--mounts with another word is refused, nothing touched" {
  start_in_ns -- count
  criu_ns dump -t "$PID" -D . --mounts=bogus
  status_is 125
  one_line bogus
  unharmed "$PID" "$FILE"
  end_target
}

@test "a chrooted process is dumped from inside and comes back in there" {
  start_in_container -r
  ns_dump "$PID" img
  comes_back img
  equals "$(readlink "/proc/$ROOT/root")" "$DIR/container"
  end_tree "$ROOT"
}

@test "a process of a pivoted root is dumped with it and comes back" {
  start_in_container -R
  ns_dump "$PID" img
  NEWROOT=$DIR/container restore_on_root img
  goes_on_from "$FILE" "$COUNT"
  [[ -e /proc/$ROOT/root/data/count && ! -e /proc/$ROOT/root/usr ]]
  end_tree "$ROOT"
}

@test "PID 1 of a container is dumped with it and comes back" {
  start_in_container -1 -R
  ns_dump "$PID" img
  NEWROOT=$DIR/container restore_on_root img
  goes_on_from "$FILE" "$COUNT"
  end_nested
}

@test "a chrooted PID 1, which criu can't dump, goes on" {
  start_in_container -1 -r
  mkdir img
  criu_ns dump -t "$PID" -D img
  status_is 1
  unharmed "$PID" "$FILE"
  end_target
}
