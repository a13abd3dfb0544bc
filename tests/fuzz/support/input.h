/* What the fuzz targets share: checks, and inputs that say how they are cut.

   An input is FUZZ_PREFIX bytes and a stream:
     0     settings, whose meaning is the target's
     1     the allocation that fails in the run with failures; 0: none
     2-7   sizes of the pieces, in turn: 0 is all that is left, up to 200 that
           many bytes, from 201 on multiples of 128 */
#ifndef WSS_FUZZ_INPUT_H
#define WSS_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_PREFIX 8
#define FUZZ_CUTS 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what does not hold, and aborts: for libFuzzer the input is a finding. */
#define CHECK(condition)                                                       \
  ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
void fuzz_fail(const char *file, int line, const char *what)
    __attribute__((noreturn));

typedef struct fuzz_input {
  uint8_t settings;
  uint8_t fail_at;
  const uint8_t *cuts;
  const uint8_t *bytes;
  size_t size;
  size_t turn; /* pieces taken */
  size_t at;   /* bytes taken */
} fuzz_input;

/* False for an input without a whole prefix. */
bool fuzz_input_read(fuzz_input *input, const uint8_t *data, size_t size);

/* Takes the next piece off the stream, or all that is left of it: a copy that
   ends where unreadable bytes begin, for the caller to free. *size is 0 at the
   end only. */
uint8_t *fuzz_next(fuzz_input *input, bool cut, size_t *size);

/* A copy that ends where unreadable bytes begin, for the caller to free. */
uint8_t *fuzz_copy(const void *data, size_t size);

/* Bytes that are written down to be compared. */
typedef struct fuzz_log {
  uint8_t *bytes;
  size_t size;
  size_t capacity;
} fuzz_log;

void fuzz_log_bytes(fuzz_log *log, const void *data, size_t size);
void fuzz_log_number(fuzz_log *log, int64_t number);
bool fuzz_log_equal(const fuzz_log *a, const fuzz_log *b);
void fuzz_log_free(fuzz_log *log);

#endif
