#!/bin/bash
# wss-check is installed, works without the build folder, and what it alone needs
# of Mbed TLS is not in the library.
. "$(dirname "$0")/common.sh"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$prefix/bin/wss-check" --version | grep -q '^wss-check of libwss 0' || fail "no version"
"$prefix/bin/wss-check" --make "$folder/new" >/dev/null || fail "no certificate"
"$prefix/bin/wss-check" --cert "$folder/new/server.pem" --key "$folder/new/server.key" ||
  fail "its own certificate is not good enough for it"
library=$(find "$WSS_WORK/release" -name 'libwss.so.*.*.*' -type f)
! nm "$library" | grep -i 'x509write\|x509_set_extension' ||
  fail "the library holds what writes certificates"
