#include "base/base64.h"

#include <string.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t wss__base64_encode(const void *data, size_t size, char *text) {
  const uint8_t *bytes = data;
  size_t written = 0;
  size_t i;
  for (i = 0; i < size; i += 3) {
    size_t left = size - i;
    uint32_t group = (uint32_t)bytes[i] << 16;
    if (left > 1)
      group |= (uint32_t)bytes[i + 1] << 8;
    if (left > 2)
      group |= bytes[i + 2];
    text[written++] = alphabet[group >> 18];
    text[written++] = alphabet[group >> 12 & 63];
    text[written++] = left > 1 ? alphabet[group >> 6 & 63] : '=';
    text[written++] = left > 2 ? alphabet[group & 63] : '=';
  }
  return written;
}

/* The six bits of a character; -1 outside the alphabet. */
static int value_of(char character) {
  const char *at = character != '\0' ? strchr(alphabet, character) : NULL;
  return at != NULL ? (int)(at - alphabet) : -1;
}

/* Decodes the characters of a group before its padding. */
static int decode_group(const char *text, size_t characters, uint8_t *bytes) {
  uint32_t group = 0;
  size_t i;
  for (i = 0; i < 4; i++) {
    int value = i < characters ? value_of(text[i]) : 0;
    if (value < 0)
      return -1;
    group = group << 6 | (uint32_t)value;
  }
  bytes[0] = (uint8_t)(group >> 16);
  bytes[1] = (uint8_t)(group >> 8);
  bytes[2] = (uint8_t)group;
  /* Bits that no byte takes must be zero (RFC 4648 3.5). */
  if ((characters < 4 && bytes[2] != 0) || (characters < 3 && bytes[1] != 0))
    return -1;
  return (int)characters - 1;
}

int wss__base64_decode(const char *text, size_t size, uint8_t *data,
                       size_t capacity) {
  size_t written = 0;
  size_t i;
  if (size % 4 != 0)
    return -1;
  for (i = 0; i < size; i += 4) {
    uint8_t bytes[3];
    size_t characters = 4;
    int count;
    if (i + 4 == size && text[i + 3] == '=')
      characters = text[i + 2] == '=' ? 2 : 3;
    count = decode_group(text + i, characters, bytes);
    if (count < 0 || (size_t)count > capacity - written)
      return -1;
    memcpy(data + written, bytes, (size_t)count);
    written += (size_t)count;
  }
  return (int)written;
}
