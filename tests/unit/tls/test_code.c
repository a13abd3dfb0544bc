/* Mbed TLS's codes taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

#include "tls/code.h"

static void the_high_level_part(void **state) {
  (void)state;
  assert_int_equal(wss__tls_code_high(MBEDTLS_ERR_SSL_INVALID_MAC),
                   MBEDTLS_ERR_SSL_INVALID_MAC);
  assert_int_equal(wss__tls_code_high(MBEDTLS_ERR_X509_INVALID_FORMAT +
                                      MBEDTLS_ERR_ASN1_OUT_OF_DATA),
                   MBEDTLS_ERR_X509_INVALID_FORMAT);
  assert_int_equal(wss__tls_code_high(MBEDTLS_ERR_MPI_ALLOC_FAILED), 0);
  assert_int_equal(wss__tls_code_high(0), 0);
}

static void out_of_memory_in_either_part(void **state) {
  (void)state;
  assert_true(wss__tls_code_is_nomem(MBEDTLS_ERR_SSL_ALLOC_FAILED));
  assert_true(wss__tls_code_is_nomem(MBEDTLS_ERR_X509_ALLOC_FAILED));
  assert_true(wss__tls_code_is_nomem(MBEDTLS_ERR_MPI_ALLOC_FAILED));
  assert_true(wss__tls_code_is_nomem(MBEDTLS_ERR_PK_INVALID_PUBKEY +
                                     MBEDTLS_ERR_ASN1_ALLOC_FAILED));
  assert_false(wss__tls_code_is_nomem(MBEDTLS_ERR_SSL_INVALID_MAC));
  assert_false(wss__tls_code_is_nomem(0));
}

static void a_text_within_the_room(void **state) {
  char text[WSS__TLS_CODE_TEXT_SIZE];
  (void)state;
  wss__tls_code_text(MBEDTLS_ERR_X509_INVALID_EXTENSIONS +
                         MBEDTLS_ERR_ASN1_LENGTH_MISMATCH,
                     text);
  assert_non_null(memchr(text, '\0', sizeof text));
  assert_memory_equal(text, "X509 - ", 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_high_level_part),
      cmocka_unit_test(out_of_memory_in_either_part),
      cmocka_unit_test(a_text_within_the_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
