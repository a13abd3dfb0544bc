/* ws/utf8, its parts and the whole; SIZE is that of the text, where it is one.
   The file is included: the parts are static. */
#include "proof.h"
#include "ws/utf8.c"

static bool ascii_so_far(size_t count, const uint8_t *text, size_t size) {
  size_t at = nondet_size_t();
  return count <= size && (at >= count || text[at] < 0x80);
}

/* ASCII in front is ASCII. */
void counts_ascii(void) {
  size_t size = any_size(40);
  uint8_t *text = any_bytes(size);
  assert(ascii_so_far(ascii_prefix(text, size), text, size));
}

/* Nothing is read out of bounds, and no more is taken than there is. */
void stays_inside(void) {
  uint8_t *text = any_bytes(SIZE);
  assert(valid_prefix(text, SIZE) <= SIZE);
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

/* Each character by itself: what the quick way takes, the table allows. */
void takes_characters(void) {
  uint8_t *text = any_bytes(4);
  wss__utf8 state = {0, 0, 0};
  size_t size;
  size_t i;
  __CPROVER_assume(text[0] >= 0x80);
  size = character(text);
  assert(size == 0 || (size >= 2 && size <= 4));
  for (i = 0; i < size; i++)
    assert(step(&state, text[i]));
  assert(state.missing == 0);
}

/* From any state on, the state stays within its bounds. */
void feeds(void) {
  uint8_t *text = any_bytes(SIZE);
  wss__utf8 state = {(uint8_t)any_size(3), 0x80, 0xbf};
  (void)wss__utf8_feed(&state, text, SIZE);
  assert(state.missing <= 3);
}

/* Both readings say the same of each text. */
void agrees(void) {
  uint8_t *text = any_bytes(SIZE);
  wss__utf8 state = {0, 0, 0};
  bool valid = true;
  size_t i;
  for (i = 0; i < SIZE; i++)
    valid = valid && step(&state, text[i]);
  assert(wss__utf8_valid(text, SIZE) == (valid && state.missing == 0));
}
