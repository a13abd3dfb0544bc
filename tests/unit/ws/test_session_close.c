/* The closing handshake (RFC 6455 7), from both sides and out of an event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/session_log.h"

#define LIMIT 100000

static void feed(test_session *it, const char *bytes, size_t size) {
  (void)test_session_feed(it, (const uint8_t *)bytes, size);
}

static void feed_stream(test_session *it, test_stream *stream) {
  (void)test_session_feed(it, stream->bytes, stream->size);
  test_stream_free(stream);
}

static void expect_reason(const test_session *it, const char *reason) {
  wss__slice got = wss__session_reason(&it->session);
  assert_non_null(got.data);
  assert_true(wss__slice_equal(got, wss__slice_of(reason)));
}

/* ---- The peer begins ----------------------------------------------------- */

static void a6_18_the_code_is_echoed_and_kept(void **state) {
  static const int codes[] = {1000, 1001, 1002, 1003, 1007, 1011,
                              1014, 3000, 3999, 4000, 4999};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    int cut;
    for (cut = TEST_WHOLE; cut <= TEST_RANDOM; cut++) {
      test_stream stream = {0};
      test_session it;
      char log[64];
      test_session_begin(&it, LIMIT);
      test_stream_close(&stream, codes[i], "the reason");
      test_session_run(&it, &stream, (test_cut)cut);
      (void)snprintf(log, sizeof log, "send-close(%d) ", codes[i]);
      assert_string_equal(it.log, log);
      assert_int_equal(it.session.code_received, codes[i]);
      assert_int_equal(it.session.code_sent, codes[i]);
      expect_reason(&it, "the reason");
      test_session_end(&it);
      test_stream_free(&stream);
    }
  }
}

/* What the closing codes are: sent back, or 1002. */
static void a5_every_code_and_what_is_sent_back(void **state) {
  size_t allowed = 0;
  int code;
  (void)state;
  for (code = 0; code < 65536; code++) {
    /* RFC 6455 7.4 and IANA's registry, written another way. */
    bool good = (code > 999 && code < 1015 && (code < 1004 || code > 1006)) ||
                code / 1000 == 3 || code / 1000 == 4;
    uint8_t frame[] = {0x88, 0x82, 0, 0, 0, 0, 0, 0};
    char log[64];
    test_session it;
    frame[6] = (uint8_t)(code >> 8);
    frame[7] = (uint8_t)code;
    test_session_begin(&it, LIMIT);
    feed(&it, (const char *)frame, sizeof frame);
    if (good)
      (void)snprintf(log, sizeof log, "send-close(%d) ", code);
    else
      (void)snprintf(log, sizeof log, "send-close(1002) WSS_ERR_PROTOCOL ");
    assert_string_equal(it.log, log);
    assert_int_equal(it.session.code_received, good ? code : 0);
    assert_int_equal(it.session.code_sent, good ? code : 1002);
    test_session_end(&it);
    allowed += good;
  }
  assert_int_equal(allowed, 2000 + 12);
}

static void without_a_code(void **state) {
  test_session it;
  (void)state;
  test_session_begin(&it, LIMIT);
  feed(&it, "\x88\x80\1\2\3\4", 6);
  assert_string_equal(it.log, "send-close() ");
  assert_int_equal(it.session.code_received, 1005);
  assert_int_equal(it.session.code_sent, 1005);
  expect_reason(&it, "");
  test_session_end(&it);
}

/* 0 and 1 byte: without_a_code, a6_17_sizes_that_must_not_be_sent. */
static void a5_payloads_of_2_to_125_bytes(void **state) {
  char reason[124];
  size_t size;
  (void)state;
  for (size = 0; size <= 123; size++) {
    int cut;
    memset(reason, 'r', size);
    reason[size] = '\0';
    for (cut = TEST_WHOLE; cut <= TEST_RANDOM; cut++) {
      test_stream stream = {0};
      test_session it;
      test_session_begin(&it, LIMIT);
      test_stream_close(&stream, 1000, reason);
      test_session_run(&it, &stream, (test_cut)cut);
      assert_string_equal(it.log, "send-close(1000) ");
      expect_reason(&it, reason);
      test_session_end(&it);
      test_stream_free(&stream);
    }
  }
}

static void no_reason_before_a_close_frame(void **state) {
  test_session it;
  (void)state;
  test_session_begin(&it, LIMIT);
  expect_reason(&it, "");
  feed(&it,
       "\x88\x88\0\0\0\0\x03\xe8"
       "abc",
       11); /* not yet whole */
  expect_reason(&it, "");
  assert_int_equal(it.session.code_received, 0);
  test_session_end(&it);
}

static void behind_the_peers_close_all_is_dropped(void **state) {
  test_stream stream = {0};
  (void)state;
  test_stream_text(&stream, TEST_TEXT, "before");
  test_stream_text(&stream, TEST_TEXT_PART, "half");
  test_stream_close(&stream, 1000, "");
  test_stream_text(&stream, TEST_LAST, "late");
  test_stream_text(&stream, TEST_PING, "late");
  test_stream_bytes(&stream, "\xff\xff\xff garbage", 11);
  test_stream_close(&stream, 1001, "");
  test_stream_expect(&stream, LIMIT, "text(before) send-close(1000)");
}

/* ---- What is no Close frame ---------------------------------------------- */

static void a6_17_codes_that_must_not_be_sent(void **state) {
  static const int codes[] = {0,    1,    999,  1004, 1005, 1006, 1015,
                              1016, 1100, 2000, 2999, 5000, 9999, 65535};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    test_stream stream = {0};
    test_stream_close(&stream, codes[i], "r");
    test_stream_expect(&stream, LIMIT, "send-close(1002) WSS_ERR_PROTOCOL");
  }
}

static void a6_17_sizes_that_must_not_be_sent(void **state) {
  test_stream stream = {0};
  uint8_t payload[126] = {0x03, 0xe8};
  (void)state;
  test_stream_frame(&stream, TEST_CLOSE, payload, 1);
  test_stream_expect(&stream, LIMIT, "send-close(1002) WSS_ERR_PROTOCOL");
  test_stream_frame(&stream, TEST_CLOSE, payload, 126);
  test_stream_expect(&stream, LIMIT, "send-close(1002) WSS_ERR_PROTOCOL");
}

static void a6_17_reasons_that_are_not_utf8(void **state) {
  static const char *const reasons[] = {"\xff", "ok\xc3", "\xed\xa0\x80",
                                        "\xce\xba\xe1"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
    test_stream stream = {0};
    test_stream_close(&stream, 1000, reasons[i]);
    test_stream_expect(&stream, LIMIT, "send-close(1007) WSS_ERR_UTF8");
  }
}

/* After an error the peer's code and reason stay unknown. */
static void an_error_leaves_no_reason(void **state) {
  test_stream stream = {0};
  test_session it;
  (void)state;
  test_session_begin(&it, LIMIT);
  test_stream_close(&stream, 1005, "reason");
  test_session_run(&it, &stream, TEST_SINGLE_BYTES);
  assert_int_equal(it.session.code_received, 0);
  assert_int_equal(it.session.code_sent, 1002);
  expect_reason(&it, "");
  test_session_end(&it);
  test_stream_free(&stream);
}

/* ---- We begin ------------------------------------------------------------ */

static void close_is_sent_once(void **state) {
  test_session it;
  char reason[123];
  (void)state;
  memset(reason, 'x', sizeof reason);
  test_session_begin(&it, LIMIT);
  assert_int_equal(wss__session_close(&it.session, 1001, reason, 123), 0);
  assert_int_equal(wss__session_close(&it.session, 1000, NULL, 0),
                   WSS_ERR_CLOSED);
  assert_string_equal(it.log, "send-close(1001 123*x) ");
  assert_int_equal(it.session.code_sent, 1001);
  test_session_end(&it);
  test_session_begin(&it, LIMIT);
  assert_int_equal(wss__session_close(&it.session, 1005, NULL, 0), 0);
  assert_int_equal(wss__session_close(&it.session, 1000, NULL, 0),
                   WSS_ERR_CLOSED);
  assert_string_equal(it.log, "send-close() ");
  test_session_end(&it);
}

static void the_peers_answer_ends_it(void **state) {
  test_stream stream = {0};
  test_session it;
  (void)state;
  test_session_begin(&it, LIMIT);
  assert_int_equal(wss__session_close(&it.session, 1001, "bye", 3), 0);
  test_stream_close(&stream, 1001, "bye too");
  feed_stream(&it, &stream);
  assert_string_equal(it.log, "send-close(1001 bye) ");
  assert_int_equal(it.session.code_sent, 1001);
  assert_int_equal(it.session.code_received, 1001);
  expect_reason(&it, "bye too");
  test_session_end(&it);
}

/* What was under way when we closed is read to its Close frame, and nothing of
   it comes through; here in pieces, with fragments and an own half message. */
static void between_our_close_and_the_peers(void **state) {
  int cut;
  (void)state;
  for (cut = TEST_WHOLE; cut <= TEST_RANDOM; cut++) {
    test_stream before = {0};
    test_stream stream = {0};
    test_session it;
    test_session_begin(&it, LIMIT);
    test_stream_text(&before, TEST_TEXT_PART, "begun");
    test_session_run(&it, &before, (test_cut)cut);
    assert_int_equal(wss__session_close(&it.session, 1000, NULL, 0), 0);
    test_stream_text(&stream, TEST_PING, "late");
    test_stream_text(&stream, TEST_PART, "more");
    test_stream_text(&stream, TEST_LAST, "end");
    test_stream_text(&stream, TEST_TEXT, "whole");
    test_stream_text(&stream, TEST_PONG, "late");
    test_stream_text(&stream, TEST_BINARY_PART, "x");
    test_stream_text(&stream, TEST_LAST, "y");
    test_stream_text(&stream, TEST_BINARY, "z");
    test_stream_close(&stream, 4000, "fin");
    test_session_run(&it, &stream, (test_cut)cut);
    assert_string_equal(it.log, "send-close(1000) ");
    assert_int_equal(it.session.code_received, 4000);
    expect_reason(&it, "fin");
    test_session_end(&it);
    test_stream_free(&before);
    test_stream_free(&stream);
  }
}

/* The peer goes on sending: nothing of it is kept. */
static void after_our_close_messages_take_no_memory(void **state) {
  static uint8_t payload[60000];
  test_stream stream = {0};
  test_session it;
  (void)state;
  test_session_begin(&it, LIMIT);
  assert_int_equal(wss__session_close(&it.session, 1000, NULL, 0), 0);
  test_stream_frame(&stream, TEST_BINARY_PART, payload, sizeof payload);
  test_stream_frame(&stream, TEST_LAST, payload, 30000);
  test_session_run(&it, &stream, TEST_RANDOM);
  assert_in_range(it.memory.peak, 0, 256);
  test_session_end(&it);
  test_stream_free(&stream);
}

static void an_error_after_our_close(void **state) {
  test_session it;
  (void)state;
  test_session_begin(&it, LIMIT);
  assert_int_equal(wss__session_close(&it.session, 1000, NULL, 0), 0);
  feed(&it, "\x81\x00", 2);
  assert_string_equal(it.log, "send-close(1000) WSS_ERR_PROTOCOL ");
  feed(&it, "\x88\x80\0\0\0\0", 6);
  assert_int_equal(it.session.code_received, 0);
  assert_int_equal(it.session.code_sent, 1000);
  test_session_end(&it);
}

/* ---- Out of an event ----------------------------------------------------- */

/* The event of the second message closes: no event follows, whatever else lies
   in the same input, until the peer's Close. */
static void closed_from_within_the_message(void **state) {
  int cut;
  int kind;
  (void)state;
  for (kind = 0; kind < 2; kind++) {
    for (cut = TEST_WHOLE; cut <= TEST_RANDOM; cut++) {
      test_stream stream = {0};
      test_session it;
      test_session_begin(&it, LIMIT);
      it.close_after = 2;
      test_stream_text(&stream, TEST_TEXT, "one");
      test_stream_text(&stream, kind == 0 ? TEST_TEXT : TEST_TEXT_PART, "two");
      if (kind == 1)
        test_stream_text(&stream, TEST_LAST, "fold");
      test_stream_text(&stream, TEST_TEXT, "three");
      test_stream_text(&stream, TEST_PING, "");
      test_stream_text(&stream, TEST_PONG, "");
      test_stream_close(&stream, 4000, "bye");
      test_session_run(&it, &stream, (test_cut)cut);
      assert_string_equal(
          it.log, kind == 0 ? "text(one) text(two) send-close(4000 bye) "
                            : "text(one) text(twofold) send-close(4000 bye) ");
      assert_int_equal(it.session.code_received, 4000);
      test_session_end(&it);
      test_stream_free(&stream);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a6_18_the_code_is_echoed_and_kept),
      cmocka_unit_test(a5_every_code_and_what_is_sent_back),
      cmocka_unit_test(without_a_code),
      cmocka_unit_test(a5_payloads_of_2_to_125_bytes),
      cmocka_unit_test(no_reason_before_a_close_frame),
      cmocka_unit_test(behind_the_peers_close_all_is_dropped),
      cmocka_unit_test(a6_17_codes_that_must_not_be_sent),
      cmocka_unit_test(a6_17_sizes_that_must_not_be_sent),
      cmocka_unit_test(a6_17_reasons_that_are_not_utf8),
      cmocka_unit_test(an_error_leaves_no_reason),
      cmocka_unit_test(close_is_sent_once),
      cmocka_unit_test(the_peers_answer_ends_it),
      cmocka_unit_test(between_our_close_and_the_peers),
      cmocka_unit_test(after_our_close_messages_take_no_memory),
      cmocka_unit_test(an_error_after_our_close),
      cmocka_unit_test(closed_from_within_the_message),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
