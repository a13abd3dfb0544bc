#include "support/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_fail(const char *file, int line, const char *what) {
  (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  abort();
}

bool fuzz_input_read(fuzz_input *input, const uint8_t *data, size_t size) {
  memset(input, 0, sizeof *input);
  if (size < FUZZ_PREFIX)
    return false;
  input->settings = data[0];
  input->fail_at = data[1];
  input->cuts = data + FUZZ_PREFIX - FUZZ_CUTS;
  input->bytes = data + FUZZ_PREFIX;
  input->size = size - FUZZ_PREFIX;
  return true;
}

static size_t piece_size(uint8_t cut, size_t left) {
  size_t size = cut <= 200 ? cut : (size_t)(cut - 200) * 128;
  return size == 0 || size > left ? left : size;
}

uint8_t *fuzz_next(fuzz_input *input, bool cut, size_t *size) {
  size_t left = input->size - input->at;
  uint8_t *copy;
  *size = left;
  if (cut)
    *size = piece_size(input->cuts[input->turn++ % FUZZ_CUTS], left);
  copy = fuzz_copy(input->bytes + input->at, *size);
  input->at += *size;
  return copy;
}

uint8_t *fuzz_copy(const void *data, size_t size) {
  uint8_t *copy = malloc(size > 0 ? size : 1);
  CHECK(copy != NULL);
  if (size > 0)
    memcpy(copy, data, size);
  return copy;
}

void fuzz_log_bytes(fuzz_log *log, const void *data, size_t size) {
  if (size > log->capacity - log->size) {
    size_t capacity = 2 * (log->size + size) + 256;
    uint8_t *bytes = realloc(log->bytes, capacity);
    CHECK(bytes != NULL);
    log->bytes = bytes;
    log->capacity = capacity;
  }
  if (size > 0)
    memcpy(log->bytes + log->size, data, size);
  log->size += size;
}

void fuzz_log_number(fuzz_log *log, int64_t number) {
  fuzz_log_bytes(log, &number, sizeof number);
}

bool fuzz_log_equal(const fuzz_log *a, const fuzz_log *b) {
  return a->size == b->size &&
         (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}

void fuzz_log_free(fuzz_log *log) {
  free(log->bytes);
  memset(log, 0, sizeof *log);
}
