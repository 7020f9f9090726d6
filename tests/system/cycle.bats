#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# cycle: dump and restore again and again.
# shellcheck disable=SC2034,SC2153 # COUNT, STATUS and ROOT are the helpers'
load dump

# A busy program: threads, sockets, pipes and shared memory between processes,
# timers, a file that grows; it notices what gets lost and ends.
busy=$HELPERS_DIR/busy
GENERATIONS=${GENERATIONS:-5}

@test "cycle: a busy program loses nothing, generation after generation" {
  local last
  export TMPDIR=$DIR
  mkdir data
  start_alone "$busy" "$DIR/data"
  wait_until 20 test -s data/progress
  run_it timeout 3000 "$CRIU_NS" cycle -n "$GENERATIONS" --every 0.1 -t "$PID" \
    --check "tail -n 1 $DIR/data/progress"
  status_is 0
  equals "$(head -n 2 out)" "TAP version 13
1..$GENERATIONS"
  (($(grep -c '^ok ' out) == GENERATIONS))
  not grep -q '^not ok' out
  [[ $(grep '^ok 1 ' out) =~ ^ok\ 1\ -\ generation\ 1:\ frozen\ [0-9.]+\ ms,\ dump\ [0-9.]+\ ms,\ restore\ [0-9.]+\ ms,\ image\ [0-9]+\ kB$ ]]
  ROOT=$(sed -n 's/^# the program runs on: PID //p' out)
  last=$(tail -n 1 data/progress)
  wait_until 20 progress_beyond "$last"
  # It reports and ends when it is told to.
  kill -TERM "$ROOT"
  wait_ended "$ROOT"
  equals "$(<data/result)" 'nothing lost'
  # The file has each number once, in order.
  equals "$(sort -nu data/progress | wc -l)" "$(wc -l <data/progress)"
  sort -nc data/progress
  end_tree "$ROOT"
  [[ -z $(compgen -G "$DIR/criu-ns-cycle.*") ]]
}
progress_beyond() { ((10#$(tail -n 1 data/progress) > 10#$1)); }

@test "cycle -- COMMAND: started, cycled, ended; its output is a file" {
  export TMPDIR=$DIR
  criu_ns cycle -n 2 -D work -- "$HELPERS_DIR/counter" -c 1 "$DIR/count"
  status_is 0
  (($(grep -c '^ok ' out) == 2))
  not grep -q '^# - ' out
  equals "$(ls work)" output
  not pgrep -f "counter -c 1 $DIR/count"
  (($(read_count count) > 0))
}

@test "cycle: --check is run after each generation and has to succeed" {
  export TMPDIR=$DIR
  start_counter count
  cat >check.sh <<END
#!/bin/sh
echo "\$CRIU_NS_GENERATION \$CRIU_NS_PID" >>$DIR/checked
kill -0 "\$CRIU_NS_PID" || exit 1
[ "\$CRIU_NS_GENERATION" != 2 ] || { echo the reason; exit 4; }
END
  chmod +x check.sh
  criu_ns cycle -n 3 -D work --check ./check.sh -t "$PID"
  status_is 1
  equals "$(cut -d ' ' -f 1 checked | xargs)" '1 2 3'
  grep -q '^ok 1 ' out
  grep -q '^not ok 2 - generation 2: the check failed with status 4$' out
  grep -qx '# the reason' out
  grep -q '^ok 3 ' out
  # The images of the failing generation are kept, the others are not.
  equals "$(ls work)" 2
  ROOT=$(sed -n 's/^# the program runs on: PID //p' out)
  wait_growing "$FILE"
  end_tree "$ROOT"
  COUNT=0
  comes_back work/2
  end_tree "$ROOT"
}

@test "cycle: what changed between generations is shown" {
  export TMPDIR=$DIR
  start_counter count
  # A restore under a limit of its own comes back with it.
  cat >my-criu <<END
#!/bin/sh
[ "\$1" != restore ] || trap 'prlimit --nofile=77:99 --pid "\$(cat $DIR/count.pid)"' EXIT
$CRIU "\$@"
END
  chmod +x my-criu
  criu_ns cycle -n 2 -t "$PID"
  status_is 0
  not grep -q '^# [-+] ' out
  PID=$(sed -n 's/^# the program runs on: PID //p' out)
  inner_pid_of "$PID" >count.pid
  # In there, only its own numbers are known.
  criu_ns cycle -n 1 -t "$PID" --criu-binary ./my-criu
  status_is 0
  grep -Eq '^# - [0-9]+ limit Max open files ' out
  grep -Eq '^# \+ [0-9]+ limit Max open files +77 +99 ' out
  not grep -q '^# [-+] .*socket' out
  end_tree "$(sed -n 's/^# the program runs on: PID //p' out)"
}

@test "cycle: a dump that fails leaves the program running, and says why" {
  export TMPDIR=$DIR
  start_counter count
  cat >my-criu <<END
#!/bin/sh
[ "\$1" != dump ] || { echo 'Error: no, thanks' >&2; exit 3; }
exec $CRIU "\$@"
END
  chmod +x my-criu
  criu_ns cycle --criu-binary ./my-criu -t "$PID" -D work
  status_is 1
  grep -q '^not ok 1 - generation 1: the dump failed with status 3, the program runs on$' out
  grep -q '^# .*no, thanks' out
  grep -q "^# the program runs on: PID $PID\$" out
  wait_growing "$FILE"
  end_tree "$PID"
}

@test "cycle: a restore that fails keeps the image and names it" {
  export TMPDIR=$DIR
  start_counter count
  cat >my-criu <<END
#!/bin/sh
[ "\$1" != restore ] || exit 3
exec $CRIU "\$@"
END
  chmod +x my-criu
  criu_ns cycle --criu-binary ./my-criu -t "$PID" -D work
  status_is 1
  grep -q '^not ok 1 - generation 1: the restore failed with status 3$' out
  grep -q "criu-ns restore -D $DIR/work/1" out
  grep -q '^Bail out!' out
  COUNT=$(read_count "$FILE")
  comes_back work/1
  end_tree "$ROOT"
}

@test "cycle: a program that ends by itself" {
  export TMPDIR=$DIR
  criu_ns cycle -n 3 --every 0.1 -- sh -c 'exit 3'
  status_is 1
  grep -q '^not ok 1 - generation 1: the program has ended' out
  criu_ns cycle -- "$DIR/not-there"
  status_is 127
  one_line "cannot run '$DIR/not-there'"
  criu_ns cycle -- /
  status_is 126
}

@test "cycle: INT at any moment leaves the program running, never frozen" {
  local i
  export TMPDIR=$DIR
  start_counter count
  for i in {1..12}; do
    start_criu_ns cycle -n 1000 -D "work$i" -t "$PID"
    wait_until 20 test -s out
    # Not always at the same place.
    wait_until 20 grep -q "^ok $((i % 3 + 1)) " out
    sleep "0.0$((i * 7 % 10))"
    kill -INT "$LAUNCHER"
    wait_launcher >/dev/null
    status_is 130
    grep -q '^Bail out! interrupted by SIGINT' out
    PID=$(sed -n 's/^# the program runs on: PID //p' out)
    unharmed "$PID" "$FILE"
    rm -rf "work$i"
  done
  end_tree "$PID"
}

@test "cycle -- COMMAND: INT ends it" {
  export TMPDIR=$DIR
  start_criu_ns cycle -n 1000 -D work -- "$HELPERS_DIR/counter" -c 2 "$DIR/count"
  wait_until 30 grep -q '^ok 2 ' out
  kill -INT "$LAUNCHER"
  wait_launcher
  status_is 130
  not pgrep -f "counter -c 2 $DIR/count"
  rm -rf work
}

@test "cycle: options of criu are for the dump and come back by the record" {
  export TMPDIR=$DIR
  start_in_ns -g -- count
  criu_ns cycle -n 2 -j --file-locks -t "$PID"
  status_is 0
  wait_ended "$RUNNER"
  end_tree "$(sed -n 's/^# the program runs on: PID //p' out)"
}

@test "cycle: what makes no sense is refused" {
  export TMPDIR=$DIR
  criu_ns cycle
  status_is 125
  one_line 'needs a process'
  criu_ns cycle -t $$ -- true
  status_is 125
  criu_ns cycle -n 0 -- true
  status_is 125
  one_line "'0' is no number of generations"
  criu_ns cycle --every -1 -- true
  status_is 125
  one_line "'-1' is no time"
  criu_ns cycle -t 999999999
  status_is 125
  one_line 'there is no process'
  criu_ns cycle -R -- true
  status_is 125
  one_line 'cycle takes no --leave-running'
  mkdir -p work/2
  criu_ns cycle -D work -- true
  status_is 125
  one_line "/work/2' is there already"
  criu_ns dump --every 3 -t 1
  status_is 125
  one_line 'option --every is not for dump (it is for run cycle)'
}
