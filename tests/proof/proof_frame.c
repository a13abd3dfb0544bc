/* ws/frame, for every header and every frame. */
#include <string.h>

#include "proof.h"
#include "ws/frame.h"
#include "wss/wss.h"

static void check_accepted(const uint8_t *data, const wss__frame *frame,
                           int size) {
  bool control = wss__opcode_is_control(frame->opcode);
  assert(frame->length <= INT64_MAX);
  assert(!control || (frame->fin && frame->length <= 125));
  assert(frame->opcode <= 2 || (frame->opcode >= 8 && frame->opcode <= 10));
  assert(size == (frame->length < 126 ? 6 : frame->length < 65536 ? 8 : 14));
  assert(memcmp(frame->mask, data + size - 4, 4) == 0);
}

/* What is read can be written, and is the same without mask. */
void reads(void) {
  size_t size = any_size(16);
  uint8_t *data = any_bytes(size);
  uint8_t header[WSS__MAX_SENT_FRAME_HEADER];
  const char *why = NULL;
  wss__frame frame;
  int result = wss__frame_unpack(data, size, &frame, &why);
  assert(result <= (int)size);
  assert(result >= 0 || (result == WSS_ERR_PROTOCOL && why != NULL));
  if (result <= 0)
    return;
  check_accepted(data, &frame, result);
  assert(wss__frame_pack(header, frame.opcode, frame.fin, frame.length) + 4 ==
         (size_t)result);
  assert(header[0] == data[0] && header[1] == (data[1] & 0x7f));
  assert(memcmp(header + 2, data + 2, (size_t)result - 6) == 0);
}

/* What is written, and masked, can be read again. */
void writes(void) {
  static const wss__opcode opcodes[] = {WSS__CONTINUATION, WSS__TEXT,
                                        WSS__BINARY,       WSS__CLOSE,
                                        WSS__PING,         WSS__PONG};
  wss__opcode opcode = opcodes[any_size(5)];
  bool control = wss__opcode_is_control(opcode);
  bool fin = control || nondet_bool();
  uint64_t length = nondet_uint64_t();
  uint8_t data[WSS__MAX_FRAME_HEADER];
  const char *why;
  wss__frame frame;
  size_t size;
  __CPROVER_assume(length <= (control ? 125 : INT64_MAX));
  size = wss__frame_pack(data, opcode, fin, length);
  data[1] |= 0x80;
  assert(wss__frame_unpack(data, size + 4, &frame, &why) == (int)size + 4);
  assert(frame.opcode == opcode && frame.fin == fin && frame.length == length);
}

/* A header that is wrong, or whole, stays so with more bytes. */
void resumes(void) {
  size_t size = any_size(16);
  uint8_t *data = any_bytes(size);
  size_t less = any_size(size);
  const char *why;
  wss__frame frame;
  int whole = wss__frame_unpack(data, size, &frame, &why);
  int part = wss__frame_unpack(data, less, &frame, &why);
  assert(part == 0 || part == whole);
}

/* The shortcut says what the reader says. */
void shortcut(void) {
  size_t size = any_size(16);
  uint8_t *data = any_bytes(size);
  int small = wss__frame_small(data, size);
  const char *why;
  wss__frame frame;
  if (small < 0)
    return;
  assert(wss__frame_unpack(data, size, &frame, &why) ==
         WSS__SMALL_FRAME_HEADER);
  assert(frame.fin && frame.length == (uint64_t)small);
  assert(frame.opcode == WSS__TEXT || frame.opcode == WSS__BINARY);
  assert((size_t)small <= size - WSS__SMALL_FRAME_HEADER);
}
