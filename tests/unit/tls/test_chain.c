/* What a client may make the server verify. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_scene.h"
#include "tls/chain.h"

/* A Certificate message. */
static uint8_t message[65536];
static size_t size;
static bool version13;

static void put_number(size_t at, size_t value) {
  message[at] = (uint8_t)(value >> 16);
  message[at + 1] = (uint8_t)(value >> 8);
  message[at + 2] = (uint8_t)value;
}

static void measure(void) {
  put_number(1, size - 4);
  put_number(version13 ? 5 : 4, size - (version13 ? 8 : 7));
}

static void start(bool tls13) {
  version13 = tls13;
  memset(message, 0, sizeof message);
  message[0] = 11;
  size = tls13 ? 8 : 7;
  measure();
}

static void put(const uint8_t *der, size_t length) {
  put_number(size, length);
  memcpy(message + size + 3, der, length);
  size += 3 + length + (version13 ? 2 : 0);
  measure();
}

/* All that are in a file. */
static void put_file(const char *name) {
  mbedtls_x509_crt chain;
  mbedtls_x509_crt_init(&chain);
  assert_int_equal(mbedtls_x509_crt_parse_file(&chain, tls_pki(name)), 0);
  for (const mbedtls_x509_crt *cert = &chain; cert != NULL; cert = cert->next)
    put(cert->raw.p, cert->raw.len);
  mbedtls_x509_crt_free(&chain);
}

static wss__tls_chain_fault fault;

static int judge(void) {
  /* So that the sanitizer sees what is read behind it. */
  uint8_t *copy = malloc(size == 0 ? 1 : size);
  assert_non_null(copy);
  memcpy(copy, message, size);
  memset(&fault, 0, sizeof fault);
  int result = wss__tls_chain_is_cheap(copy, size, version13, &fault);
  free(copy);
  return result;
}

static void chains_that_there_are(void **state) {
  static const char *const names[] = {
      "peer-good.pem",  "peer-rsa.pem",   "peer-p384.pem",    "peer-p521.pem",
      "peer-chain.pem", "peer-three.pem", "peer-expired.pem", "rsa-chain.pem"};
  (void)state;
  for (int v = 0; v < 2; v++) {
    start(v == 1);
    assert_int_equal(judge(), 1); /* none */
    for (size_t i = 0; i < COUNT_OF(names); i++) {
      start(v == 1);
      put_file(names[i]);
      if (judge() != 1)
        fail_msg("%s: %s", names[i], fault.what);
    }
  }
}

static void too_many(void **state) {
  (void)state;
  for (int v = 0; v < 2; v++) {
    start(v == 1);
    for (int i = 0; i < WSS__TLS_CHAIN_MAX; i++) {
      put_file("peer-middle.pem");
      assert_int_equal(judge(), 1);
    }
    put_file("peer-middle.pem");
    assert_int_equal(judge(), 0);
    assert_int_equal(fault.alert, 48);
    assert_string_equal(fault.what, "more than eight CAs were sent with it");
  }
}

static void several_that_are_out_of_date(void **state) {
  (void)state;
  for (int v = 0; v < 2; v++) {
    start(v == 1);
    put_file("peer-old-ca.pem"); /* the client's own does not count */
    put_file("peer-old-ca.pem");
    put_file("peer-old-ca.pem");
    assert_int_equal(judge(), 1);
    put_file("peer-future.pem");
    assert_int_equal(judge(), 0);
    assert_int_equal(fault.alert, 45);
  }
}

/* With a key whose exponent has so many bits. The certificate need not be
   signed by anybody. */
static void put_forged(size_t bits) {
  mbedtls_x509_crt cert;
  uint8_t *der;
  static const uint8_t exponent[] = {0x02, 0x03, 0x01, 0x00, 0x01};
  mbedtls_x509_crt_init(&cert);
  assert_int_equal(mbedtls_x509_crt_parse_file(&cert, tls_pki("peer-rsa.pem")),
                   0);
  size_t length = cert.raw.len;
  der = malloc(length);
  assert_non_null(der);
  memcpy(der, cert.raw.p, length);
  /* The exponent ends the key: it takes bytes of the modulus before it. */
  uint8_t *key = der + (cert.pk_raw.p - cert.raw.p);
  uint8_t *at = key + cert.pk_raw.len - sizeof exponent;
  assert_memory_equal(at, exponent, sizeof exponent);
  if (bits > 17) {
    size_t bytes = (bits + 7) / 8;
    size_t more = bytes + (bits % 8 == 0) - 3;
    uint8_t *modulus = at - 257; /* of 256 bytes, and a 0 */
    assert_int_equal(modulus[-4], 0x02);
    modulus[-1] = (uint8_t)(257 - more);
    modulus[-2] = (uint8_t)((257 - more) >> 8);
    at[-(ptrdiff_t)more - 1] |= 1; /* odd */
    at -= more;
    at[0] = 0x02;
    at[1] = (uint8_t)(3 + more);
    memset(at + 2, 0x11, 3 + more);
    at[2] = (uint8_t)(bits % 8 == 0 ? 0 : 1U << (bits - 1) % 8);
    if (bits % 8 == 0)
      at[3] = 0x80;
    at[4 + more] |= 1;
  }
  put(der, length);
  free(der);
  mbedtls_x509_crt_free(&cert);
}

static void exponents(void **state) {
  static const struct {
    size_t bits;
    int result;
  } rows[] = {{17, 1}, {32, 1}, {33, 1}, {34, 0}, {64, 0}, {900, 0}};
  (void)state;
  for (int v = 0; v < 2; v++) {
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
      start(v == 1);
      put_file("peer-good.pem");
      put_forged(rows[i].bits);
      if (judge() != rows[i].result)
        fail_msg("%zu bits", rows[i].bits);
      assert_int_equal(fault.alert, rows[i].result == 0 ? 43 : 0);
    }
  }
}

/* Mbed TLS says what is wrong with these. */
static void what_is_no_such_message(void **state) {
  (void)state;
  for (int v = 0; v < 2; v++) {
    start(v == 1);
    for (int i = 0; i < WSS__TLS_CHAIN_MAX + 1; i++)
      put_file("peer-middle.pem");
    size_t whole = size;
    message[0] = 12;
    assert_int_equal(judge(), 1);
    message[0] = 11;
    assert_int_equal(judge(), 0);
    if (v == 1) {
      message[4] = 1; /* a context */
      assert_int_equal(judge(), 1);
      message[4] = 0;
    }
    for (size = 0; size < whole; size++)
      (void)judge();
    for (size = whole; size > 0; size--)
      assert_true(size > whole / 2 || judge() == 1);
  }
}

/* Any bytes in place of lengths and certificates. */
static void broken_messages(void **state) {
  (void)state;
  srand(1);
  for (int round = 0; round < 2000; round++) {
    start(round % 2 == 1);
    put_file("peer-chain.pem");
    for (int i = 0; i < 3; i++)
      message[(size_t)rand() % size] = (uint8_t)rand();
    assert_in_range(judge(), 0, 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(chains_that_there_are),
      cmocka_unit_test(too_many),
      cmocka_unit_test(several_that_are_out_of_date),
      cmocka_unit_test(exponents),
      cmocka_unit_test(what_is_no_such_message),
      cmocka_unit_test(broken_messages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
