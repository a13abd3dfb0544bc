/* HTTP/1.1 responses (RFC 9112), and refusals: what is answered to a bad
   request. */
#ifndef WSS_HTTP_RESPONSE_H
#define WSS_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "wss/wss.h"

/* Why a request is refused, and what it is answered. */
typedef struct wss__refusal {
  int error;                 /* WSS_ERR_HTTP, _HANDSHAKE, _ORIGIN, ... */
  int status;                /* 400 to 599 */
  const wss_header *headers; /* static; lines that the status asks for */
  size_t header_count;
  wss__detail detail; /* one sentence: the body and the event's message */
} wss__refusal;

/* Fills a refusal without header lines; returns error. Its sentence is ASCII:
   other bytes become '?', control bytes too. */
int wss__refuse(wss__refusal *refusal, int error, int status,
                const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 4, 5)))
#endif
    ;

/* Likewise for a header that is not there, and that proxies do not pass on
   unless they are told to: the sentence says so. */
int wss__refuse_missing(wss__refusal *refusal, int error, int status,
                        const char *header);

/* What such a sentence ends in. */
#define WSS__PROXY_HINT                                                        \
  " If a proxy stands in front, it probably removed it: it must pass on "      \
  "Host, Upgrade, Connection and Sec-WebSocket-*."

typedef struct wss__response {
  int status;
  const wss_header *headers;
  size_t header_count;
  const char *content_type; /* NULL: "text/plain; charset=utf-8" */
  const void *body;
  size_t body_size;
  bool head; /* answers a HEAD: Content-Length as if, but no body */
} wss__response;

/* The phrase of a status code, "Unknown" for one without. */
const char *wss__status_phrase(int status);

/* 0, or WSS_ERR_HEADER for a name that is no token, a value with bytes that a
   field value must not have or with blanks at its ends, or a field that the
   library itself sets (Connection, Upgrade, Content-Length, Transfer-Encoding,
   Content-Type, Sec-WebSocket-*). NULL names and values are refused. */
int wss__headers_check(const wss_header *headers, size_t count);

/* Appends "Name: value\r\n" for each; WSS_ERR_NOMEM or WSS_ERR_TOO_BIG. */
int wss__headers_pack(wss__buf *out, const wss_allocator *allocator,
                      const wss_header *headers, size_t count);

/* Appends the whole response, with Connection: close (and Upgrade, along with
   an Upgrade field) and Content-Length (none for 204 and 304); 0, WSS_ERR_NOMEM
   or WSS_ERR_TOO_BIG, which leave out unchanged. The headers have been checked.
 */
int wss__response_pack(wss__buf *out, const wss_allocator *allocator,
                       const wss__response *response);

#endif
