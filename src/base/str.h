/* Text of protocols: ASCII only, no locale, lengths instead of NULs. */
#ifndef WSS_BASE_STR_H
#define WSS_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of text that belongs to somebody else. */
typedef struct wss__slice {
  const char *data;
  size_t size;
} wss__slice;

wss__slice wss__slice_of(const char *text);
bool wss__slice_equal(wss__slice a, wss__slice b);
/* Without regard to ASCII case. */
bool wss__slice_equal_nocase(wss__slice a, wss__slice b);
/* Without the spaces and tabs at both ends (OWS, RFC 9110 5.6.3). */
wss__slice wss__slice_trim(wss__slice text);

/* tchar of RFC 9110 5.6.2. */
bool wss__is_tchar(uint8_t byte);
/* A token: one or more tchar. */
bool wss__is_token(wss__slice text);
/* A byte allowed in a field value: HTAB, SP, VCHAR, obs-text (9110 5.5). */
bool wss__is_field_byte(uint8_t byte);

/* Takes the next element of a comma-separated list (RFC 9110 5.6.1) off the
   front of *rest, trimmed; empty elements are skipped; false at the end. */
bool wss__list_next(wss__slice *rest, wss__slice *element);

#endif
