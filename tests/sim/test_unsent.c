/* A connection that ends while the peer has not been sent everything is reset,
   so that the peer does not take what it has for all, and so that the kernel
   holds nothing for it. Otherwise it ends with FIN. */
#include "support/host.h"

static sim_host host;

/* A connection whose peer takes nothing of what it is sent. */
static sim_peer *stopped(const wss_options *options) {
  static const uint8_t much[300000];
  sim_peer *peer;
  host_open(&host, options, false);
  peer = host_meet(&host);
  sim_peer_read(peer, false);
  sim_room(peer, 100000);
  assert_true(wss_send(host.conn, WSS_BINARY, much, sizeof much) >= 0);
  sim_settle();
  assert_true(sim_held(peer) > 0);
  assert_int_equal(host.closes, 0);
  return peer;
}

static void expect_reset(const sim_peer *peer, wss_cause cause) {
  sim_settle();
  assert_int_equal(host.closes, 1);
  assert_string_equal(wss_cause_name(host_last(&host)->info.cause),
                      wss_cause_name(cause));
  assert_true(peer->reset);
  assert_false(peer->fin);
  host_close(&host);
}

static void takes_nothing(void **state) {
  sim_peer *peer = stopped(&(wss_options){.write_timeout = 1000});
  (void)state;
  sim_advance(2000);
  expect_reset(peer, WSS_CAUSE_WRITE_TIMEOUT);
}

static void is_terminated(void **state) {
  sim_peer *peer = stopped(NULL);
  (void)state;
  wss_terminate(host.conn);
  expect_reset(peer, WSS_CAUSE_TERMINATED);
}

static void does_not_take_the_close_frame(void **state) {
  sim_peer *peer = stopped(NULL);
  (void)state;
  assert_int_equal(wss_close(host.conn, 1000, ""), 0);
  sim_advance(20000);
  expect_reset(peer, WSS_CAUSE_CLOSE_TIMEOUT);
}

static void does_not_take_the_answer_to_its_close_frame(void **state) {
  sim_peer *peer = stopped(&(wss_options){.send_high_water = 4000000});
  (void)state;
  host_frame(peer, 0x88, "\x03\xe8", 2);
  sim_advance(20000);
  expect_reset(peer, WSS_CAUSE_CLOSE_TIMEOUT);
}

static void broke_a_rule(void **state) {
  sim_peer *peer = stopped(&(wss_options){.send_high_water = 4000000});
  (void)state;
  host_frame(peer, 0x83, "", 0);
  sim_advance(20000);
  expect_reset(peer, WSS_CAUSE_PROTOCOL);
}

static void the_grace_passes(void **state) {
  sim_peer *peer = stopped(NULL);
  (void)state;
  host_shut(&host, 1000);
  sim_advance(1000);
  expect_reset(peer, WSS_CAUSE_GRACE_PASSED);
}

static void ends_without_a_close_frame(void **state) {
  sim_peer *peer = stopped(&(wss_options){.send_high_water = 4000000});
  (void)state;
  sim_fin(peer);
  expect_reset(peer, WSS_CAUSE_PEER_FIN);
}

/* All is in the kernel: a peer that is slow to read must get it. */
static void has_been_sent_everything(void **state) {
  int i;
  (void)state;
  for (i = 0; i < 3; i++) {
    sim_peer *peer;
    host_open(&host, &(wss_options){.idle_timeout = 3000}, false);
    peer = host_meet(&host);
    sim_peer_read(peer, false);
    assert_int_equal(wss_send(host.conn, WSS_TEXT, "last", 4), 0);
    sim_settle();
    if (i == 0)
      wss_terminate(host.conn);
    else if (i == 1)
      assert_int_equal(wss_close(host.conn, 1000, ""), 0);
    sim_advance(10000);
    assert_int_equal(host.closes, 1);
    assert_false(peer->reset);
    sim_take(peer, SIZE_MAX);
    assert_true(sim_has(peer, "last"));
    assert_true(peer->fin);
    host_close(&host);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_nothing),
      cmocka_unit_test(is_terminated),
      cmocka_unit_test(does_not_take_the_close_frame),
      cmocka_unit_test(does_not_take_the_answer_to_its_close_frame),
      cmocka_unit_test(broke_a_rule),
      cmocka_unit_test(the_grace_passes),
      cmocka_unit_test(ends_without_a_close_frame),
      cmocka_unit_test(has_been_sent_everything),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
