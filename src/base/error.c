#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "wss/wss.h"

const char *wss__error_text(int error) {
  switch (error) {
#define CASE(name, code, text)                                                 \
  case name:                                                                   \
    return text;
    WSS_ERROR_MAP(CASE)
#undef CASE
  default:
    return NULL;
  }
}

const char *wss__error_name(int error) {
  switch (error) {
#define CASE(name, code, text)                                                 \
  case name:                                                                   \
    return #name;
    WSS_ERROR_MAP(CASE)
#undef CASE
  default:
    return NULL;
  }
}

void wss__detail_set(wss__detail *detail, const char *format, ...) {
  va_list arguments;
  char *at;
  va_start(arguments, format);
  if (vsnprintf(detail->text, sizeof detail->text, format, arguments) < 0)
    detail->text[0] = '\0';
  va_end(arguments);
  for (at = detail->text; *at != '\0'; at++) {
    if ((unsigned char)*at < 0x20 || *at == 0x7f)
      *at = '?';
  }
}
