# Builds what the parts attacks, hold and soak run, in a release build; read by
# them after tests/nightly/common.sh.
# shellcheck shell=bash
wss_configure "$WSS_BUILD/release" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DWSS_TESTS=ON -DWSS_EXAMPLES=ON -DWSS_ATTACKS=ON
wss_build "$WSS_BUILD/release" echo attack_flood attack_good attack_publisher attack_heap
export WSS_ATTACK_BUILD=$WSS_BUILD/release
export WSS_PKI=$WSS_BUILD/pki
bash "$WSS_SRC/tests/pki.sh" "$WSS_PKI" >"$WSS_BUILD/pki.log" 2>&1 ||
  { cat "$WSS_BUILD/pki.log" >&2; die "cannot make certificates"; }
