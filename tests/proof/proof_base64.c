/* base/base64, for every text of at most 16 bytes. */
#include <string.h>

#include "base/base64.h"
#include "proof.h"

#define TEXT 16
#define DATA 12

/* What was written can be read again. */
void writes(void) {
  size_t size = any_size(DATA);
  uint8_t *data = any_bytes(size);
  char *text = (char *)any_bytes(WSS__BASE64_SIZE(size));
  uint8_t *again = any_bytes(size);
  size_t written = wss__base64_encode(data, size, text);
  assert(written == WSS__BASE64_SIZE(size));
  assert(wss__base64_decode(text, written, again, size) == (int)size);
  assert(memcmp(again, data, size) == 0);
}

/* What was read is the only text for its bytes. */
void reads(void) {
  size_t size = any_size(TEXT);
  size_t capacity = any_size(DATA);
  char *text = (char *)any_bytes(size);
  uint8_t *data = any_bytes(capacity);
  char again[TEXT];
  int result = wss__base64_decode(text, size, data, capacity);
  assert(result >= -1 && result <= (int)capacity);
  if (result < 0)
    return;
  assert(wss__base64_encode(data, (size_t)result, again) == size);
  assert(memcmp(again, text, size) == 0);
}
