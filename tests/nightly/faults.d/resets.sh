#!/usr/bin/env bash
# A thousand peers that reset while much waits to be written to them.
. "$(dirname -- "$0")/../common.sh"
build=$WSS_BUILD/sim
wss_configure "$build" -DCMAKE_BUILD_TYPE=Debug -DWSS_SANITIZE=address,undefined
wss_build "$build" unit_server_resets
WSS_RESETS=1000 "$build/tests/unit/unit_server_resets"
