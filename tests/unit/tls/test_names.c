/* S20: the names of certificates as text, in whatever room there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_pair.h"
#include "tls/names.h"

static void parse(mbedtls_x509_crt *cert, const char *name) {
  mbedtls_x509_crt_init(cert);
  assert_int_equal(mbedtls_x509_crt_parse_file(cert, tls_pki(name)), 0);
}

static void hosts_and_addresses(void **state) {
  mbedtls_x509_crt cert;
  char text[100];
  (void)state;
  parse(&cert, "server.pem");
  assert_int_equal(wss__tls_names_text(&cert, text, sizeof text), 3);
  assert_string_equal(text, "localhost, 127.0.0.1, ::1");
  assert_false(wss__tls_names_self_issued(&cert));
  wss__tls_names_subject(&cert, text, sizeof text);
  assert_string_equal(text, "CN=server");
  wss__tls_names_issuer(&cert, text, sizeof text);
  assert_string_equal(text, "CN=libwss test ca");
  wss__tls_names_issuer(&cert, text, 6);
  assert_string_equal(text, "CN=li");
  mbedtls_x509_crt_free(&cert);
  parse(&cert, "ca.pem");
  assert_int_equal(wss__tls_names_text(&cert, text, sizeof text), 0);
  assert_string_equal(text, "");
  assert_true(wss__tls_names_self_issued(&cert));
  mbedtls_x509_crt_free(&cert);
}

/* Whatever the names are: the bytes of a certificate are anybody's. */
static void odd_names(void **state) {
  static unsigned char longest[400];
  static unsigned char four[4] = {192, 0, 2, 1};
  mbedtls_x509_sequence names[5];
  mbedtls_x509_crt cert;
  (void)state;
  memset(names, 0, sizeof names);
  memset(longest, 'a', sizeof longest);
  mbedtls_x509_crt_init(&cert);
  const struct {
    int tag;
    unsigned char *data;
    size_t size;
  } table[] = {{0x82, longest, 400}, /* a host name */
               {0x87, four, 3},      /* no address */
               {0x87, four, 4},
               {0x81, longest, 10}, /* a mail address */
               {0x82, longest, 10}};
  for (size_t i = 0; i < 5; i++) {
    names[i].buf.tag = table[i].tag;
    names[i].buf.p = table[i].data;
    names[i].buf.len = table[i].size;
    names[i].next = i + 1 < 5 ? &names[i + 1] : NULL;
  }
  cert.subject_alt_names = names[0];
  for (size_t size = 1; size < 400; size++) {
    char text[400];
    memset(text, 'x', sizeof text);
    assert_int_equal(wss__tls_names_text(&cert, text, size), 3);
    assert_non_null(memchr(text, '\0', size));
  }
  cert.subject_alt_names = names[2];
  char text[60];
  assert_int_equal(wss__tls_names_text(&cert, text, sizeof text), 2);
  assert_string_equal(text, "192.0.2.1, aaaaaaaaaa");
  assert_int_equal(wss__tls_names_text(&cert, text, 34), 2);
  assert_string_equal(text, "192.0.2.1, and 1 more");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hosts_and_addresses),
      cmocka_unit_test(odd_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
