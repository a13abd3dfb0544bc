/* Masking, against RFC 6455 5.3 read byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ws/mask.h"

static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};

static void rfc_6455_5_7(void **state) {
  uint8_t data[] = {0x7f, 0x9f, 0x4d, 0x51, 0x58};
  (void)state;
  wss__mask(data, sizeof data, key, 0);
  assert_memory_equal(data, "Hello", 5);
}

/* Every offset modulo 8, size, and alignment; what lies about is untouched. */
static void every_offset_size_and_alignment(void **state) {
  enum { LARGEST = 300, MARGIN = 32 };
  uint8_t data[LARGEST + 2 * MARGIN];
  uint8_t expected[sizeof data];
  uint64_t offset;
  size_t size;
  size_t start;
  size_t i;
  (void)state;
  for (size = 0; size <= LARGEST; size += size < 70 ? 1 : 23) {
    for (offset = 0; offset < 8; offset++) {
      for (start = 0; start < MARGIN; start++) {
        for (i = 0; i < sizeof data; i++)
          data[i] = (uint8_t)(i * 7 + size);
        memcpy(expected, data, sizeof data);
        for (i = 0; i < size; i++)
          expected[start + i] ^= key[(offset + i) % 4];
        wss__mask(data + start, size, key, offset);
        if (memcmp(data, expected, sizeof data) != 0)
          fail_msg("size %zu, offset %u, start %zu", size, (unsigned)offset,
                   start);
      }
    }
  }
}

static void of_an_offset_the_remainder_counts(void **state) {
  static const uint64_t bases[] = {4, 1024, UINT64_C(1) << 32,
                                   UINT64_C(1) << 63, UINT64_MAX - 7};
  size_t i;
  uint64_t offset;
  (void)state;
  for (i = 0; i < sizeof bases / sizeof bases[0]; i++) {
    for (offset = 0; offset < 8; offset++) {
      uint8_t one[32] = {0};
      uint8_t other[32] = {0};
      wss__mask(one, sizeof one, key, offset % 4);
      wss__mask(other, sizeof other, key, bases[i] + offset);
      assert_memory_equal(one, other, sizeof one);
    }
  }
}

/* In pieces, each at its own offset, it is the same as whole. */
static void cut_at_random(void **state) {
  int round;
  (void)state;
  srandom(53);
  for (round = 0; round < 2000; round++) {
    uint8_t whole[500] = {0};
    uint8_t pieces[500] = {0};
    size_t at = 0;
    wss__mask(whole, sizeof whole, key, 0);
    while (at < sizeof pieces) {
      size_t step = (size_t)random() % 90;
      if (step > sizeof pieces - at)
        step = sizeof pieces - at;
      wss__mask(pieces + at, step, key, at);
      at += step;
    }
    assert_memory_equal(whole, pieces, sizeof whole);
  }
}

static void no_data(void **state) {
  (void)state;
  wss__mask(NULL, 0, key, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rfc_6455_5_7),
      cmocka_unit_test(every_offset_size_and_alignment),
      cmocka_unit_test(of_an_offset_the_remainder_counts),
      cmocka_unit_test(cut_at_random),
      cmocka_unit_test(no_data),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
