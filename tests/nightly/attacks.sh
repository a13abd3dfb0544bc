#!/usr/bin/env bash
# Attacks of hostile peers on a release build, with good clients beside them: 13 minutes.
#
#   tests/run.sh --nightly attacks [--quick] [NAME...]
# The attacks are functions of tests/attack/attack.py; some of them can be chosen by
# their names, or the first or the other words of those (c5, stopped_readers).
# --quick is a tenth of most of them, without those that take long however few
# attackers there are. What servers and clients said is in logs/ of the build
# folder.
. "$(dirname -- "$0")/common.sh"
. "$WSS_SRC/tests/attack/build.sh"

exec python3 -B "$WSS_SRC/tests/attack/attack.py" "$@"
