/* ws/utf8, for every text. */
#include "proof.h"
#include "ws/utf8.h"

/* Nothing is read out of bounds, and the state stays within its bounds,
   whatever came before. */
void feeds(void) {
  size_t size = any_size(16);
  uint8_t *text = any_bytes(size);
  wss__utf8 state = {(uint8_t)any_size(3), 0x80, 0xbf};
  (void)wss__utf8_feed(&state, text, size);
  assert(state.missing <= 3);
}

/* A second reading: the table of RFC 3629 4, byte by byte. */
static bool step(wss__utf8 *state, uint8_t byte) {
  if (state->missing > 0) {
    bool fits = byte >= state->low && byte <= state->high;
    state->low = 0x80;
    state->high = 0xbf;
    state->missing--;
    return fits;
  }
  if (byte < 0x80)
    return true;
  state->missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
  state->low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
  state->high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
  return byte >= 0xc2 && byte <= 0xf4;
}

/* Both say the same of each text of up to 8 bytes, the size of a word. */
void agrees(void) {
  size_t size = any_size(8);
  uint8_t *text = any_bytes(size);
  wss__utf8 state = {0, 0, 0};
  bool valid = true;
  size_t i;
  for (i = 0; i < size; i++)
    valid = valid && step(&state, text[i]);
  assert(wss__utf8_valid(text, size) == (valid && state.missing == 0));
}
