/* A set-up looked through: no memory at any point, and nothing to look at. What
   is found is in test_doctor.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_pair.h"
#include "tls/check.h"

static int left;

static void *limited_malloc(size_t size, void *user) {
  (void)user;
  return left-- > 0 ? malloc(size) : NULL;
}

static void *limited_realloc(void *memory, size_t size, void *user) {
  (void)user;
  return left-- > 0 ? realloc(memory, size) : NULL;
}

static void limited_free(void *memory, void *user) {
  (void)user;
  free(memory);
}

static void no_memory_at_any_point(void **state) {
  const wss_allocator limited = {limited_malloc, limited_realloc, limited_free,
                                 NULL};
  const wss_ssl_context ssl = {.local_cert = tls_pki("expired.pem"),
                               .local_pk = tls_pki("other.key")};
  int error = WSS_ERR_NOMEM;
  (void)state;
  for (int limit = 0; error != 0; limit++) {
    wss__findings findings;
    assert_true(limit < 20);
    assert_int_equal(error, WSS_ERR_NOMEM);
    left = limit;
    wss__findings_init(&findings, &limited);
    error = wss__tls_check(&findings, &ssl, &limited);
    assert_int_equal(findings.no_memory, error != 0);
    wss__findings_free(&findings);
  }
}

static void expect_first(const wss_ssl_context *ssl, int code,
                         const char *option) {
  wss__findings findings;
  wss__findings_init(&findings, &wss__default_allocator);
  assert_int_equal(wss__tls_check(&findings, ssl, &wss__default_allocator), 0);
  assert_int_equal(wss__findings_get(&findings, WSS_FINDING_ERROR, 0)->code,
                   code);
  assert_string_equal(
      wss__findings_get(&findings, WSS_FINDING_ERROR, 0)->option, option);
  wss__findings_free(&findings);
}

static void names_the_option(void **state) {
  const wss_ssl_context none = {.local_cert = NULL};
  const wss_ssl_context empty = {.local_cert = tls_pki("combined.pem"),
                                 .local_pk = ""};
  const wss_ssl_context verify = {.local_cert = tls_pki("combined.pem"),
                                  .verify_peer = true};
  (void)state;
  expect_first(&none, WSS_ERR_INVALID, "local_cert");
  expect_first(&empty, WSS_ERR_INVALID, "local_pk");
  expect_first(&verify, WSS_ERR_INVALID, "verify_peer");
}

/* Certificates of other names, from memory; one does not hide the other. */
static void each_of_several(void **state) {
  static const char garbage[] = "garbage";
  const wss_sni_cert certs[] = {{.host = "a.example.org",
                                 .local_cert_pem = garbage,
                                 .local_cert_pem_size = sizeof garbage},
                                {.host = "localhost",
                                 .local_cert = tls_pki("expired.pem"),
                                 .local_pk = tls_pki("other.key")}};
  const wss_ssl_context ssl = {.local_cert = tls_pki("server.pem"),
                               .local_pk = tls_pki("none.key"),
                               .SNI_server_certs = certs,
                               .SNI_server_cert_count = 2};
  static const char *const errors[] = {
      "local_pk ", "SNI_server_certs[0] (a.example.org): local_cert_pem: ",
      "SNI_server_certs[0] (a.example.org): local_cert_pem: ",
      "SNI_server_certs[1] (localhost): local_pk "};
  wss__findings findings;
  (void)state;
  wss__findings_init(&findings, &wss__default_allocator);
  assert_int_equal(wss__tls_check(&findings, &ssl, &wss__default_allocator), 0);
  for (size_t i = 0; i < 4; i++) {
    const wss__finding *one =
        wss__findings_get(&findings, WSS_FINDING_ERROR, i);
    assert_non_null(one);
    assert_memory_equal(one->message.text, errors[i], strlen(errors[i]));
    assert_string_equal(one->option, i == 0 ? "local_pk" : "SNI_server_certs");
  }
  assert_int_equal(findings.counts[WSS_FINDING_ERROR], 4);
  assert_int_equal(wss__findings_get(&findings, WSS_FINDING_WARNING, 0)->code,
                   WSS_ERR_CERT_EXPIRED);
  wss__findings_free(&findings);
}

static void without_tls_1_2(void **state) {
  const wss_ssl_context ssl = {.local_cert = tls_pki("server.pem"),
                               .local_pk = tls_pki("server.key"),
                               .min_proto_version = WSS_TLS_1_3};
  wss__findings findings;
  size_t notes = 0;
  (void)state;
  wss__findings_init(&findings, &wss__default_allocator);
  assert_int_equal(wss__tls_check(&findings, &ssl, &wss__default_allocator), 0);
  for (size_t i = 0; i < findings.count; i++)
    notes += findings.items[i].code == WSS_ERR_TLS_VERSION &&
             findings.items[i].severity == WSS_FINDING_NOTE;
  assert_int_equal(notes, 1);
  wss__findings_free(&findings);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_memory_at_any_point),
      cmocka_unit_test(names_the_option),
      cmocka_unit_test(each_of_several),
      cmocka_unit_test(without_tls_1_2),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
