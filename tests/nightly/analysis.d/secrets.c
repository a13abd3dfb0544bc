/* Calls the arithmetic of src/tls/accel with secrets that valgrind takes for
   memory never written to: it then complains about each branch and each address
   that depends on one. What comes out is compared with what the same secrets
   give when nothing is marked. */
#include <stdio.h>
#include <string.h>

#include <mbedtls/sha256.h>
#include <valgrind/memcheck.h>

#include "tls/accel/arithmetic.h"

typedef struct inputs {
  uint8_t scalar[32];
  uint8_t nonce[32];
  uint8_t digest[32]; /* not secret */
  uint8_t point[64];  /* not secret */
} inputs;

/* Of P-256 base, multiply and sign, x25519 base and multiply, SHA-256. */
typedef struct outputs {
  uint8_t base[64];
  uint8_t product[64];
  uint8_t signature[64];
  uint8_t x25519_base[32];
  uint8_t x25519_product[32];
  uint8_t hash[32];
} outputs;

/* Whether a call worked; that is seen from outside anyway. */
static int worked(int code) {
  (void)VALGRIND_MAKE_MEM_DEFINED(&code, sizeof code);
  return code == 0;
}

static int compute(const inputs *in, outputs *out) {
  const uint8_t nine[32] = {9};
  wss__accel_x25519_base(out->x25519_base, in->scalar);
  return worked(wss__accel_p256_base(out->base, in->scalar)) &&
         worked(
             wss__accel_p256_multiply(out->product, in->scalar, in->point)) &&
         worked(wss__accel_p256_sign(out->signature, in->scalar, in->nonce,
                                     in->digest, sizeof in->digest)) &&
         worked(wss__accel_x25519_multiply(out->x25519_product, in->nonce,
                                           nine)) &&
         worked(mbedtls_sha256(in->scalar, sizeof in->scalar, out->hash, 0));
}

int main(void) {
  inputs in;
  outputs plain;
  outputs marked;
  memset(&plain, 0, sizeof plain);
  memset(&marked, 1, sizeof marked);
  for (int i = 0; i < 32; i++) {
    in.scalar[i] = (uint8_t)(7 * i + 3);
    in.nonce[i] = (uint8_t)(11 * i + 5);
    in.digest[i] = (uint8_t)(13 * i);
  }
  int done = wss__accel_p256_base(in.point, in.nonce) == 0;
  done = done && compute(&in, &plain);
  (void)VALGRIND_MAKE_MEM_UNDEFINED(in.scalar, sizeof in.scalar);
  (void)VALGRIND_MAKE_MEM_UNDEFINED(in.nonce, sizeof in.nonce);
  done = done && compute(&in, &marked);
  (void)VALGRIND_MAKE_MEM_DEFINED(&marked, sizeof marked);
  if (!done || memcmp(&plain, &marked, sizeof plain) != 0) {
    fprintf(stderr, "secrets: a call failed, or gave another result\n");
    return 1;
  }
  return 0;
}
