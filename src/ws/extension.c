#include "ws/extension.h"

#include <string.h>

/* Takes what stands in front of the next separator off *rest, trimmed. */
static wss__slice next_part(wss__slice *rest, char separator, bool *found) {
  const char *at = memchr(rest->data, separator, rest->size);
  wss__slice part = *rest;
  *found = at != NULL;
  if (at != NULL)
    part.size = (size_t)(at - rest->data);
  rest->data += part.size + (*found ? 1 : 0);
  rest->size -= part.size + (*found ? 1 : 0);
  return wss__slice_trim(part);
}

/* A quoted-string, which has to be a token once it is unescaped; so it holds
   neither separators nor quotes, and nothing but tchars is escaped. */
static bool is_quoted_token(wss__slice text) {
  size_t i;
  if (text.size < 3 || text.data[0] != '"' || text.data[text.size - 1] != '"')
    return false;
  for (i = 1; i < text.size - 1; i++) {
    if (text.data[i] == '\\')
      i++;
    /* A backslash in front of the last quote has that one escaped: no token. */
    if (!wss__is_tchar((uint8_t)text.data[i]))
      return false;
  }
  return true;
}

static bool is_parameter(wss__slice text) {
  bool valued;
  wss__slice name = next_part(&text, '=', &valued);
  text = wss__slice_trim(text);
  return wss__is_token(name) &&
         (!valued || wss__is_token(text) || is_quoted_token(text));
}

static bool is_extension(wss__slice text) {
  bool more;
  if (!wss__is_token(next_part(&text, ';', &more)))
    return false;
  while (more) {
    if (!is_parameter(next_part(&text, ';', &more)))
      return false;
  }
  return true;
}

bool wss__extensions_valid(wss__slice list) {
  wss__slice element;
  bool any = false;
  while (wss__list_next(&list, &element)) {
    if (!is_extension(element))
      return false;
    any = true;
  }
  return any;
}
