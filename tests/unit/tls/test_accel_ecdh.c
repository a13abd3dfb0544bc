/* Ephemeral keys, by src/tls/accel/ecdh.c or, without it, by Mbed TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/ecdh.h>

#include "support/bad_points.h"
#include "support/curve.h"
#include "support/hex.h"

static const mbedtls_ecp_group_id curves[] = {
    MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_CURVE25519,
    MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_SECP521R1,
    MBEDTLS_ECP_DP_CURVE448};

static int shared(curve_key *key, const mbedtls_ecp_point *peer,
                  mbedtls_mpi *result) {
  return mbedtls_ecdh_compute_shared(&key->group, result, peer, &key->secret,
                                     curve_random, NULL);
}

/* ---- RFC 7748 ------------------------------------------------------------ */

/* Prepares a scalar as RFC 7748 5 says, which Mbed TLS leaves to its caller. */
static void set_scalar(curve_key *key, const uint8_t *bytes) {
  uint8_t scalar[32];
  memcpy(scalar, bytes, sizeof scalar);
  scalar[0] &= 248;
  scalar[31] = (uint8_t)((scalar[31] & 127) | 64);
  assert_int_equal(
      mbedtls_mpi_read_binary_le(&key->secret, scalar, sizeof scalar), 0);
}

static void x25519(curve_key *key, uint8_t *result, const uint8_t *scalar,
                   const uint8_t *u) {
  mbedtls_mpi product;
  mbedtls_mpi_init(&product);
  set_scalar(key, scalar);
  assert_int_equal(
      mbedtls_ecp_point_read_binary(&key->group, &key->point, u, 32), 0);
  assert_int_equal(shared(key, &key->point, &product), 0);
  assert_int_equal(mbedtls_mpi_write_binary_le(&product, result, 32), 0);
  mbedtls_mpi_free(&product);
}

static void rfc_7748_vectors(void **state) {
  /* 5.2 and 6.1: scalar, u, their product. */
  static const char *const rows[][3] = {
      {"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
       "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
       "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
      {"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
       "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
       "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
      {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
       "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
       "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
      {"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
       "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
       "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
  };
  curve_key key;
  (void)state;
  curve_key_make(&key, MBEDTLS_ECP_DP_CURVE25519);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t scalar[32];
    uint8_t u[32];
    uint8_t result[32];
    hex_bytes(scalar, sizeof scalar, rows[i][0]);
    hex_bytes(u, sizeof u, rows[i][1]);
    x25519(&key, result, scalar, u);
    hex_equal(result, rows[i][2]);
  }
  curve_key_free(&key);
}

/* RFC 7748 5.2: what comes out is the next scalar. */
static void rfc_7748_iterated(void **state) {
  uint8_t k[32] = {9};
  uint8_t u[32] = {9};
  uint8_t result[32];
  curve_key key;
  (void)state;
  curve_key_make(&key, MBEDTLS_ECP_DP_CURVE25519);
  for (int i = 0; i < 1000; i++) {
    x25519(&key, result, k, u);
    memcpy(u, k, sizeof u);
    memcpy(k, result, sizeof k);
    if (i == 0)
      hex_equal(
          k,
          "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
  }
  hex_equal(k,
            "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
  curve_key_free(&key);
}

/* ---- Keys and secrets ---------------------------------------------------- */

static void keys_fit_and_both_sides_agree(curve_key *key,
                                          mbedtls_ecp_group_id curve) {
  mbedtls_ecp_point product;
  mbedtls_mpi ours;
  mbedtls_mpi theirs;
  curve_key peer;
  mbedtls_ecp_point_init(&product);
  mbedtls_mpi_init(&ours);
  mbedtls_mpi_init(&theirs);
  curve_key_make(&peer, curve);
  assert_int_equal(mbedtls_ecdh_gen_public(&key->group, &key->secret,
                                           &key->point, curve_random, NULL),
                   0);
  assert_int_equal(mbedtls_ecp_mul(&key->group, &product, &key->secret,
                                   &key->group.G, curve_random, NULL),
                   0);
  assert_int_equal(mbedtls_ecp_point_cmp(&product, &key->point), 0);
  assert_int_equal(shared(key, &peer.point, &ours), 0);
  assert_int_equal(shared(&peer, &key->point, &theirs), 0);
  assert_int_equal(mbedtls_mpi_cmp_mpi(&ours, &theirs), 0);
  assert_int_equal(mbedtls_ecp_mul(&key->group, &product, &key->secret,
                                   &peer.point, curve_random, NULL),
                   0);
  assert_int_equal(mbedtls_mpi_cmp_mpi(&ours, &product.MBEDTLS_PRIVATE(X)), 0);
  curve_key_free(&peer);
  mbedtls_mpi_free(&theirs);
  mbedtls_mpi_free(&ours);
  mbedtls_ecp_point_free(&product);
}

static void every_curve_agrees(void **state) {
  curve_key key;
  (void)state;
  for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
    for (int times = 0; times < 5; times++) {
      curve_key_make(&key, curves[i]);
      keys_fit_and_both_sides_agree(&key, curves[i]);
      curve_key_free(&key);
    }
  }
}

static int no_random(void *state, unsigned char *bytes, size_t size) {
  (void)state;
  memset(bytes, 0, size);
  return MBEDTLS_ERR_ECP_RANDOM_FAILED - 1;
}

static void without_random_numbers_there_is_no_key(void **state) {
  curve_key key;
  (void)state;
  for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
    curve_key_make(&key, curves[i]);
    assert_int_equal(mbedtls_ecdh_gen_public(&key.group, &key.secret,
                                             &key.point, no_random, NULL),
                     MBEDTLS_ERR_ECP_RANDOM_FAILED - 1);
    curve_key_free(&key);
  }
}

/* ---- What is refused ----------------------------------------------------- */

static void p256_points_off_the_curve(void **state) {
  curve_key key;
  mbedtls_mpi result;
  (void)state;
  mbedtls_mpi_init(&result);
  curve_key_make(&key, MBEDTLS_ECP_DP_SECP256R1);
  for (size_t i = 0; i < sizeof bad_p256 / sizeof bad_p256[0]; i++) {
    mbedtls_mpi *x = &key.point.MBEDTLS_PRIVATE(X);
    mbedtls_mpi *y = &key.point.MBEDTLS_PRIVATE(Y);
    assert_int_equal(mbedtls_mpi_read_string(x, 16, bad_p256[i][0]), 0);
    assert_int_equal(mbedtls_mpi_read_string(y, 16, bad_p256[i][1]), 0);
    assert_int_equal(shared(&key, &key.point, &result),
                     MBEDTLS_ERR_ECP_INVALID_KEY);
  }
  assert_int_equal(mbedtls_ecp_set_zero(&key.point), 0);
  assert_int_equal(shared(&key, &key.point, &result),
                   MBEDTLS_ERR_ECP_INVALID_KEY);
  curve_key_free(&key);
  mbedtls_mpi_free(&result);
}

static void x25519_points_of_low_order(void **state) {
  curve_key key;
  mbedtls_mpi result;
  uint8_t u[32];
  (void)state;
  mbedtls_mpi_init(&result);
  curve_key_make(&key, MBEDTLS_ECP_DP_CURVE25519);
  for (size_t i = 0; i < sizeof low_order / sizeof low_order[0]; i++) {
    hex_bytes(u, sizeof u, low_order[i]);
    assert_int_equal(
        mbedtls_ecp_point_read_binary(&key.group, &key.point, u, sizeof u), 0);
    assert_int_equal(shared(&key, &key.point, &result),
                     MBEDTLS_ERR_ECP_INVALID_KEY);
  }
  curve_key_free(&key);
  mbedtls_mpi_free(&result);
}

static void wrong_private_keys(void **state) {
  curve_key key;
  curve_key peer;
  mbedtls_mpi result;
  (void)state;
  mbedtls_mpi_init(&result);
  for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
    curve_key_make(&key, curves[i]);
    curve_key_make(&peer, curves[i]);
    assert_int_equal(mbedtls_mpi_lset(&key.secret, 0), 0);
    assert_int_equal(shared(&key, &peer.point, &result),
                     MBEDTLS_ERR_ECP_INVALID_KEY);
    /* Above every order, and not what RFC 7748 5 makes of a scalar. */
    assert_int_equal(mbedtls_mpi_lset(&key.secret, 1), 0);
    assert_int_equal(mbedtls_mpi_shift_l(&key.secret, 530), 0);
    assert_int_equal(shared(&key, &peer.point, &result),
                     MBEDTLS_ERR_ECP_INVALID_KEY);
    curve_key_free(&peer);
    curve_key_free(&key);
  }
  mbedtls_mpi_free(&result);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rfc_7748_vectors),
      cmocka_unit_test(rfc_7748_iterated),
      cmocka_unit_test(every_curve_agrees),
      cmocka_unit_test(without_random_numbers_there_is_no_key),
      cmocka_unit_test(p256_points_off_the_curve),
      cmocka_unit_test(x25519_points_of_low_order),
      cmocka_unit_test(wrong_private_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
