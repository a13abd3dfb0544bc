/* Base64 (RFC 4648 4), padded, strict. */
#ifndef WSS_BASE_BASE64_H
#define WSS_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that encoding size bytes gives, without a NUL. */
#define WSS__BASE64_SIZE(size) (((size) + 2) / 3 * 4)

/* Writes WSS__BASE64_SIZE(size) bytes; returns their number. */
size_t wss__base64_encode(const void *data, size_t size, char *text);

/* Decodes into at most capacity bytes and returns their number, or -1 for
   bytes outside the alphabet, wrong padding, non-zero trailing bits (3.5) or
   too little room. */
int wss__base64_decode(const char *text, size_t size, uint8_t *data,
                       size_t capacity);

#endif
