/* What tests of elliptic curves share. */
#ifndef WSS_TEST_CURVE_H
#define WSS_TEST_CURVE_H

#include <stddef.h>
#include <stdint.h>

#include <mbedtls/ecp.h>

/* Numbers without secrets, the same in each run; for f_rng, without a state. */
int curve_random(void *state, unsigned char *bytes, size_t size);

/* A group, a private key and its public one, made by Mbed TLS's own
   multiplication. */
typedef struct curve_key {
  mbedtls_ecp_group group;
  mbedtls_mpi secret;
  mbedtls_ecp_point point;
} curve_key;

void curve_key_make(curve_key *key, mbedtls_ecp_group_id curve);
void curve_key_free(curve_key *key);

#endif
