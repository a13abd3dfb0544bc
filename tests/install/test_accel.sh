#!/bin/bash
# WSS_ACCEL: what it says and refuses; and a build without it, both kinds
# installed, on whose stock arithmetic the tests of the hooks pass as well.
. "$(dirname "$0")/common.sh"

if [ -z "$WSS_MBEDTLS_TREE" ]; then
  echo "SKIPPED: libwss uses the system's Mbed TLS"
  exit 77
fi
work=$WSS_WORK/accel
mkdir -p "$work"
cd "$work"

configure() { # configure [cmake options]
  rm -rf choice
  configure_wss choice gcc -DWSS_MBEDTLS=bundled -DWSS_TESTS=OFF \
    -DWSS_EXAMPLES=OFF "$@" >log 2>&1
}
says() { # says TEXT: once, however cmake broke its lines
  grep -q "$(printf '%s' "$1")" <(tr -s ' \n' ' ' <log) ||
    { cat log; fail "not said: $1"; }
  [ "$(grep -c '^-- TLS handshakes' log)" -le 1 ] || { cat log; fail "said twice"; }
}
installed=$(pkg-config --static --libs wss)
case $installed in
  *-lhogweed*-lnettle*-lgmp*-lsodium*)
    configure -DWSS_ACCEL=on || { cat log; fail "WSS_ACCEL=on is refused"; }
    says 'TLS handshakes: nettle [0-9.]* and libsodium [0-9.]*'
    ;;
  *) echo "nettle or libsodium is missing: there is only stock arithmetic" ;;
esac

# A system whose pkg-config finds libuv alone.
mkdir -p few
cp "$(pkg-config --variable=pcfiledir libuv)/libuv.pc" few/
export PKG_CONFIG_LIBDIR=$work/few
saved=$PKG_CONFIG_PATH
unset PKG_CONFIG_PATH
configure || { cat log; fail "auto refuses"; }
says 'TLS handshakes: Mbed TLS (faster with nettle'
! configure -DWSS_ACCEL=on || fail "on is content with stock arithmetic"
says 'WSS_ACCEL is on, but: faster with nettle'
unset PKG_CONFIG_LIBDIR
export PKG_CONFIG_PATH=$saved

configure_wss off clang -DWSS_ACCEL=off -DCMAKE_INSTALL_PREFIX="$work/prefix" \
  -DCMAKE_INSTALL_LIBDIR=lib >log || { cat log; exit 1; }
says 'TLS handshakes: Mbed TLS (WSS_ACCEL is off)'
cmake --build off
ctest --test-dir off --output-on-failure --no-tests=error -R '^unit[.]tls[.]'
cmake --install off >/dev/null
libdir=$work/prefix/lib
export PKG_CONFIG_PATH=$libdir/pkgconfig
flags=$(pkg-config --static --cflags --libs wss)
! printf '%s' "$flags" | grep -E 'hogweed|nettle|gmp|sodium' ||
  fail "wss.pc names what is not used"
for kind in -lwss -l:libwss.a; do
  # shellcheck disable=SC2086
  cc -o server "$here/server.c" ${flags/-lwss/$kind}
  serves "libwss" "$work/server"
done
! readelf -d "$libdir/libwss.so" | grep -E 'NEEDED.*(hogweed|sodium)' ||
  fail "libwss.so needs what it does not use"
