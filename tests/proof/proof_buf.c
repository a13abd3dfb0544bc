/* base/buf: appending to an empty queue, consuming from any queue in memory of
   SIZE bytes, on an allocator that may fail; and its arithmetic for any size.
   The file is included: grown is static. */
#include "base/buf.c"
#include "proof.h"

#define MOST 16

static void *any_malloc(size_t size, void *user) {
  (void)user;
  return nondet_bool() ? NULL : malloc(size);
}

static void *any_realloc(void *memory, size_t size, void *user) {
  (void)user;
  return nondet_bool() ? NULL : realloc(memory, size);
}

static void any_free(void *memory, void *user) {
  (void)user;
  free(memory);
}

static const wss_allocator allocator = {any_malloc, any_realloc, any_free,
                                        NULL};

/* Every state that calls can lead to, without memory if SIZE is 0. */
static wss__buf any_buf(void) {
  wss__buf buf;
  wss__buf_init(&buf, MOST);
  if (SIZE > 0) {
    buf.memory = any_bytes(SIZE);
    buf.capacity = SIZE;
    buf.start = any_size(SIZE);
    buf.length = any_size(SIZE - buf.start);
  }
  return buf;
}

static void check(const wss__buf *buf) {
  assert(buf->length <= buf->ceiling);
  assert(buf->start <= buf->capacity);
  assert(buf->length <= buf->capacity - buf->start);
  assert((buf->memory == NULL) == (buf->capacity == 0));
}

/* What was there is there, and behind it what was appended: looked at at any
   one place. */
void appends(void) {
  wss__buf buf = any_buf();
  size_t size = any_size(MOST);
  uint8_t data[MOST];
  size_t before = buf.length;
  size_t at = nondet_size_t();
  bool fits = size <= buf.ceiling - before;
  uint8_t byte = 0;
  int result;
  __CPROVER_assume(at < before + size);
  byte = at < before ? wss__buf_data(&buf)[at] : data[at - before];
  result = wss__buf_append(&buf, &allocator, data, size);
  check(&buf);
  assert((result == WSS_ERR_TOO_BIG) == !fits);
  assert(buf.length == before + (result == 0 ? size : 0));
  if (at < buf.length)
    assert(wss__buf_data(&buf)[at] == byte);
  wss__buf_free(&buf, &allocator);
}

void consumes(void) {
  wss__buf buf = any_buf();
  size_t size = any_size(buf.length);
  size_t left = buf.length - size;
  size_t at = nondet_size_t();
  uint8_t byte = 0;
  __CPROVER_assume(at < left || left == 0);
  if (left > 0)
    byte = wss__buf_data(&buf)[size + at];
  wss__buf_consume(&buf, &allocator, size);
  check(&buf);
  assert(buf.length == left);
  if (left > 0)
    assert(wss__buf_data(&buf)[at] == byte);
  wss__buf_free(&buf, &allocator);
  assert(buf.memory == NULL && buf.length == 0);
}

/* What is needed fits, the ceiling is kept, nothing wraps, and it ends. */
void grows(void) {
  wss__buf buf = {NULL, 0, nondet_size_t(), nondet_size_t(), nondet_size_t()};
  size_t need = nondet_size_t();
  size_t capacity;
  __CPROVER_assume(buf.length <= buf.capacity && buf.capacity <= buf.ceiling);
  __CPROVER_assume(need <= buf.ceiling);
  capacity = grown(&buf, need);
  assert(capacity >= need && capacity <= buf.ceiling);
}
