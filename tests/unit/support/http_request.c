#include "support/http_request.h"

#include <stdlib.h>
#include <string.h>

void test_request_begin(test_request *it, size_t max_size) {
  memset(it, 0, sizeof *it);
  test_allocator_init(&it->memory);
  it->request = wss__request_new(&it->memory.functions, max_size);
  assert_non_null(it->request);
}

void test_request_end(test_request *it) {
  wss__request_free(it->request);
  assert_int_equal(it->memory.blocks, 0);
}

int test_request_feed(test_request *it, const void *bytes, size_t size) {
  uint8_t *copy = malloc(size > 0 ? size : 1);
  size_t used = SIZE_MAX;
  assert_non_null(copy);
  if (size > 0)
    memcpy(copy, bytes, size);
  it->result = wss__request_feed(it->request, copy, size, &used, &it->refusal);
  free(copy);
  if (it->result >= 0) {
    assert_true(it->result == 1 ? used <= size : used == size);
    it->used += used;
  }
  if (it->result == 1)
    it->shown = wss__request_public(it->request);
  return it->result;
}

int test_request_pieces(test_request *it, const void *bytes, size_t size,
                        size_t piece) {
  const uint8_t *data = bytes;
  size_t at = 0;
  int result = 0;
  while (result == 0 && at < size) {
    size_t step = piece < size - at ? piece : size - at;
    result = test_request_feed(it, data + at, step);
    at += step;
  }
  return result;
}

int test_request_text(test_request *it, const char *text) {
  test_request_begin(it, 8192);
  return test_request_feed(it, text, strlen(text));
}
