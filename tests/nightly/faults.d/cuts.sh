#!/bin/bash
# wss_server_close at each byte of a TLS handshake and an upgrade (D7), on the
# simulator: a minute or two.
. "$(dirname -- "$0")/../common.sh"

build=$WSS_BUILD/sim
wss_configure "$build" -DCMAKE_BUILD_TYPE=Debug -DWSS_SANITIZE=address,undefined
wss_build "$build" sim_cuts
"$WSS_SRC/tests/pki.sh" "$build/pki"
export WSS_PKI=$build/pki WSS_ALL_CUTS=1
"$build/tests/sim/sim_cuts"
