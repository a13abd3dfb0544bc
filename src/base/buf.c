#include "base/buf.h"

#include <string.h>

/* The first allocation; small frames share it. */
#define FIRST_CAPACITY 256

void wss__buf_init(wss__buf *buf, size_t ceiling) {
  memset(buf, 0, sizeof *buf);
  buf->ceiling = ceiling;
}

void wss__buf_free(wss__buf *buf, const wss_allocator *allocator) {
  wss__free(allocator, buf->memory);
  wss__buf_init(buf, buf->ceiling);
}

/* At least need, doubling from what there is, at most the ceiling. */
static size_t grown(const wss__buf *buf, size_t need) {
  size_t capacity =
      buf->capacity > FIRST_CAPACITY ? buf->capacity : FIRST_CAPACITY;
  while (capacity < need && capacity <= buf->ceiling / 2)
    capacity *= 2;
  if (capacity < need || capacity > buf->ceiling)
    capacity = buf->ceiling;
  return capacity;
}

/* Moves what is left to the front of new memory, so that the copy is of the
   contents and not of the gap in front of them. */
static bool grow(wss__buf *buf, const wss_allocator *allocator,
                 size_t capacity) {
  uint8_t *memory;
  if (buf->start == 0 && buf->memory != NULL) {
    memory = wss__realloc(allocator, buf->memory, capacity);
    if (memory == NULL)
      return false;
  } else {
    memory = wss__malloc(allocator, capacity);
    if (memory == NULL)
      return false;
    if (buf->memory != NULL)
      memcpy(memory, buf->memory + buf->start, buf->length);
    wss__free(allocator, buf->memory);
    buf->start = 0;
  }
  buf->memory = memory;
  buf->capacity = capacity;
  return true;
}

/* Makes the gap in front room behind. A full queue that is consumed and
   refilled bit by bit would move all of it for each bit; so what is moved is at
   most what was consumed, or else the queue gets room to slide in, if there is
   memory. */
static void slide(wss__buf *buf, const wss_allocator *allocator, size_t need) {
  if (buf->start < buf->length && grow(buf, allocator, 2 * need))
    return;
  memmove(buf->memory, buf->memory + buf->start, buf->length);
  buf->start = 0;
}

uint8_t *wss__buf_reserve(wss__buf *buf, const wss_allocator *allocator,
                          size_t size) {
  size_t need;
  if (!wss__buf_fits(buf, size))
    return NULL;
  need = buf->length + size;
  if (need > buf->capacity || buf->memory == NULL) {
    if (!grow(buf, allocator, grown(buf, need)))
      return NULL;
  } else if (need > buf->capacity - buf->start) {
    slide(buf, allocator, need);
  }
  return buf->memory + buf->start + buf->length;
}

void wss__buf_commit(wss__buf *buf, size_t size) {
  buf->length += size;
}

int wss__buf_append(wss__buf *buf, const wss_allocator *allocator,
                    const void *data, size_t size) {
  uint8_t *to;
  if (!wss__buf_fits(buf, size))
    return WSS_ERR_TOO_BIG;
  if (size == 0)
    return 0;
  to = wss__buf_reserve(buf, allocator, size);
  if (to == NULL)
    return WSS_ERR_NOMEM;
  memcpy(to, data, size);
  wss__buf_commit(buf, size);
  return 0;
}

void wss__buf_consume(wss__buf *buf, const wss_allocator *allocator,
                      size_t size) {
  buf->start += size;
  buf->length -= size;
  if (buf->length == 0)
    wss__buf_free(buf, allocator);
}

void wss__buf_clear(wss__buf *buf) {
  buf->start = 0;
  buf->length = 0;
}
