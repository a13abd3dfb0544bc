#!/bin/sh
# Installs what the tests need (Debian and Ubuntu), builds with the address and
# undefined-behaviour sanitizers, and runs every test. What comes last is ctest's
# summary, and the exit code is ctest's. Options are passed on to ctest, as in
#   tests/run.sh -R wire
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$root/.build/test

say() { printf 'run.sh: %s\n' "$*"; }

case ${1:-} in
  --nightly)
    say "there is no nightly part \"${2:-}\" yet" >&2
    exit 2
    ;;
  -h | --help)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac

say "installing what is missing"
"$root/pkgconfig/deps.sh" test
say "building with sanitizers in $build"
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
  -DWSS_SANITIZE=address,undefined -DCMAKE_COMPILE_WARNING_AS_ERROR=ON \
  -DWSS_TESTS=ON -DWSS_EXAMPLES=ON
cmake --build "$build"
say "testing"
exec ctest --test-dir "$build" --output-on-failure --no-tests=error -j 2 "$@"
