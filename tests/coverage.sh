#!/usr/bin/env bash
# Measures which lines and branches of src/ the tests without processes and ports
# run (labels unit, sim and fault), and fails below the floors. docs/testing.md
# justifies each line that is left out.
#
#   coverage.sh FOLDER [OPTION...]    FOLDER is a build folder for this alone;
#                                     options go to cmake
set -euo pipefail

root=$(cd -- "$(dirname -- "$0")/.." && pwd)
folder=$1
shift
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

quietly cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
  -DCMAKE_C_COMPILER=gcc -DWSS_COVERAGE=ON -DWSS_TESTS=ON -DWSS_EXAMPLES=OFF \
  "$@"
quietly cmake --build "$folder"
find "$folder" -name '*.gcda' -delete
quietly ctest --test-dir "$folder" --output-on-failure --no-tests=error -j 2 \
  -L '^(unit|sim|fault)$'

measured=$folder/coverage.json
gcovr --root "$root" --filter "$root/src/" --json "$measured" \
  "$folder/src" "$folder/CMakeFiles" "$folder/tests/fault"

# floor NAME FILTER LINES BRANCHES: percentages that must be reached. What is
# missing, file by file, goes before the verdict.
code=0
floor() {
  local report=("--root" "$root" "--add-tracefile" "$measured"
    "--filter" "$root/src/$2")
  gcovr "${report[@]}" --branches
  gcovr "${report[@]}" --fail-under-line "$3" --fail-under-branch "$4" || {
    echo "coverage of $1 is below $3 % of lines or $4 % of branches" >&2
    code=1
  }
}
floor "src/" "" 95 90
floor "the engine (src/http, src/ws)" "(http|ws)/" 100 98
exit $code
