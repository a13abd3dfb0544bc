/* Pings of a peer that does not read what it is sent (RFC 6455 5.5.3). */
#include <string.h>

#include "support/host.h"

static sim_host host;

/* A peer for which bytes wait, but not so many that it is not read from. */
static sim_peer *slow_peer(void) {
  static const uint8_t some[20000];
  sim_peer *peer = host_meet(&host);
  sim_peer_read(peer, false);
  sim_room(peer, 1000);
  assert_int_equal(wss_send(host.conn, WSS_BINARY, some, sizeof some), 0);
  sim_settle();
  return peer;
}

static void ping(sim_peer *peer, const char *payload) {
  host_frame(peer, 0x89, payload, strlen(payload));
  sim_settle();
}

/* How many frames begin so. */
static int count(const sim_peer *peer, const char *start) {
  size_t size = strlen(start);
  size_t at;
  int found = 0;
  for (at = 0; at + size <= peer->size; at++)
    found += memcmp(peer->data + at, start, size) == 0;
  return found;
}

static void take_all(sim_peer *peer) {
  sim_room(peer, 1000000);
  sim_peer_read(peer, true);
  sim_settle();
}

/* While a Pong waits, only the newest Ping is answered; memory does not grow
   with their number. */
static void the_newest_is_answered(void **state) {
  sim_peer *peer;
  int64_t bytes;
  int i;
  (void)state;
  host_open(&host, NULL, false);
  peer = slow_peer();
  ping(peer, "first");
  bytes = (int64_t)host.memory.bytes;
  for (i = 0; i < 40; i++)
    ping(peer, "other");
  ping(peer, "last");
  assert_int_equal(host.memory.bytes, bytes);
  take_all(peer);
  assert_int_equal(count(peer, "\x8a\x04last"), 1);
  assert_int_equal(count(peer, "\x8a"), 1);
  ping(peer, "next"); /* it reads again: each is answered */
  ping(peer, "then");
  assert_int_equal(count(peer, "\x8a\x04next"), 1);
  assert_int_equal(count(peer, "\x8a\x04then"), 1);
  host_close(&host);
}

/* A peer that has gone meanwhile leaves nothing behind. */
static void an_end_before_the_answer(void **state) {
  sim_peer *peer;
  (void)state;
  host_open(&host, NULL, false);
  peer = slow_peer();
  ping(peer, "first");
  sim_reset(peer);
  sim_settle();
  assert_int_equal(host.closes, 1);
  host_close(&host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_newest_is_answered),
      cmocka_unit_test(an_end_before_the_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
