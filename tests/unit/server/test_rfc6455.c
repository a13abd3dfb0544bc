/* A2: what RFC 6455 requires of a whole server: the bytes that come back, and
   then the end of TCP. The engine's part: ws/test_rfc6455_*.c. */
#include "support/rfc6455.h"

#include "support/world.h"

#define MASK "\0\0\0\0"

/* ---- A peer that does something ------------------------------------------ */

typedef struct row {
  const char *name;
  const char *bytes; /* sent once it is open */
  size_t size;
  const char *answer; /* all that comes */
  size_t answer_size;
  int code; /* of wss_close_info */
  int code_sent;
  int error;
  int messages;
} row;

/* Behind each of these a message follows, in the same bytes and later. */
static const row ends[] = {
    {"5.1 a frame without a mask: close 1002, then TCP", BYTES("\x81\x01x"),
     BYTES("\x88\x02\x03\xea"), 1006, 1002, WSS_ERR_PROTOCOL, 0},
    {"5.2 a reserved bit: close 1002, then TCP", BYTES("\xc1\x81" MASK "x"),
     BYTES("\x88\x02\x03\xea"), 1006, 1002, WSS_ERR_PROTOCOL, 0},
    {"5.4 a fragment out of place: close 1002, then TCP",
     BYTES("\x80\x81" MASK "x"), BYTES("\x88\x02\x03\xea"), 1006, 1002,
     WSS_ERR_PROTOCOL, 0},
    {"5.5 a control frame too long: close 1002, then TCP",
     BYTES("\x89\xfe\x00\x7e" MASK), BYTES("\x88\x02\x03\xea"), 1006, 1002,
     WSS_ERR_PROTOCOL, 0},
    {"5.5.1 a close is answered, then TCP ends",
     BYTES("\x88\x82" MASK "\x03\xe8"), BYTES("\x88\x02\x03\xe8"), 1000, 1000,
     0, 0},
    {"5.5.1 a close without a code is answered, then TCP ends",
     BYTES("\x88\x80" MASK), BYTES("\x88\x00"), 1005, 1005, 0, 0},
    {"5.5.1 a close of one byte: close 1002, then TCP",
     BYTES("\x88\x81" MASK "\x03"), BYTES("\x88\x02\x03\xea"), 1006, 1002,
     WSS_ERR_PROTOCOL, 0},
    {"5.5.1 a reason that is no UTF-8: close 1007, then TCP",
     BYTES("\x88\x83" MASK "\x03\xe8\xff"), BYTES("\x88\x02\x03\xef"), 1006,
     1007, WSS_ERR_UTF8, 0},
    {"5.5.2 a ping is answered, unmasked",
     BYTES("\x89\x82\1\1\1\1``\x88\x80" MASK),
     BYTES("\x8a\x02"
           "aa\x88\x00"),
     1005, 1005, 0, 0},
    {"7.1.7 what came before the error counts",
     BYTES("\x81\x81" MASK "a\x89\x80" MASK "\x83\x80" MASK),
     BYTES("\x8a\x00\x88\x02\x03\xea"), 1006, 1002, WSS_ERR_PROTOCOL, 1},
    {"7.4.1 a code that is not sent: close 1002, then TCP",
     BYTES("\x88\x82" MASK "\x03\xed"), BYTES("\x88\x02\x03\xea"), 1006, 1002,
     WSS_ERR_PROTOCOL, 0},
    {"8.1 text that is no UTF-8: close 1007, then TCP",
     BYTES("\x81\x81" MASK "\xff"), BYTES("\x88\x02\x03\xef"), 1006, 1007,
     WSS_ERR_UTF8, 0},
    {"10.4 a message over the limit: close 1009, then TCP",
     BYTES("\x82\xff\0\0\0\0\0\x10\0\1" MASK), BYTES("\x88\x02\x03\xf1"), 1006,
     1009, WSS_ERR_TOO_BIG, 0},
};

/* 7.1.1: the server ends TCP, and 7.1.7: what is behind is not processed. */
static void run(void **state) {
  const row *at = *state;
  uint8_t bytes[64];
  test_world world;
  test_peer *peer;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  memcpy(bytes, at->bytes, at->size);
  memcpy(bytes + at->size, "\x81\x84" MASK "late", 10);
  peer_send(peer, bytes, at->size + 10);
  world_until(&world, peer->size >= at->answer_size);
  peer_frame(peer, 0x82, "later", 5);
  world_until(&world, peer->ended);
  assert_int_equal(peer->size, at->answer_size);
  assert_memory_equal(peer->data, at->answer, at->answer_size);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.code, at->code);
  assert_int_equal(world.seen.info.code_sent, at->code_sent);
  assert_int_equal(world.seen.info.error, at->error);
  assert_int_equal(world.seen.messages, at->messages);
  world_close(&world);
}

/* ---- A program that does something --------------------------------------- */

static void s_5_5_pings_and_reasons_have_their_limits(void **state) {
  char reason[125];
  test_world world;
  test_peer *peer;
  wss_conn *conn;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  conn = world.seen.conn;
  memset(reason, 'r', 124);
  reason[124] = '\0';
  assert_int_equal(wss_ping(conn, reason, 126), WSS_ERR_TOO_BIG);
  assert_int_equal(wss_close(conn, 1000, reason), WSS_ERR_TOO_BIG);
  assert_int_equal(wss_close(conn, 1000, "\xff"), WSS_ERR_UTF8);
  world_turns(&world);
  assert_int_equal(peer->size, 0);
  assert_int_equal(wss_close(conn, 1000, reason + 1), 0);
  world_until(&world, peer->size == 127);
  assert_memory_equal(peer->data, "\x88\x7d\x03\xe8", 4);
  peer_close(peer);
  world_close(&world);
}

static void s_5_5_1_no_data_after_our_close(void **state) {
  test_world world;
  test_peer *peer;
  wss_conn *conn;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  conn = world.seen.conn;
  assert_int_equal(wss_send(conn, WSS_TEXT, "a", 1), 0);
  assert_int_equal(wss_close(conn, 4000, "bye"), 0);
  assert_int_equal(wss_send(conn, WSS_TEXT, "b", 1), WSS_ERR_CLOSED);
  assert_int_equal(wss_ping(conn, "b", 1), WSS_ERR_CLOSED);
  assert_int_equal(wss_close(conn, 1000, NULL), WSS_ERR_CLOSED);
  peer_frame(peer, 0x89, "ping", 4);
  peer_frame(peer, 0x81, "text", 4);
  peer_frame(peer, 0x88, "\x03\xe8", 2);
  world_until(&world, peer->ended);
  assert_int_equal(peer->size, 10);
  assert_memory_equal(peer->data,
                      "\x81\x01"
                      "a\x88\x05\x0f\xa0"
                      "bye",
                      10);
  assert_int_equal(world.seen.messages, 0);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.code, 1000);
  assert_int_equal(world.seen.info.code_sent, 4000);
  world_close(&world);
}

/* Both have sent and received one: the same end, with the codes crossed. */
static void s_5_5_1_both_close_at_the_same_time(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  peer_frame(peer, 0x88, "\x0f\xa1", 2);
  assert_int_equal(wss_close(world.seen.conn, 4000, NULL), 0);
  world_until(&world, peer->ended);
  assert_int_equal(peer->size, 4);
  assert_memory_equal(peer->data, "\x88\x02\x0f\xa0", 4);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.code, 4001);
  world_close(&world);
}

static int ask_early(test_world *world, wss_conn *conn,
                     const wss_request *request) {
  (void)world;
  (void)request;
  assert_int_equal(wss_send(conn, WSS_TEXT, "a", 1), WSS_ERR_STATE);
  assert_int_equal(wss_ping(conn, "a", 1), WSS_ERR_STATE);
  return WSS_ACCEPT;
}

static void s_6_1_sends_when_open(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = ask_early;
  peer = peer_connect(&world);
  peer_open(peer);
  assert_int_equal(peer->size, 0);
  assert_int_equal(wss_send(world.seen.conn, WSS_TEXT, "a", 1), 0);
  world_until(&world, peer->size == 3);
  peer_close(peer);
  world_close(&world);
}

static void s_5_6_sends_text_that_is_utf8(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  assert_int_equal(wss_send(world.seen.conn, WSS_TEXT, "\xff", 1),
                   WSS_ERR_UTF8);
  assert_int_equal(wss_send(world.seen.conn, WSS_TEXT, "\xe2\x82", 2),
                   WSS_ERR_UTF8);
  assert_int_equal(wss_send(world.seen.conn, WSS_BINARY, "\xff", 1), 0);
  world_until(&world, peer->size == 3);
  assert_memory_equal(peer->data, "\x82\x01\xff", 3);
  peer_close(peer);
  world_close(&world);
}

static void s_7_1_5_without_a_close_it_is_1006(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.code, 1006);
  assert_int_equal(world.seen.info.code_sent, 0);
  world_close(&world);
}

static void s_7_4_codes_that_are_never_sent(void **state) {
  static const int codes[] = {-1,   1,    999,  1004, 1005,  1006,
                              1015, 1016, 2999, 5000, 65535, 66536};
  test_world world;
  test_peer *peer;
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  for (i = 0; i < COUNT(codes); i++)
    assert_int_equal(wss_close(world.seen.conn, codes[i], NULL),
                     WSS_ERR_CLOSE_CODE);
  world_turns(&world);
  assert_int_equal(peer->size, 0);
  peer_close(peer);
  world_close(&world);
}

/* ---- Answers other than 101 ---------------------------------------------- */

static int status;

static int refuse(test_world *world, wss_conn *conn,
                  const wss_request *request) {
  const wss_header location = {"Location", "https://a.org/"};
  (void)world;
  (void)request;
  return wss_refuse(conn, status,
                    &(wss_reply){.headers = &location, .header_count = 1});
}

/* 4.2.2 2, 3 and 4: 401, a redirection, 403, 404; no frame is read any more. */
static void s_4_2_2_a_handshake_that_is_refused(void **state) {
  static const int statuses[] = {301, 302, 307, 401, 403, 404, 503};
  test_world world;
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = refuse;
  for (i = 0; i < COUNT(statuses); i++) {
    test_peer *peer = peer_connect(&world);
    char line[32];
    status = statuses[i];
    (void)snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    peer_ask(peer, "");
    world_until(&world, peer_has(peer, "\r\n\r\n"));
    peer_frame(peer, 0x81, "a", 1);
    world_until(&world, peer->ended);
    assert_true(peer_starts(peer, line));
    assert_true(peer_has(peer, "\r\nLocation: https://a.org/\r\n"));
    assert_false(peer_has(peer, "Sec-WebSocket"));
    peer_close(peer);
  }
  world_until(&world, world.seen.closes == COUNT(statuses));
  assert_int_equal(world.seen.opens + world.seen.messages, 0);
  world_close(&world);
}

/* 4.1: the client waits for the answer before it sends anything further. */
static void s_4_1_frames_before_the_answer(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_ask(peer, "\r\n\x81\x85\1\2\3\4hello"); /* a head, and a frame */
  world_until(&world, peer->ended);
  assert_true(peer_starts(peer, "HTTP/1.1 400 "));
  assert_int_equal(world.seen.requests, 0);
  peer_close(peer);
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(s_5_5_pings_and_reasons_have_their_limits),
      cmocka_unit_test(s_5_5_1_no_data_after_our_close),
      cmocka_unit_test(s_5_5_1_both_close_at_the_same_time),
      cmocka_unit_test(s_6_1_sends_when_open),
      cmocka_unit_test(s_5_6_sends_text_that_is_utf8),
      cmocka_unit_test(s_7_1_5_without_a_close_it_is_1006),
      cmocka_unit_test(s_7_4_codes_that_are_never_sent),
      cmocka_unit_test(s_4_2_2_a_handshake_that_is_refused),
      cmocka_unit_test(s_4_1_frames_before_the_answer),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return failed |
         run_rows("a server", ends, sizeof ends[0], COUNT(ends), 13, run);
}
