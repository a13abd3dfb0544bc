#!/usr/bin/env bash
# Static analysis, valgrind, and what analysis.d has: proofs and exhaustive tests.
#
# clang-tidy, gcc -fanalyzer and scan-build over src/ and examples/; memcheck over
# the unit and sim tests; then the steps. Takes about 30 minutes on two processors.
. "$(dirname -- "$0")/common.sh"

failed=
run() {
  local name=$1
  shift
  say "$name"
  "$@" || failed="$failed $name"
}

# Mbed TLS is built first, so that what scan-build sees is ours.
scan() {
  local folder=$WSS_BUILD/scan
  rm -rf "$folder"
  scan-build cmake -S "$WSS_SRC" -B "$folder" -G Ninja -DWSS_TESTS=OFF \
    -DWSS_EXAMPLES=ON >"$folder.log" 2>&1 &&
    cmake --build "$folder" --target wss_mbedtls >>"$folder.log" 2>&1 &&
    scan-build --status-bugs --keep-empty -o "$folder/report" \
      -enable-checker nullability.NullPassedToNonnull,security.FloatLoopCounter \
      -enable-checker optin.portability.UnixAPI,optin.performance.Padding \
      cmake --build "$folder" >>"$folder.log" 2>&1 || {
    cat "$folder.log"
    return 1
  }
}

# Without sanitizers, which valgrind does not go with.
memcheck() {
  local folder=$WSS_BUILD/valgrind
  wss_configure "$folder" -DCMAKE_BUILD_TYPE=Debug -DWSS_EXAMPLES=OFF &&
    wss_build "$folder" &&
    "$WSS_SRC/tests/pki.sh" "$folder/tests/pki" &&
    python3 -B "$WSS_SRC/tests/nightly/valgrind.py" "$folder" '^(unit|sim)$'
}

run static python3 -B "$WSS_SRC/tests/analysis.py" "$WSS_BUILD/static"
run scan-build scan
run memcheck memcheck
run steps run_steps "$WSS_SRC/tests/nightly/analysis.d"
[ -z "$failed" ] || die "failed:$failed"
