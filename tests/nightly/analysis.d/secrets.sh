#!/bin/bash
# No branch and no address in the arithmetic of handshakes depends on a secret:
# valgrind follows secrets through src/tls/accel, nettle, GMP and libsodium.
# secrets.supp says which branches it finds are all right, and why. Under a minute.
. "$(dirname -- "$0")/../common.sh"

folder=$WSS_BUILD/secrets
# Optimized as a release is, but with the names that secrets.supp knows.
wss_configure "$folder" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_C_FLAGS=-fno-inline -DWSS_EXAMPLES=OFF
if ! grep -q '^-- TLS handshakes: nettle' "$folder.log"; then
  say "this build has stock arithmetic: nothing is traced"
  exit 0
fi
wss_build "$folder" secrets
valgrind --quiet --error-exitcode=99 --error-limit=no \
  --suppressions="$WSS_SRC/tests/nightly/analysis.d/secrets.supp" \
  "$folder/tests/secrets"
