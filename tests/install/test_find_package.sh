#!/bin/bash
# find_package(wss CONFIG) from an installed prefix, shared and static.
. "$(dirname "$0")/common.sh"

build=$WSS_WORK/consumer
rm -rf "$build"
cmake -S "$here/consumer" -B "$build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$build"
serves "libwss" "$build/with_wss"
serves "libwss" "$build/with_wss_static"
readelf -d "$build/with_wss" | grep -q 'NEEDED.*libwss.so.0.1' ||
  fail "wss::wss is not the shared library"
! readelf -d "$build/with_wss_static" | grep 'NEEDED.*libwss' ||
  fail "wss::wss_static is not the static library"
