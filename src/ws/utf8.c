#include "ws/utf8.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

static inline uint64_t load(const uint8_t *data) {
  uint64_t word;
  memcpy(&word, data, sizeof word);
  return word;
}

static inline bool is_ascii(const uint8_t *data) {
  return (load(data) & HIGH_BITS) == 0;
}

/* How many bytes in front are ASCII, counted by words. */
static size_t ascii_prefix(const uint8_t *data, size_t size) {
  size_t i = 0;
  while (size - i >= 32) {
    uint64_t words = load(data + i) | load(data + i + 8) | load(data + i + 16) |
                     load(data + i + 24);
    if ((words & HIGH_BITS) != 0)
      break;
    i += 32;
  }
  while (size - i >= 8 && is_ascii(data + i))
    i += 8;
  /* The last word overlaps what has been seen. */
  if (size - i < 8 && size >= 8 && is_ascii(data + size - 8))
    return size;
  while (i < size && data[i] < 0x80)
    i++;
  return i;
}

static bool is_continuation(uint8_t byte) {
  return (byte & 0xc0) == 0x80;
}

/* The size of the character in front, of two bytes or more; 0 if it is not
   valid. Four bytes can be read. */
static size_t character(const uint8_t *data) {
  uint32_t value;
  if (!is_continuation(data[1]))
    return 0;
  if (data[0] < 0xe0)
    return data[0] >= 0xc2 ? 2 : 0;
  if (!is_continuation(data[2]))
    return 0;
  value = (uint32_t)(data[0] & 0x0f) << 12 | (uint32_t)(data[1] & 0x3f) << 6 |
          (uint32_t)(data[2] & 0x3f);
  if (data[0] < 0xf0)
    return value >= 0x800 && (value & 0xf800) != 0xd800 ? 3 : 0;
  /* Here value lacks the last six bits of U+10000 to U+10FFFF. */
  if (data[0] > 0xf4 || !is_continuation(data[3]))
    return 0;
  return value >= 0x400 && value < 0x4400 ? 4 : 0;
}

/* How many bytes in front are whole valid characters; it may stop early. This
   is the quick way: what it leaves is judged byte by byte. */
static size_t valid_prefix(const uint8_t *data, size_t size) {
  size_t i = 0;
  for (;;) {
    i += ascii_prefix(data + i, size - i);
    while (size - i >= 4 && data[i] >= 0x80) {
      size_t step = character(data + i);
      if (step == 0)
        return i;
      i += step;
    }
    if (i == size || data[i] >= 0x80)
      return i;
  }
}

/* What must follow a lead byte (the table of RFC 3629 4). */
static bool begin(wss__utf8 *state, uint8_t lead) {
  state->low = 0x80;
  state->high = 0xbf;
  if (lead < 0xc2 || lead > 0xf4)
    return false;
  if (lead < 0xe0) {
    state->missing = 1;
  } else if (lead < 0xf0) {
    state->missing = 2;
    if (lead == 0xe0)
      state->low = 0xa0; /* overlong */
    if (lead == 0xed)
      state->high = 0x9f; /* surrogates */
  } else {
    state->missing = 3;
    if (lead == 0xf0)
      state->low = 0x90; /* overlong */
    if (lead == 0xf4)
      state->high = 0x8f; /* above U+10FFFF */
  }
  return true;
}

bool wss__utf8_feed(wss__utf8 *state, const uint8_t *data, size_t size) {
  size_t i = 0;
  while (i < size) {
    if (state->missing == 0) {
      i += valid_prefix(data + i, size - i);
      if (i == size)
        return true;
      if (!begin(state, data[i]))
        return false;
    } else {
      if (data[i] < state->low || data[i] > state->high)
        return false;
      state->low = 0x80;
      state->high = 0xbf;
      state->missing--;
    }
    i++;
  }
  return true;
}

bool wss__utf8_valid(const void *data, size_t size) {
  wss__utf8 state = {0, 0, 0};
  return wss__utf8_feed(&state, data, size) && wss__utf8_complete(&state);
}
