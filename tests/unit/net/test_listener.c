/* Listening sockets: what can be bound, and connections that are dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/resource.h>

#include "net/stream.h"

static uv_loop_t uv;
static wss__loop loop;
static int sockets; /* open */
static int incoming;

static void on_nothing(void *owner) {
  (void)owner;
}

static void on_expired(void *owner, uint64_t due) {
  (void)owner;
  (void)due;
}

static const wss__loop_events loop_events = {on_nothing, on_expired,
                                             on_nothing};

static void on_incoming(wss__socket *socket, int error) {
  assert_int_equal(error, 0);
  incoming++;
  wss__socket_drop(socket);
}

static void on_closed(wss__socket *socket) {
  memset(socket, 0xdd, sizeof *socket); /* the memory is ours again */
  sockets--;
}

static const wss__socket_events events = {on_incoming, on_closed};

static int listen_at(wss__socket *socket, const char *host, int port,
                     bool v6only) {
  bool opened;
  int err = wss__socket_listen(socket, &loop, host, port, v6only, 16, &events,
                               &opened);
  assert_true(opened);
  sockets++;
  return err;
}

static uv_timer_t watchdog;
static bool timed_out;

static void on_watchdog(uv_timer_t *timer) {
  (void)timer;
  timed_out = true;
}

#define until(condition)                                                       \
  do {                                                                         \
    while (!(condition) && !timed_out)                                         \
      (void)uv_run(&uv, UV_RUN_ONCE);                                          \
    assert_false(timed_out);                                                   \
  } while (0)

/* Its memory may be used again. */
static void close_socket(wss__socket *socket) {
  int before = sockets;
  wss__socket_close(socket);
  until(sockets < before);
}

static int open_loop(void **state) {
  (void)state;
  sockets = incoming = 0;
  timed_out = false;
  assert_int_equal(uv_loop_init(&uv), 0);
  assert_int_equal(uv_timer_init(&uv, &watchdog), 0);
  assert_int_equal(uv_timer_start(&watchdog, on_watchdog, 20000, 0), 0);
  assert_int_equal(
      wss__loop_open(&loop, &uv, &loop_events, NULL, &wss__default_allocator),
      0);
  return 0;
}

/* What a test that failed has left. */
static void close_rest(uv_handle_t *handle, void *arg) {
  (void)arg;
  if (!uv_is_closing(handle))
    uv_close(handle, NULL);
}

static int close_loop(void **state) {
  (void)state;
  uv_close((uv_handle_t *)&watchdog, NULL);
  wss__loop_close(&loop);
  if (sockets > 0)
    uv_walk(&uv, close_rest, NULL);
  assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
  assert_int_equal(sockets, 0);
  assert_int_equal(uv_loop_close(&uv), 0);
  return 0;
}

static void picks_a_port(void **state) {
  static wss__socket socket;
  (void)state;
  assert_int_equal(listen_at(&socket, "127.0.0.1", 0, false), 0);
  assert_true(wss__socket_port(&socket) > 0);
  close_socket(&socket);
}

static void says_what_cannot_be_bound(void **state) {
  static wss__socket socket;
  static wss__socket other;
  (void)state;
  assert_int_equal(listen_at(&socket, "127.0.0.1", 0, false), 0);
  assert_int_equal(
      listen_at(&other, "127.0.0.1", wss__socket_port(&socket), false),
      UV_EADDRINUSE);
  close_socket(&other);
  assert_int_equal(listen_at(&other, "192.0.2.1", 0, false), UV_EADDRNOTAVAIL);
  close_socket(&other);
  assert_int_equal(listen_at(&other, "localhost", 0, false), WSS_ERR_INVALID);
  assert_int_equal(wss__socket_port(&other), 0);
  close_socket(&other);
  assert_int_equal(listen_at(&other, "127.0.0.1", 70000, false),
                   WSS_ERR_INVALID);
  close_socket(&other);
  close_socket(&socket);
}

/* "::" takes IPv4 too, unless it was told not to: the same port is then free
   for an IPv4 listener. */
static void both_families_or_one(void **state) {
  static wss__socket six;
  static wss__socket four;
  int port;
  (void)state;
  if (listen_at(&six, "::", 0, false) < 0) {
    close_socket(&six);
    skip(); /* there is no IPv6 here */
  }
  port = wss__socket_port(&six);
  assert_int_equal(listen_at(&four, "0.0.0.0", port, false), UV_EADDRINUSE);
  close_socket(&four);
  close_socket(&six);
  assert_int_equal(listen_at(&six, NULL, 0, true), 0);
  port = wss__socket_port(&six);
  assert_int_equal(listen_at(&four, "0.0.0.0", port, false), UV_EADDRINUSE);
  close_socket(&four);
  close_socket(&six);
  assert_int_equal(listen_at(&six, "::", 0, true), 0);
  port = wss__socket_port(&six);
  assert_int_equal(listen_at(&four, "0.0.0.0", port, true), 0);
  close_socket(&four);
  close_socket(&six);
}

/* ---- Dropping ------------------------------------------------------------ */

typedef struct peer {
  uv_tcp_t tcp;
  uv_connect_t request;
  bool ended;
} peer;

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  static char room[100];
  (void)handle;
  (void)suggested;
  *buf = uv_buf_init(room, sizeof room);
}

static void on_read(uv_stream_t *tcp, ssize_t size, const uv_buf_t *buf) {
  (void)buf;
  assert_true(size <= 0);
  if (size < 0) {
    ((peer *)tcp->data)->ended = true;
    uv_close((uv_handle_t *)tcp, NULL);
  }
}

static void on_connect(uv_connect_t *request, int status) {
  if (status < 0) {
    ((peer *)request->handle->data)->ended = true;
    uv_close((uv_handle_t *)request->handle, NULL);
    return;
  }
  assert_int_equal(uv_read_start(request->handle, on_alloc, on_read), 0);
}

static void connect_to(wss__socket *socket, peer *to) {
  struct sockaddr_in address;
  assert_int_equal(uv_ip4_addr("127.0.0.1", wss__socket_port(socket), &address),
                   0);
  assert_int_equal(uv_tcp_init(&uv, &to->tcp), 0);
  to->ended = false;
  to->tcp.data = to;
  assert_int_equal(uv_tcp_connect(&to->request, &to->tcp,
                                  (const struct sockaddr *)&address,
                                  on_connect),
                   0);
}

/* Many at a time, though one can be dropped at a time; none is forgotten. */
static void drops_what_it_cannot_take(void **state) {
  static wss__socket socket;
  static peer peers[10];
  int i;
  (void)state;
  assert_int_equal(listen_at(&socket, "127.0.0.1", 0, false), 0);
  for (i = 0; i < 10; i++)
    connect_to(&socket, &peers[i]);
  for (i = 0; i < 10; i++)
    until(peers[i].ended);
  assert_true(incoming >= 10);
  wss__socket_close(&socket);
}

/* ---- No descriptors ------------------------------------------------------ */

static int failures;
static int accepted;

static void on_incoming_count(wss__socket *socket, int error) {
  if (error < 0) {
    assert_int_equal(error, UV_EMFILE);
    failures++;
  } else {
    accepted++;
    wss__socket_drop(socket);
  }
}

static const wss__socket_events counting = {on_incoming_count, on_closed};

/* Not even the one that libuv keeps in reserve. The loop goes on, and who waits
   is accepted when there are descriptors again. */
static void accepting_fails_for_a_while(void **state) {
  static wss__socket socket;
  static peer peers[3];
  struct rlimit before;
  struct rlimit none;
  bool opened;
  int i;
  (void)state;
  if (getenv("WSS_VALGRIND") != NULL)
    skip(); /* its own limit takes connections and loses them */
  failures = accepted = 0;
  assert_int_equal(wss__socket_listen(&socket, &loop, "127.0.0.1", 0, false, 16,
                                      &counting, &opened),
                   0);
  sockets++;
  for (i = 0; i < 3; i++)
    connect_to(&socket, &peers[i]);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  none = before;
  none.rlim_cur = 3;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  until(failures > 0 && !uv_is_active((uv_handle_t *)&socket.tcp));
  for (i = 0; i < 10; i++)
    (void)uv_run(&uv, UV_RUN_NOWAIT);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  assert_in_range(failures, 1, 50);
  assert_int_equal(accepted, 0);
  until(peers[0].ended && peers[1].ended && peers[2].ended);
  assert_true(accepted >= 3);
  assert_int_equal(wss__socket_port(&socket), socket.port);
  close_socket(&socket);
}

static wss__socket closes_early;
static void on_incoming_close(wss__socket *socket, int error) {
  on_incoming(socket, error);
  on_incoming(socket, error);
  wss__socket_close(socket);
}

static const wss__socket_events close_events = {on_incoming_close, on_closed};

/* Closed while one is being dropped and another waits. */
static void closes_while_dropping(void **state) {
  static peer peers[3];
  bool opened;
  int i;
  (void)state;
  assert_int_equal(wss__socket_listen(&closes_early, &loop, "127.0.0.1", 0,
                                      false, 16, &close_events, &opened),
                   0);
  sockets++;
  for (i = 0; i < 3; i++)
    connect_to(&closes_early, &peers[i]);
  until(sockets == 0 && peers[0].ended && peers[1].ended && peers[2].ended);
  assert_int_equal(incoming, 2);
}

#define on_a_loop(name)                                                        \
  cmocka_unit_test_setup_teardown(name, open_loop, close_loop)

int main(void) {
  const struct CMUnitTest tests[] = {
      on_a_loop(picks_a_port),          on_a_loop(says_what_cannot_be_bound),
      on_a_loop(both_families_or_one),  on_a_loop(drops_what_it_cannot_take),
      on_a_loop(closes_while_dropping), on_a_loop(accepting_fails_for_a_while),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
