/* What a TLS handshake's arithmetic may cost between two polls, and whose
   ClientHello counts as spoken. */
#include <stdlib.h>
#include <string.h>

#include "support/host.h"
#include "support/tls_client.h"

#define STEPS 4 /* between two polls */

static sim_host host;

/* ---- Polls --------------------------------------------------------------- */

/* What was done between two polls: while nothing but handshakes is answered,
   each write is one step of theirs. */
static struct {
  uv_prepare_t prepare;
  uint64_t written; /* when the last poll began */
  uint64_t most;    /* steps between two polls */
  int polls;        /* in which there were any */
} watch;

static void on_prepare(uv_prepare_t *prepare) {
  uint64_t steps = sim_called(SIM_UV_TRY_WRITE) - watch.written;
  (void)prepare;
  watch.written += steps;
  watch.polls += steps > 0;
  if (steps > watch.most)
    watch.most = steps;
}

/* Started last, so it runs before the library's own: a poll later, nothing of
   what that one does before the poll is missed. */
static void watch_polls(void) {
  memset(&watch, 0, sizeof watch);
  watch.written = sim_called(SIM_UV_TRY_WRITE);
  (void)uv_prepare_init(sim_loop(), &watch.prepare);
  (void)uv_prepare_start(&watch.prepare, on_prepare);
  uv_unref((uv_handle_t *)&watch.prepare);
}

static void close_all(tls_client *clients, size_t count) {
  size_t i;
  for (i = 0; i < count; i++)
    tls_client_close(&clients[i]);
  uv_close((uv_handle_t *)&watch.prepare, NULL);
  host_close(&host);
}

/* ---- Clients ------------------------------------------------------------- */

static void connect_client(tls_client *client) {
  tls_client_open(client, "ca.pem", 13);
  client->peer = sim_connect(host.secure_port);
  assert_non_null(client->peer);
}

static void hello(tls_client *client) {
  assert_int_equal(tls_client_step(client), MBEDTLS_ERR_SSL_WANT_READ);
}

static bool is_answered(const tls_client *client) {
  return client->peer->size > 0;
}

static size_t answered(const tls_client *clients, size_t count) {
  size_t number = 0;
  size_t i;
  for (i = 0; i < count; i++)
    number += is_answered(&clients[i]);
  return number;
}

/* All of them go on to 101. */
static void go_on(tls_client *clients, size_t count) {
  const char *request = host_handshake("");
  size_t i;
  for (i = 0; i < count; i++)
    assert_int_equal(tls_client_step(&clients[i]), 0);
  sim_settle();
  for (i = 0; i < count; i++)
    tls_client_write(&clients[i], request, strlen(request));
  sim_settle();
}

static void open_host(const wss_options *options) {
  host_open(&host, options, false);
  host_listen_tls(&host);
  watch_polls();
}

/* ---- Steps --------------------------------------------------------------- */

/* So many hellos at once: eight are answered between two polls, in the order in
   which they came, and an open connection is served all the time. */
static void in_order_and_few_at_a_time(void **state) {
  tls_client clients[21];
  sim_peer *open;
  size_t i;
  size_t before = 0;
  int turns = 0;
  (void)state;
  open_host(NULL);
  open = host_meet(&host);
  for (i = 0; i < 21; i++)
    connect_client(&clients[i]);
  sim_settle();
  watch.written = sim_called(SIM_UV_TRY_WRITE);
  watch.polls = 0;
  watch.most = 0;
  for (i = 0; i < 20; i++)
    hello(&clients[i]);
  while (answered(clients, 21) < 21) {
    size_t now;
    host_frame(open, 0x81, "hi", 2);
    sim_turn();
    turns++;
    assert_int_equal(host.messages, turns);
    now = answered(clients, 21);
    assert_true(now > before && now <= before + STEPS);
    assert_true(is_answered(&clients[now - 1])); /* the first ones, that is */
    before = now;
    if (turns == 1)
      hello(&clients[20]); /* comes last, though others wait */
  }
  on_prepare(&watch.prepare); /* the rest */
  assert_int_equal(turns, (21 + STEPS - 1) / STEPS);
  assert_int_equal(watch.most, STEPS);
  assert_int_equal(watch.polls, turns);
  go_on(clients, 21);
  assert_int_equal(host_stats(&host).open, 22);
  close_all(clients, 21);
}

/* Nobody who waits for a turn is forgotten when others go. */
static void who_goes_gives_its_turn(void **state) {
  tls_client clients[20];
  size_t i;
  (void)state;
  open_host(NULL);
  for (i = 0; i < 20; i++) {
    connect_client(&clients[i]);
    hello(&clients[i]);
  }
  sim_turn(); /* accepted */
  sim_turn(); /* read */
  assert_int_equal(answered(clients, 20), STEPS);
  for (i = 10; i < 15; i++) {
    sim_reset(clients[i].peer);
    clients[i].peer = NULL;
  }
  sim_settle();
  for (i = 0; i < 20; i++)
    assert_true(clients[i].peer == NULL || is_answered(&clients[i]));
  assert_int_equal(watch.most, STEPS);
  go_on(clients, 10);
  go_on(clients + 15, 5);
  assert_int_equal(host_stats(&host).open, 15);
  close_all(clients, 20);
}

static void the_server_closes_meanwhile(void **state) {
  tls_client clients[20];
  size_t i;
  (void)state;
  open_host(NULL);
  for (i = 0; i < 20; i++) {
    connect_client(&clients[i]);
    hello(&clients[i]);
  }
  sim_turn();
  sim_turn();
  assert_int_equal(answered(clients, 20), STEPS);
  host_shut(&host, 0);
  sim_settle();
  assert_null(host.server);
  for (i = 0; i < 20; i++)
    assert_true(clients[i].peer->fin || clients[i].peer->reset);
  close_all(clients, 20);
}

/* ---- max_pending --------------------------------------------------------- */

/* Who has sent a ClientHello in full is not cut, and accepting pauses. */
static void a_hello_counts_as_spoken(void **state) {
  tls_client clients[5];
  sim_peer *silent;
  size_t i;
  (void)state;
  open_host(&(wss_options){.max_pending = 4});
  for (i = 0; i < 3; i++) {
    connect_client(&clients[i]);
    hello(&clients[i]);
    sim_settle();
  }
  silent = sim_connect(host.secure_port);
  assert_true(sim_send(silent, "\x16\x03\x01\x02\0\x01", 6));
  sim_settle();
  assert_int_equal(host.closes, 0);
  connect_client(&clients[3]);
  hello(&clients[3]);
  sim_settle();
  assert_int_equal(host.closes, 1);
  assert_true(silent->fin || silent->reset);
  assert_string_equal(wss_cause_name(host_last(&host)->info.cause),
                      "WSS_CAUSE_MAX_PENDING");
  assert_int_equal(answered(clients, 4), 4);
  connect_client(&clients[4]);
  hello(&clients[4]);
  sim_settle();
  assert_false(is_answered(&clients[4]));
  assert_int_equal(host_stats(&host).accepted, 5);
  go_on(clients, 1);
  assert_int_equal(host_stats(&host).open, 1);
  assert_true(is_answered(&clients[4]));
  go_on(clients + 1, 4);
  assert_int_equal(host_stats(&host).open, 5);
  assert_int_equal(host.closes, 1);
  close_all(clients, 5);
}

/* Nor is one whose ClientHello has come but waits for a turn. */
static void waiting_for_a_turn_is_no_silence(void **state) {
  tls_client clients[41];
  size_t i;
  (void)state;
  open_host(&(wss_options){.max_pending = 40});
  for (i = 0; i < 40; i++)
    connect_client(&clients[i]);
  sim_settle();
  for (i = 0; i < 40; i++)
    hello(&clients[i]);
  sim_turn();
  assert_int_equal(answered(clients, 40), STEPS);
  connect_client(&clients[40]);
  hello(&clients[40]);
  sim_settle();
  assert_int_equal(host.closes, 0);
  assert_int_equal(answered(clients, 41), 40);
  go_on(clients, 40);
  go_on(clients + 40, 1);
  assert_int_equal(host_stats(&host).open, 41);
  close_all(clients, 41);
}

/* One whose ClientHello is still not whole when its turn comes is silent. */
static void half_a_hello_is_silence(void **state) {
  tls_client clients[20];
  sim_peer *half;
  size_t i;
  (void)state;
  open_host(&(wss_options){.max_pending = 21});
  for (i = 0; i < 20; i++)
    connect_client(&clients[i]);
  half = sim_connect(host.secure_port);
  sim_settle();
  for (i = 0; i < 20; i++)
    hello(&clients[i]);
  assert_true(sim_send(half, "\x16\x03\x01\x02\0\x01", 6));
  sim_settle();
  assert_int_equal(answered(clients, 20), 20);
  assert_int_equal(host.closes, 0);
  (void)sim_connect(host.secure_port);
  sim_settle();
  assert_int_equal(host.closes, 1);
  assert_true(half->fin || half->reset);
  close_all(clients, 20);
}

/* Nor is one that came just now, and has not been read from yet: of two that
   come in the same turn, the second one waits. */
static void a_newcomer_is_not_silent(void **state) {
  tls_client clients[6];
  size_t i;
  (void)state;
  open_host(&(wss_options){.max_pending = 4});
  for (i = 0; i < 3; i++) {
    connect_client(&clients[i]);
    hello(&clients[i]);
    sim_settle();
  }
  for (i = 3; i < 6; i++) {
    connect_client(&clients[i]);
    hello(&clients[i]);
  }
  sim_settle();
  assert_int_equal(host.closes, 0);
  assert_int_equal(answered(clients, 6), 4);
  go_on(clients, 1);
  assert_true(is_answered(&clients[4]));
  go_on(clients + 1, 4);
  go_on(clients + 5, 1);
  assert_int_equal(host_stats(&host).open, 6);
  assert_int_equal(host.closes, 0);
  close_all(clients, 6);
}

/* A good client comes in while a thousand others say nothing, and while
   thousands come at once. */
static void storm(size_t before, size_t after) {
  tls_client good;
  size_t i;
  open_host(NULL);
  for (i = 0; i < before; i++)
    assert_non_null(sim_connect(host.secure_port));
  connect_client(&good);
  hello(&good);
  for (i = 0; i < after; i++)
    assert_non_null(sim_connect(host.secure_port));
  sim_settle();
  assert_true(is_answered(&good));
  go_on(&good, 1);
  assert_int_equal(host_stats(&host).open, 1);
  assert_int_equal(host_stats(&host).pending, 999);
  close_all(&good, 1);
}

static void storms(void **state) {
  (void)state;
  storm(1000, 0);
  storm(2048, 2048);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(in_order_and_few_at_a_time),
      cmocka_unit_test(who_goes_gives_its_turn),
      cmocka_unit_test(the_server_closes_meanwhile),
      cmocka_unit_test(a_hello_counts_as_spoken),
      cmocka_unit_test(waiting_for_a_turn_is_no_silence),
      cmocka_unit_test(half_a_hello_is_silence),
      cmocka_unit_test(a_newcomer_is_not_silent),
      cmocka_unit_test(storms),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
