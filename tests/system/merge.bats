#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# --merge-memory: copies of one image share what they have not changed.
load helpers

KSM=/sys/kernel/mm/ksm

merges() { # PID
  [[ $(awk '$1 == "ksm_merge_any:" { print $2 }' "/proc/$1/ksm_stat") == yes ]]
}
needs_merging() {
  [[ -w $KSM/run ]] || skip "needs $KSM"
  grep -q ksm_merge_any /proc/self/ksm_stat 2>/dev/null ||
    skip "needs Linux 6.14 to be seen"
}
pss_of() { # PID..., in kB
  local pid
  for pid; do cat "/proc/$pid/smaps_rollup"; done |
    awk '/^Pss:/ { n += $2 } END { print n }'
}
set_ksm() { # RUN PAGES_TO_SCAN SLEEP_MILLISECS
  echo "$1" >$KSM/run && echo "$2" >$KSM/pages_to_scan &&
    echo "$3" >$KSM/sleep_millisecs
}

@test "--merge-memory: the tree merges, init does not; ksmd is left as it is" {
  local run
  needs_merging
  run=$(<$KSM/run)
  dump_counter -c 1
  restore_detached
  not merges "$ROOT"
  end_tree "$ROOT"
  restore_detached --merge-memory
  merges "$ROOT"
  merges "$(children_of "$ROOT")"
  not merges "$INIT"
  equals "$(<$KSM/run)" "$run"
  if ((run == 1)); then
    not grep -q ksmd err
  else
    err_has "criu-ns: memory will be merged when ksmd runs, and it does not (echo 1 >$KSM/run)"
  fi
  goes_on_from "$FILE" "$COUNT"
  end_tree "$ROOT"
}

# shellcheck disable=SC2034 # helpers read it
@test "--merge-memory: ten copies take at most a fifth of the memory" {
  local n pids=() before after=0 old end
  needs_merging
  type -P python3 >/dev/null || skip "needs python3"
  start_alone "$(python3 -c 'import sys; print(sys.executable)')" -c '
import json, random, sys, time
r = random.Random(1)
b = [r.randbytes(4096) for i in range(12000)]
open(sys.argv[1], "w").write("x")
while True: time.sleep(0.01)' "$DIR/up"
  wait_until 20 test -s up
  FILE=''
  dump "$PID" img
  for n in 1 2 3 4 5 6 7 8 9 10; do
    restore_detached --merge-memory
    pids+=("$ROOT")
  done
  before=$(pss_of "${pids[@]}")
  old="$(<$KSM/run) $(<$KSM/pages_to_scan) $(<$KSM/sleep_millisecs)"
  set_ksm 1 20000 10
  end=$((SECONDS + 60))
  while ((SECONDS < end)); do
    after=$(pss_of "${pids[@]}")
    if ((after * 5 <= before)); then break; fi
    read -r -t 0.2 <> <(:) || :
  done
  # shellcheck disable=SC2086
  set_ksm $old
  for n in "${pids[@]}"; do end_tree "$n"; done
  echo "$before kB, merged $after kB"
  ((after > 0 && after * 5 <= before))
}
