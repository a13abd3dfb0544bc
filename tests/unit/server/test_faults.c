/* Memory that fails: each allocation once, and each with all that follow. The
   allocator moves whatever grows and poisons what is freed. */
#include "support/allocator.h"
#include "support/world.h"

#include <string.h>

static test_allocator memory;

static void open_world(test_world *world) {
  wss_options options = {.subprotocols = (const char *const[]){"b", NULL},
                         .send_high_water = 1000};
  test_allocator_init(&memory);
  options.allocator = memory.functions;
  world_open(world, &options, true);
}

static void page(test_world *world, wss_conn *conn,
                 const wss_request *request) {
  const wss_header header = {"X-Page", request->path};
  (void)world;
  (void)wss_respond(conn, 200,
                    &(wss_reply){.headers = &header,
                                 .header_count = 1,
                                 .body = "hello",
                                 .body_size = 5});
}

static int defer(test_world *world, wss_conn *conn,
                 const wss_request *request) {
  (void)world;
  (void)conn;
  assert_int_equal(request->subprotocol_count, 2);
  return WSS_DEFER;
}

static void echo(test_world *world, wss_conn *conn,
                 const wss_message *message) {
  (void)world;
  (void)wss_send(conn, message->type, message->data, message->size);
}

/* ---- A day in the life --------------------------------------------------- */

static void listens(test_world *world) {
  wss_listener *listener;
  int err = wss_listen_plain(world->server, "127.0.0.1", 0, &listener);
  if (err == 0)
    wss_listener_close(listener);
  else
    assert_int_equal(err, WSS_ERR_NOMEM);
}

static void asks_for_a_page(test_world *world) {
  test_peer *peer = peer_connect(world);
  peer_text(peer, "GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
  world_until(world, peer->ended);
  peer_close(peer);
}

static bool shakes_hands(test_world *world, test_peer *peer) {
  const wss_header header = {"X-A", "b"};
  const wss_reply reply = {.headers = &header, .header_count = 1};
  peer_ask(peer, "Sec-WebSocket-Protocol: a, b\r\nX: 1\r\nX: 2\r\n");
  world_until(world, peer->ended || world->seen.conn != NULL);
  if (world->seen.conn != NULL && wss_accept(world->seen.conn, &reply) < 0 &&
      wss_accept(world->seen.conn, NULL) < 0)
    wss_terminate(world->seen.conn);
  world_until(world, peer->ended || peer_has(peer, "\r\n\r\n"));
  return !peer->ended && peer_starts(peer, "HTTP/1.1 101 ");
}

static void talks(test_world *world, test_peer *peer) {
  static uint8_t data[300000];
  size_t i;
  for (i = 0; i < 3; i++) {
    peer_frame(peer, i == 0 ? 0x02 : i == 1 ? 0x00 : 0x80, data, 3000);
    peer_frame(peer, 0x89, data, 120);
    (void)uv_run(&world->loop, UV_RUN_NOWAIT);
  }
  world_turns(world);
  if (world->seen.conn != NULL)
    wss_pause(world->seen.conn);
  for (i = 0; i < 5; i++)
    peer_frame(peer, 0x82, data, 100);
  world_turns(world);
  if (world->seen.conn != NULL) {
    wss_resume(world->seen.conn);
    (void)wss_ping(world->seen.conn, "ping", 4);
    peer_read(peer, false);
    for (i = 0; i < 13; i++)
      (void)wss_send(world->seen.conn, WSS_BINARY, data, sizeof data);
    world_turns(world);
    peer_read(peer, true);
  }
  peer_frame(peer, 0x88, "\x03\xe8the end", 9);
  world_until(world, peer->ended);
}

static void a_day(test_world *world) {
  test_peer *peer;
  world->hooks = (test_hooks){.request = defer, .http = page, .message = echo};
  listens(world);
  asks_for_a_page(world);
  peer = peer_connect(world);
  if (shakes_hands(world, peer))
    talks(world, peer);
  peer_close(peer);
  world_until(world, world->seen.closes == world->seen.requests);
}

/* As if nothing had happened. */
static void next_one_is_served(test_world *world) {
  test_peer *peer = peer_connect(world);
  world->hooks = (test_hooks){.message = echo};
  peer_open(peer);
  peer_frame(peer, 0x81, "hello", 5);
  world_until(world, peer->size == 7);
  assert_memory_equal(peer->data, "\x81\x05hello", 7);
  peer_close(peer);
  world_until(world, world->seen.closes == world->seen.requests);
}

static void assert_counters_agree(test_world *world) {
  wss_stats stats;
  int64_t sum;
  size_t i;
  wss_server_stats(world->server, &stats);
  assert_int_equal(stats.open, 0);
  assert_int_equal(stats.pending, 0);
  sum = stats.closed_registered + stats.closed_private;
  for (i = 0; i < 16; i++)
    sum += stats.closed[i];
  assert_int_equal(sum, stats.handshakes);
  sum += stats.http_responses + stats.refused_tls + stats.refused_plain_http +
         stats.refused_http + stats.refused_handshake + stats.refused_origin +
         stats.refused_by_app + stats.refused_timeout + stats.refused_lost;
  assert_int_equal(sum, stats.accepted);
}

static void fails_each(bool and_all_later) {
  size_t calls;
  size_t n = 0;
  do {
    test_world world;
    open_world(&world);
    test_allocator_fail(&memory, ++n, and_all_later);
    a_day(&world);
    calls = memory.calls;
    assert_true(calls < n || memory.failures > 0);
    test_allocator_fail(&memory, 0, false);
    next_one_is_served(&world);
    assert_counters_agree(&world);
    world_close(&world);
    assert_int_equal(memory.blocks, 0);
  } while (calls >= n);
  assert_true(n > 20);
}

static void each_allocation_once(void **state) {
  (void)state;
  fails_each(false);
}

static void each_allocation_and_all_later(void **state) {
  (void)state;
  fails_each(true);
}

/* Connections that come while there is no memory are dropped, which is told
   once, and the listener goes on. */
static void accepting_without_memory(void **state) {
  test_world world;
  test_peer *peers[5];
  size_t i;
  (void)state;
  open_world(&world);
  test_allocator_fail(&memory, 1, true);
  for (i = 0; i < 5; i++)
    peers[i] = peer_connect(&world);
  for (i = 0; i < 5; i++) {
    world_until(&world, peers[i]->ended);
    peer_close(peers[i]);
  }
  assert_int_equal(world.seen.errors, 1);
  assert_int_equal(world.seen.error, WSS_ERR_NOMEM);
  test_allocator_fail(&memory, 0, false);
  next_one_is_served(&world);
  world_close(&world);
  assert_int_equal(memory.blocks, 0);
}

/* What an idle connection costs beside the library's handle. */
static void an_idle_connection_owns_no_buffer(void **state) {
  test_world world;
  test_peer *peer;
  size_t before;
  (void)state;
  open_world(&world);
  peer = peer_connect(&world);
  world.hooks.message = echo;
  peer_open(peer);
  peer_frame(peer, 0x82, "x", 1);
  world_until(&world, peer->size == 3);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  before = memory.blocks;
  peer = peer_connect(&world);
  peer_open(peer);
  peer_frame(peer, 0x82, "x", 1);
  world_until(&world, peer->size == 3);
  world_turns(&world);
  assert_int_equal(memory.blocks, before + 1);
  peer_close(peer);
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_allocation_once),
      cmocka_unit_test(each_allocation_and_all_later),
      cmocka_unit_test(accepting_without_memory),
      cmocka_unit_test(an_idle_connection_owns_no_buffer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
