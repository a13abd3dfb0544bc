/* Certificate and key: by path, from memory, and which names they cover. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <psa/crypto.h>

#include "support/allocator.h"
#include "support/tls_pair.h"
#include "tls/file.h"
#include "tls/identity.h"

static wss__detail detail;
static int warning; /* the first */

/* What is in a file, with a NUL behind it. */
static char *text_of(const char *name, size_t *size) {
  char *text = calloc(1, 16384);
  FILE *stream = fopen(tls_pki(name), "rb");
  assert_non_null(text);
  assert_non_null(stream);
  *size = fread(text, 1, 16383, stream);
  fclose(stream);
  return text;
}

static int load(const wss_sni_cert *source, const char *entry) {
  wss__tls_identity *identity = NULL;
  wss__findings findings;
  detail.text[0] = '\0';
  wss__findings_init(&findings, &wss__default_allocator);
  int error = wss__tls_identity_new(
      &identity, source, entry, &wss__default_allocator, &detail, &findings);
  const wss__finding *first =
      wss__findings_get(&findings, WSS_FINDING_WARNING, 0);
  warning = error != 0 || first == NULL ? 0 : first->code;
  if (warning != 0)
    detail = first->message;
  wss__findings_free(&findings);
  assert_true((error == 0) == (identity != NULL));
  wss__tls_identity_unref(identity);
  return error;
}

static void expect(int error, int expected, const char *text) {
  if (error != expected || strcmp(detail.text, text) != 0)
    fail_msg("%d \"%s\" is not %d \"%s\"", error, detail.text, expected, text);
}

static void from_files_and_from_memory(void **state) {
  size_t cert_size, key_size, both_size;
  char *cert = text_of("server.pem", &cert_size);
  char *key = text_of("server.key", &key_size);
  char *both = text_of("combined.pem", &both_size);
  const wss_sni_cert sources[] = {
      {.local_cert = tls_pki("server.pem"), .local_pk = tls_pki("server.key")},
      {.local_cert = tls_pki("combined.pem")},
      {.local_cert_pem = cert,
       .local_cert_pem_size = cert_size,
       .local_pk_pem = key,
       .local_pk_pem_size = key_size},
      {.local_cert_pem = cert,
       .local_cert_pem_size = cert_size + 1,
       .local_pk_pem = key,
       .local_pk_pem_size = key_size + 1},
      {.local_cert_pem = both, .local_cert_pem_size = both_size},
      {.local_cert = tls_pki("server.pem"),
       .local_pk_pem = key,
       .local_pk_pem_size = key_size},
      {.local_cert_pem = cert,
       .local_cert_pem_size = cert_size,
       .local_pk = tls_pki("encrypted-pkcs8.key"),
       .passphrase = "secret"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
    if (load(&sources[i], NULL) != 0)
      fail_msg("source %zu: %s", i, detail.text);
    assert_int_equal(warning, 0);
  }
  free(cert);
  free(key);
  free(both);
}

static void by_path_or_from_memory(void **state) {
  static const char x[] = "x";
  const char *cert = tls_pki("server.pem");
  const char *key = tls_pki("server.key");
  const struct {
    wss_sni_cert source;
    const char *text;
  } rows[] = {
      {{.local_cert = cert, .local_cert_pem = x, .local_cert_pem_size = 1},
       "local_cert and local_cert_pem are both given: leave out one"},
      {{.local_cert = cert,
        .local_pk = key,
        .local_pk_pem = x,
        .local_pk_pem_size = 1},
       "local_pk and local_pk_pem are both given: leave out one"},
      {{.local_cert_pem = x},
       "local_cert_pem is given, but local_cert_pem_size "
       "is 0"},
      {{.local_cert_pem_size = 1},
       "local_cert_pem is NULL, but local_cert_pem_size is not 0"},
      {{.local_cert = cert, .local_pk_pem = x},
       "local_pk_pem is given, but local_pk_pem_size is 0"},
      {{.local_cert = cert, .local_pk_pem_size = 9},
       "local_pk_pem is NULL, but local_pk_pem_size is not 0"},
      {{.local_pk = key},
       "local_cert is missing: TLS needs a certificate, as a file or in "
       "local_cert_pem"},
      {{.local_cert = cert, .local_pk = ""},
       "local_pk is empty: name the file of the private key, or set it to NULL "
       "if the certificate's holds it"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    expect(load(&rows[i].source, NULL), WSS_ERR_INVALID, rows[i].text);
}

static void reserved_fields_are_zero(void **state) {
  wss_sni_cert source = {.local_cert = tls_pki("combined.pem")};
  (void)state;
  source.reserved[3] = 1;
  expect(load(&source, "entry: "), WSS_ERR_ABI,
         "entry: the reserved fields are not zero");
}

static void what_memory_holds_is_named(void **state) {
  size_t cert_size, key_size, other_size;
  char *cert = text_of("server.pem", &cert_size);
  char *key = text_of("encrypted-pkcs8.key", &key_size);
  char *other = text_of("other.key", &other_size);
  wss_sni_cert source = {.local_cert_pem = "x", .local_cert_pem_size = 1};
  (void)state;
  expect(load(&source, NULL), WSS_ERR_CERT_PARSE,
         "local_cert_pem: holds no certificate in PEM (no line -----BEGIN "
         "CERTIFICATE-----)");
  source.local_cert_pem = "a\0b";
  source.local_cert_pem_size = 3;
  expect(
      load(&source, "entry: "), WSS_ERR_CERT_PARSE,
      "entry: local_cert_pem: is not PEM text (if it is DER, convert it with "
      "the openssl command and -inform DER)");
  source.local_cert_pem_size = WSS__TLS_FILE_MAX + 1;
  expect(load(&source, NULL), WSS_ERR_CERT_READ,
         "local_cert_pem: is larger than 1 MiB");
  source.local_cert_pem = cert;
  source.local_cert_pem_size = cert_size;
  expect(load(&source, NULL), WSS_ERR_KEY_PARSE,
         "local_cert_pem: holds no private key, and local_pk names no other "
         "file");
  source.local_pk_pem = cert;
  source.local_pk_pem_size = cert_size;
  expect(load(&source, NULL), WSS_ERR_KEY_PARSE,
         "local_pk_pem: holds no private key in PEM");
  source.local_pk_pem = key;
  source.local_pk_pem_size = key_size;
  expect(load(&source, NULL), WSS_ERR_PASSPHRASE,
         "local_pk_pem: the private key is encrypted and there is no "
         "passphrase");
  source.local_pk_pem = other;
  source.local_pk_pem_size = other_size;
  expect(load(&source, NULL), WSS_ERR_KEY_MISMATCH,
         "local_pk_pem: the private key does not belong to the (first) "
         "certificate of local_cert");
  free(cert);
  free(key);
  free(other);
}

static void an_entry_stands_before_each_sentence(void **state) {
  wss_sni_cert source = {.local_cert = "/none.pem"};
  char long_path[200];
  (void)state;
  expect(load(&source, "entry: "), WSS_ERR_CERT_READ,
         "entry: local_cert /none.pem: No such file or directory");
  memset(long_path, 'x', sizeof long_path - 1);
  long_path[sizeof long_path - 1] = '\0';
  source.local_cert = long_path;
  assert_int_equal(load(&source, "entry: "), WSS_ERR_CERT_READ);
  assert_non_null(strstr(
      detail.text, "...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: No"));
  source.local_cert = NULL;
  assert_int_equal(load(&source, "entry: "), WSS_ERR_INVALID);
  assert_memory_equal(detail.text, "entry: local_cert is missing", 28);
}

static void dates_are_a_warning(void **state) {
  const wss_sni_cert source = {.local_cert = tls_pki("expired.pem"),
                               .local_pk = tls_pki("expired.key")};
  (void)state;
  assert_int_equal(load(&source, "entry: "), 0);
  assert_int_equal(warning, WSS_ERR_CERT_EXPIRED);
  assert_memory_equal(detail.text, "entry: local_cert ", 18);
  assert_non_null(strstr(detail.text, "expired on 2024-01-01"));
}

/* ---- The copy of what the program holds ---------------------------------- */

static char *secret; /* a piece of it that must be in no freed memory */
static size_t looked_at;

static void *plain_malloc(size_t size, void *user) {
  size_t *memory = malloc(size + sizeof(size_t) * 2);
  (void)user;
  assert_non_null(memory);
  memory[0] = size;
  return memory + 2;
}

static void *no_realloc(void *memory, size_t size, void *user) {
  (void)memory;
  (void)size;
  (void)user;
  return NULL;
}

static void looking_free(void *memory, void *user) {
  size_t *begin = (size_t *)memory - 2;
  (void)user;
  assert_null(memmem(memory, begin[0], secret, 40));
  looked_at++;
  free(begin);
}

static void the_copy_is_wiped(void **state) {
  const wss_allocator allocator = {plain_malloc, no_realloc, looking_free,
                                   NULL};
  size_t size;
  char *both = text_of("combined.pem", &size);
  const wss_sni_cert source = {.local_cert_pem = both,
                               .local_cert_pem_size = size};
  wss__tls_identity *identity;
  (void)state;
  secret = strstr(both, "PRIVATE KEY-----") + 17;
  wss__findings findings;
  wss__findings_init(&findings, &wss__default_allocator);
  assert_int_equal(wss__tls_identity_new(&identity, &source, NULL, &allocator,
                                         &detail, &findings),
                   0);
  wss__findings_free(&findings);
  assert_int_equal(looked_at, 1);
  wss__tls_identity_unref(wss__tls_identity_ref(identity));
  assert_int_equal(looked_at, 1);
  wss__tls_identity_unref(identity);
  assert_int_equal(looked_at, 2);
  free(both);
}

static void no_memory_at_any_point(void **state) {
  size_t size;
  char *both = text_of("combined.pem", &size);
  const wss_sni_cert sources[] = {
      {.local_cert_pem = both, .local_cert_pem_size = size},
      {.local_cert = tls_pki("server.pem"), .local_pk = tls_pki("server.key")},
      {.local_cert = tls_pki("server.pem"),
       .local_pk_pem = both,
       .local_pk_pem_size = size},
  };
  (void)state;
  for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
    wss__tls_identity *identity = NULL;
    int error = WSS_ERR_NOMEM;
    for (size_t at = 1; error != 0; at++) {
      test_allocator memory;
      test_allocator_init(&memory);
      test_allocator_fail(&memory, at, false);
      assert_true(at < 10);
      wss__findings findings;
      wss__findings_init(&findings, &memory.functions);
      error = wss__tls_identity_new(&identity, &sources[i], NULL,
                                    &memory.functions, &detail, &findings);
      wss__findings_free(&findings);
      assert_true(error == 0 || error == WSS_ERR_NOMEM);
      if (error == 0) {
        wss__tls_identity_unref(identity);
        identity = NULL;
      }
      assert_null(identity);
    }
  }
  free(both);
}

/* ---- Names --------------------------------------------------------------- */

static void names_that_are_covered(void **state) {
  static const struct {
    const char *cert, *host;
    bool covered;
  } rows[] = {
      {"server", "localhost", true},
      {"server", "ocalhost", false},
      {"server", "a.localhost", false},
      {"server", "*.localhost", false},
      {"server", "127.0.0.1", false}, /* no host name (RFC 6066 3) */
      {"sni-a", "a.example.org", true},
      {"sni-a", "b.example.org", false},
      {"sni-a", "*.example.org", false},
      {"sni-wild", "*.example.org", true},
      {"sni-wild", "a.example.org", true},
      {"sni-wild", "a.b.example.org", false},
      {"sni-wild", "*.b.example.org", false},
      {"sni-wild", "example.org", false},
      {"selfsigned", "libwss test selfsigned", false},
      {"ca", "localhost", false},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    wss__tls_identity identity = {.references = 1};
    char name[32];
    snprintf(name, sizeof name, "%s.pem", rows[i].cert);
    mbedtls_x509_crt_init(&identity.chain);
    assert_int_equal(
        mbedtls_x509_crt_parse_file(&identity.chain, tls_pki(name)), 0);
    if (wss__tls_identity_covers(&identity, rows[i].host) != rows[i].covered)
      fail_msg("%s %s", rows[i].cert, rows[i].host);
    mbedtls_x509_crt_free(&identity.chain);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(from_files_and_from_memory),
      cmocka_unit_test(by_path_or_from_memory),
      cmocka_unit_test(reserved_fields_are_zero),
      cmocka_unit_test(what_memory_holds_is_named),
      cmocka_unit_test(an_entry_stands_before_each_sentence),
      cmocka_unit_test(dates_are_a_warning),
      cmocka_unit_test(the_copy_is_wiped),
      cmocka_unit_test(no_memory_at_any_point),
      cmocka_unit_test(names_that_are_covered),
  };
  if (psa_crypto_init() != PSA_SUCCESS)
    return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
