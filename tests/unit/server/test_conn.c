/* Lifetime: how connections end, and everything called from everywhere. */
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Ends ---------------------------------------------------------------- */

static void a_broken_rule(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  peer_send(peer, "\x81\x01x", 3); /* not masked */
  world_until(&world, peer->ended);
  assert_int_equal(peer->size, 4);
  assert_memory_equal(peer->data, "\x88\x02\x03\xea", 4);
  /* What still comes is dropped, up to 64 KiB. */
  peer_frame(peer, 0x81, "late", 4);
  world_turns(&world);
  assert_int_equal(world.seen.closes, 0);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.messages, 0);
  assert_int_equal(world.seen.info.code, 1006);
  assert_int_equal(world.seen.info.code_sent, 1002);
  assert_int_equal(world.seen.info.error, WSS_ERR_PROTOCOL);
  assert_int_equal(world.seen.info.initiator, WSS_BY_LIBRARY);
  assert_non_null(strstr(world.seen.info_message, "masked"));
  world_close(&world);
}

static void endless_data_after_an_error(void **state) {
  static uint8_t data[200000];
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, &(wss_options){.close_timeout = WSS_OFF}, false);
  peer = peer_connect(&world);
  peer_open(peer);
  peer_send(peer, "\x81\x01x", 3);
  peer_send(peer, data, sizeof data);
  world_until(&world, world.seen.closes == 1);
  peer_close(peer);
  world_close(&world);
}

static void a_peer_that_stays_after_an_error(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, &(wss_options){.close_timeout = 30}, false);
  peer = peer_connect(&world);
  peer_open(peer);
  peer_send(peer, "\x81\x01x", 3);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.error, WSS_ERR_PROTOCOL);
  peer_close(peer);
  world_close(&world);
}

static void an_end_without_a_close_frame(void **state) {
  test_world world;
  wss_stats stats;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  peer_shutdown(peer);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.code, 1006);
  assert_int_equal(world.seen.info.error, WSS_ERR_TRUNCATED);
  assert_int_equal(world.seen.info.initiator, WSS_BY_PEER);
  wss_server_stats(world.server, &stats);
  assert_int_equal(stats.closed[6], 1);
  assert_int_equal(stats.open, 0);
  peer_close(peer);
  world_close(&world);
}

static void an_end_before_the_request(void **state) {
  test_world world;
  wss_stats stats;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_close(peer);
  world_until(&world, world.seen.errors == 1);
  assert_int_equal(world.seen.error, WSS_ERR_TRUNCATED);
  assert_int_equal(world.seen.error_info.phase, WSS_PHASE_ACCEPTED);
  peer = peer_connect(&world);
  peer_text(peer, "GET / HT");
  peer_close(peer);
  world_until(&world, world.seen.errors == 2);
  assert_int_equal(world.seen.error_info.phase, WSS_PHASE_HTTP);
  wss_server_stats(world.server, &stats);
  assert_int_equal(stats.accepted, 2);
  assert_int_equal(stats.pending, 0);
  assert_int_equal(stats.refused_lost, 2);
  assert_int_equal(world.seen.closes, 0);
  world_close(&world);
}

static void a_reset_with_writes_pending(void **state) {
  static uint8_t data[1000000];
  test_world world;
  int i;
  (void)state;
  world_open(&world, NULL, false);
  for (i = 0; i < 50; i++) {
    test_peer *peer = peer_connect(&world);
    peer_open(peer);
    peer_read(peer, false);
    while (wss_send(world.seen.conn, WSS_BINARY, data, sizeof data) >= 0)
      world_turns(&world);
    peer_reset(peer);
    world_until(&world, world.seen.closes == i + 1);
    assert_int_equal(world.seen.info.code, 1006);
  }
  world_close(&world);
}

static void terminated_with_writes_pending(void **state) {
  static uint8_t data[1000000];
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  peer_read(peer, false);
  while (wss_send(world.seen.conn, WSS_BINARY, data, sizeof data) >= 0)
    world_turns(&world);
  world.in_call = true;
  wss_terminate(world.seen.conn);
  wss_terminate(world.seen.conn);
  assert_int_equal(wss_send(world.seen.conn, WSS_TEXT, "x", 1), WSS_ERR_CLOSED);
  assert_int_equal(wss_close(world.seen.conn, 0, NULL), WSS_ERR_CLOSED);
  world.in_call = false;
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.initiator, WSS_BY_APP);
  assert_int_equal(world.seen.info.error, 0);
  peer_close(peer);
  world_close(&world);
}

static void answer_much(test_world *world, wss_conn *conn,
                        const wss_request *request) {
  static const char body[20000000];
  (void)world;
  (void)request;
  assert_int_equal(
      wss_respond(conn, 200,
                  &(wss_reply){.body = body, .body_size = sizeof body}),
      0);
}

/* Nothing of it is taken for close_timeout. */
static void an_answer_that_is_not_taken(void **state) {
  test_world world;
  wss_stats stats;
  test_peer *peer;
  (void)state;
  world_open(&world, &(wss_options){.close_timeout = 50}, true);
  world.hooks.http = answer_much;
  peer = peer_connect(&world);
  peer_read(peer, false);
  peer_text(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  world_until(&world, world.seen.errors == 1);
  assert_int_equal(world.seen.error, WSS_ERR_TIMEOUT);
  wss_server_stats(world.server, &stats);
  assert_int_equal(stats.http_responses, 0);
  peer_close(peer);
  world_close(&world);
}

/* A clean end stays one, when the server closes before the peer's FIN came. */
static void a_clean_end_within_the_grace(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  peer_frame(peer, 0x88, "\x03\xe8", 2);
  world_until(&world, peer->ended);
  assert_int_equal(wss_server_close(world.server, 1, NULL), 0);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.error, 0);
  assert_int_equal(world.seen.info.code, 1000);
  peer_close(peer);
  world.server = NULL;
  world_close(&world);
}

/* A message in single bytes, with the buffers of others in between. */
static void pieces_of_two_connections(void **state) {
  test_world world;
  test_peer *peers[2];
  uint8_t frame[4 + 4 + 300];
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  for (i = 0; i < 2; i++) {
    peers[i] = peer_connect(&world);
    peer_open(peers[i]);
  }
  memset(frame, 'y', sizeof frame);
  memcpy(frame, "\x82\xfe\x01\x2c\0\0\0\0", 8);
  for (i = 0; i < sizeof frame; i++) {
    peer_send(peers[0], frame + i, 1);
    peer_send(peers[1], frame + i, 1);
    world_turns(&world);
  }
  world_until(&world, world.seen.messages == 2);
  assert_int_equal(world.seen.last_size, 300);
  assert_int_equal(world.seen.last[299], 'y');
  peer_close(peers[0]);
  peer_close(peers[1]);
  world_close(&world);
}

/* ---- Everything from everywhere ------------------------------------------ */

enum action { NOTHING, TERMINATE, CLOSE, SERVER_CLOSE, PAUSE, SEND, ACTIONS };
enum place {
  REQUEST,
  HTTP,
  OPEN,
  MESSAGE,
  PONG,
  DRAIN,
  ON_CLOSE,
  ON_ERROR,
  PLACES
};

static enum action action;
static enum place place;

static void act(test_world *world, wss_conn *conn, enum place here) {
  static const char data[25000];
  if (here != place)
    return;
  world->in_call = true;
  switch (action) {
  case TERMINATE:
    if (conn != NULL)
      wss_terminate(conn);
    break;
  case CLOSE:
    if (conn != NULL)
      (void)wss_close(conn, 1011, "because");
    break;
  case SERVER_CLOSE:
    (void)wss_server_close(world->server, 200, NULL);
    break;
  case PAUSE:
    if (conn != NULL) {
      wss_pause(conn);
      wss_resume(conn);
    }
    break;
  case SEND:
    if (conn != NULL) {
      for (int i = 0; i < 12; i++)
        (void)wss_send(conn, WSS_BINARY, data, sizeof data);
      (void)wss_ping(conn, "p", 1);
    }
    break;
  case NOTHING:
  case ACTIONS:
    break;
  }
  world->in_call = false;
}

static int at_request(test_world *world, wss_conn *conn,
                      const wss_request *request) {
  act(world, conn, REQUEST);
  assert_string_equal(request->path, "/chat");
  return WSS_ACCEPT;
}

static void at_http(test_world *world, wss_conn *conn,
                    const wss_request *request) {
  act(world, conn, HTTP);
  assert_string_equal(request->path, "/");
}

static void at_open(test_world *world, wss_conn *conn) {
  act(world, conn, OPEN);
}

static void at_message(test_world *world, wss_conn *conn,
                       const wss_message *message) {
  static const char data[25000];
  act(world, conn, MESSAGE);
  assert_int_equal(message->size, 3);
  assert_memory_equal(message->data, "abc", 3);
  for (int i = 0; i < 4; i++) /* for on_drain */
    (void)wss_send(conn, WSS_BINARY, data, sizeof data);
}

static void at_pong(test_world *world, wss_conn *conn) {
  act(world, conn, PONG);
}

static void at_drain(test_world *world, wss_conn *conn) {
  act(world, conn, DRAIN);
}

static void at_close(test_world *world, wss_conn *conn) {
  int *freed = wss_conn_data(conn);
  free(freed);
  act(world, conn, ON_CLOSE);
}

static void at_error(test_world *world) {
  act(world, NULL, ON_ERROR);
}

/* One that was cut with bytes unsent has been reset. */
static void say(test_peer *peer, uint8_t first, const char *payload) {
  if (!peer->ended)
    peer_frame(peer, first, payload, strlen(payload));
}

static void talk(test_world *world, enum place where) {
  test_peer *peer = peer_connect(world);
  if (where == HTTP) {
    peer_text(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  } else if (where == ON_ERROR) {
    peer_text(peer, "garbage\r\n\r\n");
  } else {
    peer_ask(peer, "");
    world_until(world, world->seen.requests == 1);
    if (world->seen.conn != NULL && wss_conn_data(world->seen.conn) == NULL)
      wss_conn_set_data(world->seen.conn, malloc(10));
    world_until(world, peer->ended || peer_has(peer, "\r\n\r\n"));
    world_turns(world);
    say(peer, 0x81, "abc");
    say(peer, 0x8a, "p");
    say(peer, 0x81, "abc");
    world_turns(world);
    say(peer, 0x88, "\x03\xe8");
  }
  world_until(world, peer->ended);
  peer_close(peer);
  world_until(world, world->seen.closes == world->seen.requests);
}

static void everything_from_everywhere(void **state) {
  (void)state;
  for (place = REQUEST; place < PLACES; place++) {
    for (action = NOTHING; action < ACTIONS; action++) {
      test_world world;
      world_open(&world, NULL, true);
      world.hooks = (test_hooks){at_request, at_http,  at_open,  at_message,
                                 at_pong,    at_drain, at_close, at_error};
      talk(&world, place);
      if (place == ON_ERROR)
        world_until(&world, world.seen.errors == 1);
      assert_int_equal(world.seen.requests, place != HTTP && place != ON_ERROR);
      if (action == SERVER_CLOSE) {
        (void)uv_run(&world.loop, UV_RUN_DEFAULT);
        world.server = NULL;
      }
      world_close(&world);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_broken_rule),
      cmocka_unit_test(endless_data_after_an_error),
      cmocka_unit_test(a_peer_that_stays_after_an_error),
      cmocka_unit_test(an_end_without_a_close_frame),
      cmocka_unit_test(an_end_before_the_request),
      cmocka_unit_test(a_reset_with_writes_pending),
      cmocka_unit_test(terminated_with_writes_pending),
      cmocka_unit_test(an_answer_that_is_not_taken),
      cmocka_unit_test(a_clean_end_within_the_grace),
      cmocka_unit_test(pieces_of_two_connections),
      cmocka_unit_test(everything_from_everywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
