/* A second reading of RFC 3629: UTF-8 by code points. */
#ifndef WSS_TEST_UTF8_REFERENCE_H
#define WSS_TEST_UTF8_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a text is, or where it is first wrong. */
typedef struct ref_verdict {
  size_t bad; /* offset of the first bad byte; the size if there is none */
  bool complete;
} ref_verdict;

/* The code points from to to, in extra + 1 bytes, begin with these bytes at
   position at: is there one? */
static bool ref_reachable(const uint8_t *text, size_t size, uint32_t from,
                          uint32_t to, unsigned extra) {
  static const uint32_t leads[] = {0, 0xc0, 0xe0, 0xf0};
  uint32_t low = text[0] - leads[extra];
  uint32_t high = low;
  size_t i;
  for (i = 1; i <= extra; i++) {
    if (i < size && (text[i] & 0xc0) != 0x80)
      return false;
    low = low << 6 | (i < size ? text[i] & 0x3fU : 0);
    high = high << 6 | (i < size ? text[i] & 0x3fU : 0x3f);
  }
  return low <= to && high >= from;
}

/* Whether 1 to 4 bytes are, or begin, the encoding of one code point; *needed
   is how many bytes it has. */
static bool ref_begins(const uint8_t *text, size_t size, size_t *needed) {
  *needed = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
  if (text[0] < 0x80)
    return true;
  if (text[0] < 0xc0 || text[0] > 0xf7)
    return false;
  if (*needed == 2)
    return ref_reachable(text, size, 0x80, 0x7ff, 1);
  if (*needed == 3)
    return ref_reachable(text, size, 0x800, 0xd7ff, 2) ||
           ref_reachable(text, size, 0xe000, 0xffff, 2);
  return ref_reachable(text, size, 0x10000, 0x10ffff, 3);
}

static ref_verdict ref_judge(const uint8_t *text, size_t size) {
  ref_verdict result = {0, true};
  while (result.bad < size) {
    const uint8_t *at = text + result.bad;
    size_t have;
    size_t needed = 1;
    for (have = 1; have <= needed && result.bad + have <= size; have++) {
      if (!ref_begins(at, have, &needed)) {
        result.bad += have - 1;
        result.complete = false;
        return result;
      }
    }
    result.complete = have > needed;
    result.bad += have - 1;
  }
  return result;
}

#endif
