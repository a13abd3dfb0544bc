#!/usr/bin/env bash
# Attacks a release build of the echo example while good clients go on.
#
# tests/attack/attacks.py has the attacks; their names as arguments run only
# those. Takes about 25 minutes.
. "$(dirname -- "$0")/common.sh"
. "$WSS_SRC/tests/attack/build.sh"
exec python3 -B "$WSS_SRC/tests/attack/attacks.py" "$@"
