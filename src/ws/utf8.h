/* UTF-8 (RFC 3629), checked piece by piece. */
#ifndef WSS_WS_UTF8_H
#define WSS_WS_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in a character the check stands; zero at the start of a text. */
typedef struct wss__utf8 {
  uint8_t missing; /* continuation bytes still to come */
  uint8_t low;     /* bounds of the next one */
  uint8_t high;
} wss__utf8;

/* False at the first byte that no valid text can have there: surrogates,
   overlong forms and values above U+10FFFF included. ASCII goes by words. */
bool wss__utf8_feed(wss__utf8 *state, const uint8_t *data, size_t size);

/* Whether the text may end here. */
static inline bool wss__utf8_complete(const wss__utf8 *state) {
  return state->missing == 0;
}

/* A whole text. */
bool wss__utf8_valid(const void *data, size_t size);

#endif
