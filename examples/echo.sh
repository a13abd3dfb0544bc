#!/bin/sh
# Builds libwss and serves the echo example: installs what is missing (Debian
# and Ubuntu), makes a development certificate where none is given, and becomes
# the echo program. Progress goes to stderr, the program speaks on stdout.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$root/.build/echo
certificates=${XDG_CACHE_HOME:-$HOME/.cache}/libwss

say() { printf 'echo.sh: %s\n' "$*" >&2; }

usage() {
  cat <<'END'
usage: examples/echo.sh [options of the echo program]

Installs what is missing, builds libwss and serves the echo example on
wss://localhost:8282, with an https page on the same port to try it in.

  --host H --port P             where to listen (localhost, 8282)
  --cert FILE --key FILE        certificate and private key; without them a
  --passphrase S                development certificate is made
  --plain                       ws:// and http://, without TLS
  --max-message BYTES           the largest message to accept
  --quiet                       print less

All options are those of the program: .build/echo/examples/echo --help
END
}

# One line while it works, everything when it fails.
quietly() {
  log=$build/echo.sh.log
  "$@" >"$log" 2>&1 </dev/null || {
    cat "$log" >&2
    say "failed: $*"
    exit 1
  }
}

development_certificate() {
  cert=$certificates/server.pem
  key=$certificates/server.key
  mkdir -p "$certificates"
  quietly "$build/src/programs/wss-check" --make "$certificates"
  say "development certificate: $cert, of the CA $certificates/ca.pem"
  say "  browser: open the https page and accept the certificate once, or import" \
    "the CA as trusted"
  say "  curl: --cacert $certificates/ca.pem"
}

cert_given=false
for option in "$@"; do
  case $option in
    --cert | --cert=* | --plain) cert_given=true ;;
    -h | --help) usage; exit 0 ;;
  esac
done

"$root/pkgconfig/deps.sh" build
mkdir -p "$build"
say "building in $build"
quietly cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DWSS_TESTS=OFF -DWSS_EXAMPLES=ON
quietly cmake --build "$build" --target echo wss_check
if ! $cert_given; then
  development_certificate
  set -- --cert "$cert" --key "$key" "$@"
fi
exec "$build/examples/echo" "$@"
