/* Both record layers are given the same and have to make the same of it: random
   traffic, and records that were changed, cut off, lost, repeated or exchanged.
   Where they differ, the difference stands here with its reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_pair.h"

#define LAYERS 2

static const wss_record_layer layers[LAYERS] = {WSS_RECORD_OWN,
                                                WSS_RECORD_MBEDTLS};

static const struct {
  mbedtls_ssl_protocol_version version;
  int only[2];
} suites[] = {
    {MBEDTLS_SSL_VERSION_TLS1_3, {MBEDTLS_TLS1_3_AES_128_GCM_SHA256, 0}},
    {MBEDTLS_SSL_VERSION_TLS1_3, {MBEDTLS_TLS1_3_AES_256_GCM_SHA384, 0}},
    {MBEDTLS_SSL_VERSION_TLS1_3, {MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, 0}},
    {MBEDTLS_SSL_VERSION_TLS1_2,
     {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0}},
    {MBEDTLS_SSL_VERSION_TLS1_2,
     {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, 0}},
    {MBEDTLS_SSL_VERSION_TLS1_2,
     {MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, 0}},
};

#define SUITES (sizeof suites / sizeof suites[0])
#define TLS12 3 /* from there on */

static void open_layer(tls_pair *pair, size_t suite, size_t layer) {
  const tls_pair_options options = {.version = suites[suite].version,
                                    .suites = suites[suite].only,
                                    .record_layer = layers[layer]};
  tls_pair_connect(pair, &options);
}

/* ---- Random traffic -------------------------------------------------------
 */

/* xorshift64: the same numbers for both layers. */
static uint32_t next(uint64_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 7;
  *seed ^= *seed << 17;
  return (uint32_t)(*seed >> 32);
}

static size_t random_size(uint64_t *seed) {
  switch (next(seed) % 4) {
  case 0:
    return 1 + next(seed) % 4;
  case 1:
    return 1 + next(seed) % 1500;
  case 2:
    return 16384 - 8 + next(seed) % 17;
  default:
    return 1 + next(seed) % 50000;
  }
}

/* What has come of a piece of traffic. */
typedef struct outcome {
  wss__buf received; /* by the server */
  wss__buf answers;  /* by the client */
  int result;        /* of the channel's last read */
  int alert;         /* ours or the peer's, -1: none */
  bool from_peer;
  int client; /* what its last mbedtls_ssl_read returned */
} outcome;

static void feed(tls_pair *pair, const uint8_t *data, size_t size,
                 outcome *out) {
  /* The bytes of an error or an end are not cut up further. */
  if (out->result == WSS__TLS_WANT)
    out->result = tls_pair_feed_bytes(pair, data, size);
}

static void feed_in_pieces(tls_pair *pair, uint64_t *seed, outcome *out) {
  const uint8_t *data = wss__buf_data(&pair->to_server);
  size_t left = pair->to_server.length;
  uint32_t most = 1 + next(seed) % (next(seed) % 2 == 0 ? 30000 : 40);
  while (left > 0) {
    size_t step = 1 + next(seed) % most;
    if (left > 60000 || step > left)
      step = left;
    feed(pair, data, step, out);
    data += step;
    left -= step;
  }
  wss__buf_free(&pair->to_server, &wss__default_allocator);
}

static void client_reads(tls_pair *pair, outcome *out) {
  uint8_t data[5000];
  while ((out->client = tls_pair_client_read(pair, data, sizeof data)) > 0)
    assert_int_equal(wss__buf_append(&out->answers, &wss__default_allocator,
                                     data, (size_t)out->client),
                     0);
}

static void end(tls_pair *pair, outcome *out) {
  client_reads(pair, out);
  out->received = pair->received;
  wss__buf_init(&pair->received, 1);
  out->alert = wss__tls_channel_alert(pair->channel, &out->from_peer);
}

static void outcome_init(outcome *out) {
  *out = (outcome){.result = WSS__TLS_WANT};
  wss__buf_init(&out->received, 1 << 26);
  wss__buf_init(&out->answers, 1 << 26);
}

static void outcome_free(outcome *out) {
  wss__buf_free(&out->received, &wss__default_allocator);
  wss__buf_free(&out->answers, &wss__default_allocator);
}

static bool same_bytes(const wss__buf *a, const wss__buf *b) {
  return a->length == b->length &&
         (a->length == 0 ||
          memcmp(wss__buf_data(a), wss__buf_data(b), a->length) == 0);
}

/* One step of random traffic; both ends draw the same numbers. */
static void step(tls_pair *pair, uint64_t *seed, outcome *out) {
  static uint8_t data[60000];
  size_t size = random_size(seed);
  uint32_t kind = next(seed) % 8;
  memset(data, (int)(next(seed) & 255), size);
  data[next(seed) % size] ^= 0x55;
  if (kind < 4) {
    tls_pair_client_write(pair, data, size);
  } else if (kind < 7) {
    assert_int_equal(
        wss__tls_channel_write(pair->channel, &pair->to_client, data, size), 0);
  } else {
    /* Of no content; Mbed TLS takes three in a row. */
    tls_pair_client_record(pair, 23, NULL, 0);
    tls_pair_client_write(pair, "x", 1);
  }
  if (next(seed) % 3 == 0)
    feed_in_pieces(pair, seed, out);
  if (next(seed) % 3 == 0)
    client_reads(pair, out);
}

static void traffic(size_t suite, size_t layer, uint64_t seed, outcome *out) {
  tls_pair pair;
  outcome_init(out);
  open_layer(&pair, suite, layer);
  for (int i = 0; i < 60; i++)
    step(&pair, &seed, out);
  uint32_t kind = next(&seed) % 4;
  if (kind == 0)
    assert_int_equal(mbedtls_ssl_close_notify(&pair.client), 0);
  else if (kind == 1)
    assert_int_equal(mbedtls_ssl_send_alert_message(
                         &pair.client, 2, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR),
                     0);
  else if (kind == 2)
    wss__tls_channel_close(pair.channel, &pair.to_client);
  feed_in_pieces(&pair, &seed, out);
  end(&pair, out);
  tls_pair_close(&pair);
}

static void both_make_the_same_of_random_traffic(void **state) {
  (void)state;
  for (size_t s = 0; s < SUITES; s++) {
    for (uint64_t seed = 1; seed <= 4; seed++) {
      outcome out[LAYERS];
      for (size_t layer = 0; layer < LAYERS; layer++)
        traffic(s, layer, seed * 0x9e3779b97f4a7c15, &out[layer]);
      assert_true(out[0].received.length > 100000);
      assert_true(out[0].answers.length > 100000);
      assert_true(same_bytes(&out[0].received, &out[1].received));
      assert_true(same_bytes(&out[0].answers, &out[1].answers));
      assert_int_equal(out[0].result, out[1].result);
      assert_int_equal(out[0].alert, out[1].alert);
      assert_int_equal(out[0].from_peer, out[1].from_peer);
      assert_int_equal(out[0].client, out[1].client);
      outcome_free(&out[0]);
      outcome_free(&out[1]);
    }
  }
}

/* ---- Traffic that was tampered with ---------------------------------------
 */

/* Three records on their way: of 5, 1 and 5 bytes. */
typedef struct flight {
  uint8_t *data;
  size_t size;
  size_t starts[4]; /* of the records, and the end */
} flight;

static void flight_open(tls_pair *pair, flight *it) {
  for (int i = 0; i < 3; i++) {
    it->starts[i] = pair->to_server.length;
    tls_pair_client_write(pair, i == 1 ? "-" : "whole", i == 1 ? 1 : 5);
  }
  it->size = it->starts[3] = pair->to_server.length;
  it->data = malloc(2 * it->size);
  assert_non_null(it->data);
  memcpy(it->data, wss__buf_data(&pair->to_server), it->size);
  wss__buf_free(&pair->to_server, &wss__default_allocator);
}

typedef void tamper(flight *it, size_t at);

static void flip(flight *it, size_t bit) {
  it->data[it->starts[1] + bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void set_length(flight *it, size_t length) {
  it->data[it->starts[1] + 3] = (uint8_t)(length >> 8);
  it->data[it->starts[1] + 4] = (uint8_t)length;
}

static void set_type(flight *it, size_t type) {
  it->data[it->starts[1]] = (uint8_t)type;
}

static void drop(flight *it, size_t record) {
  size_t from = it->starts[record];
  size_t to = it->starts[record + 1];
  memmove(it->data + from, it->data + to, it->size - to);
  it->size -= to - from;
}

static void duplicate(flight *it, size_t record) {
  size_t from = it->starts[record];
  size_t to = it->starts[record + 1];
  memmove(it->data + to + (to - from), it->data + to, it->size - to);
  memcpy(it->data + to, it->data + from, to - from);
  it->size += to - from;
}

static void swap(flight *it, size_t unused) {
  size_t size = it->starts[1] - it->starts[0];
  uint8_t *first = malloc(size);
  (void)unused;
  assert_non_null(first);
  memcpy(first, it->data, size);
  size_t second = it->starts[2] - it->starts[1];
  memmove(it->data, it->data + size, second);
  memcpy(it->data + second, first, size);
  free(first);
}

static void tampered(size_t suite, size_t layer, tamper *how, size_t at,
                     outcome *out) {
  tls_pair pair;
  flight it;
  outcome_init(out);
  open_layer(&pair, suite, layer);
  flight_open(&pair, &it);
  how(&it, at);
  feed(&pair, it.data, it.size, out);
  end(&pair, out);
  /* The client is told what we say we told it. */
  if (out->result == WSS_ERR_TLS)
    assert_int_equal(out->client, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
  free(it.data);
  tls_pair_close(&pair);
}

/* The alerts that each layer answers with; -1 for none. */
static void compare(size_t suite, tamper *how, size_t at, int own,
                    int mbedtls) {
  outcome out[LAYERS];
  for (size_t layer = 0; layer < LAYERS; layer++)
    tampered(suite, layer, how, at, &out[layer]);
  if (out[0].alert != own || out[1].alert != mbedtls)
    fail_msg("suite %zu, at %zu: alerts %d and %d, not %d and %d", suite, at,
             out[0].alert, out[1].alert, own, mbedtls);
  for (size_t layer = 0; layer < LAYERS; layer++) {
    assert_int_equal(out[layer].result,
                     out[layer].alert < 0 ? WSS__TLS_WANT : WSS_ERR_TLS);
    assert_false(out[layer].from_peer);
  }
  assert_true(same_bytes(&out[0].received, &out[1].received));
  outcome_free(&out[0]);
  outcome_free(&out[1]);
}

enum {
  UNEXPECTED = MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE,
  BAD_MAC = MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC,
  OVERFLOW = MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW,
  VERSION = MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION
};

/* libwss looks at all of a header before a record is opened, Mbed TLS leaves
   some of that to the MAC. */
static void both_say_the_same_to_a_changed_header(void **state) {
  static const struct {
    tamper *how;
    size_t from, to;
    int own[2], mbedtls[2]; /* TLS 1.3, 1.2 */
  } rows[] = {
      /* Type, a bit at a time; 20 to 22 are types that there are. */
      {flip, 0, 1, {UNEXPECTED, BAD_MAC}, {BAD_MAC, BAD_MAC}},
      {flip, 2, 7, {UNEXPECTED, UNEXPECTED}, {UNEXPECTED, UNEXPECTED}},
      {set_type, 0, 0, {UNEXPECTED, UNEXPECTED}, {UNEXPECTED, UNEXPECTED}},
      {set_type, 20, 20, {UNEXPECTED, UNEXPECTED}, {UNEXPECTED, BAD_MAC}},
      {set_type, 23, 23, {-1, -1}, {-1, -1}},
      {set_type, 24, 24, {UNEXPECTED, UNEXPECTED}, {UNEXPECTED, UNEXPECTED}},
      {set_type, 255, 255, {UNEXPECTED, UNEXPECTED}, {UNEXPECTED, UNEXPECTED}},
      /* Version. */
      {flip, 8, 9, {VERSION, VERSION}, {BAD_MAC, BAD_MAC}},
      {flip, 10, 15, {VERSION, VERSION}, {VERSION, VERSION}},
      {flip, 16, 17, {BAD_MAC, VERSION}, {BAD_MAC, BAD_MAC}},
      {flip, 18, 23, {BAD_MAC, VERSION}, {UNEXPECTED, UNEXPECTED}},
      /* Length: too short, too long, and more than there is. */
      {set_length, 0, 0, {BAD_MAC, BAD_MAC}, {UNEXPECTED, UNEXPECTED}},
      {set_length, 1, 1, {BAD_MAC, BAD_MAC}, {BAD_MAC, BAD_MAC}},
      {set_length, 15, 18, {BAD_MAC, BAD_MAC}, {BAD_MAC, BAD_MAC}},
      {set_length, 33, 33, {BAD_MAC, BAD_MAC}, {BAD_MAC, BAD_MAC}},
      {set_length, 16400, 16401, {-1, -1}, {-1, -1}},
      {set_length, 16402, 16402, {OVERFLOW, -1}, {OVERFLOW, -1}},
      {set_length, 16408, 16408, {OVERFLOW, -1}, {OVERFLOW, -1}},
      {set_length, 16409, 16409, {OVERFLOW, OVERFLOW}, {OVERFLOW, OVERFLOW}},
      {set_length, 16641, 16641, {OVERFLOW, OVERFLOW}, {OVERFLOW, OVERFLOW}},
      {set_length, 65535, 65535, {OVERFLOW, OVERFLOW}, {OVERFLOW, OVERFLOW}},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    for (size_t at = rows[i].from; at <= rows[i].to; at++) {
      compare(0, rows[i].how, at, rows[i].own[0], rows[i].mbedtls[0]);
      compare(TLS12, rows[i].how, at, rows[i].own[1], rows[i].mbedtls[1]);
    }
  }
}

static void both_say_the_same_to_a_changed_record(void **state) {
  (void)state;
  for (size_t suite = 0; suite < SUITES; suite += TLS12) {
    /* Of a record of one byte, a bit of each byte. */
    for (size_t byte = 5; byte < 30; byte++)
      compare(suite, flip, 8 * byte + byte % 8, BAD_MAC, BAD_MAC);
  }
}

static void both_say_the_same_to_another_order(void **state) {
  (void)state;
  for (size_t suite = 0; suite < SUITES; suite += TLS12) {
    for (size_t record = 0; record < 3; record++) {
      int lost = record < 2 ? BAD_MAC : -1; /* nothing tells of the last */
      compare(suite, drop, record, lost, lost);
      compare(suite, duplicate, record, BAD_MAC, BAD_MAC);
    }
    compare(suite, swap, 0, BAD_MAC, BAD_MAC);
  }
}

/* A record that is cut off anywhere gives nothing of itself. */
static void both_give_whole_records_only(void **state) {
  (void)state;
  for (size_t suite = 0; suite < SUITES; suite++) {
    for (size_t layer = 0; layer < LAYERS; layer++) {
      static const size_t contents[] = {0, 5, 6, 11};
      tls_pair pair;
      flight it;
      open_layer(&pair, suite, layer);
      flight_open(&pair, &it);
      for (size_t record = 0, at = 0; at < it.size; at++) {
        assert_int_equal(tls_pair_feed_bytes(&pair, it.data + at, 1),
                         WSS__TLS_WANT);
        record += at + 1 == it.starts[record + 1];
        assert_int_equal(pair.received.length, contents[record]);
      }
      assert_memory_equal(wss__buf_data(&pair.received), "whole-whole", 11);
      free(it.data);
      tls_pair_close(&pair);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_make_the_same_of_random_traffic),
      cmocka_unit_test(both_say_the_same_to_a_changed_header),
      cmocka_unit_test(both_say_the_same_to_a_changed_record),
      cmocka_unit_test(both_say_the_same_to_another_order),
      cmocka_unit_test(both_give_whole_records_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
