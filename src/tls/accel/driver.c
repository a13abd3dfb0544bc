#include "tls/accel/driver.h"

#include <mbedtls/ecp.h>

#include "tls/accel/arithmetic.h"

static psa_status_t p256_public(const uint8_t *key, uint8_t *data, size_t size,
                                size_t *length) {
  if (size < 1 + WSS__ACCEL_POINT)
    return PSA_ERROR_BUFFER_TOO_SMALL;
  int code = wss__accel_p256_base(data + 1, key);
  if (code != 0)
    return code == MBEDTLS_ERR_ECP_ALLOC_FAILED ? PSA_ERROR_INSUFFICIENT_MEMORY
                                                : PSA_ERROR_INVALID_ARGUMENT;
  data[0] = 4; /* uncompressed, SEC 1 2.3.3 */
  *length = 1 + WSS__ACCEL_POINT;
  return PSA_SUCCESS;
}

static psa_status_t x25519_public(const uint8_t *key, uint8_t *data,
                                  size_t size, size_t *length) {
  if (size < WSS__ACCEL_SCALAR)
    return PSA_ERROR_BUFFER_TOO_SMALL;
  wss__accel_x25519_base(data, key);
  *length = WSS__ACCEL_SCALAR;
  return PSA_SUCCESS;
}

psa_status_t wss__accel_transparent_export_public_key(
    const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_size,
    uint8_t *data, size_t data_size, size_t *length) {
  psa_key_type_t type = psa_get_key_type(attributes);
  size_t bits = psa_get_key_bits(attributes);
  if (key_size != WSS__ACCEL_SCALAR)
    return PSA_ERROR_NOT_SUPPORTED;
  if (type == PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1) && bits == 256)
    return p256_public(key, data, data_size, length);
  if (type == PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_MONTGOMERY) &&
      bits == 255)
    return x25519_public(key, data, data_size, length);
  return PSA_ERROR_NOT_SUPPORTED;
}
