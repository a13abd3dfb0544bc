#include "http/cookie.h"

#include <string.h>

#include "base/str.h"

const char *wss__cookie_find(const char *line, const char *name, size_t *size) {
  wss__slice wanted = wss__slice_of(name);
  const char *at = line;
  while (*at != '\0') {
    wss__slice pair = {at, strcspn(at, ";")};
    wss__slice trimmed = wss__slice_trim(pair);
    wss__slice key = {trimmed.data, wanted.size};
    if (trimmed.size > wanted.size && trimmed.data[wanted.size] == '=' &&
        wss__slice_equal(key, wanted)) {
      *size = trimmed.size - wanted.size - 1;
      return trimmed.data + wanted.size + 1;
    }
    at += pair.size;
    if (*at == ';')
      at++;
  }
  return NULL;
}
