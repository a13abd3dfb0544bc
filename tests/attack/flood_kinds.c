#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flood.h"

/* A Ping frame is a head, a mask and four bytes. */
enum { PING_FRAME = 10 };

enum { BODY = 16 * 1024, MIB = 1 << 20, RANDOM = 64 * 1024, PIECE = 256 };

static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};

static void *must(void *memory) {
  if (memory == NULL) {
    perror("malloc");
    exit(2);
  }
  return memory;
}

static void set_head(stream *s, const void *bytes, size_t size) {
  s->head = must(malloc(size));
  memcpy(s->head, bytes, size);
  s->head_size = size;
  s->total = size;
}

/* A masked frame whose payload is zeros; size is at most 125. */
static size_t small_frame(unsigned char *at, int opcode, bool fin,
                          size_t size) {
  size_t head = peer_frame_head(at, opcode, fin, size, mask);
  size_t i;
  for (i = 0; i < size; i++)
    at[head + i] = mask[i & 3];
  return head + size;
}

/* The body is whole frames of alternating sizes. */
static void set_frames(stream *s, int opcode, bool fin, const size_t sizes[2]) {
  size_t at = 0;
  int i;
  s->body = must(malloc(BODY));
  for (i = 0; at + 14 + 125 <= BODY; i ^= 1)
    at += small_frame(s->body + at, opcode, fin, sizes[i]);
  s->body_size = at;
}

/* ---- Slow ---- */

static void make_hello(stream *s, SSL_CTX *tls) {
  unsigned char hello[4096];
  set_head(s, hello, peer_hello(tls, hello, sizeof hello));
}

static void make_request(stream *s, SSL_CTX *tls) {
  static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
                                "slowly, slowly, slowly, slowly, slowly, "
                                "slowly, slowly, slowly, slowly, slowly";
  (void)tls;
  set_head(s, request, sizeof request - 1);
}

/* A message of 1 MiB that never comes to its end. */
static void make_slow_frame(stream *s, SSL_CTX *tls) {
  unsigned char head[14];
  (void)tls;
  set_head(s, head, peer_frame_head(head, BINARY, true, MIB, mask));
  s->body = must(calloc(1, BODY));
  s->body_size = BODY;
  s->total = s->head_size + MIB;
}

/* ---- Many ---- */

static void make_pings(stream *s, SSL_CTX *tls) {
  (void)tls;
  set_frames(s, PING, true, (const size_t[]){4, 4});
  s->total = UINT64_MAX;
}

static void make_tiny(stream *s, SSL_CTX *tls) {
  (void)tls;
  set_frames(s, BINARY, true, (const size_t[]){0, 1});
  s->total = UINT64_MAX;
}

/* 500,000 pairs of one fragment with a byte of payload and one without. */
static void make_fragments(stream *s, SSL_CTX *tls) {
  unsigned char first[14];
  (void)tls;
  set_head(s, first, small_frame(first, BINARY, false, 0));
  set_frames(s, 0, false, (const size_t[]){1, 0});
  s->total = s->head_size + UINT64_C(500000) * 13;
}

static void make_zeros(stream *s) {
  s->body = must(calloc(1, BODY));
  s->body_size = BODY;
  s->total = s->head_size + UINT64_C(100) * MIB;
}

/* A frame with RSV1 set (RFC 6455 5.2), then 100 MiB. */
static void make_after_error(stream *s, SSL_CTX *tls) {
  unsigned char frame[14];
  (void)tls;
  set_head(s, frame, small_frame(frame, BINARY | 0x40, true, 0));
  make_zeros(s);
}

/* A Close frame, after which nothing may come (RFC 6455 5.5.1), then 100 MiB.
 */
static void make_after_close(stream *s, SSL_CTX *tls) {
  unsigned char frame[14];
  (void)tls;
  set_head(s, frame, small_frame(frame, CLOSE, true, 0));
  make_zeros(s);
}

/* ---- No TLS ---- */

static void make_random(stream *s, SSL_CTX *tls) {
  unsigned char *bytes = must(malloc(RANDOM));
  uint32_t x = 2463534242u; /* xorshift: the same bytes in every run */
  size_t i;
  (void)tls;
  for (i = 0; i < RANDOM; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    bytes[i] = (unsigned char)(x >> 11);
  }
  s->head = bytes;
  s->head_size = RANDOM;
  s->slide = RANDOM - PIECE;
  s->total = PIECE;
}

static void make_http(stream *s, SSL_CTX *tls) {
  static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  (void)tls;
  set_head(s, request, sizeof request - 1);
}

static void make_old_hello(stream *s, int version) {
  SSL_CTX *old = peer_tls(NULL, version);
  SSL_CTX_set_cipher_list(old, "ALL:@SECLEVEL=0");
  make_hello(s, old);
  SSL_CTX_free(old);
}

static void make_tls10(stream *s, SSL_CTX *tls) {
  (void)tls;
  make_old_hello(s, TLS1_VERSION);
}

static void make_tls11(stream *s, SSL_CTX *tls) {
  (void)tls;
  make_old_hello(s, TLS1_1_VERSION);
}

/* CLIENT-HELLO of SSL 2.0 with two cipher kinds and a challenge. */
static void make_ssl2(stream *s, SSL_CTX *tls) {
  static const unsigned char hello[] = {
      0x80, 0x1f, 0x01, 0x00, 0x02, 0x00, 0x06, 0x00, 0x00, 0x00, 0x10,
      0x07, 0x00, 0xc0, 0x05, 0x00, 0x80, 1,    2,    3,    4,    5,
      6,    7,    8,    9,    10,   11,   12,   13,   14,   15,   16};
  (void)tls;
  set_head(s, hello, sizeof hello);
}

/* A first record that announces a ClientHello of 2^24 - 1 bytes. */
static void make_huge_hello(stream *s, SSL_CTX *tls) {
  unsigned char hello[4096];
  size_t size = peer_hello(tls, hello, sizeof hello);
  memset(hello + 6, 0xff, 3);
  set_head(s, hello, size);
}

/* In records of one byte each (RFC 8446 5.1 allows it) a message as long as a
   ClientHello, but a HelloRequest: once it is whole, it is refused. */
static void make_pieces(stream *s, SSL_CTX *tls) {
  unsigned char hello[4096];
  size_t size = peer_hello(tls, hello, sizeof hello);
  unsigned char *pieces = must(malloc(6 * size));
  size_t at = 0;
  size_t i;
  hello[5] = 0;
  for (i = 5; i < size; i++) {
    memcpy(pieces + at, "\x16\x03\x01\x00\x01", 5);
    pieces[at + 5] = hello[i];
    at += 6;
  }
  set_head(s, pieces, at);
  free(pieces);
}

/* ---- All of them ---- */

enum { SECOND = 1000000 };

static const kind kinds[] = {
    /* name, goal, reads, insists, pause, step, make */
    {"silent", PEER_CONNECTING, true, false, 0, 0, NULL},
    {"slow-hello", PEER_CONNECTING, true, false, SECOND, 1, make_hello},
    {"slow-request", PEER_SECURING, true, false, SECOND, 1, make_request},
    {"slow-frame", PEER_UPGRADING, true, false, SECOND, 1, make_slow_frame},
    {"idle", PEER_UPGRADING, true, false, 0, 0, NULL},
    {"stopped", PEER_UPGRADING, false, false, 0, 0, NULL},
    {"pings", PEER_UPGRADING, false, false, SECOND / 20, 50 * PING_FRAME,
     make_pings},
    {"tiny", PEER_UPGRADING, true, false, 0, 0, make_tiny},
    {"handshakes", PEER_SECURING, true, false, 0, 0, NULL},
    {"fragments", PEER_UPGRADING, true, false, 0, 0, make_fragments},
    {"after-error", PEER_UPGRADING, true, true, 0, 0, make_after_error},
    {"after-close", PEER_UPGRADING, true, true, 0, 0, make_after_close},
    {"random", PEER_CONNECTING, true, false, 0, 0, make_random},
    {"http", PEER_CONNECTING, true, false, 0, 0, make_http},
    {"tls10", PEER_CONNECTING, true, false, 0, 0, make_tls10},
    {"tls11", PEER_CONNECTING, true, false, 0, 0, make_tls11},
    {"ssl2", PEER_CONNECTING, true, false, 0, 0, make_ssl2},
    {"huge-hello", PEER_CONNECTING, true, false, 0, 0, make_huge_hello},
    {"pieces", PEER_CONNECTING, true, false, 0, 0, make_pieces},
};

const kind *kind_find(const char *name) {
  size_t i;
  for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (strcmp(kinds[i].name, name) == 0)
      return &kinds[i];
  }
  return NULL;
}

const unsigned char *stream_at(const stream *s, int number, uint64_t at,
                               size_t most, size_t *size) {
  size_t start = s->slide == 0 ? 0 : (size_t)number * 7919 % s->slide;
  const unsigned char *bytes;
  if (most > s->total - at)
    most = (size_t)(s->total - at);
  if (at < s->head_size) {
    bytes = s->head + start + at;
    *size = s->head_size - start - (size_t)at;
  } else {
    size_t inside = (size_t)((at - s->head_size) % s->body_size);
    bytes = s->body + inside;
    *size = s->body_size - inside;
  }
  if (*size > most)
    *size = most;
  return bytes;
}
