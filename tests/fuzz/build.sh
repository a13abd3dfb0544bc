#!/usr/bin/env bash
# Builds fuzz targets with clang, and writes their first inputs.
#
#   build.sh FOLDER SANITIZERS TARGET [OPTION...]
#
# FOLDER is a build folder for this alone, SANITIZERS as in address,undefined or
# "" for none, TARGET what to build (CMakeLists.txt here); options go to cmake.
set -euo pipefail

here=$(cd -- "$(dirname -- "$0")" && pwd)
folder=$1 sanitizers=$2 target=$3
shift 3
mkdir -p "$folder"
if command -v ccache >/dev/null; then
  set -- -DCMAKE_C_COMPILER_LAUNCHER=ccache "$@"
fi
if [ -n "${WSS_MBEDTLS_TREE:-}" ]; then
  set -- -DWSS_MBEDTLS_SOURCE="$WSS_MBEDTLS_TREE" "$@"
fi

quietly() {
  "$@" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
}

quietly cmake -S "$here/../.." -B "$folder" -G Ninja -DCMAKE_C_COMPILER=clang \
  -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_COMPILE_WARNING_AS_ERROR=ON \
  -DWSS_FUZZ=ON -DWSS_TESTS=OFF -DWSS_EXAMPLES=OFF \
  -DWSS_SANITIZE="fuzzer-no-link${sanitizers:+,$sanitizers}" "$@"
quietly cmake --build "$folder" --target "$target"
rm -rf "$folder/seeds"
"${WSS_PYTHON:-python3}" -B "$here/seeds.py" "$folder/seeds"
if [ "$target" = fuzz ]; then
  quietly sh "$here/../pki.sh" "$folder/pki"
fi
