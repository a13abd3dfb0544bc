/* A byte queue with a ceiling: appended to at the end, consumed in front. */
#ifndef WSS_BASE_BUF_H
#define WSS_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"

typedef struct wss__buf {
  uint8_t *memory;
  size_t start; /* first byte not consumed */
  size_t length;
  size_t capacity;
  size_t ceiling; /* the length never passes it */
} wss__buf;

/* Owns no memory until something is appended. */
void wss__buf_init(wss__buf *buf, size_t ceiling);
void wss__buf_free(wss__buf *buf, const wss_allocator *allocator);

static inline uint8_t *wss__buf_data(const wss__buf *buf) {
  return buf->memory == NULL ? NULL : buf->memory + buf->start;
}

/* Room for size more bytes behind the last one, not yet counted in length:
   fill it, then wss__buf_commit. Returns NULL when out of memory or when the
   ceiling would be passed (then wss__buf_fits is false). Grows by doubling, so
   never to more than twice what is needed, 256 bytes aside; past the ceiling
   only when consumed from, as room to slide in. */
uint8_t *wss__buf_reserve(wss__buf *buf, const wss_allocator *allocator,
                          size_t size);
void wss__buf_commit(wss__buf *buf, size_t size);

static inline bool wss__buf_fits(const wss__buf *buf, size_t size) {
  return size <= buf->ceiling - buf->length;
}

/* 0; WSS_ERR_TOO_BIG: the ceiling would be passed; WSS_ERR_NOMEM. A failed
   append changes nothing. */
int wss__buf_append(wss__buf *buf, const wss_allocator *allocator,
                    const void *data, size_t size);

/* Drops size bytes in front; an empty buffer gives its memory back. */
void wss__buf_consume(wss__buf *buf, const wss_allocator *allocator,
                      size_t size);

/* Drops everything and keeps the memory, for scratch buffers. */
void wss__buf_clear(wss__buf *buf);

#endif
