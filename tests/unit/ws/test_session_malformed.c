/* B3: frames that break a rule of RFC 6455 5, of each kind and in each state of
   a session, cut in eight ways: a Close frame with 1002, and nothing is kept.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/session_log.h"

#define LIMIT 1000000

/* What stands in front. */
typedef enum before {
  NOTHING,
  A_MESSAGE,      /* whole */
  A_PART,         /* of a message that is not whole */
  A_PART_AND_PING /* the same, and a control frame within */
} before;

static const char *const logs[] = {
    [NOTHING] = "",
    [A_MESSAGE] = "text(first) ",
    [A_PART] = "",
    [A_PART_AND_PING] = "send-pong(p) ",
};

static size_t vectors;

/* Feeds the stream in one of eight ways; bad is where the bad frame is. */
static void feed_cut(test_session *it, const test_stream *stream, size_t bad,
                     size_t way) {
  const size_t cuts[] = {bad, bad + 1, bad + 2, bad + 3, bad + 5};
  if (way < 3) {
    static const test_cut whole[] = {TEST_WHOLE, TEST_SINGLE_BYTES,
                                     TEST_RANDOM};
    test_session_run(it, stream, whole[way]);
    return;
  }
  (void)test_session_feed(it, stream->bytes, cuts[way - 3]);
  (void)test_session_feed(it, stream->bytes + cuts[way - 3],
                          stream->size - cuts[way - 3]);
}

static void broken(before state, const uint8_t *frame, size_t size) {
  test_stream stream = {0};
  char expected[80];
  size_t bad;
  size_t way;
  if (state == A_MESSAGE)
    test_stream_text(&stream, TEST_TEXT, "first");
  if (state == A_PART || state == A_PART_AND_PING)
    test_stream_text(&stream, TEST_TEXT_PART, "begun");
  if (state == A_PART_AND_PING)
    test_stream_text(&stream, TEST_PING, "p");
  bad = stream.size;
  test_stream_bytes(&stream, frame, size);
  /* What comes behind it is dropped. */
  test_stream_text(&stream, TEST_LAST, "late");
  test_stream_text(&stream, TEST_TEXT, "late");
  test_stream_close(&stream, 1000, "late");
  (void)snprintf(expected, sizeof expected,
                 "%ssend-close(1002) WSS_ERR_PROTOCOL ", logs[state]);
  for (way = 0; way < 8; way++) {
    test_session it;
    test_session_begin(&it, LIMIT);
    feed_cut(&it, &stream, bad, way);
    if (strcmp(it.log, expected) != 0)
      fail_msg("%02x %02x, state %d, way %zu: %s", frame[0], frame[1],
               (int)state, way, it.log);
    assert_int_equal(it.memory.bytes, 0);
    assert_int_equal(it.session.code_sent, 1002);
    assert_int_equal(it.session.code_received, 0);
    test_session_end(&it);
  }
  test_stream_free(&stream);
  vectors++;
}

/* In each state, with a header of the length, in the form 0, 126 or 127, and
   some payload. */
static void broken_header(int first, bool masked, int form, uint64_t length) {
  int state;
  test_stream frame = {0};
  test_stream_header(&frame, first, form, length);
  if (!masked)
    frame.bytes[1] &= 0x7f;
  test_stream_bytes(&frame, "0123456789", length < 10 ? (size_t)length : 10);
  for (state = NOTHING; state <= A_PART_AND_PING; state++)
    broken((before)state, frame.bytes, frame.size);
  test_stream_free(&frame);
}

/* ---- The rules ----------------------------------------------------------- */

static const int opcodes[] = {0, 1, 2, 8, 9, 10};
enum { OPCODES = sizeof opcodes / sizeof opcodes[0] };

static void b3_reserved_bits(void **state) {
  int bits;
  size_t i;
  (void)state;
  for (bits = 0x10; bits <= 0x70; bits += 0x10) {
    for (i = 0; i < OPCODES; i++) {
      broken_header(0x80 | bits | opcodes[i], true, 0, 0);
      broken_header(bits | opcodes[i], true, 0, 5);
      broken_header(0x80 | bits | opcodes[i], true, 126, 126);
      broken_header(bits | opcodes[i], true, 127, 65536);
    }
  }
}

static void b3_reserved_opcodes(void **state) {
  int opcode;
  (void)state;
  for (opcode = 0; opcode < 16; opcode++) {
    if ((opcode & 7) < 3)
      continue;
    broken_header(0x80 | opcode, true, 0, 0);
    broken_header(opcode, true, 0, 125);
    broken_header(0x80 | opcode, true, 126, 300);
    broken_header(0x80 | opcode, true, 127, 65536);
  }
}

static void b3_frames_without_a_mask(void **state) {
  static const int lengths[] = {0, 1, 2, 5, 9, 64, 124, 125};
  size_t i;
  size_t j;
  (void)state;
  for (i = 0; i < OPCODES; i++) {
    for (j = 0; j < sizeof lengths / sizeof lengths[0]; j++)
      broken_header(0x80 | opcodes[i], false, 0, (uint64_t)lengths[j]);
    broken_header(0x80 | opcodes[i], false, 126, 126);
    broken_header(0x80 | opcodes[i], false, 127, 65536);
  }
}

static void b3_control_frames(void **state) {
  static const uint64_t lengths[] = {126, 127, 128, 255, 1000, 65535};
  size_t i;
  size_t j;
  (void)state;
  for (i = 3; i < OPCODES; i++) {
    for (j = 0; j < 126; j += 5) /* fragmented */
      broken_header(opcodes[i], true, 0, j);
    for (j = 0; j < sizeof lengths / sizeof lengths[0]; j++)
      broken_header(0x80 | opcodes[i], true, 126, lengths[j]);
    broken_header(0x80 | opcodes[i], true, 127, 65536);
    broken_header(0x80 | opcodes[i], true, 127, UINT64_MAX);
  }
}

static void b3_lengths_in_a_longer_form(void **state) {
  uint64_t length;
  unsigned shift;
  (void)state;
  for (length = 0; length < 126; length++) {
    broken_header(TEST_TEXT, true, 126, length);
    broken_header(TEST_LAST, true, 126, length);
  }
  for (length = 0; length < 65536; length += 1 + length * 3 / 5) {
    broken_header(TEST_BINARY, true, 127, length);
    broken_header(TEST_PART, true, 127, length);
  }
  broken_header(TEST_BINARY, true, 127, 65535);
  for (shift = 0; shift < 63; shift += 4) {
    broken_header(TEST_TEXT_PART, true, 127, UINT64_C(1) << 63 | 1ULL << shift);
    broken_header(TEST_LAST, true, 127, UINT64_MAX << shift);
  }
}

static void b3_frames_in_the_wrong_place(void **state) {
  int length;
  (void)state;
  for (length = 0; length < 126; length++) {
    static const int continuations[] = {TEST_PART, TEST_LAST};
    static const int starts[] = {TEST_TEXT, TEST_BINARY, TEST_TEXT_PART,
                                 TEST_BINARY_PART};
    uint8_t frame[6 + 125] = {0, (uint8_t)(0x80 | length)};
    size_t size = 6 + (size_t)length;
    size_t i;
    for (i = 0; i < 2; i++) {
      frame[0] = (uint8_t)continuations[i];
      broken(NOTHING, frame, size);
      broken(A_MESSAGE, frame, size);
    }
    for (i = 0; i < 4; i++) {
      frame[0] = (uint8_t)starts[i];
      broken(A_PART, frame, size);
      broken(A_PART_AND_PING, frame, size);
    }
  }
}

static void b3_close_frames(void **state) {
  int code;
  int at;
  (void)state;
  for (at = 0; at < 4; at++) {
    for (code = 0; code < 256; code += 3) { /* one byte is no code */
      const uint8_t frame[] = {0x88, 0x81, 0, 0, 0, 0, (uint8_t)code};
      broken((before)at, frame, sizeof frame);
    }
    for (code = 0; code < 65536; code += code < 3000 ? 13 : 641) {
      const uint8_t frame[] = {
          0x88, 0x83, 0, 0, 0, 0, (uint8_t)(code >> 8), (uint8_t)code, 'r'};
      if (code >= 1000 && code < 1015)
        continue; /* a5: each of them */
      if (code < 3000 || code > 4999)
        broken((before)at, frame, sizeof frame);
    }
  }
}

static void b3_these_are_more_than_5000(void **state) {
  (void)state;
  (void)print_message("%zu vectors\n", vectors);
  assert_in_range(vectors, 5000, 20000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(b3_reserved_bits),
      cmocka_unit_test(b3_reserved_opcodes),
      cmocka_unit_test(b3_frames_without_a_mask),
      cmocka_unit_test(b3_control_frames),
      cmocka_unit_test(b3_lengths_in_a_longer_form),
      cmocka_unit_test(b3_frames_in_the_wrong_place),
      cmocka_unit_test(b3_close_frames),
      cmocka_unit_test(b3_these_are_more_than_5000),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
