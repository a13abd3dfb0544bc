#include "support/ws_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ws/close.h"

/* ---- Streams ------------------------------------------------------------- */

void ws_bytes(ws_stream *stream, const void *data, size_t size) {
  if (size == 0)
    return;
  stream->data = realloc(stream->data, stream->size + size);
  assert_non_null(stream->data);
  memcpy(stream->data + stream->size, data, size);
  stream->size += size;
}

static void next_key(ws_stream *stream, uint8_t key[4]) {
  for (size_t i = 0; i < 4; i++)
    key[i] = (uint8_t)(stream->key += 0x35);
}

void ws_header(ws_stream *stream, int first, uint64_t size, bool wide) {
  uint8_t header[14] = {(uint8_t)first};
  size_t bytes = wide || size > 65535 ? 8 : size > 125 ? 2 : 0;
  header[1] = (uint8_t)(0x80 | (bytes == 8 ? 127 : bytes == 2 ? 126 : size));
  for (size_t i = 0; i < bytes; i++)
    header[2 + i] = (uint8_t)(size >> 8 * (bytes - 1 - i));
  next_key(stream, header + 2 + bytes);
  ws_bytes(stream, header, 6 + bytes);
}

void ws_frame(ws_stream *stream, int first, const void *payload, size_t size) {
  const uint8_t *bytes = payload;
  uint8_t key[4];
  size_t at;
  ws_header(stream, first, size, false);
  memcpy(key, stream->data + stream->size - 4, 4);
  at = stream->size;
  stream->size += size;
  stream->data = realloc(stream->data, stream->size + 1);
  assert_non_null(stream->data);
  for (size_t i = 0; i < size; i++) {
    uint8_t byte = bytes != NULL ? bytes[i] : (uint8_t)('a' + i % 23);
    stream->data[at + i] = byte ^ key[i % 4];
  }
}

void ws_text(ws_stream *stream, int first, const char *text) {
  ws_frame(stream, first, text, strlen(text));
}

void ws_close(ws_stream *stream, int code, const char *reason) {
  uint8_t payload[130] = {(uint8_t)(code >> 8), (uint8_t)code};
  size_t size = strlen(reason);
  assert_true(size <= sizeof payload - 2);
  memcpy(payload + 2, reason, size);
  ws_frame(stream, WS_FIN | WSS__CLOSE, payload, code == 0 ? 0 : size + 2);
}

void ws_stream_free(ws_stream *stream) {
  free(stream->data);
  memset(stream, 0, sizeof *stream);
}

/* ---- Events -------------------------------------------------------------- */

static uint64_t hash_of(const uint8_t *data, size_t size) {
  uint64_t hash = 5381;
  for (size_t i = 0; i < size; i++)
    hash = hash * 33 + data[i];
  return hash;
}

static void write_down(ws_peer *peer, char kind, int what, const uint8_t *data,
                       size_t size) {
  ws_event *event = &peer->events[peer->count++];
  assert_true(peer->count < WS_EVENTS);
  event->kind = kind;
  event->what = what;
  event->size = size;
  event->hash = hash_of(data, size);
  if (size > 0)
    memcpy(event->start, data,
           size < sizeof event->start ? size : sizeof event->start);
  event->in_place = peer->input != NULL && data >= peer->input &&
                    data + size <= peer->input + peer->input_size;
}

static bool heard(ws_peer *peer, char kind, int what, const uint8_t *data,
                  size_t size) {
  write_down(peer, kind, what, data, size);
  if (peer->count == peer->close_at) {
    uint64_t hash = hash_of(data, size);
    assert_int_equal(
        wss__session_close(&peer->session, peer->close_code, "bye", 3), 0);
    /* What it was handed outlives what it does. */
    assert_true(hash_of(data, size) == hash);
  }
  return peer->stop_at == 0 || peer->count < peer->stop_at;
}

static bool on_message(void *owner, wss_type type, const uint8_t *data,
                       size_t size) {
  return heard(owner, 'm', (int)type, data, size);
}

static bool on_pong(void *owner, const uint8_t *data, size_t size) {
  return heard(owner, 'p', 0, data, size);
}

static void on_send(void *owner, wss__opcode opcode, const uint8_t *payload,
                    size_t size) {
  assert_true(size <= WSS__MAX_CONTROL_PAYLOAD);
  write_down(owner, 's', (int)opcode, payload, size);
}

static const wss__session_events events = {on_message, on_pong, on_send};

/* ---- The session --------------------------------------------------------- */

void ws_peer_init(ws_peer *peer, uint64_t max_message_size) {
  memset(peer, 0, sizeof *peer);
  test_allocator_init(&peer->memory);
  wss__session_init(&peer->session, &peer->memory.functions, max_message_size,
                    &events, peer);
}

void ws_peer_free(ws_peer *peer) {
  wss__session_free(&peer->session);
  assert_int_equal(peer->memory.blocks, 0);
}

size_t ws_feed(ws_peer *peer, const void *data, size_t size) {
  uint8_t *copy = malloc(size + 1); /* ends where the sanitizer watches */
  size_t used = SIZE_MAX;
  int error;
  assert_non_null(copy);
  if (size > 0)
    memcpy(copy + 1, data, size);
  peer->input = copy + 1;
  peer->input_size = size;
  error = wss__session_feed(&peer->session, copy + 1, size, &used);
  assert_true(used <= size);
  assert_true(used > 0 || size == 0);
  /* What was not taken will be fed again: it is as it was. */
  if (used < size)
    assert_memory_equal(copy + 1 + used, (const uint8_t *)data + used,
                        size - used);
  peer->input = NULL;
  free(copy);
  if (peer->error == 0)
    peer->error = error;
  return used;
}

void ws_play(ws_peer *peer, const ws_stream *stream, int piece) {
  uint32_t random = (uint32_t)piece * 2654435761u;
  size_t at = 0;
  while (at < stream->size) {
    size_t size = piece == 0 ? stream->size : (size_t)piece;
    size_t end;
    if (piece < 0) {
      random = random * 1664525 + 1013904223;
      size = 1 + (random >> 8) % ((random & 0xf0) == 0 ? 9000 : 12);
    }
    end = size < stream->size - at ? at + size : stream->size;
    while (at < end)
      at += ws_feed(peer, stream->data + at, end - at);
  }
}

void ws_same(const ws_peer *a, const ws_peer *b) {
  for (size_t i = 0; i < a->count && i < b->count; i++) {
    const ws_event *x = &a->events[i];
    const ws_event *y = &b->events[i];
    if (x->kind != y->kind || x->what != y->what || x->size != y->size ||
        x->hash != y->hash)
      fail_msg("event %zu: %c %d of %zu bytes, not %c %d of %zu bytes", i,
               x->kind, x->what, x->size, y->kind, y->what, y->size);
  }
  assert_int_equal(a->count, b->count);
  assert_int_equal(a->error, b->error);
  assert_ptr_equal(a->session.why, b->session.why);
  assert_int_equal(a->session.code_sent, b->session.code_sent);
  assert_int_equal(a->session.code_received, b->session.code_received);
  assert_int_equal(wss__session_reason(&a->session).size,
                   wss__session_reason(&b->session).size);
  assert_memory_equal(wss__session_reason(&a->session).data,
                      wss__session_reason(&b->session).data,
                      wss__session_reason(&a->session).size);
}

void ws_is(const ws_peer *peer, size_t i, char kind, int what,
           const void *payload, size_t size) {
  const ws_event *event = &peer->events[i];
  assert_true(i < peer->count);
  assert_int_equal(event->kind, kind);
  assert_int_equal(event->what, what);
  assert_int_equal(event->size, size);
  assert_true(event->hash == hash_of(payload, size));
}

void ws_is_close(const ws_peer *peer, size_t i, int code) {
  const uint8_t payload[] = {(uint8_t)(code >> 8), (uint8_t)code};
  ws_is(peer, i, 's', WSS__CLOSE, payload,
        code == WSS__CLOSE_NO_STATUS ? 0 : 2);
}
