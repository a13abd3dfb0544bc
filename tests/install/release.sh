#!/bin/bash
# A release build with gcc, its unit tests, and its installation into a prefix
# that the other tests here use.
. "$(dirname "$0")/common.sh"

configure_wss "$WSS_WORK/release" gcc -DCMAKE_INSTALL_PREFIX="$prefix"
cmake --build "$WSS_WORK/release"
ctest --test-dir "$WSS_WORK/release" --output-on-failure --no-tests=error -L unit
rm -rf "$prefix"
cmake --install "$WSS_WORK/release"
