#!/usr/bin/env bash
# The engine (base, http, ws) with clang's memory sanitizer, which sees reads of
# what was never written: its unit tests, and the fuzz targets' inputs.
#
#   memory.sh FOLDER    a build folder for this alone
set -euo pipefail

here=$(cd -- "$(dirname -- "$0")" && pwd)
folder=$1
bash "$here/build.sh" "$folder" memory "memory"
ran=0
for program in "$folder"/tests/fuzz/unit/unit_*; do
  "$program" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
  ran=$((ran + 1))
done
for program in "$folder"/tests/fuzz/fuzz_*; do
  bash "$here/fuzz.sh" "$folder" "${program##*/fuzz_}" 0
done
echo "$ran unit tests"
