/* Alerts: names, and which one answers what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <mbedtls/ssl.h>

#include "tls/alert.h"

static void names_and_hints(void **state) {
  (void)state;
  assert_string_equal(wss__tls_alert_name(0), "close_notify");
  assert_string_equal(wss__tls_alert_name(48), "unknown_ca");
  assert_string_equal(wss__tls_alert_name(120), "no_application_protocol");
  assert_string_equal(wss__tls_alert_name(1), "unknown");
  assert_string_equal(wss__tls_alert_name(255), "unknown");
  assert_string_equal(wss__tls_alert_hint(40), "");
  assert_int_equal(wss__tls_alert_hint(42)[0], ':');
  assert_int_equal(wss__tls_alert_hint(45)[0], ':');
  assert_int_equal(wss__tls_alert_hint(46)[0], ':');
  assert_int_equal(wss__tls_alert_hint(48)[0], ':');
}

static void an_alert_for_each_header(void **state) {
  static const struct {
    uint8_t header[WSS__TLS_HEADER_SIZE];
    uint8_t alert;
  } cases[] = {
      {{19, 3, 3, 0, 1}, 10},       {{24, 3, 3, 0, 1}, 10},
      {{22, 2, 3, 0, 1}, 70},       {{22, 4, 3, 0, 1}, 70},
      {{22, 3, 3, 0x40, 0x01}, 22}, {{22, 3, 3, 0x40, 0x00}, 10},
      {{23, 3, 3, 0xff, 0xff}, 22}, {{20, 3, 3, 0, 1}, 10},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(wss__tls_alert_for_record(cases[i].header),
                     cases[i].alert);
}

static void an_alert_for_each_code(void **state) {
  static const uint8_t header[WSS__TLS_HEADER_SIZE] = {23, 3, 3, 0xff, 0};
  static const struct {
    int code;
    uint8_t alert;
  } cases[] = {
      {MBEDTLS_ERR_SSL_INVALID_RECORD, 22},
      {MBEDTLS_ERR_SSL_BAD_INPUT_DATA, 22},
      {MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, 10},
      {MBEDTLS_ERR_SSL_INVALID_MAC, 20},
      {MBEDTLS_ERR_SSL_DECODE_ERROR, 50},
      {MBEDTLS_ERR_SSL_DECODE_ERROR - 0x60, 50}, /* with a low-level part */
      {MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER, 47},
      {MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, 70},
      {MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, 40},
      {MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION, 110},
      {MBEDTLS_ERR_SSL_UNRECOGNIZED_NAME, 112},
      {MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL, 120},
      {MBEDTLS_ERR_SSL_ALLOC_FAILED, 80},
      {MBEDTLS_ERR_SSL_COUNTER_WRAPPING, 80},
  };
  static const uint8_t usual[WSS__TLS_HEADER_SIZE] = {22, 3, 3, 1, 0};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(wss__tls_alert_for_code(cases[i].code, header),
                     cases[i].alert);
  assert_int_equal(
      wss__tls_alert_for_code(MBEDTLS_ERR_SSL_BAD_INPUT_DATA, usual), 47);
}

static void the_record(void **state) {
  static const uint8_t expected[] = {21, 3, 3, 0, 2, 2, 40};
  wss__buf output;
  (void)state;
  wss__buf_init(&output, sizeof expected);
  assert_int_equal(wss__tls_alert_append(&output, &wss__default_allocator, 40),
                   0);
  assert_int_equal(output.length, sizeof expected);
  assert_memory_equal(wss__buf_data(&output), expected, sizeof expected);
  assert_int_equal(wss__tls_alert_append(&output, &wss__default_allocator, 40),
                   WSS_ERR_TOO_BIG);
  wss__buf_free(&output, &wss__default_allocator);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_and_hints),
      cmocka_unit_test(an_alert_for_each_header),
      cmocka_unit_test(an_alert_for_each_code),
      cmocka_unit_test(the_record),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
