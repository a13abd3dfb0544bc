/* After the handshake, in plain text. */
#include "ends/ends.h"

#include <string.h>

/* ---- Close frames -------------------------------------------------------- */

static void peer_closes(end_run *it) {
  end_meet(it);
  sim_advance(20);
  end_frame(it, 0x88,
            "\x03\xe8"
            "bye",
            5);
}

static void peer_closes_without_code(end_run *it) {
  end_meet(it);
  end_frame(it, 0x88, "", 0);
}

/* 123 bytes of two-byte characters and one. */
#define LONGEST                                                                \
  "x\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"  \
  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"   \
  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"   \
  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"   \
  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"   \
  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"   \
  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"

static void peer_closes_with_most(end_run *it) {
  end_meet(it);
  end_frame(it, 0x88, "\x13\x87" LONGEST, 125);
}

static void peer_closes_after_a_pong(end_run *it) {
  end_meet(it);
  sim_advance(100);
  sim_advance(7);
  end_pong(it);
  end_frame(it, 0x88, "\x0b\xb8", 2);
}

static void close_is_not_taken(end_run *it) {
  end_meet(it);
  sim_peer_read(it->peer, false);
  sim_room(it->peer, 0);
  end_frame(it, 0x88, "\x03\xe8", 2);
  sim_advance(5000);
}

static void app_closes(end_run *it) {
  end_meet(it);
  sim_advance(30);
  assert_int_equal(wss_close(it->host.conn, 4000, "go"), 0);
  sim_settle();
}

static void answered(end_run *it) {
  app_closes(it);
  end_frame(it, 0x88,
            "\x0f\xa0"
            "ok",
            4);
}

static void answered_otherwise(end_run *it) {
  app_closes(it);
  end_frame(it, 0x88, "\x03\xe9", 2);
}

static void not_answered(end_run *it) {
  app_closes(it);
  sim_advance(5000);
}

static void fin_instead(end_run *it) {
  app_closes(it);
  end_fin(it);
}

static void reset_instead(end_run *it) {
  app_closes(it);
  end_reset(it);
}

static void nonsense_instead(end_run *it) {
  app_closes(it);
  END_SEND(it, "\x81\x00");
}

static void close_has_no_memory(end_run *it) {
  end_meet(it);
  test_allocator_fail(&it->host.memory, 1, false);
  assert_int_equal(wss_close(it->host.conn, 4001, NULL), 0);
  sim_settle();
}

static int accept_and_close(sim_host *host, wss_conn *conn,
                            const wss_request *request) {
  (void)host;
  (void)request;
  assert_int_equal(wss_accept(conn, NULL), 0);
  assert_int_equal(wss_close(conn, 0, NULL), 0);
  return WSS_ACCEPT;
}

static void closed_before_it_opened(end_run *it) {
  end_connect(it);
  end_text(it, host_handshake(""));
  end_frame(it, 0x88, "\x03\xe8", 2);
}

static void terminated(end_run *it) {
  end_meet(it);
  sim_advance(2);
  wss_terminate(it->host.conn);
  sim_settle();
}

static void server_goes(end_run *it) {
  end_meet(it);
  end_shut(it, 0);
  end_frame(it, 0x88, "\x03\xe9", 2);
}

static void grace_passes(end_run *it) {
  end_meet(it);
  end_shut(it, 300);
  sim_advance(300);
}

/* ---- The network --------------------------------------------------------- */

static void fin(end_run *it) {
  end_meet(it);
  sim_advance(9);
  end_fin(it);
}

static void reset(end_run *it) {
  end_meet(it);
  sim_advance(11);
  end_reset(it);
}

static void broken(end_run *it) {
  end_meet(it);
  sim_fail(SIM_READ, UV_EHOSTUNREACH, 1, 1);
  end_frame(it, 0x81, "hi", 2);
}

static void cannot_write(end_run *it, int error) {
  end_meet(it);
  sim_fail(SIM_WRITE, error, 1, 1);
  assert_int_equal(wss_send(it->host.conn, WSS_TEXT, "hi", 2), 0);
  sim_settle();
}

static void broken_pipe(end_run *it) {
  cannot_write(it, UV_EPIPE);
}

static void network_is_down(end_run *it) {
  cannot_write(it, UV_ENETDOWN);
}

/* ---- Rules --------------------------------------------------------------- */

#define FRAME(name, bytes)                                                     \
  static void name(end_run *it) {                                              \
    end_meet(it);                                                              \
    sim_advance(1);                                                            \
    END_SEND(it, bytes);                                                       \
  }

FRAME(unmasked, "\x81\x01x")
FRAME(reserved_bit, "\xc1\x80\0\0\0\0")
FRAME(reserved_opcode, "\x83\x80\0\0\0\0")
FRAME(split_ping, "\x09\x80\0\0\0\0")
FRAME(long_ping, "\x89\xfe\0\x7e\0\0\0\0")
FRAME(long_form, "\x81\xfe\0\x01\0\0\0\0x")
FRAME(endless, "\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0")
FRAME(continues_nothing, "\x80\x80\0\0\0\0")
FRAME(within_another, "\x01\x80\0\0\0\0\x81\x80\0\0\0\0")
FRAME(code_1005, "\x88\x82\0\0\0\0\x03\xed")
FRAME(not_utf8, "\x81\x82\0\0\0\0\xc3(")
FRAME(cut_character, "\x81\x81\0\0\0\0\xc3")
FRAME(reason_not_utf8, "\x88\x83\0\0\0\0\x03\xe8\xff")
FRAME(too_large, "\x82\xfe\x04\x01\0\0\0\0")
FRAME(too_many_fragments, "\x01\x80\0\0\0\0\0\x80\0\0\0\0\0\x80\0\0\0\0")
FRAME(too_many_pings, "\x89\x80\0\0\0\0\x89\x80\0\0\0\0\x8a\x80\0\0\0\0")

static void no_memory_for_a_message(end_run *it) {
  end_meet(it);
  test_allocator_fail(&it->host.memory, 1, false);
  END_SEND(it, "\x01\x81\0\0\0\0x");
}

/* ---- Deadlines ----------------------------------------------------------- */

static void slow_message(end_run *it) {
  end_meet(it);
  sim_advance(40);
  END_SEND(it, "\x81\x85\0\0\0\0h");
  sim_advance(1000);
}

static void silence(end_run *it) {
  end_meet(it);
  sim_advance(2000);
}

static void silence_after_a_pong(end_run *it) {
  end_meet(it);
  sim_advance(512);
  end_pong(it);
  sim_advance(2000);
}

static void takes_nothing(end_run *it) {
  static const char data[1000];
  end_meet(it);
  sim_peer_read(it->peer, false);
  sim_room(it->peer, 600);
  assert_int_equal(wss_send(it->host.conn, WSS_BINARY, data, sizeof data), 0);
  sim_settle();
  sim_advance(4000);
  sim_take(it->peer, 600);
}

/* ---- The rows ------------------------------------------------------------ */

#define ENDS(who, where, why)                                                  \
  .phase = WSS_PHASE_##where, .initiator = WSS_BY_##who,                       \
  .cause = WSS_CAUSE_##why, .status = 101
#define OPEN(who, why) ENDS(who, OPEN, why), .opened = true
#define CLOSING(who, why) ENDS(who, CLOSING, why), .opened = true
#define RULE                                                                   \
  OPEN(LIBRARY, PROTOCOL), .error = WSS_ERR_PROTOCOL, .code_sent = 1002,       \
                           .age = 1

const end_row ends_open[] = {
    {"the peer closes", peer_closes, OPEN(PEER, PEER_CLOSE), .code = 1000,
     .code_sent = 1000, .reason = "bye", .age = 20},
    {"the peer closes without a code", peer_closes_without_code,
     OPEN(PEER, PEER_CLOSE), .code = 1005, .code_sent = 1005},
    {"the peer closes with the longest reason", peer_closes_with_most,
     OPEN(PEER, PEER_CLOSE), .code = 4999, .code_sent = 4999,
     .reason = LONGEST},
    {"the peer closes after a Pong", peer_closes_after_a_pong,
     .options = {.ping_interval = 100}, OPEN(PEER, PEER_CLOSE), .code = 3000,
     .code_sent = 3000, .age = 107, .round_trip = 7000},
    {"the answer to the peer's Close is not taken", close_is_not_taken,
     CLOSING(PEER, CLOSE_TIMEOUT), .error = WSS_ERR_TIMEOUT, .code = 1000,
     .code_sent = 1000, .age = 5000},
    {"wss_close", answered, OPEN(APP, APP_CLOSE), .code = 4000,
     .code_sent = 4000, .reason = "ok", .age = 30},
    {"wss_close, answered with another code", answered_otherwise,
     OPEN(APP, APP_CLOSE), .code = 1001, .code_sent = 4000, .age = 30},
    {"wss_close, not answered", not_answered, CLOSING(APP, CLOSE_TIMEOUT),
     .error = WSS_ERR_TIMEOUT, .code_sent = 4000, .age = 5030},
    {"wss_close, answered with FIN", fin_instead, CLOSING(APP, PEER_FIN),
     .error = WSS_ERR_TRUNCATED, .code_sent = 4000, .age = 30},
    {"wss_close, answered with a reset", reset_instead,
     CLOSING(APP, PEER_RESET), .error = UV_ECONNRESET, .code_sent = 4000,
     .age = 30},
    {"wss_close, answered with nonsense", nonsense_instead,
     CLOSING(APP, PROTOCOL), .error = WSS_ERR_PROTOCOL, .code_sent = 4000,
     .age = 30},
    {"wss_close without memory", close_has_no_memory, CLOSING(APP, NO_MEMORY),
     .error = WSS_ERR_NOMEM},
    {"wss_close before on_open", closed_before_it_opened,
     .request = accept_and_close, ENDS(APP, OPEN, APP_CLOSE), .code = 1000,
     .code_sent = 1000},
    {"wss_terminate", terminated, OPEN(APP, TERMINATED), .age = 2},
    {"wss_server_close", server_goes, OPEN(APP, SERVER_CLOSE), .code = 1001,
     .code_sent = 1001},
    {"wss_server_close, not answered", grace_passes, CLOSING(APP, GRACE_PASSED),
     .error = WSS_ERR_TIMEOUT, .code_sent = 1001, .age = 300},
    {"FIN", fin, OPEN(PEER, PEER_FIN), .error = WSS_ERR_TRUNCATED, .age = 9},
    {"reset", reset, OPEN(PEER, PEER_RESET), .error = UV_ECONNRESET, .age = 11},
    {"reading fails", broken, OPEN(PEER, NETWORK), .error = UV_EHOSTUNREACH,
     .unread = 8},
    {"writing fails", network_is_down, OPEN(PEER, NETWORK),
     .error = UV_ENETDOWN},
    {"a broken pipe", broken_pipe, OPEN(PEER, PEER_RESET), .error = UV_EPIPE},
    {"a frame is not masked", unmasked, RULE},
    {"a reserved bit", reserved_bit, RULE},
    {"a reserved opcode", reserved_opcode, RULE},
    {"a Ping in two frames", split_ping, RULE},
    {"a Ping of 126 bytes", long_ping, RULE},
    {"a length not in its shortest form", long_form, RULE},
    {"a length of 2^63", endless, RULE},
    {"a continuation of nothing", continues_nothing, RULE},
    {"a message within another", within_another, RULE},
    {"a Close frame with 1005", code_1005, RULE},
    {"text that is not UTF-8", not_utf8, OPEN(LIBRARY, UTF8),
     .error = WSS_ERR_UTF8, .code_sent = 1007, .age = 1},
    {"text that ends in a character", cut_character, OPEN(LIBRARY, UTF8),
     .error = WSS_ERR_UTF8, .code_sent = 1007, .age = 1},
    {"a reason that is not UTF-8", reason_not_utf8, OPEN(LIBRARY, UTF8),
     .error = WSS_ERR_UTF8, .code_sent = 1007, .age = 1},
    {"a message that is too large", too_large,
     .options = {.max_message_size = 1024}, OPEN(LIBRARY, MESSAGE_SIZE),
     .error = WSS_ERR_TOO_BIG, .code_sent = 1009, .age = 1},
    {"too many fragments", too_many_fragments, .options = {.max_fragments = 2},
     OPEN(LIBRARY, FRAGMENTS), .error = WSS_ERR_LIMIT, .code_sent = 1008,
     .age = 1},
    {"too many Pings and Pongs", too_many_pings,
     .options = {.max_control_rate = 2}, OPEN(LIBRARY, CONTROL_RATE),
     .error = WSS_ERR_LIMIT, .code_sent = 1008, .age = 1},
    {"no memory for a message", no_memory_for_a_message,
     OPEN(LIBRARY, NO_MEMORY), .error = WSS_ERR_NOMEM, .code_sent = 1011},
    {"a message that takes too long", slow_message,
     .options = {.message_timeout = 1000}, OPEN(LIBRARY, MESSAGE_TIMEOUT),
     .error = WSS_ERR_TIMEOUT, .code_sent = 1008, .age = 1040},
    {"silence", silence,
     .options = {.idle_timeout = 1900, .ping_interval = WSS_OFF},
     OPEN(LIBRARY, IDLE_TIMEOUT), .error = WSS_ERR_TIMEOUT,
     .age = 1900 + 1900 / 64},
    {"silence after a Pong", silence_after_a_pong,
     .options = {.idle_timeout = 1280, .ping_interval = 500},
     OPEN(LIBRARY, IDLE_TIMEOUT), .error = WSS_ERR_TIMEOUT,
     .age = 512 + 1280 + 20, .round_trip = 12000},
    {"a peer that takes nothing", takes_nothing,
     .options = {.write_timeout = 4000}, OPEN(LIBRARY, WRITE_TIMEOUT),
     .error = WSS_ERR_TIMEOUT, .age = 4000},
};
const size_t ends_open_count = sizeof ends_open / sizeof ends_open[0];
