#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Shell jobs, restore -j: their terminal, and the caller's.
load tty

# --- Programs that people run --------------------------------------------------

@test "tty: bash comes back with its variables, Ctrl-C is its own" {
  dump_from_screen 'clear; PS1=mine: bash --norc --noprofile' '^mine:$'
  restore_on_screen
  typed 'X=42; PS1="inner> "; set -o emacs'
  sees 'inner>'
  typed 'tty; stty size'
  sees '^24 80'
  typed 'sleep 100'
  wait_until 5 has_child "$ROOT"
  keys C-c
  # shellcheck disable=SC2016
  typed 'echo "was=$? X=$X"'
  sees '^was=130 X=42'
  dump_j "$ROOT"
  sees 'the tree was checkpointed by criu-ns dump'
  prompt_is_back 0
  rm modes2
  close_screen
  restore_on_screen 100 30
  # shellcheck disable=SC2016
  typed 'echo "X=$X $(stty size)"'
  sees '^X=42 30 100'
  typed 'exit 5'
  prompt_is_back 5
}
has_child() { [[ -n $(children_of "$1") ]]; }

@test "tty: vim with text that was not saved; the file has it after :wq" {
  echo 'first line' >file
  open_screen
  sees 'outer>'
  typed 'vim -u NONE -N file'
  sees 'first line'
  keys o 'second line' Escape
  sees '^second line'
  child_of_shell
  dump_j "$PID"
  close_screen
  restore_on_screen
  sees '^second line'
  sees '^~'
  keys o third Escape
  typed ':wq'
  prompt_is_back 0
  equals "$(<file)" $'first line\nsecond line\nthird'
}

@test "tty: top draws its screen, and q ends it" {
  dump_from_screen 'top -d 1' 'PID.*COMMAND'
  restore_on_screen
  sees 'PID.*COMMAND'
  sees '^top - '
  quit_by_q
  prompt_is_back 0
}

@test "tty: python's prompt, with its variable" {
  dump_from_screen '/usr/bin/python3 -q' '>>>'
  restore_on_screen
  typed 'x = 6 * 7'
  typed 'print("x is", x)'
  sees '^x is 42'
  dump_j "$ROOT"
  close_screen
  restore_on_screen
  typed 'print("still", x)'
  sees '^still 42'
  keys C-d
  prompt_is_back 0
}

@test "tty: less draws its screen in a window of the same size" {
  seq 1000 >numbers
  dump_from_screen 'less numbers' '^23'
  restore_on_screen
  sees '^23$'
  keys Space
  # less drops what is typed while its window changes.
  wait_until 3 on_screen '^46$' || keys Space
  sees '^46$'
  quit_by_q
  prompt_is_back 0
}

@test "tty: less draws its screen in a window of another size" {
  seq 1000 >numbers
  dump_from_screen 'less numbers' '^23'
  restore_on_screen 90 40
  sees '^39$'
  quit_by_q
  prompt_is_back 0
}

# --- Size --------------------------------------------------------------------

@test "tty: size of the window, at the start and when it changes" {
  dump_job "ready; $WAIT trap 'stty size' WINCH; stty size
    while :; do read -rt 0.1 x; [[ \$x != end ]] || exit 3; done"
  : >go
  restore_on_screen 91 31
  sees '^31 91'
  tm resize-window -t t -x 101 -y 33
  sees '^33 101'
  typed end
  sees '^rc=3'
}

@test "tty: without a terminal the size is of COLUMNS and LINES, or 80x24" {
  dump_job "ready; $WAIT sleep 0.3; stty size"
  : >go
  criu_ns restore -j -D img
  out_has '24 80'
  COLUMNS=120 LINES=50 criu_ns restore -j -D img
  out_has '50 120'
  COLUMNS=x LINES=-1 criu_ns restore -j -D img
  out_has '24 80'
}

# --- Keys that send signals ----------------------------------------------------

# It ends by itself as soon as somebody has it on a terminal.
dump_sleeper() {
  dump_job "ready; $WAIT exec sleep 1000"
  : >go
}
is_sleeping() { [[ $(title_of "$ROOT") == 'sleep 1000' ]]; }

@test "tty: Ctrl-C and Ctrl-\\ reach the job: 130, 131" {
  dump_sleeper
  restore_on_screen
  wait_until 5 is_sleeping
  keys C-c
  prompt_is_back 130
  rm modes2
  restore_on_screen
  wait_until 5 is_sleeping
  # shellcheck disable=SC1003 # a backslash
  keys 'C-\'
  prompt_is_back 131
}

# A job that says what is typed.
dump_echo() {
  dump_job "ready; $WAIT echo here
    while read -r x; do [[ \$x != end ]] || exit 3; echo \"got \$x.\"; done"
  : >go
}

@test "tty: Ctrl-Z gives the terminal back, fg brings the job on" {
  dump_echo
  restore_on_screen
  sees '^here'
  for i in 1 2; do
    keys C-z
    sees 'Stopped'
    in_state "$LAUNCHER" T
    in_state "$ROOT" T
    typed 'stty -a >modes2; cmp modes1 modes2 && echo sa"me"'
    sees '^same'
    typed 'clear; fg; echo "rc=$?"'
    wait_until 5 not in_state "$ROOT" T
    typed "line$i"
    sees "^got line$i"
  done
  typed end
  sees '^rc=3'
  rm modes2
  typed 'stty -a >modes2'
  prompt_is_back 3
}

@test "tty: Ctrl-Z, bg, fg: what is typed is for the job again" {
  dump_echo
  restore_on_screen
  sees '^here'
  keys C-z
  sees 'Stopped'
  typed 'clear; bg'
  wait_until 5 not in_state "$ROOT" T
  typed 'echo free"ly"'
  sees '^freely'
  typed 'fg; echo "rc=$?"'
  sleep 0.2
  typed 'line'
  sees '^got line'
  typed 'end'
  sees '^rc=3'
}

@test "tty: restore -j & and fg: what is typed is for the job" {
  dump_echo
  open_screen
  sees 'outer>'
  # shellcheck disable=SC2016
  typed '$CRIU_NS restore -j -D img &'
  sees '^here'
  typed 'fg; echo "rc=$?"'
  sleep 0.2
  typed 'line'
  sees '^got line'
  typed 'end'
  sees '^rc=3'
}

@test "tty: Ctrl-Z gives the terminal back from a script and a pipeline" {
  dump_echo
  open_screen
  sees 'outer>'
  # shellcheck disable=SC2016
  typed 'sh -c "$CRIU_NS restore -j -D img; echo sc=\$?" | cat'
  sees '^here'
  keys C-z
  sees 'Stopped'
  typed 'clear; fg'
  sees 'restore -j'
  typed end
  sees '^sc=3'
}

@test "tty: Ctrl-Z where no shell could continue it does not stop it" {
  dump_echo
  open_screen 80 24 "$CRIU_NS" restore -j -D img
  sees '^here'
  keys C-z
  sleep 0.3
  typed line
  sees '^got line'
  typed end
  sees '^end'
}

@test "tty: launcher stopped by SIGSTOP and brought on: raw again" {
  dump_job "ready; $WAIT stty raw -echo; echo here; x=; until [[ \$x == q ]]; do
    IFS= read -rN1 x; printf '<%q>' \"\$x\"; done; exit 3"
  : >go
  restore_on_screen
  sees '^here'
  kill -STOP "$LAUNCHER"
  sees 'Stopped'
  typed 'stty sane; clear; fg; echo "rc=$?"'
  wait_until 5 not in_state "$LAUNCHER" T
  sleep 0.2
  keys a
  sees '<a>'
  keys q
  sees 'rc=3'
}

@test "tty: launcher that ends in the background leaves the terminal alone" {
  dump_echo
  restore_on_screen
  sees '^here'
  kill -STOP "$LAUNCHER"
  sees 'Stopped'
  typed 'clear; stty -a >modes1'
  kill -CONT "$LAUNCHER"
  kill -KILL "$ROOT"
  wait_until 5 ended "$LAUNCHER"
  typed 'stty -a >modes2; echo "r"c=0'
  prompt_is_back 0
}
