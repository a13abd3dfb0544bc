/* The five functions, against Mbed TLS's own multiplication, which no hook
   replaces. Built only where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/ecdsa.h>

#include "support/bad_points.h"
#include "support/curve.h"
#include "support/hex.h"
#include "tls/accel/arithmetic.h"

static const char order[] =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/* Where additions meet equal points, opposite ones and infinity, if anywhere.
 */
static const char *const scalars[] = {
    "0000000000000000000000000000000000000000000000000000000000000001",
    "0000000000000000000000000000000000000000000000000000000000000002",
    "0000000000000000000000000000000000000000000000000000000000000003",
    "0000000000000000000000000000000000000000000000000000000000000010",
    "00000000000000000000000000000000ffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000100000000000000000000000000000000",
    "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8",
    "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a9",
    "8000000000000000000000000000000000000000000000000000000000000000",
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f",
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
};

static const char *const out_of_range[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static void p256_by_mbedtls(uint8_t *result, const uint8_t *scalar,
                            curve_key *of) {
  mbedtls_ecp_point product;
  mbedtls_mpi by;
  uint8_t bytes[65];
  size_t size;
  mbedtls_ecp_point_init(&product);
  mbedtls_mpi_init(&by);
  assert_int_equal(mbedtls_mpi_read_binary(&by, scalar, 32), 0);
  assert_int_equal(mbedtls_ecp_mul(&of->group, &product, &by, &of->point,
                                   curve_random, NULL),
                   0);
  assert_int_equal(mbedtls_ecp_point_write_binary(&of->group, &product,
                                                  MBEDTLS_ECP_PF_UNCOMPRESSED,
                                                  &size, bytes, sizeof bytes),
                   0);
  memcpy(result, bytes + 1, 64);
  mbedtls_mpi_free(&by);
  mbedtls_ecp_point_free(&product);
}

static void point_bytes(uint8_t *bytes, curve_key *of) {
  const uint8_t one[32] = {[31] = 1};
  p256_by_mbedtls(bytes, one, of);
}

static void p256_products(void **state) {
  uint8_t scalar[32];
  uint8_t point[64];
  uint8_t product[64];
  uint8_t expected[64];
  curve_key base;
  curve_key other;
  (void)state;
  curve_key_make(&base, MBEDTLS_ECP_DP_SECP256R1);
  curve_key_make(&other, MBEDTLS_ECP_DP_SECP256R1);
  assert_int_equal(mbedtls_ecp_copy(&base.point, &base.group.G), 0);
  for (size_t i = 0; i < sizeof scalars / sizeof scalars[0]; i++) {
    hex_bytes(scalar, sizeof scalar, scalars[i]);
    p256_by_mbedtls(expected, scalar, &base);
    assert_int_equal(wss__accel_p256_base(product, scalar), 0);
    assert_memory_equal(product, expected, sizeof product);
    point_bytes(point, &base);
    assert_int_equal(wss__accel_p256_multiply(product, scalar, point), 0);
    assert_memory_equal(product, expected, sizeof product);
    p256_by_mbedtls(expected, scalar, &other);
    point_bytes(point, &other);
    assert_int_equal(wss__accel_p256_multiply(point, scalar, point), 0);
    assert_memory_equal(point, expected, sizeof point);
  }
  curve_key_free(&other);
  curve_key_free(&base);
}

static void p256_scalars_out_of_range(void **state) {
  uint8_t bad[32];
  const uint8_t good[32] = {[31] = 5};
  const uint8_t digest[32] = {1};
  uint8_t point[64];
  uint8_t result[64];
  (void)state;
  assert_int_equal(wss__accel_p256_base(point, good), 0);
  for (size_t i = 0; i < sizeof out_of_range / sizeof out_of_range[0]; i++) {
    hex_bytes(bad, sizeof bad, out_of_range[i]);
    assert_int_equal(wss__accel_p256_base(result, bad),
                     MBEDTLS_ERR_ECP_INVALID_KEY);
    assert_int_equal(wss__accel_p256_multiply(result, bad, point),
                     MBEDTLS_ERR_ECP_INVALID_KEY);
    assert_int_equal(wss__accel_p256_sign(result, bad, good, digest, 32),
                     MBEDTLS_ERR_ECP_INVALID_KEY);
    assert_int_equal(wss__accel_p256_sign(result, good, bad, digest, 32),
                     MBEDTLS_ERR_ECP_INVALID_KEY);
  }
}

static void verify(curve_key *key, const uint8_t *signature,
                   const uint8_t *digest, size_t size) {
  mbedtls_mpi r;
  mbedtls_mpi s;
  mbedtls_mpi_init(&r);
  mbedtls_mpi_init(&s);
  assert_int_equal(mbedtls_mpi_read_binary(&r, signature, 32), 0);
  assert_int_equal(mbedtls_mpi_read_binary(&s, signature + 32, 32), 0);
  assert_int_equal(
      mbedtls_ecdsa_verify(&key->group, digest, size, &key->point, &r, &s), 0);
  mbedtls_mpi_free(&s);
  mbedtls_mpi_free(&r);
}

/* Keys and nonces at the ends of their range, digests at and above it. */
static void p256_signatures(void **state) {
  uint8_t digest[32];
  uint8_t nonce[32];
  uint8_t secret[32];
  uint8_t signature[64];
  curve_key key;
  const char *digests[] = {order, scalars[0], scalars[10], out_of_range[0],
                           out_of_range[3]};
  (void)state;
  for (size_t i = 0; i < sizeof scalars / sizeof scalars[0]; i++) {
    curve_key_make(&key, MBEDTLS_ECP_DP_SECP256R1);
    hex_bytes(secret, sizeof secret, scalars[i]);
    assert_int_equal(mbedtls_mpi_read_binary(&key.secret, secret, 32), 0);
    assert_int_equal(mbedtls_ecp_mul(&key.group, &key.point, &key.secret,
                                     &key.group.G, curve_random, NULL),
                     0);
    for (size_t j = 0; j < sizeof digests / sizeof digests[0]; j++) {
      hex_bytes(nonce, sizeof nonce, scalars[(i + 3 * j) % 11]);
      hex_bytes(digest, sizeof digest, digests[j]);
      assert_int_equal(
          wss__accel_p256_sign(signature, secret, nonce, digest, 32), 0);
      verify(&key, signature, digest, sizeof digest);
    }
    curve_key_free(&key);
  }
}

static void x25519_points_of_low_order(void **state) {
  uint8_t result[32];
  uint8_t scalar[32];
  uint8_t u[32];
  (void)state;
  (void)curve_random(NULL, scalar, sizeof scalar);
  for (size_t i = 0; i < sizeof low_order / sizeof low_order[0]; i++) {
    hex_bytes(u, sizeof u, low_order[i]);
    assert_int_equal(wss__accel_x25519_multiply(result, scalar, u),
                     MBEDTLS_ERR_ECP_BAD_INPUT_DATA);
  }
}

static void x25519_base_is_nine(void **state) {
  const uint8_t nine[32] = {9};
  uint8_t scalar[32];
  uint8_t product[32];
  uint8_t expected[32];
  (void)state;
  for (int i = 0; i < 100; i++) {
    (void)curve_random(NULL, scalar, sizeof scalar);
    wss__accel_x25519_base(product, scalar);
    assert_int_equal(wss__accel_x25519_multiply(expected, scalar, nine), 0);
    assert_memory_equal(product, expected, sizeof product);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(p256_products),
      cmocka_unit_test(p256_scalars_out_of_range),
      cmocka_unit_test(p256_signatures),
      cmocka_unit_test(x25519_points_of_low_order),
      cmocka_unit_test(x25519_base_is_nine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
