/* x25519 by libsodium. */
#include <pthread.h>
#include <sodium.h>

#include <mbedtls/ecp.h>

#include "tls/accel/arithmetic.h"

/* It has libsodium look at the processor. Should it fail, the functions here
   are the portable ones. */
static void start(void) {
  int code = sodium_init();
  (void)code;
}

static void start_once(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, start);
}

void wss__accel_x25519_base(uint8_t *result, const uint8_t *scalar) {
  start_once();
  (void)crypto_scalarmult_curve25519_base(result, scalar); /* always 0 */
}

int wss__accel_x25519_multiply(uint8_t *result, const uint8_t *scalar,
                               const uint8_t *point) {
  start_once();
  return crypto_scalarmult_curve25519(result, scalar, point) == 0
             ? 0
             : MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
}
