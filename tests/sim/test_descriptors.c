/* There are no descriptors, and libuv's reserve is gone, too: the loop goes on,
   it is told of once, and whoever waits gets in when there are some again. */
#include "support/host.h"

#define RETRY 500

static sim_host host;

/* Three who cannot be accepted, and one who was. */
static void exhaust(sim_peer *open, sim_peer *waiting[3]) {
  size_t i;
  sim_reserve_fd(false);
  for (i = 0; i < 3; i++) {
    waiting[i] = host_connect(&host);
    assert_true(sim_text(waiting[i], host_handshake("")));
  }
  sim_max_fds(0);
  sim_settle();
  assert_int_equal(host.errors, 1);
  assert_int_equal(host_last(&host)->error, UV_EMFILE);
  assert_ptr_equal(host_last(&host)->listener, host.plain);
  host_frame(open, 0x89, "p", 1);
  sim_settle();
  assert_true(sim_has(open, "\x8a\x01p"));
  sim_forget(open, open->size);
}

static void expect_served(sim_peer *waiting[3]) {
  size_t i;
  for (i = 0; i < 3; i++)
    assert_true(sim_has(waiting[i], "HTTP/1.1 101 "));
  assert_int_equal(host.opens, 4);
  assert_int_equal(host.errors, 1);
  assert_int_equal(host.closes, 0);
}

static void who_waits_gets_in(void **state) {
  sim_peer *waiting[3];
  sim_peer *open;
  uint64_t calls;
  (void)state;
  host_open(&host, NULL, false);
  open = host_meet(&host);
  exhaust(open, waiting);
  calls = sim_called(SIM_ACCEPT);
  sim_advance(100 * RETRY);
  assert_int_equal(sim_called(SIM_ACCEPT), calls);
  assert_int_equal(wss_listener_port(host.plain), host.port);
  sim_max_fds(1000);
  sim_advance(RETRY);
  expect_served(waiting);
  /* And again. */
  host.errors = 0;
  exhaust(open, waiting);
  host_close(&host);
}

/* There is one descriptor, and so the listener is open, but accepting fails. */
static void one_descriptor_is_too_few(void **state) {
  sim_peer *waiting[3];
  sim_peer *open;
  uint64_t calls;
  (void)state;
  host_open(&host, NULL, false);
  open = host_meet(&host);
  exhaust(open, waiting);
  calls = sim_called(SIM_ACCEPT);
  sim_max_fds(5); /* a listener's two, the peers' four, one connection's */
  sim_advance(10 * RETRY);
  assert_true(sim_called(SIM_ACCEPT) - calls >= 10);
  assert_true(sim_called(SIM_ACCEPT) - calls <= 20);
  sim_max_fds(1000);
  sim_advance(RETRY);
  expect_served(waiting);
  host_close(&host);
}

/* It is tried again however it fails. */
static void opening_fails_too(void **state) {
  static const sim_call calls[] = {SIM_UV_TCP_INIT, SIM_UV_TCP_OPEN,
                                   SIM_UV_LISTEN};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    sim_peer *waiting[3];
    host_open(&host, NULL, false);
    exhaust(host_meet(&host), waiting);
    sim_max_fds(1000);
    sim_fail(calls[i], UV_EINVAL, 1, 3);
    sim_advance(3 * RETRY);
    assert_int_equal(sim_failed(calls[i]), 3);
    assert_int_equal(host.opens, 1);
    sim_advance(RETRY);
    expect_served(waiting);
    host_close(&host);
  }
}

static void closed_meanwhile(void **state) {
  int i;
  (void)state;
  for (i = 0; i < 4; i++) {
    sim_peer *waiting[3];
    host_open(&host, NULL, false);
    exhaust(host_meet(&host), waiting);
    if (i >= 2)
      sim_advance(RETRY); /* just tried again, in vain */
    if (i % 2 == 0)
      wss_listener_close(host.plain);
    else
      host_shut(&host, 0);
    assert_null(sim_connect(host.port));
    sim_settle();
    assert_true(waiting[0]->reset || waiting[0]->fin);
    assert_int_equal(host.errors, 1);
    host_close(&host);
  }
}

/* From within the record of the failure. */
static void close_its_listener(sim_host *self, const wss_error *error) {
  (void)self;
  if (error->listener != NULL)
    wss_listener_close((wss_listener *)(uintptr_t)error->listener);
}

static void close_the_server(sim_host *self, const wss_error *error) {
  (void)error;
  host_shut(self, WSS_OFF);
}

static void closed_from_the_record(void **state) {
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    host_open(&host, NULL, false);
    host.hooks.error = i == 0 ? close_its_listener : close_the_server;
    sim_reserve_fd(false);
    (void)host_connect(&host);
    sim_max_fds(0);
    sim_settle();
    assert_int_equal(host.errors, 1);
    host_close(&host);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_waits_gets_in),
      cmocka_unit_test(one_descriptor_is_too_few),
      cmocka_unit_test(opening_fails_too),
      cmocka_unit_test(closed_meanwhile),
      cmocka_unit_test(closed_from_the_record),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
