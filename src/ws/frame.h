/* The header of a WebSocket frame (RFC 6455 5.2), reader and writer. */
#ifndef WSS_WS_FRAME_H
#define WSS_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum wss__opcode {
  WSS__CONTINUATION = 0x0,
  WSS__TEXT = 0x1,
  WSS__BINARY = 0x2,
  WSS__CLOSE = 0x8,
  WSS__PING = 0x9,
  WSS__PONG = 0xa
} wss__opcode;

#define WSS__MAX_CONTROL_PAYLOAD 125
/* The longest header of a masked frame, and of one that a server sends. */
#define WSS__MAX_FRAME_HEADER 14
#define WSS__MAX_SENT_FRAME_HEADER 10

typedef struct wss__frame {
  bool fin;
  wss__opcode opcode;
  uint8_t mask[4];
  uint64_t length; /* of the payload */
} wss__frame;

static inline bool wss__opcode_is_control(wss__opcode opcode) {
  return (opcode & 0x8) != 0;
}

/* Reads the header of a frame from a client. Returns its size; 0: more bytes
   are needed, and those at hand do not yet break a rule for certain;
   WSS_ERR_PROTOCOL, and *why says which rule was broken: RSV bits, reserved
   opcode, mask bit missing (5.1), length not in the shortest form or with its
   top bit set, control frame fragmented or longer than 125. */
int wss__frame_unpack(const uint8_t *data, size_t size, wss__frame *frame,
                      const char **why);

/* A shortcut to the commonest frame: the size of its payload if a whole text or
   binary message in one frame, of at most 125 bytes, is at data, its header of
   WSS__SMALL_FRAME_HEADER bytes included; else -1, and nothing is said about
   what is there. */
#define WSS__SMALL_FRAME_HEADER 6
static inline int wss__frame_small(const uint8_t *data, size_t size) {
  int length;
  if (size < WSS__SMALL_FRAME_HEADER ||
      (data[0] != (0x80 | WSS__TEXT) && data[0] != (0x80 | WSS__BINARY)))
    return -1;
  length = data[1] - 0x80; /* masked, and the length in seven bits */
  if (length < 0 || length > WSS__MAX_CONTROL_PAYLOAD ||
      (size_t)length > size - WSS__SMALL_FRAME_HEADER)
    return -1;
  return length;
}

/* Writes the header of an unmasked frame; returns its size. */
size_t wss__frame_pack(uint8_t header[WSS__MAX_SENT_FRAME_HEADER],
                       wss__opcode opcode, bool fin, uint64_t length);

#endif
