/* Small messages, which a session reads by a shortcut, and the memory of large
   ones. */
#include <string.h>

#include "support/session_log.h"

/* A header is cut behind its first byte, and what follows looks like a small
   frame by itself: 82 is the length, and the key goes on as one would. */
static void a_small_frame_within_a_frame(void **state) {
  static const char inner[] = "\x82\x80\x11\x22\x33\x44";
  test_session it;
  (void)state;
  test_session_begin(&it, 1000);
  /* 82 | 82, key 80 11 22 33, and two bytes */
  (void)test_session_feed(&it, (const uint8_t *)"\x82", 1);
  (void)test_session_feed(&it,
                          (const uint8_t *)"\x82\x80\x11\x22\x33"
                                           "\xe8\x78",
                          7);
  assert_string_equal(it.log, "binary(hi) ");
  /* Where a payload goes on, too. */
  (void)test_session_feed(&it, (const uint8_t *)"\x82\x8c\0\0\0\0......", 12);
  (void)test_session_feed(&it, (const uint8_t *)inner, 6);
  assert_string_equal(it.log, "binary(hi) binary(......\\82\\80\\11\"3D) ");
  test_session_end(&it);
}

/* Whole frames in the input are read where they lie. */
static void many_in_one_feed(void **state) {
  test_stream stream = {0};
  test_session it;
  int i;
  (void)state;
  for (i = 0; i < 300; i++)
    test_stream_text(&stream, i % 2 == 0 ? TEST_TEXT : TEST_BINARY, "x");
  test_session_begin(&it, 1000);
  test_session_run(&it, &stream, TEST_WHOLE);
  assert_int_equal(it.messages, 300);
  assert_int_equal(it.memory.calls, 0);
  test_session_end(&it);
  test_stream_free(&stream);
}

/* What is kept of a message never takes more than the largest one would. */
static void the_buffer_ends_at_the_limit(void **state) {
  enum { LIMIT = 70000 };
  static const uint8_t piece[1000];
  test_session it;
  int i;
  (void)state;
  test_session_begin(&it, LIMIT);
  (void)test_session_feed(
      &it, (const uint8_t *)"\x82\xff\0\0\0\0\0\1\x11\x70\0\0\0\0", 14);
  for (i = 1; i < LIMIT / 1000; i++) {
    (void)test_session_feed(&it, piece, sizeof piece);
    assert_true(it.session.message.capacity <= LIMIT);
    assert_true(it.memory.bytes <= LIMIT);
  }
  assert_int_equal(it.session.message.length, LIMIT - 1000);
  (void)test_session_feed(&it, piece, sizeof piece);
  assert_int_equal(it.messages, 1);
  assert_int_equal(it.memory.blocks, 0);
  test_session_end(&it);
}

/* Between messages, and not within a frame: what a deadline for messages asks.
 */
static void what_is_not_finished(void **state) {
  static const struct {
    const char *bytes;
    size_t size;
    bool unfinished;
    uint32_t finished;
  } steps[] = {
      {"\x81", 1, true, 0}, /* half a header */
      {"\x82\0\0\0\0h", 6, true, 0},
      {"i", 1, false, 1},
      {"\x01\x80\0\0\0\0", 6, true, 1}, /* an empty first fragment */
      {"\x89\x80\0\0\0\0", 6, true, 1}, /* a ping within does not end it */
      {"\x80\x80\0\0\0\0", 6, false, 2},
      {"\x8a\x81\0\0\0\0", 6, true, 2}, /* a pong whose byte is missing */
      {"p", 1, false, 3},
      {"\x81\x81\0\0\0\0a\x82\x80\0\0\0\0", 13, false, 5},
  };
  test_session it;
  size_t i;
  (void)state;
  test_session_begin(&it, 1000);
  assert_false(wss__session_unfinished(&it.session));
  for (i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    (void)test_session_feed(&it, (const uint8_t *)steps[i].bytes,
                            steps[i].size);
    assert_int_equal(wss__session_unfinished(&it.session), steps[i].unfinished);
    assert_int_equal(it.session.finished, steps[i].finished);
  }
  test_session_end(&it);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_small_frame_within_a_frame),
      cmocka_unit_test(many_in_one_feed),
      cmocka_unit_test(the_buffer_ends_at_the_limit),
      cmocka_unit_test(what_is_not_finished),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
