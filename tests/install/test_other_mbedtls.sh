#!/bin/bash
# A program carries another Mbed TLS than libwss: a stand-in that aborts when
# libwss calls it, and the one that the system has; each linked statically and
# dynamically, with a static and a shared libwss.
. "$(dirname "$0")/common.sh"

if [ -z "$WSS_MBEDTLS_TREE" ]; then
  echo "SKIPPED: libwss uses the system's Mbed TLS"
  exit 77
fi
work=$WSS_WORK/other
mkdir -p "$work"
cd "$work"
flags=$(pkg-config --static --cflags --libs wss)
cc -fPIC -c "$here/other_mbedtls.c"
ar rcs libother.a other_mbedtls.o
cc -shared -o libother.so other_mbedtls.o

# both EXPECTED OTHER...: OTHER comes before and after libwss on the command.
both() {
  expected=$1
  shift
  for kind in -lwss -l:libwss.a; do
    these=$(printf '%s' "$flags" | sed "s/-lwss/$kind/")
    # -rdynamic: the program's symbols come before those of its libraries.
    # shellcheck disable=SC2086
    cc -rdynamic -DOTHER_MBEDTLS -o before "$here/server.c" "$@" $these
    # shellcheck disable=SC2086
    cc -rdynamic -DOTHER_MBEDTLS -o after "$here/server.c" $these "$@"
    for program in before after; do
      serves "other Mbed TLS $expected" "$work/$program"
    done
  done
}

libdir=$libdir:$work
both stand-in other_mbedtls.o
both stand-in -L. -Wl,--whole-archive -lother -Wl,--no-whole-archive
both stand-in -Wl,--no-as-needed "$work/libother.so"

version=$(sed -n 's/^#define MBEDTLS_VERSION_STRING *"\(.*\)"/\1/p' \
  /usr/include/mbedtls/build_info.h /usr/include/mbedtls/version.h 2>/dev/null || true)
[ -n "$version" ] || fail "there is no Mbed TLS of the system to try"
both "$version" -lmbedtls -lmbedx509 -lmbedcrypto
both "$version" -l:libmbedtls.a -l:libmbedx509.a -l:libmbedcrypto.a
