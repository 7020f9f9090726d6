#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Run a command with the sanitizers' reports in files, also those of processes
# whose stderr nobody reads; fail when there is one.  With one criu, the best.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

reports=$PWD/build/asan/reports
rm -rf "$reports"
mkdir -p "$reports"
chmod 1777 "$reports"
# 99: neither ours nor CRIU's.
ASAN_OPTIONS=exitcode=99:log_path=$reports/asan:${ASAN_OPTIONS:-}
UBSAN_OPTIONS=print_stacktrace=1:log_path=$reports/ubsan:${UBSAN_OPTIONS:-}
export ASAN_OPTIONS UBSAN_OPTIONS
[[ -n ${CRIUS:-} || ! -s build/criu/list ]] ||
  CRIUS=$(head -n 1 build/criu/list)
export CRIUS="${CRIUS:-}"

status=0
"$@" || status=$?
for report in "$reports"/*; do
  [[ -s $report ]] || continue
  echo "sanitizer report $report:"
  head -n 40 "$report"
  status=1
done
exit $status
