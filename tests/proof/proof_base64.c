/* base/base64, for every text of SIZE bytes. */
#include <string.h>

#include "base/base64.h"
#include "proof.h"

/* What was written can be read again. */
void writes(void) {
  uint8_t *data = any_bytes(SIZE);
  char *text = (char *)any_bytes(WSS__BASE64_SIZE(SIZE));
  uint8_t *again = any_bytes(SIZE);
  size_t written = wss__base64_encode(data, SIZE, text);
  assert(written == WSS__BASE64_SIZE(SIZE));
  assert(wss__base64_decode(text, written, again, SIZE) == SIZE);
  assert(memcmp(again, data, SIZE) == 0);
}

/* What was read is the only text for its bytes. */
void reads(void) {
  size_t capacity = any_size(SIZE);
  char *text = (char *)any_bytes(SIZE);
  uint8_t *data = any_bytes(capacity);
  char again[SIZE + 4];
  int result = wss__base64_decode(text, SIZE, data, capacity);
  assert(result >= -1 && result <= (int)capacity);
  if (result < 0)
    return;
  assert(wss__base64_encode(data, (size_t)result, again) == SIZE);
  assert(memcmp(again, text, SIZE) == 0);
}
