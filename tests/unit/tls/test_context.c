/* The set-up: every option and every file that can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_pair.h"

static wss__detail detail;
static int warning;

static int load(const wss_ssl_context *ssl) {
  wss__tls_context *context = NULL;
  int error = wss__tls_context_new(&context, ssl, &wss__default_allocator,
                                   &detail, &warning);
  assert_true((error == 0) == (context != NULL));
  wss__tls_context_unref(context);
  return error;
}

static void expect_text(const char *text) {
  if (strstr(detail.text, text) == NULL)
    fail_msg("\"%s\" is not in \"%s\"", text, detail.text);
}

static void every_file_error(void **state) {
  static const struct {
    const char *cert, *key, *passphrase;
    int error;
    const char *text;
  } cases[] = {
      {"none.pem", "server.key", NULL, WSS_ERR_CERT_READ,
       "none.pem: No such file or directory"},
      {"server.pem", "none.key", NULL, WSS_ERR_KEY_READ,
       "none.key: No such file or directory"},
      {"empty.pem", "server.key", NULL, WSS_ERR_CERT_READ, "is empty"},
      {"server.pem", "empty.key", NULL, WSS_ERR_KEY_READ, "is empty"},
      {".", "server.key", NULL, WSS_ERR_CERT_READ, "is a directory"},
      {"garbage.pem", "server.key", NULL, WSS_ERR_CERT_PARSE,
       "holds no certificate in PEM"},
      {"server.key", "server.pem", NULL, WSS_ERR_CERT_PARSE,
       "local_cert and local_pk swapped?"},
      {"der.pem", "server.key", NULL, WSS_ERR_CERT_PARSE, "DER"},
      {"truncated.pem", "server.key", NULL, WSS_ERR_CERT_PARSE,
       "certificate 2 has no line -----END"},
      {"corrupted.pem", "server.key", NULL, WSS_ERR_CERT_PARSE,
       "certificate 2: X509 - "},
      {"server.pem", "garbage.key", NULL, WSS_ERR_KEY_PARSE,
       "holds no private key in PEM"},
      {"server.pem", "der.key", NULL, WSS_ERR_KEY_PARSE, "DER"},
      {"server.pem", "truncated.key", NULL, WSS_ERR_KEY_PARSE,
       "truncated.key: private key: P"},
      {"server.pem", "corrupted.key", NULL, WSS_ERR_KEY_PARSE,
       "corrupted.key: private key: PK - "},
      {"server.pem", NULL, NULL, WSS_ERR_KEY_PARSE,
       "holds no private key, and local_pk names no other file"},
      {"server.pem", "encrypted-pkcs8.key", NULL, WSS_ERR_PASSPHRASE,
       "there is no passphrase"},
      {"server.pem", "encrypted-pkcs8.key", "wrong", WSS_ERR_PASSPHRASE,
       "passphrase of the private key is wrong"},
      {"server.pem", "encrypted-ec.key", "", WSS_ERR_PASSPHRASE,
       "there is no passphrase"},
      {"server.pem", "encrypted-ec.key", "wrong", WSS_ERR_PASSPHRASE,
       "passphrase of the private key is wrong"},
      {"rsa2048.pem", "encrypted-rsa.key", "wrong", WSS_ERR_PASSPHRASE,
       "passphrase of the private key is wrong"},
      {"encrypted.pem", NULL, "wrong", WSS_ERR_PASSPHRASE,
       "encrypted.pem: the passphrase"},
      {"server.pem", "other.key", NULL, WSS_ERR_KEY_MISMATCH,
       "other.key: the private key does not belong to"},
      {"server.pem", "rsa2048.key", NULL, WSS_ERR_KEY_MISMATCH,
       "does not belong to"},
      {"wrong-order.pem", "wrong-order.key", NULL, WSS_ERR_KEY_MISMATCH,
       "belongs to certificate 2 of local_cert, which must be the first"},
      {"p521.pem", "p521.key", NULL, WSS_ERR_KEY_TYPE, "P-256 and P-384"},
      {"rsa1024.pem", "rsa1024.key", NULL, WSS_ERR_KEY_TYPE,
       "its key is RSA of 1024 bits; supported are RSA of 2048 bits or more"},
      {"ed25519.pem", "ed25519.key", NULL, WSS_ERR_KEY_TYPE, "P-256 and P-384"},
      {"server.pem", "ed25519.key", NULL, WSS_ERR_KEY_TYPE, "P-256 and P-384"},
      {"client.pem", "client.key", NULL, WSS_ERR_INVALID, "serverAuth"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const wss_ssl_context ssl = {.local_cert = tls_pki(cases[i].cert),
                                 .local_pk = tls_pki(cases[i].key),
                                 .passphrase = cases[i].passphrase};
    int error = load(&ssl);
    if (error != cases[i].error)
      fail_msg("%s %s: %d \"%s\"", cases[i].cert, cases[i].key, error,
               detail.text);
    expect_text(cases[i].text);
    expect_text(strncmp(detail.text, "local_pk ", 9) == 0 ? cases[i].key
                                                          : cases[i].cert);
    assert_int_equal(warning, 0);
  }
}

static void options_that_are_refused(void **state) {
  const wss_ssl_context verify = {.local_cert = tls_pki("server.pem"),
                                  .local_pk = tls_pki("server.key"),
                                  .verify_peer = true};
  const wss_ssl_context nothing = {.allow_self_signed = true};
  const wss_ssl_context empty = {.local_cert = ""};
  const wss_ssl_context empty_key = {.local_cert = tls_pki("combined.pem"),
                                     .local_pk = ""};
  const wss_ssl_context layer = {.local_cert = tls_pki("combined.pem"),
                                 .record_layer = 2};
  (void)state;
  assert_int_equal(load(&layer), WSS_ERR_INVALID);
  expect_text("record_layer");
  assert_int_equal(load(&verify), WSS_ERR_UNSUPPORTED);
  expect_text("verify_peer");
  assert_int_equal(load(&nothing), WSS_ERR_INVALID);
  expect_text("local_cert is missing");
  assert_int_equal(load(&empty), WSS_ERR_INVALID);
  expect_text("local_cert is missing");
  assert_int_equal(load(&empty_key), WSS_ERR_INVALID);
  expect_text("local_pk is empty");
}

static void what_does_nothing_is_no_error(void **state) {
  const wss_ssl_context ssl = {.local_cert = tls_pki("server.pem"),
                               .local_pk = tls_pki("server.key"),
                               .passphrase = "for nothing",
                               .allow_self_signed = true};
  (void)state;
  assert_int_equal(load(&ssl), 0);
  assert_int_equal(warning, 0);
  assert_string_equal(detail.text, "");
}

static void dates_are_a_warning(void **state) {
  const wss_ssl_context expired = {.local_cert = tls_pki("expired.pem"),
                                   .local_pk = tls_pki("expired.key")};
  const wss_ssl_context future = {.local_cert = tls_pki("future.pem"),
                                  .local_pk = tls_pki("future.key")};
  (void)state;
  assert_int_equal(load(&expired), 0);
  assert_int_equal(warning, WSS_ERR_CERT_EXPIRED);
  expect_text("expired.pem: the certificate expired on 2024-01-01; serving it "
              "all the same");
  assert_int_equal(load(&future), 0);
  assert_int_equal(warning, WSS_ERR_CERT_FUTURE);
  expect_text("is not valid before 2098-01-01; serving it all the same");
}

static void an_expired_certificate_serves(void **state) {
  const tls_pair_options options = {.cert = "expired.pem",
                                    .key = "expired.key"};
  tls_pair pair;
  (void)state;
  tls_pair_open(&pair, &options);
  mbedtls_ssl_conf_authmode(&pair.config, MBEDTLS_SSL_VERIFY_NONE);
  assert_int_equal(tls_pair_shake(&pair), WSS__TLS_READY);
  tls_pair_close(&pair);
}

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
  const wss_ssl_context ssl = {.local_cert = tls_pki("server.pem"),
                               .local_pk = tls_pki("server.key")};
  wss__tls_context *context = NULL;
  int error = WSS_ERR_NOMEM;
  (void)state;
  for (int limit = 0; error != 0; limit++) {
    assert_true(limit < 10);
    assert_int_equal(error, WSS_ERR_NOMEM);
    left = limit;
    error = wss__tls_context_new(&context, &ssl, &limited, &detail, &warning);
  }
  wss__tls_context_unref(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_file_error),
      cmocka_unit_test(options_that_are_refused),
      cmocka_unit_test(what_does_nothing_is_no_error),
      cmocka_unit_test(dates_are_a_warning),
      cmocka_unit_test(an_expired_certificate_serves),
      cmocka_unit_test(no_memory_at_any_point),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
