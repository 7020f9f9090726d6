#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Run parts of the tests and close with "N passed, N failed, N skipped".
# Usage: check.sh PART...    where tests/check-PART.sh is run for each
#
# A part writes "PASSED FAILED SKIPPED" to the file $COUNTS; one that fails
# without counting a failure counts as one.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

COUNTS=$(mktemp) || exit
export COUNTS
trap 'rm -f "$COUNTS"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

passed=0 failed=0 skipped=0
for part; do
  : >"$COUNTS"
  status=0
  "tests/check-$part.sh" </dev/null || status=$?
  read -r p f s <"$COUNTS" || p=0 f=0 s=0
  ((status == 0 || f > 0)) || {
    echo "$part: ended with status $status"
    f=1
  }
  ((passed += p, failed += f, skipped += s))
done
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
