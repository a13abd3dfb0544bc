/* Signatures, by src/tls/accel/ecdsa.c or, without it, by Mbed TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/ecdsa.h>

#include "support/curve.h"
#include "support/rfc6979_rows.h"

static const mbedtls_ecp_group_id curves[] = {MBEDTLS_ECP_DP_SECP256R1,
                                              MBEDTLS_ECP_DP_SECP384R1,
                                              MBEDTLS_ECP_DP_SECP521R1};

static mbedtls_mpi r;
static mbedtls_mpi s;

static int begin(void **state) {
  (void)state;
  mbedtls_mpi_init(&r);
  mbedtls_mpi_init(&s);
  return 0;
}

static int end(void **state) {
  (void)state;
  mbedtls_mpi_free(&r);
  mbedtls_mpi_free(&s);
  return 0;
}

static void read_number(mbedtls_mpi *number, const char *digits) {
  mbedtls_mpi_init(number);
  assert_int_equal(mbedtls_mpi_read_string(number, 16, digits), 0);
}

static const char *key_of(mbedtls_ecp_group_id curve) {
  if (curve == MBEDTLS_ECP_DP_SECP256R1)
    return rfc6979_p256;
  return curve == MBEDTLS_ECP_DP_SECP384R1 ? rfc6979_p384 : rfc6979_p521;
}

static void check_row(const rfc6979_row *row) {
  unsigned char digest[64];
  mbedtls_ecp_group group;
  mbedtls_mpi key;
  mbedtls_mpi expected_r;
  mbedtls_mpi expected_s;
  const mbedtls_md_info_t *hash = mbedtls_md_info_from_type(row->hash);
  mbedtls_ecp_group_init(&group);
  assert_int_equal(mbedtls_ecp_group_load(&group, row->curve), 0);
  assert_int_equal(mbedtls_md(hash, (const unsigned char *)row->message,
                              strlen(row->message), digest),
                   0);
  read_number(&key, key_of(row->curve));
  read_number(&expected_r, row->r);
  read_number(&expected_s, row->s);
  assert_int_equal(mbedtls_ecdsa_sign_det_ext(&group, &r, &s, &key, digest,
                                              mbedtls_md_get_size(hash),
                                              row->hash, curve_random, NULL),
                   0);
  assert_int_equal(mbedtls_mpi_cmp_mpi(&r, &expected_r), 0);
  assert_int_equal(mbedtls_mpi_cmp_mpi(&s, &expected_s), 0);
  mbedtls_mpi_free(&expected_s);
  mbedtls_mpi_free(&expected_r);
  mbedtls_mpi_free(&key);
  mbedtls_ecp_group_free(&group);
}

static void rfc_6979(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rfc6979_rows / sizeof rfc6979_rows[0]; i++)
    check_row(&rfc6979_rows[i]);
}

static void digests_of_any_size_are_verified(void **state) {
  static const size_t sizes[] = {0, 1, 20, 31, 32, 33, 48, 64, 65, 66, 67, 100};
  unsigned char digest[100];
  curve_key key;
  (void)state;
  for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
    for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
      curve_key_make(&key, curves[i]);
      (void)curve_random(NULL, digest, sizeof digest);
      assert_int_equal(mbedtls_ecdsa_sign(&key.group, &r, &s, &key.secret,
                                          digest, sizes[j], curve_random, NULL),
                       0);
      assert_int_equal(mbedtls_ecdsa_verify(&key.group, digest, sizes[j],
                                            &key.point, &r, &s),
                       0);
      if (sizes[j] > 0) {
        digest[0] ^= 1;
        assert_int_not_equal(mbedtls_ecdsa_verify(&key.group, digest, sizes[j],
                                                  &key.point, &r, &s),
                             0);
      }
      curve_key_free(&key);
    }
  }
}

static int try_key(mbedtls_ecp_group *group, const mbedtls_mpi *key) {
  unsigned char digest[32] = {1};
  return mbedtls_ecdsa_sign(group, &r, &s, key, digest, sizeof digest,
                            curve_random, NULL);
}

static void keys_out_of_range_are_refused(void **state) {
  curve_key key;
  (void)state;
  for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
    curve_key_make(&key, curves[i]);
    mbedtls_mpi *secret = &key.secret;
    assert_int_equal(mbedtls_mpi_lset(secret, 0), 0);
    assert_int_equal(try_key(&key.group, secret), MBEDTLS_ERR_ECP_INVALID_KEY);
    assert_int_equal(mbedtls_mpi_lset(secret, -1), 0);
    assert_int_equal(try_key(&key.group, secret), MBEDTLS_ERR_ECP_INVALID_KEY);
    assert_int_equal(mbedtls_mpi_copy(secret, &key.group.N), 0);
    assert_int_equal(try_key(&key.group, secret), MBEDTLS_ERR_ECP_INVALID_KEY);
    assert_int_equal(mbedtls_mpi_sub_int(secret, secret, 1), 0);
    assert_int_equal(try_key(&key.group, secret), 0);
    curve_key_free(&key);
  }
}

static void other_curves_sign_nothing(void **state) {
  mbedtls_ecp_group none;
  curve_key key;
  (void)state;
  curve_key_make(&key, MBEDTLS_ECP_DP_CURVE25519);
  assert_int_equal(try_key(&key.group, &key.secret),
                   MBEDTLS_ERR_ECP_BAD_INPUT_DATA);
  mbedtls_ecp_group_init(&none);
  assert_int_equal(try_key(&none, &key.secret), MBEDTLS_ERR_ECP_BAD_INPUT_DATA);
  curve_key_free(&key);
}

static int no_random(void *state, unsigned char *bytes, size_t size) {
  (void)state;
  memset(bytes, 0, size);
  return MBEDTLS_ERR_ECP_RANDOM_FAILED - 1;
}

/* Never a number below the order. */
static int high_random(void *state, unsigned char *bytes, size_t size) {
  (void)state;
  memset(bytes, 0xff, size);
  return 0;
}

static void without_random_numbers_there_is_no_signature(void **state) {
  unsigned char digest[32] = {1};
  curve_key key;
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    curve_key_make(&key, curves[i]);
    assert_int_equal(mbedtls_ecdsa_sign(&key.group, &r, &s, &key.secret, digest,
                                        sizeof digest, no_random, NULL),
                     MBEDTLS_ERR_ECP_RANDOM_FAILED - 1);
    assert_int_not_equal(mbedtls_ecdsa_sign(&key.group, &r, &s, &key.secret,
                                            digest, sizeof digest, high_random,
                                            NULL),
                         0);
    curve_key_free(&key);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(rfc_6979, begin, end),
      cmocka_unit_test_setup_teardown(digests_of_any_size_are_verified, begin,
                                      end),
      cmocka_unit_test_setup_teardown(keys_out_of_range_are_refused, begin,
                                      end),
      cmocka_unit_test_setup_teardown(other_curves_sign_nothing, begin, end),
      cmocka_unit_test_setup_teardown(
          without_random_numbers_there_is_no_signature, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
