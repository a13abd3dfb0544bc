#!/usr/bin/env bash
# Runs the museum of mutants: each patch here puts a bug back that other WebSocket
# servers had, into our code, and a test must fail on it.
#
#   run.sh [NAME...]      NAME is the beginning of a patch's name; default: all
#   run.sh --check        says only whether every patch still applies
#   run.sh --refresh      writes anew those that apply but for their context
#
# A patch begins with the lines What, Class, Seen in and Caught by; the last is a
# regular expression for ctest. The result is a failure if a patch does not apply
# or does not build, if the tests it names are none, or if they pass.
set -euo pipefail

root=$(cd -- "$(dirname -- "$0")/../.." && pwd)
here=$root/tests/mutants
work=${WSS_BUILD:-$root/.build/nightly-mutants}
tree=$work/tree
build=$work/build

say() { printf 'mutants: %s\n' "$*"; }

# header FILE NAME: what the patch says behind "NAME: ".
header() { sed -n "/^--- /q; s/^$2: *//p" "$1"; }

apply() { patch --directory="$tree" --strip=1 --fuzz=0 --silent --no-backup-if-mismatch "$@"; }

# The tests that the nightly part may run: they need no port but loopback's, and
# are over soon.
suites='^(unit|sim|fault)$'

copy_tree() {
  mkdir -p "$tree"
  for name in CMakeLists.txt include src tests pkgconfig examples; do
    rm -rf "${tree:?}/$name"
    cp -a "$root/$name" "$tree/"
  done
  # What a run that was cut short left in the objects must go.
  find "$tree/src" -type f -exec touch {} +
}

quietly() {
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }
}

prepare() {
  local options=(-DCMAKE_BUILD_TYPE=Debug "-DWSS_SANITIZE=address,undefined"
    -DWSS_TESTS=ON -DWSS_EXAMPLES=OFF)
  if command -v ccache >/dev/null; then
    options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
  fi
  quietly cmake -S "$tree" -B "$build" -G Ninja "${options[@]}"
  quietly cmake --build "$build"
}

# The programs of the tests whose names match, as ninja knows them.
programs() {
  ctest --test-dir "$build" -L "$suites" -R "$1" --show-only=json-v1 |
    python3 -c '
import json, os, sys
build = sys.argv[1] + "/"
programs = set()
for test in json.load(sys.stdin)["tests"]:
    if test.get("command", [""])[0].startswith(build):
        programs.add(test["command"][0].removeprefix(build))
print("\n".join(sorted(programs)))' "$build"
}

# tests REGEX: runs them until one fails; prints its name.
first_failure() {
  local log=$work/tests
  if ctest --test-dir "$build" -L "$suites" -R "$1" --stop-on-failure \
    --timeout 120 -j 2 --output-on-failure >"$log" 2>&1; then
    return 1
  fi
  sed -n 's/^.*Test *#[0-9]*: \([^ ]*\) .*\*\*\*\(.*[^ ]\)  *[0-9.]* sec.*/\1 (\2)/p' \
    "$log" | head -n 1
}

# mutant FILE: 0 if the test it names caught it. Says what happened.
mutant() {
  local file=$1 name regex targets caught result=1
  name=$(basename -- "$file" .patch)
  regex=$(header "$file" 'Caught by')
  if [ -z "$regex" ]; then
    say "$name: ERROR: the patch names no test"
    return 1
  fi
  if ! apply --input="$file" --dry-run >"$work/log" 2>&1; then
    say "$name: ERROR: the patch does not apply any more:"
    cat "$work/log"
    return 1
  fi
  mapfile -t targets < <(programs "^($regex)\$")
  if [ -z "${targets[*]}" ]; then
    say "$name: ERROR: there is no test $regex"
    return 1
  fi
  apply --input="$file"
  if ! quietly cmake --build "$build" --target "${targets[@]}"; then
    say "$name: ERROR: the patched library does not build"
  elif caught=$(first_failure "^($regex)\$"); then
    say "$name: caught by $caught"
    result=0
  else
    quietly cmake --build "$build" || true
    if caught=$(first_failure .); then
      say "$name: NOT CAUGHT by $regex; but by $caught"
    else
      say "$name: NOT CAUGHT by any test"
    fi
  fi
  apply --input="$file" --reverse
  return "$result"
}

check() {
  local file failed=0
  tree=$root
  for file in "$here"/*.patch; do
    for line in What Class 'Seen in' 'Caught by'; do
      [ -n "$(header "$file" "$line")" ] ||
        { echo "$file has no line $line"; failed=1; }
    done
    apply --dry-run --input="$file" || { echo "$file does not apply"; failed=1; }
  done
  [ "$failed" -eq 0 ] || echo "see whether tests/mutants/run.sh --refresh helps"
  return "$failed"
}

# A patch whose surroundings changed is applied loosely; what that changes is the
# new patch, to be looked at before it is kept.
refresh() {
  local file name fresh
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  for file in "$here"/*.patch; do
    tree=$root
    ! apply --dry-run --input="$file" >/dev/null || continue
    tree=$scratch
    mkdir -p "$tree/a" "$tree/b"
    cp -a "$root/src" "$tree/a/"
    cp -a "$root/src" "$tree/b/"
    if patch --directory="$tree/b" --strip=1 --fuzz=2 --silent \
      --no-backup-if-mismatch --input="$file" >/dev/null; then
      cd "$tree"
      fresh=$(diff --unified=2 --recursive a b | sed '/^diff /d
        s/^\(--- [^\t]*\)\t.*/\1/; s/^\(+++ [^\t]*\)\t.*/\1/' || true)
      name=$tree/fresh
      { sed '/^--- /,$d' "$file" && printf '%s\n' "$fresh"; } >"$name"
      cp "$name" "$file"
      echo "refreshed $file"
    else
      echo "$file does not apply: its lines themselves have changed"
    fi
    rm -rf "$tree/a" "$tree/b"
  done
}

# wanted NAME BEGINNING...: whether NAME begins with one of them, if there are any.
wanted() {
  local name=$1 beginning
  shift
  [ $# -gt 0 ] || return 0
  for beginning in "$@"; do
    case $name in "$beginning"*) return 0 ;; esac
  done
  return 1
}

main() {
  local file name count=0 failed='' start
  mkdir -p "$work"
  say "building without a mutation"
  copy_tree
  prepare
  if name=$(first_failure .); then
    cat "$work/tests"
    say "ERROR: without a mutation $name fails already"
    exit 1
  fi
  for file in "$here"/*.patch; do
    name=$(basename -- "$file" .patch)
    wanted "$name" "$@" || continue
    count=$((count + 1))
    start=$SECONDS
    mutant "$file" || failed="$failed $name"
    printf '%s %s\n' "$((SECONDS - start))" "$name" >>"$work/times"
  done
  [ "$count" -gt 0 ] || { say "ERROR: no patch of that name"; exit 1; }
  say "$count mutants in $((SECONDS / 60)) min"
  [ -z "$failed" ] || { say "FAILED:$failed"; exit 1; }
  say "every one was caught"
}

case ${1:-} in
  --check) check ;;
  --refresh) refresh ;;
  *) main "$@" ;;
esac
