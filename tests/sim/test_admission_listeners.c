/* Listeners at which a connection waits to be let in, and listeners that cannot
   accept. */
#include <string.h>

#include "support/host.h"

static sim_host host;
static wss_conn *deferred[8];
static wss_listener *second;

static int defer(sim_host *self, wss_conn *conn, const wss_request *request) {
  (void)request;
  deferred[self->requests - 1] = conn;
  return WSS_DEFER;
}

/* Two listeners; one connection has asked, and one more waits at each. */
static void let_two_wait(sim_peer *waiting[2]) {
  sim_peer *first;
  host_open(&host, &(wss_options){.max_pending = 1}, false);
  host.hooks.request = defer;
  assert_int_equal(wss_listen_plain(host.server, "127.0.0.1", 0, &second), 0);
  first = host_connect(&host);
  assert_true(sim_text(first, host_handshake("")));
  sim_settle();
  waiting[0] = host_connect(&host);
  waiting[1] = sim_connect(wss_listener_port(second));
  assert_true(sim_text(waiting[0], host_handshake("")));
  assert_true(sim_text(waiting[1], host_handshake("")));
  sim_settle();
  assert_int_equal(host.requests, 1);
  assert_int_equal(host_stats(&host).accepted, 1);
}

static void accept_one(int number) {
  assert_int_equal(wss_accept(deferred[number], NULL), 0);
  sim_settle();
}

/* One that is done makes room for one. */
static void both_get_in(void **state) {
  sim_peer *waiting[2];
  (void)state;
  let_two_wait(waiting);
  accept_one(0);
  assert_int_equal(host.requests, 2);
  assert_int_equal(host_stats(&host).pending, 1);
  accept_one(1);
  assert_int_equal(host.requests, 3);
  accept_one(2);
  assert_int_equal(host_stats(&host).open, 3);
  assert_true(sim_has(waiting[0], " 101 ") && sim_has(waiting[1], " 101 "));
  host_close(&host);
}

/* Who waits at a listener that closes is gone with it; the other one goes on.
 */
static void close_listener(wss_listener *listener, sim_peer *its,
                           sim_peer *other) {
  wss_listener_close(listener);
  sim_settle();
  assert_true(its->fin || its->reset);
  assert_false(other->fin || other->reset);
  accept_one(0);
  assert_int_equal(host.requests, 2);
  accept_one(1);
  assert_true(sim_has(other, " 101 "));
  assert_int_equal(host_stats(&host).accepted, 2);
  assert_int_equal(host_stats(&host).open, 2);
  host_close(&host);
}

static void a_listener_closes(void **state) {
  sim_peer *waiting[2];
  (void)state;
  let_two_wait(waiting);
  close_listener(host.plain, waiting[0], waiting[1]);
  let_two_wait(waiting);
  close_listener(second, waiting[1], waiting[0]);
}

/* There is room at once, but the listener has closed a moment before. */
static void a_listener_closes_as_room_comes(void **state) {
  sim_peer *waiting[2];
  (void)state;
  let_two_wait(waiting);
  wss_listener_close(host.plain);
  accept_one(0);
  assert_int_equal(host.requests, 2);
  assert_int_equal(host_stats(&host).accepted, 2);
  assert_int_equal(host.count, 0);
  accept_one(1);
  assert_true(sim_has(waiting[1], " 101 "));
  host_close(&host);
}

static void the_server_closes(void **state) {
  sim_peer *waiting[2];
  size_t i;
  (void)state;
  let_two_wait(waiting);
  host_shut(&host, 100);
  sim_settle();
  for (i = 0; i < 2; i++) {
    assert_true(waiting[i]->fin || waiting[i]->reset);
    assert_int_equal(waiting[i]->size, 0);
  }
  sim_advance(100);
  assert_null(host.server);
  assert_int_equal(host.requests, 1);
  host_close(&host);
}

/* It has gone by the time that it is let in, which shows when it is answered.
 */
static void who_waits_goes(void **state) {
  sim_peer *waiting[2];
  (void)state;
  let_two_wait(waiting);
  sim_reset(waiting[0]);
  sim_settle();
  accept_one(0);
  accept_one(1);
  assert_int_equal(host.closes, 1);
  assert_int_equal(host_last(&host)->error, UV_ECONNRESET);
  accept_one(2);
  assert_true(sim_has(waiting[1], " 101 "));
  assert_int_equal(host_stats(&host).pending, 0);
  host_close(&host);
}

/* ---- Callbacks that close ------------------------------------------------ */

static void close_its_listener(sim_host *self, const wss_error *error) {
  (void)self;
  if (error->close == NULL && error->listener != NULL)
    wss_listener_close(error->listener);
}

static void close_the_server(sim_host *self, const wss_error *error) {
  (void)error;
  if (self->closed == 0)
    host_shut(self, 0);
}

/* From within the event that tells of the limit. */
static void closes_when_full(void **state) {
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    sim_peer *late;
    host_open(&host, &(wss_options){.max_connections = 1}, false);
    (void)host_meet(&host);
    host.hooks.error = i == 0 ? close_its_listener : close_the_server;
    late = host_connect(&host);
    sim_settle();
    assert_true(late->fin || late->reset);
    assert_int_equal(host.errors, 1);
    assert_null(sim_connect(host.port));
    host_close(&host);
  }
}

/* From within the record of the one that is cut. */
static void closes_when_one_is_cut(void **state) {
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    host_open(&host, &(wss_options){.max_pending = 1}, false);
    host.hooks.error = i == 0 ? close_its_listener : close_the_server;
    (void)host_connect(&host);
    (void)host_connect(&host);
    sim_settle();
    assert_true(host.closes >= 1);
    host_close(&host);
  }
}

/* ---- Accepting fails ----------------------------------------------------- */

static void expect_failure(int errors, int error, const char *text) {
  assert_int_equal(host.errors, errors);
  assert_int_equal(host_last(&host)->error, error);
  assert_ptr_equal(host_last(&host)->listener, host.plain);
  assert_non_null(strstr(host_last(&host)->message, text));
}

/* Once, until one is accepted again. */
static void failures_are_told_once(void **state) {
  int episode;
  int i;
  (void)state;
  host_open(&host, NULL, false);
  for (episode = 1; episode <= 3; episode++) {
    sim_fail(SIM_ACCEPT, UV_ENOBUFS, 1, 5);
    for (i = 0; i < 5; i++) {
      (void)host_connect(&host);
      sim_settle();
    }
    assert_int_equal(sim_failed(SIM_ACCEPT), 5 * episode);
    expect_failure(episode, UV_ENOBUFS, "cannot accept connections: ");
    (void)host_meet(&host);
    assert_int_equal(host.errors, episode);
  }
  assert_int_equal(host.closes, 0);
  host_close(&host);
}

/* Without memory for it, a connection is closed. */
static void no_memory_for_a_connection(void **state) {
  sim_peer *peers[5];
  int episode;
  size_t i;
  (void)state;
  host_open(&host, NULL, false);
  for (episode = 1; episode <= 2; episode++) {
    test_allocator_fail(&host.memory, 1, true);
    for (i = 0; i < 5; i++)
      peers[i] = host_connect(&host);
    sim_settle();
    test_allocator_fail(&host.memory, 0, false);
    for (i = 0; i < 5; i++)
      assert_true(peers[i]->fin || peers[i]->reset);
    expect_failure(episode, WSS_ERR_NOMEM, "out of memory");
    (void)host_meet(&host);
  }
  host_close(&host);
}

/* A handle that cannot be made: it goes on waiting, until the next turn. */
static void no_handle_for_a_connection(void **state) {
  sim_peer *peer;
  (void)state;
  host_open(&host, NULL, false);
  sim_fail(SIM_UV_TCP_INIT, UV_ENOMEM, 1, 1);
  peer = host_connect(&host);
  assert_true(sim_text(peer, host_handshake("")));
  sim_settle();
  expect_failure(1, UV_ENOMEM, "cannot accept connections: ");
  sim_turn();
  sim_settle();
  assert_true(sim_has(peer, " 101 "));
  (void)host_meet(&host);
  assert_int_equal(host.errors, 1);
  host_close(&host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_get_in),
      cmocka_unit_test(a_listener_closes),
      cmocka_unit_test(a_listener_closes_as_room_comes),
      cmocka_unit_test(the_server_closes),
      cmocka_unit_test(who_waits_goes),
      cmocka_unit_test(closes_when_full),
      cmocka_unit_test(closes_when_one_is_cut),
      cmocka_unit_test(failures_are_told_once),
      cmocka_unit_test(no_memory_for_a_connection),
      cmocka_unit_test(no_handle_for_a_connection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
