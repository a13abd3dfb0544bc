/* What libuv takes memory for while a server runs: the table of descriptors
   that it watches, which belongs to the loop and without which it ends the
   program. Nothing else, so there is nothing else to fail. On the real libuv.
 */
#include "support/world.h"

#include <stdlib.h>
#include <string.h>

#define COUNT 50

static size_t calls;   /* of malloc and calloc */
static size_t resizes; /* of realloc: the table */

static void *counting_malloc(size_t size) {
  calls++;
  return malloc(size);
}

static void *counting_calloc(size_t count, size_t size) {
  calls++;
  return calloc(count, size);
}

static void *counting_realloc(void *memory, size_t size) {
  resizes++;
  return realloc(memory, size);
}

static void echo(test_world *world, wss_conn *conn,
                 const wss_message *message) {
  (void)world;
  (void)wss_send(conn, message->type, message->data, message->size);
}

static void a_server_and_its_connections(void **state) {
  static uint8_t data[500000];
  test_world world;
  test_peer *peers[COUNT];
  size_t before;
  int i;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.message = echo;
  before = calls;
  assert_true(before > 0); /* of uv_loop_init: they are counted */
  for (i = 0; i < COUNT; i++) {
    test_peer *peer = peers[i] = peer_connect(&world);
    peer_open(peer);
    peer_read(peer, false);
    peer_frame(peer, 0x82, data, sizeof data);
    world_until(&world, world.seen.messages == i + 1);
    peer_read(peer, true);
    world_until(&world, peer->size == sizeof data + 10);
  }
  for (i = 0; i < COUNT; i++)
    peer_close(peers[i]);
  world_until(&world, world.seen.closes == COUNT);
  assert_int_equal(calls, before);
  assert_in_range(resizes, 1, 5);
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_server_and_its_connections),
  };
  if (uv_replace_allocator(counting_malloc, counting_realloc, counting_calloc,
                           free) != 0)
    return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
