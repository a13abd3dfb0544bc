/* The library's own error codes as text. */
#ifndef WSS_BASE_ERROR_H
#define WSS_BASE_ERROR_H

#include <stddef.h>
#include <stdint.h>

/* NULL for a code that is not the library's own. */
const char *wss__error_text(int error);
const char *wss__error_name(int error);

/* Room for one sentence about what went wrong. */
#define WSS__DETAIL_SIZE 256
typedef struct wss__detail {
  char text[WSS__DETAIL_SIZE];
} wss__detail;

/* Writes a sentence as printf does, cut to the room; control bytes that came
   in with an argument become '?', so that no log line can be forged. */
void wss__detail_set(wss__detail *detail, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

#endif
