/* A2: what RFC 6455 requires of the closing handshake and of failing a
   connection (sections 5.5.1 and 7), and of the frames that a server sends. */
#include "support/rfc6455.h"

#include "support/session_log.h"
#include "ws/close.h"

#define LIMIT 1000

#define MASK "\0\0\0\0"
/* A Close frame with the code in two bytes. */
#define CLOSE(code) BYTES("\x88\x82" MASK code)

#define BROKEN "send-close(1002) WSS_ERR_PROTOCOL"
#define NOT_UTF8 "send-close(1007) WSS_ERR_UTF8"

typedef struct row {
  const char *name;
  const char *bytes;
  size_t size;
  const char *expected;
  int code; /* received, 0: none that counts */
  const char *reason;
  int first; /* the code of a Close frame that we sent before; 0: none */
} row;

static const row rows[] = {
    {"5.5.1 a close without a body is answered by one", BYTES("\x88\x80" MASK),
     "send-close()", 1005, "", 0},
    {"5.5.1 a close is answered by a close with its code", CLOSE("\x0b\xb8"),
     "send-close(3000)", 3000, "", 0},
    {"5.5.1 a code in network byte order", CLOSE("\x03\xe9"),
     "send-close(1001)", 1001, "", 0},
    {"5.5.1 a reason behind the code",
     BYTES("\x88\x86" MASK "\x03\xe8"
           "done"),
     "send-close(1000)", 1000, "done", 0},
    {"5.5.1 a body is masked like any other",
     BYTES("\x88\x84\x01\x02\x03\x04\x02\xeaom"), "send-close(1000)", 1000,
     "li", 0},
    {"5.5.1 a body begins with a code of two bytes",
     BYTES("\x88\x81" MASK "\3"), BROKEN, 0, "", 0},
    {"5.5.1 a reason is UTF-8: a byte that never occurs",
     BYTES("\x88\x83" MASK "\x03\xe8\xff"), NOT_UTF8, 0, "", 0},
    {"5.5.1 a reason is UTF-8: it ends within a character",
     BYTES("\x88\x84" MASK "\x03\xe8\xe2\x82"), NOT_UTF8, 0, "", 0},
    {"5.5.1 a reason is UTF-8: a surrogate",
     BYTES("\x88\x85" MASK "\x03\xe8\xed\xa0\x80"), NOT_UTF8, 0, "", 0},
    {"5.5.1 data behind a close is not processed",
     BYTES("\x88\x80" MASK "\x81\x81" MASK "a\x89\x80" MASK), "send-close()",
     1005, "", 0},
    {"5.5.1 a second close is not answered",
     BYTES("\x88\x82" MASK "\x03\xe8\x88\x82" MASK "\x0b\xb8"),
     "send-close(1000)", 1000, "", 0},
    {"5.5.1 a message that a close cuts does not come",
     BYTES("\x01\x81" MASK "a\x88\x82" MASK "\x03\xe8\x80\x81" MASK "b"),
     "send-close(1000)", 1000, "", 0},
    {"5.5.1 our close is not followed by another", CLOSE("\x03\xe8"),
     "send-close(1001)", 1000, "", 1001},
    {"5.5.1 our close is not followed by a pong",
     BYTES("\x89\x81" MASK "a\x88\x80" MASK), "send-close(1001)", 1005, "",
     1001},
    {"5.5.1 messages between our close and the peer's are read and dropped",
     BYTES("\x81\x81" MASK "a\x01\x81" MASK "b\x80\x81" MASK "c\x88\x82" MASK
           "\x03\xe8"),
     "send-close(1001)", 1000, "", 1001},

    {"7.1.5 the code is that of the first close received",
     BYTES("\x88\x82" MASK "\x03\xe8\x88\x82" MASK "\x03\xe9"),
     "send-close(1000)", 1000, "", 0},
    {"7.1.5 the code is not the one that we sent", CLOSE("\x0f\xa1"),
     "send-close(1000)", 4001, "", 1000},
    {"7.1.5 without a code it is 1005", BYTES("\x88\x80" MASK),
     "send-close(1000)", 1005, "", 1000},
    {"7.1.6 the reason is that of the close received",
     BYTES("\x88\x84" MASK "\x0f\xa1ok"), "send-close(1000)", 4001, "ok", 1000},
    {"7.1.7 after failing nothing is processed: a message",
     BYTES("\x81\x00\x81\x81" MASK "a"), BROKEN, 0, "", 0},
    {"7.1.7 after failing nothing is processed: a ping",
     BYTES("\x81\x00\x89\x80" MASK), BROKEN, 0, "", 0},
    {"7.1.7 after failing nothing is processed: a close",
     BYTES("\x81\x00\x88\x82" MASK "\x03\xe8"), BROKEN, 0, "", 0},
    {"7.1.7 failing after our close sends no second one", BYTES("\x81\x00"),
     "send-close(1000) WSS_ERR_PROTOCOL", 0, "", 1000},

    {"7.4.1 1000 is allowed", CLOSE("\x03\xe8"), "send-close(1000)", 1000, "",
     0},
    {"7.4.1 1001 is allowed", CLOSE("\x03\xe9"), "send-close(1001)", 1001, "",
     0},
    {"7.4.1 1002 is allowed", CLOSE("\x03\xea"), "send-close(1002)", 1002, "",
     0},
    {"7.4.1 1003 is allowed", CLOSE("\x03\xeb"), "send-close(1003)", 1003, "",
     0},
    {"7.4.1 1004 is reserved", CLOSE("\x03\xec"), BROKEN, 0, "", 0},
    {"7.4.1 1005 is not sent", CLOSE("\x03\xed"), BROKEN, 0, "", 0},
    {"7.4.1 1006 is not sent", CLOSE("\x03\xee"), BROKEN, 0, "", 0},
    {"7.4.1 1007 is allowed", CLOSE("\x03\xef"), "send-close(1007)", 1007, "",
     0},
    {"7.4.1 1008 is allowed", CLOSE("\x03\xf0"), "send-close(1008)", 1008, "",
     0},
    {"7.4.1 1009 is allowed", CLOSE("\x03\xf1"), "send-close(1009)", 1009, "",
     0},
    {"7.4.1 1010 is allowed", CLOSE("\x03\xf2"), "send-close(1010)", 1010, "",
     0},
    {"7.4.1 1011 is allowed", CLOSE("\x03\xf3"), "send-close(1011)", 1011, "",
     0},
    {"7.4.1 1015 is not sent", CLOSE("\x03\xf7"), BROKEN, 0, "", 0},
    {"7.4.2 0 is not used", CLOSE("\x00\x00"), BROKEN, 0, "", 0},
    {"7.4.2 999 is not used", CLOSE("\x03\xe7"), BROKEN, 0, "", 0},
    {"7.4.2 1014 is registered", CLOSE("\x03\xf6"), "send-close(1014)", 1014,
     "", 0},
    {"7.4.2 1016 is not defined", CLOSE("\x03\xf8"), BROKEN, 0, "", 0},
    {"7.4.2 2999 is not defined", CLOSE("\x0b\xb7"), BROKEN, 0, "", 0},
    {"7.4.2 3000 is for libraries", CLOSE("\x0b\xb8"), "send-close(3000)", 3000,
     "", 0},
    {"7.4.2 3999 is for libraries", CLOSE("\x0f\x9f"), "send-close(3999)", 3999,
     "", 0},
    {"7.4.2 4000 is for programs", CLOSE("\x0f\xa0"), "send-close(4000)", 4000,
     "", 0},
    {"7.4.2 4999 is for programs", CLOSE("\x13\x87"), "send-close(4999)", 4999,
     "", 0},
    {"7.4.2 5000 is not used", CLOSE("\x13\x88"), BROKEN, 0, "", 0},
    {"7.4.2 65535 is not used", CLOSE("\xff\xff"), BROKEN, 0, "", 0},
};

static void run(void **state) {
  const row *at = *state;
  test_stream stream = {0};
  int cut;
  test_stream_bytes(&stream, at->bytes, at->size);
  for (cut = TEST_WHOLE; cut <= TEST_RANDOM; cut++) {
    wss__slice reason;
    test_session it;
    test_session_begin(&it, LIMIT);
    if (at->first != 0)
      (void)wss__session_close(&it.session, at->first, NULL, 0);
    test_session_run(&it, &stream, (test_cut)cut);
    it.log[it.log_size - 1] = '\0'; /* the blank */
    assert_string_equal(it.log, at->expected);
    assert_int_equal(it.session.code_received, at->code);
    reason = wss__session_reason(&it.session);
    assert_true(wss__slice_equal(reason, wss__slice_of(at->reason)));
    test_session_end(&it);
  }
  test_stream_free(&stream);
}

/* ---- What a server sends ------------------------------------------------- */

typedef struct sent {
  const char *name;
  wss__opcode opcode;
  uint64_t length;
  const char *header;
  size_t size;
} sent;

static const sent headers[] = {
    {"5.1 a server does not mask", WSS__TEXT, 5, BYTES("\x81\x05")},
    {"5.2 it sends the shortest length: 0", WSS__BINARY, 0, BYTES("\x82\x00")},
    {"5.2 it sends the shortest length: 125", WSS__BINARY, 125,
     BYTES("\x82\x7d")},
    {"5.2 it sends the shortest length: 126", WSS__BINARY, 126,
     BYTES("\x82\x7e\x00\x7e")},
    {"5.2 it sends the shortest length: 65535", WSS__BINARY, 65535,
     BYTES("\x82\x7e\xff\xff")},
    {"5.2 it sends the shortest length: 65536", WSS__BINARY, 65536,
     BYTES("\x82\x7f\0\0\0\0\0\1\0\0")},
    {"5.2 it sends in network byte order", WSS__BINARY, 0x0102030405060708,
     BYTES("\x82\x7f\1\2\3\4\5\6\7\x08")},
    {"5.2 it sends no reserved bit: close", WSS__CLOSE, 2, BYTES("\x88\x02")},
    {"5.5 it sends control frames whole: pong", WSS__PONG, 125,
     BYTES("\x8a\x7d")},
    {"5.5 it sends control frames whole: ping", WSS__PING, 0,
     BYTES("\x89\x00")},
    {"5.7 a binary message of 256 bytes", WSS__BINARY, 256,
     BYTES("\x82\x7e\x01\x00")},
};

static void run_sent(void **state) {
  const sent *at = *state;
  uint8_t header[WSS__MAX_SENT_FRAME_HEADER];
  assert_int_equal(wss__frame_pack(header, at->opcode, true, at->length),
                   at->size);
  assert_memory_equal(header, at->header, at->size);
}

int main(void) {
  int failed = run_rows("closing", rows, sizeof rows[0], COUNT(rows), 45, run);
  return failed | run_rows("sending", headers, sizeof headers[0],
                           COUNT(headers), 11, run_sent);
}
