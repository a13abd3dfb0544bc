/* A server's first bytes, whatever they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "programs/flight.c" /* programs are no part of the library */

/* ServerHello with supported_versions and key_share. */
static const uint8_t tls13[] = {
    22, 3, 3,  0, 56, 2, 0,  0, 52, 3, 3, 1, 1, 1, 1,  1, 1, 1, 1, 1, 1,
    1,  1, 1,  1, 1,  1, 1,  1, 1,  1, 1, 1, 1, 1, 1,  1, 1, 1, 1, 1, 1,
    1,  0, 19, 1, 0,  0, 12, 0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0, 29};

/* The same without key_share, in two records, then ServerKeyExchange. */
static const uint8_t tls12[] = {
    22, 3, 3, 0, 3, 2,   0,  0, 22, 3, 3, 0, 39, 38, 3, 3, 1, 1, 1, 1,  1, 1,
    1,  1, 1, 1, 1, 1,   1,  1, 1,  1, 1, 1, 1,  1,  1, 1, 1, 1, 1, 1,  1, 1,
    1,  1, 1, 1, 0, 192, 43, 0, 22, 3, 3, 0, 8,  12, 0, 0, 4, 3, 0, 23, 0};

static const char *group(const uint8_t *bytes, size_t size) {
  /* To the byte, for the address sanitizer. */
  uint8_t *copy = malloc(size == 0 ? 1 : size);
  assert_non_null(copy);
  memcpy(copy, bytes, size);
  const char *result = wss__flight_group(copy, size);
  free(copy);
  return result;
}

static void both_versions(void **state) {
  (void)state;
  assert_string_equal(group(tls13, sizeof tls13), "x25519");
  assert_string_equal(group(tls12, sizeof tls12), "secp256r1");
}

static void cut_and_changed(void **state) {
  const uint8_t *flights[] = {tls13, tls12};
  const size_t sizes[] = {sizeof tls13, sizeof tls12};
  (void)state;
  for (size_t which = 0; which < 2; which++) {
    uint8_t changed[128];
    for (size_t size = 0; size < sizes[which]; size++)
      assert_non_null(group(flights[which], size));
    assert_string_equal(group(flights[which], 20), "an unknown group");
    for (size_t at = 0; at < sizes[which]; at++) {
      for (int value = 0; value < 256; value++) {
        memcpy(changed, flights[which], sizes[which]);
        changed[at] = (uint8_t)value;
        assert_non_null(group(changed, sizes[which]));
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_versions),
      cmocka_unit_test(cut_and_changed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
