/* What stops and starts the flow of messages: pauses, full buffers, the end of
   the room for control frames. */
#include "support/allocator.h"
#include "support/world.h"

#include <stdlib.h>
#include <string.h>

#define FRAME 7 /* bytes of a masked frame that carries one */

/* Frames with the letters from a on, in one piece, so that one read has all. */
static void send_letters(test_peer *peer, int count) {
  uint8_t frames[26 * FRAME];
  int i;
  for (i = 0; i < count; i++) {
    memcpy(frames + i * FRAME, "\x81\x81\0\0\0\0", 6);
    frames[i * FRAME + 6] = (uint8_t)('a' + i);
  }
  peer_send(peer, frames, (size_t)(count * FRAME));
}

static char letters[64]; /* of the messages, in their order */

static void note(test_world *world, const wss_message *message) {
  assert_int_equal(message->size, 1);
  letters[world->seen.messages - 1] = *(const char *)message->data;
  letters[world->seen.messages] = '\0';
}

static void pause_each(test_world *world, wss_conn *conn,
                       const wss_message *message) {
  note(world, message);
  wss_pause(conn);
}

static void one_at_a_time(void **state) {
  test_world world;
  test_peer *peer;
  int i;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.message = pause_each;
  peer = peer_connect(&world);
  peer_open(peer);
  send_letters(peer, 26);
  for (i = 1; i <= 26; i++) {
    world_until(&world, world.seen.messages >= i);
    world_turns(&world);
    assert_int_equal(world.seen.messages, i);
    world.in_call = true;
    wss_resume(world.seen.conn);
    world.in_call = false;
    assert_int_equal(world.seen.messages, i);
  }
  assert_string_equal(letters, "abcdefghijklmnopqrstuvwxyz");
  peer_close(peer);
  world_close(&world);
}

static void pause_conn(test_world *world, wss_conn *conn) {
  (void)world;
  wss_pause(conn);
}

static void note_message(test_world *world, wss_conn *conn,
                         const wss_message *message) {
  (void)conn;
  note(world, message);
}

static void paused_from_the_start(void **state) {
  test_world world;
  test_peer *peer;
  wss_stats stats;
  static uint8_t data[3000000];
  (void)state;
  world_open(&world, &(wss_options){.max_message_size = WSS_OFF}, false);
  world.hooks.open = pause_conn;
  world.hooks.message = note_message;
  peer = peer_connect(&world);
  peer_open(peer);
  send_letters(peer, 3);
  peer_frame(peer, 0x89, "p", 1);
  peer_frame(peer, 0x8a, data, sizeof data > 125 ? 125 : 0);
  peer_frame(peer, 0x82, data, sizeof data);
  world_turns(&world);
  wss_server_stats(world.server, &stats);
  assert_int_equal(world.seen.messages, 0);
  assert_int_equal(world.seen.pongs, 0);
  assert_int_equal(peer->size, 0);
  /* Read no further than the kernel has taken: at most one read. */
  assert_true(stats.bytes_in < 70000);
  world.hooks.message = NULL;
  wss_resume(world.seen.conn);
  world_until(&world, world.seen.messages == 4);
  assert_int_equal(world.seen.last_size, sizeof data);
  assert_int_equal(world.seen.pongs, 1);
  assert_int_equal(peer->size, 3);
  peer_close(peer);
  world_close(&world);
}

static void pause_and_resume(test_world *world, wss_conn *conn,
                             const wss_message *message) {
  note(world, message);
  wss_pause(conn);
  wss_pause(conn);
  wss_resume(conn);
}

static void resumed_at_once(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.message = pause_and_resume;
  peer = peer_connect(&world);
  peer_open(peer);
  send_letters(peer, 5);
  world_until(&world, world.seen.messages == 5);
  assert_string_equal(letters, "abcde");
  peer_close(peer);
  world_close(&world);
}

/* The peer's Close and FIN wait behind the messages that were held. */
static void the_end_waits_for_its_turn(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.message = pause_each;
  peer = peer_connect(&world);
  peer_open(peer);
  send_letters(peer, 2);
  peer_frame(peer, 0x88, "\x03\xe8", 2);
  peer_shutdown(peer);
  world_until(&world, world.seen.messages == 1);
  world_turns(&world);
  assert_int_equal(world.seen.closes, 0);
  wss_resume(world.seen.conn);
  world_until(&world, world.seen.messages == 2);
  world_turns(&world);
  assert_int_equal(world.seen.closes, 0);
  wss_resume(world.seen.conn);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.code, 1000);
  assert_int_equal(world.seen.info.error, 0);
  peer_close(peer);
  world_close(&world);
}

/* Closed from here, what was held is never delivered, and the peer's Close that
   lies behind it is found all the same. */
static void closed_while_paused(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.message = pause_each;
  peer = peer_connect(&world);
  peer_open(peer);
  send_letters(peer, 9);
  peer_frame(peer, 0x88, "\x03\xe8", 2);
  world_until(&world, world.seen.messages == 1);
  assert_int_equal(wss_close(world.seen.conn, 1001, NULL), 0);
  world_until(&world, peer->ended);
  assert_int_equal(peer->size, 4);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.messages, 1);
  assert_int_equal(world.seen.info.code, 1000);
  assert_int_equal(world.seen.info.code_sent, 1001);
  world_close(&world);
}

/* ---- The send buffer ----------------------------------------------------- */

static size_t sent; /* bytes of frames */

static void fill(wss_conn *conn) {
  static const uint8_t data[100000];
  int err;
  while ((err = wss_send(conn, WSS_BINARY, data, sizeof data)) >= 0)
    sent += sizeof data + 10;
  assert_int_equal(err, WSS_ERR_AGAIN);
}

static void fill_at_first(test_world *world, wss_conn *conn,
                          const wss_message *message) {
  note(world, message);
  if (world->seen.messages == 1)
    fill(conn);
}

/* More than the kernel takes is queued in on_message: the other messages of the
   same read wait until the peer reads. */
static void full_in_the_middle_of_a_read(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, &(wss_options){.max_send_buffer = 20000000}, false);
  world.hooks.message = fill_at_first;
  sent = 0;
  peer = peer_connect(&world);
  peer_open(peer);
  peer_read(peer, false);
  send_letters(peer, 8);
  world_until(&world, world.seen.messages >= 1);
  world_turns(&world);
  assert_int_equal(world.seen.messages, 1);
  assert_int_equal(world.seen.drains, 0);
  assert_true(wss_buffered(world.seen.conn) > 65536);
  peer_read(peer, true);
  world_until(&world, world.seen.drains == 1 && peer->size == sent);
  world_until(&world, world.seen.messages == 8);
  assert_string_equal(letters, "abcdefgh");
  world_turns(&world);
  assert_int_equal(world.seen.drains, 1);
  peer_close(peer);
  world_close(&world);
}

/* Nobody waits for room, so nobody is told of it. */
static void no_drain_without_need(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  assert_int_equal(wss_send(world.seen.conn, WSS_TEXT, "x", 1), 0);
  assert_int_equal(wss_ping(world.seen.conn, "x", 1), 0);
  world_until(&world, peer->size == 6);
  world_turns(&world);
  assert_int_equal(world.seen.drains, 0);
  peer_close(peer);
  world_close(&world);
}

static void fill_again(test_world *world, wss_conn *conn) {
  assert_int_equal(wss_buffered(conn), 0);
  if (world->seen.drains < 3)
    fill(conn);
}

static void filled_anew_at_each_drain(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.drain = fill_again;
  sent = 0;
  peer = peer_connect(&world);
  peer_open(peer);
  fill(world.seen.conn);
  world_until(&world, world.seen.drains == 3);
  world_until(&world, peer->size == sent);
  assert_int_equal(wss_buffered(world.seen.conn), 0);
  peer_close(peer);
  world_close(&world);
}

/* A peer that does not read pings, the program pings: no Pong, no Ping passes
   the room there is, and the Close frame has a place of its own. */
static void the_close_frame_always_fits(void **state) {
  const wss_options options = {.max_send_buffer = 200000,
                               .send_high_water = WSS_OFF};
  test_world world;
  test_peer *peer;
  wss_conn *conn;
  size_t most;
  int i;
  (void)state;
  world_open(&world, &options, false);
  peer = peer_connect(&world);
  peer_open(peer);
  conn = world.seen.conn;
  peer_read(peer, false);
  do {
    fill(conn);
    most = wss_buffered(conn);
    world_turns(&world);
  } while (wss_buffered(conn) < most);
  while (wss_ping(conn, "0123456789", 10) == 0)
    ;
  assert_int_equal(wss_ping(conn, "0123456789", 10), WSS_ERR_AGAIN);
  assert_true(wss_buffered(conn) <= 200000);
  for (i = 0; i < 50; i++)
    peer_frame(peer, 0x89, "0123456789", 10);
  peer_frame(peer, 0x81, "x", 1);
  world_until(&world, world.seen.messages == 1);
  assert_true(wss_buffered(conn) > 200000 - 12);
  assert_true(wss_buffered(conn) <= 200000 + 135);
  assert_int_equal(wss_close(conn, 1008, "too slow"), 0);
  peer_read(peer, true);
  world_until(&world,
              peer->size > 12 && memcmp(peer->data + peer->size - 12,
                                        "\x88\x0a\x03\xf0too slow", 12) == 0);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.code_sent, 1008);
  world_close(&world);
}

/* To the byte: what could fit into an empty buffer is not "too big". */
static void too_big_to_the_byte(void **state) {
  static const struct {
    int64_t room;
    size_t fits;
  } cases[] = {{1, 0}, {2, 0}, {10, 8}, {127, 125}, {130, 126}, {70010, 70000}};
  static const uint8_t data[70010];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const wss_options options = {.max_send_buffer = cases[i].room};
    size_t fits = cases[i].fits;
    test_world world;
    test_peer *peer;
    world_open(&world, &options, false);
    peer = peer_connect(&world);
    peer_open(peer);
    if (cases[i].room > 1) {
      assert_true(wss_send(world.seen.conn, WSS_BINARY, data, fits) >= 0);
      /* A large one is on its way already. */
      if (fits < 32768) {
        assert_int_equal(wss_buffered(world.seen.conn), cases[i].room);
        assert_int_equal(wss_send(world.seen.conn, WSS_BINARY, data, 0),
                         WSS_ERR_AGAIN);
      }
    }
    world_until(&world, wss_buffered(world.seen.conn) == 0);
    assert_int_equal(wss_send(world.seen.conn, WSS_BINARY, data, fits + 1),
                     WSS_ERR_TOO_BIG);
    assert_int_equal(wss_buffered(world.seen.conn), 0);
    peer_close(peer);
    world_close(&world);
  }
}

static int send_early(test_world *world, wss_conn *conn,
                      const wss_request *request) {
  (void)world;
  (void)request;
  assert_int_equal(wss_send(conn, WSS_TEXT, "x", 1), WSS_ERR_STATE);
  assert_int_equal(wss_ping(conn, "x", 1), WSS_ERR_STATE);
  assert_int_equal(wss_accept(conn, NULL), 0);
  assert_int_equal(wss_send(conn, WSS_TEXT, "hello", 5), 0);
  return WSS_ACCEPT;
}

static void greet(test_world *world, wss_conn *conn) {
  (void)world;
  assert_int_equal(wss_send(conn, WSS_TEXT, "again", 5), 0);
}

/* Nothing is sent before the 101; behind it, all in its order. */
static void what_is_sent_early(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = send_early;
  world.hooks.open = greet;
  peer = peer_connect(&world);
  peer_open(peer);
  world_until(&world, peer->size == 14);
  assert_memory_equal(peer->data,
                      "\x81\x05hello\x81\x05"
                      "again",
                      14);
  peer_close(peer);
  world_close(&world);
}

static void echo(test_world *world, wss_conn *conn,
                 const wss_message *message) {
  (void)world;
  assert_true(wss_send(conn, message->type, message->data, message->size) >= 0);
}

/* 1 MiB in two frames, in pieces cut by a generator with a fixed seed. */
static void a_mebibyte_in_pieces(void **state) {
  enum { SIZE = 1 << 20, FIRST = 300001 };
  uint8_t *message = malloc(SIZE);
  uint8_t *wire = malloc(SIZE + 28);
  test_world world;
  test_peer *peer;
  size_t at = 0;
  uint32_t seed = 1;
  size_t i;
  (void)state;
  memcpy(wire, "\x02\xff\0\0\0\0\0\x04\x93\xe1\0\0\0\0", 14);
  memcpy(wire + 14 + FIRST, "\x80\xff\0\0\0\0\0\x0b\x6c\x1f\0\0\0\0", 14);
  for (i = 0; i < SIZE; i++) {
    message[i] = (uint8_t)((i * 31 + i / 257) & 0xff);
    wire[i + (i < FIRST ? 14 : 28)] = message[i];
  }
  world_open(&world, NULL, false);
  world.hooks.message = echo;
  peer = peer_connect(&world);
  peer_open(peer);
  while (at < SIZE + 28) {
    size_t size;
    seed = seed * 1664525 + 1013904223;
    size = (seed >> 16) % ((seed >> 8) % 4 == 0 ? 4 : 9000) + 1;
    if (size > SIZE + 28 - at)
      size = SIZE + 28 - at;
    peer_send(peer, wire + at, size);
    at += size;
    (void)uv_run(&world.loop, UV_RUN_NOWAIT);
  }
  world_until(&world, peer->size == SIZE + 10);
  assert_memory_equal(peer->data, "\x82\x7f\0\0\0\0\0\x10\0\0", 10);
  assert_memory_equal(peer->data + 10, message, SIZE);
  free(wire);
  free(message);
  peer_close(peer);
  world_close(&world);
}

/* What an idle connection costs beside the library's handle. */
static void an_idle_connection_owns_no_buffer(void **state) {
  wss_options options = {0};
  test_allocator memory;
  test_world world;
  test_peer *peer;
  size_t before;
  (void)state;
  test_allocator_init(&memory);
  options.allocator = memory.functions;
  world_open(&world, &options, false);
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
  /* Its place in the pool, and the table of ids. */
  assert_int_equal(memory.blocks, before + 2);
  peer_close(peer);
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_at_a_time),
      cmocka_unit_test(paused_from_the_start),
      cmocka_unit_test(resumed_at_once),
      cmocka_unit_test(the_end_waits_for_its_turn),
      cmocka_unit_test(closed_while_paused),
      cmocka_unit_test(full_in_the_middle_of_a_read),
      cmocka_unit_test(no_drain_without_need),
      cmocka_unit_test(filled_anew_at_each_drain),
      cmocka_unit_test(the_close_frame_always_fits),
      cmocka_unit_test(too_big_to_the_byte),
      cmocka_unit_test(what_is_sent_early),
      cmocka_unit_test(a_mebibyte_in_pieces),
      cmocka_unit_test(an_idle_connection_owns_no_buffer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
