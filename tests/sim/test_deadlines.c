/* Each deadline at its time, to the millisecond, on the simulated clock; none
   before. What a peer does meanwhile, byte by byte, moves none that it should
   not. Also with a clock of 49 days, where milliseconds pass 32 bits. */
#include "support/client.h"

#include <string.h>

static sim_host host;
static sim_client client;
static uint64_t start; /* when the connection was accepted, or opened */

static int defer(sim_host *of, wss_conn *conn, const wss_request *request) {
  (void)of;
  (void)conn;
  (void)request;
  return WSS_DEFER;
}

/* What the clock shows when a test begins; the last is two seconds before 32
   bits are used up, so that each deadline is set before and passes after. */
static const uint64_t clocks[] = {HOST_START, ((uint64_t)1 << 32) - 2000};
#define CLOCKS (sizeof clocks / sizeof clocks[0])

static void begin(const wss_options *options, uint64_t clock, int version) {
  host_open(&host, options, false);
  host_listen_tls(&host);
  host.hooks.request = defer;
  sim_advance(clock - HOST_START);
  client_connect(&client, &host, version);
  start = sim_now();
  assert_int_equal(start, clock);
}

static void begin_open(const wss_options *options, uint64_t clock,
                       int version) {
  begin(options, clock, version);
  client_lead(&client, WSS__OPEN);
  assert_int_equal(sim_now(), start);
}

static void finish(void) {
  client_close(&client);
  host_close(&host);
}

static void go_to(uint64_t ms) {
  assert_true(sim_now() <= start + ms);
  sim_advance(start + ms - sim_now());
}

/* One end is told at that time, and none before. */
static void assert_ends_at(uint64_t ms, wss_cause cause, int error) {
  go_to(ms - 1);
  assert_int_equal(host.count, 0);
  go_to(ms);
  assert_int_equal(host.count, 1);
  assert_int_equal(host_last(&host)->at, start + ms);
  assert_int_equal(host_last(&host)->info.cause, cause);
  assert_int_equal(host_last(&host)->error, error);
}

/* Every test once with each clock, in plain text and with TLS. */
static void each(void (*test)(uint64_t clock, int version)) {
  size_t i;
  for (i = 0; i < CLOCKS; i++) {
    test(clocks[i], 0);
    test(clocks[i], 12);
    test(clocks[i], 13);
  }
}

/* ---- The handshake ------------------------------------------------------- */

static void silent(uint64_t clock, int version) {
  begin(NULL, clock, version);
  assert_ends_at(10000, WSS_CAUSE_HANDSHAKE_TIMEOUT, WSS_ERR_TIMEOUT);
  assert_int_equal(host_last(&host)->info.phase, WSS_PHASE_ACCEPTED);
  finish();
}

static void a_silent_peer(void **state) {
  (void)state;
  each(silent);
}

/* A byte of the ClientHello now and then. */
static void slow_tls(uint64_t clock, int version) {
  size_t bytes = 0;
  if (version == 0)
    return;
  begin(NULL, clock, version);
  sim_arrive(client.peer, 0);
  (void)tls_client_step(&client.tls);
  while (sim_now() < start + 9900) {
    sim_advance(100);
    sim_arrive(client.peer, ++bytes);
  }
  assert_true(bytes < client.tls.sent);
  assert_ends_at(10000, WSS_CAUSE_HANDSHAKE_TIMEOUT, WSS_ERR_TIMEOUT);
  assert_int_equal(host_last(&host)->info.phase, WSS_PHASE_TLS);
  finish();
}

static void tls_byte_by_byte(void **state) {
  (void)state;
  each(slow_tls);
}

/* The clock is that of the connection: TLS has taken its part of it. */
static void slow_http(uint64_t clock, int version) {
  const char *request = host_handshake("");
  size_t sent = 0;
  begin(NULL, clock, version);
  sim_advance(3000);
  client_shake(&client);
  for (; sim_now() < start + 9950; sim_advance(50))
    assert_true(client_send(&client, request + sent++, 1));
  assert_true(sent < strlen(request));
  go_to(9999);
  client_answer(&client);
  assert_int_equal(client.size, 0);
  go_to(10000);
  client_answer(&client);
  assert_memory_equal(client.text, "HTTP/1.1 408 ", 13);
  client_finish(&client);
  assert_int_equal(host.count, 1);
  assert_int_equal(host_last(&host)->at, start + 10000);
  assert_int_equal(host_last(&host)->info.cause, WSS_CAUSE_HANDSHAKE_TIMEOUT);
  assert_int_equal(host_last(&host)->info.status, 408);
  assert_int_equal(host_last(&host)->info.phase, WSS_PHASE_HTTP);
  finish();
}

static void http_byte_by_byte(void **state) {
  (void)state;
  each(slow_http);
}

static void not_answered(uint64_t clock, int version) {
  begin(NULL, clock, version);
  sim_advance(1000);
  client_lead(&client, WSS__ASKED);
  go_to(9999);
  assert_int_equal(client_state(&client), WSS__ASKED);
  go_to(10000);
  client_answer(&client);
  assert_memory_equal(client.text, "HTTP/1.1 503 ", 13);
  client_finish(&client);
  assert_int_equal(host_last(&host)->info.cause, WSS_CAUSE_ANSWER_TIMEOUT);
  assert_int_equal(host_last(&host)->at, start + 10000);
  finish();
}

static void a_request_that_is_not_answered(void **state) {
  (void)state;
  each(not_answered);
}

static void just_in_time(uint64_t clock, int version) {
  begin(NULL, clock, version);
  client_lead(&client, WSS__ASKED);
  go_to(9999);
  assert_int_equal(wss_accept(client.conn, NULL), 0);
  go_to(20000);
  assert_int_equal(client_state(&client), WSS__OPEN);
  client_finish(&client);
  assert_int_equal(host_last(&host)->error, 0);
  finish();
}

static void a_millisecond_before(void **state) {
  (void)state;
  each(just_in_time);
}

/* ---- Messages ------------------------------------------------------------ */

/* Frames of a message that never ends: they are no silence, and no end. */
static void slow_message(uint64_t clock, int version) {
  begin_open(NULL, clock, version);
  sim_advance(7000);
  start = sim_now();
  assert_true(client_frame(&client, 0x01, "a", 1));
  while (sim_now() < start + 59000) {
    sim_advance(1000);
    client_answer(&client);
    assert_true(client_frame(&client, 0x00, "b", 1));
  }
  go_to(59999);
  client_answer(&client);
  assert_false(client.answered);
  assert_int_equal(client_state(&client), WSS__OPEN);
  go_to(60000);
  client_answer(&client);
  assert_true(client.answered);
  assert_int_equal(client.code, 1008);
  client_finish(&client);
  assert_int_equal(host_last(&host)->at, start + 60000);
  assert_int_equal(host_last(&host)->info.cause, WSS_CAUSE_MESSAGE_TIMEOUT);
  assert_int_equal(host_last(&host)->info.code_sent, 1008);
  finish();
}

static void a_message_that_does_not_end(void **state) {
  (void)state;
  each(slow_message);
}

/* Each message has its own clock, and those between two fragments none. */
static void in_time_each(uint64_t clock, int version) {
  size_t i;
  begin_open(NULL, clock, version);
  for (i = 0; i < 5; i++) {
    assert_true(client_frame(&client, 0x01, "a", 1));
    sim_advance(30000);
    client_answer(&client);
    sim_advance(29990);
    client_answer(&client);
    assert_true(client_frame(&client, 0x80, "b", 1));
    sim_advance(9);
  }
  assert_int_equal(host.messages, 5);
  client_finish(&client);
  assert_int_equal(host_last(&host)->error, 0);
  finish();
}

static void messages_that_end_in_time(void **state) {
  (void)state;
  each(in_time_each);
}

/* ---- Pings and silence --------------------------------------------------- */

static void pings(uint64_t clock, int version) {
  size_t i;
  begin_open(NULL, clock, version);
  for (i = 1; i <= 40; i++) {
    go_to(25000 * i - 1);
    client_answer(&client);
    assert_int_equal(client.pings, i - 1);
    go_to(25000 * i);
    client_answer(&client);
    assert_int_equal(client.pings, i);
  }
  client_finish(&client);
  assert_int_equal(host_last(&host)->error, 0);
  assert_int_equal(host_last(&host)->info.round_trip, 0);
  finish();
}

static void a_ping_every_25_seconds(void **state) {
  (void)state;
  each(pings);
}

/* The idle deadline of a busy connection moves in steps of a 64th. */
static void idle(uint64_t clock, int version) {
  uint64_t silence;
  begin_open(NULL, clock, version);
  client.mute = true;
  sim_advance(500);
  assert_true(client_frame(&client, 0x81, "a", 1));
  sim_settle();
  start = sim_now();
  go_to(59999);
  client_answer(&client);
  assert_int_equal(client.pings, 2);
  assert_int_equal(host.count, 0);
  sim_advance(2000);
  assert_int_equal(host.count, 1);
  silence = host_last(&host)->at - start;
  assert_in_range(silence, 60000, 60000 + 60000 / 64);
  assert_int_equal(host_last(&host)->info.cause, WSS_CAUSE_IDLE_TIMEOUT);
  assert_int_equal(host_last(&host)->info.code, 1006);
  assert_int_equal(host_last(&host)->info.code_sent, 0);
  finish();
}

static void silence_for_60_seconds(void **state) {
  (void)state;
  each(idle);
}

/* Any byte is a sign of life. */
static void few_bytes(uint64_t clock, int version) {
  static const char bytes[] = "\x81\x84\0\0\0\0abcd";
  size_t i;
  begin_open(&(wss_options){.message_timeout = WSS_OFF}, clock, version);
  client.mute = true;
  for (i = 0; i < 10; i++) {
    sim_advance(59999);
    assert_true(client_send(&client, bytes + i, 1));
    sim_settle();
    assert_int_equal(host.count, 0);
  }
  assert_int_equal(host.messages, 1);
  finish();
}

static void a_byte_each_minute(void **state) {
  (void)state;
  each(few_bytes);
}

/* Nobody is blamed for what the program does not read. */
static void paused(uint64_t clock, int version) {
  begin_open(NULL, clock, version);
  assert_true(client_frame(&client, 0x01, "a", 1));
  sim_advance(20000);
  wss_pause(client.conn);
  sim_advance(3600000);
  client_answer(&client);
  assert_int_equal(client.pings, 0);
  assert_int_equal(host.count, 0);
  wss_resume(client.conn);
  sim_settle();
  start = sim_now();
  go_to(24999);
  client_answer(&client);
  assert_int_equal(client.pings, 0);
  go_to(25000);
  client_answer(&client);
  assert_int_equal(client.pings, 1);
  /* The message's clock starts anew. */
  go_to(59999);
  client_answer(&client);
  assert_int_equal(client_state(&client), WSS__OPEN);
  go_to(60000);
  client_finish(&client);
  assert_int_equal(host_last(&host)->info.cause, WSS_CAUSE_MESSAGE_TIMEOUT);
  finish();
}

static void clocks_stand_still_while_paused(void **state) {
  (void)state;
  each(paused);
}

/* ---- Writing ------------------------------------------------------------- */

static char block[50000];

static void stopped(uint64_t clock, int version) {
  begin_open(NULL, clock, version);
  sim_advance(100);
  sim_quota(client.peer, 0);
  assert_int_equal(wss_send(client.conn, WSS_BINARY, block, sizeof block), 0);
  sim_settle();
  start = sim_now();
  go_to(29999);
  assert_int_equal(host.count, 0);
  go_to(37500);
  assert_int_equal(host.count, 1);
  assert_in_range(host_last(&host)->at - start, 30000, 37500);
  assert_int_equal(host_last(&host)->info.cause, WSS_CAUSE_WRITE_TIMEOUT);
  assert_int_equal(host_last(&host)->info.code, 1006);
  finish();
}

static void a_reader_that_stopped(void **state) {
  (void)state;
  each(stopped);
}

/* However slowly, it takes what it is sent. */
static void slow_reader(uint64_t clock, int version) {
  size_t i;
  begin_open(NULL, clock, version);
  client.mute = true;
  sim_quota(client.peer, 0);
  assert_int_equal(wss_send(client.conn, WSS_BINARY, block, sizeof block), 0);
  for (i = 0; i < 20; i++) {
    sim_advance(29000);
    sim_quota(client.peer, 1);
    assert_true(client_frame(&client, 0x8a, "", 0));
    sim_settle();
    assert_int_equal(host.count, 0);
  }
  start = sim_now();
  go_to(29999);
  assert_int_equal(host.count, 0);
  go_to(37500);
  assert_int_equal(host_last(&host)->info.cause, WSS_CAUSE_WRITE_TIMEOUT);
  finish();
}

static void a_reader_that_is_slow(void **state) {
  (void)state;
  each(slow_reader);
}

/* ---- Closing ------------------------------------------------------------- */

static void no_answer(uint64_t clock, int version) {
  begin_open(NULL, clock, version);
  sim_advance(12345);
  start = sim_now();
  assert_int_equal(wss_close(client.conn, 4000, NULL), 0);
  assert_ends_at(5000, WSS_CAUSE_CLOSE_TIMEOUT, WSS_ERR_TIMEOUT);
  assert_int_equal(host_last(&host)->info.code, 1006);
  assert_int_equal(host_last(&host)->info.code_sent, 4000);
  finish();
}

static void a_close_frame_that_is_not_answered(void **state) {
  (void)state;
  each(no_answer);
}

static void no_fin(uint64_t clock, int version) {
  begin_open(NULL, clock, version);
  sim_advance(12345);
  start = sim_now();
  assert_true(client_frame(&client, 0x88, "\x03\xe8", 2));
  assert_ends_at(1000, WSS_CAUSE_PEER_CLOSE, 0);
  assert_int_equal(host_last(&host)->info.code, 1000);
  finish();
}

static void a_fin_that_does_not_come(void **state) {
  (void)state;
  each(no_fin);
}

/* After an error the peer has time to read why. */
static void after_an_error(uint64_t clock, int version) {
  begin_open(NULL, clock, version);
  sim_advance(12345);
  start = sim_now();
  assert_true(client_frame(&client, 0x83, "", 0));
  assert_ends_at(5000, WSS_CAUSE_PROTOCOL, WSS_ERR_PROTOCOL);
  assert_int_equal(host_last(&host)->info.code_sent, 1002);
  finish();
}

static void a_peer_that_stays_after_an_error(void **state) {
  (void)state;
  each(after_an_error);
}

/* Seconds for what is sent last, as long as the peer takes any of it. */
static void takes_slowly(uint64_t clock, int version) {
  size_t i;
  begin_open(NULL, clock, version);
  sim_quota(client.peer, 0);
  assert_int_equal(wss_send(client.conn, WSS_BINARY, block, sizeof block), 0);
  assert_true(client_frame(&client, 0x88, "\x03\xe8", 2));
  sim_settle();
  assert_int_equal(client_state(&client), WSS__FINISHING);
  for (i = 0; i < 10; i++) {
    sim_advance(4500);
    sim_quota(client.peer, 1);
    sim_settle();
  }
  start = sim_now();
  assert_int_equal(host.count, 0);
  sim_advance(10000);
  assert_int_equal(host.count, 1);
  assert_in_range(host_last(&host)->at - start, 5000, 10000);
  assert_int_equal(host_last(&host)->info.cause, WSS_CAUSE_CLOSE_TIMEOUT);
  finish();
}

static void a_peer_that_takes_the_last_bytes_slowly(void **state) {
  (void)state;
  each(takes_slowly);
}

static void grace(uint64_t clock, int version) {
  begin_open(NULL, clock, version);
  sim_advance(777);
  start = sim_now();
  host_shut(&host, 3000);
  assert_ends_at(3000, WSS_CAUSE_GRACE_PASSED, WSS_ERR_TIMEOUT);
  assert_int_equal(host_last(&host)->info.code_sent, 1001);
  assert_int_equal(host.closed, 1);
  finish();
}

static void the_grace_of_the_server(void **state) {
  (void)state;
  each(grace);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_silent_peer),
      cmocka_unit_test(tls_byte_by_byte),
      cmocka_unit_test(http_byte_by_byte),
      cmocka_unit_test(a_request_that_is_not_answered),
      cmocka_unit_test(a_millisecond_before),
      cmocka_unit_test(a_message_that_does_not_end),
      cmocka_unit_test(messages_that_end_in_time),
      cmocka_unit_test(a_ping_every_25_seconds),
      cmocka_unit_test(silence_for_60_seconds),
      cmocka_unit_test(a_byte_each_minute),
      cmocka_unit_test(clocks_stand_still_while_paused),
      cmocka_unit_test(a_reader_that_stopped),
      cmocka_unit_test(a_reader_that_is_slow),
      cmocka_unit_test(a_close_frame_that_is_not_answered),
      cmocka_unit_test(a_fin_that_does_not_come),
      cmocka_unit_test(a_peer_that_stays_after_an_error),
      cmocka_unit_test(a_peer_that_takes_the_last_bytes_slowly),
      cmocka_unit_test(the_grace_of_the_server),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
