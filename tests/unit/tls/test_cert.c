/* Certificate chains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_pair.h"
#include "tls/cert.h"

static wss__detail detail;

static wss__tls_file read_pki(const char *name) {
  wss__tls_file file = {.option = "local_cert", .path = tls_pki(name)};
  assert_int_equal(
      wss__tls_file_read(&file, &wss__default_allocator, -1, -2, &detail), 0);
  return file;
}

/* Certificates in what text holds, or the error. */
static int count(const char *text) {
  mbedtls_x509_crt chain;
  wss__tls_file file = {.option = "local_cert", .path = "text"};
  file.text = wss__strdup(&wss__default_allocator, text);
  file.size = strlen(text);
  assert_non_null(file.text);
  mbedtls_x509_crt_init(&chain);
  int result = wss__tls_cert_parse(&chain, &file, &detail);
  assert_string_equal(file.text, text);
  if (result == 0) {
    for (const mbedtls_x509_crt *cert = &chain; cert != NULL; cert = cert->next)
      result++;
  }
  mbedtls_x509_crt_free(&chain);
  wss__tls_file_free(&file, &wss__default_allocator);
  return result;
}

static char *join(const char *a, const char *b, const char *c) {
  size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
  char *text = malloc(size);
  assert_non_null(text);
  snprintf(text, size, "%s%s%s", a, b, c);
  return text;
}

static void every_certificate_is_taken(void **state) {
  wss__tls_file one = read_pki("server.pem");
  wss__tls_file two = read_pki("chain.pem");
  (void)state;
  assert_int_equal(count(one.text), 1);
  assert_int_equal(count(two.text), 2);
  char *text = join("a comment\n", two.text, one.text);
  assert_int_equal(count(text), 3);
  free(text);
  text = join(one.text, "-----BEGIN X-----\nAA==\n-----END X-----\n", two.text);
  assert_int_equal(count(text), 3);
  free(text);
  wss__tls_file_free(&one, &wss__default_allocator);
  wss__tls_file_free(&two, &wss__default_allocator);
}

static void line_ends_of_windows_are_fine(void **state) {
  wss__tls_file file = read_pki("server.pem");
  char *text = malloc(2 * file.size + 1);
  size_t size = 0;
  (void)state;
  assert_non_null(text);
  for (size_t i = 0; i < file.size; i++) {
    if (file.text[i] == '\n')
      text[size++] = '\r';
    text[size++] = file.text[i];
  }
  text[size] = '\0';
  assert_int_equal(count(text), 1);
  free(text);
  wss__tls_file_free(&file, &wss__default_allocator);
}

static void a_block_that_does_not_end(void **state) {
  wss__tls_file file = read_pki("server.pem");
  char *text = join("-----BEGIN CERTIFICATE-----\nAA==\n", file.text, "");
  (void)state;
  assert_int_equal(count(text), WSS_ERR_CERT_PARSE);
  assert_string_equal(detail.text, "local_cert text: certificate 1 has no line "
                                   "-----END CERTIFICATE-----");
  assert_int_equal(count("-----BEGIN CERTIFICATE-----"), WSS_ERR_CERT_PARSE);
  assert_int_equal(
      count("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
      WSS_ERR_CERT_PARSE);
  assert_int_equal(count(""), WSS_ERR_CERT_PARSE);
  free(text);
  wss__tls_file_free(&file, &wss__default_allocator);
}

static void a_chain_must_fit_into_a_handshake(void **state) {
  wss__tls_file leaf = read_pki("server.pem");
  wss__tls_file other = read_pki("intermediate.pem");
  char *text = join(leaf.text, "", "");
  mbedtls_x509_crt chain;
  int error = 0;
  (void)state;
  for (int more = 0; error == 0 && more < 100; more++) {
    char *longer = join(text, other.text, "");
    free(text);
    text = longer;
    wss__tls_file file = {.option = "local_cert",
                          .path = "text",
                          .text = text,
                          .size = strlen(text)};
    mbedtls_x509_crt_init(&chain);
    assert_int_equal(wss__tls_cert_parse(&chain, &file, &detail), 0);
    error = wss__tls_cert_check(&chain, &file, &detail);
    mbedtls_x509_crt_free(&chain);
  }
  assert_int_equal(error, WSS_ERR_INVALID);
  assert_non_null(strstr(detail.text, "at most 16384 fit into a handshake"));
  free(text);
  wss__tls_file_free(&leaf, &wss__default_allocator);
  wss__tls_file_free(&other, &wss__default_allocator);
}

/* "client" is one for clients; "ca" may sign certificates and nothing else. */
static void a_certificate_must_be_for_a_server(void **state) {
  static const struct {
    const char *name;
    const char *why;
  } table[] = {{"client.pem", "extended key usage lacks serverAuth"},
               {"ca.pem", "key usage lacks digitalSignature"}};
  (void)state;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    wss__tls_file file = read_pki(table[i].name);
    mbedtls_x509_crt chain;
    mbedtls_x509_crt_init(&chain);
    assert_int_equal(wss__tls_cert_parse(&chain, &file, &detail), 0);
    assert_int_equal(wss__tls_cert_check(&chain, &file, &detail),
                     WSS_ERR_CERT_PURPOSE);
    if (strstr(detail.text, table[i].why) == NULL)
      fail_msg("%s: \"%s\"", table[i].name, detail.text);
    mbedtls_x509_crt_free(&chain);
    wss__tls_file_free(&file, &wss__default_allocator);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_certificate_is_taken),
      cmocka_unit_test(line_ends_of_windows_are_fine),
      cmocka_unit_test(a_block_that_does_not_end),
      cmocka_unit_test(a_chain_must_fit_into_a_handshake),
      cmocka_unit_test(a_certificate_must_be_for_a_server),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
