/* A driver of PSA: what export_public_key does with keys on P-256 and x25519.
   TLS 1.3 gets its ephemeral keys there. Included by the file that Mbed TLS's
   scripts make of drivers/. */
#ifndef WSS_TLS_ACCEL_DRIVER_H
#define WSS_TLS_ACCEL_DRIVER_H

#include <psa/crypto.h>

#define PSA_CRYPTO_DRIVER_PRESENT
#define PSA_CRYPTO_ACCELERATOR_DRIVER_PRESENT

/* PSA_ERROR_NOT_SUPPORTED for every other kind of key: Mbed TLS does it then.
   PSA_ERROR_BUFFER_TOO_SMALL, _INVALID_ARGUMENT, _INSUFFICIENT_MEMORY. */
psa_status_t wss__accel_transparent_export_public_key(
    const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_size,
    uint8_t *data, size_t data_size, size_t *length);

#endif
