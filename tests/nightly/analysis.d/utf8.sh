#!/bin/bash
# UTF-8 of all 2^32 strings of four bytes against a second reading of RFC 3629
# (A4): some minutes.
. "$(dirname -- "$0")/../common.sh"

program=$WSS_BUILD/utf8_words
"${CC:-cc}" -std=c11 -O2 -Wall -Wextra -Werror -I"$WSS_SRC/src" \
  -I"$WSS_SRC/include" -I"$WSS_SRC/tests/unit" -o "$program" \
  "$WSS_SRC/tests/nightly/analysis.d/utf8_words.c" "$WSS_SRC/src/ws/utf8.c"

# ASCII and the bytes that begin nothing are quick; the rest is shared out.
started=$SECONDS
printf '%s\n' '0x00 0x3f' '0x40 0x7f' '0x80 0xbf' '0xc0 0xdf' '0xe0 0xe7' \
  '0xe8 0xef' '0xf0 0xff' |
  xargs -P "$WSS_JOBS" -L 1 "$program"
say "all words in $((SECONDS - started)) s"
