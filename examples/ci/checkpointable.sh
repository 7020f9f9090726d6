#!/bin/sh
# SPDX-License-Identifier: MIT
# Can the program be checkpointed, three times over, and does it go on each
# time?  TAP on stdout; ends with 0 only if all is well.  As root.
# shellcheck disable=SC2016 # for --check
exec criu-ns cycle -n 3 --every 0.5 --check 'kill -0 "$CRIU_NS_PID"' \
  -- ./simulate input.dat
