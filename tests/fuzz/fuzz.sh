#!/usr/bin/env bash
# Runs a fuzz target: first on its inputs (seeds, those that failed once, those
# found before in this folder), then on new ones for a while.
#
#   fuzz.sh FOLDER TARGET SECONDS [OPTION...]
#
# FOLDER is where build.sh built; 0 seconds: no new inputs. Options go to
# libFuzzer. What it finds stays in FOLDER/found/TARGET; an input that fails in
# FOLDER/failed, and how to go on is said.
set -euo pipefail

here=$(cd -- "$(dirname -- "$0")" && pwd)
folder=$1 target=$2 seconds=$3
shift 3
program=$folder/tests/fuzz/fuzz_$target
found=$folder/found/$target
failed=$folder/failed
log=$folder/fuzz_$target.log
mkdir -p "$found" "$failed"

inputs=("$found" "$folder/seeds/$target")
if [ -d "$here/regress/$target" ]; then
  inputs+=("$here/regress/$target")
fi
count=$(find "${inputs[@]}" -type f | wc -l)
[ "$count" -gt 0 ] || { echo "$target has no inputs" >&2; exit 1; }
# A run takes little memory; what it frees is kept unused for some hundred runs,
# and not for as long as to need fresh pages all the time.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=16:malloc_context_size=2"
export WSS_PKI=$folder/pki
if [ "$seconds" -eq 0 ]; then
  set -- -runs=0 "$@"
else
  set -- -max_total_time="$seconds" "$@"
fi

if "$program" -dict="$here/dict/$target.dict" -artifact_prefix="$failed/$target-" \
  -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=256 -print_final_stats=1 \
  "$@" "${inputs[@]}" >"$log" 2>&1; then
  rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  echo "$target: $count inputs, then $((runs - count)) new ones, $rate a second"
  exit 0
fi
grep -v -E '^#[0-9]+.*(NEW|REDUCE|pulse)' "$log" >&2
input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
cat >&2 <<END

$target failed. To see it again:
  WSS_PKI=$WSS_PKI $program ${input:-FILE}
To make the input smaller:
  WSS_PKI=$WSS_PKI $program -minimize_crash=1 -runs=100000 ${input:-FILE}
Once it is mended, the input goes to tests/fuzz/regress/$target/ under a name
that says what was wrong.
END
exit 1
