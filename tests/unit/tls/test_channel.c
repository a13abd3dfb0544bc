/* The seam: its states, and that each failure leaves exactly one alert. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_pair.h"

static const uint8_t plain_alert[] = {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 10};

static void garbage_fails_for_good_with_an_alert(void **state) {
  static const char *const inputs[] = {"GET / HTTP/1.1\r\n\r\n",
                                       "\x80\x2e\x01\x03\x01 an SSLv2 hello",
                                       "SSH-2.0-OpenSSH_9\r\n"};
  (void)state;
  for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
    tls_pair pair;
    tls_pair_open(&pair, NULL);
    assert_int_equal(tls_pair_feed_bytes(&pair, inputs[i], strlen(inputs[i])),
                     WSS_ERR_TLS);
    assert_string_equal(wss__tls_channel_why(pair.channel),
                        "Mbed TLS: SSL - An invalid SSL record was received");
    for (int again = 0; again < 2; again++) {
      assert_int_equal(pair.to_client.length, sizeof plain_alert);
      assert_memory_equal(wss__buf_data(&pair.to_client), plain_alert,
                          sizeof plain_alert);
      assert_int_equal(tls_pair_feed_bytes(&pair, "more", 4), WSS_ERR_TLS);
      assert_int_equal(wss__tls_channel_write(pair.channel, &pair.to_client,
                                              (const uint8_t *)"x", 1),
                       WSS_ERR_TLS);
      wss__tls_channel_close(pair.channel, &pair.to_client);
    }
    assert_false(wss__tls_channel_ready(pair.channel));
    tls_pair_close(&pair);
  }
}

static void garbage_needs_no_channel(void **state) {
  wss__buf output;
  (void)state;
  wss__buf_init(&output, 64);
  assert_int_equal(wss__tls_refuse_garbage(&output, &wss__default_allocator),
                   10);
  assert_int_equal(output.length, sizeof plain_alert);
  assert_memory_equal(wss__buf_data(&output), plain_alert, sizeof plain_alert);
  wss__buf_free(&output, &wss__default_allocator);
}

static void headers_before_the_handshake(void **state) {
  static const struct {
    uint8_t bytes[7];
    uint8_t size, alert;
  } headers[] = {{{22, 3, 1, 0xff, 0xff}, 5, 22}, {{22, 3, 1, 0, 0}, 5, 10},
                 {{22, 9, 9, 0, 5}, 5, 70},       {{23, 3, 3, 0, 1, 0}, 6, 10},
                 {{20, 3, 3, 0, 1, 9}, 6, 10},    {{21, 3, 3, 0, 1, 9}, 6, 10}};
  (void)state;
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    tls_pair pair;
    tls_pair_open(&pair, NULL);
    assert_int_equal(
        tls_pair_feed_bytes(&pair, headers[i].bytes, headers[i].size),
        WSS_ERR_TLS);
    assert_int_equal(tls_pair_client_alert(&pair), headers[i].alert);
    tls_pair_close(&pair);
  }
}

static void nothing_is_written_before_the_handshake_is_over(void **state) {
  tls_pair pair;
  (void)state;
  tls_pair_open(&pair, NULL);
  assert_int_equal(wss__tls_channel_write(pair.channel, &pair.to_client,
                                          (const uint8_t *)"x", 1),
                   WSS_ERR_STATE);
  wss__tls_channel_close(pair.channel, &pair.to_client);
  assert_int_equal(pair.to_client.length, 0);
  assert_int_equal(tls_pair_shake(&pair), WSS__TLS_READY);
  tls_pair_close(&pair);
}

static void a_close_notify_in_the_handshake_is_answered(void **state) {
  static const uint8_t notify[] = {0x15, 0x03, 0x03, 0x00, 0x02, 0x01, 0x00};
  tls_pair pair;
  (void)state;
  tls_pair_open(&pair, NULL);
  assert_int_equal(tls_pair_feed_bytes(&pair, notify, sizeof notify),
                   WSS_ERR_TLS);
  assert_non_null(strstr(wss__tls_channel_why(pair.channel), "close_notify"));
  assert_int_equal(pair.to_client.length, sizeof notify);
  assert_memory_equal(wss__buf_data(&pair.to_client), notify, sizeof notify);
  tls_pair_close(&pair);
}

static void the_context_lives_as_long_as_its_channels(void **state) {
  tls_pair pair;
  (void)state;
  tls_pair_open(&pair, NULL);
  wss__tls_context_unref(pair.context);
  pair.context = NULL;
  assert_int_equal(tls_pair_shake(&pair), WSS__TLS_READY);
  tls_pair_close(&pair);
  wss__tls_channel_free(NULL);
  wss__tls_context_unref(NULL);
}

/* Asserts that the answer ends in an alert and holds no second one. An alert of
   TLS 1.3 is sealed: then it is told by its size. */
static void expect_one_alert(const uint8_t *data, size_t size) {
  unsigned alerts = 0;
  bool last = false;
  while (size > 0) {
    size_t length = (size_t)data[3] << 8 | data[4];
    assert_true(5 + length <= size);
    bool sealed = data[0] == 23 && length <= 34;
    last = data[0] == 21 || (sealed && size == 5 + length);
    alerts += last;
    data += 5 + length;
    size -= 5 + length;
  }
  assert_true(last);
  assert_int_equal(alerts, 1);
}

/* Shakes hands until the client's flight number `flight` is on its way, changes
   one byte of it, and looks at what comes of it; false if there is none. */
static bool break_flight(mbedtls_ssl_protocol_version version, int flight,
                         size_t at) {
  const tls_pair_options options = {.version = version};
  tls_pair pair;
  tls_pair_open(&pair, &options);
  for (int i = 0; i < flight; i++) {
    (void)mbedtls_ssl_handshake(&pair.client);
    assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
  }
  (void)mbedtls_ssl_handshake(&pair.client);
  bool inside = at < pair.to_server.length;
  if (inside) {
    wss__buf_data(&pair.to_server)[at] ^= 0x55;
    size_t before = pair.to_client.length;
    int result = tls_pair_feed(&pair);
    const char *why = wss__tls_channel_why(pair.channel);
    if (result == WSS_ERR_TLS && strstr(why, "peer sent alert") == NULL)
      expect_one_alert(wss__buf_data(&pair.to_client) + before, pair.answered);
    else if (result < 0)
      assert_int_equal(result, WSS_ERR_TLS);
  }
  tls_pair_close(&pair);
  return inside;
}

static void every_broken_byte_of_a_handshake(void **state) {
  static const mbedtls_ssl_protocol_version versions[] = {
      MBEDTLS_SSL_VERSION_TLS1_2, MBEDTLS_SSL_VERSION_TLS1_3};
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    for (int flight = 0; flight < 2; flight++) {
      /* The second flight costs a key exchange and a signature each time. */
      size_t step = flight == 0 ? 1 : 3;
      size_t at = 0;
      while (break_flight(versions[v], flight, at))
        at += step;
      assert_true(at > 50);
    }
  }
}

/* Memory that ends after a number of allocations. */
static void *limited_malloc(size_t size, void *left) {
  return (*(int *)left)-- > 0 ? malloc(size) : NULL;
}

static void *limited_realloc(void *memory, size_t size, void *left) {
  return (*(int *)left)-- > 0 ? realloc(memory, size) : NULL;
}

static void limited_free(void *memory, void *left) {
  (void)left;
  free(memory);
}

static void no_memory_at_any_point(void **state) {
  int left = 0;
  const wss_allocator limited = {limited_malloc, limited_realloc, limited_free,
                                 &left};
  (void)state;
  bool succeeded = false;
  for (int limit = 0; !succeeded; limit++) {
    tls_pair pair;
    wss__tls_channel *channel;
    assert_true(limit < 100);
    tls_pair_open(&pair, NULL);
    wss__tls_channel_free(pair.channel);
    left = limit;
    int error = wss__tls_channel_new(&channel, pair.context, &limited);
    pair.options.allocator = &limited;
    pair.channel = error == 0 ? channel : NULL;
    if (error == 0)
      error = tls_pair_shake(&pair);
    if (error == WSS__TLS_READY)
      error = wss__tls_channel_write(channel, &pair.to_client,
                                     (const uint8_t *)"x", 1);
    succeeded = error == 0;
    if (!succeeded)
      assert_int_equal(error, WSS_ERR_NOMEM);
    if (!succeeded && pair.channel != NULL)
      assert_string_equal(wss__tls_channel_why(channel),
                          wss__error_text(WSS_ERR_NOMEM));
    tls_pair_close(&pair);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(garbage_fails_for_good_with_an_alert),
      cmocka_unit_test(garbage_needs_no_channel),
      cmocka_unit_test(headers_before_the_handshake),
      cmocka_unit_test(nothing_is_written_before_the_handshake_is_over),
      cmocka_unit_test(a_close_notify_in_the_handshake_is_answered),
      cmocka_unit_test(the_context_lives_as_long_as_its_channels),
      cmocka_unit_test(every_broken_byte_of_a_handshake),
      cmocka_unit_test(no_memory_at_any_point),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
