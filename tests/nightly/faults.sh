#!/usr/bin/env bash
# Faults at every place: each step in faults.d, a quarter of an hour in all.
#   cuts     wss_server_close at each byte of a handshake
#   memory   each allocation of Mbed TLS's and of ours fails
#   resets   a thousand peers that reset
#   wire     the black-box tests with the other record layer
. "$(dirname -- "$0")/common.sh"
run_steps "$WSS_SRC/tests/nightly/faults.d"
