#!/bin/bash
# clang, and WSS_MBEDTLS=system: a shared Mbed TLS as its own project builds it,
# in its default configuration. The unit tests and a handshake must pass on it.
. "$(dirname "$0")/common.sh"

stock=$WSS_WORK/stock-mbedtls
if [ ! -d "$stock/include" ]; then
  cmake -S "$WSS_MBEDTLS_TREE" -B "$WSS_WORK/stock-build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_POLICY_VERSION_MINIMUM=3.5 \
    -DENABLE_PROGRAMS=OFF -DENABLE_TESTING=OFF -DGEN_FILES=OFF \
    -DUSE_SHARED_MBEDTLS_LIBRARY=ON -DUSE_STATIC_MBEDTLS_LIBRARY=OFF \
    -DCMAKE_INSTALL_PREFIX="$stock" -DCMAKE_INSTALL_LIBDIR=lib
  cmake --build "$WSS_WORK/stock-build"
  cmake --install "$WSS_WORK/stock-build" >/dev/null
fi

build=$WSS_WORK/system
configure_wss "$build" clang -DWSS_MBEDTLS=system -DCMAKE_PREFIX_PATH="$stock" \
  -DCMAKE_INSTALL_PREFIX="$WSS_WORK/system-prefix" -DCMAKE_INSTALL_LIBDIR=lib
cmake --build "$build"
readelf -d "$build/src/libwss.so" | grep 'NEEDED.*libmbedtls' ||
  fail "libwss.so is not linked to the system's Mbed TLS"
ctest --test-dir "$build" --output-on-failure --no-tests=error -L unit

# The installed package must name what it needs.
cmake --install "$build" >/dev/null
libdir=$WSS_WORK/system-prefix/lib:$stock/lib
export PKG_CONFIG_PATH=$WSS_WORK/system-prefix/lib/pkgconfig
flags=$(pkg-config --static --cflags --libs wss | sed 's/-lwss/-l:libwss.a/')
# shellcheck disable=SC2086
gcc -o "$WSS_WORK/system-static" "$here/server.c" $flags -L"$stock/lib"
serves "libwss" "$WSS_WORK/system-static"
cmake -S "$here/consumer" -B "$WSS_WORK/system-consumer" -G Ninja \
  -DCMAKE_PREFIX_PATH="$WSS_WORK/system-prefix" \
  -DCMAKE_EXE_LINKER_FLAGS="-L$stock/lib -Wl,-rpath-link,$stock/lib"
cmake --build "$WSS_WORK/system-consumer"
serves "libwss" "$WSS_WORK/system-consumer/with_wss"
serves "libwss" "$WSS_WORK/system-consumer/with_wss_static"
