/* The takeover: what holds of every record layer, and the change to the new
   keys, with Mbed TLS's client at the other end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/ssl_ticket.h>

#include "support/allocator.h"
#include "support/layer_cases.h"
#include "tls/compat.h"
#include "tls/config.h"

#define V12 MBEDTLS_SSL_VERSION_TLS1_2
#define V13 MBEDTLS_SSL_VERSION_TLS1_3

/* ---- With a client --------------------------------------------------------
 */

static void every_suite_in_both_versions(void **state) {
  (void)state;
  for (size_t i = 0; i < TLS_PAIR_SUITES; i++) {
    const tls_pair_suite *row = &tls_pair_suites[i];
    const int suites[] = {row->suite, 0};
    const tls_pair_options options = {.version = row->version,
                                      .suites = suites,
                                      .cert = row->cert,
                                      .key = row->key};
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

/* Mbed TLS writes TLS 1.3's tickets with the keys that are taken over, as many
   as it is told: none to three here, where libwss has one. */
static void tickets_count_as_records(void **state) {
  static const mbedtls_ssl_protocol_version versions[] = {V12, V13};
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    for (uint16_t count = 0; count < 4; count++) {
      mbedtls_ssl_ticket_context tickets;
      const tls_pair_options options = {.version = versions[v]};
      tls_pair pair;
      uint8_t byte;
      tls_pair_open(&pair, &options);
      mbedtls_ssl_config *config = &pair.context->config;
      mbedtls_ssl_ticket_init(&tickets);
      assert_int_equal(
          mbedtls_ssl_ticket_setup(&tickets, mbedtls_psa_get_random,
                                   MBEDTLS_PSA_RANDOM_STATE,
                                   MBEDTLS_CIPHER_AES_256_GCM, 3600),
          0);
      mbedtls_ssl_conf_session_tickets_cb(config, mbedtls_ssl_ticket_write,
                                          mbedtls_ssl_ticket_parse, &tickets);
      mbedtls_ssl_conf_new_session_tickets(config, count);
      mbedtls_ssl_conf_tls13_key_exchange_modes(
          config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ALL);
      /* A connection looks at that when it is made. */
      wss__tls_channel_free(pair.channel);
      assert_int_equal(wss__tls_channel_new(&pair.channel, pair.context,
                                            pair.options.allocator),
                       0);
      for (int flight = 0; flight < 3; flight++) {
        (void)mbedtls_ssl_handshake(&pair.client);
        (void)tls_pair_feed(&pair);
      }
      assert_true(wss__tls_channel_ready(pair.channel));
      assert_int_equal(layer_records(&pair), v == 0 ? 0 : count);
      layer_write(&pair, "x", 1);
      assert_int_equal(tls_pair_client_read(&pair, &byte, 1), 1);
      tls_pair_client_write(&pair, "y", 1);
      assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
      assert_int_equal(pair.received.length, 1);
      tls_pair_close(&pair);
      mbedtls_ssl_ticket_free(&tickets);
    }
  }
}

/* What a client of TLS 1.3 sends along with its Finished is for the new keys.
 */
static void data_right_behind_finished(void **state) {
  (void)state;
  for (size_t chunk = 0; chunk < 9; chunk++) {
    const tls_pair_options options = {.version = V13, .chunk = chunk};
    tls_pair pair;
    tls_pair_open(&pair, &options);
    (void)mbedtls_ssl_handshake(&pair.client);
    assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
    assert_int_equal(mbedtls_ssl_handshake(&pair.client), 0);
    tls_pair_client_write(&pair, "first", 5);
    tls_pair_client_write(&pair, "second", 6);
    assert_true(tls_pair_feed(&pair) >= 0);
    assert_true(wss__tls_channel_ready(pair.channel));
    assert_int_equal(pair.received.length, 11);
    assert_memory_equal(wss__buf_data(&pair.received), "firstsecond", 11);
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
    /* The engine, which holds a Mbed TLS context, is a block of this allocator;
       what stays comes from the pools of the listener's. */
    assert_true(counted.peak > 0);
    assert_int_equal(counted.blocks, 0);
    assert_non_null(pair.channel);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      LAYER_CASES,
      cmocka_unit_test(every_suite_in_both_versions),
      cmocka_unit_test(tickets_count_as_records),
      cmocka_unit_test(data_right_behind_finished),
      cmocka_unit_test(the_handshakes_memory_is_given_back),
      cmocka_unit_test(renegotiation_is_refused_and_the_connection_goes_on),
  };
  layer_of_cases = WSS_RECORD_OWN;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
