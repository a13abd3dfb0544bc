#!/usr/bin/env bash
# Puts known bugs back into the library, one by one; a test must fail on each.
#
# The patches are in tests/mutants. Takes about 15 minutes on two processors.
. "$(dirname -- "$0")/common.sh"
exec "$WSS_SRC/tests/mutants/run.sh" "$@"
