/* Masking of payloads (RFC 6455 5.3). */
#ifndef WSS_WS_MASK_H
#define WSS_WS_MASK_H

#include <stddef.h>
#include <stdint.h>

/* XORs data in place with the key, word by word; offset is the position of
   data in the payload, of which only the remainder modulo 4 counts. */
void wss__mask(uint8_t *data, size_t size, const uint8_t key[4],
               uint64_t offset);

#endif
