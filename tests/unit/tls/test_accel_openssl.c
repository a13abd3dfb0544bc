/* Ephemeral keys and signatures, ours against OpenSSL's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/ecdh.h>
#include <mbedtls/ecdsa.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "support/curve.h"

#define TIMES 1000

static char p256[] = "prime256v1";

static EVP_PKEY *p256_public(uint8_t *point) {
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, p256, sizeof p256 - 1),
      OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 65),
      OSSL_PARAM_END};
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  assert_non_null(context);
  assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
  assert_int_equal(
      EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
  EVP_PKEY_CTX_free(context);
  return key;
}

static void derive(EVP_PKEY *key, EVP_PKEY *peer, uint8_t *result) {
  size_t size = 32;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
  assert_non_null(context);
  assert_int_equal(EVP_PKEY_derive_init(context), 1);
  assert_int_equal(EVP_PKEY_derive_set_peer(context, peer), 1);
  assert_int_equal(EVP_PKEY_derive(context, result, &size), 1);
  assert_int_equal(size, 32);
  EVP_PKEY_CTX_free(context);
}

/* A key of ours and its public one in bytes. */
static size_t make(curve_key *key, uint8_t *point, size_t room) {
  size_t size;
  assert_int_equal(mbedtls_ecdh_gen_public(&key->group, &key->secret,
                                           &key->point, curve_random, NULL),
                   0);
  assert_int_equal(mbedtls_ecp_point_write_binary(&key->group, &key->point,
                                                  MBEDTLS_ECP_PF_UNCOMPRESSED,
                                                  &size, point, room),
                   0);
  return size;
}

static void share(curve_key *key, const uint8_t *point, size_t size,
                  mbedtls_mpi *result) {
  assert_int_equal(
      mbedtls_ecp_point_read_binary(&key->group, &key->point, point, size), 0);
  assert_int_equal(mbedtls_ecdh_compute_shared(&key->group, result, &key->point,
                                               &key->secret, curve_random,
                                               NULL),
                   0);
}

static void ecdh_on_p256(void **state) {
  uint8_t ours[65];
  uint8_t theirs[65];
  uint8_t results[2][32];
  size_t size;
  mbedtls_mpi result;
  curve_key key;
  (void)state;
  mbedtls_mpi_init(&result);
  curve_key_make(&key, MBEDTLS_ECP_DP_SECP256R1);
  for (int i = 0; i < TIMES; i++) {
    assert_int_equal(make(&key, ours, sizeof ours), 65);
    EVP_PKEY *peer = EVP_EC_gen("P-256");
    EVP_PKEY *us = p256_public(ours);
    assert_non_null(peer);
    assert_int_equal(EVP_PKEY_get_octet_string_param(
                         peer, OSSL_PKEY_PARAM_PUB_KEY, theirs, 65, &size),
                     1);
    derive(peer, us, results[0]);
    share(&key, theirs, size, &result);
    assert_int_equal(mbedtls_mpi_write_binary(&result, results[1], 32), 0);
    assert_memory_equal(results[0], results[1], 32);
    EVP_PKEY_free(us);
    EVP_PKEY_free(peer);
  }
  curve_key_free(&key);
  mbedtls_mpi_free(&result);
}

static void ecdh_on_x25519(void **state) {
  uint8_t ours[32];
  uint8_t theirs[32];
  uint8_t results[2][32];
  mbedtls_mpi result;
  curve_key key;
  (void)state;
  mbedtls_mpi_init(&result);
  curve_key_make(&key, MBEDTLS_ECP_DP_CURVE25519);
  for (int i = 0; i < TIMES; i++) {
    size_t size = sizeof theirs;
    assert_int_equal(make(&key, ours, sizeof ours), 32);
    EVP_PKEY *peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    EVP_PKEY *us = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, ours, 32);
    assert_non_null(peer);
    assert_non_null(us);
    assert_int_equal(EVP_PKEY_get_raw_public_key(peer, theirs, &size), 1);
    derive(peer, us, results[0]);
    share(&key, theirs, size, &result);
    assert_int_equal(mbedtls_mpi_write_binary_le(&result, results[1], 32), 0);
    assert_memory_equal(results[0], results[1], 32);
    EVP_PKEY_free(us);
    EVP_PKEY_free(peer);
  }
  curve_key_free(&key);
  mbedtls_mpi_free(&result);
}

static int verified(EVP_PKEY *key, const uint8_t *signature, size_t size,
                    const uint8_t *digest, size_t digest_size) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
  assert_non_null(context);
  assert_int_equal(EVP_PKEY_verify_init(context), 1);
  int result = EVP_PKEY_verify(context, signature, size, digest, digest_size);
  EVP_PKEY_CTX_free(context);
  return result;
}

static void signatures_on_p256(void **state) {
  static const mbedtls_md_type_t hashes[] = {
      MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512};
  uint8_t point[65];
  uint8_t digest[64];
  uint8_t signature[MBEDTLS_ECDSA_MAX_LEN];
  curve_key key;
  (void)state;
  curve_key_make(&key, MBEDTLS_ECP_DP_SECP256R1);
  for (int i = 0; i < TIMES; i++) {
    mbedtls_ecdsa_context context;
    size_t size;
    size_t digest_size = 32 + 16 * (size_t)(i % 3);
    assert_int_equal(make(&key, point, sizeof point), 65);
    mbedtls_ecdsa_init(&context);
    assert_int_equal(mbedtls_ecp_set_public_key(MBEDTLS_ECP_DP_SECP256R1,
                                                &context, &key.point),
                     0);
    assert_int_equal(mbedtls_mpi_copy(&context.MBEDTLS_PRIVATE(d), &key.secret),
                     0);
    (void)curve_random(NULL, digest, sizeof digest);
    assert_int_equal(mbedtls_ecdsa_write_signature(&context, hashes[i % 3],
                                                   digest, digest_size,
                                                   signature, sizeof signature,
                                                   &size, curve_random, NULL),
                     0);
    EVP_PKEY *us = p256_public(point);
    assert_int_equal(verified(us, signature, size, digest, digest_size), 1);
    digest[i % 32] ^= 1;
    assert_int_equal(verified(us, signature, size, digest, digest_size), 0);
    EVP_PKEY_free(us);
    mbedtls_ecdsa_free(&context);
  }
  curve_key_free(&key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ecdh_on_p256),
      cmocka_unit_test(ecdh_on_x25519),
      cmocka_unit_test(signatures_on_p256),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
