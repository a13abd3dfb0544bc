/* A session whose peer is the test: frames are written into a stream, fed in
   pieces, and what the session does is written down. */
#ifndef WSS_TEST_WS_PEER_H
#define WSS_TEST_WS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/allocator.h"
#include "ws/session.h"

/* ---- What the peer sends ------------------------------------------------- */

typedef struct ws_stream {
  uint8_t *data;
  size_t size;
  uint8_t key; /* of the next mask; every frame has another */
} ws_stream;

#define WS_FIN 0x80

/* Appends a masked frame; first is FIN and the opcode. payload NULL: bytes of
   some pattern. */
void ws_frame(ws_stream *stream, int first, const void *payload, size_t size);
void ws_text(ws_stream *stream, int first, const char *text);
/* A Close frame; code 0: without one. */
void ws_close(ws_stream *stream, int code, const char *reason);
/* Only the header, in the longest form if wide. */
void ws_header(ws_stream *stream, int first, uint64_t size, bool wide);
void ws_bytes(ws_stream *stream, const void *data, size_t size);
void ws_stream_free(ws_stream *stream);

/* ---- What the session did ------------------------------------------------ */

typedef struct ws_event {
  char kind; /* 'm' message, 'p' Pong received, 's' frame sent */
  int what;  /* type or opcode */
  size_t size;
  uint64_t hash;
  uint8_t start[128]; /* of the payload */
  bool in_place;      /* the payload lies in what was fed */
} ws_event;

#define WS_EVENTS 512

typedef struct ws_peer {
  wss__session session;
  test_allocator memory;
  ws_event events[WS_EVENTS];
  size_t count;
  int error;       /* what a feed returned, the first that was not 0 */
  size_t close_at; /* in event number close_at, counted from 1, close with */
  int close_code;  /* this code */
  size_t stop_at;  /* false from this event on */
  const uint8_t *input;
  size_t input_size;
} ws_peer;

void ws_peer_init(ws_peer *peer, uint64_t max_message_size);
/* Frees it; nothing is left of its memory. */
void ws_peer_free(ws_peer *peer);

/* Feeds once; returns *used. */
size_t ws_feed(ws_peer *peer, const void *data, size_t size);
/* Feeds all in pieces of that size (0: in one; negative: of random sizes, the
   number is the seed), anew behind every stop. */
void ws_play(ws_peer *peer, const ws_stream *stream, int piece);

/* Whether the same events happened, in the same order, and the same end. */
void ws_same(const ws_peer *a, const ws_peer *b);

/* Event i is this. */
void ws_is(const ws_peer *peer, size_t i, char kind, int what,
           const void *payload, size_t size);
/* Event i is a Close frame with this code, 1005: an empty one. */
void ws_is_close(const ws_peer *peer, size_t i, int code);

#endif
