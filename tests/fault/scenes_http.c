/* Requests and their answers. */
#include "scene.h"

#include <stdio.h>
#include <string.h>

#define GET(lines)                                                             \
  "GET /page?a=b HTTP/1.1\r\nHost: example.org\r\n" lines "\r\n"
#define MANY "Sec-WebSocket-Protocol: a, b\r\nX: 1\r\nX: 2\r\nCookie: n=v\r\n"

static const wss_header header = {"X-Header", "value"};
static const char *const subprotocols[] = {"b", "c", NULL};

static void asks_for_a_page(scene_run *run) {
  sim_client client;
  scene_ask(run, &client, 0, GET(""));
  scene_leave(run, &client);
}

static void answers(sim_host *host, wss_conn *conn,
                    const wss_request *request) {
  const wss_reply reply = {.headers = &header,
                           .header_count = 1,
                           .content_type = "text/html",
                           .body = request->path,
                           .body_size = strlen(request->path)};
  (void)scene_called(scene_run_of(host), wss_respond(conn, 200, &reply));
}

/* ---- Answers that grow at each of their parts ---------------------------- */

/* How large a buffer's first memory is. */
#define FIRST 256

static size_t bare; /* bytes of an answer's head with an empty X-Padding */
static size_t padding;
static char text[2000];

static wss_reply padded_reply(wss_header *line, char *value) {
  const wss_reply reply = {.headers = line, .header_count = 1};
  memset(value, 'x', padding);
  value[padding] = '\0';
  *line = (wss_header){"X-Padding", value};
  return reply;
}

static void answers_padded(sim_host *host, wss_conn *conn,
                           const wss_request *request) {
  wss_header line;
  char value[2 * FIRST];
  wss_reply reply = padded_reply(&line, value);
  (void)request;
  reply.body = text;
  reply.body_size = sizeof text;
  (void)scene_called(scene_run_of(host), wss_respond(conn, 200, &reply));
}

static int accepts_padded(sim_host *host, wss_conn *conn,
                          const wss_request *request) {
  wss_header line;
  char value[2 * FIRST];
  const wss_reply reply = padded_reply(&line, value);
  (void)request;
  return scene_called(scene_run_of(host), wss_accept(conn, &reply));
}

/* Measures an answer's head when first played, without a fault; then the first
   memory ends within the padding, behind it and behind the head. */
static void grow(scene_run *run, const char *request) {
  static const size_t ends[] = {FIRST, 2, 0};
  sim_client client;
  size_t i;
  padding = 0;
  scene_ask(run, &client, 0, request);
  if (client.size > 0)
    bare = client.size % sizeof text;
  scene_leave(run, &client);
  for (i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    padding = FIRST - bare + ends[i];
    scene_ask(run, &client, 0, request);
    scene_leave(run, &client);
  }
}

static void asks_for_pages(scene_run *run) {
  memset(text, 'x', sizeof text);
  grow(run, GET(""));
}

static void asks_for_handshakes(scene_run *run) {
  grow(run, host_handshake(""));
}

/* ---- Others -------------------------------------------------------------- */

static void asks_for_a_head(scene_run *run) {
  sim_client client;
  scene_ask(run, &client, 0, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  scene_leave(run, &client);
}

static void asks_badly(scene_run *run) {
  sim_client client;
  scene_ask(run, &client, 0, GET("Host: another\r\n"));
  scene_leave(run, &client);
}

static void asks_too_much(scene_run *run) {
  static char long_text[12000] = GET("");
  sim_client client;
  memset(long_text + 38, 'x', sizeof long_text - 39);
  scene_ask(run, &client, 0, long_text);
  scene_leave(run, &client);
}

static void asks_from_elsewhere(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, "Origin: https://elsewhere.example\r\n");
  scene_leave(run, &client);
}

static void visits(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, MANY);
  scene_leave(run, &client);
}

static int looks(sim_host *host, wss_conn *conn, const wss_request *request) {
  size_t size;
  (void)host;
  (void)conn;
  assert_string_equal(wss_request_header(request, "x"), "1, 2");
  assert_non_null(wss_request_cookie(request, "n", &size));
  assert_int_equal(request->subprotocol_count, 2);
  return WSS_ACCEPT;
}

static int accepts(sim_host *host, wss_conn *conn, const wss_request *request) {
  const wss_reply reply = {
      .subprotocol = "a", .headers = &header, .header_count = 1};
  (void)request;
  return scene_called(scene_run_of(host), wss_accept(conn, &reply));
}

static int refuses(sim_host *host, wss_conn *conn, const wss_request *request) {
  const wss_reply reply = {
      .headers = &header, .header_count = 1, .body = "no", .body_size = 2};
  (void)request;
  return scene_called(scene_run_of(host), wss_refuse(conn, 403, &reply));
}

static int refuses_shortly(sim_host *host, wss_conn *conn,
                           const wss_request *request) {
  (void)host;
  (void)conn;
  (void)request;
  return WSS_REFUSE;
}

static int defers(sim_host *host, wss_conn *conn, const wss_request *request) {
  (void)host;
  (void)conn;
  (void)request;
  return WSS_DEFER;
}

/* The program tries again, in fewer words. */
static void is_accepted_later(scene_run *run) {
  const wss_reply reply = {.headers = &header, .header_count = 1};
  sim_client client;
  scene_visit(run, &client, 0, MANY);
  if (run->host.conn != NULL &&
      scene_called(run, wss_accept(run->host.conn, &reply)) < 0 &&
      scene_called(run, wss_accept(run->host.conn, NULL)) < 0)
    wss_terminate(run->host.conn);
  scene_leave(run, &client);
}

static void is_closed_unanswered(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, MANY);
  if (run->host.conn != NULL)
    (void)scene_called(run, wss_close(run->host.conn, 0, NULL));
  scene_leave(run, &client);
}

static void is_not_answered(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  sim_advance(10000);
  scene_leave(run, &client);
}

static void does_not_ask(scene_run *run) {
  sim_client client;
  client_dial(&client, &run->host, 0);
  (void)client_send(&client, "GET /", 5);
  sim_settle();
  sim_advance(10000);
  client.asked = SIZE_MAX;
  scene_leave(run, &client);
}

static void speaks_too_early(scene_run *run) {
  char both[1024];
  sim_client client;
  (void)snprintf(both, sizeof both, "%smore", host_handshake(""));
  scene_ask(run, &client, 0, both);
  scene_leave(run, &client);
}

const fault_scene scenes_http[] = {
    {.name = "a page",
     .play = asks_for_a_page,
     .hooks = {.http = answers},
     .http = true},
    {.name = "large pages",
     .play = asks_for_pages,
     .hooks = {.http = answers_padded},
     .http = true},
    {.name = "large handshakes",
     .play = asks_for_handshakes,
     .hooks = {.request = accepts_padded}},
    {.name = "a head of a page",
     .play = asks_for_a_head,
     .hooks = {.http = answers},
     .http = true},
    {.name = "no page", .play = asks_for_a_page, .http = true},
    {.name = "no pages", .play = asks_for_a_page},
    {.name = "a bad request", .play = asks_badly},
    {.name = "a large request", .play = asks_too_much},
    {.name = "an origin", .play = asks_from_elsewhere},
    {.name = "a handshake", .play = visits, .hooks = {.request = looks}},
    {.name = "a subprotocol",
     .play = visits,
     .options = {.subprotocols = subprotocols}},
    {.name = "accepted", .play = visits, .hooks = {.request = accepts}},
    {.name = "refused", .play = visits, .hooks = {.request = refuses}},
    {.name = "refused shortly",
     .play = visits,
     .hooks = {.request = refuses_shortly}},
    {.name = "accepted later",
     .play = is_accepted_later,
     .hooks = {.request = defers},
     .options = {.subprotocols = subprotocols}},
    {.name = "closed unanswered",
     .play = is_closed_unanswered,
     .hooks = {.request = defers}},
    {.name = "not answered",
     .play = is_not_answered,
     .hooks = {.request = defers}},
    {.name = "half a request", .play = does_not_ask},
    {.name = "more than a request", .play = speaks_too_early},
    {0},
};
