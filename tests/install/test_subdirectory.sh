#!/bin/bash
# add_subdirectory: a project with libwss within it.
. "$(dirname "$0")/common.sh"

build=$WSS_WORK/subdirectory
cmake -S "$here/subdirectory" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DWSS_SRC="$WSS_SRC" -DWSS_MBEDTLS_SOURCE="$WSS_MBEDTLS_TREE"
cmake --build "$build"
! readelf -d "$build/server" | grep 'NEEDED.*libwss' ||
  fail "without BUILD_SHARED_LIBS, wss::wss is not static"
serves "libwss" "$build/server"
