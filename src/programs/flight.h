/* A server's first bytes, which are not encrypted: Mbed TLS does not tell which
   group was used. */
#ifndef WSS_PROGRAMS_FLIGHT_H
#define WSS_PROGRAMS_FLIGHT_H

#include <stddef.h>
#include <stdint.h>

/* The group's name, of ServerHello's key_share (RFC 8446 4.2.8) or of
   ServerKeyExchange (RFC 8422 5.4); "an unknown group" if there is none. */
const char *wss__flight_group(const uint8_t *bytes, size_t size);

#endif
