/* Small records in front of a ClientHello: what comes out, however it comes in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tls/pieces.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* Hands in at most so many bytes at a time, asks for a header and then for its
   record, as Mbed TLS does; returns how much came out. */
static size_t pass(wss__tls_pieces *pieces, const void *text, size_t size,
                   size_t chunk, uint8_t *out) {
  size_t count = 0;
  size_t begun = 0; /* where the record in out began */
  for (size_t at = 0; at < size; at += chunk) {
    size_t step = chunk < size - at ? chunk : size - at;
    uint8_t *copy = malloc(step);
    assert_non_null(copy);
    memcpy(copy, (const uint8_t *)text + at, step);
    uint8_t *input = copy;
    size_t left = step;
    for (;;) {
      size_t seen = count - begun;
      size_t whole = WSS__TLS_PIECES_HEADER;
      if (seen >= whole)
        whole += (size_t)out[begun + 3] << 8 | out[begun + 4];
      if (seen >= WSS__TLS_PIECES_HEADER && seen == whole) {
        begun = count;
        continue;
      }
      size_t got = wss__tls_pieces_read(pieces, &input, &left, out + count,
                                        whole - seen);
      assert_true(got <= whole - seen);
      if (got == 0)
        break;
      count += got;
    }
    assert_int_equal(left, 0);
    free(copy);
  }
  return count;
}

static void records(void **state) {
  static const struct {
    const char *in;
    size_t in_size;
    const char *out;
    size_t out_size;
  } rows[] = {
#define ROW(in, out) {in, sizeof in - 1, out, sizeof out - 1}
      /* As it is. */
      ROW("\x16\3\1\0\4abcd", "\x16\3\1\0\4abcd"),
      ROW("\x16\3\1\0\5abcde\x16\3\1\0\1f", "\x16\3\1\0\5abcde\x16\3\1\0\1f"),
      ROW("\x15\3\3\0\2\2\x28", "\x15\3\3\0\2\2\x28"),
      ROW("\x16\3\1\0\0", "\x16\3\1\0\0"),
      ROW("GET / HTTP/1.1", "GET / HTTP/1.1"),
      /* Another type before it. */
      ROW("\x14\3\3\0\1\1\x16\3\1\0\4abcd", "\x14\3\3\0\1\1\x16\3\1\0\4abcd"),
      ROW("\x14\3\3\0\1\1\x16\3\1\0\1a\x16\3\1\0\3bcd",
          "\x14\3\3\0\1\1\x16\3\1\0\4abcd"),
      /* Joined. */
      ROW("\x16\3\1\0\1a\x16\3\1\0\3bcd", "\x16\3\1\0\4abcd"),
      ROW("\x16\3\1\0\3abc\x16\3\1\0\1d\x16\3\1\0\1e",
          "\x16\3\1\0\4abcd\x16\3\1\0\1e"),
      ROW("\x16\3\1\0\1a\x16\3\1\0\1b\x16\3\1\0\1c\x16\3\1\0\1d\x16\3\1\0\1e",
          "\x16\3\1\0\4abcd\x16\3\1\0\1e"),
      ROW("\x16\3\1\0\1a\x16\3\1\0\2bc\x16\3\1\0\6defghi", "\x16\3\1\0\x09"
                                                           "abcdefghi"),
      /* Waits for more. */
      ROW("\x16\3\1\0\1a\x16\3\1\0\2bc", ""),
      /* What is held is handed out to be refused. */
      ROW("\x16\3\1\0\1a\x15\3\3\0", ""),
      ROW("\x16\3\1\0\1a\x15\3\3\0\2", "\x16\3\3\0\1a"),
      ROW("\x16\3\1\0\2ab\x16\3\1\0\0", "\x16\3\1\0\2ab"),
      ROW("\x16\3\1\0\2ab\x16\3\1\x40\0", "\x16\3\1\0\2ab"),
      ROW("\x16\3\1\0\2ab\x16\3\1\x3f\xfe"
          "c",
          "\x16\3\1\x40\0abc"),
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    for (size_t chunk = 1; chunk <= rows[i].in_size; chunk++) {
      uint8_t out[128];
      wss__tls_pieces pieces;
      wss__tls_pieces_start(&pieces);
      size_t size = pass(&pieces, rows[i].in, rows[i].in_size, chunk, out);
      if (size != rows[i].out_size || memcmp(out, rows[i].out, size) != 0)
        fail_msg("row %zu, chunk %zu: %zu bytes", i, chunk, size);
    }
  }
}

/* After a HelloRetryRequest. */
static void again(void **state) {
  static const char first[] = "\x16\3\1\0\4abcd";
  static const char second[] = "\x16\3\1\0\1a\x16\3\1\0\3bcd";
  uint8_t out[32];
  wss__tls_pieces pieces = {.left = 0};
  (void)state;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(pass(&pieces, second, sizeof second - 1, 3, out), 9);
    assert_memory_equal(out, first, 9);
    assert_true(pieces.done);
    assert_int_equal(pass(&pieces, second, sizeof second - 1, 3, out),
                     sizeof second - 1);
    wss__tls_pieces_start(&pieces);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(records),
      cmocka_unit_test(again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
