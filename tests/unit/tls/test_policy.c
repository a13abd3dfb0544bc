/* The policy: a snapshot, so that each change of it shows as a difference of a
   text, and the kinds of key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_pair.h"
#include "tls/policy.h"

static void add(char *text, size_t size, const char *format, ...) {
  size_t used = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text + used, size - used, format, arguments);
  va_end(arguments);
  assert_in_range(length, 1, size - used - 1);
}

static void describe(const mbedtls_ssl_config *config, char *text,
                     size_t size) {
  add(text, size, "versions 0x%04x to 0x%04x\n",
      (unsigned)config->MBEDTLS_PRIVATE(min_tls_version),
      (unsigned)config->MBEDTLS_PRIVATE(max_tls_version));
  for (const int *id = config->MBEDTLS_PRIVATE(ciphersuite_list); *id != 0;
       id++)
    add(text, size, "suite 0x%04x %s\n", (unsigned)*id,
        wss__tls_policy_suite(*id));
  for (const uint16_t *id = config->MBEDTLS_PRIVATE(group_list); *id != 0; id++)
    add(text, size, "group 0x%04x\n", *id);
  for (const uint16_t *id = config->MBEDTLS_PRIVATE(sig_algs); *id != 0; id++)
    add(text, size, "signature 0x%04x\n", *id);
  for (const char **name = config->MBEDTLS_PRIVATE(alpn_list); *name != NULL;
       name++)
    add(text, size, "alpn %s\n", *name);
}

static void the_snapshot(void **state) {
  char text[4096] = "";
  char expected[4096] = "";
  mbedtls_ssl_config config;
  (void)state;
  mbedtls_ssl_config_init(&config);
  assert_int_equal(mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_SERVER,
                                               MBEDTLS_SSL_TRANSPORT_STREAM,
                                               MBEDTLS_SSL_PRESET_DEFAULT),
                   0);
  wss__tls_policy_apply(&config);
  describe(&config, text, sizeof text);
  FILE *stream = fopen("policy.txt", "r");
  assert_non_null(stream);
  size_t size = fread(expected, 1, sizeof expected - 1, stream);
  fclose(stream);
  assert_in_range(size, 1, sizeof expected - 2);
  assert_string_equal(text, expected);
  assert_int_equal(config.MBEDTLS_PRIVATE(authmode), MBEDTLS_SSL_VERIFY_NONE);
  assert_int_equal(config.MBEDTLS_PRIVATE(tls13_kex_modes),
                   MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
  mbedtls_ssl_config_free(&config);
}

static void other_suites_have_no_name(void **state) {
  (void)state;
  assert_string_equal(wss__tls_policy_suite(0), "unknown");
  assert_string_equal(wss__tls_policy_suite(0x002f), "unknown");
}

static void kinds_of_key(void **state) {
  static const struct {
    const char *cert;
    bool fits;
    const char *kind;
  } cases[] = {{"server.pem", true, "EC on secp256r1"},
               {"p384.pem", true, "EC on secp384r1"},
               {"p521.pem", false, "EC on secp521r1"},
               {"rsa2048.pem", true, "RSA of 2048 bits"},
               {"rsa1024.pem", false, "RSA of 1024 bits"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    mbedtls_x509_crt cert;
    char kind[48];
    mbedtls_x509_crt_init(&cert);
    assert_int_equal(mbedtls_x509_crt_parse_file(&cert, tls_pki(cases[i].cert)),
                     0);
    assert_int_equal(wss__tls_policy_key(&cert.pk, kind, sizeof kind),
                     cases[i].fits);
    assert_string_equal(kind, cases[i].kind);
    mbedtls_x509_crt_free(&cert);
  }
}

/* Kinds that no file brings, since Mbed TLS cannot parse them. */
static void kinds_of_key_out_of_files(void **state) {
  mbedtls_pk_context key;
  char kind[48];
  (void)state;
  mbedtls_pk_init(&key);
  assert_int_equal(
      mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
  assert_false(wss__tls_policy_key(&key, kind, sizeof kind));
  assert_string_equal(kind, "EC on another curve");
  mbedtls_pk_free(&key);
  mbedtls_pk_init(&key);
  assert_int_equal(
      mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY_DH)),
      0);
  assert_false(wss__tls_policy_key(&key, kind, sizeof kind));
  assert_string_equal(kind, "of another kind");
  mbedtls_pk_free(&key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_snapshot),
      cmocka_unit_test(other_suites_have_no_name),
      cmocka_unit_test(kinds_of_key),
      cmocka_unit_test(kinds_of_key_out_of_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
