/* Who is let in: max_connections, max_pending, max_per_address, and listeners
   at which a connection waits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "server/server.h"
#include "support/host.h"

static sim_host host;

/* Descriptors of the process, as the library sees them; 0: as at first. */
static void set_descriptors(rlim_t count) {
  static struct rlimit first;
  struct rlimit limit;
  if (first.rlim_max == 0)
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &first), 0);
  limit = first;
  if (count != 0)
    limit.rlim_cur = count;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static int restore(void **state) {
  (void)state;
  set_descriptors(0);
  return 0;
}

/* So many connect, in one turn of the loop's. */
static void connect_all(sim_peer *peers[], size_t count) {
  size_t i;
  for (i = 0; i < count; i++)
    peers[i] = host_connect(&host);
  sim_settle();
}

static void ask(sim_peer *peer) {
  assert_true(sim_text(peer, host_handshake("")));
  sim_settle();
}

static bool served(const sim_peer *peer) {
  return sim_has(peer, "HTTP/1.1 101 ");
}

/* That many were cut for max_pending, the last one just now. */
static void expect_cut(int count) {
  const host_record *record = host_last(&host);
  assert_int_equal(host.closes, count);
  assert_true(record->by_error && record->closes);
  assert_string_equal(wss_cause_name(record->info.cause),
                      "WSS_CAUSE_MAX_PENDING");
  assert_int_equal(host_stats(&host).refused_limit, count);
}

/* ---- max_connections ----------------------------------------------------- */

static void the_default_leaves_descriptors(void **state) {
  static const struct {
    rlim_t descriptors;
    uint64_t connections;
  } cases[] = {{132, 100},    {34, 2},        {33, 1},       {32, 1},
               {10031, 9999}, {10032, 10000}, {10033, 10000}};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    set_descriptors(cases[i].descriptors);
    host_open(&host, NULL, false);
    assert_int_equal(host.server->admission.max_connections,
                     cases[i].connections);
    set_descriptors(0);
    host_close(&host);
  }
}

static void more_than_possible_is_refused(void **state) {
  wss_listener *listener = NULL;
  const char *why;
  (void)state;
  host_open(&host, &(wss_options){.max_connections = 101}, false);
  set_descriptors(132);
  assert_int_equal(wss_listen_plain(host.server, "127.0.0.1", 0, &listener),
                   WSS_ERR_LIMIT);
  assert_null(listener);
  why = wss_last_error(host.server);
  assert_non_null(strstr(why, " 101,"));
  assert_non_null(strstr(why, " 132 "));
  assert_non_null(strstr(why, " 100 "));
  set_descriptors(133);
  assert_int_equal(wss_listen_plain(host.server, "127.0.0.1", 0, &listener), 0);
  assert_non_null(listener);
  assert_string_equal(wss_last_error(host.server), "");
  host_close(&host);
}

static void off_asks_for_no_descriptors(void **state) {
  sim_peer *peers[120];
  (void)state;
  set_descriptors(132);
  host_open(&host, &(wss_options){.max_connections = WSS_OFF}, false);
  connect_all(peers, 120);
  assert_int_equal(host_stats(&host).pending, 120);
  assert_int_equal(host_stats(&host).refused_limit, 0);
  host_close(&host);
}

static void expect_full(int errors, int refused) {
  wss_stats stats = host_stats(&host);
  assert_int_equal(host.errors, errors);
  assert_int_equal(stats.refused_limit, refused);
  assert_int_equal(stats.pending + stats.open, 3);
}

/* Above the limit they are accepted and closed, which is told once until there
   was room again. */
static void above_the_limit(void **state) {
  sim_peer *in[3];
  sim_peer *out[10];
  size_t i;
  (void)state;
  host_open(&host, &(wss_options){.max_connections = 3}, false);
  connect_all(in, 3);
  assert_int_equal(host.count, 0);
  connect_all(out, 10);
  expect_full(1, 10);
  assert_int_equal(host_stats(&host).accepted, 13);
  assert_int_equal(host_last(&host)->error, WSS_ERR_LIMIT);
  assert_false(host_last(&host)->closes);
  assert_ptr_equal(host_last(&host)->listener, host.plain);
  assert_non_null(strstr(host_last(&host)->message, "(3)"));
  for (i = 0; i < 10; i++) {
    assert_true(out[i]->fin);
    assert_int_equal(out[i]->size, 0);
  }
  ask(in[1]);
  assert_true(served(in[1]));
  sim_hang_up(in[0]);
  sim_settle();
  in[0] = host_meet(&host);
  expect_full(1, 10);
  connect_all(out, 2);
  expect_full(2, 12);
  host_close(&host);
}

/* A connection counts until its descriptor is given back. */
static void one_that_finishes_counts(void **state) {
  sim_peer *peer;
  (void)state;
  host_open(&host, &(wss_options){.max_connections = 1}, false);
  peer = host_connect(&host);
  assert_true(sim_text(peer, "GET / HTTP/1.0\r\n\r\n"));
  sim_settle();
  assert_true(sim_has(peer, "HTTP/1.1 505 "));
  assert_true(host_connect(&host) != NULL);
  sim_settle();
  assert_int_equal(host_stats(&host).refused_limit, 1);
  sim_hang_up(peer);
  sim_settle();
  (void)host_meet(&host);
  host_close(&host);
}

/* ---- max_pending --------------------------------------------------------- */

static void the_oldest_silent_one_goes(void **state) {
  sim_peer *peers[4];
  (void)state;
  host_open(&host, &(wss_options){.max_pending = 4}, false);
  connect_all(peers, 4);
  assert_true(sim_text(peers[0], "GET / HTTP/1.1\r\nHo")); /* not in full */
  sim_settle();
  assert_int_equal(host.closes, 0);
  (void)host_meet(&host);
  expect_cut(1);
  assert_true(peers[0]->fin);
  assert_int_equal(host_last(&host)->info.phase, WSS_PHASE_HTTP);
  (void)host_meet(&host); /* the one before is open: there is room */
  expect_cut(1);
  (void)host_connect(&host);
  (void)host_meet(&host);
  expect_cut(2);
  assert_true(peers[1]->fin);
  assert_int_equal(host_last(&host)->info.phase, WSS_PHASE_ACCEPTED);
  assert_false(peers[2]->fin || peers[3]->fin);
  host_close(&host);
}

/* Puts off all answers. */
static int defer(sim_host *self, wss_conn *conn, const wss_request *request) {
  wss_conn **deferred = self->user;
  (void)request;
  deferred[self->requests - 1] = conn;
  return WSS_DEFER;
}

/* Four connections, of which those that the text names by a '+' have asked. */
static void four(sim_peer *peers[4], wss_conn *deferred[8], const char *text) {
  size_t i;
  host_open(&host, &(wss_options){.max_pending = 4}, false);
  host.hooks.request = defer;
  host.user = deferred;
  connect_all(peers, 4);
  for (i = 0; i < 4; i++) {
    if (text[i] == '+')
      ask(peers[i]);
  }
}

static void who_has_asked_stays(void **state) {
  wss_conn *deferred[8];
  sim_peer *peers[4];
  size_t i;
  (void)state;
  four(peers, deferred, "++-+");
  (void)host_connect(&host);
  sim_settle();
  expect_cut(1);
  for (i = 0; i < 4; i++)
    assert_int_equal(peers[i]->fin, i == 2);
  host_close(&host);
}

/* Nobody is silent: accepting pauses until one is done, however that comes. */
static void accepting_pauses(void **state) {
  wss_conn *deferred[8];
  sim_peer *peers[4];
  sim_peer *late;
  int i;
  (void)state;
  four(peers, deferred, "++++");
  for (i = 0; i < 4; i++) {
    sim_advance(1);
    late = host_connect(&host);
    ask(late);
    sim_advance(1);
    assert_int_equal(host_stats(&host).accepted, 4 + i);
    assert_int_equal(host.requests, 4 + i);
    if (i == 0)
      assert_int_equal(wss_accept(deferred[0], NULL), 0);
    if (i == 1)
      assert_int_equal(wss_refuse(deferred[1], 403, NULL), 0);
    if (i == 2)
      wss_terminate(deferred[2]);
    if (i == 3)
      sim_advance(9992); /* handshake_timeout of the last of the four */
    sim_settle();
    assert_int_equal(host_stats(&host).accepted, 5 + i);
    assert_int_equal(host.requests, 5 + i);
  }
  assert_int_equal(wss_accept(deferred[7], NULL), 0);
  sim_settle();
  assert_true(served(late));
  assert_int_equal(host_stats(&host).refused_limit, 0);
  host_close(&host);
}

/* A thousand that say nothing do not keep a good client out. */
static void silence_does_not_lock_out(void **state) {
  static sim_peer *peers[1000];
  (void)state;
  host_open(&host, NULL, false);
  connect_all(peers, 1000);
  assert_int_equal(host_stats(&host).pending, 1000);
  assert_int_equal(host.count, 0);
  (void)host_meet(&host);
  expect_cut(1);
  assert_true(peers[0]->fin && !peers[1]->fin);
  host_close(&host);
}

static void off_lets_all_in(void **state) {
  static sim_peer *peers[1500];
  (void)state;
  host_open(&host, &(wss_options){.max_pending = WSS_OFF}, false);
  connect_all(peers, 1500);
  assert_int_equal(host_stats(&host).pending, 1500);
  assert_int_equal(host.count, 0);
  host_close(&host);
}

/* However many come at once, a turn lets in 16 (and one that waited already),
   and open connections are served in each. */
static void few_come_in_at_a_time(void **state) {
  int64_t before = 1;
  sim_peer *open;
  int turns = 0;
  int i;
  (void)state;
  host_open(&host, &(wss_options){.max_pending = WSS_OFF}, false);
  open = host_meet(&host);
  for (i = 0; i < 300; i++)
    (void)host_connect(&host);
  while (before < 301) {
    int64_t now;
    host_frame(open, 0x81, "hi", 2);
    sim_turn();
    assert_int_equal(host.messages, ++turns);
    now = host_stats(&host).accepted;
    assert_in_range(now - before, 1, 17);
    before = now;
  }
  assert_int_equal(turns, 19);
  host_close(&host);
}

/* So many connect at once and say nothing, and among them is a good client. */
static void storm(int64_t max_pending, int count, int pending) {
  sim_peer *good = NULL;
  int i;
  host_open(
      &host,
      &(wss_options){.max_pending = max_pending, .max_connections = WSS_OFF},
      false);
  for (i = 0; i < count; i++) {
    if (i == count / 2) {
      good = host_connect(&host);
      assert_true(sim_text(good, host_handshake("")));
    }
    (void)host_connect(&host);
  }
  sim_settle();
  assert_true(served(good));
  assert_int_equal(host_stats(&host).accepted, count + 1);
  assert_int_equal(host_stats(&host).open, 1);
  assert_int_equal(host_stats(&host).pending, pending);
  expect_cut(count - pending);
  host_close(&host);
}

static void storms(void **state) {
  (void)state;
  storm(0, 4096, 1000);
  storm(100, 500, 100);
  storm(4, 100, 4);
  storm(1, 20, 1);
}

/* ---- max_per_address ----------------------------------------------------- */

static sim_peer *from(const char *ip) {
  sim_peer *peer = sim_connect_ip(host.port, ip);
  assert_non_null(peer);
  sim_settle();
  return peer;
}

static void expect_refused(const char *ip, const char *text) {
  int closes = host.closes;
  assert_true(from(ip)->fin);
  assert_int_equal(host.closes, closes + 1);
  assert_string_equal(wss_cause_name(host_last(&host)->info.cause),
                      "WSS_CAUSE_MAX_PER_ADDRESS");
  assert_int_equal(host_last(&host)->error, WSS_ERR_LIMIT);
  assert_string_equal(host_last(&host)->remote.ip, text);
}

static void open_two_of_each(void) {
  host_open(&host, &(wss_options){.max_per_address = 2}, false);
}

static void each_address_has_its_number(void **state) {
  sim_peer *peer;
  (void)state;
  open_two_of_each();
  (void)from("192.0.2.1");
  peer = from("192.0.2.1");
  expect_refused("192.0.2.1", "192.0.2.1");
  assert_false(from("192.0.2.2")->fin);
  sim_hang_up(peer);
  sim_settle();
  assert_false(from("192.0.2.1")->fin);
  expect_refused("192.0.2.1", "192.0.2.1");
  assert_int_equal(host_stats(&host).refused_limit, 2);
  host_close(&host);
}

/* One who has a /64 of IPv6 has one number; IPv4 is the same in IPv6's form. */
static void networks_are_one_address(void **state) {
  (void)state;
  open_two_of_each();
  assert_false(from("2001:db8:1:2::1")->fin);
  assert_false(from("2001:db8:1:2:ffff:ffff:ffff:ffff")->fin);
  expect_refused("2001:db8:1:2:8::", "2001:db8:1:2:8::");
  assert_false(from("2001:db8:1:3::1")->fin);
  assert_false(from("2001:db8:1:1:ffff::")->fin);
  assert_false(from("::ffff:192.0.2.1")->fin);
  assert_false(from("192.0.2.1")->fin);
  expect_refused("::ffff:192.0.2.1", "192.0.2.1");
  expect_refused("192.0.2.1", "192.0.2.1");
  assert_false(from("::ffff:192.0.2.2")->fin);
  host_close(&host);
}

/* However a connection ends, its number is free again. */
static void counts_go_down(void **state) {
  static const char *const ends[] = {"", "GET / HTTP/1.0\r\n\r\n"};
  const wss__map *addresses;
  size_t i;
  (void)state;
  open_two_of_each();
  addresses = &host.server->admission.addresses;
  for (i = 0; i < 100; i++) {
    char ip[32];
    sim_peer *peer;
    (void)snprintf(ip, sizeof ip, "192.0.2.%d", (int)(i / 10));
    peer = from(ip);
    assert_int_equal(addresses->count, 1);
    assert_true(sim_text(peer, ends[i % 2]));
    sim_settle();
    sim_hang_up(peer);
    sim_settle();
    assert_int_equal(addresses->count, 0);
  }
  assert_int_equal(host_stats(&host).refused_limit, 0);
  host_close(&host);
}

/* Not one is forgotten to be counted, nor counted that did not come in. */
static void no_memory_to_count(void **state) {
  (void)state;
  open_two_of_each();
  test_allocator_fail(&host.memory, 2, false); /* behind the connection */
  assert_true(from("192.0.2.1")->fin);
  assert_string_equal(wss_cause_name(host_last(&host)->info.cause),
                      "WSS_CAUSE_NO_MEMORY");
  assert_int_equal(host_last(&host)->error, WSS_ERR_NOMEM);
  assert_int_equal(host.server->admission.addresses.count, 0);
  assert_false(from("192.0.2.1")->fin);
  assert_false(from("192.0.2.1")->fin);
  expect_refused("192.0.2.1", "192.0.2.1");
  host_close(&host);
}

/* A peer without an address is nobody's. */
static void unknown_addresses_do_not_count(void **state) {
  size_t i;
  (void)state;
  open_two_of_each();
  sim_fail(SIM_UV_GETPEERNAME, UV_ENOTCONN, 1, 3);
  for (i = 0; i < 3; i++)
    assert_false(from("192.0.2.1")->fin);
  assert_int_equal(host.server->admission.addresses.count, 0);
  host_close(&host);
}

static void off_counts_nothing(void **state) {
  size_t i;
  (void)state;
  host_open(&host, NULL, false);
  for (i = 0; i < 50; i++)
    assert_false(from("192.0.2.1")->fin);
  assert_int_equal(host.server->admission.addresses.count, 0);
  host_close(&host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(the_default_leaves_descriptors, restore),
      cmocka_unit_test_teardown(more_than_possible_is_refused, restore),
      cmocka_unit_test_teardown(off_asks_for_no_descriptors, restore),
      cmocka_unit_test(above_the_limit),
      cmocka_unit_test(one_that_finishes_counts),
      cmocka_unit_test(the_oldest_silent_one_goes),
      cmocka_unit_test(who_has_asked_stays),
      cmocka_unit_test(accepting_pauses),
      cmocka_unit_test(silence_does_not_lock_out),
      cmocka_unit_test(off_lets_all_in),
      cmocka_unit_test(few_come_in_at_a_time),
      cmocka_unit_test(storms),
      cmocka_unit_test(each_address_has_its_number),
      cmocka_unit_test(networks_are_one_address),
      cmocka_unit_test(counts_go_down),
      cmocka_unit_test(no_memory_to_count),
      cmocka_unit_test(unknown_addresses_do_not_count),
      cmocka_unit_test(off_counts_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
