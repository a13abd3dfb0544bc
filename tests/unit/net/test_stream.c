/* A listener's socket and its connections, between two ends on one loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/stream.h"
#include "support/allocator.h"

static uv_loop_t uv;
static wss__loop loop;
static test_allocator memory;
static wss__socket server;
static wss__stream stream;
static uv_tcp_t client;
static uv_timer_t watchdog;

static struct {
  int read, ended, wrote, closed, sockets_closed, loops_closed;
  int end_error, write_error;
  bool accepted, connected, timed_out, client_ended;
  uint8_t bytes[100];
  size_t size;
  size_t client_size;
} seen;

static void on_nothing(void *owner) {
  (void)owner;
}

static void on_expired(void *owner, uint64_t due) {
  (void)owner;
  (void)due;
}

static void on_loop_closed(void *owner) {
  (void)owner;
  seen.loops_closed++;
}

static const wss__loop_events loop_events = {on_nothing, on_expired,
                                             on_loop_closed};

static void on_read(wss__stream *from, uint8_t *data, size_t size) {
  assert_ptr_equal(from, &stream);
  assert_ptr_equal(data, loop.read_buffer);
  assert_true(seen.size + size <= sizeof seen.bytes);
  memcpy(seen.bytes + seen.size, data, size);
  memset(data, 0xee, size); /* it is ours to change */
  seen.size += size;
  seen.read++;
}

static void on_ended(wss__stream *from, int error) {
  assert_ptr_equal(from, &stream);
  seen.ended++;
  seen.end_error = error;
}

static void on_wrote(wss__stream *from, int error) {
  assert_ptr_equal(from, &stream);
  seen.wrote++;
  seen.write_error = error;
}

static void on_closed(wss__stream *from) {
  assert_ptr_equal(from, &stream);
  memset(&stream, 0xdd, sizeof stream); /* the memory is ours again */
  seen.closed++;
}

static const wss__stream_events stream_events = {on_read, on_ended, on_wrote,
                                                 on_closed};

static void on_incoming(wss__socket *socket, int error) {
  bool opened;
  assert_ptr_equal(socket, &server);
  assert_int_equal(error, 0);
  assert_int_equal(
      wss__stream_accept(&stream, &loop, socket, &stream_events, &opened), 0);
  assert_true(opened);
  seen.accepted = true;
}

static void on_socket_closed(wss__socket *socket) {
  assert_ptr_equal(socket, &server);
  seen.sockets_closed++;
}

static const wss__socket_events socket_events = {on_incoming, on_socket_closed};

/* ---- The other end ------------------------------------------------------- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  static char room[65536];
  (void)handle;
  (void)suggested;
  *buf = uv_buf_init(room, sizeof room);
}

static void on_client_read(uv_stream_t *from, ssize_t size,
                           const uv_buf_t *buf) {
  (void)from;
  (void)buf;
  if (size > 0)
    seen.client_size += (size_t)size;
  else if (size < 0)
    seen.client_ended = true;
  if (size < 0)
    (void)uv_read_stop(from);
}

static void on_connect(uv_connect_t *request, int status) {
  (void)request;
  assert_int_equal(status, 0);
  seen.connected = true;
}

static void client_send(const char *text) {
  uv_buf_t buf = uv_buf_init((char *)(uintptr_t)text, (unsigned)strlen(text));
  assert_int_equal(uv_try_write((uv_stream_t *)&client, &buf, 1), strlen(text));
}

static void client_read(bool on) {
  if (on)
    assert_int_equal(
        uv_read_start((uv_stream_t *)&client, on_alloc, on_client_read), 0);
  else
    (void)uv_read_stop((uv_stream_t *)&client);
}

/* ---- Running ------------------------------------------------------------- */

static void on_watchdog(uv_timer_t *timer) {
  (void)timer;
  seen.timed_out = true;
}

#define until(condition)                                                       \
  do {                                                                         \
    assert_int_equal(uv_timer_start(&watchdog, on_watchdog, 20000, 0), 0);     \
    while (!(condition) && !seen.timed_out)                                    \
      (void)uv_run(&uv, UV_RUN_ONCE);                                          \
    assert_false(seen.timed_out);                                              \
    (void)uv_timer_stop(&watchdog);                                            \
  } while (0)

static int connect_both(void **state) {
  static uv_connect_t request;
  struct sockaddr_in address;
  bool opened;
  (void)state;
  memset(&seen, 0, sizeof seen);
  test_allocator_init(&memory);
  assert_int_equal(uv_loop_init(&uv), 0);
  assert_int_equal(uv_timer_init(&uv, &watchdog), 0);
  assert_int_equal(
      wss__loop_open(&loop, &uv, &loop_events, NULL, &memory.functions), 0);
  assert_int_equal(wss__socket_listen(&server, &loop, "127.0.0.1", 0, false, 16,
                                      &socket_events, &opened),
                   0);
  assert_int_equal(
      uv_ip4_addr("127.0.0.1", wss__socket_port(&server), &address), 0);
  assert_int_equal(uv_tcp_init(&uv, &client), 0);
  assert_int_equal(uv_tcp_connect(&request, &client,
                                  (const struct sockaddr *)&address,
                                  on_connect),
                   0);
  until(seen.accepted && seen.connected);
  return 0;
}

static int close_both(void **state) {
  (void)state;
  if (seen.closed == 0)
    wss__stream_close(&stream, false);
  wss__socket_close(&server);
  wss__loop_close(&loop);
  if (!uv_is_closing((uv_handle_t *)&client))
    uv_close((uv_handle_t *)&client, NULL);
  uv_close((uv_handle_t *)&watchdog, NULL);
  assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
  assert_int_equal(seen.closed, 1);
  assert_int_equal(seen.sockets_closed, 1);
  assert_int_equal(seen.loops_closed, 1);
  assert_int_equal(memory.blocks, 0);
  assert_int_equal(uv_loop_close(&uv), 0);
  return 0;
}

/* ---- Tests --------------------------------------------------------------- */

static void reads_when_told_to(void **state) {
  int i;
  (void)state;
  client_send("one");
  for (i = 0; i < 10; i++)
    (void)uv_run(&uv, UV_RUN_NOWAIT);
  assert_int_equal(seen.read, 0);
  assert_int_equal(wss__stream_read(&stream, true), 0);
  assert_int_equal(wss__stream_read(&stream, true), 0);
  until(seen.size == 3);
  assert_memory_equal(seen.bytes, "one", 3);
  assert_int_equal(wss__stream_read(&stream, false), 0);
  client_send("two");
  for (i = 0; i < 10; i++)
    (void)uv_run(&uv, UV_RUN_NOWAIT);
  assert_int_equal(seen.size, 3);
  assert_int_equal(wss__stream_read(&stream, true), 0);
  until(seen.size == 6);
  assert_memory_equal(seen.bytes, "onetwo", 6);
}

static void tells_fin_from_reset(void **state) {
  static uv_shutdown_t request;
  (void)state;
  assert_int_equal(wss__stream_read(&stream, true), 0);
  assert_int_equal(uv_shutdown(&request, (uv_stream_t *)&client, NULL), 0);
  until(seen.ended == 1);
  assert_int_equal(seen.end_error, 0);
  assert_false(stream.reading);
  /* Half closed: writing goes on. */
  client_read(true);
  assert_int_equal(wss__stream_write(&stream, (const uint8_t *)"bye", 3), 0);
  until(seen.client_size == 3);
}

static void tells_reset_from_fin(void **state) {
  (void)state;
  assert_int_equal(wss__stream_read(&stream, true), 0);
  assert_int_equal(uv_tcp_close_reset(&client, NULL), 0);
  until(seen.ended == 1);
  assert_int_equal(seen.end_error, UV_ECONNRESET);
}

/* What the kernel takes at once is not counted, and costs no memory. */
static void writes_at_once(void **state) {
  size_t before = memory.calls;
  (void)state;
  client_read(true);
  assert_int_equal(wss__stream_write(&stream, NULL, 0), 0);
  assert_int_equal(wss__stream_write(&stream, (const uint8_t *)"abc", 3), 0);
  assert_int_equal(stream.in_flight, 0);
  assert_int_equal(memory.calls, before);
  until(seen.client_size == 3);
  assert_int_equal(seen.wrote, 0);
}

static const uint8_t block[1000000];

/* Until the kernel takes no more. */
static size_t fill(void) {
  size_t total = 0;
  while (stream.in_flight == 0) {
    assert_int_equal(wss__stream_write(&stream, block, sizeof block), 0);
    total += sizeof block;
  }
  return total;
}

static void writes_the_rest_later(void **state) {
  size_t total = fill();
  size_t in_flight = stream.in_flight;
  (void)state;
  assert_int_equal(wss__stream_write(&stream, (const uint8_t *)"abc", 3), 0);
  assert_int_equal(stream.in_flight, in_flight + 3);
  assert_int_equal(seen.wrote, 0);
  client_read(true);
  until(seen.wrote == 1);
  assert_int_equal(seen.write_error, 0);
  assert_int_equal(stream.in_flight, 0);
  until(seen.client_size == total + 3);
  assert_int_equal(seen.wrote, 1);
}

/* FIN needs none. */
static void says_when_there_is_no_memory(void **state) {
  (void)state;
  test_allocator_fail(&memory, 1, true);
  while (stream.in_flight == 0) {
    int err = wss__stream_write(&stream, block, sizeof block);
    if (err == WSS_ERR_NOMEM)
      break;
    assert_int_equal(err, 0);
  }
  assert_int_equal(stream.in_flight, 0);
  assert_int_equal(wss__stream_shutdown(&stream), 0);
  test_allocator_fail(&memory, 0, false);
}

/* Nothing of a closed stream is touched by what libuv still calls. */
static void closed_with_writes_in_flight(void **state) {
  (void)state;
  (void)fill();
  assert_int_equal(wss__stream_write(&stream, block, 5000), 0);
  assert_int_equal(wss__stream_shutdown(&stream), 0);
  assert_true(memory.blocks > 2);
  wss__stream_close(&stream, false);
  assert_int_equal(seen.closed, 0);
  until(seen.closed == 1);
  assert_int_equal(seen.wrote, 0);
  assert_int_equal(seen.ended, 0);
}

static void reset_with_writes_in_flight(void **state) {
  (void)state;
  (void)fill();
  assert_int_equal(uv_tcp_close_reset(&client, NULL), 0);
  until(seen.wrote == 1);
  assert_true(seen.write_error < 0);
  assert_true(wss__stream_write(&stream, block, 1) < 0);
}

static void sends_fin_behind_the_rest(void **state) {
  size_t total = fill();
  (void)state;
  assert_int_equal(wss__stream_shutdown(&stream), 0);
  client_read(true);
  until(seen.client_ended);
  assert_int_equal(seen.client_size, total);
}

static void knows_both_ends(void **state) {
  wss__endpoint endpoint = wss__stream_local(&stream);
  wss_address text = wss__endpoint_text(&endpoint);
  struct sockaddr_storage address;
  int size = sizeof address;
  (void)state;
  assert_string_equal(text.ip, "127.0.0.1");
  assert_int_equal(text.port, wss__socket_port(&server));
  endpoint = wss__stream_remote(&stream);
  text = wss__endpoint_text(&endpoint);
  assert_string_equal(text.ip, "127.0.0.1");
  assert_int_equal(
      uv_tcp_getsockname(&client, (struct sockaddr *)&address, &size), 0);
  assert_int_equal(text.port, wss__endpoint_of(&address).port);
}

/* Latency first, and dead peers are noticed in the end. */
static void sets_the_socket_up(void **state) {
  uv_os_fd_t fd;
  int value = 0;
  socklen_t size = sizeof value;
  (void)state;
  assert_int_equal(uv_fileno((const uv_handle_t *)&stream.tcp, &fd), 0);
  assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
  assert_int_not_equal(value, 0);
  value = 0;
  assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size), 0);
  assert_int_not_equal(value, 0);
}

#define connected(name)                                                        \
  cmocka_unit_test_setup_teardown(name, connect_both, close_both)

int main(void) {
  const struct CMUnitTest tests[] = {
      connected(reads_when_told_to),
      connected(tells_fin_from_reset),
      connected(tells_reset_from_fin),
      connected(writes_at_once),
      connected(writes_the_rest_later),
      connected(says_when_there_is_no_memory),
      connected(closed_with_writes_in_flight),
      connected(reset_with_writes_in_flight),
      connected(sends_fin_behind_the_rest),
      connected(knows_both_ends),
      connected(sets_the_socket_up),
  };
  wss__loop_ignore_sigpipe();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
