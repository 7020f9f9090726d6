#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The command line: help, versions, misuse, and what is criu's own.
load helpers

# Misused: one line with TEXT, nothing on stdout.
misused() { # TEXT ARGUMENT...
  criu_ns "${@:2}"
  status_is 125 && one_line "$1" && equals "$(<out)" '' stdout
}

# criu-ns does what criu does: status, stdout and stderr.
like_criu() { # ARGUMENT...
  local status
  plain_criu "$@"
  status=$STATUS
  ((status < 124)) || fail "criu was not run, or hangs"
  clean <out >out.criu
  clean <err >err.criu
  criu_ns "$@"
  clean <out >out.ours
  clean <err >err.ours
  status_is "$status" && diff out.criu out.ours && diff err.criu err.ours
}
clean() { sed 's/[0-9][0-9]*/N/g'; } # times and PIDs vary

@test "no action: usage on stderr, 125" {
  criu_ns
  status_is 125
  err_has 'Usage: criu-ns'
  equals "$(<out)" '' stdout
}

@test "an unknown action: it is named, usage on stderr, 125" {
  criu_ns undump
  status_is 125
  err_has "'undump'"
  err_has 'Usage: criu-ns'
  equals "$(<out)" '' stdout
}

@test "the beginning of an action is no action" {
  criu_ns rest -D .
  status_is 125
  err_has "'rest'"
}

@test "--help shows every action, on stdout, 0" {
  local arguments word
  for arguments in --help -h 'restore --help' 'dump -h' 'undump --help'; do
    # shellcheck disable=SC2086 # several words
    criu_ns $arguments
    status_is 0
    equals "$(<err)" '' stderr
    for word in restore dump pre-dump check cpuinfo dedup page-server \
      lazy-pages service --criu-binary --mounts; do
      out_has "$word"
    done
  done
}

@test "--version shows ours and criu's" {
  for word in --version -V; do
    criu_ns $word
    status_is 0
    out_has 'criu-ns '
    out_has "criu $CRIU_VERSION"
    out_has "$CRIU"
    equals "$(<err)" '' stderr
  done
}

@test "--version without a criu shows ours" {
  CRIU=/nowhere/criu criu_ns --version
  status_is 0
  out_has 'criu-ns '
  equals "$(wc -l <out)" 1 'lines'
}

@test "--help that can't be written: 125" {
  for option in --help --version; do
    STATUS=0
    "$CRIU_NS" $option >/dev/full 2>err || STATUS=$?
    status_is 125
    one_line stdout
  done
}

@test "--help with a closed stdout: 125" {
  STATUS=0
  "$CRIU_NS" --help >&- 2>err || STATUS=$?
  status_is 125
  one_line stdout
}

@test "an unknown option, or one in a form that criu hasn't" {
  misused bogus restore --bogus
  misused 'restore-sibling' restore --restore-sibling
  misused 'Z' dump -Z
  misused 'images-dir' restore --no-images-dir
  misused 'shell-job' restore --shell-job=yes
}

@test "an ambiguous beginning of an option" {
  misused ambiguous dump --t 1
  misused "'--tcp'" restore --tcp
}

@test "our own options have no short beginnings" {
  misused criu-bin restore --criu-bin "$CRIU"
}

@test "an option without its value" {
  misused "'-D'" restore -D
  misused 'images-dir' restore --images-dir
  misused 'tree' dump --tree
  misused 'criu-binary' restore --criu-binary
}

@test "a word too many" {
  misused word restore -D . word
}

@test "check" {
  like_criu check
  like_criu check --feature bogus
  like_criu check --feature pid_ns
}

@test "cpuinfo" {
  mkdir cpu
  like_criu cpuinfo
  like_criu cpuinfo bogus
  like_criu cpuinfo dump -D cpu
  [[ -s cpu/cpuinfo.img ]]
  like_criu cpuinfo check -D cpu
  rm cpu/cpuinfo.img
  like_criu cpuinfo check -D cpu
}

@test "dedup" {
  mkdir img
  like_criu dedup -D img
  like_criu dedup -D nowhere
}

@test "page-server" {
  mkdir img
  like_criu page-server -D img --port bogus
  like_criu page-server -D img --address bogus --port 1
  like_criu page-server -D nowhere --port 1
}

@test "lazy-pages" {
  mkdir img
  like_criu lazy-pages -D nowhere
  like_criu lazy-pages -D img --page-server --address 127.0.0.1 --port 1
}

@test "service" {
  like_criu service --address /nowhere/at/all
  like_criu service -D nowhere
}

@test "a service runs as a process of its own name, with our PID" {
  start_criu_ns service --address "$DIR/socket" -W "$DIR"
  wait_until 10 test -S socket
  [[ $(title_of "$LAUNCHER") == "$CRIU service"* ]]
  kill -TERM "$LAUNCHER"
  wait_launcher
  status_is 143
}
