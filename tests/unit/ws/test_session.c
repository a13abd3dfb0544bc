/* An open connection: messages, fragments, control frames, and what is
   refused. Each stream is fed in all kinds of pieces. */
#include <stdlib.h>
#include <string.h>

#include "support/session_log.h"

#define LIMIT 100000

/* ---- What is allowed ----------------------------------------------------- */

static void whole_messages(void **state) {
  test_stream stream = {0};
  (void)state;
  test_stream_text(&stream, TEST_TEXT, "Hello");
  test_stream_frame(&stream, TEST_BINARY, "\x00\xff\x80", 3);
  test_stream_text(&stream, TEST_TEXT, "");
  test_stream_text(&stream, TEST_BINARY, "");
  test_stream_text(&stream, TEST_TEXT, "\xce\xba");
  test_stream_expect(&stream, LIMIT,
                     "text(Hello) binary(\\00\\ff\\80) text() binary() "
                     "text(\\ce\\ba)");
}

/* RFC 6455 5.7: the masked "Hello". */
static void rfc_6455_5_7(void **state) {
  test_stream stream = {0};
  (void)state;
  test_stream_bytes(&stream, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
                    11);
  test_stream_expect(&stream, LIMIT, "text(Hello)");
}

static void every_form_of_length(void **state) {
  static const size_t sizes[] = {0,   1,   2,     124,   125,  126,
                                 127, 128, 65534, 65535, 65536};
  static uint8_t payload[65536];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof payload; i++)
    payload[i] = (uint8_t)(i * 31 >> 3);
  for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    int cut;
    test_stream stream = {0};
    test_session whole;
    test_session_begin(&whole, LIMIT);
    test_stream_frame(&stream, TEST_BINARY, payload, sizes[i]);
    test_stream_text(&stream, TEST_TEXT, "next");
    for (cut = TEST_WHOLE; cut <= TEST_RANDOM; cut++) {
      test_session it;
      test_session_begin(&it, LIMIT);
      test_session_run(&it, &stream, (test_cut)cut);
      assert_int_equal(it.messages, 2);
      if (cut == TEST_WHOLE)
        memcpy(whole.log, it.log, sizeof whole.log);
      assert_string_equal(it.log, whole.log);
      test_session_end(&it);
    }
    test_session_end(&whole);
    test_stream_free(&stream);
  }
}

static void fragments(void **state) {
  test_stream stream = {0};
  (void)state;
  test_stream_text(&stream, TEST_TEXT_PART, "Hel");
  test_stream_text(&stream, TEST_LAST, "lo");
  test_stream_text(&stream, TEST_BINARY_PART, "a");
  test_stream_text(&stream, TEST_PART, "b");
  test_stream_text(&stream, TEST_PART, "c");
  test_stream_text(&stream, TEST_LAST, "d");
  test_stream_text(&stream, TEST_TEXT, "whole");
  test_stream_expect(&stream, LIMIT, "text(Hello) binary(abcd) text(whole)");
}

static void empty_fragments(void **state) {
  test_stream stream = {0};
  (void)state;
  test_stream_text(&stream, TEST_TEXT_PART, "");
  test_stream_text(&stream, TEST_PART, "");
  test_stream_text(&stream, TEST_LAST, "");
  test_stream_text(&stream, TEST_BINARY_PART, "");
  test_stream_text(&stream, TEST_PART, "x");
  test_stream_text(&stream, TEST_PART, "");
  test_stream_text(&stream, TEST_LAST, "");
  test_stream_expect(&stream, LIMIT, "text() binary(x)");
}

static void pings_are_answered(void **state) {
  test_stream stream = {0};
  uint8_t most[125];
  (void)state;
  memset(most, 'p', sizeof most);
  test_stream_text(&stream, TEST_PING, "");
  test_stream_text(&stream, TEST_PING, "Hello");
  test_stream_frame(&stream, TEST_PING, "\x00\xff", 2);
  test_stream_frame(&stream, TEST_PING, most, sizeof most);
  test_stream_expect(&stream, LIMIT,
                     "send-pong() send-pong(Hello) send-pong(\\00\\ff) "
                     "send-pong(125*p)");
}

static void pongs_are_reported(void **state) {
  test_stream stream = {0};
  (void)state;
  test_stream_text(&stream, TEST_PONG, "");
  test_stream_text(&stream, TEST_PONG, "unasked");
  test_stream_expect(&stream, LIMIT, "pong() pong(unasked)");
}

/* The limit is on messages: control frames pass a limit of none. */
static void control_frames_beside_the_limit(void **state) {
  test_stream stream = {0};
  (void)state;
  test_stream_text(&stream, TEST_PING, "ping");
  test_stream_text(&stream, TEST_TEXT, "");
  test_stream_text(&stream, TEST_PONG, "pong");
  test_stream_expect(&stream, 0, "send-pong(ping) text() pong(pong)");
}

static void a6_12_ping_of_125_bytes_is_the_largest(void **state) {
  test_stream stream = {0};
  uint8_t payload[126] = {0};
  (void)state;
  test_stream_frame(&stream, TEST_PING, payload, 126);
  test_stream_expect(&stream, LIMIT, "send-close(1002) WSS_ERR_PROTOCOL");
}

static void a6_14_ping_between_fragments(void **state) {
  test_stream stream = {0};
  (void)state;
  test_stream_text(&stream, TEST_TEXT_PART, "\xe2\x82");
  test_stream_text(&stream, TEST_PING, "\xff\xfe");
  test_stream_text(&stream, TEST_PONG, "x");
  test_stream_text(&stream, TEST_PART,
                   "\xac"
                   "1");
  test_stream_text(&stream, TEST_PING, "");
  test_stream_text(&stream, TEST_LAST, "2");
  test_stream_expect(&stream, LIMIT,
                     "send-pong(\\ff\\fe) pong(x) send-pong() "
                     "text(\\e2\\82\\ac12)");
}

/* ---- What is refused ----------------------------------------------------- */

/* A good message, the bytes, and a message that must not come through. */
static void refused(const void *bytes, size_t size, const char *expected) {
  test_stream stream = {0};
  char log[128] = "text(first) ";
  test_stream_text(&stream, TEST_TEXT, "first");
  test_stream_bytes(&stream, bytes, size);
  test_stream_text(&stream, TEST_TEXT, "late");
  memcpy(log + strlen(log), expected, strlen(expected) + 1);
  test_stream_expect(&stream, LIMIT, log);
}

static void refused_1002(const void *bytes, size_t size) {
  refused(bytes, size, "send-close(1002) WSS_ERR_PROTOCOL");
}

static void a6_9_text_is_utf8(void **state) {
  test_stream stream = {0};
  (void)state;
  test_stream_text(&stream, TEST_TEXT,
                   "ab\xff"
                   "cd");
  refused(stream.bytes, stream.size, "send-close(1007) WSS_ERR_UTF8");
  test_stream_free(&stream);
}

static void a6_10_a6_11_reserved_bits(void **state) {
  int bits;
  (void)state;
  for (bits = 0x10; bits <= 0x70; bits += 0x10) {
    static const int firsts[] = {TEST_TEXT, TEST_BINARY, TEST_PING, TEST_PONG,
                                 TEST_CLOSE};
    size_t i;
    for (i = 0; i < 5; i++) {
      uint8_t header[] = {(uint8_t)(firsts[i] | bits), 0x80, 0, 0, 0, 0};
      refused_1002(header, sizeof header);
    }
  }
}

static void a6_13_fragmented_control_frames(void **state) {
  (void)state;
  refused_1002("\x09\x81\0\0\0\0x", 7);
  refused_1002("\x0a\x80\0\0\0\0", 6);
  refused_1002("\x08\x80\0\0\0\0", 6);
}

static void a6_15_a_continuation_of_nothing(void **state) {
  (void)state;
  refused_1002("\x80\x81\0\0\0\0x", 7);
  refused_1002("\x00\x80\0\0\0\0", 6);
}

static void a_continuation_of_a_complete_message(void **state) {
  test_stream stream = {0};
  (void)state;
  test_stream_text(&stream, TEST_TEXT_PART, "a");
  test_stream_text(&stream, TEST_LAST, "b");
  test_stream_text(&stream, TEST_LAST, "c");
  test_stream_expect(&stream, LIMIT,
                     "text(ab) send-close(1002) WSS_ERR_PROTOCOL");
}

static void a6_16_a_message_within_a_message(void **state) {
  static const int firsts[] = {TEST_TEXT, TEST_BINARY, TEST_TEXT_PART,
                               TEST_BINARY_PART};
  static const char *const parts[] = {"a", ""};
  size_t i;
  (void)state;
  for (i = 0; i < 8; i++) {
    test_stream stream = {0};
    test_stream_text(&stream, TEST_TEXT_PART, parts[i / 4]);
    test_stream_text(&stream, firsts[i % 4], "b");
    test_stream_text(&stream, TEST_LAST, "c");
    test_stream_expect(&stream, LIMIT, "send-close(1002) WSS_ERR_PROTOCOL");
  }
}

static void a6_19_an_unmasked_frame(void **state) {
  (void)state;
  refused_1002("\x81\x00", 2);
  refused_1002("\x81\x01x", 3);
  refused_1002("\x81\x05Hello", 7);
  refused_1002("\x89\x00", 2);
  refused_1002("\x88\x00", 2);
}

/* Two bytes are enough to know: the peer need not send six. */
static void a6_19_an_unmasked_frame_alone(void **state) {
  test_stream stream = {0};
  (void)state;
  test_stream_bytes(&stream, "\x81\x01", 2);
  test_stream_expect(&stream, LIMIT, "send-close(1002) WSS_ERR_PROTOCOL");
}

static void a6_20_reserved_opcodes(void **state) {
  int opcode;
  (void)state;
  for (opcode = 3; opcode < 16; opcode++) {
    uint8_t header[] = {(uint8_t)(0x80 | opcode), 0x80, 0, 0, 0, 0};
    if (opcode < 8 || opcode > 10)
      refused_1002(header, sizeof header);
  }
}

static void a6_20_a_length_with_its_top_bit(void **state) {
  (void)state;
  refused_1002("\x81\xff\x80\0\0\0\0\0\0\5\0\0\0\0", 14);
  refused_1002("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14);
  refused_1002("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xf0\0\0\0\0", 14);
}

static void a6_21_a_length_in_a_longer_form(void **state) {
  (void)state;
  refused_1002("\x81\xfe\0\5\0\0\0\0Hello", 13);
  refused_1002("\x81\xfe\0\x7d\0\0\0\0", 8);
  refused_1002("\x81\xff\0\0\0\0\0\0\0\5\0\0\0\0Hello", 19);
  refused_1002("\x81\xff\0\0\0\0\0\0\xff\xff\0\0\0\0", 14);
}

/* ---- Connections apart --------------------------------------------------- */

/* The same bytes, under mask 0, on two connections: each has its own state, and
   the bytes mean to the second what its own past makes of them. */
static void a6_25_sessions_share_nothing(void **state) {
  test_stream open = {0};
  test_stream rest = {0};
  test_session one;
  test_session other;
  (void)state;
  test_stream_bytes(&open, "\x01\x82\0\0\0\0ab", 8);
  test_stream_bytes(&rest, "\x80\x81\0\0\0\0c", 7);
  test_session_begin(&one, LIMIT);
  test_session_begin(&other, LIMIT);
  test_session_run(&one, &open, TEST_WHOLE);
  test_session_run(&one, &rest, TEST_WHOLE);
  test_session_run(&other, &rest, TEST_WHOLE);
  assert_string_equal(one.log, "text(abc) ");
  assert_string_equal(other.log, "send-close(1002) WSS_ERR_PROTOCOL ");
  test_session_end(&one);
  test_session_end(&other);
  test_stream_free(&open);
  test_stream_free(&rest);
}

/* ---- Stops --------------------------------------------------------------- */

static bool seen_stop(void *owner, wss_type type, const uint8_t *data,
                      size_t size) {
  int *count = owner;
  (void)type;
  (void)data;
  (void)size;
  (*count)++;
  return false;
}

static bool pong_stop(void *owner, const uint8_t *data, size_t size) {
  return seen_stop(owner, WSS_TEXT, data, size);
}

static void nothing_to_send(void *owner, wss__opcode opcode,
                            const uint8_t *payload, size_t size) {
  (void)owner;
  (void)payload;
  (void)size;
  fail_msg("opcode %d is sent", (int)opcode);
}

/* The feed ends exactly behind the message, or pong, that stopped it. */
static void a_stop_is_behind_the_message(void **state) {
  static const wss__session_events stops = {seen_stop, pong_stop,
                                            nothing_to_send};
  static const size_t ends[] = {7, 13, 21, 28, 40};
  test_stream stream = {0};
  wss__session session;
  int count = 0;
  size_t at = 0;
  size_t used;
  size_t i;
  (void)state;
  test_stream_text(&stream, TEST_TEXT, "1");       /* 7 */
  test_stream_text(&stream, TEST_TEXT, "");        /* 13 */
  test_stream_text(&stream, TEST_BINARY, "22");    /* 21 */
  test_stream_text(&stream, TEST_PONG, "p");       /* 28 */
  test_stream_text(&stream, TEST_TEXT_PART, "");   /* 34 */
  test_stream_text(&stream, TEST_LAST, "");        /* 40 */
  test_stream_text(&stream, TEST_TEXT_PART, "ab"); /* 48, no stop */
  wss__session_init(&session, &wss__default_allocator, LIMIT, UINT64_MAX,
                    &stops, &count);
  for (i = 0; i < 5; i++) {
    assert_int_equal(
        wss__session_feed(&session, stream.bytes + at, stream.size - at, &used),
        0);
    at += used;
    assert_int_equal(at, ends[i]);
    assert_int_equal(count, i + 1);
  }
  assert_int_equal(
      wss__session_feed(&session, stream.bytes + at, stream.size - at, &used),
      0);
  assert_int_equal(used, 8);
  assert_int_equal(count, 5);
  wss__session_free(&session);
  test_stream_free(&stream);
}

static void no_bytes(void **state) {
  test_session it;
  size_t used = 1;
  (void)state;
  test_session_begin(&it, LIMIT);
  assert_int_equal(wss__session_feed(&it.session, NULL, 0, &used), 0);
  assert_int_equal(used, 0);
  test_session_end(&it);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_messages),
      cmocka_unit_test(rfc_6455_5_7),
      cmocka_unit_test(every_form_of_length),
      cmocka_unit_test(fragments),
      cmocka_unit_test(empty_fragments),
      cmocka_unit_test(pings_are_answered),
      cmocka_unit_test(pongs_are_reported),
      cmocka_unit_test(control_frames_beside_the_limit),
      cmocka_unit_test(a6_9_text_is_utf8),
      cmocka_unit_test(a6_10_a6_11_reserved_bits),
      cmocka_unit_test(a6_12_ping_of_125_bytes_is_the_largest),
      cmocka_unit_test(a6_13_fragmented_control_frames),
      cmocka_unit_test(a6_14_ping_between_fragments),
      cmocka_unit_test(a6_15_a_continuation_of_nothing),
      cmocka_unit_test(a_continuation_of_a_complete_message),
      cmocka_unit_test(a6_16_a_message_within_a_message),
      cmocka_unit_test(a6_19_an_unmasked_frame),
      cmocka_unit_test(a6_19_an_unmasked_frame_alone),
      cmocka_unit_test(a6_20_reserved_opcodes),
      cmocka_unit_test(a6_20_a_length_with_its_top_bit),
      cmocka_unit_test(a6_21_a_length_in_a_longer_form),
      cmocka_unit_test(a6_25_sessions_share_nothing),
      cmocka_unit_test(a_stop_is_behind_the_message),
      cmocka_unit_test(no_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
