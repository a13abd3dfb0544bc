#!/bin/bash
# Fuzz targets on new inputs, 55 minutes in all, and the coverage they reach.
#
#   fuzz.sh [MINUTES]
#
# As many at a time as there are processors. What they find stays in the build
# folder, so that the next run goes on from there; an input that fails is named,
# with how to see it again.
. "$(dirname -- "$0")/common.sh"

minutes=${1:-55}
fuzz=$WSS_SRC/tests/fuzz
bash "$fuzz/build.sh" "$WSS_BUILD" address,undefined fuzz
say "built in $SECONDS s"

# Targets and their shares: more to those in which more can happen. The largest
# come first, so that all end at about the same time.
shares='conn:5 tls:5 record:3 session:3 http_request:2 handshake:2 close:1 frame:1 utf8:1'
total=0
for share in $shares; do
  total=$((total + ${share#*:}))
done
[ "$(find "$fuzz" -name 'fuzz_*.c' | wc -l)" -eq "$(wc -w <<<"$shares")" ] ||
  die "a target has no share"
left=$(((minutes * 60 - SECONDS) * WSS_JOBS / total))
[ "$left" -gt 0 ] || die "$minutes minutes are too few"

failed=0
for share in $shares; do
  printf '%s %s\n' "${share%:*}" "$((left * ${share#*:}))"
done | xargs -P "$WSS_JOBS" -L 1 bash "$fuzz/fuzz.sh" "$WSS_BUILD" || failed=1

bash "$fuzz/coverage.sh" "$WSS_BUILD-coverage" "$WSS_BUILD/found" || failed=1
exit $failed
