/* An HTTP/1.1 request (RFC 9112), judged strictly once its head is complete. */
#ifndef WSS_HTTP_REQUEST_H
#define WSS_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "http/head.h"
#include "http/response.h"
#include "wss/wss.h"

/* An incomplete request, and the complete one that the program sees. */
typedef struct wss__request wss__request;

/* NULL when out of memory. max_size: bytes of the whole head. */
wss__request *wss__request_new(const wss_allocator *allocator, size_t max_size);
void wss__request_free(wss__request *request);

/* Takes bytes. Returns 1: the head is complete, *used says how many bytes it
   took; 0: all were taken, more are needed; WSS_ERR_NOMEM; WSS_ERR_HTTP with
   the refusal filled (400, 405, 414, 431, 505). Not called again after 1 or an
   error.
   What it refuses: methods other than GET and HEAD (405 with Allow), versions
   other than HTTP/1.1 (505), anything but one valid Host, an absolute-form
   target that disagrees with it, obs-fold, bare CR or LF, NUL and other control
   bytes, blanks before a colon, names that are no tokens, anything but one
   Content-Length of 0, Transfer-Encoding, Expect. Blanks around values are
   dropped. One empty line before the request line is passed over (RFC 9112
   2.2). */
int wss__request_feed(wss__request *request, const uint8_t *data, size_t size,
                      size_t *used, wss__refusal *refusal);

/* The complete request; owned by it. subprotocols is empty until
   ws/handshake has filled it. */
wss_request *wss__request_public(wss__request *request);

/* The internal request of a public one that wss__request_public returned. */
wss__request *wss__request_of(const wss_request *request);

/* Memory that lives as long as the request; NULL when out of memory. What is
   asked for is bounded by a small multiple of the head's size. */
void *wss__request_alloc(wss__request *request, size_t size);

/* All lines of a field, joined by ", "; NULL if absent. There has been room for
   that since the head was complete, so this never allocates. (Public:
   wss_request_header.) */
const char *wss__request_field(const wss_request *request, const char *name);

/* How many lines of the field there are. */
size_t wss__request_field_count(const wss_request *request, const char *name);

/* As wss_request_cookie. */
const char *wss__request_cookie(const wss_request *request, const char *name,
                                size_t *size);

#endif
