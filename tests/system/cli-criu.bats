#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Which criu is run, and what is said when it or the system can't do it.
# shellcheck disable=SC2153 # FILE is the helpers'
load helpers

# A stand-in for criu that says its name and ends with status 42.
make_criu() { # FILE
  mkdir -p "$(dirname "$1")"
  printf '#!/bin/sh\necho "this is %s"\nexit 42\n' "$1" >"$1"
  chmod +x "$1"
}

# --- Which criu ------------------------------------------------------------------

@test "--criu-binary: absolute, relative, a name in PATH" {
  make_criu bin/my-criu
  PATH=$DIR/bin:$PATH
  for name in "$DIR/bin/my-criu" bin/my-criu ./bin/my-criu my-criu; do
    criu_ns check --criu-binary "$name"
    status_is 42
    out_has 'this is bin/my-criu'
    criu_ns --criu-binary="$name" check
    status_is 42
  done
}

@test "--criu-binary wins over \$CRIU, \$CRIU over PATH" {
  make_criu a/criu
  make_criu b/criu
  make_criu c/criu
  PATH=$DIR/c:$PATH
  CRIU=$DIR/b/criu criu_ns check --criu-binary a/criu
  out_has 'this is a/criu'
  CRIU=$DIR/b/criu criu_ns check
  out_has 'this is b/criu'
  CRIU='' criu_ns check
  out_has 'this is c/criu'
  unset CRIU
  criu_ns check
  out_has 'this is c/criu'
}

@test "a directory or a text named criu in PATH is passed over" {
  make_criu c/criu
  mkdir -p a/criu b
  echo text >b/criu
  PATH=$DIR/a:$DIR/b:$DIR/c:$PATH
  unset CRIU
  criu_ns check
  out_has 'this is c/criu'
}

@test "a relative criu is found for dump and restore" {
  start_counter count
  cp "$CRIU" my-criu
  mkdir img
  criu_ns dump --criu-binary ./my-criu -t "$PID" -D img
  status_is 0
  COUNT=$(read_count "$FILE")
  wait_ended "$PID"
  restore_detached --criu-binary ./my-criu
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

@test "no criu: 127, and what was looked for" {
  start_counter count
  dump "$PID" img
  for action in "dump -t $PID -D img" 'restore -D img' check; do
    # shellcheck disable=SC2086 # several words
    criu_ns $action --criu-binary /nowhere/criu
    status_is 127
    one_line '/nowhere/criu'
    # shellcheck disable=SC2086
    criu_ns $action --criu-binary no-such-criu
    status_is 127
    one_line "'no-such-criu'"
    # shellcheck disable=SC2086
    CRIU='' PATH=/nowhere run_without_path $action
    status_is 127
    one_line 'PATH'
  done
}
# PATH is for criu-ns alone.
run_without_path() { # ARGUMENT...
  PATH=$OLD_PATH run_it env PATH=/nowhere CRIU= "$CRIU_NS" "$@"
}
OLD_PATH=$PATH

@test "a criu that is no program: 126" {
  start_counter count
  dump "$PID" img
  echo text >text
  chmod +x text
  mkdir directory
  echo text >no-x
  for file in no-x directory text; do
    for action in 'restore -D img' check; do
      # shellcheck disable=SC2086 # several words
      criu_ns $action --criu-binary "./$file"
      status_is 126
      one_line "$file"
    done
  done
}

@test "a dump with a criu that is no program: 126, the target unharmed" {
  start_counter count
  echo text >text
  chmod +x text
  criu_ns dump -t "$PID" -D . --criu-binary ./text
  status_is 126
  one_line text
  wait_growing "$FILE"
  end_tree "$PID"
}

# What Debian 12's criu does here.
old_criu() {
  [[ $(printf '6.13\n%s\n' "$(uname -r)" | sort -V | head -n 1) == 6.13 ]] ||
    skip "a kernel before 6.13 has it start"
  cat >old-criu <<'END'
#!/bin/sh
[ "$1" != --version ] || { echo 'Version: 3.17.1'; exit 0; }
echo 'Error (criu/vdso.c:313): vdso: Unexpected rt vDSO area bounds' >&2
exit 1
END
  chmod +x old-criu
}

@test "restore with a criu too old for this kernel: 126, and which it needs" {
  old_criu
  dump_counter
  criu_ns restore -D img --criu-binary ./old-criu
  status_is 126
  err_has 'version 3.17'
  err_has '4.1'
}

@test "dump with a criu too old for this kernel: 126, and which it needs" {
  old_criu
  start_counter count
  criu_ns dump -t "$PID" -D . --criu-binary ./old-criu
  status_is 126
  err_has 'version 3.17'
  err_has '4.1'
  wait_growing "$FILE"
  end_tree "$PID"
}

@test "Debian 12's own criu, when it is there" {
  local old=$OLDPWD/build/criu/old/criu
  [[ -x $old ]] || skip "no build/criu/old/criu"
  old_criu # skips, too
  dump_counter
  criu_ns restore -D img --criu-binary "$old"
  status_is 126
  err_has 'version 3.17'
}

# --- Rights --------------------------------------------------------------------------

# For a command without rights: a directory that everybody may enter.
open_up() {
  chmod -R a+rX . img
  chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/test \
    "$BATS_TEST_TMPDIR" "$DIR"
  : >out
  : >err
}

@test "not root: one line, 125" {
  dump_counter
  open_up
  for action in 'restore -D img' "dump -t $$ -D img"; do
    # shellcheck disable=SC2086 # several words
    run_it setpriv --reuid=65534 --regid=65534 --clear-groups "$CRIU_NS" $action
    status_is 125
    one_line root
  done
}

@test "not root: help and misuse are the same" {
  open_up_nothing
  run_it setpriv --reuid=65534 --clear-groups "$CRIU_NS" --help
  status_is 0
  run_it setpriv --reuid=65534 --clear-groups "$CRIU_NS" --version
  status_is 0
  run_it setpriv --reuid=65534 --clear-groups "$CRIU_NS" restore --bogus
  status_is 125
  one_line bogus
}
open_up_nothing() { mkdir img && open_up; }

@test "root without CAP_SYS_ADMIN: one line, 125" {
  dump_counter
  start_counter other
  for action in 'restore -D img' "dump -t $PID -D img"; do
    # shellcheck disable=SC2086 # several words
    run_it setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin \
      "$CRIU_NS" $action
    status_is 125
    one_line CAP_SYS_ADMIN
  done
  wait_growing "$FILE"
  end_tree "$PID"
}

# --- Namespaces --------------------------------------------------------------------

# In a user namespace of its own: the limit there is nobody else's.
@test "no pid namespaces left: one line that names the limit, 125" {
  dump_counter
  # shellcheck disable=SC2016 # for the inner shell
  run_it unshare -U -r sh -c 'echo 0 >/proc/sys/user/max_pid_namespaces &&
    exec "$1" restore -D img' sh "$CRIU_NS"
  status_is 125
  one_line max_pid_namespaces
}

@test "no mount namespaces left: one line that names the limit, 125" {
  dump_counter
  # shellcheck disable=SC2016 # for the inner shell
  run_it unshare -U -r sh -c 'echo 0 >/proc/sys/user/max_mnt_namespaces &&
    exec "$1" restore -D img' sh "$CRIU_NS"
  status_is 125
  one_line max_mnt_namespaces
}

# The kernel lets nobody see what a container manager has masked.
@test "a masked /proc, so that no fresh one can be mounted: one line, 125" {
  dump_counter
  # shellcheck disable=SC2016 # for the inner shell
  run_it unshare -m sh -c 'mount -t tmpfs none /proc/fs &&
    exec unshare -U -r -m "$1" restore -D img' sh "$CRIU_NS"
  status_is 125
  one_line /proc
}
