# Read by the nightly parts attacks, hold and soak, after common.sh: builds the
# examples as users get them, and the programs that attack them.
# shellcheck shell=bash
ulimit -Sn "$(ulimit -Hn)"
wss_configure "$WSS_BUILD/release" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_COMPILE_WARNING_AS_ERROR=ON -DWSS_TESTS=ON -DWSS_EXAMPLES=ON \
  -DWSS_ATTACKS=ON
wss_build "$WSS_BUILD/release" echo attack_flood attack_good attack_publisher \
  attack_heap
"$WSS_SRC/tests/pki.sh" "$WSS_BUILD/pki"
