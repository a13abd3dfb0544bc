#include "support/layer_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define V12 MBEDTLS_SSL_VERSION_TLS1_2
#define V13 MBEDTLS_SSL_VERSION_TLS1_3

wss_record_layer layer_of_cases;

static const mbedtls_ssl_protocol_version versions[] = {V12, V13};

void layer_connect(tls_pair *pair, mbedtls_ssl_protocol_version version) {
  const tls_pair_options options = {.version = version,
                                    .record_layer = layer_of_cases};
  tls_pair_connect(pair, &options);
}

void layer_write(tls_pair *pair, const void *data, size_t size) {
  assert_int_equal(
      wss__tls_channel_write(pair->channel, &pair->to_client, data, size), 0);
}

static uint8_t *pattern(size_t size) {
  uint8_t *data = malloc(size);
  assert_non_null(data);
  for (size_t i = 0; i < size; i++)
    data[i] = (uint8_t)(i * 31 + (i >> 8));
  return data;
}

/* Counts the records on their way to the client, none of them too large. */
size_t layer_records(const tls_pair *pair) {
  const uint8_t *data = wss__buf_data(&pair->to_client);
  size_t left = pair->to_client.length;
  size_t count = 0;
  for (; left > 0; count++) {
    assert_true(left >= 5);
    size_t length = (size_t)data[3] << 8 | data[4];
    assert_true(length <= 16384 + 256);
    assert_true(left >= 5 + length);
    data += 5 + length;
    left -= 5 + length;
  }
  return count;
}

void layer_expect_failure(tls_pair *pair, int alert, const char *why) {
  assert_int_equal(tls_pair_feed(pair), WSS_ERR_TLS);
  assert_int_equal(tls_pair_client_alert(pair), alert);
  if (strstr(wss__tls_channel_why(pair->channel), why) == NULL)
    fail_msg("\"%s\"", wss__tls_channel_why(pair->channel));
  assert_false(wss__tls_channel_ready(pair->channel));
}

void layer_data_of_every_size_comes_in(void **state) {
  static const size_t sizes[] = {1, 2, 16383, 16384, 16385, 100000};
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    tls_pair pair;
    layer_connect(&pair, versions[v]);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      uint8_t *data = pattern(sizes[i]);
      tls_pair_client_write(&pair, data, sizes[i]);
      assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
      assert_int_equal(pair.received.length, sizes[i]);
      assert_memory_equal(wss__buf_data(&pair.received), data, sizes[i]);
      wss__buf_free(&pair.received, &wss__default_allocator);
      assert_int_equal(pair.answered, 0);
      free(data);
    }
    tls_pair_close(&pair);
  }
}

void layer_data_of_every_size_goes_out_in_records(void **state) {
  static const size_t sizes[] = {1, 16384, 16385, 100000};
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    tls_pair pair;
    layer_connect(&pair, versions[v]);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      uint8_t *data = pattern(sizes[i]);
      uint8_t *got = malloc(sizes[i]);
      assert_non_null(got);
      layer_write(&pair, data, sizes[i]);
      /* A little less than 16,384 bytes each: the client's limit (RFC 8449). */
      assert_in_range(layer_records(&pair), sizes[i] / 16385 + 1,
                      sizes[i] / 16300 + 1);
      for (size_t at = 0; at < sizes[i];) {
        int code = tls_pair_client_read(&pair, got + at, sizes[i] - at);
        assert_true(code > 0);
        at += (size_t)code;
      }
      assert_memory_equal(got, data, sizes[i]);
      free(got);
      free(data);
    }
    layer_write(&pair, "", 0);
    assert_int_equal(pair.to_client.length, 0);
    tls_pair_close(&pair);
  }
}

void layer_many_records_in_one_read_or_in_bytes(void **state) {
  (void)state;
  for (size_t chunk = 0; chunk < 8; chunk++) {
    const tls_pair_options options = {.chunk = chunk};
    tls_pair pair;
    tls_pair_connect(&pair, &options);
    for (char c = 'a'; c <= 'z'; c++)
      tls_pair_client_write(&pair, &c, 1);
    assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
    assert_int_equal(pair.received.length, 26);
    assert_memory_equal(wss__buf_data(&pair.received),
                        "abcdefghijklmnopqrstuvwxyz", 26);
    tls_pair_close(&pair);
  }
}

void layer_a_changed_byte_is_a_bad_record_mac(void **state) {
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    for (size_t at = 5; at < 5 + 21; at++) {
      tls_pair pair;
      layer_connect(&pair, versions[v]);
      tls_pair_client_write(&pair, "good!", 5);
      assert_true(pair.to_server.length >= 5 + 21);
      wss__buf_data(&pair.to_server)[at] ^= 0x10;
      layer_expect_failure(&pair, MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC, "MAC");
      assert_int_equal(pair.received.length, 0);
      tls_pair_close(&pair);
    }
  }
}

void layer_a_header_that_is_none_gets_an_alert(void **state) {
  static const struct {
    uint8_t bytes[5];
    int alert;
  } headers[] = {
      {{'G', 'E', 'T', ' ', '/'}, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE},
      {{0, 3, 3, 0, 20}, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE},
      {{24, 3, 3, 0, 20}, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE},
      {{23, 5, 3, 0, 20}, MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION},
      {{23, 3, 3, 0x41, 1}, MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW},
      {{23, 3, 3, 0xff, 0xff}, MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW},
  };
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
      tls_pair pair;
      layer_connect(&pair, versions[v]);
      assert_int_equal(
          tls_pair_feed_bytes(&pair, headers[i].bytes, sizeof headers[i].bytes),
          WSS_ERR_TLS);
      assert_int_equal(tls_pair_client_alert(&pair), headers[i].alert);
      tls_pair_close(&pair);
    }
  }
}

/* A peer that makes us answer, and reads no answer; with data between the
   requests, too. */
static void flood(bool data) {
  static const uint8_t hello[] = {1, 0, 0, 2, 3, 3};
  tls_pair pair;
  int result = WSS__TLS_WANT;
  int sent = 0;
  layer_connect(&pair, V12);
  while (result == WSS__TLS_WANT && sent < 100) {
    if (data)
      tls_pair_client_write(&pair, "x", 1);
    tls_pair_client_record(&pair, 22, hello, sizeof hello);
    result = tls_pair_feed(&pair);
    sent++;
  }
  assert_int_equal(result, WSS_ERR_TLS);
  assert_in_range(sent, 30, 40);
  assert_non_null(strstr(wss__tls_channel_why(pair.channel), "without data"));
  tls_pair_close(&pair);
}

void layer_a_flood_of_renegotiations_ends(void **state) {
  (void)state;
  flood(false);
  flood(true);
}

void layer_a_warning_does_not_stand_for_the_alert(void **state) {
  static const uint8_t hello[] = {1, 0, 0, 2, 3, 3};
  uint8_t byte;
  tls_pair pair;
  (void)state;
  layer_connect(&pair, V12);
  tls_pair_client_record(&pair, 22, hello, sizeof hello);
  assert_int_equal(
      wss__buf_append(&pair.to_server, &wss__default_allocator, "GET /", 5), 0);
  assert_int_equal(tls_pair_feed(&pair), WSS_ERR_TLS);
  assert_int_equal(layer_records(&pair), 2);
  assert_int_equal(tls_pair_client_read(&pair, &byte, 1),
                   MBEDTLS_ERR_SSL_WANT_READ);
  assert_int_equal(tls_pair_client_alert(&pair),
                   MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
  tls_pair_close(&pair);
}

void layer_warnings_do_not_hold_back_what_follows(void **state) {
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    tls_pair pair;
    layer_connect(&pair, versions[v]);
    for (int i = 0; i < 3; i++)
      assert_int_equal(mbedtls_ssl_send_alert_message(
                           &pair.client, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
                           MBEDTLS_SSL_ALERT_MSG_USER_CANCELED),
                       0);
    tls_pair_client_write(&pair, "x", 1);
    assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
    assert_int_equal(pair.received.length, 1);
    tls_pair_close(&pair);
  }
}

/* Mbed TLS reads warnings for ever, and says nothing of them. */
void layer_a_flood_of_warnings_ends(void **state) {
  tls_pair pair;
  int result = WSS__TLS_WANT;
  int sent = 0;
  (void)state;
  layer_connect(&pair, V12);
  for (; result == WSS__TLS_WANT && sent < 100; sent++) {
    assert_int_equal(mbedtls_ssl_send_alert_message(
                         &pair.client, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
                         MBEDTLS_SSL_ALERT_MSG_USER_CANCELED),
                     0);
    result = tls_pair_feed(&pair);
  }
  assert_int_equal(result, WSS_ERR_TLS);
  assert_int_equal(sent, 33);
  assert_non_null(strstr(wss__tls_channel_why(pair.channel), "without data"));
  tls_pair_close(&pair);
}

void layer_a_fatal_alert_is_named_and_not_answered(void **state) {
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    tls_pair pair;
    layer_connect(&pair, versions[v]);
    assert_int_equal(mbedtls_ssl_send_alert_message(
                         &pair.client, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                         MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN),
                     0);
    assert_int_equal(tls_pair_feed(&pair), WSS_ERR_TLS);
    assert_non_null(strstr(wss__tls_channel_why(pair.channel),
                           "peer sent alert 46 certificate_unknown"));
    assert_int_equal(pair.answered, 0);
    tls_pair_close(&pair);
  }
}

void layer_the_peers_close_notify_ends_reading_only(void **state) {
  uint8_t byte;
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    tls_pair pair;
    layer_connect(&pair, versions[v]);
    tls_pair_client_write(&pair, "x", 1);
    assert_int_equal(mbedtls_ssl_close_notify(&pair.client), 0);
    tls_pair_client_write(&pair, "ignored", 7);
    assert_int_equal(tls_pair_feed(&pair), WSS__TLS_END);
    assert_int_equal(pair.received.length, 1);
    assert_int_equal(tls_pair_feed_bytes(&pair, "GET / ", 6), WSS__TLS_END);
    assert_int_equal(pair.answered, 0);
    assert_true(wss__tls_channel_ready(pair.channel));
    layer_write(&pair, "y", 1);
    wss__tls_channel_close(pair.channel, &pair.to_client);
    wss__tls_channel_close(pair.channel, &pair.to_client);
    assert_int_equal(layer_records(&pair), 2);
    assert_int_equal(tls_pair_client_read(&pair, &byte, 1), 1);
    assert_int_equal(tls_pair_client_read(&pair, &byte, 1),
                     MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
    tls_pair_close(&pair);
  }
}

void layer_our_close_notify_ends_writing_only(void **state) {
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    tls_pair pair;
    uint8_t byte;
    layer_connect(&pair, versions[v]);
    wss__tls_channel_close(pair.channel, &pair.to_client);
    size_t size = pair.to_client.length;
    assert_int_equal(
        wss__tls_channel_write(pair.channel, &pair.to_client, &byte, 1),
        WSS_ERR_STATE);
    assert_int_equal(pair.to_client.length, size);
    assert_int_equal(tls_pair_client_read(&pair, &byte, 1),
                     MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
    tls_pair_client_write(&pair, "x", 1);
    assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
    assert_int_equal(pair.received.length, 1);
    tls_pair_close(&pair);
  }
}

void layer_more_than_the_output_may_hold_fails(void **state) {
  const tls_pair_options options = {.ceiling = 20000,
                                    .record_layer = layer_of_cases};
  uint8_t *data = pattern(40000);
  tls_pair pair;
  (void)state;
  tls_pair_connect(&pair, &options);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(
        wss__tls_channel_write(pair.channel, &pair.to_client, data, 40000),
        WSS_ERR_TLS);
    assert_non_null(strstr(wss__tls_channel_why(pair.channel), "send buffer"));
    assert_int_equal(layer_records(&pair), 1);
  }
  tls_pair_close(&pair);
  free(data);
}
