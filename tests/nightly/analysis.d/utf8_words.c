/* A4: every string of four bytes, 4,294,967,296 of them, judged by ws/utf8 and
   by a second reading of RFC 3629: whole, and byte by byte. The arguments are
   the bounds of the first byte. */
#include <stdio.h>
#include <stdlib.h>

#include "ws/utf8.h"
#include "ws/utf8_reference.h"

/* Whether both say the same of the text, and of where it is first wrong. */
static bool agree(const uint8_t text[4]) {
  ref_verdict expected = ref_judge(text, 4);
  wss__utf8 state = {0, 0, 0};
  size_t at = 0;
  while (at < 4 && wss__utf8_feed(&state, text + at, 1))
    at++;
  return at == expected.bad &&
         (at < 4 || wss__utf8_complete(&state) == expected.complete) &&
         wss__utf8_valid(text, 4) == (at == 4 && expected.complete);
}

int main(int argc, char **argv) {
  unsigned long first = argc == 3 ? strtoul(argv[1], NULL, 0) : 0;
  unsigned long last = argc == 3 ? strtoul(argv[2], NULL, 0) : 0xff;
  uint64_t count = 0;
  uint64_t word;
  for (word = (uint64_t)first << 24; word >> 24 <= last; word++) {
    const uint8_t text[4] = {(uint8_t)(word >> 24), (uint8_t)(word >> 16),
                             (uint8_t)(word >> 8), (uint8_t)word};
    if (!agree(text)) {
      (void)printf("%02x %02x %02x %02x is judged otherwise\n", text[0],
                   text[1], text[2], text[3]);
      return 1;
    }
    count++;
  }
  (void)printf("first byte %02lx to %02lx: %llu words agree\n", first, last,
               (unsigned long long)count);
  return 0;
}
