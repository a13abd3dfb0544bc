/* UTF-8 in text messages: refused at the first bad byte, however the message is
   cut. At every position: test_session_utf8.c. */
#include <stdlib.h>
#include <string.h>

#include "support/session_log.h"

#define LIMIT 100000

/* A sequence, and at which of its bytes no text can go on. */
typedef struct bad_sequence {
  const char *bytes;
  size_t at;
} bad_sequence;

static const bad_sequence sequences[] = {
    {"\x80", 0},
    {"\xbf", 0},
    {"\xc0\x80", 0},
    {"\xc1\xbf", 0},
    {"\xc3(", 1},
    {"\xe0\x9f\xbf", 1},
    {"\xe2\x82(", 2},
    {"\xe2(\xa1", 1},
    {"\xed\xa0\x80", 1},
    {"\xf0\x8f\xbf\xbf", 1},
    {"\xf0\x9f\x98(", 3},
    {"\xf4\x90\x80\x80", 1},
    {"\xf5\x80\x80\x80", 0},
    {"\xfe", 0},
    {"\xff", 0},
};

/* Byte by byte, the error comes with the bad byte itself; payload_at is where
   in the stream the byte is. */
static void expect_at(const test_stream *stream, size_t bad_at) {
  test_session it;
  test_session_begin(&it, LIMIT);
  test_session_run(&it, stream, TEST_SINGLE_BYTES);
  assert_string_equal(it.log, "send-close(1007) WSS_ERR_UTF8 ");
  assert_int_equal(it.error_at, bad_at + 1);
  assert_int_equal(it.memory.bytes, 0); /* what had come is given back */
  test_session_end(&it);
}

/* The frame's rest never comes: the bad byte is enough. */
static void in_a_frame_that_is_not_whole(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
    test_stream stream = {0};
    test_stream_header(&stream, TEST_TEXT, 127, 99999);
    test_stream_bytes(&stream, "good", 4);
    test_stream_bytes(&stream, sequences[i].bytes, sequences[i].at + 1);
    expect_at(&stream, 14 + 4 + sequences[i].at);
    test_stream_expect(&stream, LIMIT, "send-close(1007) WSS_ERR_UTF8");
  }
}

/* The sequence cut between two fragments at each place, with a ping and an
   empty fragment between them. */
static void across_fragments(void **state) {
  size_t i;
  size_t cut;
  (void)state;
  for (i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
    size_t size = strlen(sequences[i].bytes);
    for (cut = 0; cut <= size; cut++) {
      test_stream stream = {0};
      bool answered = sequences[i].at >= cut;
      test_stream_frame(&stream, TEST_TEXT_PART, sequences[i].bytes, cut);
      test_stream_text(&stream, TEST_PING, "\xff");
      test_stream_text(&stream, TEST_PART, "");
      test_stream_frame(&stream, TEST_PART, sequences[i].bytes + cut,
                        size - cut);
      test_stream_text(&stream, TEST_LAST, "more");
      test_stream_expect(&stream, LIMIT,
                         answered
                             ? "send-pong(\\ff) send-close(1007) WSS_ERR_UTF8"
                             : "send-close(1007) WSS_ERR_UTF8");
    }
  }
}

/* A message that ends within a character, in one frame and in two. */
static void at_the_end_of_a_message(void **state) {
  static const char *const texts[] = {"a\xc3", "\xe2",       "\xe2\x82",
                                      "\xf0",  "ab\xf0\x9f", "\xf0\x9f\x98"};
  size_t i;
  size_t cut;
  (void)state;
  for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    size_t size = strlen(texts[i]);
    test_stream stream = {0};
    test_stream_text(&stream, TEST_TEXT, texts[i]);
    test_stream_expect(&stream, LIMIT, "send-close(1007) WSS_ERR_UTF8");
    for (cut = 0; cut <= size; cut++) {
      test_stream_frame(&stream, TEST_TEXT_PART, texts[i], cut);
      test_stream_frame(&stream, TEST_LAST, texts[i] + cut, size - cut);
      test_stream_expect(&stream, LIMIT, "send-close(1007) WSS_ERR_UTF8");
    }
  }
}

/* Characters that fragments cut in two are whole again. */
static void good_characters_across_fragments(void **state) {
  static const char text[] = "\xce\xba\xf0\x9f\x98\x80";
  size_t one;
  size_t two;
  (void)state;
  for (one = 0; one < sizeof text; one++) {
    for (two = one; two < sizeof text; two++) {
      test_stream stream = {0};
      test_stream_frame(&stream, TEST_TEXT_PART, text, one);
      test_stream_frame(&stream, TEST_PART, text + one, two - one);
      test_stream_frame(&stream, TEST_LAST, text + two, sizeof text - 1 - two);
      test_stream_expect(&stream, LIMIT, "text(\\ce\\ba\\f0\\9f\\98\\80)");
    }
  }
}

/* A message does not inherit the state of the one before, nor does binary data
   have to be text. */
static void messages_are_judged_apart(void **state) {
  test_stream stream = {0};
  (void)state;
  test_stream_text(&stream, TEST_BINARY, "\xe2\x82");
  test_stream_text(&stream, TEST_TEXT, "\xce\xba");
  test_stream_text(&stream, TEST_BINARY_PART, "\xf0");
  test_stream_text(&stream, TEST_LAST, "\xff");
  test_stream_text(&stream, TEST_TEXT, "a");
  test_stream_text(&stream, TEST_TEXT, "\xac");
  test_stream_expect(&stream, LIMIT,
                     "binary(\\e2\\82) text(\\ce\\ba) binary(\\f0\\ff) "
                     "text(a) send-close(1007) WSS_ERR_UTF8");
}

/* A long text, so that words are checked, with the bad byte far behind. */
static void in_a_long_text(void **state) {
  static char payload[70000];
  static const size_t places[] = {0, 32, 126, 4095, 65536, 69999};
  size_t i;
  int cut;
  (void)state;
  for (i = 0; i < sizeof places / sizeof places[0]; i++) {
    test_stream stream = {0};
    memset(payload, 'a', sizeof payload);
    payload[places[i]] = (char)0xff;
    test_stream_frame(&stream, TEST_TEXT, payload, sizeof payload);
    for (cut = 0; cut < 2; cut++) {
      test_session it;
      test_session_begin(&it, LIMIT);
      test_session_run(&it, &stream, cut == 0 ? TEST_WHOLE : TEST_RANDOM);
      assert_string_equal(it.log, "send-close(1007) WSS_ERR_UTF8 ");
      test_session_end(&it);
    }
    test_stream_free(&stream);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(in_a_frame_that_is_not_whole),
      cmocka_unit_test(across_fragments),
      cmocka_unit_test(at_the_end_of_a_message),
      cmocka_unit_test(good_characters_across_fragments),
      cmocka_unit_test(messages_are_judged_apart),
      cmocka_unit_test(in_a_long_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
