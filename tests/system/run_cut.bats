#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# run: the power is cut at a random moment, again and again.
# shellcheck disable=SC2034,SC2153,SC2016
load run

cut_off() {
  local all
  all="$LAUNCHER $INIT $(descendants_of "$LAUNCHER")"
  # shellcheck disable=SC2086
  kill -KILL $all 2>/dev/null || :
  # shellcheck disable=SC2086
  wait_ended $all
  wait_status "$LAUNCHER" 2>/dev/null || :
}
checkpoints_made() { [[ ! -e made ]] || wc -l <made; }
more_made() { (($(checkpoints_made) > $1)); }

# CHECKPOINTS of them, every 0.15 s; one is under way for a third of that time.
@test "run: the newest complete image is restored after each of many cuts" {
  local before cuts=0 last n now all=${CHECKPOINTS:-50}
  : >made
  while n=$(checkpoints_made) && ((n < all)); do
    # What is read next, the restored program has written.
    [[ ! -e count ]] || printf '%020d\n' 0 1<>count
    start_run --every 0.15 --on-checkpoint 'cat count >>made'
    if ((cuts)); then
      # The hook has read it after the checkpoint: a little later.
      last=$(tail -n 1 made)
      last=$((10#${last:-0}))
      now=$(read_count "$FILE")
      ((now >= last - 60 && now <= before + 60)) ||
        fail "at $now, checkpointed after $last, cut off at $before"
    fi
    wait_until 20 more_made "$n"
    # Some time within an interval, from no clock of the launcher's.
    read -rt "0.$((RANDOM % 30 + 10))" <> <(:) || :
    before=$(read_count "$FILE")
    cut_off
    cuts=$((cuts + 1))
    [[ -s ckpt/inventory.img ]]
  done
  echo "# $cuts cuts in $n checkpoints" >&3
  ((cuts >= 5))
  start_run
  quit_run
  # What a cut dump has left beside it goes with the next one.
  start_run
  end_run
  not compgen -G '.ckpt.criu-ns-new*'
}
