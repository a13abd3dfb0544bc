/* Ends at awkward moments: in the middle of a handshake, of another's callback,
   of the program's own end, of a stall. */
#include "support/world.h"

#include <stdlib.h>
#include <string.h>

/* ---- The server goes ----------------------------------------------------- */

static const char ask[] = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                          "Sec-WebSocket-Version: 13\r\n\r\n";

static int defer(test_world *world, wss_conn *conn,
                 const wss_request *request) {
  (void)world;
  (void)conn;
  (void)request;
  return WSS_DEFER;
}

/* At each byte of the upgrade, and while it waits to be answered. */
static void closes_at_each_byte(void **state) {
  size_t size;
  (void)state;
  for (size = 0; size < sizeof ask; size++) {
    test_world world;
    test_peer *peer;
    wss_stats stats;
    world_open(&world, NULL, false);
    world.hooks.request = defer;
    peer = peer_connect(&world);
    peer_send(peer, ask, size);
    do {
      (void)uv_run(&world.loop, UV_RUN_NOWAIT);
      wss_server_stats(world.server, &stats);
    } while (stats.bytes_in < (int64_t)size);
    assert_int_equal(world.seen.requests, size == sizeof ask - 1);
    assert_int_equal(wss_server_close(world.server, 0, NULL), 0);
    world_until(&world, peer->ended);
    assert_int_equal(peer_starts(peer, "HTTP/1.1 503 "),
                     world.seen.requests == 1);
    peer_close(peer);
    world.server = NULL;
    world_close(&world);
    assert_int_equal(world.seen.closes, world.seen.requests);
    assert_int_equal(world.seen.errors, 0);
  }
}

/* Row 9 of the field's bugs: a server that goes while many shake hands. */
static void closes_with_many_half_done(void **state) {
  enum { COUNT = 300 };
  test_peer *peers[COUNT];
  test_world world;
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = defer;
  for (i = 0; i < COUNT; i++) {
    peers[i] = peer_connect(&world);
    peer_send(peers[i], ask, i % sizeof ask);
  }
  world_turns(&world);
  assert_int_equal(wss_server_close(world.server, 0, NULL), 0);
  for (i = 0; i < COUNT; i++)
    peer_close(peers[i]);
  world.server = NULL;
  world_close(&world);
  assert_int_equal(world.seen.closes, world.seen.requests);
}

/* The program's memory goes with the library's last call. */
typedef struct program {
  wss_server *server;
  int *calls;
  int marks[64];
} program;

static void on_last_close(wss_conn *conn, const wss_close_info *info,
                          void *user) {
  program *mine = user;
  (void)conn;
  (void)info;
  assert_int_equal(*mine->calls, 0);
  mine->marks[0]++;
}

static void free_program(void *user) {
  program *mine = user;
  ++*mine->calls;
  memset(mine, 0xdd, sizeof *mine);
  free(mine);
}

static void the_last_call_is_the_last(void **state) {
  const wss_handler handler = {.on_close = on_last_close};
  program *mine = calloc(1, sizeof *mine);
  wss_listener *listener;
  test_world world;
  test_peer *peers[5];
  int calls = 0;
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  mine->calls = &calls;
  assert_int_equal(
      wss_server_new(&mine->server, &world.loop, &handler, NULL, mine), 0);
  assert_int_equal(wss_listen_plain(mine->server, "127.0.0.1", 0, &listener),
                   0);
  wss_listener_close(world.listener);
  world.listener = listener;
  for (i = 0; i < 5; i++) {
    peers[i] = peer_connect(&world);
    peer_send(peers[i], ask, sizeof ask - 1);
    world_until(&world, peer_has(peers[i], "\r\n\r\n"));
  }
  assert_int_equal(wss_server_close(mine->server, 20, free_program), 0);
  assert_int_equal(wss_server_close(mine->server, 10, free_program), 0);
  assert_int_equal(calls, 0);
  world_until(&world, calls == 1);
  for (i = 0; i < 5; i++)
    peer_close(peers[i]);
  world_turns(&world);
  assert_int_equal(calls, 1);
  world_close(&world);
}

/* A peer that answers 1001 in time is gone before the grace is. */
static void no_longer_than_it_takes(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, &(wss_options){.close_timeout = WSS_OFF}, false);
  peer = peer_connect(&world);
  peer_open(peer);
  assert_int_equal(wss_server_close(world.server, WSS_OFF, NULL), 0);
  peer_frame(peer, 0x88, "\x03\xe9", 2);
  world_until(&world, peer->ended);
  peer_close(peer);
  world.server = NULL;
  world_close(&world);
  assert_int_equal(world.seen.info.code, 1001);
  assert_int_equal(world.seen.info.error, 0);
}

/* ---- One connection ends another ----------------------------------------- */

static wss_conn *conns[3];

static void end_all(test_world *world, wss_conn *conn,
                    const wss_message *message) {
  size_t i;
  (void)conn;
  world->in_call = true;
  for (i = 0; i < 3; i++) {
    if (*(const char *)message->data == 't')
      wss_terminate(conns[i]);
    else
      (void)wss_close(conns[i], 1008, "all of you");
  }
  world->in_call = false;
}

/* All three have something to read in the poll in which one ends all. */
static void ends_the_others(void **state) {
  static const char *const texts[] = {"t", "c"};
  size_t round;
  (void)state;
  for (round = 0; round < 2; round++) {
    test_world world;
    test_peer *peers[3];
    size_t i;
    world_open(&world, NULL, false);
    for (i = 0; i < 3; i++) {
      peers[i] = peer_connect(&world);
      peer_open(peers[i]);
      conns[i] = world.seen.conn;
    }
    world.hooks.message = end_all;
    for (i = 0; i < 3; i++)
      peer_frame(peers[i], 0x81, texts[round], 1);
    world_until(&world, world.seen.messages >= 1);
    world_turns(&world);
    for (i = 0; i < 3; i++) {
      if (round == 1)
        peer_frame(peers[i], 0x88, "\x03\xf0", 2);
      world_until(&world, peers[i]->ended);
      peer_close(peers[i]);
    }
    world_until(&world, world.seen.closes == 3);
    assert_int_equal(world.seen.messages, 1);
    world_close(&world);
  }
}

static void end_in_drain(test_world *world, wss_conn *conn) {
  (void)world;
  (void)conn;
  wss_terminate(conns[0]);
  wss_terminate(conns[1]);
  wss_terminate(conns[2]);
}

/* All wait for the same turn, in which the first ends them all. */
static void ends_those_of_the_same_turn(void **state) {
  static uint8_t data[25000];
  test_world world;
  test_peer *peers[3];
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.drain = end_in_drain;
  for (i = 0; i < 3; i++) {
    peers[i] = peer_connect(&world);
    peer_open(peers[i]);
    conns[i] = world.seen.conn;
  }
  for (i = 0; i < 9; i++)
    assert_int_equal(wss_send(conns[i % 3], WSS_BINARY, data, sizeof data),
                     i >= 6);
  world_until(&world, world.seen.closes == 3);
  assert_int_equal(world.seen.drains, 1);
  for (i = 0; i < 3; i++)
    peer_close(peers[i]);
  world_close(&world);
}

static int note_conn(wss_conn *conn, void *arg) {
  size_t *count = arg;
  conns[(*count)++] = conn;
  return 0;
}

static int defer_second(test_world *world, wss_conn *conn,
                        const wss_request *request) {
  (void)conn;
  (void)request;
  return world->seen.requests == 2 ? WSS_DEFER : WSS_ACCEPT;
}

/* Neither one that says nothing, nor one whose request waits, nor one that has
   ended. */
static void each_visits_the_open_only(void **state) {
  test_world world;
  test_peer *peers[4];
  wss_conn *first;
  size_t count = 0;
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = defer_second;
  for (i = 0; i < 4; i++) {
    peers[i] = peer_connect(&world);
    if (i < 3)
      peer_send(peers[i], ask, sizeof ask - 1);
    world_until(&world, world.seen.requests == (int)(i < 3 ? i + 1 : 3));
    world_turns(&world);
  }
  assert_int_equal(world.seen.opens, 2);
  assert_int_equal(wss_server_each(world.server, note_conn, &count), 0);
  assert_int_equal(count, 2);
  first = conns[0];
  assert_ptr_equal(conns[1], world.seen.conn);
  peer_close(peers[0]);
  world_until(&world, world.seen.closes == 1);
  count = 0;
  assert_int_equal(wss_server_each(world.server, note_conn, &count), 0);
  assert_int_equal(count, 1);
  assert_ptr_not_equal(conns[0], first);
  for (i = 1; i < 4; i++)
    peer_close(peers[i]);
  world_close(&world);
}

/* Row 5: the peer's reset and our close in the same turn, either way round. */
static void reset_and_closed_at_once(void **state) {
  int round;
  (void)state;
  for (round = 0; round < 6; round++) {
    test_world world;
    test_peer *peer;
    wss_conn *conn;
    world_open(&world, NULL, false);
    peer = peer_connect(&world);
    peer_open(peer);
    conn = world.seen.conn;
    if (round % 2 == 0)
      (void)wss_send(conn, WSS_TEXT, "x", 1);
    assert_int_equal(uv_tcp_close_reset(&peer->tcp, NULL), 0);
    if (round < 2)
      wss_terminate(conn);
    else if (round < 4)
      assert_int_equal(wss_close(conn, 0, NULL), 0);
    else
      assert_int_equal(wss_server_close(world.server, 0, NULL), 0);
    world_until(&world, world.seen.closes == 1);
    assert_int_equal(world.seen.info.initiator, WSS_BY_APP);
    if (round >= 4)
      world.server = NULL;
    world_close(&world);
    assert_int_equal(world.seen.closes, 1);
    free(peer->data);
    free(peer);
  }
}

/* ---- Time ---------------------------------------------------------------- */

static void stall(uint64_t ms) {
  uint64_t end = uv_hrtime() + ms * 1000000;
  while (uv_hrtime() < end)
    ; /* a program that is busy */
}

/* What had arrived in time counts, however late the program looks. */
static void a_stall_loses_no_healthy_peer(void **state) {
  const wss_options options = {.handshake_timeout = 30, .close_timeout = 30};
  test_world world;
  test_peer *asks;
  test_peer *closes;
  (void)state;
  world_open(&world, &options, false);
  closes = peer_connect(&world);
  peer_open(closes);
  asks = peer_connect(&world);
  world_turns(&world);
  assert_int_equal(wss_close(world.seen.conn, 0, NULL), 0);
  world_until(&world, closes->size == 4);
  peer_frame(closes, 0x88, "\x03\xe8", 2);
  peer_send(asks, ask, sizeof ask - 1);
  stall(60);
  world_until(&world, world.seen.opens == 2);
  peer_close(closes);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.code, 1000);
  assert_int_equal(world.seen.info.error, 0);
  assert_int_equal(world.seen.errors, 0);
  peer_close(asks);
  world_close(&world);
}

/* The clock of the handshake stops with the 101, and none runs while open. */
static void open_there_is_no_hurry(void **state) {
  test_world world;
  test_peer *peer;
  test_peer *late;
  (void)state;
  world_open(&world, &(wss_options){.handshake_timeout = 20}, false);
  peer = peer_connect(&world);
  peer_open(peer);
  late = peer_connect(&world);
  world_until(&world, world.seen.errors == 1); /* late's end */
  world_turns(&world);
  assert_int_equal(world.seen.closes, 0);
  peer_frame(peer, 0x89, "x", 1);
  world_until(&world, peer->size == 3);
  peer_close(peer);
  peer_close(late);
  world_close(&world);
}

static wss_conn *deferred;
static void keep_deferred(uv_timer_t *timer) {
  *(bool *)timer->data = true;
  assert_int_equal(wss_accept(deferred, NULL), 0);
}

static int defer_and_keep(test_world *world, wss_conn *conn,
                          const wss_request *request) {
  (void)world;
  (void)request;
  deferred = conn;
  return WSS_DEFER;
}

/* Answered from a timer of the program's, with frames already on the way. */
static void answered_by_a_timer(void **state) {
  uv_timer_t timer;
  bool answered = false;
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = defer_and_keep;
  peer = peer_connect(&world);
  peer_ask(peer, "");
  world_until(&world, world.seen.requests == 1);
  peer_frame(peer, 0x81, "too early", 9);
  world_turns(&world);
  assert_int_equal(world.seen.opens, 0);
  assert_int_equal(uv_timer_init(&world.loop, &timer), 0);
  timer.data = &answered;
  assert_int_equal(uv_timer_start(&timer, keep_deferred, 1, 0), 0);
  world_until(&world, answered);
  uv_close((uv_handle_t *)&timer, NULL);
  world_until(&world, world.seen.opens == 1 && world.seen.messages == 1);
  assert_true(peer_starts(peer, "HTTP/1.1 101 "));
  assert_int_equal(world.seen.last_size, 9);
  peer_close(peer);
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(closes_at_each_byte),
      cmocka_unit_test(closes_with_many_half_done),
      cmocka_unit_test(the_last_call_is_the_last),
      cmocka_unit_test(no_longer_than_it_takes),
      cmocka_unit_test(ends_the_others),
      cmocka_unit_test(ends_those_of_the_same_turn),
      cmocka_unit_test(each_visits_the_open_only),
      cmocka_unit_test(reset_and_closed_at_once),
      cmocka_unit_test(a_stall_loses_no_healthy_peer),
      cmocka_unit_test(open_there_is_no_hurry),
      cmocka_unit_test(answered_by_a_timer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
