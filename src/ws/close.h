/* The payload of a Close frame (RFC 6455 5.5.1, 7.4), reader and writer. */
#ifndef WSS_WS_CLOSE_H
#define WSS_WS_CLOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  WSS__CLOSE_NORMAL = 1000,
  WSS__CLOSE_GOING_AWAY = 1001,
  WSS__CLOSE_PROTOCOL_ERROR = 1002,
  WSS__CLOSE_NO_STATUS = 1005, /* never on the wire */
  WSS__CLOSE_ABNORMAL = 1006,  /* never on the wire */
  WSS__CLOSE_INVALID_PAYLOAD = 1007,
  WSS__CLOSE_POLICY = 1008,
  WSS__CLOSE_TOO_BIG = 1009,
  WSS__CLOSE_INTERNAL = 1011
};

#define WSS__MAX_CLOSE_PAYLOAD 125
#define WSS__MAX_CLOSE_REASON 123

/* Whether a code may stand in a Close frame: 1000-1003, 1007-1014, 3000-4999.
 */
bool wss__close_code_valid(int code);

/* Reads a payload of 0 to 125 bytes. Returns the code (1005 for an empty one)
   and where the reason stands; or WSS_ERR_PROTOCOL (one byte, bad code) or
   WSS_ERR_UTF8 (bad reason). */
int wss__close_unpack(const uint8_t *payload, size_t size,
                      const uint8_t **reason, size_t *reason_size);

/* Writes a payload: the code, which is valid, and a reason of at most 123
   bytes; nothing for 1005. Returns its size. */
size_t wss__close_pack(uint8_t payload[WSS__MAX_CLOSE_PAYLOAD], int code,
                       const void *reason, size_t reason_size);

#endif
