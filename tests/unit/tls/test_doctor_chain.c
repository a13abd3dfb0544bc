/* Odd chains: whatever is in the file, the way up ends. What is told about
   broken ones is in test_doctor.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/made.h"
#include "tls/doctor.h"
#include "tls/doctor_chain.h"

/* The warnings about these, whose first is the leaf unless leaf says which. */
static size_t warnings(const made_cert *certs, size_t count, size_t leaf,
                       int *first) {
  const wss__tls_file file = {.option = "local_cert", .path = "x"};
  char text[2 * MADE_SIZE] = "";
  mbedtls_x509_crt chain;
  mbedtls_x509_crt *at = &chain;
  wss__findings findings;
  for (size_t i = 0; i < count; i++)
    made_append(text, &certs[i]);
  mbedtls_x509_crt_init(&chain);
  assert_int_equal(
      mbedtls_x509_crt_parse(&chain, (unsigned char *)text, strlen(text) + 1),
      0);
  while (leaf-- > 0)
    at = at->next;
  wss__findings_init(&findings, &wss__default_allocator);
  wss__tls_chain_check(&findings, &chain, at, &file, wss__doctor_now());
  size_t result = findings.counts[WSS_FINDING_WARNING];
  assert_int_equal(findings.counts[WSS_FINDING_ERROR], 0);
  *first = result == 0
               ? 0
               : wss__findings_get(&findings, WSS_FINDING_WARNING, 0)->code;
  wss__findings_free(&findings);
  mbedtls_x509_crt_free(&chain);
  return result;
}

#define A                                                                      \
  {                                                                            \
    .subject = "a", .issuer = "b", .key = MADE_MIDDLE, .signer = MADE_ROOT,    \
    .ca = true                                                                 \
  }
#define B                                                                      \
  {                                                                            \
    .subject = "b", .issuer = "a", .key = MADE_ROOT, .signer = MADE_MIDDLE,    \
    .ca = true                                                                 \
  }

/* Two CAs that have issued each other. */
static void a_circle(void **state) {
  const made_cert certs[] = {
      {.subject = "leaf", .issuer = "a", .signer = MADE_MIDDLE}, A, B};
  int first;
  (void)state;
  assert_int_equal(warnings(certs, 3, 0, &first), 0);
}

/* That the leaf stands elsewhere is told by others. */
static void a_leaf_that_is_not_the_first(void **state) {
  const made_cert certs[] = {
      A, {.subject = "leaf", .issuer = "a", .signer = MADE_MIDDLE}};
  int first;
  (void)state;
  assert_int_equal(warnings(certs, 2, 1, &first), 0);
  assert_int_equal(warnings(certs, 2, 0, &first), 1);
  assert_int_equal(first, WSS_ERR_CERT_CHAIN);
}

/* The issuer's name and its key, but another kind of key. */
static void an_issuer_of_another_kind(void **state) {
  const made_cert certs[] = {
      {.subject = "leaf", .issuer = "a", .signer = MADE_ROOT},
      {.subject = "a",
       .issuer = "b",
       .key = MADE_RSA2048,
       .signer = MADE_ROOT,
       .ca = true}};
  int first;
  (void)state;
  assert_int_equal(warnings(certs, 2, 0, &first), 1);
  assert_int_equal(first, WSS_ERR_CERT_CHAIN);
}

/* Of two with the same name, a renewed CA's, the one that did sign. */
static void two_with_one_name(void **state) {
  const made_cert certs[] = {
      {.subject = "leaf", .issuer = "a", .signer = MADE_MIDDLE},
      {.subject = "a",
       .issuer = "b",
       .key = MADE_OTHER,
       .signer = MADE_ROOT,
       .ca = true},
      A};
  int first;
  (void)state;
  assert_int_equal(warnings(certs, 3, 0, &first), 1);
  assert_int_equal(first, WSS_ERR_CERT_ORDER);
}

/* Where an issuer's certificate can be had is read here and not by Mbed TLS:
   extensions cut and changed in each place. */
static void extensions_of_any_kind(void **state) {
  const made_cert cert = {.subject = "leaf",
                          .issuer = "a",
                          .signer = MADE_ROOT,
                          .information = true};
  static const unsigned char values[] = {0, 1, 0x30, 0x7f, 0x80, 0x84, 0xff};
  const wss__tls_file file = {.option = "local_cert", .path = "x"};
  char text[MADE_SIZE] = "";
  mbedtls_x509_crt chain;
  size_t told = 0;
  (void)state;
  made_append(text, &cert);
  mbedtls_x509_crt_init(&chain);
  assert_int_equal(
      mbedtls_x509_crt_parse(&chain, (unsigned char *)text, strlen(text) + 1),
      0);
  mbedtls_x509_buf whole = chain.v3_ext;
  for (size_t at = 0; at < whole.len * (sizeof values + 1); at++) {
    wss__findings findings;
    size_t kind = at / whole.len;
    size_t size = kind == sizeof values ? at % whole.len : whole.len;
    unsigned char *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, whole.p, size);
    if (kind < sizeof values)
      copy[at % whole.len] = values[kind];
    chain.v3_ext.p = copy;
    chain.v3_ext.len = size;
    wss__findings_init(&findings, &wss__default_allocator);
    wss__tls_chain_check(&findings, &chain, &chain, &file, wss__doctor_now());
    assert_int_equal(findings.count, 1);
    told += findings.counts[WSS_FINDING_WARNING];
    wss__findings_free(&findings);
    free(copy);
  }
  chain.v3_ext = whole;
  assert_true(told > 0 && told < whole.len * (sizeof values + 1));
  mbedtls_x509_crt_free(&chain);
}

static int clean(void **state) {
  (void)state;
  made_free();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_circle),
      cmocka_unit_test(a_leaf_that_is_not_the_first),
      cmocka_unit_test(an_issuer_of_another_kind),
      cmocka_unit_test(two_with_one_name),
      cmocka_unit_test(extensions_of_any_kind),
  };
  return cmocka_run_group_tests(tests, NULL, clean);
}
