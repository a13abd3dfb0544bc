/* P-256 by nettle, whose elliptic curves are free of side channels by design.

   Points and scalars are limbs on our stack. The functions of nettle that make
   them take memory from GMP, which ends the process if there is none, and gives
   it back as it is. */
#include <gmp.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>

#include <mbedtls/ecp.h>
#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>

#include "tls/accel/arithmetic.h"

#define LIMB sizeof(mp_limb_t)
#define LIMBS (WSS__ACCEL_SCALAR / LIMB)

/* Of bytes: more than nettle works with. */
#define SCRATCH 4096

static const uint8_t order[WSS__ACCEL_SCALAR] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
    0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

static void load(mp_limb_t *number, const uint8_t *bytes) {
  for (size_t i = 0; i < LIMBS; i++) {
    number[i] = 0;
    for (size_t j = 0; j < LIMB; j++)
      number[i] |= (mp_limb_t)bytes[WSS__ACCEL_SCALAR - 1 - i * LIMB - j]
                   << (8 * j);
  }
}

static void store(uint8_t *bytes, const mp_limb_t *number) {
  for (size_t i = 0; i < WSS__ACCEL_SCALAR; i++)
    bytes[WSS__ACCEL_SCALAR - 1 - i] =
        (uint8_t)(number[i / LIMB] >> (8 * (i % LIMB)));
}

/* The one decision on a secret, and it is one that is seen from outside. */
static int verdict(mp_limb_t bits, mp_limb_t below) {
  return bits != 0 && below != 0 ? 0 : MBEDTLS_ERR_ECP_INVALID_KEY;
}

/* Loads a number that must be above 0 and below the order. */
static int load_scalar(mp_limb_t *scalar, const uint8_t *bytes) {
  mp_limb_t limit[LIMBS];
  mp_limb_t difference[LIMBS];
  mp_limb_t bits = 0;
  load(scalar, bytes);
  load(limit, order);
  for (size_t i = 0; i < LIMBS; i++)
    bits |= scalar[i];
  mp_limb_t below = mpn_sub_n(difference, scalar, limit, LIMBS);
  mbedtls_platform_zeroize(difference, sizeof difference);
  return verdict(bits, below);
}

/* Whether GMP will find the memory that nettle multiplies in. Another thread
   may take it in between; there is no better question to ask. */
static int find_memory(void) {
  void *memory = mbedtls_calloc(1, SCRATCH);
  if (memory == NULL)
    return MBEDTLS_ERR_ECP_ALLOC_FAILED;
  mbedtls_free(memory);
  return 0;
}

/* By the base point if there is no other. */
static int multiply(uint8_t *result, const uint8_t *scalar,
                    const uint8_t *point) {
  const struct ecc_curve *curve = nettle_get_secp_256r1();
  mp_limb_t by_limbs[LIMBS];
  mp_limb_t from[2 * LIMBS];
  mp_limb_t to[2 * LIMBS] = {0};
  const struct ecc_scalar by = {curve, by_limbs};
  const struct ecc_point factor = {curve, from};
  struct ecc_point product = {curve, to};
  int code = load_scalar(by_limbs, scalar);
  if (code == 0)
    code = find_memory();
  if (code == 0 && point == NULL) {
    ecc_point_mul_g(&product, &by);
  } else if (code == 0) {
    load(from, point);
    load(from + LIMBS, point + WSS__ACCEL_SCALAR);
    ecc_point_mul(&product, &by, &factor);
  }
  if (code == 0) {
    store(result, to);
    store(result + WSS__ACCEL_SCALAR, to + LIMBS);
  }
  mbedtls_platform_zeroize(by_limbs, sizeof by_limbs);
  mbedtls_platform_zeroize(to, sizeof to);
  return code;
}

int wss__accel_p256_base(uint8_t *result, const uint8_t *scalar) {
  return multiply(result, scalar, NULL);
}

int wss__accel_p256_multiply(uint8_t *result, const uint8_t *scalar,
                             const uint8_t *point) {
  return multiply(result, scalar, point);
}

int wss__accel_p256_sign(uint8_t *signature, const uint8_t *key,
                         const uint8_t *nonce, const uint8_t *digest,
                         size_t size) {
  const struct ecc_curve *curve = nettle_get_secp_256r1();
  mp_limb_t key_limbs[LIMBS];
  mp_limb_t nonce_limbs[LIMBS];
  mp_limb_t r[LIMBS];
  mp_limb_t s[LIMBS];
  mp_limb_t scratch[SCRATCH / LIMB];
  int code = load_scalar(key_limbs, key);
  if (code == 0)
    code = load_scalar(nonce_limbs, nonce);
  if (code == 0 && (size_t)ecc_ecdsa_sign_itch(curve) * LIMB > SCRATCH)
    code = MBEDTLS_ERR_ECP_ALLOC_FAILED;
  if (code == 0) {
    ecc_ecdsa_sign(curve, key_limbs, nonce_limbs, size, digest, r, s, scratch);
    store(signature, r);
    store(signature + WSS__ACCEL_SCALAR, s);
    mbedtls_platform_zeroize(scratch, sizeof scratch);
  }
  mbedtls_platform_zeroize(key_limbs, sizeof key_limbs);
  mbedtls_platform_zeroize(nonce_limbs, sizeof nonce_limbs);
  return code;
}
