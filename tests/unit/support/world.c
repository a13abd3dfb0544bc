#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer than anything here takes, under sanitizers on a busy machine. */
#define DEADLINE 20000

/* ---- Callbacks ----------------------------------------------------------- */

static void record(wss_close_info *to, char message[256],
                   const wss_close_info *from) {
  *to = *from;
  to->message = NULL;
  to->reason = NULL;
  (void)snprintf(message, 256, "%s", from->message);
}

static int on_request(wss_conn *conn, const wss_request *request, void *user) {
  test_world *world = user;
  assert_false(world->in_call);
  world->seen.requests++;
  world->seen.conn = conn;
  if (world->hooks.request != NULL)
    return world->hooks.request(world, conn, request);
  return WSS_ACCEPT;
}

static void on_http(wss_conn *conn, const wss_request *request, void *user) {
  test_world *world = user;
  assert_false(world->in_call);
  world->seen.https++;
  if (world->hooks.http != NULL)
    world->hooks.http(world, conn, request);
}

static void on_open(wss_conn *conn, void *user) {
  test_world *world = user;
  assert_false(world->in_call);
  world->seen.opens++;
  world->seen.conn = conn;
  if (world->hooks.open != NULL)
    world->hooks.open(world, conn);
}

static void keep(test_seen *seen, const void *data, size_t size) {
  seen->last_size = size;
  if (size > 0 && size <= sizeof seen->last)
    memcpy(seen->last, data, size);
}

static void on_message(wss_conn *conn, const wss_message *message, void *user) {
  test_world *world = user;
  assert_false(world->in_call);
  world->seen.messages++;
  world->seen.last_type = message->type;
  keep(&world->seen, message->data, message->size);
  if (world->hooks.message != NULL)
    world->hooks.message(world, conn, message);
}

static void on_pong(wss_conn *conn, const void *data, size_t size, void *user) {
  test_world *world = user;
  assert_false(world->in_call);
  world->seen.pongs++;
  keep(&world->seen, data, size);
  if (world->hooks.pong != NULL)
    world->hooks.pong(world, conn);
}

static void on_drain(wss_conn *conn, void *user) {
  test_world *world = user;
  assert_false(world->in_call);
  world->seen.drains++;
  if (world->hooks.drain != NULL)
    world->hooks.drain(world, conn);
}

static void on_close(wss_conn *conn, const wss_close_info *info, void *user) {
  test_world *world = user;
  assert_false(world->in_call);
  world->seen.closes++;
  record(&world->seen.info, world->seen.info_message, info);
  assert_int_equal(info->reason[info->reason_size], '\0');
  memcpy(world->seen.reason, info->reason, info->reason_size + 1);
  if (world->hooks.close != NULL)
    world->hooks.close(world, conn);
  if (world->seen.conn == conn)
    world->seen.conn = NULL;
}

static void on_error(wss_server *server, const wss_error *error, void *user) {
  test_world *world = user;
  (void)server;
  assert_false(world->in_call);
  world->seen.errors++;
  world->seen.error = error->error;
  world->seen.error_listener = error->listener;
  (void)snprintf(world->seen.error_message, sizeof world->seen.error_message,
                 "%s", error->message);
  if (error->close != NULL) {
    char message[256];
    record(&world->seen.error_info, message, error->close);
  }
  if (world->hooks.error != NULL)
    world->hooks.error(world);
}

/* ---- The world ----------------------------------------------------------- */

static void on_watchdog(uv_timer_t *timer) {
  ((test_world *)timer->data)->timed_out = true;
}

void world_open(test_world *world, const wss_options *options, bool http) {
  wss_handler handler = {on_request, NULL,     on_open,  on_message,
                         on_pong,    on_drain, on_close, on_error};
  if (http)
    handler.on_http = on_http;
  memset(world, 0, sizeof *world);
  assert_int_equal(uv_loop_init(&world->loop), 0);
  assert_int_equal(uv_timer_init(&world->loop, &world->watchdog), 0);
  world->watchdog.data = world;
  assert_int_equal(
      wss_server_new(&world->server, &world->loop, &handler, options, world),
      0);
  assert_int_equal(
      wss_listen_plain(world->server, "127.0.0.1", 0, &world->listener), 0);
}

void world_step(test_world *world, const char *what, const char *file,
                int line) {
  world->timed_out = false;
  assert_int_equal(uv_timer_start(&world->watchdog, on_watchdog, DEADLINE, 0),
                   0);
  (void)uv_run(&world->loop, UV_RUN_ONCE);
  (void)uv_timer_stop(&world->watchdog);
  if (world->timed_out) {
    print_error("not in time: %s\n", what);
    _fail(file, line);
  }
}

void world_turns(test_world *world) {
  int i;
  for (i = 0; i < 10; i++)
    (void)uv_run(&world->loop, UV_RUN_NOWAIT);
}

static void on_server_closed(void *user) {
  test_world *world = user;
  world->closed++;
  world->server = NULL;
}

void world_close(test_world *world) {
  if (world->server != NULL)
    assert_int_equal(wss_server_close(world->server, 1, on_server_closed), 0);
  world_until(world, world->server == NULL);
  uv_close((uv_handle_t *)&world->watchdog, NULL);
  (void)uv_run(&world->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&world->loop), 0);
}

/* ---- Peers --------------------------------------------------------------- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  (void)handle;
  *buf = uv_buf_init(malloc(suggested), (unsigned)suggested);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf) {
  test_peer *peer = stream->data;
  if (size > 0) {
    if (peer->size + (size_t)size >= peer->room) {
      peer->room = 2 * (peer->size + (size_t)size) + 1;
      peer->data = realloc(peer->data, peer->room);
      assert_non_null(peer->data);
    }
    memcpy(peer->data + peer->size, buf->base, (size_t)size);
    peer->size += (size_t)size;
    peer->data[peer->size] = '\0';
  } else if (size < 0) {
    peer->ended = true;
    (void)uv_read_stop(stream);
  }
  free(buf->base);
}

static void on_connect(uv_connect_t *request, int status) {
  test_peer *peer = request->handle->data;
  assert_int_equal(status, 0);
  peer->connected = true;
  free(request);
}

test_peer *peer_connect(test_world *world) {
  struct sockaddr_in address;
  uv_connect_t *request = malloc(sizeof *request);
  test_peer *peer = calloc(1, sizeof *peer);
  peer->world = world;
  peer->tcp.data = peer;
  assert_int_equal(uv_tcp_init(&world->loop, &peer->tcp), 0);
  peer->tcp.data = peer;
  assert_int_equal(
      uv_ip4_addr("127.0.0.1", wss_listener_port(world->listener), &address),
      0);
  assert_int_equal(uv_tcp_connect(request, &peer->tcp,
                                  (const struct sockaddr *)&address,
                                  on_connect),
                   0);
  world_until(world, peer->connected);
  peer_read(peer, true);
  return peer;
}

typedef struct sending {
  uv_write_t request;
  uint8_t data[];
} sending;

static void on_sent(uv_write_t *request, int status) {
  (void)status;
  free(request);
}

void peer_send(test_peer *peer, const void *data, size_t size) {
  sending *block = malloc(sizeof *block + size);
  uv_buf_t buf;
  memcpy(block->data, data, size);
  buf = uv_buf_init((char *)block->data, (unsigned)size);
  assert_int_equal(
      uv_write(&block->request, (uv_stream_t *)&peer->tcp, &buf, 1, on_sent),
      0);
}

void peer_text(test_peer *peer, const char *text) {
  peer_send(peer, text, strlen(text));
}

void peer_ask(test_peer *peer, const char *headers) {
  char request[4096];
  (void)snprintf(request, sizeof request,
                 "GET /chat?room=1 HTTP/1.1\r\nHost: example.org\r\n"
                 "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 "Sec-WebSocket-Version: 13\r\n%s\r\n",
                 headers);
  peer_text(peer, request);
}

void peer_open(test_peer *peer) {
  int opens = peer->world->seen.opens;
  const char *end;
  peer_ask(peer, "");
  world_until(peer->world,
              peer->world->seen.opens > opens && peer_has(peer, "\r\n\r\n"));
  assert_true(peer_starts(peer, "HTTP/1.1 101 "));
  end = strstr((const char *)peer->data, "\r\n\r\n");
  peer_drop(peer, (size_t)(end + 4 - (const char *)peer->data));
}

void peer_frame(test_peer *peer, uint8_t first, const void *payload,
                size_t size) {
  static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
  uint8_t *frame = malloc(size + 14);
  size_t at = 2;
  size_t i;
  frame[0] = first;
  if (size < 126) {
    frame[1] = (uint8_t)(0x80 | size);
  } else if (size < 65536) {
    frame[1] = 0x80 | 126;
    frame[at++] = (uint8_t)(size >> 8);
    frame[at++] = (uint8_t)size;
  } else {
    frame[1] = 0x80 | 127;
    for (i = 8; i-- > 0;)
      frame[at++] = (uint8_t)((uint64_t)size >> (8 * i));
  }
  memcpy(frame + at, mask, 4);
  at += 4;
  for (i = 0; i < size; i++)
    frame[at + i] = ((const uint8_t *)payload)[i] ^ mask[i & 3];
  peer_send(peer, frame, at + size);
  free(frame);
}

void peer_read(test_peer *peer, bool on) {
  if (on)
    assert_int_equal(
        uv_read_start((uv_stream_t *)&peer->tcp, on_alloc, on_read), 0);
  else
    (void)uv_read_stop((uv_stream_t *)&peer->tcp);
}

static void on_shutdown(uv_shutdown_t *request, int status) {
  (void)status;
  free(request);
}

void peer_shutdown(test_peer *peer) {
  uv_shutdown_t *request = malloc(sizeof *request);
  assert_int_equal(uv_shutdown(request, (uv_stream_t *)&peer->tcp, on_shutdown),
                   0);
}

static void on_gone(uv_handle_t *handle) {
  ((test_peer *)handle->data)->gone = true;
}

static void wait_gone(test_peer *peer) {
  world_until(peer->world, peer->gone);
  free(peer->data);
  free(peer);
}

void peer_reset(test_peer *peer) {
  assert_int_equal(uv_tcp_close_reset(&peer->tcp, on_gone), 0);
  wait_gone(peer);
}

void peer_close(test_peer *peer) {
  uv_close((uv_handle_t *)&peer->tcp, on_gone);
  wait_gone(peer);
}

bool peer_starts(const test_peer *peer, const char *text) {
  return peer->size >= strlen(text) &&
         memcmp(peer->data, text, strlen(text)) == 0;
}

bool peer_has(const test_peer *peer, const char *text) {
  return peer->data != NULL && strstr((const char *)peer->data, text) != NULL;
}

void peer_drop(test_peer *peer, size_t size) {
  memmove(peer->data, peer->data + size, peer->size - size + 1);
  peer->size -= size;
}
