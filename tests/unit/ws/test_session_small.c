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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_small_frame_within_a_frame),
      cmocka_unit_test(many_in_one_feed),
      cmocka_unit_test(the_buffer_ends_at_the_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
