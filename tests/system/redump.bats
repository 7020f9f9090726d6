#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# restore --redump: can what came back be checkpointed again?
# shellcheck disable=SC2034,SC2153 # COUNT, STATUS and ROOT are the helpers'
load dump

@test "restore --redump: restored, dumped at once, exit 0" {
  local n
  dump_counter -c 1
  criu_ns restore -D img --redump again
  status_is 0
  err_has "dumped into 'again'"
  equals "$(stat -c %a again)" 700
  COUNT=$(read_count "$FILE")
  comes_back again
  end_tree "$ROOT"
}

@test "restore -d --redump -R: it runs on, its PID is in the pidfile" {
  dump_counter
  criu_ns restore -d -D img --redump again -R --pidfile "$DIR/p"
  status_is 0
  err_has 'and runs on'
  ROOT=$(<p)
  wait_growing "$FILE"
  end_tree "$ROOT"
  COUNT=0
  comes_back again
  end_tree "$ROOT"
}

@test "restore -d --redump --redump-after: returns when it is dumped" {
  local before
  dump_counter
  before=$(now)
  criu_ns restore -d -D img --redump again --redump-after 0.7
  status_is 0
  (($(now) - before >= 700000))
  COUNT=$(read_count "$FILE")
  (($(read_count "$FILE") >= COUNT))
  comes_back again
  end_tree "$ROOT"
}

@test "restore --redump -R in the foreground: the program's own status" {
  dump_counter -e 7
  start_criu_ns restore -D img --redump 'again-%n' -R --redump-on-signal
  wait_running_below "$LAUNCHER"
  kill -USR2 "$LAUNCHER"
  wait_until 20 test -s again-1/criu-ns.conf
  wait_until 20 grep -q "dumped into" err
  kill -USR2 "$LAUNCHER"
  wait_until 20 test -s again-2/criu-ns.conf
  wait_until 20 runs_on_twice
  not grep -q USR2 "$FILE.signals"
  wait_growing "$FILE"
  kill -TERM "$ROOT"
  wait_launcher
  COUNT=0
  comes_back 'again-%n'
  end_tree "$ROOT"
}

runs_on_twice() { (($(grep -c 'runs on' err) == 2)); }

@test "restore --redump uses the record of the image, and leaves one" {
  start_in_ns -g -- count
  ns_dump "$PID" img -j --file-locks --external 'mnt[/a]:b'
  criu_ns restore -D img --redump again
  status_is 0
  equals "$(sed '/^#/d; /^$/d' again/criu-ns.conf | sort)" \
    "$(sed '/^#/d; /^$/d' img/criu-ns.conf | sort)"
  COUNT=$(read_count "$FILE")
  comes_back again
  end_tree "$ROOT"
}

@test "restore --redump that fails: its status, and the tree runs on" {
  dump_counter
  cat >my-criu <<END
#!/bin/sh
[ "\$1" != dump ] || exit 3
exec $CRIU "\$@"
END
  chmod +x my-criu
  criu_ns restore -d -D img --redump again --criu-binary ./my-criu \
    --pidfile "$DIR/p"
  status_is 3
  ROOT=$(<p)
  wait_growing "$FILE"
  start_criu_ns dump -t "$ROOT" -D again
  wait_launcher
  status_is 0
  COUNT=$(read_count "$FILE")
  # In the foreground it stays with the program.
  criu_ns restore -d -D again --pidfile "$DIR/p"
  end_tree "$(<p)"
  start_criu_ns restore -D again --redump third --criu-binary ./my-criu
  wait_running_below "$LAUNCHER"
  wait_until 20 grep -q 'failed with status 3' err
  end_tree "$ROOT"
  wait_launcher
  status_is 3
}

@test "restore --redump of a tree that ends before: 125" {
  dump_counter -e 7
  start_criu_ns restore -D img --redump again --redump-after 100
  wait_running_below "$LAUNCHER"
  kill -TERM "$LAUNCHER"
  kill -KILL "$ROOT" 2>/dev/null || :
  wait_launcher
  status_is 125
  err_has 'ended before it could be dumped'
}

@test "restore -d --redump-after: TERM while it waits leaves the tree alone" {
  dump_counter
  start_criu_ns restore -d -D img --redump again --redump-after 100 \
    --pidfile "$DIR/p"
  wait_until 20 test -s p
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 143
  ROOT=$(<p)
  wait_growing "$FILE"
  end_tree "$ROOT"
}

@test "restore --redump: what makes no sense is refused" {
  dump_counter
  criu_ns restore -D img --redump-after 1
  status_is 125
  one_line '--redump-after needs --redump'
  criu_ns restore -D img --redump-on-signal
  status_is 125
  one_line '--redump-on-signal needs --redump'
  criu_ns restore -D img --redump x --redump-on-signal -d
  status_is 125
  one_line 'leave out --restore-detached'
  criu_ns restore -D img --redump x --redump-on-signal --redump-after 1
  status_is 125
  one_line "can't be used together"
  for n in '' x 1x -1 nan inf; do
    criu_ns restore -D img --redump x --redump-after "$n"
    status_is 125
    one_line "'$n' is no time"
  done
  criu_ns restore -D img --redump no/x
  status_is 125
  one_line "cannot make image directory 'no/x'"
}
