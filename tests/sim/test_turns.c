/* What one peer may take of a turn of the loop's: libuv would read from it
   until nothing is left, up to 32 buffers. */
#include <string.h>

#include "net/loop.h"
#include "support/host.h"

#define MESSAGE 1000
#define FRAME (MESSAGE + 8) /* with its head: 4 bytes and the mask */
#define MESSAGES 325 /* five buffers, and then the first bytes of a sixth */

static sim_host host;

/* Sends that many messages at once. */
static void flood(sim_peer *peer, int count) {
  static uint8_t frames[MESSAGES * FRAME];
  static char payload[MESSAGE];
  uint8_t frame[MESSAGE + 14];
  int i;
  for (i = 0; i < count; i++) {
    assert_int_equal(host_pack(frame, 0x82, payload, sizeof payload), FRAME);
    memcpy(frames + (size_t)i * FRAME, frame, FRAME);
  }
  assert_true(sim_send(peer, frames, (size_t)count * FRAME));
}

static void a_peer_is_read_from_once_in_a_turn(void **state) {
  const size_t all = (size_t)MESSAGES * FRAME;
  sim_peer *peer;
  sim_peer *other;
  size_t turn;
  (void)state;
  host_open(&host, NULL, false);
  peer = host_meet(&host);
  other = host_meet(&host);
  flood(peer, MESSAGES);
  for (turn = 1; turn * WSS__READ_SIZE < all; turn++) {
    /* Another one is heard in each of them. */
    host_frame(other, 0x81, "hello", 5);
    sim_turn();
    assert_int_equal(sim_unread(peer), all - turn * WSS__READ_SIZE);
    assert_int_equal(sim_unread(other), 0);
  }
  sim_settle();
  assert_int_equal(sim_unread(peer), 0);
  assert_int_equal(host.messages, MESSAGES + (int)turn - 1);
  host_close(&host);
}

/* Exactly as much as one read takes: what follows is heard all the same. */
static void the_end_behind_a_full_buffer_is_heard(void **state) {
  static char payload[WSS__READ_SIZE - 8];
  sim_peer *peer;
  (void)state;
  host_open(&host, NULL, false);
  peer = host_meet(&host);
  host_frame(peer, 0x82, payload, sizeof payload);
  sim_fin(peer);
  sim_settle();
  assert_int_equal(host.messages, 1);
  assert_int_equal(host.closes, 1);
  assert_int_equal(host_last(&host)->info.cause, WSS_CAUSE_PEER_FIN);
  host_close(&host);
}

static void pause_it(sim_host *of, wss_conn *conn, const wss_message *message) {
  (void)of;
  (void)message;
  wss_pause(conn);
}

/* The turn that would go on with reading finds it paused. */
static void a_paused_one_stays_paused(void **state) {
  sim_peer *peer;
  size_t left;
  (void)state;
  host_open(&host, NULL, false);
  peer = host_meet(&host);
  host.hooks.message = pause_it;
  flood(peer, MESSAGES);
  sim_settle();
  left = sim_unread(peer);
  assert_int_equal(left, (size_t)MESSAGES * FRAME - WSS__READ_SIZE);
  assert_int_equal(host.messages, 1);
  host.hooks.message = NULL;
  wss_resume(host.conn);
  sim_settle();
  assert_int_equal(sim_unread(peer), 0);
  assert_int_equal(host.messages, MESSAGES);
  host_close(&host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_peer_is_read_from_once_in_a_turn),
      cmocka_unit_test(the_end_behind_a_full_buffer_is_heard),
      cmocka_unit_test(a_paused_one_stays_paused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
