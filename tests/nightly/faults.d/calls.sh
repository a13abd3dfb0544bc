#!/usr/bin/env bash
# Every action from every callback about a connection in every state (D6), over
# TLS 1.2 and 1.3, on the simulator: a minute.
. "$(dirname -- "$0")/../common.sh"
build=$WSS_BUILD/sim
wss_configure "$build" -DCMAKE_BUILD_TYPE=Debug -DWSS_SANITIZE=address,undefined
wss_build "$build" sim_calls
"$WSS_SRC/tests/pki.sh" "$build/pki"
export WSS_PKI=$build/pki WSS_ALL_CALLS=1
"$build/tests/sim/sim_calls"
