# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the tests of shell jobs: terminals of two kinds.
#
# A pipe-like one, tty(.c): what is typed comes from a file.  It fails by status
# 99 when the launcher leaves it in other modes.  And tmux, for what has to be
# seen on a screen.
load helpers

# --- Jobs on a terminal that nobody looks at -----------------------------------

# Start a job, as from a shell, on a terminal of its own: a bash script, which
# has to say `ready` when it can be dumped.  Sets PID and TERMINAL.
start_job() { # SCRIPT
  rm -f "$DIR/ready"
  # shellcheck disable=SC2016
  "$HELPERS_DIR/alone" "$HELPERS_DIR/tty" -n bash --norc -c \
    "cd '$DIR'; ready() { echo \$\$ >ready.new; mv ready.new ready; }; $1" &
  TERMINAL=$!
  disown
  wait_until 10 test -e "$DIR/ready"
  PID=$(<"$DIR/ready")
}
dump_j() { # PID [DIRECTORY]
  criu_ns dump -j -t "$1" -D "$(mkdir -p "${2:-img}" && echo "${2:-img}")" \
    -o dump.log
  status_is 0 && wait_ended "$1"
}
# Its image is in $DIR/img; a restored one goes on when $DIR/go is there.
dump_job() { # SCRIPT
  start_job "$1" && dump_j "$PID" && wait_ended "$TERMINAL"
}
# What scripts have to wait for.
# shellcheck disable=SC2034 # used by the tests
WAIT='until [[ -e go ]]; do read -rt 0.02 <> <(:) || :; done;'

# Restore img on a terminal.  $DIR/out is what was printed there.
on_terminal() { # [OPTION OF tty...] -- [ARGUMENT...]
  local options=()
  while [[ $1 != -- ]]; do options+=("$1") && shift; done
  shift
  run_it "$HELPERS_DIR/tty" "${options[@]}" "$CRIU_NS" restore -j -D img "$@"
}
# The same, and don't wait.  Sets TERMINAL, LAUNCHER, INIT, LEADER and ROOT.
start_on_terminal() { # [OPTION OF tty...] -- [ARGUMENT...]
  local options=()
  while [[ $1 != -- ]]; do options+=("$1") && shift; done
  shift
  "$HELPERS_DIR/alone" -k "$HELPERS_DIR/tty" "${options[@]}" "$CRIU_NS" \
    restore -j -D img "$@" <"${STDIN:-/dev/null}" >"$DIR/out" 2>"$DIR/err" &
  TERMINAL=$!
  wait_until 20 job_is_there
}
wait_terminal() { # sets STATUS
  wait_status "$TERMINAL" || return
  show_it tty
}
job_is_there() {
  LAUNCHER=$(children_of "$(children_of "$TERMINAL")")
  [[ -n $LAUNCHER ]] && job_is_below "$LAUNCHER"
}
job_is_below() { # LAUNCHER
  INIT=$(children_of "$1") && is_init "$INIT" || return
  find_job
}
find_job() { # below INIT
  LEADER=$(children_of "$INIT")
  [[ $(title_of "$LEADER") == 'criu-ns: terminal'* ]] || return
  ROOT=$(children_of "$LEADER")
  ROOT=${ROOT%% *}
  [[ -n $ROOT ]]
}
# Restore img as -d does.  Sets ROOT, LEADER and INIT.
restore_dj() { # [ARGUMENT...]
  rm -f "$DIR/pidfile"
  criu_ns restore -dj -D img --pidfile "$DIR/pidfile" "$@"
  status_is 0 || return
  ROOT=$(<"$DIR/pidfile")
  LEADER=$(parent_of "$ROOT")
  INIT=$(parent_of "$LEADER")
}

# --- A terminal with a screen ------------------------------------------------

tm() { env -u TMUX tmux -L "criu-ns-$CRIU_NS_TEST" "$@" 3>&- 4>&-; }

# A window with a shell whose prompt is "outer>".
open_screen() { # [COLUMNS LINES [COMMAND...]]
  local size=(-x "${1:-80}" -y "${2:-24}")
  shift $(($# < 2 ? $# : 2))
  (($#)) || set -- env "PS1=outer> " bash --norc --noprofile
  [[ ! -e screen ]] || tm kill-server || :
  : >screen
  # As the shell of somebody else's: started from here, nothing else of us.
  tm -f /dev/null new-session -d "${size[@]}" -s t "$@" </dev/null
  tm set-option -g remain-on-exit on >/dev/null
  SHELL_PID=$(tm list-panes -F '#{pane_pid}')
  export CRIU_NS
}
close_screen() {
  [[ -e $DIR/screen ]] || return 0
  tm kill-server 2>/dev/null
  rm -f "$DIR/screen"
}
keys() { tm send-keys -t t "$@"; }
typed() { tm send-keys -t t -l "$1" && tm send-keys -t t Enter; } # LINE
screen() { tm capture-pane -p -t t; }
on_screen() { screen | grep -qE -- "$1"; }
sees() { # REGEX
  wait_until 10 on_screen "$1" || {
    screen | sed '/^$/d; s/^/  screen: /'
    return 1
  }
}
# The shell's foreground child.  Sets PID.
child_of_shell() {
  PID=$(children_of "$SHELL_PID")
  PID=${PID##* }
  [[ -n $PID ]]
}
# A line typed at the shell, and its job dumped when REGEX is seen.
dump_from_screen() { # LINE REGEX
  open_screen
  sees 'outer>'
  typed "$1"
  sees "$2"
  wait_until 5 child_of_shell
  dump_j "$PID"
  close_screen
}
# In a new window, as large: what it shows, the job has drawn.
restore_on_screen() { # [COLUMNS LINES]
  open_screen "$@"
  sees 'outer>'
  # shellcheck disable=SC2016
  typed 'clear; stty -a >modes1; $CRIU_NS restore -j -D img; echo "rc=$?"; stty -a >modes2'
  wait_until 20 launcher_has_job
}
launcher_has_job() {
  LAUNCHER=$(children_of "$SHELL_PID") && [[ -n $LAUNCHER ]] &&
    job_is_below "$LAUNCHER"
}
# The prompt is back, in the modes of before.
prompt_is_back() { # STATUS
  sees "^(.*[^0-9])?rc=$1\$" && wait_until 5 test -s modes2 &&
    equals "$(<modes2)" "$(<modes1)" modes
}

# A pager may drop a key that it reads when the size of its window changes.
quit_by_q() {
  for _ in 1 2 3; do
    keys q
    wait_until 3 on_screen 'rc=' >/dev/null && return
  done
}

eval "helpers_$(declare -f teardown)"
teardown() {
  local status=0
  [[ -n ${BATS_TEST_COMPLETED:-} || ! -e $DIR/screen ]] ||
    screen 2>/dev/null | sed '/^$/d; s/^/  screen: /'
  close_screen || status=1
  helpers_teardown || status=1
  return "$status"
}
