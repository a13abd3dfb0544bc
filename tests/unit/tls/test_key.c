/* Private keys, where the set-up's own tests do not reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <psa/crypto.h>

#include "support/tls_pair.h"
#include "tls/key.h"

static int set_up(void **state) {
  (void)state;
  return psa_crypto_init() == PSA_SUCCESS ? 0 : -1;
}

static int parse_and_match(const char *cert, const char *name,
                           wss__detail *detail) {
  mbedtls_pk_context key;
  mbedtls_x509_crt chain;
  wss__tls_file file = {.option = "local_pk", .path = tls_pki(name)};
  mbedtls_pk_init(&key);
  mbedtls_x509_crt_init(&chain);
  assert_int_equal(mbedtls_x509_crt_parse_file(&chain, tls_pki(cert)), 0);
  assert_int_equal(
      wss__tls_file_read(&file, &wss__default_allocator, -1, -2, detail), 0);
  int error = wss__tls_key_parse(&key, &file, NULL, detail);
  if (error == 0)
    error = wss__tls_key_match(&key, &chain, &file, detail);
  wss__tls_file_free(&file, &wss__default_allocator);
  mbedtls_x509_crt_free(&chain);
  mbedtls_pk_free(&key);
  return error;
}

static void the_leaf_is_the_one_that_matches(void **state) {
  wss__detail detail;
  (void)state;
  assert_int_equal(parse_and_match("chain.pem", "chain.key", &detail), 0);
  assert_int_equal(parse_and_match("chain.pem", "intermediate.key", &detail),
                   WSS_ERR_KEY_MISMATCH);
  assert_non_null(strstr(detail.text, "belongs to certificate 2"));
  assert_int_equal(parse_and_match("chain.pem", "server.key", &detail),
                   WSS_ERR_KEY_MISMATCH);
  assert_non_null(strstr(detail.text, "does not belong"));
}

static void a_key_stands_anywhere_in_its_file(void **state) {
  wss__detail detail;
  (void)state;
  assert_int_equal(parse_and_match("server.pem", "combined.pem", &detail), 0);
}

/* A wrong passphrase deciphers to noise, which in one of 256 cases is padded
   well: it is called wrong all the same. */
static void every_passphrase_is_wrong(const char *name) {
  wss__tls_file file = {.option = "local_pk", .path = tls_pki(name)};
  wss__detail detail;
  assert_int_equal(
      wss__tls_file_read(&file, &wss__default_allocator, -1, -2, &detail), 0);
  for (int i = 0; i < 2048; i++) {
    mbedtls_pk_context key;
    char passphrase[16];
    snprintf(passphrase, sizeof passphrase, "wrong %d", i);
    mbedtls_pk_init(&key);
    assert_int_equal(wss__tls_key_parse(&key, &file, passphrase, &detail),
                     WSS_ERR_PASSPHRASE);
    assert_non_null(strstr(detail.text, "passphrase of the private key is"));
    mbedtls_pk_free(&key);
  }
  wss__tls_file_free(&file, &wss__default_allocator);
}

static void a_wrong_passphrase_is_one_whatever_comes_out(void **state) {
  (void)state;
  every_passphrase_is_wrong("quick.key");
  every_passphrase_is_wrong("encrypted-rsa.key"); /* in RSA's own format */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_leaf_is_the_one_that_matches),
      cmocka_unit_test(a_key_stands_anywhere_in_its_file),
      cmocka_unit_test(a_wrong_passphrase_is_one_whatever_comes_out),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
