/* B8 and B9 over a whole server: values that come back in an answer or in an
   event write no lines of their own, and Origins are refused as the table says.
 */
#include "support/world.h"

#include <stdio.h>
#include <string.h>

#include "support/origin_rows.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- From the program ---------------------------------------------------- */

/* Every byte that ends or forges a line, but NUL, which ends a C string. */
static const char controls[] = "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
                               "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a"
                               "\x1b\x1c\x1d\x1e\x1f\x7f";

typedef int answer_with(wss_conn *conn, const wss_reply *reply);

static int accept_with(wss_conn *conn, const wss_reply *reply) {
  return wss_accept(conn, reply);
}

static int refuse_with(wss_conn *conn, const wss_reply *reply) {
  return wss_refuse(conn, 403, reply);
}

static int respond_with(wss_conn *conn, const wss_reply *reply) {
  return wss_respond(conn, 200, reply);
}

/* Tries each byte in each value that an answer takes; all are refused. */
static void try_all(wss_conn *conn, answer_with *answer, bool accepts) {
  size_t i;
  for (i = 0; i < sizeof controls - 1; i++) {
    char text[] = "a\1Injected: b";
    const wss_header name = {text, "x"};
    const wss_header value = {"X", text};
    text[1] = controls[i];
    assert_int_equal(
        answer(conn, &(wss_reply){.headers = &name, .header_count = 1}),
        WSS_ERR_HEADER);
    /* A tab may stand within a value, where it ends no line. */
    if (controls[i] != '\t')
      assert_int_equal(
          answer(conn, &(wss_reply){.headers = &value, .header_count = 1}),
          WSS_ERR_HEADER);
    if (accepts)
      assert_int_equal(answer(conn, &(wss_reply){.subprotocol = text}),
                       WSS_ERR_SUBPROTOCOL);
    else if (controls[i] != '\t')
      assert_int_equal(answer(conn, &(wss_reply){.content_type = text}),
                       WSS_ERR_HEADER);
  }
}

static int try_accept(test_world *world, wss_conn *conn,
                      const wss_request *request) {
  const wss_header good = {"X", "y"};
  (void)world;
  (void)request;
  try_all(conn, accept_with, true);
  return wss_accept(
      conn,
      &(wss_reply){.subprotocol = "chat", .headers = &good, .header_count = 1});
}

static int try_refuse(test_world *world, wss_conn *conn,
                      const wss_request *request) {
  (void)world;
  (void)request;
  try_all(conn, refuse_with, false);
  return WSS_REFUSE;
}

static void try_respond(test_world *world, wss_conn *conn,
                        const wss_request *request) {
  (void)world;
  (void)request;
  try_all(conn, respond_with, false);
  assert_int_equal(
      wss_respond(conn, 200, &(wss_reply){.body = "a", .body_size = 1}), 0);
}

static void expect_answer(test_peer *peer, const char *answer) {
  world_until(peer->world, peer->size >= strlen(answer));
  assert_string_equal((const char *)peer->data, answer);
  peer_close(peer);
}

static void b8_values_of_the_program(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, true);
  world.hooks.http = try_respond;
  world.hooks.request = try_accept;
  peer = peer_connect(&world);
  peer_ask(peer, "Sec-WebSocket-Protocol: chat\r\n");
  expect_answer(peer, "HTTP/1.1 101 Switching Protocols\r\n"
                      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                      "Sec-WebSocket-Protocol: chat\r\nX: y\r\n\r\n");
  world.hooks.request = try_refuse;
  peer = peer_connect(&world);
  peer_ask(peer, "");
  expect_answer(peer, "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n"
                      "Content-Length: 9\r\n"
                      "Content-Type: text/plain; charset=utf-8\r\n\r\n"
                      "Forbidden");
  peer = peer_connect(&world);
  peer_text(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_answer(peer, "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                      "Content-Length: 1\r\n"
                      "Content-Type: text/plain; charset=utf-8\r\n\r\na");
  world_close(&world);
}

/* ---- From the peer ------------------------------------------------------- */

#define REST                                                                   \
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: example.org\r\n"

/* Where a byte is put, in what an answer or an event may quote. */
static const char *const places[][2] = {
    {"A", " / HTTP/1.1\r\n" HOST REST "\r\n"},
    {"GET /a", " HTTP/1.1\r\n" HOST REST "\r\n"},
    {GET "Host: a", "\r\nOrigin: http://b\r\n" REST "\r\n"},
    {GET HOST REST "Origin: http://b", "\r\n\r\n"},
    {GET HOST REST "Sec-WebSocket-Protocol: a", "\r\n\r\n"},
    {GET HOST REST "X-Na", "me: a\r\n\r\n"},
    {GET HOST REST "Sec-WebSocket-Extensions: a", "\r\n\r\n"},
};

/* No line of the answer is the peer's, and its body is one line of ASCII. */
static void expect_clean(const char *answer) {
  const char *body = strstr(answer, "\r\n\r\n");
  const char *at;
  assert_non_null(body);
  assert_null(strstr(answer, "\nInjected"));
  for (at = body + 4; *at != '\0'; at++)
    assert_in_range(*at, ' ', '~');
}

static void inject(test_world *world, size_t place, char byte) {
  char request[1024];
  test_peer *peer = peer_connect(world);
  int errors = world->seen.errors;
  const char *at;
  int size = snprintf(request, sizeof request, "%s%cInjected: x%s",
                      places[place][0], 1, places[place][1]);
  request[strlen(places[place][0])] = byte;
  peer_send(peer, request, (size_t)size);
  world_until(world, peer->ended);
  assert_int_equal(strlen((const char *)peer->data), peer->size);
  assert_true(peer_starts(peer, "HTTP/1.1 400 ") ||
              (byte == '\t' && peer_starts(peer, "HTTP/1.1 403 ")));
  expect_clean((const char *)peer->data);
  peer_close(peer);
  world_until(world, world->seen.errors == errors + 1);
  for (at = world->seen.error_message; *at != '\0'; at++)
    assert_in_range(*at, ' ', '~');
}

static void b8_values_of_the_peer(void **state) {
  test_world world;
  size_t place;
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  for (place = 0; place < COUNT(places); place++) {
    inject(&world, place, '\0');
    for (i = 0; i < sizeof controls - 1; i++)
      inject(&world, place, controls[i]);
  }
  assert_int_equal(world.seen.requests, 0);
  world_close(&world);
}

/* ---- Origins ------------------------------------------------------------- */

static void b9_origins(void **state) {
  test_world world;
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  for (i = 0; i < COUNT(origin_rows); i++) {
    const origin_row *at = &origin_rows[i];
    bool sent = at->origin != NULL;
    test_peer *peer = peer_connect(&world);
    char request[1024];
    (void)snprintf(request, sizeof request, GET "Host: %s%s%s\r\n" REST "\r\n",
                   at->host, sent ? "\r\nOrigin: " : "",
                   sent ? at->origin : "");
    peer_text(peer, request);
    world_until(&world, peer_has(peer, "\r\n\r\n"));
    if (!peer_starts(peer, at->allowed ? "HTTP/1.1 101 " : "HTTP/1.1 403 "))
      fail_msg("Host %s, Origin %s: %s", at->host, sent ? at->origin : "(none)",
               (const char *)peer->data);
    peer_close(peer);
  }
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(b8_values_of_the_program),
      cmocka_unit_test(b8_values_of_the_peer),
      cmocka_unit_test(b9_origins),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
