/* The contract between src/net and what is below it: compiled twice, with libuv
   and sockets on loopback, and with the simulator. What is expected is the same
   text. */
#include "contract/contract.h"

#include <string.h>

/* ---- Listening ----------------------------------------------------------- */

static void accepts(void **state) {
  contract_peer *one = contract_connect(wss__socket_port(&listener));
  contract_peer *two = contract_connect(wss__socket_port(&listener));
  wss__endpoint local;
  wss__endpoint remote;
  (void)state;
  assert_non_null(one);
  assert_non_null(two);
  expect("incoming 0; incoming 0; ");
  local = wss__stream_local(&streams[0]);
  remote = wss__stream_remote(&streams[0]);
  assert_int_equal(local.port, wss__socket_port(&listener));
  assert_int_equal(remote.family, 4);
  assert_true(remote.port > 0);
  assert_int_not_equal(remote.port, wss__stream_remote(&streams[1]).port);
  contract_hang_up(one);
  contract_hang_up(two);
}

/* One that is not taken keeps the next from being told of. */
static void one_waits_at_a_time(void **state) {
  contract_peer *peers[3];
  contract_end end;
  size_t i;
  (void)state;
  to_accept = 0;
  for (i = 0; i < 3; i++)
    peers[i] = contract_connect(wss__socket_port(&listener));
  expect("incoming 0; ");
  wss__socket_drop(&listener);
  expect("incoming 0; ");
  wss__socket_drop(&listener);
  expect("incoming 0; ");
  wss__socket_close(&listener);
  expect("listener closed; ");
  for (i = 0; i < 3; i++) {
    assert_int_equal(contract_take(peers[i], &end), 0);
    assert_int_not_equal(end, CONTRACT_OPEN);
    contract_hang_up(peers[i]);
  }
}

static void refuses_when_closed(void **state) {
  int port = wss__socket_port(&listener);
  (void)state;
  wss__socket_close(&listener);
  assert_null(contract_connect(port));
  expect("listener closed; ");
}

static void nobody_has_events(wss__socket *socket, int error) {
  (void)socket;
  (void)error;
  fail();
}

static void note_other_closed(wss__socket *socket) {
  (void)socket;
  note("other closed");
}

static void says_what_cannot_be_bound(void **state) {
  static const wss__socket_events events = {nobody_has_events,
                                            note_other_closed};
  static wss__socket other;
  bool opened;
  (void)state;
  assert_int_equal(wss__socket_listen(&other, &loop, "127.0.0.1",
                                      wss__socket_port(&listener), false, 16,
                                      &events, &opened),
                   UV_EADDRINUSE);
  assert_true(opened);
  assert_int_equal(wss__socket_port(&other), 0);
  wss__socket_close(&other);
  expect("other closed; ");
  assert_int_equal(wss__socket_listen(&other, &loop, "192.0.2.1", 0, false, 16,
                                      &events, &opened),
                   UV_EADDRNOTAVAIL);
  wss__socket_close(&other);
  expect("other closed; ");
}

/* ---- Reading ------------------------------------------------------------- */

static void reads_when_told_to(void **state) {
  contract_peer *peer = meet();
  (void)state;
  contract_send(peer, "abc");
  expect("");
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  expect("a read abc; ");
  assert_int_equal(wss__stream_read(&streams[0], false), 0);
  contract_send(peer, "def");
  contract_send(peer, "ghi");
  expect("");
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  expect("a read defghi; ");
  contract_hang_up(peer);
  expect("a ended 0; ");
}

static void stop_reading(wss__stream *stream) {
  assert_int_equal(wss__stream_read(stream, false), 0);
}

static void stops_in_the_callback(void **state) {
  contract_peer *peer = meet();
  (void)state;
  at_read = stop_reading;
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  contract_send(peer, "abc");
  contract_fin(peer);
  expect("a read abc; ");
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  expect("a ended 0; ");
  contract_hang_up(peer);
}

static void close_both(wss__stream *stream) {
  (void)stream;
  wss__stream_close(&streams[0], false);
  wss__stream_close(&streams[1], false);
}

/* Both have something to read in the same poll; whoever closed last is told
   first, and nothing is read any more. */
static void closes_in_the_callback(void **state) {
  contract_peer *one = meet();
  contract_peer *two = meet();
  (void)state;
  at_read = close_both;
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  assert_int_equal(wss__stream_read(&streams[1], true), 0);
  contract_turns();
  contract_send(one, "abc");
  contract_send(two, "def");
  expect("a read abc; | b closed; a closed; ");
  contract_hang_up(one);
  contract_hang_up(two);
}

/* ---- Writing ------------------------------------------------------------- */

static contract_peer *taker;
static size_t taken;
static size_t to_take;

static bool all_taken(void) {
  contract_end end;
  taken += contract_take(taker, &end);
  return taken >= to_take;
}

static void take_all(contract_peer *peer, size_t size) {
  taker = peer;
  taken = 0;
  to_take = size;
  contract_run(all_taken);
  assert_int_equal(taken, size);
}

static void writes_at_once(void **state) {
  contract_peer *peer = meet();
  size_t calls = memory.calls;
  (void)state;
  write_text(&streams[0], "abc");
  assert_int_equal(streams[0].in_flight, 0);
  assert_int_equal(wss__stream_unsent(&streams[0]), 0);
  assert_int_equal(memory.calls, calls);
  expect("write 0; ");
  take_all(peer, 3);
  contract_hang_up(peer);
}

/* Two requests are in flight; libuv tells of the stream being done once. */
static void writes_the_rest_later(void **state) {
  contract_peer *peer = meet();
  size_t total = fill(&streams[0]);
  size_t in_flight = streams[0].in_flight;
  (void)state;
  assert_true(wss__stream_unsent(&streams[0]) <= in_flight);
  write_text(&streams[0], "abc");
  assert_int_equal(streams[0].in_flight, in_flight + 3);
  expect("write 0; ");
  take_all(peer, total + 3);
  expect("a wrote 0; ");
  assert_int_equal(streams[0].in_flight, 0);
  write_text(&streams[0], "def");
  expect("write 0; ");
  take_all(peer, 3);
  contract_hang_up(peer);
}

/* ---- FIN ----------------------------------------------------------------- */

static void peer_sends_fin(void **state) {
  contract_peer *peer = meet();
  (void)state;
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  contract_fin(peer);
  expect("a ended 0; ");
  assert_false(streams[0].reading);
  write_text(&streams[0], "abc");
  expect("write 0; ");
  take_all(peer, 3);
  assert_int_equal(wss__stream_shutdown(&streams[0]), 0);
  assert_int_equal(wss__stream_shutdown(&streams[0]), UV_ENOTCONN);
  write_text(&streams[0], "def");
  expect("write EPIPE; ");
  contract_hang_up(peer);
}

static contract_end seen_end;

static bool peer_saw_end(void) {
  (void)contract_take(taker, &seen_end);
  return seen_end != CONTRACT_OPEN;
}

static void sends_fin(void **state) {
  contract_peer *peer = meet();
  (void)state;
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  write_text(&streams[0], "abc");
  assert_int_equal(wss__stream_shutdown(&streams[0]), 0);
  taker = peer;
  contract_run(peer_saw_end);
  assert_int_equal(seen_end, CONTRACT_FIN);
  contract_send(peer, "def");
  expect("write 0; | a read def; ");
  contract_fin(peer);
  expect("a ended 0; ");
  contract_hang_up(peer);
  expect("");
  wss__stream_close(&streams[0], false);
  expect("a closed; ");
}

static void fin_comes_behind_the_rest(void **state) {
  contract_peer *peer = meet();
  size_t total = fill(&streams[0]);
  (void)state;
  assert_int_equal(wss__stream_shutdown(&streams[0]), 0);
  expect("");
  take_all(peer, total);
  expect("a wrote 0; ");
  taker = peer;
  contract_run(peer_saw_end);
  assert_int_equal(seen_end, CONTRACT_FIN);
  contract_hang_up(peer);
}

/* ---- Resets -------------------------------------------------------------- */

static void reset_while_reading(void **state) {
  contract_peer *peer = meet();
  (void)state;
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  contract_turns();
  contract_reset(peer);
  expect("a ended ECONNRESET; ");
  write_text(&streams[0], "abc");
  assert_int_equal(wss__stream_shutdown(&streams[0]), UV_ENOTCONN);
  expect("write EPIPE; ");
  assert_int_equal(wss__stream_remote(&streams[0]).family, 0);
  assert_int_equal(wss__stream_local(&streams[0]).family, 4);
}

/* libuv tells of a hang-up as the end if a read has just come before it; the
   kernel knows better. */
static void reset_behind_bytes(void **state) {
  contract_peer *peer = meet();
  (void)state;
  contract_send(peer, "abc");
  contract_reset(peer);
  contract_ended(&streams[0].tcp);
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  expect("a read abc; a ended ECONNRESET; ");
}

static void reset_noticed_by_writing(void **state) {
  contract_peer *peer = meet();
  (void)state;
  contract_reset(peer);
  contract_ended(&streams[0].tcp);
  expect("");
  write_text(&streams[0], "abc");
  write_text(&streams[0], "def");
  expect("write ECONNRESET; write EPIPE; ");
}

static void reset_with_writes_in_flight(void **state) {
  contract_peer *peer = meet();
  (void)state;
  (void)fill(&streams[0]);
  write_text(&streams[0], "abc");
  contract_turns();
  contract_reset(peer);
  expect("write 0; | a wrote ECONNRESET; a wrote EPIPE; ");
  wss__stream_close(&streams[0], false);
  expect("a closed; ");
}

static void reset_with_writes_in_flight_while_reading(void **state) {
  contract_peer *peer = meet();
  (void)state;
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  (void)fill(&streams[0]);
  contract_turns();
  contract_reset(peer);
  expect("a ended ECONNRESET; a wrote EPIPE; ");
}

static void closed_peer_resets(void **state) {
  contract_peer *peer = meet();
  (void)state;
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  contract_hang_up(peer);
  expect("a ended 0; ");
  write_text(&streams[0], "abc");
  contract_ended(&streams[0].tcp);
  write_text(&streams[0], "def");
  expect("write 0; write EPIPE; ");
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  expect("a ended 0; ");
}

/* close(2) with bytes that nobody has read. */
static void closed_peer_resets_at_once(void **state) {
  contract_peer *peer = meet();
  (void)state;
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  write_text(&streams[0], "abc");
  contract_peer_reached(peer);
  contract_hang_up(peer);
  expect("write 0; | a ended ECONNRESET; ");
}

static void reset_after_fin(void **state) {
  contract_peer *peer = meet();
  (void)state;
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  contract_fin(peer);
  expect("a ended 0; ");
  contract_reset(peer);
  contract_ended(&streams[0].tcp);
  write_text(&streams[0], "abc");
  write_text(&streams[0], "def");
  expect("write EPIPE; write EPIPE; ");
}

/* ---- Closing ------------------------------------------------------------- */

static void closed_with_writes_pending(void **state) {
  contract_peer *peer = meet();
  contract_end end;
  (void)state;
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  (void)fill(&streams[0]);
  write_text(&streams[0], "abc");
  assert_int_equal(wss__stream_shutdown(&streams[0]), 0);
  contract_send(peer, "def");
  wss__stream_close(&streams[0], false);
  note("close");
  expect("write 0; close; | a closed; ");
  (void)contract_take(peer, &end);
  contract_hang_up(peer);
}

/* Whether libuv was asked for FIN before or not. */
static void closed_with_a_reset(void **state) {
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    contract_peer *peer = meet();
    (void)fill(&streams[i]);
    if (i == 1)
      assert_int_equal(wss__stream_shutdown(&streams[i]), 0);
    wss__stream_close(&streams[i], true);
    expect(i == 0 ? "a closed; " : "b closed; ");
    taker = peer;
    contract_run(peer_saw_end);
    assert_int_equal(seen_end, CONTRACT_RESET);
    contract_hang_up(peer);
  }
}

static void peer_sees_the_end(void **state) {
  contract_peer *peer = meet();
  (void)state;
  write_text(&streams[0], "abc");
  wss__stream_close(&streams[0], false);
  expect("write 0; | a closed; ");
  taker = peer;
  contract_run(peer_saw_end);
  assert_int_equal(seen_end, CONTRACT_FIN);
  contract_hang_up(peer);
}

static void peer_is_reset_for_unread_bytes(void **state) {
  contract_peer *peer = meet();
  (void)state;
  contract_send(peer, "abc");
  contract_reached(&streams[0].tcp);
  wss__stream_close(&streams[0], false);
  expect("a closed; ");
  taker = peer;
  contract_run(peer_saw_end);
  assert_int_equal(seen_end, CONTRACT_RESET);
  contract_hang_up(peer);
}

static void everything_closed_at_once(void **state) {
  contract_peer *peer = meet();
  (void)state;
  wss__loop_close(&loop);
  wss__stream_close(&streams[0], false);
  wss__socket_close(&listener);
  expect("listener closed; a closed; loop closed; ");
  contract_hang_up(peer);
}

/* ---- Time ---------------------------------------------------------------- */

static void on_other_timer(uv_timer_t *timer) {
  note("timer %s", (const char *)timer->data);
}

/* Those that are due at the same time fire in the order they were started, and
   a deadline is looked at behind a poll. */
static void timers_fire_in_order(void **state) {
  static uv_timer_t timers[3];
  static const char *const names[] = {"one", "two", "three"};
  static const uint64_t after[] = {30, 10, 30};
  size_t i;
  (void)state;
  uv_update_time(uv);
  for (i = 0; i < 3; i++) {
    assert_int_equal(uv_timer_init(uv, &timers[i]), 0);
    timers[i].data = (void *)(uintptr_t)names[i];
    assert_int_equal(uv_timer_start(&timers[i], on_other_timer, after[i], 0),
                     0);
  }
  wss__loop_arm(&loop, uv_now(uv) + 1000);
  wss__loop_arm(&loop, uv_now(uv) + 20);
  contract_busy(50); /* all of them are due */
  expect("timer two; timer one; timer three; | expired; ");
  for (i = 0; i < 3; i++)
    uv_close((uv_handle_t *)&timers[i], NULL);
}

/* The program is late: what has arrived comes first. */
static void bytes_come_before_deadlines(void **state) {
  contract_peer *peer = meet();
  (void)state;
  assert_int_equal(wss__stream_read(&streams[0], true), 0);
  contract_turns();
  wss__loop_arm(&loop, uv_now(uv) + 5);
  contract_send(peer, "abc");
  contract_busy(20);
  expect("a read abc; expired; ");
  contract_hang_up(peer);
}

static void a_disarmed_timer_is_silent(void **state) {
  static uv_timer_t timer;
  static char text[] = "after";
  (void)state;
  wss__loop_arm(&loop, uv_now(uv) + 5);
  wss__loop_disarm(&loop);
  assert_int_equal(uv_timer_init(uv, &timer), 0);
  timer.data = text;
  assert_int_equal(uv_timer_start(&timer, on_other_timer, 20, 0), 0);
  expect("timer after; ");
  uv_close((uv_handle_t *)&timer, NULL);
}

#define contract(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      contract(accepts),
      contract(one_waits_at_a_time),
      contract(refuses_when_closed),
      contract(says_what_cannot_be_bound),
      contract(reads_when_told_to),
      contract(stops_in_the_callback),
      contract(closes_in_the_callback),
      contract(writes_at_once),
      contract(writes_the_rest_later),
      contract(peer_sends_fin),
      contract(sends_fin),
      contract(fin_comes_behind_the_rest),
      contract(reset_while_reading),
      contract(reset_behind_bytes),
      contract(reset_noticed_by_writing),
      contract(reset_with_writes_in_flight),
      contract(reset_with_writes_in_flight_while_reading),
      contract(closed_peer_resets),
      contract(closed_peer_resets_at_once),
      contract(reset_after_fin),
      contract(closed_with_writes_pending),
      contract(closed_with_a_reset),
      contract(peer_sees_the_end),
      contract(peer_is_reset_for_unread_bytes),
      contract(everything_closed_at_once),
      contract(timers_fire_in_order),
      contract(bytes_come_before_deadlines),
      contract(a_disarmed_timer_is_silent),
  };
  wss__loop_ignore_sigpipe();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
