/* The arithmetic of a handshake on P-256 and x25519, by libraries made for it:
   five functions that know nothing of Mbed TLS's numbers. In constant time as
   to scalars, keys and nonces. Numbers of P-256 are big-endian and its points
   are x and y (SEC 1 2.3.3 without the first byte); those of x25519 are what
   RFC 7748 5 says. They return 0 or what they say, codes of Mbed TLS. */
#ifndef WSS_TLS_ACCEL_ARITHMETIC_H
#define WSS_TLS_ACCEL_ARITHMETIC_H

#include <stddef.h>
#include <stdint.h>

#define WSS__ACCEL_SCALAR 32
#define WSS__ACCEL_POINT 64 /* of P-256; of x25519 it is WSS__ACCEL_SCALAR */

/* MBEDTLS_ERR_ECP_INVALID_KEY unless 0 < scalar < the order of the curve;
   MBEDTLS_ERR_ECP_ALLOC_FAILED. */
int wss__accel_p256_base(uint8_t *result, const uint8_t *scalar);

/* The same codes. The caller has seen that the point is on the curve. result
   may be point. */
int wss__accel_p256_multiply(uint8_t *result, const uint8_t *scalar,
                             const uint8_t *point);

/* r and s, each 32 bytes; if one of them is 0, take another nonce (FIPS 186-5
   6.4.1). MBEDTLS_ERR_ECP_INVALID_KEY unless 0 < key, nonce < the order. */
int wss__accel_p256_sign(uint8_t *signature, const uint8_t *key,
                         const uint8_t *nonce, const uint8_t *digest,
                         size_t size);

void wss__accel_x25519_base(uint8_t *result, const uint8_t *scalar);

/* MBEDTLS_ERR_ECP_BAD_INPUT_DATA where the result is 0, as with every point of
   low order (RFC 7748 6.1). */
int wss__accel_x25519_multiply(uint8_t *result, const uint8_t *scalar,
                               const uint8_t *point);

#endif
