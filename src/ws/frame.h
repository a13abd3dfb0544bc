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
   are needed (every rule that the bytes at hand can break has been checked);
   WSS_ERR_PROTOCOL, and *why says which rule was broken: RSV bits, reserved
   opcode, mask bit missing (5.1), length not in the shortest form or with its
   top bit set, control frame fragmented or longer than 125. */
int wss__frame_unpack(const uint8_t *data, size_t size, wss__frame *frame,
                      const char **why);

/* Writes the header of an unmasked frame; returns its size. */
size_t wss__frame_pack(uint8_t header[WSS__MAX_SENT_FRAME_HEADER],
                       wss__opcode opcode, bool fin, uint64_t length);

#endif
