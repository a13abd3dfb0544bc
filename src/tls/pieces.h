/* The beginning of a ClientHello that comes in records of less than four bytes.
   RFC 8446 5.1 lets a message be cut anywhere, and what hides server names from
   who reads along does so; Mbed TLS wants the header of a message in one piece.
 */
#ifndef WSS_TLS_PIECES_H
#define WSS_TLS_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WSS__TLS_PIECES_HEADER 5 /* of a record */
#define WSS__TLS_PIECES_HELD 3   /* one less than a message's header */

typedef struct wss__tls_pieces {
  uint16_t left; /* bytes of the record that header is of */
  bool done;     /* the rest goes by as it is */
  bool holding;  /* its bytes are held, not handed out */
  uint8_t seen;  /* bytes of header */
  uint8_t held;  /* bytes of what is held */
  uint8_t ready; /* bytes of out */
  uint8_t given; /* how many of them were handed out */
  uint8_t header[WSS__TLS_PIECES_HEADER];
  uint8_t begin[WSS__TLS_PIECES_HELD];
  uint8_t out[WSS__TLS_PIECES_HEADER + WSS__TLS_PIECES_HELD];
} wss__tls_pieces;

/* Zeros are the state before a ClientHello, between two records. */
void wss__tls_pieces_start(wss__tls_pieces *pieces);

/* Hands out up to size bytes, the small records in front joined to the one that
   follows them, and takes what it needs off the front of input. 0: more input
   is needed, and all there was is taken. */
size_t wss__tls_pieces_read(wss__tls_pieces *pieces, uint8_t **input,
                            size_t *input_size, uint8_t *data, size_t size);

#endif
