#include "ws/frame.h"

#include <string.h>

#include "wss/wss.h"

#define FIN 0x80
#define RSV 0x70
#define OPCODE 0x0f
#define MASKED 0x80
#define LENGTH 0x7f
#define LENGTH_16 126
#define LENGTH_64 127
#define MASK_SIZE 4

static bool opcode_known(uint8_t opcode) {
  return opcode <= WSS__BINARY || (opcode >= WSS__CLOSE && opcode <= WSS__PONG);
}

static uint64_t load(const uint8_t *data, size_t size) {
  uint64_t value = 0;
  size_t i;
  for (i = 0; i < size; i++)
    value = value << 8 | data[i];
  return value;
}

/* The rules that the first two bytes can break; NULL if they do not. */
static const char *check_start(const uint8_t *data, size_t size) {
  uint8_t opcode = data[0] & OPCODE;
  if ((data[0] & RSV) != 0)
    return "a reserved bit is set, but no extension is in use (RFC 6455 5.2)";
  if (!opcode_known(opcode))
    return "the frame's opcode is reserved (RFC 6455 5.2)";
  if ((opcode & 0x8) != 0 && (data[0] & FIN) == 0)
    return "a control frame is fragmented (RFC 6455 5.5)";
  if (size < 2)
    return NULL;
  if ((data[1] & MASKED) == 0)
    return "a frame from the client is not masked (RFC 6455 5.1)";
  if ((opcode & 0x8) != 0 && (data[1] & LENGTH) > WSS__MAX_CONTROL_PAYLOAD)
    return "a control frame is longer than 125 bytes (RFC 6455 5.5)";
  return NULL;
}

/* The rules for a length of that many bytes, of which have are at hand. */
static const char *check_length(const uint8_t *data, size_t have,
                                size_t bytes) {
  uint64_t most = load(data, have); /* what it can still become */
  size_t i;
  for (i = have; i < bytes; i++)
    most = most << 8 | 0xff;
  if (bytes == 8 && have > 0 && data[0] >> 7 != 0)
    return "a length has its top bit set (RFC 6455 5.2)";
  if (most < (bytes == 2 ? LENGTH_16 : UINT64_C(1) << 16))
    return "a length is not in its shortest form (RFC 6455 5.2)";
  return NULL;
}

int wss__frame_unpack(const uint8_t *data, size_t size, wss__frame *frame,
                      const char **why) {
  size_t extended;
  if (size == 0)
    return 0;
  *why = check_start(data, size);
  if (*why != NULL)
    return WSS_ERR_PROTOCOL;
  if (size < 2)
    return 0;

  frame->length = data[1] & LENGTH;
  extended = frame->length == LENGTH_16   ? 2
             : frame->length == LENGTH_64 ? 8
                                          : 0;
  if (extended > 0) {
    size_t have = size - 2 < extended ? size - 2 : extended;
    *why = check_length(data + 2, have, extended);
    if (*why != NULL)
      return WSS_ERR_PROTOCOL;
    frame->length = load(data + 2, have);
  }
  if (size < 2 + extended + MASK_SIZE)
    return 0;
  frame->fin = (data[0] & FIN) != 0;
  frame->opcode = (wss__opcode)(data[0] & OPCODE);
  memcpy(frame->mask, data + 2 + extended, MASK_SIZE);
  return (int)(2 + extended + MASK_SIZE);
}

static void store(uint8_t *data, size_t size, uint64_t value) {
  while (size > 0) {
    data[--size] = (uint8_t)value;
    value >>= 8;
  }
}

size_t wss__frame_pack(uint8_t header[WSS__MAX_SENT_FRAME_HEADER],
                       wss__opcode opcode, bool fin, uint64_t length) {
  header[0] = (uint8_t)((fin ? FIN : 0) | (int)opcode);
  if (length < LENGTH_16) {
    header[1] = (uint8_t)length;
    return 2;
  }
  if (length <= UINT16_MAX) {
    header[1] = LENGTH_16;
    store(header + 2, 2, length);
    return 4;
  }
  header[1] = LENGTH_64;
  store(header + 2, 8, length);
  return 10;
}
