#include "ws/mask.h"

#include <string.h>

/* Four bytes of the key as they fall on the bytes from offset on, in the order
   of memory, so that the byte order of the machine does not matter. */
static uint32_t turn(const uint8_t key[4], uint64_t offset) {
  uint32_t word;
  uint8_t turned[4];
  size_t i;
  if ((offset & 3) == 0) {
    memcpy(&word, key, sizeof word);
    return word;
  }
  for (i = 0; i < sizeof turned; i++)
    turned[i] = key[(offset + i) & 3];
  memcpy(&word, turned, sizeof word);
  return word;
}

static inline void mask_word(uint8_t *data, uint64_t key) {
  uint64_t word;
  memcpy(&word, data, sizeof word);
  word ^= key;
  memcpy(data, &word, sizeof word);
}

void wss__mask(uint8_t *data, size_t size, const uint8_t key[4],
               uint64_t offset) {
  uint32_t half = turn(key, offset);
  uint64_t word = (uint64_t)half << 32 | half;
  size_t i = 0;

  /* Four words in a row are what compilers make a vector of at -O2. */
  for (; size - i >= 32; i += 32) {
    mask_word(data + i, word);
    mask_word(data + i + 8, word);
    mask_word(data + i + 16, word);
    mask_word(data + i + 24, word);
  }
  for (; size - i >= 8; i += 8)
    mask_word(data + i, word);
  for (; i < size; i++)
    data[i] ^= key[(offset + i) & 3];
}
