/* base/buf, for any three calls with at most 16 bytes each, on an allocator
   that may fail; and its arithmetic for any size. The file is included: grown
   is static. */
#include "base/buf.c"
#include "proof.h"

#define CALLS 3
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

/* A queue as one would draw it: byte i of what was appended and not consumed.
 */
static uint8_t model[CALLS * MOST];
static size_t model_size;

static void append(wss__buf *buf, const wss_allocator *allocator) {
  size_t size = any_size(MOST);
  uint8_t *data = any_bytes(size);
  size_t before = buf->length;
  bool fits = size <= buf->ceiling - before;
  int result = wss__buf_append(buf, allocator, data, size);
  assert(result == 0 || buf->length == before);
  assert((result == WSS_ERR_TOO_BIG) == !fits);
  if (result == 0) {
    if (size > 0)
      memcpy(model + model_size, data, size);
    model_size += size;
  }
  free(data);
}

static void consume(wss__buf *buf, const wss_allocator *allocator) {
  size_t size = any_size(MOST);
  __CPROVER_assume(size <= buf->length);
  wss__buf_consume(buf, allocator, size);
  memmove(model, model + size, model_size - size);
  model_size -= size;
}

static void check(const wss__buf *buf) {
  size_t at = any_size(CALLS * MOST);
  assert(buf->length == model_size && buf->length <= buf->ceiling);
  assert(buf->start <= buf->capacity);
  assert(buf->length <= buf->capacity - buf->start);
  if (at < buf->length)
    assert(wss__buf_data(buf)[at] == model[at]);
}

void queues(void) {
  const wss_allocator allocator = {any_malloc, any_realloc, any_free, NULL};
  wss__buf buf;
  int call;
  wss__buf_init(&buf, nondet_size_t());
  for (call = 0; call < CALLS; call++) {
    if (nondet_bool())
      append(&buf, &allocator);
    else
      consume(&buf, &allocator);
    check(&buf);
  }
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
