#!/bin/bash
# Proofs of tests/proof with CBMC, where that is installed: some minutes. CBMC is
# in Debian from 13 on; another one can be named with the variable CBMC.
. "$(dirname -- "$0")/../common.sh"

if ! command -v "${CBMC:-cbmc}" >/dev/null; then
  say "cbmc is not installed: nothing is proven"
  exit 0
fi
python3 -B "$WSS_SRC/tests/proof/prove.py"
