#include "support/curve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

int curve_random(void *state, unsigned char *bytes, size_t size) {
  static uint64_t x = 88172645463325252; /* xorshift */
  (void)state;
  for (size_t i = 0; i < size; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    bytes[i] = (unsigned char)(x >> 24);
  }
  return 0;
}

void curve_key_make(curve_key *key, mbedtls_ecp_group_id curve) {
  mbedtls_ecp_group_init(&key->group);
  mbedtls_mpi_init(&key->secret);
  mbedtls_ecp_point_init(&key->point);
  assert_int_equal(mbedtls_ecp_group_load(&key->group, curve), 0);
  assert_int_equal(
      mbedtls_ecp_gen_privkey(&key->group, &key->secret, curve_random, NULL),
      0);
  assert_int_equal(mbedtls_ecp_mul(&key->group, &key->point, &key->secret,
                                   &key->group.G, curve_random, NULL),
                   0);
}

void curve_key_free(curve_key *key) {
  mbedtls_ecp_group_free(&key->group);
  mbedtls_mpi_free(&key->secret);
  mbedtls_ecp_point_free(&key->point);
}
