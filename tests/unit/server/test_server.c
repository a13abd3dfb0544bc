/* Birth, life on a foreign loop, and death of a server. */
#include "support/world.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static int failing_after; /* allocations that still succeed; -1: all */
static int balance;

static void *count_malloc(size_t size, void *user) {
  void *memory;
  (void)user;
  if (failing_after == 0)
    return NULL;
  if (failing_after > 0)
    failing_after--;
  memory = malloc(size);
  balance += memory != NULL;
  return memory;
}

static void *count_realloc(void *memory, size_t size, void *user) {
  (void)user;
  if (memory == NULL)
    return count_malloc(size, user);
  if (failing_after == 0)
    return NULL;
  if (failing_after > 0)
    failing_after--;
  return realloc(memory, size);
}

static void count_free(void *memory, void *user) {
  (void)user;
  balance -= memory != NULL;
  free(memory);
}

static const wss_options counted = {
    .allocator = {count_malloc, count_realloc, count_free, NULL}};

static void leaves_nothing_behind(void **state) {
  test_world world;
  (void)state;
  world_open(&world, NULL, false);
  world_close(&world);
  assert_int_equal(world.closed, 1);
}

static void needs_a_loop_and_sane_options(void **state) {
  const wss_options bad[] = {
      {.handshake_timeout = -2},
      {.max_header_size = WSS_OFF},
      {.max_message_size = -5},
      {.backlog = -1},
      {.ipv6_v6only = 7},
      {.allocator = {count_malloc, NULL, NULL, NULL}},
      {.subprotocols = (const char *const[]){"a b", NULL}},
      {.origins = (const char *const[]){"", NULL}},
      {.origins = (const char *const[]){"https://a.org", "https://", NULL}},
      {.origins = (const char *const[]){"https://a.org/", NULL}},
  };
  uv_loop_t loop;
  wss_server *server;
  size_t i;
  (void)state;
  assert_int_equal(wss_server_new(&server, NULL, NULL, NULL, NULL),
                   WSS_ERR_INVALID);
  assert_int_equal(uv_loop_init(&loop), 0);
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(wss_server_new(&server, &loop, NULL, &bad[i], NULL),
                     WSS_ERR_INVALID);
    assert_null(server);
  }
  assert_string_equal(wss_last_error(NULL), "");
  assert_int_equal(uv_loop_close(&loop), 0);
}

/* A program that was compiled against a newer header. */
static void refuses_what_it_does_not_know(void **state) {
  struct {
    wss_options options;
    int64_t newer;
  } bigger;
  uv_loop_t loop;
  wss_server *server;
  (void)state;
  memset(&bigger, 0, sizeof bigger);
  bigger.newer = 1;
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(wss_server_new_sized(&server, &loop, NULL, 0,
                                        &bigger.options, sizeof bigger, NULL),
                   WSS_ERR_ABI);
  bigger.newer = 0;
  assert_int_equal(wss_server_new_sized(&server, &loop, NULL, 0,
                                        &bigger.options, sizeof bigger, NULL),
                   0);
  assert_int_equal(wss_server_close(server, 0, NULL), 0);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void on_tick(uv_timer_t *timer) {
  ++*(int *)timer->data;
}

static void on_gone(void *user) {
  ++*(int *)user;
}

static void attaches_and_detaches_100_times(void **state) {
  uv_loop_t loop;
  uv_timer_t timer;
  int ticks = 0;
  int gone = 0;
  int i;
  (void)state;
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(uv_timer_init(&loop, &timer), 0);
  timer.data = &ticks;
  assert_int_equal(uv_timer_start(&timer, on_tick, 1, 1), 0);
  for (i = 0; i < 100; i++) {
    wss_server *server;
    assert_int_equal(wss_server_new(&server, &loop, NULL, NULL, &gone), 0);
    assert_int_equal(wss_listen_plain(server, "127.0.0.1", 0, NULL), 0);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(wss_server_close(server, 0, on_gone), 0);
    while (gone == i)
      (void)uv_run(&loop, UV_RUN_ONCE);
  }
  i = ticks;
  while (ticks == i)
    (void)uv_run(&loop, UV_RUN_ONCE);
  uv_close((uv_handle_t *)&timer, NULL);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&loop), 0);
}

/* A server without listeners and connections does not keep the loop alive. */
static void does_not_hold_the_loop(void **state) {
  uv_loop_t loop;
  wss_server *server;
  (void)state;
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(wss_server_new(&server, &loop, NULL, NULL, NULL), 0);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(wss_server_close(server, 0, NULL), 0);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void tells_everyone_1001(void **state) {
  test_world world;
  test_peer *open;
  test_peer *silent;
  (void)state;
  world_open(&world, NULL, false);
  silent = peer_connect(&world);
  open = peer_connect(&world);
  peer_open(open);
  assert_int_equal(wss_server_close(world.server, 5000, NULL), 0);
  world_until(&world, open->size == 4);
  assert_memory_equal(open->data, "\x88\x02\x03\xe9", 4);
  world_until(&world, silent->ended);
  assert_int_equal(world.seen.closes, 0);
  peer_frame(open, 0x88, "\x03\xe9", 2);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.code, 1001);
  assert_int_equal(world.seen.info.code_sent, 1001);
  assert_int_equal(world.seen.info.initiator, WSS_BY_APP);
  assert_int_equal(world.seen.info.error, 0);
  assert_int_equal(world.seen.errors, 0);
  peer_close(open);
  peer_close(silent);
  world.server = NULL;
  world_close(&world);
}

static void a_second_close_shortens_the_grace(void **state) {
  test_world world;
  test_peer *peer;
  uint64_t start;
  (void)state;
  world_open(&world, &(wss_options){.close_timeout = WSS_OFF}, false);
  peer = peer_connect(&world);
  peer_open(peer);
  start = uv_hrtime();
  assert_int_equal(wss_server_close(world.server, 60000, NULL), 0);
  assert_int_equal(wss_server_close(world.server, 20, NULL), 0);
  assert_int_equal(wss_server_close(world.server, 60000, NULL), 0);
  assert_int_equal(wss_server_close(world.server, -2, NULL), WSS_ERR_INVALID);
  world_until(&world, world.seen.closes == 1);
  assert_true(uv_hrtime() - start >= UINT64_C(15000000));
  assert_int_equal(world.seen.info.code, 1006);
  assert_int_equal(world.seen.info.code_sent, 1001);
  assert_int_equal(world.seen.info.error, WSS_ERR_TIMEOUT);
  peer_close(peer);
  world.server = NULL;
  world_close(&world);
}

static void refuses_to_listen_once_closing(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  assert_int_equal(wss_server_close(world.server, 5000, NULL), 0);
  assert_int_equal(wss_listen_plain(world.server, "127.0.0.1", 0, NULL),
                   WSS_ERR_CLOSED);
  assert_string_not_equal(wss_last_error(world.server), "");
  peer_close(peer);
  world.server = NULL;
  world_close(&world);
}

static void ignores_sigpipe_only_if_default(void **state) {
  struct sigaction action;
  test_world world;
  (void)state;
  assert_int_not_equal(signal(SIGPIPE, SIG_DFL), SIG_ERR);
  world_open(&world, NULL, false);
  world_close(&world);
  assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
  assert_ptr_equal(action.sa_handler, SIG_IGN);
}

/* The whole life of a connection, with the n-th allocation failing, for all n:
   no leak, no crash, and the next connection is served. */
static void survives_failing_allocations(void **state) {
  char message[3000];
  int n;
  bool whole = false;
  (void)state;
  memset(message, 'x', sizeof message);
  for (n = 0; !whole; n++) {
    test_world world;
    test_peer *peer;
    balance = 0;
    failing_after = -1;
    world_open(&world, &counted, true);
    peer = peer_connect(&world);
    failing_after = n;
    peer_ask(peer, "Sec-WebSocket-Protocol: a, b\r\nX-A: 1\r\nX-A: 2\r\n");
    world_until(&world, peer->ended || peer_has(peer, "\r\n\r\n"));
    if (!peer->ended) {
      peer_frame(peer, 0x01, message, sizeof message);
      peer_frame(peer, 0x80, message, sizeof message);
      peer_frame(peer, 0x89, "ping", 4);
      world_turns(&world);
      if (world.seen.conn != NULL)
        (void)wss_send(world.seen.conn, WSS_TEXT, message, sizeof message);
      peer_frame(peer, 0x88, "\x03\xe8", 2);
      world_until(&world, peer->ended);
    }
    whole = failing_after > 0;
    failing_after = -1;
    peer_close(peer);
    peer = peer_connect(&world);
    peer_open(peer);
    peer_close(peer);
    world_until(&world, world.seen.closes == world.seen.requests);
    world_close(&world);
    assert_int_equal(balance, 0);
  }
  assert_true(n > 5);
}

static void new_survives_failing_allocations(void **state) {
  uv_loop_t loop;
  wss_server *server;
  wss_options options = counted;
  int n = 0;
  int err;
  (void)state;
  options.origins = (const char *const[]){"a", "b", NULL};
  options.subprotocols = (const char *const[]){"c", NULL};
  assert_int_equal(uv_loop_init(&loop), 0);
  do {
    failing_after = n++;
    balance = 0;
    err = wss_server_new(&server, &loop, NULL, &options, NULL);
    if (err != 0) {
      assert_int_equal(err, WSS_ERR_NOMEM);
      assert_int_equal(balance, 0);
    }
  } while (err != 0);
  failing_after = -1;
  assert_true(n > 5);
  assert_int_equal(wss_server_close(server, 0, NULL), 0);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(balance, 0);
  assert_int_equal(uv_loop_close(&loop), 0);
}

static int close_it(wss_conn *conn, void *arg) {
  ++*(int *)arg;
  wss_terminate(conn);
  return 0;
}

static int stop_at_once(wss_conn *conn, void *arg) {
  (void)conn;
  ++*(int *)arg;
  return 42;
}

static void each_may_close_what_it_visits(void **state) {
  test_world world;
  test_peer *peers[3];
  int visits = 0;
  int i;
  (void)state;
  world_open(&world, NULL, false);
  for (i = 0; i < 3; i++) {
    peers[i] = peer_connect(&world);
    peer_open(peers[i]);
  }
  assert_int_equal(wss_server_each(world.server, stop_at_once, &visits), 42);
  assert_int_equal(visits, 1);
  visits = 0;
  assert_int_equal(wss_server_each(world.server, close_it, &visits), 0);
  assert_int_equal(visits, 3);
  world_until(&world, world.seen.closes == 3);
  assert_int_equal(wss_server_each(world.server, close_it, &visits), 0);
  assert_int_equal(visits, 3);
  for (i = 0; i < 3; i++)
    peer_close(peers[i]);
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ignores_sigpipe_only_if_default),
      cmocka_unit_test(leaves_nothing_behind),
      cmocka_unit_test(needs_a_loop_and_sane_options),
      cmocka_unit_test(refuses_what_it_does_not_know),
      cmocka_unit_test(attaches_and_detaches_100_times),
      cmocka_unit_test(does_not_hold_the_loop),
      cmocka_unit_test(tells_everyone_1001),
      cmocka_unit_test(a_second_close_shortens_the_grace),
      cmocka_unit_test(refuses_to_listen_once_closing),
      cmocka_unit_test(survives_failing_allocations),
      cmocka_unit_test(new_survives_failing_allocations),
      cmocka_unit_test(each_may_close_what_it_visits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
