/* UTF-8, against a decoder that works by code points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "utf8_reference.h"
#include "ws/utf8.h"

/* Byte by byte, and whole. */
static void agree(const uint8_t *text, size_t size) {
  ref_verdict expected = ref_judge(text, size);
  wss__utf8 state = {0, 0, 0};
  size_t at = 0;
  while (at < size && wss__utf8_feed(&state, text + at, 1))
    at++;
  if (at != expected.bad ||
      (at == size && wss__utf8_complete(&state) != expected.complete) ||
      wss__utf8_valid(text, size) != (at == size && expected.complete))
    fail_msg("%02x %02x %02x %02x, %zu bytes", text[0], text[1], text[2],
             text[3], size);
}

/* All strings of 1 to 4 bytes of those at which a class begins or ends; of all
   4,294,967,296 of four bytes: tests/nightly. */
static void a4_every_string_at_class_boundaries(void **state) {
  static const uint8_t edges[] = {
      0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1,
      0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf2,
      0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
  enum { EDGES = sizeof edges };
  uint8_t text[4];
  unsigned count = 0;
  unsigned i;
  size_t size;
  (void)state;
  for (i = 0; i < EDGES * EDGES * EDGES * EDGES; i++) {
    text[0] = edges[i % EDGES];
    text[1] = edges[i / EDGES % EDGES];
    text[2] = edges[i / EDGES / EDGES % EDGES];
    text[3] = edges[i / EDGES / EDGES / EDGES];
    for (size = 1; size < 4; size++) {
      if (text[size] == 0) { /* once for each shorter string */
        agree(text, size);
        count++;
      }
    }
    agree(text, 4);
    count++;
  }
  assert_true(count >= 1082400); /* 32 + 32^2 + 32^3 + 32^4 */
}

static void every_pair_of_bytes(void **state) {
  unsigned i;
  (void)state;
  for (i = 0; i < 65536; i++) {
    uint8_t text[4] = {(uint8_t)(i >> 8), (uint8_t)i, 0x80, 0x80};
    agree(text, 2);
    agree(text, 3);
    agree(text, 4);
  }
}

static size_t encode(uint32_t point, uint8_t text[4]) {
  if (point < 0x80) {
    text[0] = (uint8_t)point;
    return 1;
  }
  if (point < 0x800) {
    text[0] = (uint8_t)(0xc0 | point >> 6);
    text[1] = (uint8_t)(0x80 | (point & 0x3f));
    return 2;
  }
  if (point < 0x10000) {
    text[0] = (uint8_t)(0xe0 | point >> 12);
    text[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
    text[2] = (uint8_t)(0x80 | (point & 0x3f));
    return 3;
  }
  text[0] = (uint8_t)(0xf0 | point >> 18);
  text[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
  text[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
  text[3] = (uint8_t)(0x80 | (point & 0x3f));
  return 4;
}

static void every_code_point(void **state) {
  uint32_t point;
  (void)state;
  for (point = 0; point < 0x120000; point++) {
    uint8_t text[4];
    size_t size = encode(point, text);
    bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (wss__utf8_valid(text, size) != (!surrogate && point <= 0x10ffff))
      fail_msg("U+%04X", point);
  }
}

/* A text of characters of all lengths, and ASCII long enough for words. */
static size_t sample(uint8_t *text) {
  static const char piece[] =
      "The quick brown fox jumps over the lazy dog, twice and again. "
      "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xf0\x9f\x98\x80 "
      "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf";
  memcpy(text, piece, sizeof piece - 1);
  return sizeof piece - 1;
}

static void a_text_at_every_split(void **state) {
  uint8_t text[128];
  size_t size = sample(text);
  size_t first;
  size_t second;
  (void)state;
  for (first = 0; first <= size; first++) {
    for (second = first; second <= size; second++) {
      wss__utf8 at = {0, 0, 0};
      assert_true(wss__utf8_feed(&at, text, first));
      assert_int_equal(wss__utf8_complete(&at),
                       ref_judge(text, first).complete);
      assert_true(wss__utf8_feed(&at, text + first, second - first));
      assert_true(wss__utf8_feed(&at, text + second, size - second));
      assert_true(wss__utf8_complete(&at));
    }
  }
}

/* Each byte of a text replaced by each class, at each split: the piece that
   holds the first bad byte is the one that fails. */
static void a_bad_byte_at_every_place(void **state) {
  static const uint8_t bad[] = {0x80, 0xbf, 0xc0, 0xc3, 0xe0, 0xed,
                                0xf0, 0xf4, 0xf5, 0xff, 'a'};
  uint8_t text[128];
  size_t size = sample(text);
  size_t i;
  (void)state;
  for (i = 0; i < size * sizeof bad; i++) {
    uint8_t copy[128];
    ref_verdict expected;
    size_t cut;
    memcpy(copy, text, size);
    copy[i / sizeof bad] = bad[i % sizeof bad];
    expected = ref_judge(copy, size);
    for (cut = 0; cut <= size; cut++) {
      wss__utf8 at = {0, 0, 0};
      bool first = wss__utf8_feed(&at, copy, cut);
      assert_int_equal(first, expected.bad >= cut);
      if (first)
        assert_int_equal(wss__utf8_feed(&at, copy + cut, size - cut),
                         expected.bad == size);
    }
  }
}

/* A byte that is not ASCII at each place of long ASCII, at each alignment. */
static void words_of_ascii(void **state) {
  uint8_t text[160];
  size_t start;
  size_t size;
  size_t bad;
  (void)state;
  memset(text, 'x', sizeof text);
  for (start = 0; start < 8; start++) {
    for (size = 0; size < 140; size++) {
      assert_true(wss__utf8_valid(text + start, size));
      for (bad = 0; bad < size; bad++) {
        text[start + bad] = 0x80;
        if (wss__utf8_valid(text + start, size))
          fail_msg("start %zu, size %zu, bad %zu", start, size, bad);
        text[start + bad] = 'x';
      }
    }
  }
}

/* Random strings of pieces of characters, in random cuts. */
static void random_strings(void **state) {
  static const char *const pieces[] = {"a",
                                       "0123456789abcdef0123456789abcdef",
                                       "\xc3\xa9",
                                       "\xe2\x82",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80",
                                       "\xf0\x9f",
                                       "\x80",
                                       "\xed\xa0\x80"};
  int round;
  (void)state;
  srandom(3629);
  for (round = 0; round < 100000; round++) {
    uint8_t text[200];
    size_t size = 0;
    size_t at = 0;
    wss__utf8 utf8 = {0, 0, 0};
    ref_verdict expected;
    while (size < 150) {
      /* Seldom a bad one, so that some strings come far. */
      const char *piece =
          pieces[random() % 40 == 0 ? random() % 9 : random() % 3];
      memcpy(text + size, piece, strlen(piece));
      size += strlen(piece);
    }
    expected = ref_judge(text, size);
    while (at < size) {
      size_t step = (size_t)random() % 60;
      step = step < size - at ? step : size - at;
      if (!wss__utf8_feed(&utf8, text + at, step))
        break;
      at += step;
      assert_true(expected.bad >= at);
    }
    assert_int_equal(at == size, expected.bad == size);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a4_every_string_at_class_boundaries),
      cmocka_unit_test(every_pair_of_bytes),
      cmocka_unit_test(every_code_point),
      cmocka_unit_test(a_text_at_every_split),
      cmocka_unit_test(a_bad_byte_at_every_place),
      cmocka_unit_test(words_of_ascii),
      cmocka_unit_test(random_strings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
