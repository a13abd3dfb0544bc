/* The sentence about a failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/ssl.h>

#include "tls/failure.h"

static void expect(wss__tls_failure failure, const char *text) {
  wss__detail detail;
  wss__tls_failure_describe(&failure, &detail);
  assert_string_equal(detail.text, text);
}

static void each_kind(void **state) {
  (void)state;
  expect((wss__tls_failure){.code = MBEDTLS_ERR_SSL_INVALID_MAC, .alert = -1},
         "Mbed TLS: SSL - Verification of the message MAC failed");
  expect((wss__tls_failure){.code = -1, .alert = 40},
         "peer sent alert 40 handshake_failure");
  expect((wss__tls_failure){.code = -1, .alert = 77},
         "peer sent alert 77 unknown");
  expect((wss__tls_failure){.code = -1, .alert = 48},
         "peer sent alert 48 unknown_ca: a client that does not trust the "
         "certificate does this; a self-signed one, or its CA, must be made "
         "known to the client");
  expect((wss__tls_failure){.code = -1, .alert = -1, .text = "our own"},
         "our own");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_kind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
