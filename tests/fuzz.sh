#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Fuzz the readers of image directories (libFuzzer, tests/fuzz/fuzz_image.c) for
# FUZZ_SECONDS, default 60, at low priority.  The corpus, build/fuzz/corpus, is
# kept from run to run; as root and with a criu it starts with real dumps.  What
# was found is in build/fuzz/found-*.
set -euo pipefail
cd "$(dirname "$0")/.."

: "${FUZZ_SECONDS:=60}" "${HELPERS_DIR:=$PWD/build/tests/system}"
: "${CRIU:=$(head -n 1 build/criu/list 2>/dev/null || type -P criu || :)}"
corpus=build/fuzz/corpus
mkdir -p "$corpus"

# A tree with a bit of everything that tree(.c) can do, dumped.
seed() { # NAME OPTION...
  local name=$1 dir pid i
  shift
  dir=$(mktemp -d)
  mkdir "$dir/run" "$dir/img"
  "$HELPERS_DIR/alone" "$HELPERS_DIR/tree" "$@" "$dir/run" \
    </dev/null >/dev/null 2>&1 &
  pid=$!
  disown
  for ((i = 0; i < 500; i++)); do
    [[ ! -s $dir/run/root ]] || break
    read -r -t 0.01 <> <(:) || :
  done
  if "$CRIU" dump -t "$pid" -D "$dir/img" -o dump.log; then
    build/fuzz/pack "$dir/img" >"$corpus/$name"
  else
    echo "fuzz: cannot dump a tree for the corpus: see criu's log"
    grep -m 3 Error "$dir/img/dump.log" || :
    kill -KILL "$pid" || :
  fi
  rm -rf "$dir"
}

if ((EUID == 0)) && [[ -n $CRIU ]]; then
  [[ -s $corpus/small ]] || seed small
  [[ -s $corpus/tree ]] || seed tree -c 3 -t 2 -z 1 -o 1 -p -m
else
  echo "fuzz: no real dumps to start from: needs root and criu"
fi
exec nice -n 19 build/fuzz/fuzz_image -max_total_time="$FUZZ_SECONDS" \
  -max_len=100000 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
  -artifact_prefix=build/fuzz/found- "$corpus"
