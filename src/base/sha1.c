#include "base/sha1.h"

#include <string.h>

#define BLOCK 64

static uint32_t rotate(uint32_t word, unsigned bits) {
  return (word << bits) | (word >> (32 - bits));
}

static uint32_t load(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
         (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store(uint8_t *bytes, uint32_t word) {
  bytes[0] = (uint8_t)(word >> 24);
  bytes[1] = (uint8_t)(word >> 16);
  bytes[2] = (uint8_t)(word >> 8);
  bytes[3] = (uint8_t)word;
}

/* The function and the constant of step t (RFC 3174 5). */
static uint32_t step(unsigned t, const uint32_t h[5]) {
  if (t < 20)
    return ((h[1] & h[2]) | (~h[1] & h[3])) + 0x5a827999U;
  if (t < 40)
    return (h[1] ^ h[2] ^ h[3]) + 0x6ed9eba1U;
  if (t < 60)
    return ((h[1] & h[2]) | (h[1] & h[3]) | (h[2] & h[3])) + 0x8f1bbcdcU;
  return (h[1] ^ h[2] ^ h[3]) + 0xca62c1d6U;
}

static void compress(uint32_t hash[5], const uint8_t block[BLOCK]) {
  uint32_t w[80];
  uint32_t h[5];
  unsigned t;
  for (t = 0; t < 16; t++)
    w[t] = load(block + 4 * t);
  for (t = 16; t < 80; t++)
    w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  memcpy(h, hash, sizeof h);
  for (t = 0; t < 80; t++) {
    uint32_t next = rotate(h[0], 5) + step(t, h) + h[4] + w[t];
    h[4] = h[3];
    h[3] = h[2];
    h[2] = rotate(h[1], 30);
    h[1] = h[0];
    h[0] = next;
  }
  for (t = 0; t < 5; t++)
    hash[t] += h[t];
}

void wss__sha1(const void *data, size_t size, uint8_t digest[WSS__SHA1_SIZE]) {
  uint32_t hash[5] = {0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U,
                      0xc3d2e1f0U};
  const uint8_t *bytes = data;
  uint8_t last[2 * BLOCK] = {0};
  uint64_t bits = (uint64_t)size * 8;
  size_t left = size % BLOCK;
  size_t padded = left < BLOCK - 8 ? BLOCK : 2 * BLOCK;
  size_t i;

  for (i = 0; i < size - left; i += BLOCK)
    compress(hash, bytes + i);
  if (left > 0)
    memcpy(last, bytes + (size - left), left);
  last[left] = 0x80;
  store(last + padded - 8, (uint32_t)(bits >> 32));
  store(last + padded - 4, (uint32_t)bits);
  for (i = 0; i < padded; i += BLOCK)
    compress(hash, last + i);
  for (i = 0; i < 5; i++)
    store(digest + 4 * i, hash[i]);
}
