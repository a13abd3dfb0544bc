/* A large message goes to the wire within wss_send, as far as the kernel takes
   it; the rest waits behind it, and the peer gets all of it in order. */
#include <string.h>

#include "support/host.h"

#define LARGE 1000000

static uint8_t data[LARGE];
static sim_host host;

static sim_peer *meet(const wss_options *options) {
  sim_peer *peer;
  for (size_t i = 0; i < LARGE; i++)
    data[i] = (uint8_t)(i * 31 + i / 251);
  host_open(&host, options, false);
  peer = host_meet(&host);
  return peer;
}

/* The peer has got frames "a" and "b" with the large one between them. */
static void expect_all(const sim_peer *peer) {
  static const uint8_t head[] = {0x81,
                                 1,
                                 'a',
                                 0x82,
                                 127,
                                 0,
                                 0,
                                 0,
                                 0,
                                 LARGE >> 24,
                                 (LARGE >> 16) & 255,
                                 (LARGE >> 8) & 255,
                                 LARGE & 255};
  assert_int_equal(peer->size, sizeof head + LARGE + 3);
  assert_memory_equal(peer->data, head, sizeof head);
  assert_memory_equal(peer->data + sizeof head, data, LARGE);
  assert_memory_equal(peer->data + sizeof head + LARGE,
                      "\x81\x01"
                      "b",
                      3);
}

static int send_three(void) {
  int result;
  assert_int_equal(wss_send(host.conn, WSS_TEXT, "a", 1), 0);
  result = wss_send(host.conn, WSS_BINARY, data, LARGE);
  assert_true(wss_send(host.conn, WSS_TEXT, "b", 1) >= 0);
  return result;
}

static void the_kernel_takes_all(void **state) {
  sim_peer *peer = meet(NULL);
  size_t peak;
  (void)state;
  test_allocator_mark(&host.memory);
  peak = host.memory.peak;
  assert_int_equal(send_three(), 0);
  assert_int_equal(wss_buffered(host.conn), 3);
  /* It was never copied as a whole. */
  assert_true(host.memory.peak - peak < 200000);
  sim_settle();
  expect_all(peer);
  assert_int_equal(host.drains, 0);
  host_close(&host);
}

/* Wherever the kernel stops. */
static void the_kernel_takes_a_part(void **state) {
  static const size_t quotas[] = {0,     1,     16383, 16384,  16385,
                                  65536, 80000, 81920, 500000, LARGE + 12};
  (void)state;
  for (size_t i = 0; i < sizeof quotas / sizeof quotas[0]; i++) {
    sim_peer *peer = meet(NULL);
    sim_quota(peer, quotas[i]);
    assert_int_equal(send_three(), quotas[i] < LARGE - 65536);
    assert_true(wss_buffered(host.conn) <= LARGE + 16 - quotas[i] + 65536);
    sim_settle();
    assert_int_equal(peer->size, quotas[i]);
    sim_quota(peer, SIZE_MAX);
    sim_settle();
    expect_all(peer);
    assert_int_equal(wss_buffered(host.conn), 0);
    host_close(&host);
  }
}

/* What waits already is not overtaken. */
static void others_are_in_flight(void **state) {
  sim_peer *peer = meet(NULL);
  (void)state;
  sim_quota(peer, 0);
  assert_int_equal(wss_send(host.conn, WSS_TEXT, "a", 1), 0);
  sim_settle();
  assert_int_equal(wss_send(host.conn, WSS_BINARY, data, LARGE), 1);
  assert_int_equal(wss_buffered(host.conn), 3 + 10 + LARGE);
  assert_int_equal(wss_send(host.conn, WSS_TEXT, "b", 1), 1);
  sim_quota(peer, SIZE_MAX);
  sim_settle();
  expect_all(peer);
  host_close(&host);
}

/* The limit counts as if nothing had been written yet. */
static void the_limit_holds(void **state) {
  sim_peer *peer = meet(&(wss_options){.max_send_buffer = LARGE});
  (void)state;
  assert_int_equal(wss_send(host.conn, WSS_BINARY, data, LARGE - 9),
                   WSS_ERR_TOO_BIG);
  sim_quota(peer, 0);
  assert_int_equal(wss_send(host.conn, WSS_BINARY, data, LARGE - 10), 1);
  assert_int_equal(wss_buffered(host.conn), LARGE);
  assert_int_equal(wss_send(host.conn, WSS_BINARY, data, 100000),
                   WSS_ERR_AGAIN);
  host_close(&host);
}

/* The end comes from a later turn, not from inside wss_send. */
static void the_peer_is_gone(void **state) {
  (void)state;
  (void)meet(NULL);
  sim_fail(SIM_UV_TRY_WRITE, UV_EPIPE, 2, 1);
  assert_int_equal(wss_send(host.conn, WSS_BINARY, data, LARGE), 0);
  assert_int_equal(host.closes, 0);
  assert_int_equal(wss_send(host.conn, WSS_BINARY, data, LARGE),
                   WSS_ERR_CLOSED);
  sim_settle();
  assert_int_equal(host.closes, 1);
  assert_int_equal(host_last(&host)->error, UV_EPIPE);
  host_close(&host);
}

/* A Pong for which there was no memory waits behind the whole of it. */
static void a_pong_waits(void **state) {
  sim_peer *peer = meet(NULL);
  (void)state;
  sim_quota(peer, 0);
  assert_int_equal(wss_send(host.conn, WSS_TEXT, "a", 1), 0);
  sim_settle();
  host_frame(peer, 0x89, "p", 1);
  sim_settle();
  sim_quota(peer, SIZE_MAX);
  test_allocator_fail(&host.memory, 1, true);
  sim_settle();
  test_allocator_fail(&host.memory, 0, false);
  assert_int_equal(peer->size, 3);
  assert_int_equal(wss_send(host.conn, WSS_BINARY, data, LARGE), 0);
  assert_int_equal(wss_send(host.conn, WSS_TEXT, "b", 1), 0);
  sim_settle();
  assert_memory_equal(peer->data + peer->size - 3, "\x8a\x01p", 3);
  peer->size -= 3;
  expect_all(peer);
  peer->size += 3;
  host_close(&host);
}

/* Half of a message cannot be taken back: the connection ends. */
static void no_memory_for_the_rest(void **state) {
  sim_peer *peer = meet(NULL);
  size_t failures = 0;
  (void)state;
  host_close(&host);
  for (size_t n = 1; failures == n - 1; n++) {
    int result;
    peer = meet(NULL);
    sim_quota(peer, 100000);
    test_allocator_fail(&host.memory, n, false);
    result = wss_send(host.conn, WSS_BINARY, data, LARGE);
    failures += host.memory.failures;
    if (host.memory.failures == 0)
      assert_int_equal(result, 1);
    else if (result != 0) /* 0: libuv was to keep what the kernel left */
      assert_int_equal(result, WSS_ERR_NOMEM);
    sim_settle();
    if (host.memory.failures > 0 && peer->size > 0) {
      assert_int_equal(host.closes, 1);
      assert_int_equal(host_last(&host)->info.cause, WSS_CAUSE_NO_MEMORY);
    } else {
      assert_int_equal(host.closes, 0);
    }
    host_close(&host);
  }
  assert_true(failures >= 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_kernel_takes_all),
      cmocka_unit_test(the_kernel_takes_a_part),
      cmocka_unit_test(others_are_in_flight),
      cmocka_unit_test(the_limit_holds),
      cmocka_unit_test(the_peer_is_gone),
      cmocka_unit_test(a_pong_waits),
      cmocka_unit_test(no_memory_for_the_rest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
