/* The header of a frame: reader and writer agree, and what the reader says of a
   header that is not whole holds for the whole one. */
#include <stdlib.h>
#include <string.h>

#include "support/input.h"
#include "ws/frame.h"
#include "wss/wss.h"

static int unpack(const uint8_t *data, size_t size, wss__frame *frame) {
  uint8_t *copy = fuzz_copy(data, size);
  const char *why = NULL;
  int result;
  memset(frame, 0, sizeof *frame);
  result = wss__frame_unpack(copy, size, frame, &why);
  free(copy);
  CHECK(result >= 0 || result == WSS_ERR_PROTOCOL);
  CHECK(result >= 0 || (why != NULL && strstr(why, "RFC 6455") != NULL));
  CHECK(result <= 0 || (size_t)result <= size);
  return result;
}

/* RFC 6455 5.2, 5.4 and 5.5, of a header that was accepted. */
static void check_rules(const uint8_t *data, const wss__frame *frame,
                        int size) {
  uint64_t length = data[1] & 0x7f;
  int extended = length < 126 ? 0 : length == 126 ? 2 : 8;
  int i;
  if (extended > 0)
    length = 0;
  for (i = 0; i < extended; i++)
    length = length * 256 + data[2 + i];
  CHECK(size == 2 + extended + 4);
  CHECK(frame->length == length && length <= INT64_MAX);
  CHECK(extended != 2 || length > 125);
  CHECK(extended != 8 || length > 65535);
  CHECK(memcmp(frame->mask, data + 2 + extended, 4) == 0);
  CHECK(data[0] == (frame->fin ? 0x80 : 0) + (int)frame->opcode);
  CHECK(data[1] >= 0x80);
  CHECK(frame->opcode <= 2 || (frame->opcode >= 8 && frame->opcode <= 10));
  CHECK(frame->opcode <= 2 || (frame->fin && length <= 125));
}

/* The frame as a server would write it is the client's without the mask. */
static void check_pack(const uint8_t *data, const wss__frame *frame, int size) {
  uint8_t header[WSS__MAX_SENT_FRAME_HEADER];
  size_t packed =
      wss__frame_pack(header, frame->opcode, frame->fin, frame->length);
  CHECK(packed + 4 == (size_t)size);
  CHECK(header[0] == data[0] && header[1] == (data[1] & 0x7f));
  CHECK(memcmp(header + 2, data + 2, packed - 2) == 0);
}

static void check_small(const uint8_t *data, size_t size,
                        const wss__frame *frame, int result) {
  uint8_t *copy = fuzz_copy(data, size);
  int small = wss__frame_small(copy, size);
  free(copy);
  if (small >= 0) {
    CHECK(result == WSS__SMALL_FRAME_HEADER && frame->fin);
    CHECK(frame->opcode == WSS__TEXT || frame->opcode == WSS__BINARY);
    CHECK(frame->length == (uint64_t)small && small <= 125);
    CHECK((size_t)small + WSS__SMALL_FRAME_HEADER <= size);
  } else if (result == WSS__SMALL_FRAME_HEADER && frame->fin) {
    CHECK(wss__opcode_is_control(frame->opcode) ||
          frame->opcode == WSS__CONTINUATION ||
          frame->length > size - WSS__SMALL_FRAME_HEADER);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  wss__frame frame;
  wss__frame shorter;
  int result = unpack(data, size, &frame);
  size_t i;
  if (result > 0) {
    check_rules(data, &frame, result);
    check_pack(data, &frame, result);
  }
  check_small(data, size, &frame, result);
  for (i = 0; i < size && i < WSS__MAX_FRAME_HEADER; i++) {
    int earlier = unpack(data, i, &shorter);
    /* Once wrong, or whole, more bytes change nothing. */
    CHECK(earlier == 0 || earlier == result);
    CHECK(result <= 0 || (earlier > 0) == (i >= (size_t)result));
  }
  return 0;
}
