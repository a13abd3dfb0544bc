/* Peers that reset while much waits to be written to them, in a program that
   has never heard of SIGPIPE. */
#include "support/world.h"

#include <signal.h>
#include <stdlib.h>

static const uint8_t much[256 * 1024];

/* As many as WSS_RESETS says; the nightly tier has a thousand. */
static void resets_with_writes_pending(void **state) {
  const char *given = getenv("WSS_RESETS");
  int resets = given == NULL ? 60 : (int)strtol(given, NULL, 10);
  const wss_options options = {.max_connections = WSS_OFF};
  struct sigaction action;
  test_world world;
  int i;
  (void)state;
  assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
  world_open(&world, &options, false);
  for (i = 0; i < resets; i++) {
    test_peer *peer = peer_connect(&world);
    wss_conn *conn;
    peer_open(peer);
    conn = world.seen.conn;
    peer_read(peer, false);
    while (wss_buffered(conn) < sizeof much) {
      assert_true(wss_send(conn, WSS_BINARY, much, sizeof much) >= 0);
      world_turns(&world);
    }
    peer_reset(peer);
    world_until(&world, world.seen.closes == i + 1);
    assert_int_equal(world.seen.info.cause, WSS_CAUSE_PEER_RESET);
    assert_int_equal(world.seen.info.code, 1006);
  }
  assert_int_equal(world.seen.requests, resets);
  assert_int_equal(world.seen.errors, 0);
  assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
  assert_true(action.sa_handler == SIG_IGN);
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(resets_with_writes_pending),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
