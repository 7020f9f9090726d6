#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# criu-ns ps: the trees that live under an init of ours.  Those of others may be
# there as well.
# shellcheck disable=SC2034,SC2153 # FILE and STATUS are the helpers'
load dump
load tty

NOBODY=65534
HEADLINE='PID  USER  HOW  SINCE  GENERATION  CHECKPOINT  MEMORY  DIRECTORY  COMMAND'

# --- What it says ----------------------------------------------------------------

# EXPRESSION on t, the tree of DIRECTORY below $DIR; "none" without one.
of_tree() { # DIRECTORY EXPRESSION
  "$CRIU_NS" ps --json >ps.json && in_json "$@"
}
in_json() { # DIRECTORY EXPRESSION: in ps.json
  python3 - "$DIR/$1" "$2" <<'END'
import json, sys
trees = [t for t in json.load(open("ps.json"))["trees"]
         if t["directory"] == sys.argv[1]]
assert len(trees) < 2
t = trees[0] if trees else None
print(eval(sys.argv[2]) if t else "none")
END
}
tree_has() { # DIRECTORY EXPRESSION VALUE
  equals "$(of_tree "$1" "$2")" "$3" "$2"
}
line_of() { # DIRECTORY: its line in out
  grep -F "  $DIR/$1  " out
}

was_dumped_since() { # DIRECTORY SECONDS
  local is
  is=$(of_tree "$1" 't["checkpoint"]')
  [[ $is != None ]] && ((is >= $2))
}
# No holder is left, of a dump that has succeeded or not: init knows.
only_child() { [[ $(children_of "$1") == "$2" ]]; } # INIT CHILD
not_dumped() { # DIRECTORY
  wait_until 5 only_child "$INIT" "${LEADER:-$ROOT}"
  tree_has "$1" 't["checkpoint"]' None
}

as_user() { # UID COMMAND...: criu-ns as another user, wherever it lies
  # shellcheck disable=SC2016 # for the inner shell
  run_it bash -c 'exec setpriv --reuid "$2" --regid "$2" --clear-groups \
    /proc/self/fd/7 "${@:3}" 7<"$1"' bash "$CRIU_NS" "$@"
  status_is 0
}

# --- Trees -----------------------------------------------------------------------

@test "ps: a tree, with all there is to know" {
  local before after line
  dump_counter
  before=$(date +%s)
  restore_detached
  after=$(date +%s)
  tree_has img 't["pid"], t["init"], t["inner_pid"]' "($ROOT, $INIT, $PID)"
  tree_has img 't["uid"], t["user"], t["how"]' "(0, 'root', 'restored')"
  tree_has img "$before - 1 <= t['since'] <= $after + 1" True
  tree_has img 't["generation"], t["checkpoint"], t["processes"]' \
    '(1, None, 1)'
  tree_has img 't["command"]' "$HELPERS_DIR/counter $FILE"
  criu_ns ps
  status_is 0
  [[ ! -s err ]]
  line=$(line_of img)
  [[ $line =~ ^\ *$ROOT\ +root\ +restored\ +(20[0-9-]+T[0-9:]+)\ +1\ +-\ +[0-9.]+[KM]\  ]]
  equals "$(date -d "${BASH_REMATCH[1]}" +%s)" "$(of_tree img 't["since"]')"
  [[ $line == *"  $HELPERS_DIR/counter $FILE" ]]
  end_tree "$ROOT"
  tree_has img t none
}

@test "ps: dumped and restored again, it is of generation 2, from elsewhere" {
  dump_counter
  restore_detached
  ns_dump "$ROOT" img2
  grep -qx '# generation: 1' img2/criu-ns.conf
  criu_ns restore -D img2 -d --pidfile "$DIR/pidfile"
  ROOT=$(<pidfile)
  tree_has img t none
  tree_has img2 't["pid"], t["generation"]' "($ROOT, 2)"
  ns_dump "$ROOT" img2
  criu_ns restore -D img2 -d --pidfile "$DIR/pidfile"
  tree_has img2 't["generation"]' 3
  end_tree "$(<pidfile)"
}

@test "ps: a generation is believed only where the record is" {
  start_counter count
  ns_dump "$PID" img
  grep -qx '# generation: 0' img/criu-ns.conf
  cp img/criu-ns.conf record
  generation_is 42 's/^# generation: .*/# generation: 41/'
  generation_is 1 's/^# generation: .*/# generation: many/'
  generation_is 1 's/^# generation: .*/# generation: -5/'
  generation_is 1 's/^# generation: .*/# generation: 99999999999999999999/'
  # What is behind the command may be a part of it.
  generation_is 1 '/^# generation/d; /^# command/a # generation: 7'
  # Of other images.
  generation_is 1 's/^# generation: .*/# generation: 4/
    s/^# image: .*/# image: 0123456789abcdef/'
  generation_is 1 's/^# generation: .*/# generation: 4/' --no-record
  cp record img/criu-ns.conf
  comes_back img
  end_tree "$ROOT"
}
generation_is() { # N SED_COMMAND [OPTION...]: of the tree that is restored
  sed "$2" record >img/criu-ns.conf
  restore_detached "${@:3}"
  tree_has img 't["generation"]' "$1"
  end_tree "$ROOT"
}

@test "ps: a dump with -R is the last checkpoint, one that fails is not" {
  local since
  dump_counter -c 1
  restore_detached
  stand_in failing 1
  criu_ns dump -t "$ROOT" -R -D "$(mkdir a && echo a)" \
    --criu-binary "$DIR/failing"
  status_is 1
  not_dumped img
  criu_ns dump -t "$ROOT" -D a --criu-binary "$DIR/failing"
  status_is 1
  not_dumped img
  since=$(date +%s)
  criu_ns dump -t "$ROOT" -R -D a -o dump.log
  status_is 0
  wait_until 5 was_dumped_since img "$since"
  (($(of_tree img 't["checkpoint"]') <= $(date +%s)))
  tree_has img 't["generation"], t["processes"]' '(1, 2)'
  criu_ns ps
  [[ $(line_of img) =~ \ 1\ +20[0-9-]+T[0-9:]+\  ]]
  # The second that comes is noted, too.
  wait_until 5 later_than "$since"
  criu_ns dump -t "$ROOT" --leave-stopped -D a -o dump.log
  status_is 0
  wait_until 5 was_dumped_since img "$((since + 1))"
  end_tree "$ROOT"
}
later_than() { (($(date +%s) > $1)); } # SECONDS

@test "ps: a dump of a part of the tree is no checkpoint of the tree" {
  local child
  dump_counter -c 1
  restore_detached
  child=$(children_of "$ROOT")
  # Another session's member, a root of its own to criu.
  criu_ns dump -j -t "$child" -R -D "$(mkdir a && echo a)" -o dump.log
  status_is 0
  grep -qx '# generation: 1' a/criu-ns.conf
  not_dumped img
  criu_ns dump -j -t "$child" -D a -o dump.log
  status_is 0
  not_dumped img
  end_tree "$ROOT"
}

@test "ps: a pre-dump is no checkpoint" {
  dump_counter
  restore_detached
  criu_ns pre-dump -t "$ROOT" -D "$(mkdir a && echo a)"
  ((STATUS == 0)) || {
    end_tree "$ROOT"
    skip 'no memory tracking here'
  }
  not_dumped img
  end_tree "$ROOT"
}

@test "ps: a dump from inside of the namespaces is a checkpoint" {
  local since
  dump_counter
  restore_detached
  since=$(date +%s)
  mkdir a
  run_it nsenter -t "$INIT" -p -m --wdns="$DIR" "$CRIU_NS" dump -t "$PID" -R \
    -D a -o dump.log
  status_is 0
  wait_until 5 was_dumped_since img "$since"
  end_tree "$ROOT"
}

@test "ps: a shell job, below its leader" {
  local since
  dump_job "ready; $WAIT"
  LEADER=
  restore_dj
  tree_has img 't["pid"], t["init"], t["inner_pid"]' "($ROOT, $INIT, $PID)"
  # The job itself and what it forks: not its leader.
  tree_has img 't["generation"], t["checkpoint"]' '(1, None)'
  tree_has img '0 < t["processes"] < 3' True
  since=$(date +%s)
  criu_ns dump -j -R -t "$ROOT" -D "$(mkdir a && echo a)" -o dump.log
  status_is 0
  wait_until 5 was_dumped_since img "$since"
  dump_j "$ROOT" img2
  wait_ended "$INIT"
  grep -qx '# generation: 1' img2/criu-ns.conf
  criu_ns restore -dj -D img2 --pidfile "$DIR/pidfile"
  tree_has img2 't["pid"], t["generation"]' "($(<pidfile), 2)"
  end_tree "$(<pidfile)"
}

@test "ps: two trees, of one command line each" {
  start_counter first
  dump "$PID" img
  start_counter 'second one'
  dump "$PID" $'i m\ng\033[2J'
  restore_detached
  criu_ns restore -D $'i m\ng\033[2J' -d --pidfile "$DIR/second"
  tree_has img 't["pid"], t["command"]' \
    "($ROOT, '$HELPERS_DIR/counter $DIR/first')"
  tree_has $'i m\ng\033[2J' 't["pid"], t["command"]' \
    "($(<second), '$HELPERS_DIR/counter $DIR/second one')"
  criu_ns ps
  not grep -q $'\033' out
  grep -qF "  $DIR/i m?g?[2J  " out
  # One headline, and as many lines as there are trees.
  equals "$(grep -c '^ *PID ' out)" 1
  equals "$(grep -cF "  $DIR/i" out)" 2
  end_tree "$(<second)"
  end_tree "$ROOT"
}

@test "ps: a tree in a container, as seen from here and from there" {
  dump_counter
  start_alone "$HELPERS_DIR/nsrun" "$CRIU_NS" restore -D img
  RUNNER=$PID
  wait_until 20 counter_is_back
  tree_has img 't["pid"], t["generation"]' "($ROOT, 1)"
  nsenter -t "$(parent_of "$INIT")" -p -m "$CRIU_NS" ps --json >ps.json
  equals "$(in_json img 't["pid"]')" "$(middle_pid_of "$ROOT")"
  kill -KILL "$ROOT"
  wait_ended "$ROOT" "$INIT" "$RUNNER"
}
counter_is_back() {
  for ROOT in $(descendants_of "$RUNNER"); do
    INIT=$(parent_of "$ROOT")
    if [[ $(title_of "$ROOT") == "$HELPERS_DIR/counter"* ]]; then
      is_init "$INIT"
      return
    fi
  done
  return 1
}
middle_pid_of() { status_of "$1" NSpid | awk '{ print $2 }'; } # PID

@test "ps: what a root that has ended has left" {
  local child
  dump_counter -c 2
  restore_detached
  child=$(children_of "$ROOT")
  kill -KILL "$ROOT"
  wait_gone "$ROOT"
  tree_has img 't["pid"], t["processes"]' '(None, 2)'
  tree_has img 't["command"]' "$HELPERS_DIR/counter -c 2 $FILE"
  criu_ns ps
  [[ $(line_of img) =~ ^\ *-\ +root\  ]]
  # shellcheck disable=SC2086 # one word each
  kill -KILL $child
  wait_ended "$INIT"
}

@test "ps: memory that processes share counts once" {
  dump_counter -m 24 -c 3
  restore_detached
  wait_until 5 tree_has img 't["processes"]' 4
  tree_has img '24 << 20 <= t["memory"] < 48 << 20' True
  tree_has img 't["memory_is"]' pss
  end_tree "$ROOT"
}

# --- Who sees what ---------------------------------------------------------------

# A tree of root's; at USR1 it is nobody's, and has a child of root's at CHILD.
dump_changing() { # [CHILD]
  # shellcheck disable=SC2016
  printf 'trap "%s exec setpriv --reuid %d --regid %d --clear-groups \
    sleep 1000" USR1; : >ready; while :; do sleep 0.02; done' \
    "${1:+sleep 1000 &}" $NOBODY $NOBODY >script
  rm -f ready
  start_alone bash script
  wait_until 10 test -e ready
  FILE='' dump "$PID" "${2:-img}"
}
change() { # PID
  kill -USR1 "$1"
  wait_until 10 is_sleep "$1"
}

@test "ps: a user sees the trees of his own, root sees all" {
  dump_changing
  restore_detached
  change "$ROOT"
  start_counter count
  dump "$PID" other
  criu_ns restore -D other -d --pidfile "$DIR/other.pid"
  as_user $NOBODY ps --json
  cp out ps.json
  equals "$(in_json img 't["pid"], t["uid"], t["command"]')" \
    "($ROOT, $NOBODY, 'sleep 1000')"
  equals "$(in_json img 't["memory_is"]')" pss
  equals "$(in_json other t)" none
  tree_has img 't["uid"]' $NOBODY
  tree_has other 't["uid"]' 0
  as_user $((NOBODY - 7)) ps --json
  equals "$(<out)" '{"trees":[]}'
  as_user $((NOBODY - 7)) ps
  equals "$(<out)" "$HEADLINE"
  end_tree "$ROOT"
  end_tree "$(<other.pid)"
}

@test "ps: memory that a user may not look into is said to be an upper bound" {
  dump_changing child
  restore_detached
  change "$ROOT"
  as_user $NOBODY ps --json
  cp out ps.json
  equals "$(in_json img 't["processes"], t["memory_is"]')" "(2, 'rss')"
  (($(in_json img 't["memory"]') > $(of_tree img 't["memory"]')))
  tree_has img 't["memory_is"]' pss
  as_user $NOBODY ps
  [[ $(line_of img) =~ \ \<[0-9.]+[KM]\  ]]
  end_tree "$ROOT"
}

@test "ps: processes that are hidden from a user are no error" {
  dump_changing
  restore_detached
  change "$ROOT"
  # shellcheck disable=SC2016 # for the inner shell
  run_it unshare -m bash -c 'mount -t proc -o "hidepid=$1" proc /proc &&
    exec setpriv --reuid "$2" --regid "$2" --clear-groups /proc/self/fd/7 \
      ps 7<"$3"' \
    bash 2 $NOBODY "$CRIU_NS"
  status_is 0
  equals "$(<out)" "$HEADLINE"
  [[ ! -s err ]]
  end_tree "$ROOT"
}

# A process that says it were init, and has a child.
cat_pretender() {
  cat <<'END'
printf 'criu-ns: init' >/proc/$BASHPID/comm
sleep 1000 &
: >pretends
wait
END
}
pretend() { # [COMMAND...]
  chmod 777 .
  cat_pretender >root=2
  rm -f pretends
  # shellcheck disable=SC2016 # for the inner shell
  start_alone "$@" bash -c 'exec -a "criu-ns: init $1" bash root=2 \
    how=restored generation=1 checkpoint=----------' bash "$DIR/img"
  wait_until 10 test -e pretends
}

@test "ps: who only says that he is an init is not believed" {
  local pretender
  pretend
  tree_has img t none
  kill -KILL "$(children_of "$PID")" "$PID"
  wait_ended "$PID"
  # PID 1 of a namespace, but not root's.
  may_unshare || skip 'a user may make no namespaces here'
  pretend setpriv --reuid $NOBODY --regid $NOBODY --clear-groups \
    unshare -Urpf --mount-proc
  pretender=$(children_of "$PID")
  equals "$(inner_pid_of "$pretender")" 1
  equals "$(status_of "$pretender" Name)" 'criu-ns: init'
  tree_has img t none
  kill -KILL "$pretender"
  wait_ended "$PID"
}
may_unshare() {
  chmod 777 .
  setpriv --reuid $NOBODY --regid $NOBODY --clear-groups \
    unshare -Urpf --mount-proc test -x . 2>/dev/null
}

# --- The command -----------------------------------------------------------------

@test "ps: without a tree there is the headline" {
  run_it unshare -pf --mount-proc "$CRIU_NS" ps
  status_is 0
  equals "$(<out)" "$HEADLINE"
  run_it unshare -pf --mount-proc "$CRIU_NS" ps --json
  status_is 0
  equals "$(<out)" '{"trees":[]}'
}

@test "ps: on a terminal, lines are cut to its width" {
  dump_counter
  restore_detached
  timeout 20 env TERM=xterm script -qec "stty cols 60; $CRIU_NS ps" /dev/null \
    </dev/null >out
  equals "$(sed 's/\x1b\[[01]m//g; s/\r//' out | awk 'length > 60' | wc -l)" 0
  grep -q $'\033\[1m *PID' out
  grep -q "^ *$ROOT  " out
  end_tree "$ROOT"
}

@test "ps: misuse" {
  criu_ns ps more
  status_is 125
  one_line "'more' is one word too many for ps"
  criu_ns ps --keep 3
  status_is 125
  one_line 'option --keep is not for ps'
  [[ ! -w /dev/full ]] || {
    # shellcheck disable=SC2016 # for the inner shell
    run_it sh -c 'exec "$1" ps >/dev/full' sh "$CRIU_NS"
    status_is 125
    one_line 'cannot write to stdout'
  }
}
