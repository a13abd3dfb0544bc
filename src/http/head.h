/* The lines of a request's head (RFC 9112 2 to 5), found byte by byte: reading
   resumes where it stopped, however the bytes are cut. What the lines mean is
   http/request's to judge. */
#ifndef WSS_HTTP_HEAD_H
#define WSS_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "http/response.h"

#define WSS__MAX_HEADERS 64
#define WSS__MAX_TARGET 4096

/* A header line, as offsets into the head, which may still move. The value is
   without the blanks around it. */
typedef struct wss__head_line {
  size_t name;
  size_t name_size;
  size_t value;
  size_t value_size;
} wss__head_line;

typedef struct wss__head {
  wss__buf bytes;
  size_t token; /* where the element at hand begins */
  size_t target;
  size_t target_size;
  size_t line_count;
  uint8_t state;
  bool empty_line; /* one was passed over */
  wss__head_line lines[WSS__MAX_HEADERS];
} wss__head;

/* max_size: bytes of the whole head. */
void wss__head_init(wss__head *head, size_t max_size);
void wss__head_free(wss__head *head, const wss_allocator *allocator);

/* Takes bytes. Returns 1: the head is complete, *used says how many bytes it
   took; 0: all were taken, more are needed; WSS_ERR_NOMEM; WSS_ERR_HTTP with
   the refusal filled (400, 405, 414, 431, 505), whose sentence names the header
   that is wrong. Not called again after 1 or an error. The method is GET or
   HEAD and stands one blank in front of the target. */
int wss__head_feed(wss__head *head, const wss_allocator *allocator,
                   const uint8_t *data, size_t size, size_t *used,
                   wss__refusal *refusal);

#endif
