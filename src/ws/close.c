#include "ws/close.h"

#include <string.h>

#include "ws/utf8.h"
#include "wss/wss.h"

bool wss__close_code_valid(int code) {
  if (code >= 3000 && code <= 4999)
    return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

int wss__close_unpack(const uint8_t *payload, size_t size,
                      const uint8_t **reason, size_t *reason_size) {
  int code;
  *reason = payload;
  *reason_size = 0;
  if (size == 0)
    return WSS__CLOSE_NO_STATUS;
  if (size == 1)
    return WSS_ERR_PROTOCOL;
  code = payload[0] << 8 | payload[1];
  if (!wss__close_code_valid(code))
    return WSS_ERR_PROTOCOL;
  if (!wss__utf8_valid(payload + 2, size - 2))
    return WSS_ERR_UTF8;
  *reason = payload + 2;
  *reason_size = size - 2;
  return code;
}

size_t wss__close_pack(uint8_t payload[WSS__MAX_CLOSE_PAYLOAD], int code,
                       const void *reason, size_t reason_size) {
  if (code == WSS__CLOSE_NO_STATUS)
    return 0;
  payload[0] = (uint8_t)(code >> 8);
  payload[1] = (uint8_t)code;
  if (reason_size > 0)
    memcpy(payload + 2, reason, reason_size);
  return reason_size + 2;
}
