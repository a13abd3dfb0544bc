/*
 * The floor: the least that a correct echo server for WebSocket over TLS can
 * do. No library under it but OpenSSL, no limits, no deadlines, no callbacks.
 */
#ifndef WSS_BENCH_FLOOR_H
#define WSS_BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes in a row that grow at the end and are used from the front. */
typedef struct bytes {
  unsigned char *at;
  size_t begin;
  size_t end;
  size_t room;
} bytes;

/* Makes room for size more, and returns where they go; b->end is moved by the
   caller. Without memory the program ends. */
unsigned char *bytes_reserve(bytes *b, size_t size);
void bytes_append(bytes *b, const void *from, size_t size);
void bytes_free(bytes *b);

/* What a connection's WebSocket half knows between two reads. */
typedef struct frames {
  bool open;      /* the handshake is done */
  bool closed;    /* a Close frame has been answered: nothing is read */
  bool message;   /* between the fragments of one */
  bytes received; /* a frame or request that is not whole */
  size_t need;    /* size of that frame, once its head is there */
  bytes parts;    /* of a fragmented message */
  int opcode;     /* of it */
} frames;

/* Reads plain text and appends the answers to out. False: the peer has broken
   the protocol, or the connection is to be closed once out is sent. */
bool frames_read(frames *f, const unsigned char *text, size_t size, bytes *out);
void frames_free(frames *f);

/* Every so many messages come back with a bit wrong; 0: none. For tests. */
extern uint64_t frames_corrupt;

#endif
