/* A session whose events are written down as text, and streams of frames to
   feed it in all kinds of pieces. */
#ifndef WSS_TEST_SESSION_LOG_H
#define WSS_TEST_SESSION_LOG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "ws/session.h"

/* First bytes of frames: FIN and the opcode. */
enum {
  TEST_TEXT = 0x81,
  TEST_BINARY = 0x82,
  TEST_CLOSE = 0x88,
  TEST_PING = 0x89,
  TEST_PONG = 0x8a,
  TEST_TEXT_PART = 0x01,
  TEST_BINARY_PART = 0x02,
  TEST_PART = 0x00,
  TEST_LAST = 0x80
};

/* What a client sends. */
typedef struct test_stream {
  uint8_t *bytes;
  size_t size;
  unsigned frames;
} test_stream;

void test_stream_free(test_stream *stream);
void test_stream_bytes(test_stream *stream, const void *bytes, size_t size);
/* A frame in the shortest form, masked by a key of its own. */
void test_stream_frame(test_stream *stream, int first, const void *payload,
                       size_t size);
void test_stream_text(test_stream *stream, int first, const char *payload);
/* A header alone, its length in 0, 2 or 8 more bytes; mask 0. */
void test_stream_header(test_stream *stream, int first, int form,
                        uint64_t length);
void test_stream_close(test_stream *stream, int code, const char *reason);

/* Events are written as text(Hello) binary(...) pong(...), frames to send as
   send-pong(...) send-close(1000 bye), errors by their name; bytes that are not
   printable as \xx; what is longer than 40 bytes as 125*p if all of it is one
   byte, else as size#hash. Each is followed by a blank. */
typedef struct test_session {
  test_allocator memory;
  wss__session session;
  char log[4096];
  size_t log_size;
  size_t fed;      /* bytes, by test_session_feed */
  size_t error_at; /* what was fed with the error */
  int messages;
  bool stop;       /* every message and pong stops the feed */
  int close_after; /* so many messages, their event closes with 4000 */
  bool stopped;    /* an event was asked to stop, in the last feed */
  size_t used;     /* of the last feed */
} test_session;

void test_session_begin(test_session *it, uint64_t limit);
/* Checks that nothing is left of the memory. */
void test_session_end(test_session *it);

/* Feeds a copy of the bytes, which ends where an unreadable byte begins; what
   a stop left is fed again. Returns the session's result. */
int test_session_feed(test_session *it, const uint8_t *data, size_t size);

/* How a stream is cut. */
typedef enum test_cut { TEST_WHOLE, TEST_SINGLE_BYTES, TEST_RANDOM } test_cut;

/* Feeds the whole stream, cut so; drops the rest after an error, if there is
   one, as the session must. */
void test_session_run(test_session *it, const test_stream *stream,
                      test_cut cut);

/* Feeds the stream to fresh sessions: whole, byte by byte, cut in two at each
   place if it is short, cut at random, each with and without stops. The log is
   the expected one each time. Frees the stream. */
void test_stream_expect(test_stream *stream, uint64_t limit,
                        const char *expected);

#endif
