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

# The analyzer's own front end, on the commands of our files alone.
scan() {
  local folder=$WSS_BUILD/scan
  mkdir -p "$folder"
  python3 -c '
import json, sys
with open(sys.argv[1]) as file:
    ours = [entry for entry in json.load(file)
            if entry["file"].startswith((sys.argv[2] + "/src/", sys.argv[2] + "/examples/"))]
assert len(ours) > 30, "the commands of our files are missing"
with open(sys.argv[3], "w") as file:
    json.dump(ours, file)
' "$WSS_BUILD/static/compile_commands.json" "$WSS_SRC" \
    "$folder/compile_commands.json" &&
    "$(compgen -c | grep -m 1 '^analyze-build')" --cdb "$folder/compile_commands.json" --status-bugs \
      --output "$folder" --enable-checker nullability.NullPassedToNonnull \
      --enable-checker optin.portability.UnixAPI
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
