#!/usr/bin/env bash
# Faults at every place: each step in faults.d, a few minutes in all.
. "$(dirname -- "$0")/common.sh"
run_steps "$WSS_SRC/tests/nightly/faults.d"
