# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the tests of copies and of new namespaces: an image that can be there
# several times.
# shellcheck disable=SC2034,SC2153 # shared with the tests
# shellcheck source=tests/system/dump.bash
load dump

# A server(.c), dumped into $DIR/img with the options in DUMP.
dump_server() { # [OPTION...]
  start_alone "${SERVER:-$HELPERS_DIR/server}" "$@"
  FILE=''
  wait_running "$PID" && dump "$PID" img "${DUMP[@]}"
}
DUMP=()

# The PIDs in pidfiles run/N, of all numbers or of these.  Sets PIDS.
read_pids() { # [NUMBER...]
  local file
  PIDS=()
  [[ -z $* ]] || set -- "${@/#/run/}"
  [[ -n $* ]] || set -- run/*
  for file; do
    PIDS+=("$(<"$file")")
  done
}
all_running() { # PID...
  local pid
  for pid; do wait_running "$pid" || return; done
}
end_all() { # PID...
  local pid
  for pid; do end_tree "$pid" || return; done
}
lines_are() { equals "$(wc -l <"$1")" "$2" "lines of $1"; } # FILE NUMBER
has_files() { (($(find "$1" -mindepth 1 | wc -l) >= $2)); } # DIRECTORY NUMBER

# What a server on PORT in the network namespace of PID says.
ask() { # PID PORT
  # shellcheck disable=SC2016 # for the inner shell
  nsenter -t "$1" -n bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && cat <&3' \
    bash "$2"
}
ns_of() { readlink "/proc/$1/ns/$2"; } # PID KIND
