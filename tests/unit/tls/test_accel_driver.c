/* Ephemeral keys of TLS 1.3: PSA, with the driver of src/tls/accel/driver.c or
   without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <psa/crypto.h>

#include "support/bad_points.h"
#include "support/hex.h"

typedef struct kind {
  psa_ecc_family_t family;
  size_t bits;
  size_t public_size;
} kind;

static const kind p256 = {PSA_ECC_FAMILY_SECP_R1, 256, 65};
static const kind p384 = {PSA_ECC_FAMILY_SECP_R1, 384, 97};
static const kind x25519 = {PSA_ECC_FAMILY_MONTGOMERY, 255, 32};
static const kind x448 = {PSA_ECC_FAMILY_MONTGOMERY, 448, 56};

static int start(void **state) {
  (void)state;
  return psa_crypto_init() == PSA_SUCCESS ? 0 : 1;
}

static int stop(void **state) {
  (void)state;
  mbedtls_psa_crypto_free();
  return 0;
}

static psa_key_attributes_t attributes(const kind *of) {
  psa_key_attributes_t result = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_usage_flags(&result, PSA_KEY_USAGE_DERIVE);
  psa_set_key_algorithm(&result, PSA_ALG_ECDH);
  psa_set_key_type(&result, PSA_KEY_TYPE_ECC_KEY_PAIR(of->family));
  psa_set_key_bits(&result, of->bits);
  return result;
}

static psa_key_id_t make(const kind *of) {
  psa_key_attributes_t with = attributes(of);
  psa_key_id_t key;
  assert_int_equal(psa_generate_key(&with, &key), PSA_SUCCESS);
  return key;
}

static psa_key_id_t import(const kind *of, const char *digits) {
  psa_key_attributes_t with = attributes(of);
  psa_key_id_t key;
  uint8_t bytes[64];
  size_t size = hex_bytes(bytes, sizeof bytes, digits);
  assert_int_equal(psa_import_key(&with, bytes, size, &key), PSA_SUCCESS);
  return key;
}

static psa_status_t agree(psa_key_id_t key, const uint8_t *peer, size_t size,
                          uint8_t *result) {
  size_t length;
  return psa_raw_key_agreement(PSA_ALG_ECDH, key, peer, size, result, 66,
                               &length);
}

static void both_sides_agree(const kind *of) {
  psa_key_id_t keys[2] = {make(of), make(of)};
  uint8_t points[2][97];
  uint8_t results[2][66] = {{0}, {0}};
  size_t size;
  for (int i = 0; i < 2; i++) {
    assert_int_equal(
        psa_export_public_key(keys[i], points[i], of->public_size, &size),
        PSA_SUCCESS);
    assert_int_equal(size, of->public_size);
  }
  for (int i = 0; i < 2; i++)
    assert_int_equal(agree(keys[i], points[1 - i], size, results[i]),
                     PSA_SUCCESS);
  assert_memory_equal(results[0], results[1], sizeof results[0]);
  for (int i = 0; i < 2; i++)
    assert_int_equal(psa_destroy_key(keys[i]), PSA_SUCCESS);
}

static void every_kind_agrees(void **state) {
  (void)state;
  both_sides_agree(&p256);
  both_sides_agree(&p384);
  both_sides_agree(&x25519);
  both_sides_agree(&x448);
}

/* RFC 6979 A.2.5 and RFC 7748 6.1. */
static void known_public_keys(void **state) {
  uint8_t point[65];
  size_t size;
  (void)state;
  psa_key_id_t key = import(
      &p256,
      "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
  assert_int_equal(psa_export_public_key(key, point, sizeof point, &size),
                   PSA_SUCCESS);
  assert_int_equal(size, 65);
  hex_equal(point, "04"
                   "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f"
                   "29fb6"
                   "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d44"
                   "62299");
  assert_int_equal(psa_destroy_key(key), PSA_SUCCESS);
  key = import(
      &x25519,
      "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  assert_int_equal(psa_export_public_key(key, point, sizeof point, &size),
                   PSA_SUCCESS);
  assert_int_equal(size, 32);
  hex_equal(point,
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  assert_int_equal(psa_destroy_key(key), PSA_SUCCESS);
}

static void too_little_room(void **state) {
  static const kind *const kinds[] = {&p256, &x25519};
  (void)state;
  for (int i = 0; i < 2; i++) {
    psa_key_id_t key = make(kinds[i]);
    uint8_t point[65];
    size_t size;
    assert_int_equal(
        psa_export_public_key(key, point, kinds[i]->public_size - 1, &size),
        PSA_ERROR_BUFFER_TOO_SMALL);
    assert_int_equal(psa_destroy_key(key), PSA_SUCCESS);
  }
}

static void refuses(const kind *of, const uint8_t *peer, size_t size) {
  uint8_t result[66];
  psa_key_id_t key = make(of);
  assert_int_equal(agree(key, peer, size, result), PSA_ERROR_INVALID_ARGUMENT);
  assert_int_equal(psa_destroy_key(key), PSA_SUCCESS);
}

static void bad_points_are_refused(void **state) {
  uint8_t peer[98] = {4};
  (void)state;
  for (size_t i = 0; i < sizeof bad_p256 / sizeof bad_p256[0]; i++) {
    memset(peer + 1, 0, 64);
    if (strlen(bad_p256[i][0]) == 64) {
      hex_bytes(peer + 1, 32, bad_p256[i][0]);
      hex_bytes(peer + 33, 32, bad_p256[i][1]);
    } else {
      peer[32] = (uint8_t)strtoul(bad_p256[i][0], NULL, 16);
      peer[64] = (uint8_t)strtoul(bad_p256[i][1], NULL, 16);
    }
    refuses(&p256, peer, 65);
  }
  for (size_t i = 0; i < sizeof low_order / sizeof low_order[0]; i++) {
    hex_bytes(peer, 32, low_order[i]);
    refuses(&x25519, peer, 32);
  }
}

static void points_of_another_length_are_refused(void **state) {
  static const size_t lengths[] = {0, 1, 31, 32, 33, 64, 65, 66, 97};
  uint8_t point[98];
  uint8_t peer[98] = {0};
  size_t size;
  (void)state;
  psa_key_id_t key = make(&p256);
  assert_int_equal(psa_export_public_key(key, point, sizeof point, &size),
                   PSA_SUCCESS);
  assert_int_equal(psa_destroy_key(key), PSA_SUCCESS);
  memcpy(peer, point, 65);
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    if (lengths[i] != 65)
      refuses(&p256, peer, lengths[i]);
  }
  peer[0] = 0; /* infinity is this one byte */
  refuses(&p256, peer, 1);
  peer[0] = 9;
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    if (lengths[i] != 32)
      refuses(&x25519, peer, lengths[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_agrees),
      cmocka_unit_test(known_public_keys),
      cmocka_unit_test(too_little_room),
      cmocka_unit_test(bad_points_are_refused),
      cmocka_unit_test(points_of_another_length_are_refused),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
