/* Mbed TLS's record layer: what holds of every one, and what is Mbed TLS's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/layer_cases.h"

#define V12 MBEDTLS_SSL_VERSION_TLS1_2
#define V13 MBEDTLS_SSL_VERSION_TLS1_3

static const mbedtls_ssl_protocol_version versions[] = {V12, V13};

static void records_without_content_are_skipped(void **state) {
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    tls_pair pair;
    layer_connect(&pair, versions[v]);
    for (int i = 0; i < 3; i++)
      tls_pair_client_record(&pair, 23, NULL, 0);
    tls_pair_client_write(&pair, "x", 1);
    assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
    assert_int_equal(pair.received.length, 1);
    /* Mbed TLS's bound on them. */
    for (int i = 0; i < 4; i++)
      tls_pair_client_record(&pair, 23, NULL, 0);
    layer_expect_failure(&pair, MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC, "MAC");
    tls_pair_close(&pair);
  }
}

static void renegotiation_is_refused_and_the_connection_goes_on(void **state) {
  static const uint8_t hello[] = {1, 0, 0, 2, 3, 3};
  static const uint8_t hello_and_more[] = {1, 0, 0, 2, 3, 3, 20, 0, 0, 1, 0};
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
  /* The warning is not mistaken for the alert that a failure needs. */
  tls_pair_client_record(&pair, 22, hello_and_more, sizeof hello_and_more);
  assert_int_equal(tls_pair_feed(&pair), WSS_ERR_TLS);
  assert_int_equal(layer_records(&pair), 2);
  assert_int_equal(tls_pair_client_read(&pair, &byte, 1),
                   MBEDTLS_ERR_SSL_WANT_READ);
  assert_int_equal(tls_pair_client_alert(&pair),
                   MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
  tls_pair_close(&pair);
}

static void other_messages_after_the_handshake_are_unexpected(void **state) {
  static const uint8_t key_update[] = {24, 0, 0, 1, 0};
  static const uint8_t finished[] = {20, 0, 0, 1, 0};
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    tls_pair pair;
    layer_connect(&pair, versions[v]);
    tls_pair_client_record(&pair, 22, v == 0 ? finished : key_update, 5);
    layer_expect_failure(&pair, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE,
                         "SSL");
    tls_pair_close(&pair);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAYER_CASES,
      cmocka_unit_test(records_without_content_are_skipped),
      cmocka_unit_test(renegotiation_is_refused_and_the_connection_goes_on),
      cmocka_unit_test(other_messages_after_the_handshake_are_unexpected),
  };
  layer_of_cases = WSS_RECORD_MBEDTLS;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
