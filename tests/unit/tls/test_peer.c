/* What is copied out of a client's certificate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "support/tls_pair.h"
#include "tls/peer.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static void parse(mbedtls_x509_crt *cert, const char *name) {
  mbedtls_x509_crt_init(cert);
  assert_int_equal(mbedtls_x509_crt_parse_file(cert, tls_pki(name)), 0);
}

static wss_peer_cert *peer_of(const char *name) {
  mbedtls_x509_crt cert;
  wss_peer_cert *peer = NULL;
  parse(&cert, name);
  assert_true(wss__tls_peer_names_fit(&cert));
  assert_int_equal(wss__tls_peer_new(&peer, &cert, &wss__default_allocator), 0);
  mbedtls_x509_crt_free(&cert); /* nothing of it is needed any more */
  return peer;
}

static void everything_is_there(void **state) {
  static const wss_peer_name names[] = {
      {WSS_NAME_DNS, 0, "alice.example.org"},
      {WSS_NAME_DNS, 0, "*.clients.example.org"},
      {WSS_NAME_EMAIL, 0, "alice@example.org"},
      {WSS_NAME_URI, 0, "spiffe://example.org/alice"},
      {WSS_NAME_IP, 0, "192.0.2.7"},
      {WSS_NAME_IP, 0, "2001:db8::7"},
  };
  wss_peer_cert *peer = peer_of("peer-names.pem");
  mbedtls_x509_crt again;
  (void)state;
  assert_string_equal(peer->subject, "C=DE, O=Example\\, Inc., CN=alice");
  assert_string_equal(peer->issuer, "CN=libwss test peer-ca");
  assert_int_equal(strlen(peer->serial), 16);
  assert_int_equal(strspn(peer->serial, "0123456789ABCDEF"), 16);
  assert_int_equal(strlen(peer->fingerprint), 64);
  assert_int_equal(strspn(peer->fingerprint, "0123456789abcdef"), 64);
  assert_int_equal(peer->name_count, COUNT_OF(names));
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    assert_int_equal(peer->names[i].kind, names[i].kind);
    assert_int_equal(peer->names[i].reserved, 0);
    assert_string_equal(peer->names[i].value, names[i].value);
  }
  mbedtls_x509_crt_init(&again);
  assert_int_equal(
      mbedtls_x509_crt_parse_der(&again, peer->der, peer->der_size), 0);
  assert_int_equal(again.raw.len, peer->der_size);
  mbedtls_x509_crt_free(&again);
  free(peer);
}

static void without_names(void **state) {
  wss_peer_cert *peer = peer_of("peer-good.pem");
  (void)state;
  assert_int_equal(peer->name_count, 0);
  assert_string_equal(peer->subject, "O=Example, CN=peer-good");
  free(peer);
}

static void dates_are_seconds_since_1970(void **state) {
  static const struct {
    mbedtls_x509_time date;
    int64_t seconds;
  } rows[] = {
      {{1970, 1, 1, 0, 0, 0}, 0},
      {{1969, 12, 31, 23, 59, 59}, -1},
      {{2000, 2, 29, 12, 0, 0}, 951825600},
      {{2000, 3, 1, 0, 0, 0}, 951868800},
      {{2024, 1, 1, 0, 0, 0}, 1704067200},
      {{2038, 1, 19, 3, 14, 8}, INT64_C(1) << 31},
      {{2100, 2, 28, 23, 59, 59}, INT64_C(4107542399)},
      {{2100, 3, 1, 0, 0, 0}, INT64_C(4107542400)},
      {{9999, 12, 31, 23, 59, 59}, INT64_C(253402300799)},
  };
  mbedtls_x509_crt cert;
  (void)state;
  parse(&cert, "peer-good.pem");
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    wss_peer_cert *peer;
    cert.valid_from = rows[i].date;
    cert.valid_to = rows[i].date;
    cert.valid_to.sec--;
    assert_int_equal(wss__tls_peer_new(&peer, &cert, &wss__default_allocator),
                     0);
    assert_int_equal(peer->valid_from, rows[i].seconds);
    assert_int_equal(peer->valid_to, rows[i].seconds - 1);
    free(peer);
  }
  mbedtls_x509_crt_free(&cert);
}

/* Each day of some centuries, with libc's. */
static void dates_as_libc_has_them(void **state) {
  mbedtls_x509_crt cert;
  (void)state;
  parse(&cert, "peer-good.pem");
  for (int64_t day = -800; day < 366 * 140; day += 13) {
    time_t seconds = (time_t)(day * 86400 + 4711);
    struct tm tm;
    wss_peer_cert *peer;
    assert_non_null(gmtime_r(&seconds, &tm));
    cert.valid_from =
        (mbedtls_x509_time){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                            tm.tm_hour,        tm.tm_min,     tm.tm_sec};
    assert_int_equal(wss__tls_peer_new(&peer, &cert, &wss__default_allocator),
                     0);
    assert_int_equal(peer->valid_from, seconds);
    free(peer);
  }
  mbedtls_x509_crt_free(&cert);
}

/* Whatever byte stands in a name, a program sees none that it could take for
   the end, or for a line's. */
static void bytes_that_names_do_not_have(void **state) {
  (void)state;
  for (unsigned byte = 0; byte < 256; byte++) {
    mbedtls_x509_crt cert;
    parse(&cert, "peer-names.pem");
    cert.subject_alt_names.buf.p[3] = (uint8_t)byte;
    bool fits = byte >= ' ' && byte <= '~';
    assert_int_equal(wss__tls_peer_names_fit(&cert), fits);
    mbedtls_x509_crt_free(&cert);
  }
}

static void bytes_of_subjects(void **state) {
  static const struct {
    uint8_t byte;
    const char *subject; /* NULL: refused */
  } rows[] = {
      {'x', "O=Example, CN=pxer-good"},
      {0, NULL},
      {'\n', "O=Example, CN=p\\0Aer-good"},
      {',', "O=Example, CN=p\\,er-good"},
      {0x7f, "O=Example, CN=p\\7Fer-good"},
      {0xc3, "O=Example, CN=p\\C3er-good"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    mbedtls_x509_crt cert;
    wss_peer_cert *peer;
    parse(&cert, "peer-good.pem");
    cert.subject.next->val.p[1] = rows[i].byte;
    assert_int_equal(wss__tls_peer_names_fit(&cert), rows[i].subject != NULL);
    int error = wss__tls_peer_new(&peer, &cert, &wss__default_allocator);
    assert_int_equal(error, rows[i].subject != NULL ? 0 : WSS_ERR_TLS);
    if (error == 0) {
      assert_string_equal(peer->subject, rows[i].subject);
      free(peer);
    }
    mbedtls_x509_crt_free(&cert);
  }
}

/* Of a size that no address has: Mbed TLS does not parse them. */
static void addresses_of_other_sizes(void **state) {
  mbedtls_x509_crt cert;
  (void)state;
  parse(&cert, "peer-names.pem");
  mbedtls_x509_sequence *name = &cert.subject_alt_names;
  while ((name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) !=
         MBEDTLS_X509_SAN_IP_ADDRESS)
    name = name->next;
  name->buf.len = 3;
  assert_false(wss__tls_peer_names_fit(&cert));
  mbedtls_x509_crt_free(&cert);
}

static void serial_numbers(void **state) {
  static uint8_t bytes[24];
  static const struct {
    size_t from, size;
    const char *text;
  } rows[] = {{0, 1, "00"}, {0, 2, "00"}, {2, 1, "7F"}, {1, 3, "7F80"}};
  mbedtls_x509_crt cert;
  (void)state;
  bytes[2] = 0x7f;
  bytes[3] = 0x80;
  parse(&cert, "peer-good.pem");
  const mbedtls_x509_buf kept = cert.serial;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    wss_peer_cert *peer;
    cert.serial.p = bytes + rows[i].from;
    cert.serial.len = rows[i].size;
    assert_int_equal(wss__tls_peer_new(&peer, &cert, &wss__default_allocator),
                     0);
    assert_string_equal(peer->serial, rows[i].text);
    free(peer);
  }
  cert.serial = kept;
  mbedtls_x509_crt_free(&cert);
}

static void without_memory(void **state) {
  test_allocator memory;
  mbedtls_x509_crt cert;
  wss_peer_cert *peer;
  (void)state;
  test_allocator_init(&memory);
  test_allocator_fail(&memory, 1, false);
  parse(&cert, "peer-names.pem");
  assert_int_equal(wss__tls_peer_new(&peer, &cert, &memory.functions),
                   WSS_ERR_NOMEM);
  mbedtls_x509_crt_free(&cert);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_is_there),
      cmocka_unit_test(without_names),
      cmocka_unit_test(dates_are_seconds_since_1970),
      cmocka_unit_test(dates_as_libc_has_them),
      cmocka_unit_test(bytes_that_names_do_not_have),
      cmocka_unit_test(bytes_of_subjects),
      cmocka_unit_test(addresses_of_other_sizes),
      cmocka_unit_test(serial_numbers),
      cmocka_unit_test(without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
