/* Every function of libuv's that the library calls, and the kernel's below
   them, fails with each error that it can give, at each of its calls in a story
   of listening, a connection, messages that the peer is slow to take, and a
   close handshake: what fails is told, each on_request has its on_close, and
   the next connection is served. */
#include <stdio.h>
#include <string.h>

#include "support/host.h"

#define MAX_ERRORS 6

static const struct {
  const char *name;
  sim_call call;
  int errors[MAX_ERRORS]; /* 0 ends them */
} faults[] = {
    {"uv_tcp_init", SIM_UV_TCP_INIT, {UV_ENOMEM, UV_EMFILE, UV_EINVAL}},
    {"uv_tcp_bind",
     SIM_UV_TCP_BIND,
     {UV_EADDRINUSE, UV_EADDRNOTAVAIL, UV_EACCES, UV_EMFILE, UV_EINVAL}},
    {"uv_listen", SIM_UV_LISTEN, {UV_EADDRINUSE, UV_EACCES, UV_ENOMEM}},
    {"uv_accept", SIM_UV_ACCEPT, {UV_EAGAIN, UV_EBADF, UV_ENOMEM, UV_EEXIST}},
    {"uv_read_start", SIM_UV_READ_START, {UV_ENOTCONN, UV_EINVAL}},
    {"uv_try_write",
     SIM_UV_TRY_WRITE,
     {UV_EAGAIN, UV_EPIPE, UV_ECONNRESET, UV_EBADF, UV_ENOBUFS}},
    {"uv_write", SIM_UV_WRITE, {UV_ENOMEM, UV_EPIPE, UV_EBADF}},
    {"uv_shutdown", SIM_UV_SHUTDOWN, {UV_ENOTCONN, UV_EINVAL}},
    {"uv_tcp_getsockname",
     SIM_UV_GETSOCKNAME,
     {UV_ENOTCONN, UV_ENOBUFS, UV_EBADF}},
    {"uv_tcp_getpeername",
     SIM_UV_GETPEERNAME,
     {UV_ENOTCONN, UV_ENOBUFS, UV_EBADF}},
    {"accept",
     SIM_ACCEPT,
     {UV_EMFILE, UV_ENFILE, UV_ENOMEM, UV_ENOBUFS, UV_ECONNABORTED, UV_EPERM}},
    {"read", SIM_READ, {UV_ECONNRESET, UV_ETIMEDOUT, UV_EHOSTUNREACH, UV_EIO}},
    {"write",
     SIM_WRITE,
     {UV_EAGAIN, UV_EPIPE, UV_ECONNRESET, UV_ETIMEDOUT, UV_ENOBUFS}},
};

enum { FAULTS = sizeof faults / sizeof faults[0] };

static void echo(sim_host *host, wss_conn *conn, const wss_message *message) {
  (void)host;
  assert_true(wss_send(conn, message->type, message->data, message->size) >= 0);
}

/* A second listener, which may fail. */
static void listen_once(sim_host *host, int error) {
  wss_listener *listener = NULL;
  int err =
      wss_listen_plain(host->server, "127.0.0.1", host->port + 100, &listener);
  if (err == 0) {
    (void)wss_listener_port(listener);
    wss_listener_close(listener);
  } else {
    assert_int_equal(err, error);
    assert_int_not_equal(strlen(wss_last_error(host->server)), 0);
  }
  sim_settle();
}

/* To a peer that may be gone. */
static void try_frame(sim_peer *peer, uint8_t first, const void *payload,
                      size_t size) {
  static uint8_t frame[5014];
  (void)sim_send(peer, frame, host_pack(frame, first, payload, size));
}

static void one_connection(sim_host *host) {
  static const uint8_t much[5000];
  sim_peer *peer = host_connect(host);
  assert_non_null(peer);
  sim_settle();
  (void)sim_text(peer, host_handshake(""));
  sim_settle();
  sim_peer_read(peer, false);
  sim_room(peer, 1000);
  try_frame(peer, 0x81, "hello", 5);
  try_frame(peer, 0x82, much, sizeof much);
  sim_settle();
  sim_peer_read(peer, true);
  sim_settle();
  try_frame(peer, 0x88, "\x03\xe8", 2);
  sim_settle();
  sim_fin(peer);
  sim_settle();
  sim_hang_up(peer);
  /* Whatever waits for a peer that was not heard has its deadline. */
  sim_advance(60000);
}

static void everything_ended(const sim_host *host) {
  wss_stats stats = host_stats(host);
  int closes = 0;
  size_t i;
  for (i = 0; i < host->count; i++) {
    if (host->records[i].closes && !host->records[i].by_error)
      closes++;
  }
  assert_int_equal(closes, host->requests);
  assert_int_equal(stats.open, 0);
  assert_int_equal(stats.pending, 0);
}

static void the_next_is_served(sim_host *host) {
  sim_peer *peer = host_meet(host);
  host_frame(peer, 0x81, "next", 4);
  sim_settle();
  assert_true(sim_has(peer, "next"));
  sim_hang_up(peer);
}

/* Whether the fault came to be. */
static bool play(sim_call call, int error, uint64_t n) {
  sim_host host;
  bool failed;
  host_open(&host, NULL, false);
  host.hooks.message = echo;
  sim_fail(call, error, n, 1);
  listen_once(&host, error);
  one_connection(&host);
  failed = sim_failed(call) > 0;
  sim_fail(call, 0, 1, 0);
  everything_ended(&host);
  the_next_is_served(&host);
  host_close(&host);
  return failed;
}

static void each_call_fails_with_each_error(void **state) {
  size_t at;
  (void)state;
  for (at = 0; at < FAULTS; at++) {
    unsigned played = 0;
    size_t i;
    for (i = 0; i < MAX_ERRORS && faults[at].errors[i] != 0; i++) {
      uint64_t n = 1;
      while (play(faults[at].call, faults[at].errors[i], n))
        n++;
      assert_true(n > 1);
      played += (unsigned)n - 1;
    }
    print_message("%s: %u failures\n", faults[at].name, played);
  }
}

/* A failure that lasts: accepting is told of once, and works again. */
static void accepting_fails_for_a_while(void **state) {
  sim_host host;
  sim_peer *peers[8];
  size_t i;
  (void)state;
  host_open(&host, NULL, false);
  host.hooks.message = echo;
  sim_fail(SIM_ACCEPT, UV_ENOBUFS, 1, 20);
  for (i = 0; i < 8; i++)
    peers[i] = host_connect(&host);
  sim_settle();
  assert_int_equal(host.errors, 1);
  assert_int_equal(host_last(&host)->error, UV_ENOBUFS);
  sim_fail(SIM_ACCEPT, 0, 1, 0);
  the_next_is_served(&host);
  for (i = 0; i < 8; i++)
    sim_hang_up(peers[i]);
  host_close(&host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_call_fails_with_each_error),
      cmocka_unit_test(accepting_fails_for_a_while),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
