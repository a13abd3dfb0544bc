/* Servers that come and go, a hundred times, on a loop on which the program's
   own handles live on: each leaves nothing behind and disturbs nobody. */
#include "support/tls_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMES 100

typedef struct guest_server {
  wss_server *server;
  wss_listener *plain;
  wss_listener *secure;
  int requests, messages, closes, closed;
} guest_server;

static test_allocator memory;

/* ---- The host's own handles ---------------------------------------------- */

static uv_timer_t timer;
static uv_prepare_t prepare;
static uv_check_t check;
static size_t ticks;
static size_t turns;

static void on_tick(uv_timer_t *of) {
  (void)of;
  ticks++;
}

static void on_prepare(uv_prepare_t *of) {
  (void)of;
  turns++;
}

static void on_check(uv_check_t *of) {
  (void)of;
  turns++;
}

static void open_loop(void) {
  sim_open(HOST_START);
  test_allocator_init(&memory);
  assert_int_equal(uv_timer_init(sim_loop(), &timer), 0);
  assert_int_equal(uv_timer_start(&timer, on_tick, 10, 10), 0);
  assert_int_equal(uv_prepare_init(sim_loop(), &prepare), 0);
  assert_int_equal(uv_prepare_start(&prepare, on_prepare), 0);
  assert_int_equal(uv_check_init(sim_loop(), &check), 0);
  assert_int_equal(uv_check_start(&check, on_check), 0);
}

static void close_loop(void) {
  uv_close((uv_handle_t *)&timer, NULL);
  uv_close((uv_handle_t *)&prepare, NULL);
  uv_close((uv_handle_t *)&check, NULL);
  sim_turn();
  assert_int_equal(sim_close(), 0);
}

static void count(uv_handle_t *handle, void *handles) {
  (void)handle;
  ++*(size_t *)handles;
}

static void assert_only_the_hosts(void) {
  size_t handles = 0;
  uv_walk(sim_loop(), count, &handles);
  assert_int_equal(handles, 3);
  assert_int_equal(memory.blocks, 0);
}

/* ---- The guest ----------------------------------------------------------- */

static int on_request(wss_conn *conn, const wss_request *request, void *user) {
  (void)conn;
  (void)request;
  ((guest_server *)user)->requests++;
  return WSS_ACCEPT;
}

static void on_message(wss_conn *conn, const wss_message *message, void *user) {
  ((guest_server *)user)->messages++;
  (void)wss_send(conn, message->type, message->data, message->size);
}

static void on_close(wss_conn *conn, const wss_close_info *info, void *user) {
  (void)conn;
  (void)info;
  ((guest_server *)user)->closes++;
}

static void on_closed(void *user) {
  ((guest_server *)user)->closed++;
}

static void attach(guest_server *guest) {
  const wss_handler handler = {
      .on_request = on_request, .on_message = on_message, .on_close = on_close};
  const char *folder = getenv("WSS_PKI");
  char cert[512];
  char key[512];
  wss_ssl_context ssl = {
      .local_cert = cert, .local_pk = key, .record_layer = host_record_layer()};
  assert_non_null(folder);
  (void)snprintf(cert, sizeof cert, "%s/server.pem", folder);
  (void)snprintf(key, sizeof key, "%s/server.key", folder);
  memset(guest, 0, sizeof *guest);
  assert_int_equal(wss_server_new(&guest->server, sim_loop(), &handler,
                                  &(wss_options){.allocator = memory.functions},
                                  guest),
                   0);
  assert_int_equal(
      wss_listen_plain(guest->server, "127.0.0.1", 0, &guest->plain), 0);
  assert_int_equal(
      wss_listen(guest->server, "127.0.0.1", 0, &ssl, &guest->secure), 0);
}

/* A connection that talks, one in TLS's handshake, and one that says nothing.
 */
static void visit(guest_server *guest, sim_peer *peers[3], tls_client *client) {
  const char *request = host_handshake("");
  peers[0] = sim_connect(wss_listener_port(guest->plain));
  peers[1] = sim_connect(wss_listener_port(guest->secure));
  peers[2] = sim_connect(wss_listener_port(guest->secure));
  assert_true(sim_text(peers[0], request));
  sim_settle();
  host_frame(peers[0], 0x81, "hello", 5);
  tls_client_open(client, "ca.pem", 13);
  client->peer = peers[1];
  (void)tls_client_step(client);
  sim_settle();
  assert_int_equal(guest->messages, 1);
  assert_true(sim_has(peers[0], "hello"));
}

static void come_and_go(size_t round) {
  static guest_server guest;
  sim_peer *peers[3];
  tls_client client;
  size_t before;
  size_t i;
  attach(&guest);
  visit(&guest, peers, &client);
  before = ticks;
  sim_advance(100);
  assert_int_equal(ticks, before + 10);
  assert_int_equal(
      wss_server_close(guest.server, 1 + (int64_t)round % 3 * 50, on_closed),
      0);
  if (round % 2 == 0)
    host_frame(peers[0], 0x88, "\x03\xe9", 2);
  for (i = 0; i < 3; i++) {
    if (round % 4 < 2)
      sim_hang_up(peers[i]);
  }
  client.peer = NULL;
  sim_advance(200);
  assert_int_equal(guest.closed, 1);
  assert_int_equal(guest.requests, 1);
  assert_int_equal(guest.closes, 1);
  tls_client_close(&client);
  assert_only_the_hosts();
  assert_int_equal(ticks, before + 30);
}

static void a_hundred_times(void **state) {
  size_t i;
  (void)state;
  open_loop();
  for (i = 0; i < TIMES; i++)
    come_and_go(i);
  assert_true(turns > TIMES);
  close_loop();
}

/* The first may go while the others serve. */
static void many_at_a_time(void **state) {
  enum { GUESTS = 5 };
  static guest_server guests[GUESTS];
  sim_peer *peers[GUESTS][3];
  tls_client clients[GUESTS];
  size_t i;
  (void)state;
  open_loop();
  for (i = 0; i < GUESTS; i++) {
    attach(&guests[i]);
    visit(&guests[i], peers[i], &clients[i]);
  }
  for (i = 0; i < GUESTS; i++) {
    size_t other;
    assert_int_equal(wss_server_close(guests[i].server, 1, on_closed), 0);
    sim_advance(1);
    assert_int_equal(guests[i].closed, 1);
    assert_int_equal(guests[i].closes, 1);
    for (other = i + 1; other < GUESTS; other++) {
      host_frame(peers[other][0], 0x81, "still", 5);
      sim_settle();
      assert_int_equal(guests[other].messages, i + 2);
    }
  }
  for (i = 0; i < GUESTS; i++)
    tls_client_close(&clients[i]);
  assert_only_the_hosts();
  close_loop();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_hundred_times),
      cmocka_unit_test(many_at_a_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
