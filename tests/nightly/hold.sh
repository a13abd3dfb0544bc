#!/usr/bin/env bash
# 10,000 idle connections held for 10 minutes with Pings: about 13 minutes.
#
#   tests/run.sh --nightly hold [CONNECTIONS [MINUTES]]
#
# A release build over real TLS, with 100 clients beside them that have messages
# echoed, and new ones arriving. None may be lost; what each connection takes of
# memory is asserted, the time of the processor reported (tests/attack/hold.py).
# What servers and clients said is in logs/ of the build folder.
. "$(dirname -- "$0")/common.sh"
. "$WSS_SRC/tests/attack/build.sh"

exec python3 -B "$WSS_SRC/tests/attack/hold.py" "$@"
