/* Open connections: messages, back pressure, pauses, pings and Close frames. */
#include "support/world.h"

#include <stdlib.h>
#include <string.h>

static void echo(test_world *world, wss_conn *conn,
                 const wss_message *message) {
  (void)world;
  assert_true(wss_send(conn, message->type, message->data, message->size) >= 0);
}

/* Sends and receives one frame of that size, from the second byte on as a
   server writes it. */
static void echoes(test_peer *peer, size_t size) {
  uint8_t *data = malloc(size + 1);
  size_t header = size < 126 ? 2 : size < 65536 ? 4 : 10;
  size_t i;
  for (i = 0; i < size; i++)
    data[i] = (uint8_t)(i * 7 + i / 251);
  peer_frame(peer, 0x82, data, size);
  world_until(peer->world, peer->size >= header + size);
  assert_int_equal(peer->size, header + size);
  assert_int_equal(peer->data[0], 0x82);
  assert_int_equal(peer->data[1], size < 126 ? size : size < 65536 ? 126 : 127);
  if (size > 0)
    assert_memory_equal(peer->data + header, data, size);
  peer_drop(peer, peer->size);
  free(data);
}

static void every_size_comes_back(void **state) {
  static const size_t sizes[] = {0,     1,     125,    126,     127,
                                 65535, 65536, 300000, 1 << 20, 5};
  test_world world;
  test_peer *peer;
  wss_stats stats;
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.message = echo;
  peer = peer_connect(&world);
  peer_open(peer);
  for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    echoes(peer, sizes[i]);
  wss_server_stats(world.server, &stats);
  assert_int_equal(stats.messages_in, 10);
  assert_int_equal(stats.messages_out, 10);
  assert_int_equal(stats.open, 1);
  assert_int_equal(stats.pending, 0);
  assert_true(stats.bytes_in > 1400000 && stats.bytes_out > 1400000);
  peer_close(peer);
  world_close(&world);
}

static void pipelined_messages_keep_their_order(void **state) {
  enum { COUNT = 3000 };
  test_world world;
  test_peer *peer;
  uint8_t *frames = malloc(COUNT * 10);
  size_t i;
  (void)state;
  for (i = 0; i < COUNT; i++) {
    uint8_t *frame = frames + 10 * i;
    memcpy(frame, "\x82\x84\0\0\0\0", 6);
    memcpy(frame + 6, (uint32_t[]){(uint32_t)i}, 4);
  }
  world_open(&world, &(wss_options){.send_high_water = 1000}, false);
  world.hooks.message = echo;
  peer = peer_connect(&world);
  peer_open(peer);
  peer_send(peer, frames, COUNT * 10);
  world_until(&world, peer->size == COUNT * 6);
  for (i = 0; i < COUNT; i++) {
    uint32_t number;
    memcpy(&number, peer->data + 6 * i + 2, 4);
    assert_int_equal(number, i);
  }
  free(frames);
  peer_close(peer);
  world_close(&world);
}

/* What wss_send answers, and that max_send_buffer is never passed. */
static void back_pressure(void **state) {
  const wss_options options = {.max_send_buffer = 3000000,
                               .send_high_water = 100000};
  static char data[50000];
  test_world world;
  test_peer *peer;
  wss_conn *conn;
  int queued = 0;
  int above = 0;
  int drains;
  int err;
  (void)state;
  world_open(&world, &options, false);
  peer = peer_connect(&world);
  peer_open(peer);
  conn = world.seen.conn;
  peer_read(peer, false);
  memset(data, 'x', sizeof data);
  while ((err = wss_send(conn, WSS_BINARY, data, sizeof data)) >= 0) {
    queued++;
    above += err;
    assert_int_equal(err, wss_buffered(conn) > 100000);
    assert_true(wss_buffered(conn) <= 3000000);
    if (queued % 10 == 0)
      world_turns(&world);
  }
  assert_int_equal(err, WSS_ERR_AGAIN);
  assert_true(above > 0);
  assert_true(wss_buffered(conn) + sizeof data + 4 > 3000000);
  assert_int_equal(wss_send(conn, WSS_BINARY, data, 3000000), WSS_ERR_TOO_BIG);
  /* A reader that stopped is not read from either. */
  peer_frame(peer, 0x81, "held", 4);
  world_turns(&world);
  assert_int_equal(world.seen.messages, 0);
  drains = world.seen.drains;
  assert_true(drains < above);

  peer_read(peer, true);
  world_until(&world, world.seen.drains > drains && world.seen.messages == 1);
  world_until(&world, peer->size == (size_t)queued * (sizeof data + 4));
  assert_int_equal(wss_buffered(conn), 0);
  world_turns(&world);
  assert_int_equal(world.seen.drains, drains + 1);
  peer_close(peer);
  world_close(&world);
}

static void sends_that_cannot_be(void **state) {
  test_world world;
  test_peer *peer;
  wss_conn *conn;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  conn = world.seen.conn;
  assert_int_equal(wss_send(conn, WSS_TEXT, "\xff", 1), WSS_ERR_UTF8);
  assert_int_equal(wss_send(conn, WSS_TEXT, "\xc3", 1), WSS_ERR_UTF8);
  assert_int_equal(wss_send(conn, (wss_type)3, "x", 1), WSS_ERR_INVALID);
  assert_int_equal(wss_send(conn, WSS_BINARY, NULL, 1), WSS_ERR_INVALID);
  assert_int_equal(wss_ping(conn, peer, 126), WSS_ERR_TOO_BIG);
  assert_int_equal(wss_send(conn, WSS_TEXT, NULL, 0), 0);
  assert_int_equal(wss_close(conn, 1005, NULL), WSS_ERR_CLOSE_CODE);
  assert_int_equal(wss_close(conn, 1006, NULL), WSS_ERR_CLOSE_CODE);
  assert_int_equal(wss_close(conn, 999, NULL), WSS_ERR_CLOSE_CODE);
  assert_int_equal(wss_close(conn, 5000, NULL), WSS_ERR_CLOSE_CODE);
  assert_int_equal(wss_close(conn, 1000, "\xff"), WSS_ERR_UTF8);
  assert_int_equal(
      wss_close(conn, 1000,
                "0123456789012345678901234567890123456789012345678901234567890"
                "12345678901234567890123456789012345678901234567890123456789"
                "0123"),
      WSS_ERR_TOO_BIG);
  world_until(&world, peer->size == 2);
  assert_memory_equal(peer->data, "\x81\x00", 2);
  peer_close(peer);
  world_close(&world);
}

static void closes_from_here(void **state) {
  test_world world;
  test_peer *peer;
  wss_conn *conn;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  conn = world.seen.conn;
  assert_int_equal(wss_send(conn, WSS_TEXT, "last", 4), 0);
  assert_int_equal(wss_close(conn, 4001, "enough"), 0);
  assert_int_equal(wss_close(conn, 4001, "enough"), WSS_ERR_CLOSED);
  assert_int_equal(wss_send(conn, WSS_TEXT, "no", 2), WSS_ERR_CLOSED);
  assert_int_equal(wss_ping(conn, NULL, 0), WSS_ERR_CLOSED);
  world_until(&world, peer->size == 16);
  assert_memory_equal(peer->data,
                      "\x81\x04last\x88\x08\x0f\xa1"
                      "enough",
                      16);
  peer_frame(peer, 0x81, "late", 4);
  peer_frame(peer, 0x88, "\x0f\xa1", 2);
  world_until(&world, peer->ended);
  assert_int_equal(world.seen.messages, 0);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.code, 4001);
  assert_int_equal(world.seen.info.code_sent, 4001);
  assert_int_equal(world.seen.info.initiator, WSS_BY_APP);
  assert_int_equal(world.seen.info.phase, WSS_PHASE_OPEN);
  assert_true(world.seen.info.opened);
  assert_int_equal(world.seen.info.error, 0);
  world_close(&world);
}

/* The peer closes; then it neither reads FIN's sense nor sends its own: the
   connection goes all the same, a second later. */
static void closes_from_there(void **state) {
  test_world world;
  test_peer *peer;
  wss_stats stats;
  uint64_t start;
  (void)state;
  /* Only the second of its own can end it. */
  world_open(&world, &(wss_options){.close_timeout = WSS_OFF}, false);
  peer = peer_connect(&world);
  peer_open(peer);
  peer_frame(peer, 0x88,
             "\x0b\xb8"
             "bye",
             5);
  start = uv_hrtime();
  world_until(&world, peer->ended);
  assert_int_equal(peer->size, 4);
  assert_memory_equal(peer->data, "\x88\x02\x0b\xb8", 4);
  world_until(&world, world.seen.closes == 1);
  assert_true(uv_hrtime() - start > UINT64_C(900000000));
  assert_int_equal(world.seen.info.code, 3000);
  assert_int_equal(world.seen.info.code_sent, 3000);
  assert_string_equal(world.seen.reason, "bye");
  assert_int_equal(world.seen.info.initiator, WSS_BY_PEER);
  assert_int_equal(world.seen.info.error, 0);
  wss_server_stats(world.server, &stats);
  assert_int_equal(stats.closed_registered, 1);
  peer_close(peer);
  world_close(&world);
}

static void a_close_that_is_not_answered(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, &(wss_options){.close_timeout = 30}, false);
  peer = peer_connect(&world);
  peer_open(peer);
  assert_int_equal(wss_close(world.seen.conn, 0, NULL), 0);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.code, 1006);
  assert_int_equal(world.seen.info.code_sent, 1000);
  assert_int_equal(world.seen.info.error, WSS_ERR_TIMEOUT);
  assert_int_equal(world.seen.info.initiator, WSS_BY_APP);
  peer_close(peer);
  world_close(&world);
}

static void pings_and_pongs(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  peer_frame(peer, 0x89, "abc", 3);
  world_until(&world, peer->size == 5);
  assert_memory_equal(peer->data,
                      "\x8a\x03"
                      "abc",
                      5);
  assert_int_equal(wss_ping(world.seen.conn, "hey", 3), 0);
  world_until(&world, peer->size == 10);
  assert_memory_equal(peer->data + 5, "\x89\x03hey", 5);
  peer_frame(peer, 0x8a, "hey", 3);
  world_until(&world, world.seen.pongs == 1);
  assert_int_equal(world.seen.last_size, 3);
  assert_memory_equal(world.seen.last, "hey", 3);
  peer_close(peer);
  world_close(&world);
}

static void pause_at_first(test_world *world, wss_conn *conn,
                           const wss_message *message) {
  (void)message;
  if (world->seen.messages == 1)
    wss_pause(conn);
}

static void pauses_and_resumes(void **state) {
  test_world world;
  test_peer *peer;
  wss_conn *conn;
  int i;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.message = pause_at_first;
  peer = peer_connect(&world);
  peer_open(peer);
  conn = world.seen.conn;
  for (i = 0; i < 10; i++)
    peer_frame(peer, 0x81, &"abcdefghij"[i], 1);
  world_until(&world, world.seen.messages == 1);
  world_turns(&world);
  assert_int_equal(world.seen.messages, 1);
  world.in_call = true;
  wss_resume(conn);
  world.in_call = false;
  assert_int_equal(world.seen.messages, 1);
  world_until(&world, world.seen.messages == 10);
  assert_int_equal(world.seen.last[0], 'j');

  wss_pause(conn);
  peer_frame(peer, 0x81, "k", 1);
  world_turns(&world);
  assert_int_equal(world.seen.messages, 10);
  /* Paused, it still closes properly. */
  assert_int_equal(wss_close(conn, 0, NULL), 0);
  peer_frame(peer, 0x88, "\x03\xe8", 2);
  world_until(&world, peer->ended);
  assert_int_equal(world.seen.messages, 10);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.code, 1000);
  world_close(&world);
}

static void what_a_connection_is(void **state) {
  test_world world;
  test_peer *peer;
  wss_conn *conn;
  wss_tls_info tls;
  wss_address address;
  uint64_t id;
  int mark;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  conn = world.seen.conn;
  id = wss_conn_id(conn);
  assert_int_not_equal(id, 0);
  assert_ptr_equal(wss_conn_find(world.server, id), conn);
  assert_null(wss_conn_find(world.server, id + 1));
  assert_null(wss_conn_find(world.server, 0));
  assert_null(wss_conn_data(conn));
  wss_conn_set_data(conn, &mark);
  assert_ptr_equal(wss_conn_data(conn), &mark);
  assert_ptr_equal(wss_conn_server(conn), world.server);
  assert_ptr_equal(wss_server_user(world.server), &world);
  assert_ptr_equal(wss_server_loop(world.server), &world.loop);
  assert_null(wss_conn_subprotocol(conn));
  assert_int_equal(wss_conn_tls(conn, &tls), WSS_ERR_STATE);
  address = wss_conn_remote(conn);
  assert_string_equal(address.ip, "127.0.0.1");
  assert_int_equal(address.family, 4);
  address = wss_conn_local(conn);
  assert_int_equal(address.port, wss_listener_port(world.listener));
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_null(wss_conn_find(world.server, id));
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_size_comes_back),
      cmocka_unit_test(pipelined_messages_keep_their_order),
      cmocka_unit_test(back_pressure),
      cmocka_unit_test(sends_that_cannot_be),
      cmocka_unit_test(closes_from_here),
      cmocka_unit_test(closes_from_there),
      cmocka_unit_test(a_close_that_is_not_answered),
      cmocka_unit_test(pings_and_pongs),
      cmocka_unit_test(pauses_and_resumes),
      cmocka_unit_test(what_a_connection_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
