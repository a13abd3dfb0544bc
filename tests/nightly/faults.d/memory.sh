#!/usr/bin/env bash
# Each allocation of Mbed TLS's in a set-up and in two handshakes fails, and each
# of ours in every scene: some minutes.
. "$(dirname -- "$0")/../common.sh"
build=$WSS_BUILD/sim
wss_configure "$build" -DCMAKE_BUILD_TYPE=Debug -DWSS_SANITIZE=address,undefined \
  -DWSS_MBEDTLS=bundled
wss_build "$build" fault_ledger fault_mbedtls
sh "$WSS_SRC/tests/pki.sh" "$build/pki"
export WSS_PKI=$build/pki WSS_ALL_FAULTS=1
"$build/tests/fault/fault_ledger"
"$build/tests/fault/fault_mbedtls"
