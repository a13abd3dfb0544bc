/* What the probe server does on a connection: answers, timers, commands. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

struct timer {
  uv_timer_t handle;
  struct probe *probe;
  uint64_t id;
};

/* ---- Answers ---- */

/* Answers as the query says, and prints what the call returned. */
void probe_answer(wss_conn *conn, const char *query, bool http) {
  char how[TEXT], line[TEXT], subprotocol[TEXT], type[TEXT], body[TEXT];
  wss_reply reply = {.subprotocol = param(query, "subprotocol", subprotocol),
                     .content_type = param(query, "type", type),
                     .body = param(query, "body", body)};
  wss_header header = {.name = param(query, "header", line)};
  int status = (int)param_number(query, "status", http ? 200 : 403);
  int err;
  if (header.name != NULL && strchr(line, ':') != NULL) {
    char *colon = strchr(line, ':');
    *colon = '\0';
    header.value = colon + 1;
    reply.headers = &header;
    reply.header_count = 1;
  }
  if (reply.body != NULL)
    reply.body_size = strlen(body);
  if (http)
    err = wss_respond(conn, status, &reply);
  else if (param(query, "how", how) != NULL && strcmp(how, "accept") == 0)
    err = wss_accept(conn, &reply);
  else
    err = wss_refuse(conn, status, &reply);
  json_begin("answer", conn);
  json_result("result", err);
  json_end();
}

/* ---- Timers ---- */

static void on_timer_closed(uv_handle_t *handle) {
  free(handle->data);
}

static void on_timer(uv_timer_t *handle) {
  struct timer *timer = handle->data;
  wss_conn *conn = NULL;
  uv_close((uv_handle_t *)handle, on_timer_closed);
  if (timer->probe->server != NULL)
    conn = wss_conn_find(timer->probe->server, timer->id);
  json_begin("timer", conn);
  json_end();
  if (conn != NULL)
    probe_answer(conn, ((struct peer *)wss_conn_data(conn))->query, false);
}

void probe_start_timer(wss_conn *conn, int64_t ms) {
  struct timer *timer = calloc(1, sizeof *timer);
  if (timer == NULL)
    return;
  timer->probe = wss_server_user(wss_conn_server(conn));
  timer->id = wss_conn_id(conn);
  timer->handle.data = timer;
  uv_timer_init(wss_server_loop(timer->probe->server), &timer->handle);
  uv_timer_start(&timer->handle, on_timer, (uint64_t)ms, 0);
}

/* ---- Commands ---- */

void probe_closed(void *user) {
  struct probe *probe = user;
  probe->server = NULL;
  uv_close((uv_handle_t *)&probe->terminate, NULL);
  json_begin("closed", NULL);
  json_end();
}

static void do_close(wss_conn *conn, const char *rest) {
  char *reason;
  int code = (int)strtol(rest, &reason, 10);
  int err = wss_close(conn, code, *reason == ' ' ? reason + 1 : NULL);
  json_begin("close-called", conn);
  json_result("result", err);
  json_result("again", wss_close(conn, 1000, NULL));
  json_result("send", wss_send(conn, WSS_TEXT, "late", 4));
  json_end();
}

static void do_terminate(wss_conn *conn, const char *rest) {
  (void)rest;
  wss_terminate(conn);
}

static void do_ping(wss_conn *conn, const char *rest) {
  wss_ping(conn, rest, strlen(rest));
}

static void do_pause(wss_conn *conn, const char *rest) {
  (void)rest;
  wss_pause(conn);
  json_begin("pause", conn);
  json_end();
}

/* resume ID */
static void do_resume(wss_conn *conn, const char *rest) {
  wss_conn *paused =
      wss_conn_find(wss_conn_server(conn), strtoull(rest, NULL, 10));
  json_begin("resume", paused);
  json_end();
  if (paused != NULL)
    wss_resume(paused);
}

/* flood COUNT SIZE: sends until an error comes. */
static void do_flood(wss_conn *conn, const char *rest) {
  char *after;
  int64_t count = strtoll(rest, &after, 10);
  size_t size = (size_t)strtoll(after, NULL, 10);
  char *data = calloc(1, size + 1);
  int64_t queued = 0, stop = 0;
  int err = 0;
  while (data != NULL && queued < count) {
    err = wss_send(conn, WSS_BINARY, data, size);
    if (err < 0)
      break;
    stop += err;
    queued++;
  }
  free(data);
  json_begin("flood", conn);
  json_result("result", err);
  json_number("queued", queued);
  json_number("stop", stop);
  json_number("buffered", (int64_t)wss_buffered(conn));
  json_end();
}

static void print_peer(const wss_peer_cert *peer) {
  static const char *const kinds[] = {"", "DNS", "IP", "email", "URI"};
  json_text("subject", peer->subject);
  json_text("issuer", peer->issuer);
  json_text("serial", peer->serial);
  json_text("fingerprint", peer->fingerprint);
  json_number("valid_from", peer->valid_from);
  json_number("valid_to", peer->valid_to);
  printf(", \"der\": ");
  json_value(peer->der, peer->der_size);
  printf(", \"names\": [");
  for (size_t i = 0; i < peer->name_count; i++) {
    const wss_peer_name *name = &peer->names[i];
    printf("%s[\"%s\", ", i > 0 ? ", " : "", kinds[name->kind]);
    json_value(name->value, strlen(name->value));
    printf("]");
  }
  printf("]");
}

static void do_info(wss_conn *conn, const char *rest) {
  const struct peer *peer = wss_conn_data(conn);
  wss_tls_info tls = {0};
  (void)rest;
  json_begin("info", conn);
  json_number("data_id", (int64_t)peer->id);
  json_address("remote", wss_conn_remote(conn));
  json_address("local", wss_conn_local(conn));
  json_text("subprotocol", wss_conn_subprotocol(conn));
  json_result("tls", wss_conn_tls(conn, &tls));
  json_text("version", tls.version);
  json_text("cipher", tls.cipher);
  json_text("alpn", tls.alpn);
  json_text("server_name", tls.server_name);
  json_number("resumed", tls.resumed);
  if (tls.peer != NULL)
    print_peer(tls.peer);
  json_end();
}

static void do_find(wss_conn *conn, const char *rest) {
  wss_conn *found =
      wss_conn_find(wss_conn_server(conn), strtoull(rest, NULL, 10));
  json_begin("find", conn);
  json_number("found", found == NULL ? 0 : (int64_t)wss_conn_id(found));
  json_number("same", found == conn);
  json_end();
}

/* Prints each, and ends it when the argument is "close" or "terminate". */
static int visit(wss_conn *conn, void *arg) {
  const char *what = arg;
  json_begin("visit", conn);
  json_end();
  if (strcmp(what, "close") == 0)
    wss_close(conn, 4000, "each");
  else if (strcmp(what, "terminate") == 0)
    wss_terminate(conn);
  return strcmp(what, "first") == 0 ? 7 : 0;
}

static void do_each(wss_conn *conn, const char *rest) {
  char what[16];
  int stopped;
  snprintf(what, sizeof what, "%s", rest);
  stopped = wss_server_each(wss_conn_server(conn), visit, what);
  json_begin("each", conn);
  json_number("result", stopped);
  json_end();
}

static void do_stats(wss_conn *conn, const char *rest) {
  wss_stats stats;
  size_t i;
  (void)rest;
  wss_server_stats(wss_conn_server(conn), &stats);
  json_begin("stats", conn);
#define STAT(name) json_number(#name, stats.name)
  STAT(open), STAT(pending), STAT(accepted), STAT(handshakes);
  STAT(tls_handshakes), STAT(http_responses), STAT(refused_tls);
  STAT(refused_plain_http), STAT(refused_http), STAT(refused_handshake);
  STAT(refused_origin), STAT(refused_by_app), STAT(refused_timeout);
  STAT(refused_lost), STAT(closed_registered), STAT(closed_private);
  STAT(bytes_in), STAT(bytes_out), STAT(messages_in), STAT(messages_out);
#undef STAT
  printf(", \"closed\": [");
  for (i = 0; i < sizeof stats.closed / sizeof stats.closed[0]; i++)
    printf("%s%" PRId64, i > 0 ? ", " : "", stats.closed[i]);
  printf("]");
  json_end();
}

static void do_shutdown(wss_conn *conn, const char *rest) {
  struct probe *probe = wss_server_user(wss_conn_server(conn));
  wss_server_close(probe->server, strtoll(rest, NULL, 10), probe_closed);
}

/* Calls that must be refused, on an open connection. */
static void do_misuse(wss_conn *conn, const char *rest) {
  char reason[125];
  (void)rest;
  memset(reason, 'r', sizeof reason);
  reason[124] = '\0';
  json_begin("misuse", conn);
  json_result("accept", wss_accept(conn, NULL));
  json_result("refuse", wss_refuse(conn, 403, NULL));
  json_result("respond", wss_respond(conn, 200, NULL));
  json_result("type", wss_send(conn, (wss_type)3, "a", 1));
  json_result("null", wss_send(conn, WSS_TEXT, NULL, 1));
  json_result("utf8", wss_send(conn, WSS_TEXT, "\xc3", 1));
  json_result("big", wss_send(conn, WSS_BINARY, reason, SIZE_MAX / 2));
  json_result("ping", wss_ping(conn, NULL, 126));
  json_result("close_1005", wss_close(conn, 1005, NULL));
  json_result("close_1006", wss_close(conn, 1006, NULL));
  json_result("close_999", wss_close(conn, 999, NULL));
  json_result("close_5000", wss_close(conn, 5000, NULL));
  json_result("close_long", wss_close(conn, 1000, reason));
  json_result("close_utf8", wss_close(conn, 1000, "\xff"));
  json_end();
}

static const struct {
  const char *name;
  void (*run)(wss_conn *conn, const char *rest);
} commands[] = {
    {"close", do_close},   {"terminate", do_terminate}, {"ping", do_ping},
    {"pause", do_pause},   {"flood", do_flood},         {"info", do_info},
    {"resume", do_resume}, {"find", do_find},           {"each", do_each},
    {"stats", do_stats},   {"shutdown", do_shutdown},   {"misuse", do_misuse},
};

/* NAME or NAME ARGUMENTS; anything else is sent back. */
void probe_run(wss_conn *conn, const char *command) {
  size_t length = strcspn(command, " ");
  size_t i;
  for (i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    if (strlen(commands[i].name) == length &&
        memcmp(commands[i].name, command, length) == 0) {
      commands[i].run(conn, command + length + (command[length] == ' '));
      return;
    }
  }
  wss_send(conn, WSS_TEXT, command, strlen(command));
}
