#!/bin/bash
# Servers on threads of their own under the thread sanitizer, Mbed TLS included:
# two minutes.
. "$(dirname -- "$0")/../common.sh"

folder=$WSS_BUILD/threads
wss_configure "$folder" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DWSS_SANITIZE=thread \
  -DWSS_EXAMPLES=OFF
wss_build "$folder" unit_server_threads
"$WSS_SRC/tests/pki.sh" "$folder/tests/pki"
for round in 1 2 3; do
  say "threads, round $round"
  WSS_PKI=$folder/tests/pki "$folder/tests/unit/unit_server_threads" ||
    die "what threads share is not guarded"
done
