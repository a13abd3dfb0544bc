#include "support/reference_utf8.h"

/* The scalar values (RFC 3629 3), by the bytes that encode them. */
static const struct {
  size_t size;
  uint32_t first;
  uint32_t last;
} ranges[] = {
    {1, 0, 0x7f},        {2, 0x80, 0x7ff},       {3, 0x800, 0xd7ff},
    {3, 0xe000, 0xffff}, {4, 0x10000, 0x10ffff},
};

/* Whether an encoding of that size begins with the have bytes at text: the
   numbers that they can still become are those from low to high. */
static bool begins_character(const uint8_t *text, size_t have, size_t size) {
  static const uint8_t data_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t low = text[0] & data_bits[size];
  uint32_t high = low;
  size_t i;
  for (i = 1; i < size; i++) {
    if (i < have && text[i] >> 6 != 2)
      return false;
    low = low << 6 | (i < have ? text[i] & 0x3fU : 0);
    high = high << 6 | (i < have ? text[i] & 0x3fU : 0x3f);
  }
  for (i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    if (ranges[i].size == size && low <= ranges[i].last &&
        high >= ranges[i].first)
      return true;
  }
  return false;
}

static size_t size_of(uint8_t lead) {
  if (lead < 0x80)
    return 1;
  if (lead >= 0xc0 && lead < 0xe0)
    return 2;
  if (lead >= 0xe0 && lead < 0xf0)
    return 3;
  return lead >= 0xf0 && lead < 0xf8 ? 4 : 0;
}

size_t reference_utf8(const uint8_t *text, size_t size, bool *complete) {
  size_t at = 0;
  *complete = true;
  while (at < size) {
    size_t whole = size_of(text[at]);
    size_t have;
    *complete = false;
    if (whole == 0)
      return at;
    for (have = 1; have <= whole; have++) {
      if (at + have > size)
        return size;
      if (!begins_character(text + at, have, whole))
        return at + have - 1;
    }
    *complete = true;
    at += whole;
  }
  return at;
}
