/* What Mbed TLS's sha256.h includes with MBEDTLS_SHA256_ALT. */
#ifndef WSS_TLS_ACCEL_SHA256_ALT_H
#define WSS_TLS_ACCEL_SHA256_ALT_H

#include <nettle/sha2.h>

typedef struct mbedtls_sha256_context {
  struct sha256_ctx hash;
  int is224;
} mbedtls_sha256_context;

#endif
