#!/bin/bash
# WSS_MBEDTLS and WSS_MBEDTLS_SOURCE: what each finds, takes and refuses, on
# make-believe systems that have one version each.
. "$(dirname "$0")/common.sh"

work=$WSS_WORK/choice
rm -rf "$work"
mkdir -p "$work"
cd "$work"

system() { # system VERSION HEADER: lays a prefix
  mkdir -p "$1/include/mbedtls" "$1/lib"
  touch "$1/include/mbedtls/ssl.h" "$1/lib/libmbedtls.so" \
    "$1/lib/libmbedx509.so" "$1/lib/libmbedcrypto.so"
  echo "#define MBEDTLS_VERSION_STRING \"$1\"" >"$1/include/mbedtls/$2"
}
system 2.28.3 version.h
system 3.6.5 build_info.h
system 3.6.6 build_info.h
system 3.7.0 build_info.h
system 4.0.0 build_info.h

configure() { # configure [cmake options]
  rm -rf build
  configure_wss build gcc -DWSS_TESTS=OFF -DWSS_EXAMPLES=OFF "$@" >log 2>&1
}
expect() { # expect TEXT: the log says so, however cmake broke its lines
  tr -s ' \n' ' ' <log | grep -qF "$1" || { cat log; fail "not said: $1"; }
}
takes() {
  text=$1
  shift
  configure "$@" || { cat log; fail "refused: $*"; }
  expect "$text"
}
refuses() {
  text=$1
  shift
  ! configure "$@" || { cat log; fail "taken: $*"; }
  expect "$text"
}

for version in 3.6.6 3.7.0; do
  takes "Mbed TLS $version, the system's" -DCMAKE_PREFIX_PATH="$work/$version"
  takes "Mbed TLS $version, the system's" -DWSS_MBEDTLS=system -DCMAKE_PREFIX_PATH="$work/$version"
done
for version in 2.28.3 3.6.5 4.0.0; do
  refuses "this system has $version" -DWSS_MBEDTLS=system -DCMAKE_PREFIX_PATH="$work/$version"
  expect "pkgconfig/deps.sh build gets that source"
done
refuses "auto, system or bundled" -DWSS_MBEDTLS=yes
[ -n "$WSS_MBEDTLS_TREE" ] || exit 0

takes "bundled, from" -DCMAKE_PREFIX_PATH="$work/2.28.3"
takes "bundled, from" -DWSS_MBEDTLS=bundled -DCMAKE_PREFIX_PATH="$work/3.6.6"
refuses 'holds "2.28.3"' -DWSS_MBEDTLS=bundled -DWSS_MBEDTLS_SOURCE="$work/2.28.3"
mkdir -p clone/library
cp -r 3.6.6/include clone/
refuses "lacks generated files" -DWSS_MBEDTLS=bundled -DWSS_MBEDTLS_SOURCE="$work/clone"

# A tarball as it is, and by FetchContent: from a URL with its SHA-256.
tar -C "$(dirname "$WSS_MBEDTLS_TREE")" -czf source.tar.gz "$(basename "$WSS_MBEDTLS_TREE")"
hash=$(sha256sum source.tar.gz | cut -d ' ' -f 1)
takes "bundled, from $work/build/_deps" -DWSS_MBEDTLS=bundled -DWSS_MBEDTLS_SOURCE="$work/source.tar.gz"
fetch="-DWSS_MBEDTLS=bundled -DWSS_MBEDTLS_SOURCE= -DWSS_MBEDTLS_URL=file://$work/source.tar.gz"
# shellcheck disable=SC2086
takes "bundled, from $work/build/_deps" $fetch -DWSS_MBEDTLS_SHA256="$hash"
# shellcheck disable=SC2086
refuses "hash" $fetch
