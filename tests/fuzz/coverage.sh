#!/usr/bin/env bash
# What the fuzz targets of the engine reach, with the inputs that they have: at
# least 90 % of the lines of src/http and src/ws.
#
#   coverage.sh FOLDER [FOUND]
#
# FOLDER is a build folder for this alone, FOUND the folder "found" of another
# build (fuzz.sh).
set -euo pipefail

here=$(cd -- "$(dirname -- "$0")" && pwd)
folder=$1 found=${2:-}
floor=90
bash "$here/build.sh" "$folder" "" engine \
  -DCMAKE_C_FLAGS="-fprofile-instr-generate -fcoverage-mapping"

tool() { # NAME: clang's own version of it
  local own
  own=$(clang -print-prog-name="$1")
  if [ -x "$own" ]; then echo "$own"; else command -v "$1"; fi
}
profdata=$(tool llvm-profdata)
cov=$(tool llvm-cov)

objects=()
rm -f "$folder"/*.profraw
for program in "$folder"/tests/fuzz/fuzz_*; do
  target=${program##*/fuzz_}
  inputs=("$folder/seeds/$target")
  for more in "$here/regress/$target" "$found/$target"; do
    if [ -d "$more" ]; then inputs+=("$more"); fi
  done
  LLVM_PROFILE_FILE=$folder/$target.profraw "$program" -runs=0 \
    "${inputs[@]}" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
  objects+=(-object "$program")
done
"$profdata" merge -o "$folder/profdata" "$folder"/*.profraw
"$cov" report "${objects[@]}" -instr-profile "$folder/profdata" \
  -ignore-filename-regex '/(tests|include)/|src/base/'
"$cov" export "${objects[@]}" -instr-profile "$folder/profdata" -summary-only \
  -ignore-filename-regex '/(tests|include)/|src/base/' >"$folder/coverage.json"
"${WSS_PYTHON:-python3}" - "$folder/coverage.json" "$floor" <<'END'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    lines = json.load(file)["data"][0]["totals"]["lines"]
print(f"lines: {lines['percent']:.1f} % of {lines['count']}")
if lines["count"] == 0 or lines["percent"] < float(sys.argv[2]):
    sys.exit(f"less than {sys.argv[2]} % of the engine's lines")
END
