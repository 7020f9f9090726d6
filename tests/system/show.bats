#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# criu-ns show: what an image directory holds, whole or damaged.
# shellcheck disable=SC2034,SC2153 # RUN and STATUS are the helpers'
load dump

# A tree with threads, a zombie, sessions, a pipe and shared memory, in img.
make_image() {
  start_tree run -c 3 -t 2 -z 1 -p -m
  TREE=$(pids_of_tree)
  dump "$PID" img
  # shellcheck disable=SC2086 # one word each
  wait_gone $TREE
}
pids_of_tree() { echo "$PID $(descendants_of "$PID" | xargs)"; }

json() { # EXPRESSION: on d, the object that criu-ns has printed
  python3 -c "import json; d = json.load(open('$DIR/out')); print($1)"
}

@test "show: the process tree with threads, states, sessions and commands" {
  local pid
  make_image
  criu_ns show -D img
  status_is 0
  for pid in $TREE; do
    grep -Eq "^ +$pid +[0-9]+ +[0-9]+ " out || fail "process $pid is missing"
  done
  grep -Eq "^ +$PID +$PID +$PID +3 alive .* $HELPERS_DIR/tree -c 3 -t 2" out
  grep -Eq ' zombie .* \\_ \[tree\] <defunct>' out
  grep -Eq ' alive .* \\_ .*/tree ' out
  out_has "$DIR/run/root"
  out_has 'reading end'
  out_has 'none of its numbers'
  [[ ! -s err ]]
  # Not on a terminal: no colours, nothing is cut.
  not grep -q $'\033' out
}

@test "show --json: one object, with what the text has" {
  make_image
  criu_ns show -D img --json
  status_is 0
  equals "$(wc -l <out)" 1
  equals "$(json 'd["complete"]')" True
  # shellcheck disable=SC2086 # one word each
  equals "$(json '*sorted(p["pid"] for p in d["processes"])')" \
    "$(printf '%s\n' $TREE | sort -n | xargs)"
  equals "$(json 'd["processes"][0]["command"]')" \
    "$HELPERS_DIR/tree -c 3 -t 2 -z 1 -p -m $DIR/run"
  equals "$(json 'len(d["processes"][0]["threads"])')" 3
  equals "$(json '[p["state"] for p in d["processes"]].count("zombie")')" 1
  equals "$(json 'd["processes"][0]["cwd"]')" "$DIR/run"
  equals "$(json 'd["processes"][0]["executable"]')" "$HELPERS_DIR/tree"
  equals "$(json '[f["size"] for f in d["processes"][0]["files"] if
    f["name"] == "'"$DIR/run/root"'"]')" '[11]'
  # All pages are somebody's.
  (($(json 'sum(p["memory"] for p in d["processes"])') > 100000))
  equals "$(json 'd["record"]')" None
}

@test "show: pages of a parent directory count, and have the command line" {
  start_tree run
  mkdir -p chain/1 chain/2
  plain_criu pre-dump -t "$PID" -D chain/1 -o dump.log --track-mem
  ((STATUS == 0)) || {
    end_target
    skip "no memory tracking here"
  }
  dump "$PID" chain/2 --prev-images-dir ../1 --track-mem
  criu_ns show -D chain/2 --json
  status_is 0
  equals "$(json 'd["processes"][0]["command"]')" \
    "$HELPERS_DIR/tree $DIR/run"
  (($(json 'd["processes"][0]["memory_in_parents"]') > 0))
}

@test "show: sockets with addresses and states, deleted files" {
  needs_inet
  start_sockets
  dump "$PID" img --tcp-established --network-lock skip
  criu_ns show -D img
  status_is 0
  grep -Eq " tcp +127\.0\.0\.1:$PORT listening\$" out
  grep -Eq " tcp +127\.0\.0\.1:[0-9]+ -> 127\.0\.0\.1:$PORT established" out
  grep -Eq ' unix +stream [0-9]+ .*/server listening' out
  grep -Eq ' unix +stream [0-9]+ @criu-ns-.* listening' out
  grep -Eq ' unix +stream [0-9]+ -> [0-9]+$' out
  out_has "$DIR/deleted (deleted)"
}

@test "show: on a terminal, lines are cut to its width, and there are colours" {
  make_image
  on_terminal 60 'show -D img'
  equals "$(lines_over 60)" 0
  grep -q $'\033\[1m' out
  on_terminal 60 'show -D img' NO_COLOR=1
  not grep -q $'\033' out
  on_terminal 200 'show -D img'
  out_has "$HELPERS_DIR/tree -c 3"
}
on_terminal() { # COLUMNS ARGUMENTS [VARIABLE...]
  STATUS=0
  timeout 20 env TERM=xterm "${@:3}" script -qec \
    "stty cols $1; $CRIU_NS $2" /dev/null </dev/null >out 2>err || STATUS=$?
  status_is 0
}
lines_over() { # COLUMNS: how many lines are longer
  sed 's/\x1b\[[01]m//g; s/\r//' out | awk -v n="$1" 'length > n' | wc -l
}

@test "show: control characters in names reach no terminal" {
  printf -v NAME 'a\033[2Jb\nc'
  start_counter "$NAME"
  dump "$PID" img
  criu_ns show -D img
  status_is 0
  not grep -q $'\033' out
  out_has 'a?[2Jb?c'
  criu_ns show -D img --json
  status_is 0
  json 'len(d["processes"])'
}

@test "show: numbers that are taken here" {
  dump_counter
  take_pid "$PID"
  criu_ns show -D img
  status_is 0
  out_has "$PID, by process $PID (sleep) of user root"
  kill_take
}

@test "show: the options of a record" {
  dump_counter
  printf '# made by a test\nshell-job\nghost-limit 1048576\n' >img/criu-ns.conf
  criu_ns show -D img
  status_is 0
  out_has 'shell-job, ghost-limit=1048576'
  echo 'no such option' >img/criu-ns.conf
  criu_ns show -D img
  status_is 0
  out_has 'criu-ns.conf:1:'
}

@test "show: each file cut short, at several lengths: a clear line, no crash" {
  local file size length problems=0
  make_image
  cp -a img good
  for file in $(find good -type f -size +0 ! -name '*.log' -printf '%f\n' |
    sort); do
    size=$(stat -c %s "good/$file")
    for length in 0 1 5 9 17 $((size / 2)) $((size - 1)); do
      ((length < size)) || continue
      truncate -s "$length" "img/$file"
      cut_is_fine "$file" "$length" || problems=1
    done
    cp "good/$file" "img/$file"
  done
  ((problems == 0))
}
# Both commands say what is wrong, or find that nothing of weight is.
cut_is_fine() { # FILE LENGTH
  local status=0 command
  for command in show check obstacles; do
    status=0
    timeout -k 1 10 "$CRIU_NS" $command -D img </dev/null >out 2>err ||
      status=$?
    ((status == 0 || status == 1 || (status == 125 && $(wc -l <err) == 1))) || {
      echo "$1 of $2 bytes: $command ends with $status"
      return 1
    }
    [[ $command != show || $status != 1 ]] || grep -q '^criu-ns: ' err || {
      echo "$1 of $2 bytes: show says nothing"
      return 1
    }
    [[ $command != check || $status != 1 ]] || [[ -s out ]] || {
      echo "$1 of $2 bytes: check says nothing"
      return 1
    }
  done
}

@test "show: what is left of a damaged image is shown, with status 1" {
  make_image
  truncate -s 20 img/files.img
  rm "img/mm-$PID.img"
  criu_ns show -D img
  status_is 1
  err_has "'img' is damaged: "
  out_has "mm-$PID.img is missing"
  out_has 'files.img ends after'
  grep -Eq ' zombie ' out
  criu_ns show -D img --json
  status_is 1
  equals "$(json 'd["complete"], len(d["problems"]) > 1')" 'False True'
}

@test "show: what is no image directory" {
  mkdir empty
  criu_ns show -D empty
  status_is 1
  one_line 'inventory.img is missing: this is no image directory'
  criu_ns show -D nowhere
  status_is 125
  one_line "cannot open image directory 'nowhere'"
  criu_ns show -D empty more
  status_is 125
  one_line "'more' is one word too many"
  mkdir foreign
  head -c 100000 /dev/urandom | tee foreign/pstree.img foreign/core-1.img \
    >foreign/inventory.img
  criu_ns show -D foreign
  status_is 1
  one_line 'inventory.img is no inventory image'
}
