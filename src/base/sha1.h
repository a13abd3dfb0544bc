/* SHA-1 (RFC 3174), for Sec-WebSocket-Accept alone (RFC 6455 4.2.2). */
#ifndef WSS_BASE_SHA1_H
#define WSS_BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define WSS__SHA1_SIZE 20

void wss__sha1(const void *data, size_t size, uint8_t digest[WSS__SHA1_SIZE]);

#endif
