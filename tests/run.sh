#!/bin/sh
# Installs what the tests need (Debian and Ubuntu), builds with the address and
# undefined-behaviour sanitizers, and runs every test. What comes last is ctest's
# summary, and the exit code is ctest's. Options are passed on to ctest, as in
#   tests/run.sh -R wire
#
# What takes too long for every change is run by
#   tests/run.sh --nightly              every part, one after the other
#   tests/run.sh --nightly PART [ARG...]    one of them
#   tests/run.sh --nightly --list       their names, and what each is about
# A part is tests/nightly/PART.sh; its first lines say what it does and how long
# that takes. The exit code is 0 only if every part passed.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")" && cd .. && pwd)
build=$root/.build/test
parts='attacks hold soak fuzz mutants faults analysis'
part_minutes=60

say() { printf 'run.sh: %s\n' "$*"; }

# The parts that are there, each with the first sentence of its own header.
list_parts() {
  for part in $parts; do
    file=$root/tests/nightly/$part.sh
    [ -f "$file" ] || continue
    printf '%-10s %s\n' "$part" "$(sed -n '/^# /{s///p;q;}' "$file")"
  done
}

# A part gets the root of the clone, a build folder of its own and the number of
# processors. It must end in an hour, and leave the clone as it was.
run_part() {
  part=$1
  shift
  before=$(git -C "$root" status --porcelain 2>/dev/null || true)
  WSS_SRC=$root WSS_BUILD=$root/.build/nightly-$part WSS_JOBS=$(nproc) \
    timeout --kill-after=30 "${part_minutes}m" \
    bash "$root/tests/nightly/$part.sh" "$@" &
  child=$!
  trap 'kill "$child" 2>/dev/null; exit 130' INT TERM
  code=0
  wait "$child" || code=$?
  trap - INT TERM
  [ "$code" -ne 124 ] || say "$part took longer than $part_minutes minutes" >&2
  after=$(git -C "$root" status --porcelain 2>/dev/null || true)
  if [ "$before" != "$after" ]; then
    say "$part changed the clone:" "$after" >&2
    code=1
  fi
  return "$code"
}

nightly() {
  if [ $# -gt 0 ] && ! list_parts | cut -d ' ' -f 1 | grep -qxF -e "$1"; then
    list_parts
    [ "$1" = --list ] && exit 0
    say "there is no nightly part \"$1\"" >&2
    exit 2
  fi
  say "installing what is missing"
  "$root/pkgconfig/deps.sh" test
  if [ $# -gt 0 ]; then
    run_part "$@"
    exit
  fi
  summary='' failed=0
  for part in $(list_parts | cut -d ' ' -f 1); do
    say "nightly part $part"
    start=$(date +%s) code=0
    run_part "$part" || code=$?
    seconds=$(($(date +%s) - start))
    if [ "$code" -eq 0 ]; then result=passed; else result="FAILED ($code)"; fi
    [ "$code" -eq 0 ] || failed=1
    summary=$summary$(printf '  %-10s %5d s  %s' "$part" "$seconds" "$result")'
'
  done
  say "nightly parts:"
  printf '%s' "$summary"
  exit "$failed"
}

case ${1:-} in
  --nightly)
    shift
    nightly "$@"
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
  -DWSS_TESTS=ON -DWSS_EXAMPLES=ON -DWSS_BENCH=ON
cmake --build "$build"
say "testing"
exec ctest --test-dir "$build" --output-on-failure --no-tests=error -j 2 "$@"
