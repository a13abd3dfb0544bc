/* Limits and memory: lengths that lie, and allocations that fail. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/session_log.h"

/* ---- Lengths, limits, fragments ------------------------------------------ */

static const uint64_t limits[] = {0, 1, 125, 65535, 1 << 20, UINT64_MAX};
enum { LIMITS = sizeof limits / sizeof limits[0] };

static int form_of(uint64_t length) {
  return length < 126 ? 0 : length < 65536 ? 126 : 127;
}

/* A header of that length, behind fragments that hold have bytes. */
static void declare(uint64_t limit, size_t fragments, size_t have,
                    uint64_t length) {
  static const uint8_t payload[1000];
  test_stream stream = {0};
  test_session it;
  const char *expected = "";
  size_t held;
  size_t i;
  for (i = 0; i < fragments; i++)
    test_stream_frame(&stream, i == 0 ? TEST_BINARY_PART : TEST_PART, payload,
                      have / fragments);
  have = fragments > 0 ? have / fragments * fragments : 0;
  test_session_begin(&it, limit);
  test_session_run(&it, &stream, TEST_WHOLE);
  assert_string_equal(it.log, "");
  held = it.memory.bytes;
  assert_in_range(held, have, 2 * have + 256);

  test_stream_free(&stream);
  test_stream_header(&stream, fragments > 0 ? TEST_LAST : TEST_BINARY,
                     form_of(length), length);
  test_allocator_fail(&it.memory, 0, false);
  test_session_run(&it, &stream, TEST_WHOLE);
  if (length >> 63 != 0)
    expected = "send-close(1002) WSS_ERR_PROTOCOL ";
  else if (length > limit - have)
    expected = "send-close(1009) WSS_ERR_TOO_BIG ";
  else if (length == 0)
    expected = NULL; /* is complete: an event */
  if (expected != NULL)
    assert_string_equal(it.log, expected);
  /* The declaration took no memory; an error gives back what there was. */
  assert_int_equal(it.memory.calls, 0);
  assert_int_equal(it.memory.bytes, it.log_size > 0 ? 0 : held);
  if (it.log_size == 0 && length > 3) {
    /* Three bytes of so many are not all of it, however long a length is. */
    assert_int_equal(test_session_feed(&it, (const uint8_t *)"abc", 3), 0);
    assert_string_equal(it.log, "");
  }
  test_session_end(&it);
  test_stream_free(&stream);
}

static void b4_lengths_limits_and_fragments(void **state) {
  static const uint64_t lengths[] = {0,
                                     1,
                                     124,
                                     125,
                                     126,
                                     127,
                                     65534,
                                     65535,
                                     65536,
                                     1 << 20,
                                     (1 << 20) + 1,
                                     INT32_MAX,
                                     (uint64_t)INT32_MAX + 1,
                                     UINT32_MAX,
                                     (uint64_t)UINT32_MAX + 1,
                                     (uint64_t)UINT32_MAX + 2,
                                     (uint64_t)INT64_MAX - 14,
                                     INT64_MAX,
                                     (uint64_t)INT64_MAX + 1,
                                     UINT64_MAX - 1000,
                                     UINT64_MAX - 15,
                                     UINT64_MAX - 14,
                                     UINT64_MAX - 13,
                                     UINT64_MAX - 5,
                                     UINT64_MAX - 1,
                                     UINT64_MAX};
  size_t l;
  size_t i;
  size_t fragments;
  (void)state;
  for (l = 0; l < LIMITS; l++) {
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
      for (fragments = 0; fragments < 4; fragments++) {
        size_t most = limits[l] < 1000 ? (size_t)limits[l] : 1000;
        declare(limits[l], fragments, 0, lengths[i]);
        declare(limits[l], fragments, most, lengths[i]);
      }
    }
  }
}

/* Over one to four fragments; what is held stays within the limit. */
static void send_in_fragments(size_t size, size_t fragments, uint64_t limit) {
  static const uint8_t payload[70002];
  bool fits = size <= limit;
  test_stream stream = {0};
  test_session it;
  size_t i;
  for (i = 0; i < fragments; i++) {
    bool last = i + 1 == fragments;
    size_t part = last ? size : size / 2;
    int first = i == 0 ? TEST_BINARY_PART : TEST_PART;
    test_stream_frame(&stream, last ? first | 0x80 : first, payload, part);
    size -= part;
  }
  test_session_begin(&it, limit);
  for (i = 0; i < stream.size; i += 997) {
    size_t step = stream.size - i < 997 ? stream.size - i : 997;
    (void)test_session_feed(&it, stream.bytes + i, step);
    assert_true(it.memory.bytes <= limit + 4096);
  }
  if (fits)
    assert_int_equal(it.messages, 1);
  else
    assert_string_equal(it.log, "send-close(1009) WSS_ERR_TOO_BIG ");
  assert_int_equal(it.memory.bytes, 0);
  test_session_end(&it);
  test_stream_free(&stream);
}

/* A message that is one or two bytes too long is refused, not cut. */
static void b4_the_limit_and_one_and_two_more(void **state) {
  static const size_t limits_of[] = {1, 2, 125, 126, 1000, 65535, 65536, 70000};
  size_t i;
  size_t fragments;
  size_t more;
  (void)state;
  for (i = 0; i < sizeof limits_of / sizeof limits_of[0]; i++) {
    for (fragments = 1; fragments <= 4; fragments++) {
      for (more = 0; more <= 2; more++)
        send_in_fragments(limits_of[i] + more, fragments, limits_of[i]);
    }
  }
}

/* ---- The number of fragments --------------------------------------------- */

/* So many fragments of that size, with pings between them, which do not
   count; the last one ends the message. */
static void count_fragments(size_t count, size_t size, bool whole_feeds,
                            const char *expected) {
  test_stream stream = {0};
  test_session it;
  size_t i;
  size_t step;
  for (i = 0; i < count; i++) {
    int first = i == 0 ? TEST_BINARY_PART : TEST_PART;
    test_stream_frame(&stream, i + 1 == count ? first | 0x80 : first, "x",
                      size);
    if (i % 300 == 299)
      test_stream_text(&stream, TEST_PONG, "");
  }
  test_session_begin(&it, 1 << 20);
  it.session.max_fragments = 1024;
  for (i = 0; i < stream.size; i += step) {
    step = whole_feeds ? stream.size : 1;
    (void)test_session_feed(&it, stream.bytes + i, step);
  }
  assert_string_equal(it.log, expected);
  /* However many there are: 8 KiB over the payload are the most. */
  assert_true(it.memory.peak <= count * size + 8192);
  assert_int_equal(it.memory.bytes, 0);
  test_session_end(&it);
  test_stream_free(&stream);
}

static void b7_1024_fragments_and_one_more(void **state) {
  static const char pongs[] = "pong() pong() pong() ";
  char expected[64];
  int whole;
  (void)state;
  for (whole = 0; whole < 2; whole++) {
    (void)snprintf(expected, sizeof expected, "%sbinary(1024*x) ", pongs);
    count_fragments(1024, 1, whole, expected);
    (void)snprintf(expected, sizeof expected, "%sbinary() ", pongs);
    count_fragments(1024, 0, whole, expected);
    (void)snprintf(expected, sizeof expected,
                   "%ssend-close(1008) WSS_ERR_LIMIT ", pongs);
    count_fragments(1025, 1, whole, expected);
    count_fragments(1025, 0, whole, expected);
    count_fragments(2000, 0, whole, expected);
  }
}

/* The next message begins anew. */
static void b7_fragments_are_of_one_message(void **state) {
  test_stream stream = {0};
  test_session it;
  int i;
  (void)state;
  for (i = 0; i < 10; i++) {
    test_stream_text(&stream, TEST_TEXT_PART, "");
    test_stream_text(&stream, TEST_PART, "");
    test_stream_text(&stream, TEST_LAST, "");
    test_stream_text(&stream, TEST_TEXT, "");
  }
  test_session_begin(&it, 100);
  it.session.max_fragments = 3;
  test_session_run(&it, &stream, TEST_WHOLE);
  assert_int_equal(it.messages, 20);
  test_session_end(&it);
  test_stream_free(&stream);
}

/* ---- One message after another ------------------------------------------- */

/* The limit is each message's: many small ones pass it together. */
static void the_limit_is_of_one_message(void **state) {
  test_stream stream = {0};
  int i;
  (void)state;
  for (i = 0; i < 3; i++) {
    test_stream_text(&stream, TEST_TEXT_PART, "ab");
    test_stream_text(&stream, TEST_LAST, "cd");
    test_stream_text(&stream, TEST_TEXT, "efgh");
  }
  test_stream_text(&stream, TEST_TEXT, "efghi");
  test_stream_expect(&stream, 4,
                     "text(abcd) text(efgh) text(abcd) text(efgh) text(abcd) "
                     "text(efgh) send-close(1009) WSS_ERR_TOO_BIG");
}

static void endless_fragments_end_at_the_limit(void **state) {
  static const uint8_t payload[100];
  test_stream stream = {0};
  test_session it;
  int i;
  (void)state;
  test_stream_frame(&stream, TEST_BINARY_PART, payload, 100);
  for (i = 0; i < 200; i++)
    test_stream_frame(&stream, TEST_PART, payload, 100);
  test_session_begin(&it, 10000);
  test_session_run(&it, &stream, TEST_RANDOM);
  assert_string_equal(it.log, "send-close(1009) WSS_ERR_TOO_BIG ");
  assert_in_range(it.memory.peak, 10000, 40000); /* old and new of a move */
  test_session_end(&it);
  test_stream_free(&stream);
}

/* ---- Memory -------------------------------------------------------------- */

/* A message that lies whole in the input is shown there. */
static void whole_messages_take_no_memory(void **state) {
  static uint8_t payload[60000];
  test_stream stream = {0};
  test_session it;
  int i;
  (void)state;
  for (i = 0; i < 10; i++) {
    test_stream_frame(&stream, TEST_BINARY, payload, sizeof payload);
    test_stream_text(&stream, TEST_TEXT, "small");
    test_stream_text(&stream, TEST_PING, "ping");
  }
  test_session_begin(&it, sizeof payload);
  test_session_run(&it, &stream, TEST_WHOLE);
  assert_int_equal(it.messages, 20);
  assert_int_equal(it.memory.calls, 0);
  test_session_end(&it);
  test_stream_free(&stream);
}

/* The memory follows the bytes received, and is given back with the message. */
static void memory_grows_with_what_was_received(void **state) {
  enum { SIZE = 200000 };
  static uint8_t payload[SIZE];
  test_stream stream = {0};
  test_session it;
  size_t at;
  (void)state;
  test_stream_frame(&stream, TEST_BINARY, payload, SIZE);
  test_session_begin(&it, SIZE);
  for (at = 0; at < stream.size; at += 997) {
    size_t step = stream.size - at < 997 ? stream.size - at : 997;
    assert_true(it.memory.bytes <= 2 * at + 256);
    (void)test_session_feed(&it, stream.bytes + at, step);
  }
  assert_int_equal(it.messages, 1);
  assert_int_equal(it.memory.bytes, 0);
  test_session_end(&it);
  test_stream_free(&stream);
}

static void an_idle_session_owns_no_memory(void **state) {
  static const int cuts[] = {TEST_WHOLE, TEST_SINGLE_BYTES};
  size_t i;
  (void)state;
  for (i = 0; i < 2; i++) {
    test_stream stream = {0};
    test_session it;
    test_stream_text(&stream, TEST_TEXT_PART, "a");
    test_stream_text(&stream, TEST_PING, "ping");
    test_stream_text(&stream, TEST_LAST, "b");
    test_stream_text(&stream, TEST_PONG, "pong");
    test_session_begin(&it, 1000);
    test_session_run(&it, &stream, (test_cut)cuts[i]);
    assert_int_equal(it.memory.blocks, 0);
    test_session_end(&it);
    test_stream_free(&stream);
  }
}

/* Runs with the n-th allocation failing until none fails. Each run ends as
   expected, or closes with 1011 after some of it. */
static void fail_each(const test_stream *stream, test_cut cut, bool on,
                      const char *expected) {
  static const char closed[] = "send-close(1011) WSS_ERR_NOMEM ";
  size_t n;
  bool failed = true;
  for (n = 1; failed; n++) {
    test_session it;
    test_session_begin(&it, 100000);
    test_allocator_fail(&it.memory, n, on);
    test_session_run(&it, stream, cut);
    failed = it.memory.failures > 0;
    if (strcmp(it.log, expected) != 0) {
      size_t size = it.log_size - (sizeof closed - 1);
      assert_true(failed);
      assert_true(it.log_size >= sizeof closed - 1);
      assert_string_equal(it.log + size, closed);
      assert_memory_equal(it.log, expected, size);
      assert_int_equal(it.session.code_sent, 1011);
    }
    test_session_end(&it);
  }
  assert_true(n > 1);
}

static void allocations_fail(void **state) {
  static const uint8_t payload[3000];
  test_stream stream = {0};
  test_session it;
  char expected[sizeof it.log];
  int cut;
  (void)state;
  test_stream_text(&stream, TEST_TEXT, "one");
  test_stream_text(&stream, TEST_TEXT_PART, "two");
  test_stream_text(&stream, TEST_PING, "ping");
  test_stream_text(&stream, TEST_LAST, "fold");
  test_stream_frame(&stream, TEST_BINARY_PART, payload, sizeof payload);
  test_stream_frame(&stream, TEST_LAST, payload, sizeof payload);
  test_stream_text(&stream, TEST_PONG, "pong");
  test_stream_close(&stream, 1000, "bye");
  test_session_begin(&it, 100000);
  test_session_run(&it, &stream, TEST_WHOLE);
  memcpy(expected, it.log, sizeof expected);
  test_session_end(&it);
  for (cut = TEST_WHOLE; cut <= TEST_SINGLE_BYTES; cut++) {
    fail_each(&stream, (test_cut)cut, false, expected);
    fail_each(&stream, (test_cut)cut, true, expected);
  }
  test_stream_free(&stream);
}

/* A Close frame whose reason cannot be kept is answered all the same. */
static void no_memory_for_a_reason(void **state) {
  test_stream stream = {0};
  test_session it;
  (void)state;
  test_stream_close(&stream, 3001, "reason");
  test_session_begin(&it, 100);
  test_allocator_fail(&it.memory, 1, true);
  test_session_run(&it, &stream, TEST_WHOLE);
  assert_string_equal(it.log, "send-close(3001) ");
  assert_int_equal(it.session.code_received, 3001);
  assert_int_equal(wss__session_reason(&it.session).size, 0);
  test_session_end(&it);
  test_stream_free(&stream);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(b4_lengths_limits_and_fragments),
      cmocka_unit_test(b4_the_limit_and_one_and_two_more),
      cmocka_unit_test(b7_1024_fragments_and_one_more),
      cmocka_unit_test(b7_fragments_are_of_one_message),
      cmocka_unit_test(the_limit_is_of_one_message),
      cmocka_unit_test(endless_fragments_end_at_the_limit),
      cmocka_unit_test(whole_messages_take_no_memory),
      cmocka_unit_test(memory_grows_with_what_was_received),
      cmocka_unit_test(an_idle_session_owns_no_memory),
      cmocka_unit_test(allocations_fail),
      cmocka_unit_test(no_memory_for_a_reason),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
