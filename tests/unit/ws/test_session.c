/* The rules of a session (RFC 6455 5 to 8): what is delivered, answered and
   refused, the same however the bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/ws_peer.h"
#include "ws/close.h"

#define MAX_SIZE 100000

/* ---- However the bytes are cut ------------------------------------------- */

static void same_in_pieces(const ws_stream *stream, const ws_peer *whole,
                           int piece) {
  static ws_peer peer;
  ws_peer_init(&peer, MAX_SIZE);
  peer.close_at = whole->close_at;
  peer.close_code = whole->close_code;
  peer.stop_at = whole->stop_at;
  ws_play(&peer, stream, piece);
  ws_same(&peer, whole);
  ws_peer_free(&peer);
}

/* Plays the stream whole, for the caller to look at, and in pieces. */
static void play_all_ways(ws_peer *whole, const ws_stream *stream) {
  ws_play(whole, stream, 0);
  for (int piece = -20; piece <= 16; piece++)
    same_in_pieces(stream, whole, piece);
  for (int cut = 17; cut < (int)stream->size && stream->size < 1000; cut++)
    same_in_pieces(stream, whole, cut);
}

/* A stream with a whole message, then the fault, then what must be dropped:
   the message, a Close frame with that code, and nothing else come of it. */
static void refused(ws_stream *fault, int error, int code) {
  static ws_peer peer;
  ws_stream stream = {0};
  size_t used;
  ws_text(&stream, WS_FIN | WSS__TEXT, "before");
  ws_bytes(&stream, fault->data, fault->size);
  ws_text(&stream, WS_FIN | WSS__CONTINUATION, "after");
  ws_text(&stream, WS_FIN | WSS__TEXT, "after");
  ws_close(&stream, 1000, "");
  ws_peer_init(&peer, MAX_SIZE);
  play_all_ways(&peer, &stream);

  ws_is(&peer, 0, 'm', WSS_TEXT, "before", 6);
  ws_is_close(&peer, peer.count - 1, code);
  for (size_t i = 1; i < peer.count - 1; i++)
    assert_int_equal(peer.events[i].kind, 's'); /* Pongs */
  assert_int_equal(peer.error, error);
  assert_int_equal(peer.session.code_sent, code);
  assert_int_equal(peer.session.code_received, 0);
  assert_true(peer.session.why != NULL && strlen(peer.session.why) > 5);
  assert_int_equal(peer.memory.blocks, 0);
  assert_int_equal(wss__session_reason(&peer.session).size, 0);
  assert_int_equal(wss__session_close(&peer.session, 1000, NULL, 0),
                   WSS_ERR_CLOSED);
  peer.error = 0;
  used = ws_feed(&peer, stream.data, stream.size);
  assert_int_equal(used, stream.size);
  assert_int_equal(peer.error, 0);
  ws_peer_free(&peer);
  ws_stream_free(&stream);
  ws_stream_free(fault);
}

/* One of everything that is allowed. */
static void write_conversation(ws_stream *stream) {
  static const size_t sizes[] = {0, 1, 7, 125, 126, 127, 300};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    ws_frame(stream, WS_FIN | WSS__TEXT, NULL, sizes[i]);
    ws_frame(stream, WS_FIN | WSS__BINARY, NULL, sizes[i]);
  }
  ws_text(stream, WS_FIN | WSS__PING, "");
  ws_frame(stream, WS_FIN | WSS__PING, NULL, 125);
  ws_text(stream, WS_FIN | WSS__PONG, "unasked");
  ws_text(stream, WSS__TEXT, "sm\xc3");
  ws_text(stream, WS_FIN | WSS__PING, "amid");
  ws_text(stream, WSS__CONTINUATION, "");
  ws_text(stream, WSS__CONTINUATION, "\xb8rrebr\xc3\xb8");
  ws_text(stream, WS_FIN | WSS__PONG, "");
  ws_text(stream, WS_FIN | WSS__CONTINUATION, "d");
  ws_text(stream, WSS__BINARY, "");
  ws_text(stream, WS_FIN | WSS__CONTINUATION, "");
  ws_text(stream, WSS__BINARY, "\xff\xfe");
  ws_text(stream, WS_FIN | WSS__CONTINUATION, "");
  ws_frame(stream, WS_FIN | WSS__BINARY, NULL, 70000);
  ws_text(stream, WS_FIN | WSS__TEXT, "\xf0\x9f\x98\x80");
  ws_close(stream, 4001, "enough");
  ws_bytes(stream, "garbage", 7);
}

static void a_conversation(void **state) {
  static ws_peer peer;
  ws_stream stream = {0};
  (void)state;
  write_conversation(&stream);
  ws_peer_init(&peer, MAX_SIZE);
  play_all_ways(&peer, &stream);
  assert_int_equal(peer.count, 25);
  ws_is(&peer, 6, 'm', WSS_TEXT, peer.events[7].start, 125);
  ws_is(&peer, 14, 's', WSS__PONG, "", 0);
  ws_is(&peer, 15, 's', WSS__PONG, peer.events[7].start, 125);
  ws_is(&peer, 16, 'p', 0, "unasked", 7);
  ws_is(&peer, 17, 's', WSS__PONG, "amid", 4);
  ws_is(&peer, 18, 'p', 0, "", 0);
  ws_is(&peer, 19, 'm', WSS_TEXT, "sm\xc3\xb8rrebr\xc3\xb8\x64", 12);
  ws_is(&peer, 20, 'm', WSS_BINARY, "", 0);
  ws_is(&peer, 21, 'm', WSS_BINARY, "\xff\xfe", 2);
  assert_int_equal(peer.events[22].size, 70000);
  ws_is(&peer, 23, 'm', WSS_TEXT, "\xf0\x9f\x98\x80", 4);
  ws_is_close(&peer, 24, 4001);
  assert_int_equal(peer.error, 0);
  assert_int_equal(peer.session.code_received, 4001);
  assert_int_equal(wss__session_reason(&peer.session).size, 6);
  assert_memory_equal(wss__session_reason(&peer.session).data, "enough", 6);
  ws_peer_free(&peer);
  ws_stream_free(&stream);
}

/* ---- Table A6 of what Workerman gets wrong, row by row ------------------- */

static void row_9_text_that_is_not_utf8(void **state) {
  static const char *const texts[] = {
      "\xff",
      "caf\xe9",
      "\xc0\x80",                                      /* overlong */
      "\xed\xa0\x80",                                  /* a surrogate */
      "\xf4\x90\x80\x80",                              /* above U+10FFFF */
      "\xe6\x97",                                      /* ends too early */
      "a long text with a fault in its end .....\x80", /* by words */
  };
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    ws_stream fault = {0};
    ws_text(&fault, WS_FIN | WSS__TEXT, texts[i]);
    refused(&fault, WSS_ERR_UTF8, 1007);
    ws_text(&fault, WSS__TEXT, "ok ");
    ws_text(&fault, WS_FIN | WSS__PING, "");
    ws_text(&fault, WS_FIN | WSS__CONTINUATION, texts[i]);
    refused(&fault, WSS_ERR_UTF8, 1007);
    ws_text(&fault, WSS__TEXT, texts[i]);
    ws_text(&fault, WS_FIN | WSS__CONTINUATION, "");
    refused(&fault, WSS_ERR_UTF8, 1007);
  }
}

static void row_10_11_reserved_bits(void **state) {
  static const int bits[] = {0x10, 0x20, 0x40, 0x70};
  (void)state;
  for (size_t i = 0; i < 4; i++) {
    ws_stream fault = {0};
    ws_text(&fault, WS_FIN | bits[i] | WSS__TEXT, "text");
    refused(&fault, WSS_ERR_PROTOCOL, 1002);
    ws_text(&fault, WS_FIN | bits[i] | WSS__PING, "");
    refused(&fault, WSS_ERR_PROTOCOL, 1002);
  }
}

static void row_12_a_ping_of_126_bytes(void **state) {
  ws_stream fault = {0};
  (void)state;
  ws_frame(&fault, WS_FIN | WSS__PING, NULL, 126);
  refused(&fault, WSS_ERR_PROTOCOL, 1002);
  ws_header(&fault, WS_FIN | WSS__PONG, 65536, false);
  refused(&fault, WSS_ERR_PROTOCOL, 1002);
}

static void row_13_a_fragmented_control_frame(void **state) {
  static const int opcodes[] = {WSS__PING, WSS__PONG, WSS__CLOSE};
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    ws_stream fault = {0};
    ws_text(&fault, opcodes[i], "\x03\xe8");
    ws_text(&fault, WS_FIN | WSS__CONTINUATION, "");
    refused(&fault, WSS_ERR_PROTOCOL, 1002);
  }
}

static void row_14_a_ping_between_fragments(void **state) {
  static ws_peer peer;
  ws_stream stream = {0};
  (void)state;
  ws_text(&stream, WSS__TEXT, "first ");
  ws_text(&stream, WS_FIN | WSS__PING, "ping");
  ws_text(&stream, WS_FIN | WSS__CONTINUATION, "second");
  ws_peer_init(&peer, MAX_SIZE);
  play_all_ways(&peer, &stream);
  assert_int_equal(peer.count, 2);
  ws_is(&peer, 0, 's', WSS__PONG, "ping", 4);
  ws_is(&peer, 1, 'm', WSS_TEXT, "first second", 12);
  ws_peer_free(&peer);
  ws_stream_free(&stream);
}

static void row_15_a_continuation_of_nothing(void **state) {
  ws_stream fault = {0};
  (void)state;
  ws_text(&fault, WS_FIN | WSS__CONTINUATION, "text");
  refused(&fault, WSS_ERR_PROTOCOL, 1002);
  ws_text(&fault, WSS__CONTINUATION, "");
  refused(&fault, WSS_ERR_PROTOCOL, 1002);
}

static void row_16_a_message_within_another(void **state) {
  static const int opcodes[] = {WSS__TEXT, WSS__BINARY};
  (void)state;
  for (int i = 0; i < 8; i++) {
    ws_stream fault = {0};
    ws_text(&fault, opcodes[i % 2], i < 4 ? "" : "one");
    ws_text(&fault, WS_FIN | WSS__PING, "");
    ws_text(&fault, (i & 2) != 0 ? WS_FIN | WSS__TEXT : WSS__BINARY, "two");
    refused(&fault, WSS_ERR_PROTOCOL, 1002);
  }
}

static void row_17_close_frames_that_are_not_allowed(void **state) {
  static const int codes[] = {0x0100, 999,  1004, 1005, 1006,
                              1015,   1016, 2999, 5000, 65535};
  ws_stream fault = {0};
  (void)state;
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    ws_close(&fault, codes[i], "");
    refused(&fault, WSS_ERR_PROTOCOL, 1002);
    ws_close(&fault, codes[i], "reason");
    refused(&fault, WSS_ERR_PROTOCOL, 1002);
  }
  ws_text(&fault, WS_FIN | WSS__CLOSE, "\x03");
  refused(&fault, WSS_ERR_PROTOCOL, 1002);
  ws_frame(&fault, WS_FIN | WSS__CLOSE, NULL, 126);
  refused(&fault, WSS_ERR_PROTOCOL, 1002);
  ws_close(&fault, 1000, "not \xff UTF-8");
  refused(&fault, WSS_ERR_UTF8, 1007);
  ws_close(&fault, 1000, "cut \xc3");
  refused(&fault, WSS_ERR_UTF8, 1007);
}

static void row_18_a_close_frame_is_answered_with_its_code(void **state) {
  static const int codes[] = {1000, 1001, 1014, 3000, 4999, 0};
  (void)state;
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    static ws_peer peer;
    ws_stream stream = {0};
    wss__slice reason;
    int code = codes[i] != 0 ? codes[i] : WSS__CLOSE_NO_STATUS;
    ws_text(&stream, WSS__TEXT, "never finished");
    ws_close(&stream, codes[i], "why");
    ws_text(&stream, WS_FIN | WSS__PING, "dropped");
    ws_text(&stream, 0x7f, "dropped too, though it breaks rules");
    ws_peer_init(&peer, MAX_SIZE);
    play_all_ways(&peer, &stream);
    assert_int_equal(peer.count, 1);
    ws_is_close(&peer, 0, code);
    assert_int_equal(peer.error, 0);
    assert_int_equal(peer.session.code_received, code);
    assert_int_equal(peer.session.code_sent, code);
    reason = wss__session_reason(&peer.session);
    assert_int_equal(reason.size, codes[i] != 0 ? 3 : 0);
    assert_memory_equal(reason.data, "why", reason.size);
    assert_int_equal(peer.session.message.capacity, 0);
    ws_peer_free(&peer);
    ws_stream_free(&stream);
  }
}

static void row_19_a_frame_that_is_not_masked(void **state) {
  ws_stream fault = {0};
  (void)state;
  ws_bytes(&fault, "\x81\x02hi", 4);
  refused(&fault, WSS_ERR_PROTOCOL, 1002);
  ws_bytes(&fault, "\x88\x00", 2);
  refused(&fault, WSS_ERR_PROTOCOL, 1002);
}

static void row_20_an_opcode_or_a_length_that_is_none(void **state) {
  ws_stream fault = {0};
  (void)state;
  for (int opcode = 3; opcode < 16; opcode += opcode == 7 ? 4 : 1) {
    ws_text(&fault, WS_FIN | opcode, "text");
    refused(&fault, WSS_ERR_PROTOCOL, 1002);
  }
  ws_header(&fault, WS_FIN | WSS__TEXT, UINT64_C(1) << 63, true);
  refused(&fault, WSS_ERR_PROTOCOL, 1002);
}

static void row_21_a_length_that_could_be_shorter(void **state) {
  ws_stream fault = {0};
  (void)state;
  ws_bytes(&fault, "\x81\xfe\x00\x05mask-text", 13);
  refused(&fault, WSS_ERR_PROTOCOL, 1002);
  ws_header(&fault, WS_FIN | WSS__TEXT, 65535, true);
  refused(&fault, WSS_ERR_PROTOCOL, 1002);
}

static void row_22_a_close_that_we_begin(void **state) {
  static ws_peer peer;
  ws_stream stream = {0};
  (void)state;
  ws_peer_init(&peer, MAX_SIZE);
  assert_int_equal(wss__session_close(&peer.session, 3333, "over", 4), 0);
  ws_is(&peer, 0, 's', WSS__CLOSE, "\x0d\x05over", 6);
  assert_int_equal(peer.session.code_sent, 3333);
  assert_int_equal(wss__session_close(&peer.session, 3334, "", 0),
                   WSS_ERR_CLOSED);
  ws_close(&stream, 3333, "over");
  ws_play(&peer, &stream, 0);
  assert_int_equal(peer.count, 1);
  assert_int_equal(peer.session.code_received, 3333);
  ws_peer_free(&peer);
  ws_stream_free(&stream);

  ws_peer_init(&peer, MAX_SIZE);
  assert_int_equal(
      wss__session_close(&peer.session, WSS__CLOSE_NO_STATUS, NULL, 0), 0);
  ws_is_close(&peer, 0, WSS__CLOSE_NO_STATUS);
  assert_int_equal(peer.session.code_sent, WSS__CLOSE_NO_STATUS);
  ws_peer_free(&peer);
}

/* ---- After our Close frame ----------------------------------------------- */

/* Closed from within each message and Pong of the conversation: nothing is
   delivered and no Ping answered any more, but the peer's Close frame is seen.
 */
static void closing_within_each_event(void **state) {
  static ws_peer peer;
  ws_stream stream = {0};
  (void)state;
  write_conversation(&stream);
  for (size_t at = 1; at <= 24; at++) {
    if (at == 15 || at == 16 || at == 18) /* our Pongs */
      continue;
    ws_peer_init(&peer, MAX_SIZE);
    peer.close_at = at;
    peer.close_code = 4444;
    ws_play(&peer, &stream, 0);
    assert_int_equal(peer.count, at + 1);
    ws_is(&peer, at, 's', WSS__CLOSE, "\x11\x5c\x62ye", 5);
    assert_int_equal(peer.error, 0);
    assert_int_equal(peer.session.code_received, 4001);
    assert_int_equal(peer.session.code_sent, 4444);
    for (int piece = -3; piece <= 3; piece++)
      same_in_pieces(&stream, &peer, piece);
    ws_peer_free(&peer);
  }
  ws_stream_free(&stream);
}

/* What breaks a rule after our Close frame ends the session too, with no
   second Close frame. */
static void faults_after_our_close_frame(void **state) {
  static const struct {
    int first;
    const char *text;
    int error;
  } faults[] = {
      {WS_FIN | WSS__TEXT, "\xff", WSS_ERR_UTF8},
      {WS_FIN | WSS__TEXT, "\xc3", WSS_ERR_UTF8},
      {WS_FIN | WSS__CONTINUATION, "text", WSS_ERR_PROTOCOL},
      {0xff, "", WSS_ERR_PROTOCOL},
      {WS_FIN | WSS__CLOSE, "x", WSS_ERR_PROTOCOL},
  };
  (void)state;
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    static ws_peer peer;
    ws_stream stream = {0};
    ws_text(&stream, WS_FIN | WSS__TEXT, "close now");
    ws_text(&stream, WS_FIN | WSS__TEXT, "not delivered");
    ws_text(&stream, faults[i].first, faults[i].text);
    ws_peer_init(&peer, MAX_SIZE);
    peer.close_at = 1;
    peer.close_code = 1001;
    play_all_ways(&peer, &stream);
    assert_int_equal(peer.count, 2);
    assert_int_equal(peer.error, faults[i].error);
    assert_int_equal(peer.session.code_sent, 1001);
    ws_peer_free(&peer);
    ws_stream_free(&stream);
  }
}

/* ---- Stops --------------------------------------------------------------- */

/* Every event asks to stop: each feed ends right behind it. */
static void stopping_at_each_event(void **state) {
  static ws_peer going;
  static ws_peer stopping;
  ws_stream stream = {0};
  (void)state;
  write_conversation(&stream);
  ws_peer_init(&going, MAX_SIZE);
  ws_play(&going, &stream, 0);
  ws_peer_init(&stopping, MAX_SIZE);
  stopping.stop_at = 1;
  play_all_ways(&stopping, &stream);
  ws_same(&stopping, &going);
  ws_peer_free(&going);
  ws_peer_free(&stopping);
  ws_stream_free(&stream);
}

static void used_is_exact(void **state) {
  static ws_peer peer;
  ws_stream stream = {0};
  size_t ends[6];
  size_t at = 0;
  (void)state;
  ws_text(&stream, WS_FIN | WSS__TEXT, "small");
  ends[0] = stream.size;
  ws_frame(&stream, WS_FIN | WSS__BINARY, NULL, 126);
  ends[1] = stream.size;
  ws_text(&stream, WS_FIN | WSS__PONG, "pong");
  ends[2] = stream.size;
  ws_text(&stream, WS_FIN | WSS__BINARY, "");
  ends[3] = stream.size;
  ws_text(&stream, WSS__TEXT, "in two");
  ws_text(&stream, WS_FIN | WSS__PING, "");
  ws_text(&stream, WS_FIN | WSS__CONTINUATION, " pieces");
  ends[4] = stream.size;
  ws_close(&stream, 1000, "");
  ws_bytes(&stream, "dropped", 7);
  ends[5] = stream.size;
  ws_peer_init(&peer, MAX_SIZE);
  peer.stop_at = 1;
  for (size_t i = 0; i < 6; i++) {
    at += ws_feed(&peer, stream.data + at, stream.size - at);
    assert_int_equal(at, ends[i]);
  }
  ws_peer_free(&peer);
  ws_stream_free(&stream);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_conversation),
      cmocka_unit_test(row_9_text_that_is_not_utf8),
      cmocka_unit_test(row_10_11_reserved_bits),
      cmocka_unit_test(row_12_a_ping_of_126_bytes),
      cmocka_unit_test(row_13_a_fragmented_control_frame),
      cmocka_unit_test(row_14_a_ping_between_fragments),
      cmocka_unit_test(row_15_a_continuation_of_nothing),
      cmocka_unit_test(row_16_a_message_within_another),
      cmocka_unit_test(row_17_close_frames_that_are_not_allowed),
      cmocka_unit_test(row_18_a_close_frame_is_answered_with_its_code),
      cmocka_unit_test(row_19_a_frame_that_is_not_masked),
      cmocka_unit_test(row_20_an_opcode_or_a_length_that_is_none),
      cmocka_unit_test(row_21_a_length_that_could_be_shorter),
      cmocka_unit_test(row_22_a_close_that_we_begin),
      cmocka_unit_test(closing_within_each_event),
      cmocka_unit_test(faults_after_our_close_frame),
      cmocka_unit_test(stopping_at_each_event),
      cmocka_unit_test(used_is_exact),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
