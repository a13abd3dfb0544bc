#include "tls/pieces.h"

#include <string.h>

#define HANDSHAKE 22 /* RFC 8446 5.1 */
#define LARGEST 16384

void wss__tls_pieces_start(wss__tls_pieces *pieces) {
  memset(pieces, 0, sizeof *pieces);
}

/* Moves bytes from the front of input. */
static size_t take(uint8_t **input, size_t *input_size, uint8_t *to,
                   size_t size) {
  if (size > *input_size)
    size = *input_size;
  if (size > 0)
    memcpy(to, *input, size);
  *input += size;
  *input_size -= size;
  return size;
}

/* A header is there: what of its record? */
static void begin_record(wss__tls_pieces *pieces) {
  uint32_t length =
      (uint32_t)pieces->header[3] << 8 | (uint32_t)pieces->header[4];
  bool handshake = pieces->header[0] == HANDSHAKE;
  uint32_t joined = length + pieces->held;
  pieces->seen = 0;
  pieces->left = (uint16_t)length;
  pieces->holding = handshake && length > 0 && joined <= WSS__TLS_PIECES_HELD;
  if (pieces->holding)
    return;
  /* Nothing else may stand in between: Mbed TLS refuses what is held then. */
  if (pieces->held > 0 && (!handshake || length == 0 || joined > LARGEST)) {
    pieces->header[0] = HANDSHAKE;
    joined = pieces->held;
    pieces->left = 0;
  }
  memcpy(pieces->out, pieces->header, sizeof pieces->header);
  pieces->out[3] = (uint8_t)(joined >> 8);
  pieces->out[4] = (uint8_t)joined;
  memcpy(pieces->out + sizeof pieces->header, pieces->begin, pieces->held);
  pieces->ready = (uint8_t)(sizeof pieces->header + pieces->held);
  pieces->given = 0;
  pieces->held = 0;
  pieces->done = handshake;
}

/* Takes what is not handed out; false: there was too little of it. */
static bool gather(wss__tls_pieces *pieces, uint8_t **input,
                   size_t *input_size) {
  if (pieces->holding) {
    size_t taken =
        take(input, input_size, pieces->begin + pieces->held, pieces->left);
    pieces->held = (uint8_t)(pieces->held + taken);
    pieces->left = (uint16_t)(pieces->left - taken);
    pieces->holding = pieces->left > 0;
    return !pieces->holding;
  }
  pieces->seen =
      (uint8_t)(pieces->seen + take(input, input_size,
                                    pieces->header + pieces->seen,
                                    sizeof pieces->header - pieces->seen));
  if (pieces->seen < sizeof pieces->header)
    return false;
  begin_record(pieces);
  return true;
}

size_t wss__tls_pieces_read(wss__tls_pieces *pieces, uint8_t **input,
                            size_t *input_size, uint8_t *data, size_t size) {
  for (;;) {
    size_t waiting = (size_t)pieces->ready - pieces->given;
    if (waiting > 0) {
      if (size > waiting)
        size = waiting;
      memcpy(data, pieces->out + pieces->given, size);
      pieces->given = (uint8_t)(pieces->given + size);
      return size;
    }
    if (pieces->done)
      return take(input, input_size, data, size);
    if (pieces->left > 0 && !pieces->holding) {
      size = take(input, input_size, data,
                  size < pieces->left ? size : pieces->left);
      pieces->left = (uint16_t)(pieces->left - size);
      return size;
    }
    if (!gather(pieces, input, input_size))
      return 0;
  }
}
