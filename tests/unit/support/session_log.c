#include "support/session_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* ---- Streams ------------------------------------------------------------- */

void test_stream_free(test_stream *stream) {
  free(stream->bytes);
  memset(stream, 0, sizeof *stream);
}

void test_stream_bytes(test_stream *stream, const void *bytes, size_t size) {
  stream->bytes = realloc(stream->bytes, stream->size + size + 1);
  assert_non_null(stream->bytes);
  if (size > 0)
    memcpy(stream->bytes + stream->size, bytes, size);
  stream->size += size;
}

static void put_header(test_stream *stream, int first, int form,
                       uint64_t length) {
  uint8_t header[10] = {(uint8_t)first};
  int extended = form == 126 ? 2 : form == 127 ? 8 : 0;
  int i;
  header[1] = (uint8_t)(0x80 | (extended > 0 ? form : (int)length));
  for (i = 0; i < extended; i++)
    header[2 + i] = (uint8_t)(length >> 8 * (extended - 1 - i));
  test_stream_bytes(stream, header, (size_t)(2 + extended));
}

void test_stream_header(test_stream *stream, int first, int form,
                        uint64_t length) {
  put_header(stream, first, form, length);
  test_stream_bytes(stream, "\0\0\0\0", 4);
}

void test_stream_frame(test_stream *stream, int first, const void *payload,
                       size_t size) {
  unsigned number = ++stream->frames;
  uint8_t key[4] = {(uint8_t)(number * 17), (uint8_t)(number * 101 + 3),
                    (uint8_t)(0xff - number), (uint8_t)(number * 59 + 128)};
  size_t at;
  size_t i;
  put_header(stream, first, size < 126 ? 0 : size < 65536 ? 126 : 127, size);
  test_stream_bytes(stream, key, 4);
  at = stream->size;
  test_stream_bytes(stream, payload, size);
  for (i = 0; i < size; i++)
    stream->bytes[at + i] ^= key[i % 4];
}

void test_stream_text(test_stream *stream, int first, const char *payload) {
  test_stream_frame(stream, first, payload, strlen(payload));
}

void test_stream_close(test_stream *stream, int code, const char *reason) {
  uint8_t payload[200] = {(uint8_t)(code >> 8), (uint8_t)code};
  size_t size = strlen(reason);
  memcpy(payload + 2, reason, size);
  test_stream_frame(stream, TEST_CLOSE, payload, size + 2);
}

/* ---- The log ------------------------------------------------------------- */

static void put(test_session *it, const char *text) {
  size_t size = strlen(text);
  assert_true(size < sizeof it->log - it->log_size);
  memcpy(it->log + it->log_size, text, size + 1);
  it->log_size += size;
}

static void put_byte(test_session *it, uint8_t byte) {
  char text[8];
  bool plain = byte > 0x20 && byte < 0x7f;
  (void)snprintf(text, sizeof text, plain ? "%c" : "\\%02x", byte);
  put(it, text);
}

static void put_data(test_session *it, const uint8_t *data, size_t size) {
  char text[40];
  size_t i;
  uint32_t hash = 2166136261U;
  if (size <= 40) {
    for (i = 0; i < size; i++)
      put_byte(it, data[i]);
    return;
  }
  if (memcmp(data, data + 1, size - 1) == 0) {
    (void)snprintf(text, sizeof text, "%zu*", size);
    put(it, text);
    put_byte(it, data[0]);
    return;
  }
  for (i = 0; i < size; i++)
    hash = (hash ^ data[i]) * 16777619U;
  (void)snprintf(text, sizeof text, "%zu#%08x", size, hash);
  put(it, text);
}

static void put_event(test_session *it, const char *name, const uint8_t *data,
                      size_t size) {
  put(it, name);
  put(it, "(");
  put_data(it, data, size);
  put(it, ") ");
}

static bool on_message(void *owner, wss_type type, const uint8_t *data,
                       size_t size) {
  test_session *it = owner;
  assert_true(type == WSS_TEXT || type == WSS_BINARY);
  put_event(it, type == WSS_TEXT ? "text" : "binary", data, size);
  it->messages++;
  if (it->messages == it->close_after) {
    /* What the event was shown outlives the close. */
    uint8_t *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    assert_int_equal(wss__session_close(&it->session, 4000, "bye", 3), 0);
    assert_memory_equal(data, copy, size);
    free(copy);
  }
  it->stopped = it->stop;
  return !it->stop;
}

static bool on_pong(void *owner, const uint8_t *data, size_t size) {
  test_session *it = owner;
  put_event(it, "pong", data, size);
  it->stopped = it->stop;
  return !it->stop;
}

static void on_send(void *owner, wss__opcode opcode, const uint8_t *payload,
                    size_t size) {
  test_session *it = owner;
  char code[32];
  if (opcode == WSS__PONG) {
    put_event(it, "send-pong", payload, size);
    return;
  }
  assert_int_equal(opcode, WSS__CLOSE);
  if (size < 2) {
    assert_int_equal(size, 0);
    put(it, "send-close() ");
    return;
  }
  (void)snprintf(code, sizeof code, "send-close(%d",
                 payload[0] << 8 | payload[1]);
  put(it, code);
  if (size > 2)
    put(it, " ");
  put_data(it, payload + 2, size - 2);
  put(it, ") ");
}

static const wss__session_events events = {on_message, on_pong, on_send};

/* ---- Sessions ------------------------------------------------------------ */

void test_session_begin(test_session *it, uint64_t limit) {
  memset(it, 0, sizeof *it);
  test_allocator_init(&it->memory);
  wss__session_init(&it->session, &it->memory.functions, limit, UINT64_MAX,
                    &events, it);
}

void test_session_end(test_session *it) {
  wss__session_free(&it->session);
  assert_int_equal(it->memory.blocks, 0);
}

int test_session_feed(test_session *it, const uint8_t *data, size_t size) {
  uint8_t *copy = malloc(size > 0 ? size : 1);
  size_t at = 0;
  int result;
  assert_non_null(copy);
  if (size > 0)
    memcpy(copy, data, size);
  do {
    it->stopped = false;
    it->used = SIZE_MAX;
    result = wss__session_feed(&it->session, copy + at, size - at, &it->used);
    assert_true(it->used <= size - at);
    /* All is taken, unless an event stopped it. */
    assert_true(it->used == size - at || it->stopped);
    at += it->used;
  } while (at < size);
  it->fed += size;
  free(copy);
  if (result != 0) {
    assert_null(it->error_at == 0 ? NULL : "a second error");
    it->error_at = it->fed;
    assert_non_null(it->session.why);
    put(it, wss__error_name(result));
    put(it, " ");
  }
  return result;
}

void test_session_run(test_session *it, const test_stream *stream,
                      test_cut cut) {
  size_t at = 0;
  while (at < stream->size) {
    size_t step = stream->size;
    if (cut == TEST_SINGLE_BYTES)
      step = 1;
    if (cut == TEST_RANDOM)
      step = (size_t)random() % (random() % 3 == 0 ? 2000 : 12);
    if (step > stream->size - at)
      step = stream->size - at;
    (void)test_session_feed(it, stream->bytes + at, step);
    at += step;
  }
}

static void expect_log(test_session *it, const char *expected,
                       const char *how) {
  if (it->log_size > 0)
    it->log[--it->log_size] = '\0'; /* the blank */
  if (strcmp(it->log, expected) != 0)
    fail_msg("%s:\n  %s\ninstead of\n  %s", how, it->log, expected);
  test_session_end(it);
}

void test_stream_expect(test_stream *stream, uint64_t limit,
                        const char *expected) {
  test_session it;
  size_t i;
  srandom(6455);
  for (i = 0; i < 24; i++) {
    test_session_begin(&it, limit);
    it.stop = i % 2 == 1;
    test_session_run(&it, stream,
                     i < 2   ? TEST_WHOLE
                     : i < 4 ? TEST_SINGLE_BYTES
                             : TEST_RANDOM);
    expect_log(&it, expected,
               i < 2   ? "whole"
               : i < 4 ? "byte by byte"
                       : "cut at random");
  }
  for (i = 0; i <= stream->size && stream->size < 400; i++) {
    test_session_begin(&it, limit);
    (void)test_session_feed(&it, stream->bytes, i);
    (void)test_session_feed(&it, stream->bytes + i, stream->size - i);
    expect_log(&it, expected, "cut in two");
  }
  test_stream_free(stream);
}
