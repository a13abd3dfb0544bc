# shellcheck shell=bash
# Sourced by the scripts here. From ctest come WSS_SRC (the source), WSS_WORK (a
# folder for these tests), WSS_PKI (test certificates), WSS_MBEDTLS_TREE (the
# source of Mbed TLS, "" where the system's is used) and WSS_PYTHON.
set -eu
here=$WSS_SRC/tests/install
prefix=$WSS_WORK/prefix
mkdir -p "$WSS_WORK"

# These builds are plain ones, even if this test run has sanitizers on.
unset ASAN_OPTIONS UBSAN_OPTIONS CFLAGS CXXFLAGS LDFLAGS

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

libdir=
for pc in "$prefix"/lib/pkgconfig "$prefix"/lib/*/pkgconfig "$prefix"/lib64/pkgconfig; do
  if [ -f "$pc/wss.pc" ]; then
    libdir=${pc%/pkgconfig}
    export PKG_CONFIG_PATH="$pc"
  fi
done

# configure_wss FOLDER COMPILER [cmake options]: a release build of libwss.
configure_wss() {
  folder=$1
  compiler=$2
  shift 2
  cmake -S "$WSS_SRC" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_COMPILE_WARNING_AS_ERROR=ON -DCMAKE_C_COMPILER="$compiler" \
    -DWSS_MBEDTLS_SOURCE="$WSS_MBEDTLS_TREE" "$@"
}

# serves EXPECTED PROGRAM: see handshake.py.
serves() {
  LD_LIBRARY_PATH=$libdir "$WSS_PYTHON" -B "$here/handshake.py" "$@"
}
