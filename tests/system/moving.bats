#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The commands of docs/moving.md, as they stand there: from this machine to one
# with a name, a home of root's, an ssh server and, at $DIR/work, a file system
# of its own.
# shellcheck disable=SC2034,SC2153 # FILE and STATUS are the helpers'
load dump

DOC=$BATS_TEST_DIRNAME/../../docs/moving.md

# Where they are not installed this is skipped; `make deps` installs them, so
# that in CI they are there.
needs() { # PROGRAM...
  local program
  for program; do
    PATH=$PATH:/usr/sbin type -P "$program" >/dev/null && continue
    [[ ${CI:-} != true ]] || fail "there is no $program, and CI=true" || return
    skip "needs $program: run make deps"
  done
}

# The block NAME of the document.
block() { # NAME
  awk -v start="\`\`\`sh $1" '$0 == start { inside = 1; next }
    /^```/ { inside = 0 }
    inside' "$DOC"
}

# A program by that name, for both machines.
tool() { # NAME COMMAND...
  {
    printf '#!/bin/sh\nexport CRIU=%q\nexec' "$CRIU"
    printf ' %q' "${@:2}"
    printf ' "$@"\n'
  } >"bin/$1"
  chmod +x "bin/$1"
}

# Run a block in a shell of its own, with $pid, $img and $work.
run_block() { # NAME
  block "$1" >"$1.sh"
  [[ -s $1.sh ]] || fail "no block $1 in $DOC" || return
  run_it env PATH="$DIR/bin:$PATH" pid="$PID" img="$img" work="$work" \
    bash "./$1.sh"
}
there() { "$DIR/bin/ssh" there "$@"; } # COMMAND...

# The other machine.  Sets SERVER; $DIR/there is what it has at $DIR/work.
start_there() {
  local tries port
  needs ssh ssh-keygen dropbear dropbearkey tar zstd rsync
  mkdir -p bin there home/.ssh work
  tool criu-ns "$CRIU_NS"
  tool ssh "$(type -P ssh)" -F "$DIR/ssh_config"
  ssh-keygen -q -t ed25519 -N '' -f key
  dropbearkey -t ed25519 -f hostkey >/dev/null 2>&1
  cp key.pub home/.ssh/authorized_keys
  chmod -R go= home
  for ((tries = 0; tries < 20; tries++)); do
    port=$((20000 + RANDOM % 10000))
    # shellcheck disable=SC2016 # for the inner shell
    start_alone unshare -m -u sh -c 'echo there >/proc/sys/kernel/hostname &&
      mount --bind there work && mount --bind home "$1" &&
      mount --bind bin /usr/local/sbin && PATH=$PATH:/usr/sbin &&
      exec dropbear -F -E -s -m -e -p "127.0.0.1:$2" -P server.pid -r hostkey \
        2>log' sh ~root "$port"
    SERVER=$PID
    wait_until 10 server_is_up_or_gone
    ! ended "$SERVER" || continue
    cat >ssh_config <<END
Host there
  HostName 127.0.0.1
  Port $port
  User root
  IdentityFile $DIR/key
  IdentitiesOnly yes
  UserKnownHostsFile $DIR/known
  StrictHostKeyChecking accept-new
  LogLevel ERROR
END
    [[ $(there cat /proc/sys/kernel/hostname) == there ]]
    return
  done
  fail 'no port is free'
}
server_is_up_or_gone() {
  grep -q 'Not backgrounding' log 2>/dev/null || ended "$SERVER"
}
end_there() {
  kill "$SERVER"
  wait_ended "$SERVER"
}

# A program with files below work/data: a counter, a log of somebody else's, a
# file with a hole.  Sets PID, FILE, img, work.
start_job() {
  img=$DIR/work/ckpt/job work=$DIR/work/data
  mkdir work/data
  truncate -s 64M work/data/holes
  echo end >>work/data/holes
  start_alone "$HELPERS_DIR/writer" "$work/place" "$work/append.log" \
    "$work/both"
  FILE=$work/place
  wait_until 20 test -s "$work/both"
  chown 1234:4321 work/data/append.log
  chmod 600 work/data/append.log
}
on_both() { # FILTER of find's: it finds the same here and there
  equals "$(cd there && find . "$@" | sort)" "$(cd work && find . "$@" | sort)"
}
# All of it has arrived, and it takes no more room than before.
carried() {
  on_both -type f -printf '%p %s %m %U %G\n' || return
  diff -r work there || return
  (($(stat -c %b there/data/holes) < 1000)) || fail 'holes were filled'
}

# It runs there, with files of that machine, and counts on; here nothing moves.
runs_there() {
  local lines
  ROOT=$(<there/ckpt/job/pid) && lines=$(wc -l <work/data/place) || return
  wait_until 20 has_lines there/data/place $((lines + 5)) || return
  awk '$1 != NR { exit 1 }' <(head -n $((lines + 5)) there/data/place) ||
    fail 'lines are missing, or there twice' || return
  equals "$(wc -l <work/data/place)" "$lines" 'lines here'
  equals "$(readlink "/proc/$ROOT/ns/uts")" \
    "$(readlink "/proc/$SERVER/ns/uts")"
}
has_lines() { (($(wc -l <"$1") >= $2)); } # FILE N

move_by() { # BLOCK
  start_there
  start_job
  local inner=$PID
  run_block dump
  status_is 0
  run_block "$1"
  status_is 0
  carried
  take_pid "$inner"
  run_block check
  status_is 0
  run_block restore
  status_is 0
  runs_there
  kill_take
  end_tree "$ROOT"
  end_there
}

@test "moving: by tar" {
  move_by carry-tar
}

@test "moving: by rsync" {
  move_by carry-rsync
}

@test "moving: by rsync, over an older image" {
  start_there
  start_job
  mkdir -p there/ckpt/job there/data
  echo old >there/ckpt/job/core-99999.img
  echo old >there/data/place
  run_block dump
  run_block carry-rsync
  status_is 0
  carried
  run_block check
  status_is 0
  end_there
}

@test "moving: by a shared file system" {
  start_there
  start_job
  # What both have is not below work.
  mkdir -p shared there/data
  work=$DIR/shared
  end_tree "$PID"
  start_alone "$HELPERS_DIR/writer" "$work/place"
  wait_until 20 test -s shared/place
  local lines
  img=$DIR/shared/job
  mkdir "$img"
  run_block shared
  status_is 0
  lines=$(wc -l <shared/place)
  wait_until 20 has_lines shared/place $((lines + 10))
  awk '$1 != NR { exit 1 }' <(head -n $((lines + 5)) shared/place)
  for ROOT in $(pgrep -f "^$HELPERS_DIR/writer $work/place"); do
    end_tree "$ROOT"
  done
  end_there
}

@test "moving: the whole of it" {
  start_there
  start_job
  run_block check-before
  run_block move
  status_is 0
  runs_there
  end_tree "$ROOT"
  end_there
}

@test "moving: it can't run there, and goes on here" {
  local lines
  start_there
  start_job
  end_tree "$PID"
  # Of this one, there is something else there, and it is not carried.
  start_alone "$HELPERS_DIR/writer" "$work/place" "$DIR/outside"
  wait_until 20 test -s outside
  nsenter -t "$SERVER" -m mount --bind "$DIR/key" \
    "$DIR/outside"
  run_block move
  status_is 0
  out_has "'$DIR/outside', which $PID has open, "
  ROOT=$(<work/ckpt/job/pid)
  lines=$(wc -l <outside)
  wait_until 20 has_lines outside $((lines + 5))
  [[ ! -e there/ckpt/job/pid ]]
  end_tree "$ROOT"
  end_there
}

@test "moving: an image that was not carried as a whole" {
  local size
  start_there
  start_job
  run_block dump
  run_block carry-tar
  size=$(stat -c %s there/ckpt/job/pages-1.img)
  truncate -s $((size / 2)) there/ckpt/job/pages-1.img
  run_block check
  status_is 1
  out_has pages-1.img
  run_block restore
  status_is 125
  rm there/ckpt/job/pages-1.img
  run_block check
  status_is 1
  out_has pages-1.img
  end_there
}

@test "moving: the CPU is compared" {
  start_there
  start_job
  run_block dump
  run_block cpu
  status_is 0
  [[ -s $img/cpuinfo.img ]]
  run_block carry-tar
  run_block check
  status_is 0
  there criu-ns cpuinfo check -D "$img"
  end_there
}

@test "moving: each block of commands is run by these tests" {
  local name
  while read -r name; do
    grep -q "run_block $name\$\|move_by $name\$" "$BATS_TEST_FILENAME" ||
      fail "nothing runs $name"
  done < <(sed -n 's/^```sh //p' "$DOC")
  equals "$(grep -c '^```sh' "$DOC")" "$(grep -c '^```sh [a-z-]*$' "$DOC")"
}
