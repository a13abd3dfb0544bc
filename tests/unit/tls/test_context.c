/* The set-up: every option and every file that can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/tls_pair.h"

static wss__detail detail;
static int warning; /* the first */

static wss__tls_secret secret;

static int load(const wss_ssl_context *ssl) {
  wss__tls_context *context = NULL;
  wss__findings findings;
  wss__findings_init(&findings, &wss__default_allocator);
  int error = wss__tls_context_new(&context, ssl, &secret,
                                   &wss__default_allocator, &detail, &findings);
  const wss__finding *first =
      wss__findings_get(&findings, WSS_FINDING_WARNING, 0);
  warning = error != 0 || first == NULL ? 0 : first->code;
  if (warning != 0)
    detail = first->message;
  wss__findings_free(&findings);
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
      {"server.pem/x", "server.key", NULL, WSS_ERR_CERT_READ,
       "Not a directory"},
      {"server.pem", "server.pem/x", NULL, WSS_ERR_KEY_READ, "Not a directory"},
      {"server.pem", "chain.pem", NULL, WSS_ERR_KEY_PARSE,
       "holds no private key in PEM"},
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
      {"client.pem", "client.key", NULL, WSS_ERR_CERT_PURPOSE, "serverAuth"},
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

/* ---- Whatever may stand in a file's place -------------------------------- */

static char folder[] = "/tmp/wss-context-XXXXXX";
static char file[64]; /* in it */

static void write_file(const char *path, const void *data, size_t size) {
  FILE *stream = fopen(path, "wb");
  assert_non_null(stream);
  assert_int_equal(fwrite(data, 1, size, stream), size);
  assert_int_equal(fclose(stream), 0);
}

static void a_directory(void) {
  assert_int_equal(mkdir(file, 0755), 0);
}

static void a_fifo(void) {
  assert_int_equal(mkfifo(file, 0666), 0);
}

static void an_empty_file(void) {
  write_file(file, "", 0);
}

static void a_secret_file(void) {
  write_file(file, "secret", 6);
  assert_int_equal(chmod(file, geteuid() == 0 ? 0600 : 0), 0);
}

static void a_large_file(void) {
  write_file(file, "x", 1);
  assert_int_equal(truncate(file, (1 << 20) + 1), 0);
}

static void a_link_to_nothing(void) {
  assert_int_equal(symlink("nothing", file), 0);
}

static void a_link_to_itself(void) {
  assert_int_equal(symlink("file", file), 0);
}

static void zeros(void) {
  write_file(file, "x", 1);
  assert_int_equal(truncate(file, 1000), 0);
}

static void nothing(void) {
}

/* As somebody who may not read everything. */
static int load_as_nobody(const wss_ssl_context *ssl) {
  bool root = geteuid() == 0;
  int error;
  if (root)
    assert_int_equal(seteuid(65534), 0);
  error = load(ssl);
  if (root)
    assert_int_equal(seteuid(0), 0);
  return error;
}

static void expect_refused(const wss_ssl_context *ssl, const char *option,
                           int expected, const char *cause) {
  char text[WSS__DETAIL_SIZE];
  alarm(10); /* opening a FIFO might wait for a writer */
  assert_int_equal(load_as_nobody(ssl), expected);
  alarm(0);
  (void)snprintf(text, sizeof text, "%s %s: %s", option, file, cause);
  expect_text(text);
}

/* The certificate and the key, where everybody may read them. */
static void copy_to(const char *path, const char *name) {
  char data[8192];
  FILE *from = fopen(tls_pki(name), "rb");
  assert_non_null(from);
  write_file(path, data, fread(data, 1, sizeof data, from));
  assert_int_equal(fclose(from), 0);
  assert_int_equal(chmod(path, 0644), 0);
}

static void no_such_files(void **state) {
  static const struct {
    void (*make)(void);
    bool parsed; /* it could be read */
    const char *cause;
  } cases[] = {
      {nothing, false, "No such file or directory"},
      {a_directory, false, "is a directory, not a file"},
      {a_fifo, false, "is not a regular file"},
      {an_empty_file, false, "is empty"},
      {a_secret_file, false, "Permission denied (this process has uid "},
      {a_large_file, false, "is larger than 1 MiB"},
      {a_link_to_nothing, false, "No such file or directory"},
      {a_link_to_itself, false, "Too many levels of symbolic links"},
      {zeros, true, "is not PEM text"},
  };
  char cert[64];
  char key[64];
  const wss_ssl_context no_cert = {.local_cert = file, .local_pk = key};
  const wss_ssl_context no_key = {.local_cert = cert, .local_pk = file};
  (void)state;
  assert_non_null(mkdtemp(folder));
  assert_int_equal(chmod(folder, 0755), 0);
  (void)snprintf(file, sizeof file, "%s/file", folder);
  (void)snprintf(cert, sizeof cert, "%s/cert", folder);
  (void)snprintf(key, sizeof key, "%s/key", folder);
  copy_to(cert, "server.pem");
  copy_to(key, "server.key");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    bool parsed = cases[i].parsed;
    cases[i].make();
    expect_refused(&no_cert, "local_cert",
                   parsed ? WSS_ERR_CERT_PARSE : WSS_ERR_CERT_READ,
                   cases[i].cause);
    expect_refused(&no_key, "local_pk",
                   parsed ? WSS_ERR_KEY_PARSE : WSS_ERR_KEY_READ,
                   cases[i].cause);
    (void)remove(file);
  }
  assert_int_equal(unlink(cert) + unlink(key) + rmdir(folder), 0);
}

/* ---- Options ------------------------------------------------------------- */

static void options_that_are_refused(void **state) {
  const wss_ssl_context nothing = {.allow_self_signed = true};
  const wss_ssl_context empty = {.local_cert = ""};
  const wss_ssl_context empty_key = {.local_cert = tls_pki("combined.pem"),
                                     .local_pk = ""};
  const wss_ssl_context layer = {.local_cert = tls_pki("combined.pem"),
                                 .record_layer = 2};
  (void)state;
  assert_int_equal(load(&layer), WSS_ERR_INVALID);
  expect_text("record_layer");
  assert_int_equal(load(&nothing), WSS_ERR_INVALID);
  expect_text("local_cert is missing");
  assert_int_equal(load(&empty), WSS_ERR_INVALID);
  expect_text("local_cert is missing");
  assert_int_equal(load(&empty_key), WSS_ERR_INVALID);
  expect_text("local_pk is empty");
}

static void names_and_key_log_that_are_refused(void **state) {
  const wss_sni_cert certs[] = {
      {.host = "localhost", .local_cert = tls_pki("combined.pem")},
      {.host = "b.example.org",
       .local_cert = tls_pki("sni-b.pem"),
       .local_pk = tls_pki("none.key")}};
  wss_ssl_context ssl = {.local_cert = tls_pki("expired.pem"),
                         .local_pk = tls_pki("expired.key"),
                         .SNI_server_certs = certs,
                         .SNI_server_cert_count = 2};
  (void)state;
  assert_int_equal(load(&ssl), WSS_ERR_KEY_READ);
  expect_text("SNI_server_certs[1] (b.example.org): local_pk ");
  assert_int_equal(warning, 0);
  ssl.SNI_enabled = WSS_OFF;
  assert_int_equal(load(&ssl), 0);
  assert_int_equal(warning, WSS_ERR_CERT_EXPIRED);
  expect_text("the certificate expired on");
  ssl.SNI_enabled = 2;
  assert_int_equal(load(&ssl), WSS_ERR_INVALID);
  expect_text("SNI_enabled is WSS_ON, WSS_OFF or 0, not 2");
  ssl.SNI_enabled = -2;
  assert_int_equal(load(&ssl), WSS_ERR_INVALID);
  ssl.SNI_enabled = WSS_ON;
  ssl.SNI_server_cert_count = 1;
  ssl.keylog_file = "/none/keys";
  assert_int_equal(load(&ssl), WSS_ERR_KEYLOG_WRITE);
  expect_text("keylog_file /none/keys: No such file or directory");
  ssl.keylog_file = "";
  assert_int_equal(load(&ssl), WSS_ERR_KEYLOG_WRITE);
}

/* The main certificate's comes first, as the call's own. */
static void every_warning_is_told(void **state) {
  char keys[] = "/tmp/wss-context-keys-XXXXXX";
  int descriptor = mkstemp(keys);
  const wss_sni_cert cert = {.host = "b.example.org",
                             .local_cert = tls_pki("future.pem"),
                             .local_pk = tls_pki("future.key")};
  const wss_ssl_context ssl = {.local_cert = tls_pki("expired.pem"),
                               .local_pk = tls_pki("expired.key"),
                               .SNI_server_certs = &cert,
                               .SNI_server_cert_count = 1,
                               .keylog_file = keys};
  static const int expected[] = {WSS_ERR_CERT_EXPIRED, WSS_ERR_CERT_FUTURE,
                                 WSS_ERR_CERT_NAME, WSS_ERR_KEYLOG};
  wss__tls_context *context;
  wss__findings findings;
  (void)state;
  assert_true(descriptor >= 0);
  wss__findings_init(&findings, &wss__default_allocator);
  assert_int_equal(wss__tls_context_new(&context, &ssl, &secret,
                                        &wss__default_allocator, &detail,
                                        &findings),
                   0);
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    const wss__finding *one =
        wss__findings_get(&findings, WSS_FINDING_WARNING, i);
    assert_non_null(one);
    assert_int_equal(one->code, expected[i]);
  }
  assert_int_equal(findings.counts[WSS_FINDING_WARNING], 4);
  wss__findings_free(&findings);
  wss__tls_context_unref(context);
  close(descriptor);
  unlink(keys);
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
  expect_text("expired.pem: the certificate expired on 2024-01-01; it is "
              "served all the same");
  assert_int_equal(load(&future), 0);
  assert_int_equal(warning, WSS_ERR_CERT_FUTURE);
  expect_text("is not valid before 2098-01-01; it is served all the same");
}

/* on_error and wss_last_error have room for one text. */
static void the_gravest_warning_is_first(void **state) {
  const wss_ssl_context old = {.local_cert = tls_pki("server.pem"),
                               .local_pk = tls_pki("server.key"),
                               .min_proto_version = 0x0301};
  wss_ssl_context both = {.local_cert = tls_pki("expired.pem"),
                          .local_pk = tls_pki("expired.key"),
                          .min_proto_version = 0x0302};
  wss__tls_context *context;
  wss__findings findings;
  int error;
  (void)state;
  assert_int_equal(load(&old), 0);
  assert_int_equal(warning, WSS_ERR_TLS_VERSION);
  assert_string_equal(detail.text,
                      "min_proto_version is 0x0301: libwss does not speak TLS "
                      "1.0; TLS 1.2 is the least");
  wss__findings_init(&findings, &wss__default_allocator);
  error = wss__tls_context_new(&context, &both, &secret,
                               &wss__default_allocator, &detail, &findings);
  assert_int_equal(error, 0);
  assert_int_equal(findings.counts[WSS_FINDING_WARNING], 2);
  detail = wss__findings_get(&findings, WSS_FINDING_WARNING, 0)->message;
  expect_text("expired.pem: the certificate expired on 2024-01-01");
  detail = wss__findings_get(&findings, WSS_FINDING_WARNING, 1)->message;
  assert_string_equal(detail.text,
                      "min_proto_version is 0x0302: libwss does not speak TLS "
                      "1.1; TLS 1.2 is the least");
  wss__findings_free(&findings);
  wss__tls_context_unref(context);
  both.local_pk = tls_pki("server.pem");
  assert_int_equal(load(&both), WSS_ERR_KEY_PARSE);
  assert_int_equal(warning, 0);
  assert_null(strstr(detail.text, "min_proto_version"));
}

/* tests/unit/tls/test_policy.c has all that there are. */
static void the_policy_is_asked(void **state) {
  wss_ssl_context none = {.local_cert = tls_pki("server.pem"),
                          .local_pk = tls_pki("server.key"),
                          .ciphers = "ECDHE-RSA-AES128-GCM-SHA256"};
  const wss_ssl_context weak = {.local_cert = tls_pki("rsa2048.pem"),
                                .local_pk = tls_pki("rsa2048.key"),
                                .security_level = 3};
  (void)state;
  assert_int_equal(load(&none), WSS_ERR_CIPHERS);
  expect_text("ciphers: no suite is left");
  assert_int_equal(load(&weak), WSS_ERR_KEY_TYPE);
  expect_text("security_level 3");
  none.max_proto_version = 0x0302;
  assert_int_equal(load(&none), WSS_ERR_TLS_VERSION);
  expect_text("max_proto_version is 0x0302");
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
  static const char *const protocols[] = {"chat", NULL};
  const wss_ssl_context ssl = {.local_cert = tls_pki("server.pem"),
                               .local_pk = tls_pki("server.key"),
                               .alpn_protocols = protocols};
  wss__tls_context *context = NULL;
  int error = WSS_ERR_NOMEM;
  wss__findings findings;
  (void)state;
  for (int limit = 0; error != 0; limit++) {
    assert_true(limit < 10);
    assert_int_equal(error, WSS_ERR_NOMEM);
    left = limit;
    wss__findings_init(&findings, &limited);
    error = wss__tls_context_new(&context, &ssl, &secret, &limited, &detail,
                                 &findings);
    wss__findings_free(&findings);
  }
  wss__tls_context_unref(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_file_error),
      cmocka_unit_test(no_such_files),
      cmocka_unit_test(options_that_are_refused),
      cmocka_unit_test(names_and_key_log_that_are_refused),
      cmocka_unit_test(every_warning_is_told),
      cmocka_unit_test(what_does_nothing_is_no_error),
      cmocka_unit_test(dates_are_a_warning),
      cmocka_unit_test(the_gravest_warning_is_first),
      cmocka_unit_test(the_policy_is_asked),
      cmocka_unit_test(an_expired_certificate_serves),
      cmocka_unit_test(no_memory_at_any_point),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
