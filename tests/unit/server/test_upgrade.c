/* Requests: what the program decides, and what the library answers by itself.
 */
#include "support/world.h"

#include <stdio.h>
#include <string.h>

/* What the hooks of a test leave behind. */
static int result;
static wss_conn *waiting;
static const wss_request *kept;

/* Runs one request to its end and hands back the peer, with all it got. */
static test_peer *refused(test_world *world, const char *headers) {
  test_peer *peer = peer_connect(world);
  peer_ask(peer, headers);
  world_until(world, peer->ended);
  return peer;
}

static int refuse_401(test_world *world, wss_conn *conn,
                      const wss_request *request) {
  const wss_header headers[] = {{"WWW-Authenticate", "Basic"}};
  const wss_reply reply = {.headers = headers,
                           .header_count = 1,
                           .content_type = "application/json",
                           .body = "{}",
                           .body_size = 2};
  (void)world;
  (void)request;
  result = wss_refuse(conn, 401, &reply);
  return result;
}

static void refuses_with_status_headers_and_body(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = refuse_401;
  peer = refused(&world, "");
  assert_int_equal(result, 0);
  assert_true(peer_starts(peer, "HTTP/1.1 401 Unauthorized\r\n"));
  assert_true(peer_has(peer, "\r\nWWW-Authenticate: Basic\r\n"));
  assert_true(peer_has(peer, "\r\nContent-Type: application/json\r\n"));
  assert_true(peer_has(peer, "\r\nContent-Length: 2\r\n"));
  assert_true(peer_has(peer, "\r\nConnection: close\r\n"));
  assert_true(peer_has(peer, "\r\n\r\n{}"));
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_false(world.seen.info.opened);
  assert_int_equal(world.seen.info.status, 401);
  assert_int_equal(world.seen.info.initiator, WSS_BY_APP);
  assert_int_equal(world.seen.info.phase, WSS_PHASE_HTTP);
  assert_int_equal(world.seen.info.code, 1006);
  assert_int_equal(world.seen.info.code_sent, 0);
  assert_int_equal(world.seen.info.error, 0);
  world_close(&world);
}

static int return_result(test_world *world, wss_conn *conn,
                         const wss_request *request) {
  (void)world;
  (void)conn;
  (void)request;
  return result;
}

static void returned_verdicts(void **state) {
  static const struct {
    int verdict;
    const char *answer;
    int error;
  } cases[] = {
      {WSS_REFUSE, "HTTP/1.1 403 Forbidden\r\n", 0},
      {WSS_ERR_STATE, "HTTP/1.1 500 ", WSS_ERR_STATE},
      {77, "HTTP/1.1 500 ", WSS_ERR_INVALID},
  };
  test_world world;
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = return_result;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    test_peer *peer;
    int closes = world.seen.closes;
    result = cases[i].verdict;
    peer = refused(&world, "");
    assert_true(peer_starts(peer, cases[i].answer));
    peer_close(peer);
    world_until(&world, world.seen.closes == closes + 1);
    assert_int_equal(world.seen.info.error, cases[i].error);
  }
  world_close(&world);
}

static int defer(test_world *world, wss_conn *conn,
                 const wss_request *request) {
  (void)world;
  waiting = conn;
  kept = request;
  return WSS_DEFER;
}

/* Answers in the way that result says, and then looks at the request. */
static int answer_and_look(test_world *world, wss_conn *conn,
                           const wss_request *request) {
  int answered = 0;
  (void)world;
  if (result == 0)
    answered = wss_accept(conn, NULL);
  else if (result == 1)
    answered = wss_refuse(conn, 403, NULL);
  else if (result == 2)
    answered = wss_close(conn, 0, NULL);
  else
    wss_terminate(conn);
  assert_string_equal(request->path, "/chat");
  assert_string_equal(request->headers[0].name, "Host");
  assert_string_equal(wss_request_header(request, "X-Late"), "still here");
  return answered;
}

static void the_request_lasts_as_long_as_its_callback(void **state) {
  test_world world;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = answer_and_look;
  for (result = 0; result < 4; result++) {
    test_peer *peer = peer_connect(&world);
    peer_ask(peer, "X-Late: still here\r\n");
    world_until(&world, peer->ended || world.seen.opens == 1);
    peer_close(peer);
    world_until(&world, world.seen.closes == result + 1);
    world.seen.opens = 0;
  }
  world_close(&world);
}

static void deferred_then_accepted(void **state) {
  test_world world;
  test_peer *peer;
  const wss_header header = {"X-Answer", "yes"};
  wss_reply reply = {
      .subprotocol = "nope", .headers = &header, .header_count = 1};
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = defer;
  peer = peer_connect(&world);
  peer_ask(peer, "Sec-WebSocket-Protocol: chat, super\r\nCookie: a=1; b=22\r\n"
                 "X-Two: one\r\nx-two: two\r\n");
  world_until(&world, world.seen.requests == 1);
  world_turns(&world);
  assert_int_equal(world.seen.opens, 0);
  assert_int_equal(peer->size, 0);
  assert_string_equal(kept->path, "/chat");
  assert_string_equal(kept->query, "room=1");
  assert_string_equal(kept->host, "example.org");
  assert_string_equal(wss_request_header(kept, "X-TWO"), "one, two");
  assert_null(wss_request_header(kept, "X-Three"));
  assert_int_equal(kept->subprotocol_count, 2);

  assert_int_equal(wss_send(waiting, WSS_TEXT, "x", 1), WSS_ERR_STATE);
  assert_int_equal(wss_accept(waiting, &reply), WSS_ERR_SUBPROTOCOL);
  reply.subprotocol = "super";
  assert_int_equal(wss_respond(waiting, 200, NULL), WSS_ERR_STATE);
  assert_int_equal(wss_refuse(waiting, 299, NULL), WSS_ERR_INVALID);
  world.in_call = true;
  assert_int_equal(wss_accept(waiting, &reply), 0);
  assert_int_equal(wss_accept(waiting, &reply), WSS_ERR_STATE);
  world.in_call = false;
  world_until(&world, world.seen.opens == 1 && peer_has(peer, "\r\n\r\n"));
  assert_true(peer_has(peer, "\r\nX-Answer: yes\r\n"));
  assert_true(peer_has(peer, "\r\nSec-WebSocket-Protocol: super\r\n"));
  assert_true(peer_has(
      peer, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  assert_string_equal(wss_conn_subprotocol(waiting), "super");
  peer_frame(peer, 0x81, "hi", 2);
  world_until(&world, world.seen.messages == 1);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  world_close(&world);
}

static void deferred_then_refused_or_closed(void **state) {
  test_world world;
  int i;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = defer;
  for (i = 0; i < 2; i++) {
    test_peer *peer = peer_connect(&world);
    peer_ask(peer, "");
    world_until(&world, world.seen.requests == i + 1);
    world.in_call = true;
    if (i == 0)
      assert_int_equal(wss_refuse(waiting, 404, NULL), 0);
    else
      assert_int_equal(wss_close(waiting, 0, NULL), 0);
    world.in_call = false;
    world_until(&world, peer->ended);
    assert_true(peer_starts(peer, i == 0 ? "HTTP/1.1 404 Not Found\r\n"
                                         : "HTTP/1.1 503 "));
    peer_close(peer);
    world_until(&world, world.seen.closes == i + 1);
    assert_int_equal(world.seen.info.status, i == 0 ? 404 : 503);
    assert_int_equal(world.seen.info.error, 0);
  }
  world_close(&world);
}

static void deferred_and_forgotten(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, &(wss_options){.handshake_timeout = 30}, false);
  world.hooks.request = defer;
  peer = refused(&world, "");
  assert_true(peer_starts(peer, "HTTP/1.1 503 "));
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.info.error, WSS_ERR_TIMEOUT);
  assert_int_equal(world.seen.info.initiator, WSS_BY_LIBRARY);
  world_close(&world);
}

static void look_again(test_world *world, wss_conn *conn) {
  (void)conn;
  assert_string_equal(kept->path, "/chat");
  assert_string_equal(wss_request_header(kept, "x-mine"), "yes");
  world->hooks.close = NULL;
}

/* Answered by the library, the request stays until the program was told. The
   loop goes on for it, though nobody listens and nothing is read. */
static void deferred_requests_last_until_on_close(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, &(wss_options){.handshake_timeout = 30}, false);
  world.hooks.request = defer;
  world.hooks.close = look_again;
  peer = peer_connect(&world);
  peer_ask(peer, "X-Mine: yes\r\n");
  world_until(&world, world.seen.requests == 1);
  wss_listener_close(world.listener);
  uv_unref((uv_handle_t *)&peer->tcp);
  while (!peer->ended && uv_run(&world.loop, UV_RUN_ONCE) != 0)
    continue;
  assert_true(peer->ended);
  uv_ref((uv_handle_t *)&peer->tcp);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_null(world.hooks.close);
  world_close(&world);
}

static int bad_replies(test_world *world, wss_conn *conn,
                       const wss_request *request) {
  static const wss_header bad[] = {
      {"Connection", "close"},
      {"Sec-WebSocket-Accept", "x"},
      {"A B", "c"},
      {"X", "a\r\nSet-Cookie: b"},
      {"X", " blank"},
      {NULL, "x"},
  };
  size_t i;
  (void)world;
  (void)request;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const wss_reply reply = {.headers = &bad[i], .header_count = 1};
    assert_int_equal(wss_accept(conn, &reply), WSS_ERR_HEADER);
    assert_int_equal(wss_refuse(conn, 404, &reply), WSS_ERR_HEADER);
  }
  assert_int_equal(wss_accept(conn, &(wss_reply){.body = "x", .body_size = 1}),
                   WSS_ERR_INVALID);
  assert_int_equal(
      wss_refuse(conn, 404, &(wss_reply){.content_type = "a\r\nb: c"}),
      WSS_ERR_HEADER);
  assert_int_equal(wss_refuse(conn, 404, &(wss_reply){.subprotocol = "x"}),
                   WSS_ERR_INVALID);
  return wss_accept(conn, NULL);
}

static void bad_replies_leave_the_request_unanswered(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = bad_replies;
  peer = peer_connect(&world);
  peer_open(peer);
  peer_close(peer);
  world_close(&world);
}

static void subprotocols_of_the_server(void **state) {
  const char *const list[] = {"best", "good", NULL};
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, &(wss_options){.subprotocols = list}, false);
  peer = peer_connect(&world);
  peer_ask(peer, "Sec-WebSocket-Protocol: other, good\r\n");
  world_until(&world, peer_has(peer, "\r\n\r\n"));
  assert_true(peer_has(peer, "\r\nSec-WebSocket-Protocol: good\r\n"));
  peer_close(peer);
  peer = peer_connect(&world);
  peer_ask(peer, "Sec-WebSocket-Protocol: other\r\n");
  world_until(&world, peer_has(peer, "\r\n\r\n"));
  assert_false(peer_has(peer, "Sec-WebSocket-Protocol"));
  peer_close(peer);
  world_close(&world);
}

static void origin_must_match_host(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = refused(&world, "Origin: https://evil.example\r\n");
  assert_true(peer_starts(peer, "HTTP/1.1 403 Forbidden\r\n"));
  assert_true(peer_has(peer, "https://evil.example"));
  assert_true(peer_has(peer, "example.org"));
  assert_true(peer_has(peer, "origins"));
  peer_close(peer);
  world_until(&world, world.seen.errors == 1);
  assert_int_equal(world.seen.error, WSS_ERR_ORIGIN);
  assert_int_equal(world.seen.error_info.status, 403);
  assert_int_equal(world.seen.requests, 0);
  peer = peer_connect(&world);
  peer_ask(peer, "Origin: https://EXAMPLE.org:444\r\n");
  world_until(&world, world.seen.opens == 1);
  peer_close(peer);
  world_close(&world);
}

/* RFC 6455 4.1: a client waits for the answer. */
static void bytes_before_the_101_are_refused(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_text(peer, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                  "Sec-WebSocket-Version: 13\r\n\r\n\x81\x81mask\x15");
  world_until(&world, peer->ended);
  assert_true(peer_starts(peer, "HTTP/1.1 400 "));
  peer_close(peer);
  world_until(&world, world.seen.errors == 1);
  assert_int_equal(world.seen.error, WSS_ERR_HANDSHAKE);
  assert_int_equal(world.seen.messages, 0);
  world_close(&world);
}

static void answer_page(test_world *world, wss_conn *conn,
                        const wss_request *request) {
  (void)world;
  assert_int_equal(wss_accept(conn, NULL), WSS_ERR_STATE);
  if (strcmp(request->path, "/page") == 0)
    assert_int_equal(
        wss_respond(conn, 200, &(wss_reply){.body = "hello", .body_size = 5}),
        0);
}

static test_peer *get(test_world *world, const char *method, const char *path) {
  char request[200];
  test_peer *peer = peer_connect(world);
  (void)snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: a\r\n\r\n",
                 method, path);
  peer_text(peer, request);
  world_until(world, peer->ended);
  return peer;
}

static void plain_requests(void **state) {
  test_world world;
  wss_stats stats;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, true);
  world.hooks.http = answer_page;
  peer = get(&world, "GET", "/page");
  assert_true(peer_starts(peer, "HTTP/1.1 200 OK\r\n"));
  assert_true(peer_has(peer, "\r\n\r\nhello"));
  peer_close(peer);
  peer = get(&world, "HEAD", "/page");
  assert_true(peer_has(peer, "\r\nContent-Length: 5\r\n"));
  assert_false(peer_has(peer, "hello"));
  peer_close(peer);
  peer = get(&world, "GET", "/other");
  assert_true(peer_starts(peer, "HTTP/1.1 404 Not Found\r\n"));
  peer_close(peer);
  peer = get(&world, "POST", "/page");
  assert_true(peer_starts(peer, "HTTP/1.1 405 "));
  assert_true(peer_has(peer, "\r\nAllow: GET, HEAD\r\n"));
  peer_close(peer);
  world_until(&world, world.seen.errors == 1);
  wss_server_stats(world.server, &stats);
  assert_int_equal(stats.http_responses, 3);
  assert_int_equal(stats.refused_http, 1);
  assert_int_equal(stats.pending, 0);
  assert_int_equal(world.seen.closes, 0);
  world_close(&world);
}

static void plain_requests_without_on_http(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = get(&world, "GET", "/");
  assert_true(peer_starts(peer, "HTTP/1.1 426 Upgrade Required\r\n"));
  assert_true(peer_has(peer, "\r\nUpgrade: websocket\r\n"));
  peer_close(peer);
  world_until(&world, world.seen.errors == 1);
  /* RFC 9110 9.3.2: no body answers a HEAD, whatever the status. */
  peer = get(&world, "HEAD", "/");
  assert_true(peer_starts(peer, "HTTP/1.1 426 "));
  assert_string_equal(strstr((const char *)peer->data, "\r\n\r\n"), "\r\n\r\n");
  peer_close(peer);
  world_until(&world, world.seen.errors == 2);
  peer = peer_connect(&world);
  peer_text(peer, "HEAD / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n");
  world_until(&world, peer->ended);
  assert_true(peer_starts(peer, "HTTP/1.1 405 "));
  assert_string_equal(strstr((const char *)peer->data, "\r\n\r\n"), "\r\n\r\n");
  peer_close(peer);
  world_until(&world, world.seen.errors == 3);
  world_close(&world);
}

static void slow_requests(void **state) {
  test_world world;
  test_peer *silent;
  test_peer *slow;
  (void)state;
  world_open(&world, &(wss_options){.handshake_timeout = 30}, false);
  silent = peer_connect(&world);
  slow = peer_connect(&world);
  peer_text(slow, "GET / HTTP/1.1\r\nHos");
  world_until(&world, silent->ended && slow->ended);
  assert_int_equal(silent->size, 0);
  assert_true(peer_starts(slow, "HTTP/1.1 408 "));
  peer_close(slow);
  peer_close(silent);
  world_until(&world, world.seen.errors == 2);
  assert_int_equal(world.seen.error, WSS_ERR_TIMEOUT);
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_with_status_headers_and_body),
      cmocka_unit_test(returned_verdicts),
      cmocka_unit_test(the_request_lasts_as_long_as_its_callback),
      cmocka_unit_test(deferred_then_accepted),
      cmocka_unit_test(deferred_then_refused_or_closed),
      cmocka_unit_test(deferred_and_forgotten),
      cmocka_unit_test(deferred_requests_last_until_on_close),
      cmocka_unit_test(bad_replies_leave_the_request_unanswered),
      cmocka_unit_test(subprotocols_of_the_server),
      cmocka_unit_test(origin_must_match_host),
      cmocka_unit_test(bytes_before_the_101_are_refused),
      cmocka_unit_test(plain_requests),
      cmocka_unit_test(plain_requests_without_on_http),
      cmocka_unit_test(slow_requests),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
