#include "support/record_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const int bench_suites[BENCH_SUITES] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256};
void bench_open(record_bench *it, int id, const wss_allocator *allocator) {
  wss__tls_record_state state = {.suite = wss__tls_suite_find(id)};
  memset(it, 0, sizeof *it);
  memset(state.read.secret, 'r', sizeof state.read.secret);
  memset(state.write.secret, 'w', sizeof state.write.secret);
  memset(state.read.key, 'k', sizeof state.read.key);
  memset(state.write.key, 'K', sizeof state.write.key);
  wss__tls_takeover_pool(&it->pool, allocator);
  wss__tls_schedules_init(&it->schedules, wss__aead_pick(), allocator);
  assert_int_equal(wss__tls_takeover_new(&it->records, &state, 16384,
                                         &it->schedules, &it->pool),
                   0);
  it->peer = state;
  it->peer.read = state.write;
  it->peer.write = state.read;
  wss__buf_init(&it->input, 1 << 24);
  wss__buf_init(&it->output, 1 << 24);
}

void bench_close(record_bench *it) {
  wss__tls_takeover.free(it->records);
  wss__tls_schedules_free(&it->schedules);
  wss__buf_free(&it->input, &wss__default_allocator);
  wss__buf_free(&it->output, it->schedules.allocator);
}

static void *expand(uint8_t *schedule, const wss__aead *aead,
                    const wss__tls_suite *suite, const uint8_t *key) {
  schedule += WSS__AEAD_ALIGN - (uintptr_t)schedule % WSS__AEAD_ALIGN;
  memset(schedule, 0, aead->size);
  assert_int_equal(aead->expand(schedule, suite->cipher, key), 0);
  return schedule;
}

/* Puts a record of the peer's into the input. */
void bench_put(record_bench *it, uint8_t type, const void *data, size_t size) {
  uint8_t room[4096];
  const wss__tls_suite *suite = it->peer.suite;
  const wss__aead *aead = &wss__aead_mbedtls;
  void *schedule = expand(room, aead, suite, it->peer.write.key);
  uint8_t *to = wss__buf_reserve(&it->input, &wss__default_allocator,
                                 wss__tls_record_size(suite, size));
  assert_non_null(to);
  if (size > 0)
    memcpy(to + wss__tls_record_offset(suite), data, size);
  assert_int_equal(
      wss__tls_record_seal(&it->peer, aead, schedule, type, to, size), 0);
  wss__buf_commit(&it->input, wss__tls_record_size(suite, size));
  aead->wipe(schedule);
}

/* The next record of the output; its content is in plain. */
wss__tls_content bench_get(record_bench *it) {
  uint8_t room[4096];
  wss__tls_content content;
  wss__tls_failure failure;
  const wss__aead *aead = &wss__aead_mbedtls;
  const uint8_t *record = wss__buf_data(&it->output);
  assert_true(it->output.length >= WSS__TLS_HEADER_SIZE);
  size_t size = 5 + ((size_t)record[3] << 8 | record[4]);
  assert_true(size <= it->output.length && size <= sizeof it->plain);
  memcpy(it->plain, record, size);
  wss__buf_consume(&it->output, it->schedules.allocator, size);
  void *schedule = expand(room, aead, it->peer.suite, it->peer.read.key);
  int error = wss__tls_record_open(&it->peer, aead, schedule, it->plain,
                                   &content, &failure);
  aead->wipe(schedule);
  assert_int_equal(error, 0);
  return content;
}

/* Reads from the input; data counts no matter how much. */
int bench_read(record_bench *it) {
  it->io.input = wss__buf_data(&it->input);
  it->io.input_size = it->input.length;
  it->io.output = &it->output;
  it->io.scratch = it->scratch;
  int result = wss__tls_takeover.read(it->records, &it->io, &it->failure);
  if (result == WSS__TLS_DATA) {
    memcpy(it->data, it->io.data, it->io.size);
    it->io.data = it->data;
  }
  wss__buf_consume(&it->input, &wss__default_allocator,
                   it->input.length - it->io.input_size);
  return result;
}

void bench_expect_alert(record_bench *it, int alert) {
  assert_int_equal(bench_read(it), WSS_ERR_TLS);
  assert_int_equal(it->failure.sent, alert);
  assert_int_equal(it->failure.alert, -1);
  assert_non_null(it->failure.text);
  wss__tls_content content = bench_get(it);
  assert_int_equal(content.type, WSS__TLS_ALERT);
  assert_int_equal(content.size, 2);
  assert_int_equal(content.data[0], MBEDTLS_SSL_ALERT_LEVEL_FATAL);
  assert_int_equal(content.data[1], alert);
  assert_int_equal(it->output.length, 0);
}

void bench_write(record_bench *it, const void *data, size_t size) {
  assert_int_equal(wss__tls_takeover.write(it->records, &it->output, data, size,
                                           &it->failure),
                   0);
}

void bench_expect_data(record_bench *it, const char *text) {
  wss__tls_content content = bench_get(it);
  assert_int_equal(content.type, WSS__TLS_DATA_TYPE);
  assert_int_equal(content.size, strlen(text));
  assert_memory_equal(content.data, text, strlen(text));
}

void bench_put_update(record_bench *it, uint8_t request) {
  const uint8_t message[] = {24, 0, 0, 1, request};
  bench_put(it, WSS__TLS_HANDSHAKE, message, sizeof message);
  assert_int_equal(wss__tls_keys_update(it->peer.suite, &it->peer.write), 0);
}

void bench_expect_update(record_bench *it) {
  static const uint8_t message[] = {24, 0, 0, 1, 0};
  wss__tls_content content = bench_get(it);
  assert_int_equal(content.type, WSS__TLS_HANDSHAKE);
  assert_int_equal(content.size, sizeof message);
  assert_memory_equal(content.data, message, sizeof message);
  assert_int_equal(wss__tls_keys_update(it->peer.suite, &it->peer.read), 0);
}
