/* Mbed TLS's hook for signatures: MBEDTLS_ECDSA_SIGN_ALT. The nonces come from
   f_rng, which makes those of RFC 6979 where MBEDTLS_ECDSA_DETERMINISTIC is. */
#include <mbedtls/ecdsa.h>
#include <mbedtls/platform_util.h>

#include "tls/accel/arithmetic.h"

typedef int random_function(void *, unsigned char *, size_t);

/* r or s came out as 0, which happens once in 2^256 times. */
#define AGAIN 1
#define TRIES 10

typedef struct signing {
  mbedtls_ecp_group *group;
  const mbedtls_mpi *key;
  const unsigned char *digest;
  size_t size;
  random_function *random;
  void *state;
} signing;

static int sign_p256(const signing *it, const mbedtls_mpi *nonce,
                     mbedtls_mpi *r, mbedtls_mpi *s) {
  uint8_t key[WSS__ACCEL_SCALAR];
  uint8_t bytes[WSS__ACCEL_SCALAR];
  uint8_t signature[2 * WSS__ACCEL_SCALAR];
  int code = mbedtls_mpi_write_binary(it->key, key, sizeof key);
  if (code == 0)
    code = mbedtls_mpi_write_binary(nonce, bytes, sizeof bytes);
  if (code == 0)
    code = wss__accel_p256_sign(signature, key, bytes, it->digest, it->size);
  if (code == 0)
    code = mbedtls_mpi_read_binary(r, signature, WSS__ACCEL_SCALAR);
  if (code == 0)
    code = mbedtls_mpi_read_binary(s, signature + WSS__ACCEL_SCALAR,
                                   WSS__ACCEL_SCALAR);
  mbedtls_platform_zeroize(key, sizeof key);
  mbedtls_platform_zeroize(bytes, sizeof bytes);
  return code;
}

/* The leftmost bits of a digest, as many as the order has. */
static int digest_number(const signing *it, mbedtls_mpi *number) {
  size_t bits = it->group->nbits;
  size_t size = it->size < (bits + 7) / 8 ? it->size : (bits + 7) / 8;
  int code = mbedtls_mpi_read_binary(number, it->digest, size);
  if (code == 0 && 8 * size > bits)
    code = mbedtls_mpi_shift_r(number, 8 * size - bits);
  return code;
}

/* s = (e + r d) / k (SEC 1 4.1.3), on any curve. */
static int sign_other(const signing *it, const mbedtls_mpi *nonce,
                      mbedtls_mpi *r, mbedtls_mpi *s) {
  mbedtls_ecp_group *group = it->group;
  mbedtls_ecp_point point;
  mbedtls_mpi e;
  mbedtls_ecp_point_init(&point);
  mbedtls_mpi_init(&e);
  int code =
      mbedtls_ecp_mul(group, &point, nonce, &group->G, it->random, it->state);
  if (code == 0)
    code = mbedtls_mpi_mod_mpi(r, &point.MBEDTLS_PRIVATE(X), &group->N);
  if (code == 0)
    code = digest_number(it, &e);
  if (code == 0)
    code = mbedtls_mpi_mul_mpi(s, r, it->key);
  if (code == 0)
    code = mbedtls_mpi_add_mpi(&e, &e, s);
  if (code == 0)
    code = mbedtls_mpi_inv_mod(s, nonce, &group->N);
  if (code == 0)
    code = mbedtls_mpi_mul_mpi(s, s, &e);
  if (code == 0)
    code = mbedtls_mpi_mod_mpi(s, s, &group->N);
  mbedtls_ecp_point_free(&point);
  mbedtls_mpi_free(&e);
  return code;
}

static int sign_once(const signing *it, mbedtls_mpi *r, mbedtls_mpi *s) {
  mbedtls_mpi nonce;
  mbedtls_mpi_init(&nonce);
  int code = mbedtls_ecp_gen_privkey(it->group, &nonce, it->random, it->state);
  if (code == 0)
    code = it->group->id == MBEDTLS_ECP_DP_SECP256R1
               ? sign_p256(it, &nonce, r, s)
               : sign_other(it, &nonce, r, s);
  mbedtls_mpi_free(&nonce);
  if (code != 0)
    return code;
  return mbedtls_mpi_cmp_int(r, 0) == 0 || mbedtls_mpi_cmp_int(s, 0) == 0
             ? AGAIN
             : 0;
}

int mbedtls_ecdsa_sign(mbedtls_ecp_group *grp, mbedtls_mpi *r, mbedtls_mpi *s,
                       const mbedtls_mpi *d, const unsigned char *buf,
                       size_t blen, random_function *f_rng, void *p_rng) {
  const signing it = {grp, d, buf, blen, f_rng, p_rng};
  if (!mbedtls_ecdsa_can_do(grp->id) || mbedtls_mpi_cmp_int(&grp->N, 0) == 0)
    return MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
  int code = mbedtls_ecp_check_privkey(grp, d);
  if (code != 0)
    return code;
  for (int i = 0; i < TRIES; i++) {
    code = sign_once(&it, r, s);
    if (code != AGAIN)
      return code;
  }
  return MBEDTLS_ERR_ECP_RANDOM_FAILED;
}
