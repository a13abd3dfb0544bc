#!/usr/bin/env bash
# Measures libwss against the floor (an echo server on OpenSSL alone),
# libwebsockets and node's ws; docs/bench.md says what and how. Installs what is
# missing (Debian and Ubuntu), and builds in .build/bench.
#
#   tests/bench/run.sh [--rounds N] [--peers LIST] [SHAPE...]
#
#   --rounds N      5 by default
#   --peers LIST    of floor,libwss,lws,ws; all by default
#   --build FOLDER  measures the programs of a build that is there already
#   --docs FOLDER   where bench-results.md and bench.svg go: docs/ if everything
#                   is measured, otherwise .build/bench
#   --help          also says which shapes there are
#
# All of it takes about 25 minutes. The exit code is not 0 if libwss or the floor
# could not be measured.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
out=$root/.build/bench
build=$out/build
given=
previous=
for word in "$@"; do
  [ "$previous" != --build ] || given=$word
  previous=$word
done

say() { printf 'bench: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

mkdir -p "$out"
say "installing what is missing"
"$root/pkgconfig/deps.sh" bench
"$root/tests/node_modules.sh" "$out" >"$out/npm.log" 2>&1 ||
  { cat "$out/npm.log" >&2; die "npm cannot install ws"; }
"$root/tests/pki.sh" "$out/pki"
if [ -n "$given" ]; then
  build=$(cd -- "$given" && pwd)
else
  say "building in $build"
  {
    cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
      -DWSS_TESTS=OFF -DWSS_EXAMPLES=ON -DWSS_BENCH=ON &&
      cmake --build "$build" --target echo bench_load bench_floor bench_lws
  } >"$out/build.log" 2>&1 || { cat "$out/build.log" >&2; die "cannot build"; }
fi
[ "$(nproc)" -ge 2 ] || die "two processors are needed"
ulimit -Sn "$(ulimit -Hn)"
: >"$out/programs.log"
export WSS_BENCH_BUILD=$build WSS_BENCH_OUT=$out WSS_PKI=$out/pki
export WSS_BENCH_LOG=$out/programs.log WSS_NODE_MODULES=$out/node_modules
exec python3 -B "$root/tests/bench/bench.py" "$@"
