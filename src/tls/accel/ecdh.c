/* Mbed TLS's hooks for ephemeral keys: MBEDTLS_ECDH_GEN_PUBLIC_ALT and
   MBEDTLS_ECDH_COMPUTE_SHARED_ALT. The checks of keys that are in what they
   replace are here, too. */
#include <mbedtls/ecdh.h>
#include <mbedtls/platform_util.h>

#include "tls/accel/arithmetic.h"

typedef int random_function(void *, unsigned char *, size_t);

static int p256_public(mbedtls_ecp_group *group, const mbedtls_mpi *key,
                       mbedtls_ecp_point *result) {
  uint8_t scalar[WSS__ACCEL_SCALAR];
  uint8_t point[1 + WSS__ACCEL_POINT] = {4}; /* uncompressed, SEC 1 2.3.3 */
  int code = mbedtls_mpi_write_binary(key, scalar, sizeof scalar);
  if (code == 0)
    code = wss__accel_p256_base(point + 1, scalar);
  if (code == 0)
    code = mbedtls_ecp_point_read_binary(group, result, point, sizeof point);
  mbedtls_platform_zeroize(scalar, sizeof scalar);
  return code;
}

static int x25519_public(mbedtls_ecp_group *group, const mbedtls_mpi *key,
                         mbedtls_ecp_point *result) {
  uint8_t scalar[WSS__ACCEL_SCALAR];
  uint8_t point[WSS__ACCEL_SCALAR];
  int code = mbedtls_mpi_write_binary_le(key, scalar, sizeof scalar);
  if (code == 0) {
    wss__accel_x25519_base(point, scalar);
    code = mbedtls_ecp_point_read_binary(group, result, point, sizeof point);
  }
  mbedtls_platform_zeroize(scalar, sizeof scalar);
  return code;
}

int mbedtls_ecdh_gen_public(mbedtls_ecp_group *grp, mbedtls_mpi *d,
                            mbedtls_ecp_point *Q, random_function *f_rng,
                            void *p_rng) {
  int code = mbedtls_ecp_gen_privkey(grp, d, f_rng, p_rng);
  if (code != 0)
    return code;
  if (grp->id == MBEDTLS_ECP_DP_SECP256R1)
    return p256_public(grp, d, Q);
  if (grp->id == MBEDTLS_ECP_DP_CURVE25519)
    return x25519_public(grp, d, Q);
  return mbedtls_ecp_mul(grp, Q, d, &grp->G, f_rng, p_rng);
}

static int p256_shared(mbedtls_ecp_group *group, mbedtls_mpi *result,
                       const mbedtls_ecp_point *peer, const mbedtls_mpi *key) {
  uint8_t scalar[WSS__ACCEL_SCALAR];
  uint8_t point[1 + WSS__ACCEL_POINT];
  size_t size;
  int code = mbedtls_mpi_write_binary(key, scalar, sizeof scalar);
  if (code == 0)
    code = mbedtls_ecp_point_write_binary(
        group, peer, MBEDTLS_ECP_PF_UNCOMPRESSED, &size, point, sizeof point);
  if (code == 0)
    code = wss__accel_p256_multiply(point + 1, scalar, point + 1);
  if (code == 0)
    code = mbedtls_mpi_read_binary(result, point + 1, WSS__ACCEL_SCALAR);
  mbedtls_platform_zeroize(scalar, sizeof scalar);
  mbedtls_platform_zeroize(point, sizeof point);
  return code;
}

static int x25519_shared(mbedtls_ecp_group *group, mbedtls_mpi *result,
                         const mbedtls_ecp_point *peer,
                         const mbedtls_mpi *key) {
  uint8_t scalar[WSS__ACCEL_SCALAR];
  uint8_t point[WSS__ACCEL_SCALAR];
  uint8_t shared[WSS__ACCEL_SCALAR];
  size_t size;
  int code = mbedtls_mpi_write_binary_le(key, scalar, sizeof scalar);
  if (code == 0)
    code = mbedtls_ecp_point_write_binary(
        group, peer, MBEDTLS_ECP_PF_UNCOMPRESSED, &size, point, sizeof point);
  if (code == 0)
    code = wss__accel_x25519_multiply(shared, scalar, point);
  if (code == 0)
    code = mbedtls_mpi_read_binary_le(result, shared, sizeof shared);
  mbedtls_platform_zeroize(scalar, sizeof scalar);
  mbedtls_platform_zeroize(shared, sizeof shared);
  return code;
}

static int other_shared(mbedtls_ecp_group *group, mbedtls_mpi *result,
                        const mbedtls_ecp_point *peer, const mbedtls_mpi *key,
                        random_function *random, void *state) {
  mbedtls_ecp_point shared;
  mbedtls_ecp_point_init(&shared);
  int code = mbedtls_ecp_mul(group, &shared, key, peer, random, state);
  if (code == 0 && mbedtls_ecp_is_zero(&shared))
    code = MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
  if (code == 0)
    code = mbedtls_mpi_copy(result, &shared.MBEDTLS_PRIVATE(X));
  mbedtls_ecp_point_free(&shared);
  return code;
}

int mbedtls_ecdh_compute_shared(mbedtls_ecp_group *grp, mbedtls_mpi *z,
                                const mbedtls_ecp_point *Q,
                                const mbedtls_mpi *d, random_function *f_rng,
                                void *p_rng) {
  int code = mbedtls_ecp_check_privkey(grp, d);
  if (code == 0)
    code = mbedtls_ecp_check_pubkey(grp, Q);
  if (code != 0)
    return code;
  if (grp->id == MBEDTLS_ECP_DP_SECP256R1)
    return p256_shared(grp, z, Q, d);
  if (grp->id == MBEDTLS_ECP_DP_CURVE25519)
    return x25519_shared(grp, z, Q, d);
  return other_shared(grp, z, Q, d, f_rng, p_rng);
}
