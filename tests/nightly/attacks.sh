#!/usr/bin/env bash
# Attacks of hostile peers on a release build, with good clients beside them: about 15 minutes.
#
#   tests/run.sh --nightly attacks [--quick] [NAME...]
# C1 to C11, B7, B10 and B11 of the plan are functions of tests/attack/attack.py,
# by whose names some of them can be chosen. --quick is a tenth of most of them,
# for a try in four minutes. What servers and clients said is in logs/ of the
# build folder.
. "$(dirname -- "$0")/common.sh"
. "$WSS_SRC/tests/attack/build.sh"

exec python3 -B "$WSS_SRC/tests/attack/attack.py" "$@"
