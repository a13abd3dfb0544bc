#include "base/str.h"

#include <string.h>

wss__slice wss__slice_of(const char *text) {
  wss__slice slice = {text, strlen(text)};
  return slice;
}

bool wss__slice_equal(wss__slice a, wss__slice b) {
  return a.size == b.size &&
         (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static uint8_t lower(uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

bool wss__slice_equal_nocase(wss__slice a, wss__slice b) {
  size_t i;
  if (a.size != b.size)
    return false;
  for (i = 0; i < a.size; i++) {
    if (lower((uint8_t)a.data[i]) != lower((uint8_t)b.data[i]))
      return false;
  }
  return true;
}

static bool is_blank(char byte) {
  return byte == ' ' || byte == '\t';
}

wss__slice wss__slice_trim(wss__slice text) {
  while (text.size > 0 && is_blank(text.data[0])) {
    text.data++;
    text.size--;
  }
  while (text.size > 0 && is_blank(text.data[text.size - 1]))
    text.size--;
  return text;
}

bool wss__is_tchar(uint8_t byte) {
  if ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
      (byte >= 'A' && byte <= 'Z'))
    return true;
  return byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL;
}

bool wss__is_token(wss__slice text) {
  size_t i;
  for (i = 0; i < text.size; i++) {
    if (!wss__is_tchar((uint8_t)text.data[i]))
      return false;
  }
  return text.size > 0;
}

bool wss__is_field_byte(uint8_t byte) {
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

bool wss__list_next(wss__slice *rest, wss__slice *element) {
  while (rest->size > 0) {
    const char *comma = memchr(rest->data, ',', rest->size);
    size_t size = comma != NULL ? (size_t)(comma - rest->data) : rest->size;
    size_t step = comma != NULL ? size + 1 : size;
    wss__slice whole = {rest->data, size};
    rest->data += step;
    rest->size -= step;
    *element = wss__slice_trim(whole);
    if (element->size > 0)
      return true;
  }
  return false;
}
