#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# examples/systemd, examples/ci, and those of CRIU's libraries; examples/slurm is
# tests/slurm.sh's.
# shellcheck disable=SC2016,SC2034,SC2153 # as in the other tests
load helpers

examples=$BATS_TEST_DIRNAME/../../examples
simulate=$BATS_TEST_DIRNAME/../simulate

# The unit with this test's paths for the system's.
unit() {
  sed "s|/usr/local/sbin/criu-ns|$CRIU_NS|
    s|/usr/local/bin/simulate|$simulate|
    s|/var/lib/simulate|$DIR/state|" "$examples/systemd/simulate.service"
}
# The value of a setting, in one line.
setting() { # NAME
  unit | sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' | sed -n "s/^$1=//p"
}
# As systemd starts it: with a socket to the journal.  Sets LAUNCHER.
start_unit() {
  local words
  read -r -a words <<<"$(setting ExecStart)"
  (cd "$(setting WorkingDirectory)" && exec "$HELPERS_DIR/alone" -k \
    perl -MSocket -e '
      socketpair my $us, my $journal, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die;
      my $pid = fork // die;
      if ($pid == 0) {
        exit if fork;
        close $us;
        open my $file, ">>", shift or die;
        syswrite $file, $_ while sysread $journal, $_, 4096;
        exit;
      }
      waitpid $pid, 0;
      shift;
      open STDOUT, ">&", $us or die;
      open STDERR, ">&", $us or die;
      exec @ARGV;' "$DIR/journal" "${words[@]}" </dev/null) &
  LAUNCHER=$!
}
has_steps() { (($(wc -l <state/output) > $1)); } # N

@test "examples: systemd accepts the unit" {
  type -P systemd-analyze >/dev/null || skip "no systemd-analyze here"
  unit >simulate.service
  run_it systemd-analyze verify --man=no "$DIR/simulate.service"
  status_is 0
  not grep simulate.service err
}

@test "examples: the unit's service goes on after a stop, and after a power cut" {
  local n init
  mkdir state
  echo 60 >state/input.dat
  start_unit
  wait_until 20 has_steps 10
  # A stop: KillMode=mixed.
  equals "$(setting KillMode)" mixed
  kill -TERM "$LAUNCHER"
  wait_status "$LAUNCHER"
  status_is "$(setting SuccessExitStatus)"
  equals "$(setting RestartPreventExitStatus)" "$STATUS"
  n=$(wc -l <state/output)
  start_unit
  wait_until 20 has_steps $((n + 5))
  # Everything is gone at once, and the output is longer than at the checkpoint.
  init=$(children_of "$LAUNCHER")
  kill -KILL "$LAUNCHER" "$init"
  wait_status "$LAUNCHER"
  wait_ended "$init"
  start_unit
  wait_status "$LAUNCHER"
  cat journal
  status_is 7
  # Each step once, in order, by one and the same process.
  equals "$(grep -Ec '^[0-9]+ ' state/output)" 60
  awk '$1 ~ /^[0-9]/ && $1 != ++n { exit 1 }' state/output
  equals "$(grep -c ^pid state/output)" 1
  equals "$(tail -n 1 state/output)" 'result 73810'
}

@test "examples: the CI job" {
  local yml
  export TMPDIR=$DIR
  for yml in "$examples"/ci/*.yml; do
    grep -q ' \./checkpointable\.sh$' "$yml"
  done
  cp "$simulate" .
  echo 10000 >input.dat
  PATH=${CRIU_NS%/*}:$PATH run_it "$examples/ci/checkpointable.sh"
  status_is 0
  equals "$(head -n 2 out)" $'TAP version 13\n1..3'
  (($(grep -c '^ok ' out) == 3))
  # A program that ends too early can't be said to go on.
  echo 1 >input.dat
  PATH=${CRIU_NS%/*}:$PATH run_it "$examples/ci/checkpointable.sh"
  status_is 1
}

# Dump and restore with an example, with criu-ns where its user has it.
round_trip() { # COMMAND...
  PATH=${CRIU_NS%/*}:$PATH
  start_counter count
  mkdir img
  run_it "$@" dump "$PID" img
  status_is 0
  wait_ended "$PID"
  COUNT=$(read_count count)
  take_pid "$PID"
  run_it "$@" restore img
  status_is 0
  ROOT=$(<out)
  is_init "$(parent_of "$ROOT")"
  goes_on_from count "$COUNT"
  end_tree "$ROOT"
}
libcriu() {
  LIBCRIU=$BATS_TEST_DIRNAME/../../build/criu/libcriu/usr
  [[ ! -f $LIBCRIU/include/criu/rpc.pb-c.h ]] || return 0
  [[ ${CI:-} == true ]] || skip "needs libcriu: run make deps"
  fail "no libcriu, and CI=true: make deps"
}

@test "examples: libcriu, in C" {
  libcriu
  cc -I"$LIBCRIU/include" -o checkpoint "$examples/libcriu/checkpoint.c" \
    "$LIBCRIU/lib/$(cc -print-multiarch)/libcriu.a" -lprotobuf-c
  round_trip "$DIR/checkpoint"
}

@test "examples: pycriu, in Python" {
  libcriu
  export PYTHONPATH=$LIBCRIU/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
  round_trip "$examples/pycriu/checkpoint.py"
}
