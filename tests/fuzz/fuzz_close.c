/* The payload of a Close frame: judged as a second reading of RFC 6455 7.4
   says, and what was read can be written again. */
#include <stdlib.h>
#include <string.h>

#include "support/input.h"
#include "support/reference_utf8.h"
#include "ws/close.h"
#include "wss/wss.h"

/* The codes of 7.4.1 and the IANA registry that an endpoint may send, and
   those of 7.4.2 that libraries and programs may use. */
static bool may_be_sent(int code) {
  switch (code) {
  case 1000:
  case 1001:
  case 1002:
  case 1003:
  case 1007:
  case 1008:
  case 1009:
  case 1010:
  case 1011:
  case 1012:
  case 1013:
  case 1014:
    return true;
  default:
    return code / 1000 == 3 || code / 1000 == 4;
  }
}

static int expected(const uint8_t *payload, size_t size) {
  int code;
  bool complete;
  if (size == 0)
    return 1005;
  if (size == 1)
    return WSS_ERR_PROTOCOL;
  code = payload[0] * 256 + payload[1];
  if (!may_be_sent(code))
    return WSS_ERR_PROTOCOL;
  if (reference_utf8(payload + 2, size - 2, &complete) != size - 2 || !complete)
    return WSS_ERR_UTF8;
  return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t *payload;
  uint8_t again[WSS__MAX_CLOSE_PAYLOAD];
  const uint8_t *reason;
  size_t reason_size;
  int code;
  if (size > WSS__MAX_CLOSE_PAYLOAD)
    return 0;
  payload = fuzz_copy(data, size);
  code = wss__close_unpack(payload, size, &reason, &reason_size);
  CHECK(code == expected(payload, size));
  if (size == 2)
    CHECK(wss__close_code_valid(data[0] << 8 | data[1]) == (code > 0));
  if (code > 0) {
    CHECK(reason_size == (size < 2 ? 0 : size - 2));
    CHECK(reason_size == 0 || reason == payload + 2);
    CHECK(wss__close_pack(again, code, reason, reason_size) == size);
    CHECK(size == 0 || memcmp(again, data, size) == 0);
  }
  free(payload);
  return 0;
}
