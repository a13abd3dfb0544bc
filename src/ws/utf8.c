#include "ws/utf8.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* How many bytes in front are ASCII, counted by words. */
static size_t ascii_prefix(const uint8_t *data, size_t size) {
  size_t i = 0;
  while (size - i >= 32) {
    uint64_t words[4];
    memcpy(words, data + i, sizeof words);
    if (((words[0] | words[1] | words[2] | words[3]) & HIGH_BITS) != 0)
      break;
    i += 32;
  }
  while (i < size && data[i] < 0x80)
    i++;
  return i;
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
      i += ascii_prefix(data + i, size - i);
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
