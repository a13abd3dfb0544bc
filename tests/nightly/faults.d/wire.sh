#!/usr/bin/env bash
# The black-box tests with Mbed TLS's record layer, all of them: some minutes.
. "$(dirname -- "$0")/../common.sh"
build=$WSS_BUILD/wire
wss_configure "$build" -DCMAKE_BUILD_TYPE=Debug -DWSS_SANITIZE=address,undefined
wss_build "$build"
WSS_RECORD_LAYER=mbedtls ctest --test-dir "$build" --output-on-failure \
  --no-tests=error -L wire -E '[.]mbedtls$'
