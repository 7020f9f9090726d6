#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Dump: ended half-way.  The tree runs on, never frozen, and the next dump works.
# shellcheck disable=SC2034,SC2153 # COUNT and STATUS are the helpers'
load dump

# The tree is as before, and can still be dumped.
survives() {
  unharmed "$PID" "$FILE" && ns_dump "$PID" again && comes_back again &&
    end_tree "$ROOT"
}

@test "criu killed before it freezes the tree" {
  start_in_ns -- count
  start_halting_dump pre-dump "$PID" img
  kill -KILL "$DUMPER"
  wait_launcher
  status_is 137
  one_line SIGKILL
  go_on
  survives
}

@test "criu killed when the images are written and the tree is frozen" {
  start_in_ns -- count
  start_halting_dump post-dump "$PID" img
  stands_still "$FILE"
  kill -KILL "$DUMPER"
  wait_launcher
  status_is 137
  one_line SIGKILL
  go_on
  survives
}

@test "criu killed with fifty processes frozen" {
  start_tree tree -c 49
  start_halting_dump post-dump "$PID" img
  kill -KILL "$DUMPER"
  wait_launcher
  status_is 137
  go_on
  wait_growing "$DIR/tree/48"
  survives
}

@test "TERM, INT and HUP to criu-ns half-way end the dump, not the tree" {
  local sig
  start_in_ns -- count
  for sig in TERM INT HUP; do
    start_halting_dump post-dump "$PID" "img.$sig"
    kill -s $sig "$LAUNCHER"
    wait_launcher
    ((STATUS > 128))
    go_on
    unharmed "$PID" "$FILE"
  done
  survives
}

@test "TERM to criu-ns before the freeze ends the dump, not the tree" {
  start_in_ns -- count
  start_halting_dump pre-dump "$PID" img
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 143
  go_on
  survives
}

# A criu that is killed while it injects its parasite takes the target with it.
@test "TERM to criu-ns at any moment leaves a tree that runs or an image" {
  local i
  start_in_ns -- count
  for i in {1..30}; do
    mkdir "img$i"
    start_criu_ns dump -t "$PID" -D "img$i" -o dump.log >/dev/null
    wait_until 5 test -e "img$i/dump.log"
    sleep "0.0$((i % 3))$((i % 10))"
    kill -TERM "$LAUNCHER" 2>/dev/null || :
    wait_launcher >/dev/null
    ((STATUS == 0 || STATUS == 143))
    COUNT=$(read_count "$FILE")
    ((STATUS != 0)) || wait_ended "$PID"
    if ended "$PID"; then
      [[ -s img$i/inventory.img ]] || fail "dump $i: neither tree nor image"
      comes_back "img$i"
      PID=$ROOT
    else
      unharmed "$PID" "$FILE"
    fi
  done
  ns_dump "$PID" img
  comes_back img
  end_tree "$ROOT"
}

# criu forks to find out about the kernel; killed then, it leaves a stopped child
# behind that holds the caller's stdout and the image directory.
@test "what criu has forked ends with it" {
  start_in_ns -- count
  cp "$(type -P sleep)" forked
  # shellcheck disable=SC2016 # for the script
  printf '#!/bin/sh\n[ "$1" = dump ] || exec %q "$@"\n%q 1000 &\nwait\n' \
    "$CRIU" "$DIR/forked" >my-criu
  chmod +x my-criu
  start_criu_ns dump --criu-binary "$DIR/my-criu" -t "$PID" -D .
  wait_until 5 forked_runs
  kill -KILL "$(pgrep -P "$LAUNCHER")"
  wait_launcher
  ((STATUS > 128))
  wait_until 5 not forked_runs
  end_target
}
forked_runs() { pgrep -f "^$DIR/forked" >/dev/null; }

@test "the launcher killed with SIGKILL half-way: criu finishes" {
  start_in_ns -- count
  start_halting_dump post-dump "$PID" img
  kill -KILL "$LAUNCHER"
  wait_launcher
  COUNT=$(read_count "$FILE")
  go_on
  if ! wait_until 10 ended "$PID"; then
    survives
    return
  fi
  wait_ended "$DUMPER" "$RUNNER"
  comes_back img
  end_tree "$ROOT"
}

@test "the launcher killed with SIGKILL before the freeze: no frozen tree" {
  start_in_ns -- count
  start_halting_dump pre-dump "$PID" img
  kill -KILL "$LAUNCHER"
  wait_launcher
  go_on
  wait_ended "$DUMPER"
  COUNT=$(read_count "$FILE")
  if ended "$PID"; then
    comes_back img
    end_tree "$ROOT"
  else
    survives
  fi
}

@test "an action script that fails ends the dump, not the tree" {
  local expected
  mkdir img
  cat >img/no.sh <<'END'
#!/bin/sh
[ "$CRTOOLS_SCRIPT_ACTION" != post-dump ]
END
  chmod +x img/no.sh
  start_counter plain
  plain_criu dump -t "$PID" -D img --action-script ./no.sh
  expected=$STATUS
  ((expected != 0))
  end_tree "$PID"

  start_in_ns -- count
  criu_ns dump -t "$PID" -D img -o dump.log --action-script ./no.sh
  status_is "$expected"
  survives
}

@test "the namespace lives on until criu has finished its files" {
  start_in_ns -- count
  start_halting_dump post-dump "$PID" img
  # nsrun's init waits for its children: the holder is one of them.
  (($(children_of "$(parent_of "$PID")" | wc -w) == 2))
  go_on
  wait_launcher
  status_is 0
  wait_ended "$RUNNER"
  [[ -s img/stats-dump ]]
}
