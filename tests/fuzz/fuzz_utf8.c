/* UTF-8 against a decoder that works by code points: the same first bad byte
   however the text is cut, and the same word on whether it may end there. */
#include <stdlib.h>

#include "support/input.h"
#include "support/reference_utf8.h"
#include "ws/utf8.h"

/* Feeds pieces; the first that fails must hold the bad byte. */
static void feed_pieces(fuzz_input input, size_t bad, bool complete) {
  wss__utf8 state = {0, 0, 0};
  while (input.at < input.size) {
    size_t start = input.at;
    size_t size;
    uint8_t *piece = fuzz_next(&input, true, &size);
    bool valid = wss__utf8_feed(&state, piece, size);
    free(piece);
    CHECK(valid == (bad >= start + size));
    if (!valid)
      return;
  }
  CHECK(wss__utf8_complete(&state) == complete);
}

/* Byte by byte the bad one is named. */
static void feed_bytes(const fuzz_input *input, size_t bad, bool complete) {
  wss__utf8 state = {0, 0, 0};
  size_t at = 0;
  while (at < input->size && wss__utf8_feed(&state, input->bytes + at, 1)) {
    at++;
    CHECK(state.missing <= 3);
  }
  CHECK(at == bad);
  if (at == input->size)
    CHECK(wss__utf8_complete(&state) == complete);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input input;
  uint8_t *whole;
  size_t bad;
  bool complete;
  if (!fuzz_input_read(&input, data, size))
    return 0;
  bad = reference_utf8(input.bytes, input.size, &complete);
  whole = fuzz_copy(input.bytes, input.size);
  CHECK(wss__utf8_valid(whole, input.size) == (bad == input.size && complete));
  free(whole);
  feed_pieces(input, bad, complete);
  feed_bytes(&input, bad, complete);
  return 0;
}
