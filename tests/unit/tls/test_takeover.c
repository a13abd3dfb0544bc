/* The takeover: what holds of every record layer, with Mbed TLS's client at the
   other end; then messages that are no data, on states of known keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "support/layer_cases.h"
#include "tls/config.h"
#include "tls/takeover.h"

#define V12 MBEDTLS_SSL_VERSION_TLS1_2
#define V13 MBEDTLS_SSL_VERSION_TLS1_3

/* ---- With a client --------------------------------------------------------
 */

static void every_suite_in_both_versions(void **state) {
  static const struct {
    mbedtls_ssl_protocol_version version;
    int suite;
    const char *cert, *key;
  } rows[] = {
      {V13, MBEDTLS_TLS1_3_AES_128_GCM_SHA256, NULL, NULL},
      {V13, MBEDTLS_TLS1_3_AES_256_GCM_SHA384, NULL, NULL},
      {V13, MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, NULL, NULL},
      {V12, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, NULL, NULL},
      {V12, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, NULL, NULL},
      {V12, MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, NULL, NULL},
      {V12, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "rsa2048.pem",
       "rsa2048.key"},
      {V12, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "rsa2048.pem",
       "rsa2048.key"},
      {V12, MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "rsa2048.pem",
       "rsa2048.key"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const int suites[] = {rows[i].suite, 0};
    const tls_pair_options options = {.version = rows[i].version,
                                      .suites = suites,
                                      .cert = rows[i].cert,
                                      .key = rows[i].key};
    uint8_t byte;
    tls_pair pair;
    tls_pair_connect(&pair, &options);
    for (uint8_t sent = 0; sent < 3; sent++) {
      tls_pair_client_write(&pair, &sent, 1);
      assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
      assert_int_equal(wss__buf_data(&pair.received)[sent], sent);
      layer_write(&pair, &sent, 1);
      assert_int_equal(tls_pair_client_read(&pair, &byte, 1), 1);
      assert_int_equal(byte, sent);
    }
    tls_pair_close(&pair);
  }
}

static void the_handshakes_memory_is_given_back(void **state) {
  static const mbedtls_ssl_protocol_version versions[] = {V12, V13};
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    test_allocator counted;
    test_allocator_init(&counted);
    const tls_pair_options options = {.version = versions[v],
                                      .allocator = &counted.functions};
    tls_pair pair;
    tls_pair_connect(&pair, &options);
    /* A channel and its records: the engine, which holds a Mbed TLS context, is
       a block of the same allocator. */
    assert_in_range(counted.bytes, 1, 800);
    assert_in_range(counted.blocks, 2, 3);
    tls_pair_close(&pair);
    assert_int_equal(counted.blocks, 0);
  }
}

static void renegotiation_is_refused_and_the_connection_goes_on(void **state) {
  static const uint8_t hello[] = {1, 0, 0, 2, 3, 3};
  static const uint8_t others[][8] = {{1, 0, 0, 3, 3, 3},
                                      {1, 0, 0, 1, 3, 3},
                                      {2, 0, 0, 2, 3, 3},
                                      {20, 0, 0, 2, 3, 3}};
  uint8_t byte;
  tls_pair pair;
  (void)state;
  layer_connect(&pair, V12);
  tls_pair_client_record(&pair, 22, hello, sizeof hello);
  tls_pair_client_write(&pair, "x", 1);
  assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
  assert_int_equal(pair.received.length, 1);
  assert_int_equal(layer_records(&pair), 1);
  /* The client takes the warning for one, as it is. */
  assert_int_equal(tls_pair_client_read(&pair, &byte, 1),
                   MBEDTLS_ERR_SSL_WANT_READ);
  layer_write(&pair, "y", 1);
  assert_int_equal(tls_pair_client_read(&pair, &byte, 1), 1);
  tls_pair_close(&pair);
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    for (size_t size = 0; size <= 6; size += 3) {
      layer_connect(&pair, V12);
      tls_pair_client_record(&pair, 22, others[i], size);
      layer_expect_failure(&pair, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE,
                           "handshake message is not expected");
      tls_pair_close(&pair);
    }
  }
}

/* ---- With known keys ------------------------------------------------------
 */

typedef struct bench {
  wss__tls_schedules schedules;
  wss__tls_records *records; /* under test */
  wss__tls_record_state peer;
  wss__buf input;
  wss__buf output;
  wss__tls_failure failure;
  uint8_t scratch[WSS__TLS_SCRATCH];
  uint8_t plain[WSS__TLS_RECORD_MAX];
  uint8_t data[WSS__TLS_PLAIN_MAX]; /* a copy of io's */
  wss__tls_io io;
} bench;

static const int suites[] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256};

#define TLS13_SUITES 3
#define SUITES (sizeof suites / sizeof suites[0])

static void open_bench(bench *it, int id, const wss_allocator *allocator) {
  wss__tls_record_state state = {.suite = wss__tls_suite_find(id)};
  memset(it, 0, sizeof *it);
  memset(state.read.secret, 'r', sizeof state.read.secret);
  memset(state.write.secret, 'w', sizeof state.write.secret);
  memset(state.read.key, 'k', sizeof state.read.key);
  memset(state.write.key, 'K', sizeof state.write.key);
  wss__tls_schedules_init(&it->schedules, wss__aead_pick(), allocator);
  assert_int_equal(wss__tls_takeover_new(&it->records, &state, 16384,
                                         &it->schedules, allocator),
                   0);
  it->peer = state;
  it->peer.read = state.write;
  it->peer.write = state.read;
  wss__buf_init(&it->input, 1 << 24);
  wss__buf_init(&it->output, 1 << 24);
}

static void close_bench(bench *it) {
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
static void put(bench *it, uint8_t type, const void *data, size_t size) {
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
static wss__tls_content get(bench *it) {
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
static int read_input(bench *it) {
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

static void expect_alert(bench *it, int alert) {
  assert_int_equal(read_input(it), WSS_ERR_TLS);
  assert_int_equal(it->failure.sent, alert);
  assert_int_equal(it->failure.alert, -1);
  assert_non_null(it->failure.text);
  wss__tls_content content = get(it);
  assert_int_equal(content.type, WSS__TLS_ALERT);
  assert_int_equal(content.size, 2);
  assert_int_equal(content.data[0], MBEDTLS_SSL_ALERT_LEVEL_FATAL);
  assert_int_equal(content.data[1], alert);
  assert_int_equal(it->output.length, 0);
}

static void write_bench(bench *it, const void *data, size_t size) {
  assert_int_equal(wss__tls_takeover.write(it->records, &it->output, data, size,
                                           &it->failure),
                   0);
}

static void expect_data(bench *it, const char *text) {
  wss__tls_content content = get(it);
  assert_int_equal(content.type, WSS__TLS_DATA_TYPE);
  assert_int_equal(content.size, strlen(text));
  assert_memory_equal(content.data, text, strlen(text));
}

/* ---- KeyUpdate ------------------------------------------------------------
 */

static void put_update(bench *it, uint8_t request) {
  const uint8_t message[] = {24, 0, 0, 1, request};
  put(it, WSS__TLS_HANDSHAKE, message, sizeof message);
  assert_int_equal(wss__tls_keys_update(it->peer.suite, &it->peer.write), 0);
}

static void expect_update(bench *it) {
  static const uint8_t message[] = {24, 0, 0, 1, 0};
  wss__tls_content content = get(it);
  assert_int_equal(content.type, WSS__TLS_HANDSHAKE);
  assert_int_equal(content.size, sizeof message);
  assert_memory_equal(content.data, message, sizeof message);
  assert_int_equal(wss__tls_keys_update(it->peer.suite, &it->peer.read), 0);
}

static void a_key_update_is_received(void **state) {
  (void)state;
  for (size_t s = 0; s < TLS13_SUITES; s++) {
    bench it;
    open_bench(&it, suites[s], &wss__default_allocator);
    put(&it, WSS__TLS_DATA_TYPE, "a", 1);
    put_update(&it, 0);
    put(&it, WSS__TLS_DATA_TYPE, "b", 1);
    assert_int_equal(read_input(&it), WSS__TLS_DATA);
    assert_int_equal(it.io.data[0], 'a');
    assert_int_equal(read_input(&it), WSS__TLS_DATA);
    assert_int_equal(it.io.data[0], 'b');
    write_bench(&it, "c", 1);
    expect_data(&it, "c");
    assert_int_equal(it.output.length, 0);
    close_bench(&it);
  }
}

static void a_key_update_that_asks_is_answered_before_data(void **state) {
  (void)state;
  for (size_t s = 0; s < TLS13_SUITES; s++) {
    bench it;
    open_bench(&it, suites[s], &wss__default_allocator);
    for (int i = 0; i < 3; i++)
      put_update(&it, i != 2);
    assert_int_equal(read_input(&it), WSS__TLS_WANT);
    /* Nothing yet: of a peer that does not read, nothing is kept. */
    assert_int_equal(it.output.length, 0);
    write_bench(&it, "a", 1);
    expect_update(&it);
    expect_data(&it, "a");
    write_bench(&it, "b", 1);
    expect_data(&it, "b");
    assert_int_equal(it.output.length, 0);
    put_update(&it, 1);
    put(&it, WSS__TLS_DATA_TYPE, "c", 1);
    assert_int_equal(read_input(&it), WSS__TLS_DATA);
    wss__tls_takeover.close(it.records, &it.output);
    wss__tls_content content = get(&it);
    assert_int_equal(content.type, WSS__TLS_ALERT);
    close_bench(&it);
  }
}

static void a_key_update_comes_in_any_pieces(void **state) {
  static const uint8_t message[] = {24, 0, 0, 1, 1};
  (void)state;
  for (size_t cut = 1; cut < sizeof message; cut++) {
    bench it;
    open_bench(&it, suites[0], &wss__default_allocator);
    put(&it, WSS__TLS_HANDSHAKE, message, cut);
    put(&it, WSS__TLS_HANDSHAKE, message + cut, sizeof message - cut);
    assert_int_equal(wss__tls_keys_update(it.peer.suite, &it.peer.write), 0);
    put(&it, WSS__TLS_DATA_TYPE, "x", 1);
    assert_int_equal(read_input(&it), WSS__TLS_DATA);
    write_bench(&it, "y", 1);
    expect_update(&it);
    expect_data(&it, "y");
    close_bench(&it);
    /* But with nothing between the pieces. */
    open_bench(&it, suites[0], &wss__default_allocator);
    put(&it, WSS__TLS_HANDSHAKE, message, cut);
    put(&it, WSS__TLS_DATA_TYPE, "x", 1);
    expect_alert(&it, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
    close_bench(&it);
  }
}

static void a_flood_of_key_updates_ends(void **state) {
  bench it;
  (void)state;
  open_bench(&it, suites[0], &wss__default_allocator);
  /* Data between them is enough. */
  for (int i = 0; i < 100; i++) {
    put_update(&it, 1);
    put(&it, WSS__TLS_DATA_TYPE, "x", 1);
    assert_int_equal(read_input(&it), WSS__TLS_DATA);
  }
  for (int i = 0; i < WSS__TLS_MAX_BARREN; i++)
    put_update(&it, 1);
  assert_int_equal(read_input(&it), WSS__TLS_WANT);
  assert_int_equal(it.output.length, 0);
  put_update(&it, 1);
  expect_alert(&it, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
  assert_non_null(strstr(it.failure.text, "without data"));
  close_bench(&it);
}

static void a_key_is_renewed_before_it_is_worn(void **state) {
  (void)state;
  for (size_t s = 0; s < SUITES; s++) {
    bool gcm13 = s < 2;
    bench it;
    open_bench(&it, suites[s], &wss__default_allocator);
    it.records->state.write.sequence = WSS__TLS_KEY_RECORDS - 2;
    it.peer.read.sequence = WSS__TLS_KEY_RECORDS - 2;
    for (int i = 0; i < 4; i++) {
      write_bench(&it, "x", 1);
      if (gcm13 && i == 2)
        expect_update(&it);
      expect_data(&it, "x");
      assert_int_equal(it.output.length, 0);
    }
    assert_int_equal(it.records->state.write.sequence,
                     gcm13 ? 2 : WSS__TLS_KEY_RECORDS + 2);
    close_bench(&it);
  }
}

/* ---- What is refused ------------------------------------------------------
 */

static void messages_that_are_refused(void **state) {
  enum {
    UNEXPECTED = MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE,
    DECODE = MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR,
    ILLEGAL = MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER
  };
  static const struct {
    uint8_t tls13, type, data[10], size, alert;
  } rows[] = {
      /* KeyUpdate: length, value, what follows it in the record. */
      {1, 22, {24, 1, 0, 1, 0}, 5, DECODE},
      {1, 22, {24, 0, 1, 1, 0}, 5, DECODE},
      {1, 22, {24, 0, 0, 2, 0, 0}, 6, DECODE},
      {1, 22, {24, 0, 0, 0}, 4, DECODE},
      {1, 22, {24, 0, 0, 1, 2}, 5, ILLEGAL},
      {1, 22, {24, 0, 0, 1, 255}, 5, ILLEGAL},
      {1, 22, {24, 0, 0, 1, 0, 24}, 6, UNEXPECTED},
      {1, 22, {24, 0, 0, 1, 0, 24, 0, 0, 1, 0}, 10, UNEXPECTED},
      {1, 22, {0}, 0, UNEXPECTED},
      /* Other messages: ClientHello, NewSessionTicket, EndOfEarlyData,
         Certificate, CertificateRequest, CertificateVerify, Finished. */
      {1, 22, {1, 0, 0, 2, 3, 3}, 6, UNEXPECTED},
      {1, 22, {4, 0, 0, 1, 0}, 5, UNEXPECTED},
      {1, 22, {5, 0, 0, 0}, 4, UNEXPECTED},
      {1, 22, {11, 0, 0, 0}, 4, UNEXPECTED},
      {1, 22, {13, 0, 0, 0}, 4, UNEXPECTED},
      {1, 22, {15, 0, 0, 0}, 4, UNEXPECTED},
      {1, 22, {20, 0, 0, 0}, 4, UNEXPECTED},
      {1, 22, {255}, 1, UNEXPECTED},
      {0, 22, {24, 0, 0, 1, 0}, 5, UNEXPECTED},
      /* Types. */
      {1, 20, {1}, 1, UNEXPECTED},
      {1, 24, {1}, 1, UNEXPECTED},
      {1, 255, {1}, 1, UNEXPECTED},
      {0, 20, {1}, 1, UNEXPECTED},
      {0, 24, {1}, 1, UNEXPECTED},
      /* Alerts: size and level. */
      {1, 21, {1}, 1, DECODE},
      {1, 21, {0}, 0, DECODE},
      {1, 21, {1, 0, 0}, 3, DECODE},
      {0, 21, {1}, 1, DECODE},
      {0, 21, {1, 0, 1, 0}, 4, DECODE},
      {0, 21, {0, 90}, 2, ILLEGAL},
      {0, 21, {3, 90}, 2, ILLEGAL},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    bench it;
    open_bench(&it, suites[rows[i].tls13 ? 0 : TLS13_SUITES],
               &wss__default_allocator);
    put(&it, rows[i].type, rows[i].data, rows[i].size);
    expect_alert(&it, rows[i].alert);
    close_bench(&it);
  }
}

static void alerts_of_the_peers(void **state) {
  static const struct {
    uint8_t tls13, data[2];
    int result;
  } rows[] = {
      {1, {1, 0}, WSS__TLS_END},    {0, {1, 0}, WSS__TLS_END},
      {1, {2, 0}, WSS__TLS_END},    {0, {2, 0}, WSS__TLS_END},
      {1, {1, 90}, WSS__TLS_WANT},  {1, {2, 90}, WSS_ERR_TLS},
      {0, {1, 90}, WSS__TLS_WANT},  {0, {1, 46}, WSS__TLS_WANT},
      {0, {1, 100}, WSS__TLS_WANT}, {0, {2, 90}, WSS_ERR_TLS},
      {1, {1, 46}, WSS_ERR_TLS},    {1, {2, 46}, WSS_ERR_TLS},
      {1, {0, 255}, WSS_ERR_TLS},   {0, {2, 46}, WSS_ERR_TLS},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    bench it;
    open_bench(&it, suites[rows[i].tls13 ? 0 : TLS13_SUITES],
               &wss__default_allocator);
    put(&it, WSS__TLS_ALERT, rows[i].data, 2);
    assert_int_equal(read_input(&it), rows[i].result);
    assert_int_equal(it.output.length, 0); /* no alert answers an alert */
    if (rows[i].result == WSS_ERR_TLS)
      assert_int_equal(it.failure.alert, rows[i].data[1]);
    close_bench(&it);
  }
}

static void empty_records_are_bounded(void **state) {
  (void)state;
  for (size_t s = 0; s < SUITES; s++) {
    bench it;
    open_bench(&it, suites[s], &wss__default_allocator);
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < WSS__TLS_MAX_BARREN; i++)
        put(&it, WSS__TLS_DATA_TYPE, NULL, 0);
      put(&it, WSS__TLS_DATA_TYPE, "x", 1);
      assert_int_equal(read_input(&it), WSS__TLS_DATA);
      assert_int_equal(it.io.size, 1);
    }
    for (int i = 0; i <= WSS__TLS_MAX_BARREN; i++)
      put(&it, WSS__TLS_DATA_TYPE, NULL, 0);
    expect_alert(&it, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
    close_bench(&it);
  }
}

static void what_came_behind_finished_is_refused(void **state) {
  bench it;
  (void)state;
  open_bench(&it, suites[0], &wss__default_allocator);
  it.records->leftover = true;
  expect_alert(&it, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
  close_bench(&it);
}

/* ---- Bytes ----------------------------------------------------------------
 */

/* Every way to cut records of a few sizes in two: whole in the input, or kept
   until the rest has come. */
static void records_come_in_any_pieces(void **state) {
  static const size_t sizes[] = {1, 300};
  uint8_t data[300];
  (void)state;
  memset(data, 'd', sizeof data);
  for (size_t s = 0; s < SUITES; s++) {
    for (size_t i = 0; i < 2; i++) {
      size_t whole =
          wss__tls_record_size(wss__tls_suite_find(suites[s]), sizes[i]);
      for (size_t cut = 1; cut < whole; cut++) {
        bench it;
        uint8_t rest[400];
        open_bench(&it, suites[s], &wss__default_allocator);
        put(&it, WSS__TLS_DATA_TYPE, data, sizes[i]);
        memcpy(rest, wss__buf_data(&it.input) + cut, whole - cut);
        it.input.length = cut;
        assert_int_equal(read_input(&it), WSS__TLS_WANT);
        assert_int_equal(it.records->partial.length, cut);
        assert_int_equal(wss__buf_append(&it.input, &wss__default_allocator,
                                         rest, whole - cut),
                         0);
        put(&it, WSS__TLS_DATA_TYPE, "next", 4);
        assert_int_equal(read_input(&it), WSS__TLS_DATA);
        assert_int_equal(it.io.size, sizes[i]);
        assert_memory_equal(it.io.data, data, sizes[i]);
        assert_null(it.records->partial.memory);
        assert_int_equal(read_input(&it), WSS__TLS_DATA);
        assert_int_equal(it.io.size, 4);
        close_bench(&it);
      }
    }
  }
}

static void memory_follows_what_was_received(void **state) {
  static const uint8_t header[] = {23, 3, 3, 0x40, 0x11};
  test_allocator counted;
  bench it;
  (void)state;
  test_allocator_init(&counted);
  open_bench(&it, suites[0], &counted.functions);
  size_t before = counted.bytes;
  assert_int_equal(wss__buf_append(&it.input, &wss__default_allocator, header,
                                   sizeof header),
                   0);
  assert_int_equal(read_input(&it), WSS__TLS_WANT);
  assert_in_range(counted.bytes - before, 1, 256);
  close_bench(&it);
  assert_int_equal(counted.blocks, 0);
}

static void an_oversized_record_is_refused_by_its_header(void **state) {
  (void)state;
  for (size_t s = 0; s < SUITES; s++) {
    const wss__tls_suite *suite = wss__tls_suite_find(suites[s]);
    size_t most = wss__tls_record_size(suite, 16384) - WSS__TLS_HEADER_SIZE;
    for (size_t extra = 0; extra < 2; extra++) {
      bench it;
      const uint8_t header[] = {23, 3, 3, (uint8_t)((most + extra) >> 8),
                                (uint8_t)(most + extra)};
      open_bench(&it, suites[s], &wss__default_allocator);
      assert_int_equal(wss__buf_append(&it.input, &wss__default_allocator,
                                       header, sizeof header),
                       0);
      if (extra == 0)
        assert_int_equal(read_input(&it), WSS__TLS_WANT);
      else
        expect_alert(&it, MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW);
      close_bench(&it);
    }
  }
}

/* ---- Failures -------------------------------------------------------------
 */

static void a_write_that_finds_no_room_fails(void **state) {
  bench it;
  (void)state;
  open_bench(&it, suites[0], &wss__default_allocator);
  it.output.ceiling = 10;
  assert_int_equal(wss__tls_takeover.write(it.records, &it.output,
                                           (const uint8_t *)"x", 1,
                                           &it.failure),
                   WSS_ERR_TLS);
  assert_non_null(strstr(it.failure.text, "send buffer"));
  /* Neither is there room for the alert. */
  put(&it, WSS__TLS_HANDSHAKE, "x", 1);
  assert_int_equal(read_input(&it), WSS_ERR_TLS);
  assert_int_equal(it.failure.sent, -1);
  close_bench(&it);
  /* Nor for a refusal to renegotiate. */
  open_bench(&it, suites[TLS13_SUITES], &wss__default_allocator);
  it.output.ceiling = 10;
  put(&it, WSS__TLS_HANDSHAKE, "\1\0\0\0", 4);
  assert_int_equal(read_input(&it), WSS_ERR_TLS);
  assert_int_equal(it.failure.sent, -1);
  close_bench(&it);
}

static void sequence_numbers_end(void **state) {
  bench it;
  (void)state;
  open_bench(&it, suites[2], &wss__default_allocator);
  it.records->state.write.sequence = UINT64_MAX - 1;
  it.peer.read.sequence = UINT64_MAX - 1;
  write_bench(&it, "x", 1);
  expect_data(&it, "x");
  assert_int_equal(wss__tls_takeover.write(it.records, &it.output,
                                           (const uint8_t *)"x", 1,
                                           &it.failure),
                   WSS_ERR_TLS);
  assert_int_equal(it.output.length, 0);
  close_bench(&it);
}

/* Each allocation fails once: nothing leaks, and nothing but that is said. */
static void no_memory_at_any_point(void **state) {
  (void)state;
  for (size_t at = 1;; at++) {
    test_allocator limited;
    bench it;
    test_allocator_init(&limited);
    open_bench(&it, suites[0], &limited.functions);
    test_allocator_fail(&limited, at, true);
    put_update(&it, 1);
    put(&it, WSS__TLS_DATA_TYPE, "some data", 9);
    it.input.length -= 3;
    int result = read_input(&it);
    if (result == WSS__TLS_WANT) {
      it.input = (wss__buf){.ceiling = 1 << 24};
      result = wss__tls_takeover.write(it.records, &it.output,
                                       (const uint8_t *)"x", 1, &it.failure);
    }
    bool failed = limited.failures > 0;
    assert_int_equal(result, failed ? WSS_ERR_NOMEM : 0);
    close_bench(&it);
    assert_int_equal(limited.blocks, 0);
    if (!failed)
      break;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAYER_CASES,
      cmocka_unit_test(every_suite_in_both_versions),
      cmocka_unit_test(the_handshakes_memory_is_given_back),
      cmocka_unit_test(renegotiation_is_refused_and_the_connection_goes_on),
      cmocka_unit_test(a_key_update_is_received),
      cmocka_unit_test(a_key_update_that_asks_is_answered_before_data),
      cmocka_unit_test(a_key_update_comes_in_any_pieces),
      cmocka_unit_test(a_flood_of_key_updates_ends),
      cmocka_unit_test(a_key_is_renewed_before_it_is_worn),
      cmocka_unit_test(messages_that_are_refused),
      cmocka_unit_test(alerts_of_the_peers),
      cmocka_unit_test(empty_records_are_bounded),
      cmocka_unit_test(what_came_behind_finished_is_refused),
      cmocka_unit_test(records_come_in_any_pieces),
      cmocka_unit_test(memory_follows_what_was_received),
      cmocka_unit_test(an_oversized_record_is_refused_by_its_header),
      cmocka_unit_test(a_write_that_finds_no_room_fails),
      cmocka_unit_test(sequence_numbers_end),
      cmocka_unit_test(no_memory_at_any_point),
  };
  layer_of_cases = WSS_RECORD_OWN;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
