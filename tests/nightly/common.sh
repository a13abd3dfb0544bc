# Read by the nightly parts: . "$(dirname -- "$0")/common.sh"
#
# tests/run.sh gives a part
#   WSS_SRC      the root of the clone
#   WSS_BUILD    a build folder of the part's own, ignored by git
#   WSS_JOBS     how many processors there are
# and without them a part can be run by itself, too. A part that several files
# make up runs them with run_steps.
# shellcheck shell=bash
set -euo pipefail

part=$(basename -- "$0" .sh)
WSS_SRC=${WSS_SRC:-$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)}
WSS_BUILD=${WSS_BUILD:-$WSS_SRC/.build/nightly-$part}
WSS_JOBS=${WSS_JOBS:-$(nproc)}
export WSS_SRC WSS_BUILD WSS_JOBS
mkdir -p "$WSS_BUILD"

say() { printf '%s: %s\n' "$part" "$*"; }
die() { say "$@" >&2; exit 1; }

# wss_configure FOLDER OPTION...: configures a build of the clone there; with
# ccache where that is installed.
wss_configure() {
  local folder=$1
  shift
  if command -v ccache >/dev/null; then
    set -- -DCMAKE_C_COMPILER_LAUNCHER=ccache "$@"
  fi
  cmake -S "$WSS_SRC" -B "$folder" -G Ninja "$@" >"$folder.log" 2>&1 ||
    { cat "$folder.log" >&2; die "cannot configure $folder"; }
}

# wss_build FOLDER [TARGET...]: builds; what it says is heard only if it fails.
wss_build() {
  local folder=$1
  shift
  cmake --build "$folder" ${1:+--target "$@"} >"$folder.log" 2>&1 ||
    { cat "$folder.log" >&2; die "cannot build $folder"; }
}

# run_steps FOLDER: runs each FOLDER/*.sh, whatever the others say; fails if one
# of them did, and says which.
run_steps() {
  local step failed=
  for step in "$1"/*.sh; do
    say "step $(basename -- "$step" .sh)"
    bash "$step" || failed="$failed $(basename -- "$step" .sh)"
  done
  [ -z "$failed" ] || die "failed:$failed"
}
