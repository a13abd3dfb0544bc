#!/bin/bash
# S26: pkg-config's answer and one compiler command build the echo example from
# an installed prefix. The library has a soname and exports only wss_*.
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2046
cc -o "$WSS_WORK/echo" "$WSS_SRC"/examples/echo*.c $(pkg-config --cflags --libs wss)
LD_LIBRARY_PATH=$libdir "$WSS_WORK/echo" --help >/dev/null

# shellcheck disable=SC2046
cc -o "$WSS_WORK/shared" "$here/server.c" $(pkg-config --cflags --libs wss)
readelf -d "$WSS_WORK/shared" | grep 'NEEDED.*\[libwss.so.0.1\]' ||
  fail "the program does not need libwss.so.0.1"
serves "libwss $(pkg-config --modversion wss)" "$WSS_WORK/shared"

# Both kinds are there, so a static program names the archive.
flags=$(pkg-config --static --cflags --libs wss | sed 's/-lwss/-l:libwss.a/')
# shellcheck disable=SC2086
cc -o "$WSS_WORK/static" "$here/server.c" $flags
! readelf -d "$WSS_WORK/static" | grep 'NEEDED.*libwss' ||
  fail "the static program needs the shared library"
serves "libwss $(pkg-config --modversion wss)" "$WSS_WORK/static"

readelf -d "$libdir/libwss.so" | grep 'SONAME.*\[libwss.so.0.1\]' ||
  fail "the soname is not libwss.so.0.1"
for list in "nm -D --defined-only $libdir/libwss.so" \
  "nm -g --defined-only $libdir/libwss.a"; do
  names=$($list | awk 'NF == 3 { print $3 }')
  echo "$names" | grep -qx wss_listen_sized || fail "$list lacks wss_listen_sized"
  ! echo "$names" | grep -vE '^wss_[^_]' || fail "$list has more than wss_*"
done

# A prefix may be moved: nothing in it names its place.
rm -rf "$WSS_WORK/moved"
cp -r "$prefix" "$WSS_WORK/moved"
moved=$WSS_WORK/moved${PKG_CONFIG_PATH#"$prefix"}
PKG_CONFIG_PATH=$moved pkg-config --cflags wss | grep "$WSS_WORK/moved" ||
  fail "wss.pc is bound to its prefix"
