/* Trust anchors and revocation lists: loading, and what is said of bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/tls_pair.h"
#include "tls/anchors.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static wss__detail detail;
static wss__tls_anchors anchors;
static wss__findings findings;

static void forget(void) {
  wss__tls_anchors_free(&anchors);
  wss__findings_free(&findings);
}

static int load(const wss_ssl_context *ssl) {
  detail.text[0] = '\0';
  wss__tls_anchors_init(&anchors);
  wss__findings_init(&findings, &wss__default_allocator);
  return wss__tls_anchors_load(&anchors, ssl, &findings,
                               &wss__default_allocator, &detail);
}

static size_t certs(void) {
  size_t count = 0;
  const mbedtls_x509_crt *cert = &anchors.certs;
  for (; cert != NULL && cert->raw.p != NULL; cert = cert->next)
    count++;
  return count;
}

static void expect(const wss_ssl_context *ssl, int error, const char *text) {
  assert_int_equal(load(ssl), error);
  if (strstr(detail.text, text) == NULL)
    fail_msg("%s", detail.text);
  forget();
}

/* ---- Anchors ------------------------------------------------------------- */

static void a_file_of_no_ca_is_warned_of(void **state) {
  const wss_ssl_context ca = {.cafile = tls_pki("peer-ca.pem")};
  const wss_ssl_context leaf = {.cafile = tls_pki("expired.pem")};
  (void)state;
  assert_int_equal(load(&ca), 0);
  assert_int_equal(findings.count, 0);
  forget();
  assert_int_equal(load(&leaf), 0);
  assert_int_equal(findings.count, 2);
  assert_int_equal(findings.items[0].code, WSS_ERR_CERT_PURPOSE);
  assert_int_equal(findings.items[1].code, WSS_ERR_CERT_EXPIRED);
  forget();
}

static void all_that_there_are(void **state) {
  const wss_ssl_context none = {.local_cert = "x"};
  const wss_ssl_context two = {.cafile = tls_pki("peer-many-ca.pem")};
  const wss_ssl_context folder = {.capath = tls_pki("peer-cas")};
  const wss_ssl_context both = {.cafile = tls_pki("rsa-root.pem"),
                                .capath = tls_pki("peer-cas")};
  (void)state;
  assert_int_equal(load(&none), 0);
  assert_int_equal(certs(), 0);
  forget();
  assert_int_equal(load(&two), 0);
  assert_int_equal(certs(), 2);
  forget();
  assert_int_equal(load(&folder), 0);
  assert_int_equal(certs(), 2);
  forget();
  assert_int_equal(load(&both), 0);
  assert_int_equal(certs(), 3);
  forget();
}

static void files_that_are_refused(void **state) {
  static const struct {
    const char *name;
    int error;
    const char *why;
  } rows[] = {
      {"no-such-file", WSS_ERR_CA_READ, "No such file"},
      {"empty.pem", WSS_ERR_CA_READ, "is empty"},
      {"peer-cas", WSS_ERR_CA_READ, "is a directory"},
      {"der.pem", WSS_ERR_CA_PARSE, "is not PEM text"},
      {"garbage.pem", WSS_ERR_CA_PARSE, "holds no certificate in PEM"},
      {"other.key", WSS_ERR_CA_PARSE, "holds no certificate in PEM"},
      {"corrupted.pem", WSS_ERR_CA_PARSE, "certificate 2: "},
      {"truncated.pem", WSS_ERR_CA_PARSE, "certificate 2 has no line"},
      {"peer-ed-ca.pem", WSS_ERR_CA_PARSE, "unknown kind"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    const wss_ssl_context ssl = {.cafile = tls_pki(rows[i].name)};
    char start[300];
    snprintf(start, sizeof start, "/%s: ", rows[i].name);
    assert_int_equal(load(&ssl), rows[i].error);
    assert_int_equal(strncmp(detail.text, "cafile ", 7), 0);
    if (strstr(detail.text, start) == NULL ||
        strstr(detail.text, rows[i].why) == NULL)
      fail_msg("%s", detail.text);
    forget();
  }
}

static void text_that_is_refused(void **state) {
  static const wss_ssl_context rows[] = {
      {.ca_pem_size = 1}, {.ca_pem = "x"}, {.ca_pem = "xyz", .ca_pem_size = 4}};
  (void)state;
  expect(&rows[0], WSS_ERR_INVALID, "ca_pem is NULL, but ca_pem_size is not 0");
  expect(&rows[1], WSS_ERR_INVALID, "ca_pem is given, but ca_pem_size is 0");
  expect(&rows[2], WSS_ERR_CA_PARSE, "ca_pem: holds no certificate in PEM");
}

/* ---- Folders ------------------------------------------------------------- */

static char folder[64];

static void put(const char *name, const char *source) {
  char path[128];
  char text[8192];
  FILE *from = fopen(tls_pki(source), "rb");
  assert_non_null(from);
  size_t size = fread(text, 1, sizeof text, from);
  assert_int_equal(fclose(from), 0);
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *to = fopen(path, "wb");
  assert_non_null(to);
  assert_int_equal(fwrite(text, 1, size, to), size);
  assert_int_equal(fclose(to), 0);
}

static void take(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  assert_int_equal(unlink(path), 0);
}

static void folders_that_are_refused(void **state) {
  const wss_ssl_context ssl = {.capath = folder};
  const wss_ssl_context file = {.capath = tls_pki("ca.pem")};
  const wss_ssl_context missing = {.capath = "/nonexistent"};
  const wss_ssl_context more = {.cafile = tls_pki("ca.pem"), .capath = folder};
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/wss-test-XXXXXX");
  assert_non_null(mkdtemp(folder));
  expect(&missing, WSS_ERR_CA_READ, "capath /nonexistent: No such file");
  expect(&file, WSS_ERR_CA_READ, "ca.pem: Not a directory");
  expect(&ssl, WSS_ERR_CA_READ, "has no file with a certificate in PEM");
  put("note", "garbage.pem");
  put(".hidden", "ca.pem");
  expect(&ssl, WSS_ERR_CA_READ, "has no file with a certificate in PEM");
  expect(&more, WSS_ERR_CA_READ, "has no file with a certificate in PEM");
  put("one.pem", "peer-ca.pem");
  assert_int_equal(load(&ssl), 0);
  assert_int_equal(certs(), 1);
  forget();
  put("two.pem", "corrupted.pem");
  expect(&ssl, WSS_ERR_CA_PARSE, "/two.pem: certificate 2: ");
  put("two.pem", "empty.pem");
  expect(&ssl, WSS_ERR_CA_READ, "/two.pem: is empty");
  take("note");
  take(".hidden");
  take("one.pem");
  take("two.pem");
  assert_int_equal(rmdir(folder), 0);
}

/* ---- Lists --------------------------------------------------------------- */

static void lists_that_are_refused(void **state) {
  static const struct {
    const char *name, *why;
  } rows[] = {{"no-such-file", "No such file"},
              {"empty.pem", "is empty"},
              {"garbage.pem", "holds no revocation list in PEM"},
              {"peer-ca.pem", "holds no revocation list in PEM"},
              {"garbage-crl.pem", "list 1: "},
              {"der.pem", "is not PEM text"}};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    const wss_ssl_context ssl = {.crlfile = tls_pki(rows[i].name)};
    assert_int_equal(load(&ssl), WSS_ERR_CRL);
    assert_int_equal(strncmp(detail.text, "crlfile ", 8), 0);
    if (strstr(detail.text, rows[i].why) == NULL)
      fail_msg("%s", detail.text);
    forget();
  }
}

static void lists_out_of_date_are_warned_of(void **state) {
  const wss_ssl_context good = {.crlfile = tls_pki("peer-crl.pem")};
  const wss_ssl_context old = {.crlfile = tls_pki("old-crl.pem")};
  (void)state;
  assert_int_equal(load(&good), 0);
  assert_non_null(anchors.lists.raw.p);
  assert_int_equal(findings.count, 0);
  forget();
  assert_int_equal(load(&old), 0);
  assert_non_null(anchors.lists.raw.p);
  assert_int_equal(findings.count, 1);
  assert_int_equal(findings.items[0].code, WSS_ERR_CRL);
  assert_int_equal(findings.items[0].severity, WSS_FINDING_WARNING);
  assert_non_null(strstr(findings.items[0].message.text,
                         "/old-crl.pem: list 1 expired on "
                         "2024-01-01; all clients of its "
                         "CA are refused"));
  forget();
}

/* Two in a file, with text around them, and one that is cut off. */
static void several_lists_in_a_file(void **state) {
  char path[] = "/tmp/wss-test-crl-XXXXXX";
  char text[2][4096];
  const char *const names[] = {"peer-crl.pem", "wrong-crl.pem"};
  const wss_ssl_context ssl = {.crlfile = path};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    FILE *from = fopen(tls_pki(names[i]), "rb");
    assert_non_null(from);
    text[i][fread(text[i], 1, sizeof text[i] - 1, from)] = '\0';
    assert_int_equal(fclose(from), 0);
  }
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  assert_true(dprintf(descriptor, "one\n%stwo\n%s\nthree\n", text[0], text[1]) >
              0);
  assert_int_equal(load(&ssl), 0);
  assert_non_null(anchors.lists.next);
  assert_null(anchors.lists.next->next);
  forget();
  assert_true(dprintf(descriptor, "%.80s", text[0]) > 0);
  expect(&ssl, WSS_ERR_CRL, "list 3 has no line -----END X509 CRL-----");
  assert_int_equal(close(descriptor), 0);
  assert_int_equal(unlink(path), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_of_no_ca_is_warned_of),
      cmocka_unit_test(all_that_there_are),
      cmocka_unit_test(files_that_are_refused),
      cmocka_unit_test(text_that_is_refused),
      cmocka_unit_test(folders_that_are_refused),
      cmocka_unit_test(lists_that_are_refused),
      cmocka_unit_test(lists_out_of_date_are_warned_of),
      cmocka_unit_test(several_lists_in_a_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
