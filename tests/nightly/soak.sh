#!/usr/bin/env bash
# 2,000 clients with messages of 0 B to 1 MiB, churn and bad ones beside them: 55 minutes.
#
#   tests/run.sh --nightly soak [MINUTES [CLIENTS]]
#
# A release build over real TLS (tests/attack/soak.py); 2 minutes at least. What
# server and clients said is in logs/ of the build folder.
. "$(dirname -- "$0")/common.sh"
. "$WSS_SRC/tests/attack/build.sh"

exec python3 -B "$WSS_SRC/tests/attack/soak.py" "$@"
