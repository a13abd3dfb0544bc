/* B5: text that is not UTF-8, systematically: each kind of bad sequence at each
   of 64 positions of a frame, of a fragment and of a Close frame's reason. */
#include <string.h>

#include "support/session_log.h"

#define LIMIT 1000
#define POSITIONS 64

/* Bytes, of which the last one is the first that no text can have there. */
typedef struct sequence {
  uint8_t bytes[4];
  size_t size;
} sequence;

static sequence sequences[512];
static size_t count;

static void add(const uint8_t *bytes, size_t size) {
  assert_true(count < sizeof sequences / sizeof sequences[0]);
  memcpy(sequences[count].bytes, bytes, size);
  sequences[count++].size = size;
}

/* Bytes that go on with no character at all, and those beside the bounds. */
static void add_ends(const uint8_t *begin, size_t size, uint8_t low,
                     uint8_t high) {
  const uint8_t ends[] = {0x00,
                          0x41,
                          0x7f,
                          0xc0,
                          0xe2,
                          0xff,
                          (uint8_t)(low - 1),
                          (uint8_t)(high + 1)};
  size_t i;
  for (i = 0; i < sizeof ends; i++) {
    uint8_t bytes[4];
    memcpy(bytes, begin, size);
    bytes[size] = ends[i];
    /* 7f and c0 are beside the widest bounds; not twice. */
    if (i < 6 || (ends[i] != 0x7f && ends[i] != 0xc0))
      add(bytes, size + 1);
  }
}

/* The table of RFC 3629 4, row by row: the bounds of the second byte. */
static const struct {
  uint8_t lead, low, high;
  size_t size;
} rows[] = {
    {0xc2, 0x80, 0xbf, 2}, {0xdf, 0x80, 0xbf, 2}, {0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0x80, 0xbf, 3}, {0xec, 0x80, 0xbf, 3}, {0xed, 0x80, 0x9f, 3},
    {0xee, 0x80, 0xbf, 3}, {0xef, 0x80, 0xbf, 3}, {0xf0, 0x90, 0xbf, 4},
    {0xf1, 0x80, 0xbf, 4}, {0xf3, 0x80, 0xbf, 4}, {0xf4, 0x80, 0x8f, 4}};

static int make_sequences(void **state) {
  unsigned lead;
  size_t i;
  (void)state;
  for (lead = 0x80; lead < 0x100; lead++) {
    uint8_t byte = (uint8_t)lead;
    if (lead < 0xc2 || lead > 0xf4)
      add(&byte, 1);
  }
  for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t bytes[4] = {rows[i].lead, rows[i].low, 0x80, 0x80};
    size_t size;
    add_ends(bytes, 1, rows[i].low, rows[i].high);
    for (size = 2; size < rows[i].size; size++)
      add_ends(bytes, size, 0x80, 0xbf);
    bytes[1] = rows[i].high;
    for (size = 2; size < rows[i].size; size++)
      add_ends(bytes, size, 0x80, 0xbf);
  }
  return 0;
}

/* Nothing comes of the bytes up to the last, and that one is the error. */
static void fails_with_the_last(const test_stream *stream) {
  test_session it;
  test_session_begin(&it, LIMIT);
  assert_int_equal(test_session_feed(&it, stream->bytes, stream->size - 1), 0);
  assert_int_equal(it.log_size, 0);
  assert_int_equal(test_session_feed(&it, stream->bytes + stream->size - 1, 1),
                   WSS_ERR_UTF8);
  assert_string_equal(it.log, "send-close(1007) WSS_ERR_UTF8 ");
  assert_int_equal(it.memory.bytes, 0); /* what had come is given back */
  test_session_end(&it);
}

/* With good text behind it in the same read; the character is as long as its
   first byte says, if the bad byte would let it. */
static void fails_at_once(const uint8_t *text, size_t size,
                          const sequence *bad) {
  uint8_t payload[POSITIONS + 4 + 40];
  size_t length = bad->bytes[0] < 0xe0 ? 2 : bad->bytes[0] < 0xf0 ? 3 : 4;
  test_stream stream = {0};
  test_session it;
  memset(payload, 'z', sizeof payload);
  memcpy(payload, text, size);
  if (bad->bytes[bad->size - 1] < 0xc0 && bad->size < length)
    memset(payload + size, 0x80, length - bad->size);
  test_stream_frame(&stream, TEST_TEXT, payload, size + 40);
  test_session_begin(&it, LIMIT);
  assert_int_equal(test_session_feed(&it, stream.bytes, stream.size),
                   WSS_ERR_UTF8);
  test_session_end(&it);
  test_stream_free(&stream);
}

static void b5_at_each_position(void **state) {
  size_t cases = 0;
  size_t i;
  size_t at;
  (void)state;
  for (i = 0; i < count; i++) {
    for (at = 0; at < POSITIONS; at++) {
      uint8_t payload[2 + POSITIONS + 4] = {0x03, 0xe8};
      uint8_t *text = payload + 2;
      size_t size = at + sequences[i].size;
      test_stream stream = {0};
      memset(text, 'a', POSITIONS);
      memcpy(text + at, sequences[i].bytes, sequences[i].size);
      /* In a frame that goes on behind it. */
      test_stream_header(&stream, TEST_TEXT, 0, 100);
      test_stream_bytes(&stream, text, size);
      fails_with_the_last(&stream);
      test_stream_free(&stream);
      fails_at_once(text, size, &sequences[i]);
      /* In a fragment, cut from the one before within the sequence or in front
         of it. */
      test_stream_frame(&stream, TEST_TEXT_PART, text, size - 1 - at % 2);
      if (at % 2 == 1 && sequences[i].size > 1)
        test_stream_frame(&stream, TEST_PART, text + size - 2, 1);
      else if (at % 2 == 1)
        test_stream_frame(&stream, TEST_PART, "a", 1);
      test_stream_header(&stream, TEST_PART, 126, 200);
      test_stream_bytes(&stream, text + size - 1, 1);
      fails_with_the_last(&stream);
      test_stream_free(&stream);
      /* In a reason, which is judged when its frame is whole. */
      test_stream_frame(&stream, TEST_CLOSE, payload, 2 + size);
      fails_with_the_last(&stream);
      test_stream_free(&stream);
      cases += 4;
    }
  }
  (void)print_message("%zu sequences, %zu cases\n", count, cases);
  assert_in_range(cases, 40000, 100000);
}

/* The same sequences without their last byte are no error yet, but the end of a
   message is one. */
static void b5_the_end_within_a_character(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < count; i++) {
    size_t size = sequences[i].size - 1;
    test_stream stream = {0};
    test_session it;
    test_stream_frame(&stream, TEST_TEXT_PART, sequences[i].bytes, size);
    test_session_begin(&it, LIMIT);
    test_session_run(&it, &stream, TEST_WHOLE);
    assert_int_equal(it.log_size, 0);
    test_stream_free(&stream);
    test_stream_frame(&stream, TEST_LAST, "", 0);
    test_session_run(&it, &stream, TEST_WHOLE);
    assert_string_equal(it.log, size == 0 ? "text() "
                                          : "send-close(1007) WSS_ERR_UTF8 ");
    test_session_end(&it);
    test_stream_free(&stream);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(b5_at_each_position),
      cmocka_unit_test(b5_the_end_within_a_character),
  };
  return cmocka_run_group_tests(tests, make_sequences, NULL);
}
