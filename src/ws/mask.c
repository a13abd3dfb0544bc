#include "ws/mask.h"

#include <string.h>

void wss__mask(uint8_t *data, size_t size, const uint8_t key[4],
               uint64_t offset) {
  uint8_t turned[8];
  uint64_t word;
  size_t i;
  for (i = 0; i < sizeof turned; i++)
    turned[i] = key[(offset + i) & 3];
  memcpy(&word, turned, sizeof word);
  for (i = 0; size - i >= sizeof word; i += sizeof word) {
    uint64_t piece;
    memcpy(&piece, data + i, sizeof piece);
    piece ^= word;
    memcpy(data + i, &piece, sizeof piece);
  }
  for (; i < size; i++)
    data[i] ^= turned[i & 7];
}
