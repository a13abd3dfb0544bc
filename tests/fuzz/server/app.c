#include "server/app.h"

#include <string.h>

#include "support/input.h"
#include "support/reference_utf8.h"

/* Calls into the library, during which no callback may come. */
#define CALL(it, call)                                                         \
  ((it)->in_call = true, last_result = (call), (it)->in_call = false,          \
   last_result)
static int last_result;

/* ---- What the library hands out ------------------------------------------ */

static bool text_clean(const char *text) {
  for (; *text != '\0'; text++) {
    if ((unsigned char)*text < ' ' || *text == 0x7f)
      return false;
  }
  return true;
}

static bool is_utf8(const void *data, size_t size) {
  bool complete;
  return reference_utf8(data, size, &complete) == size && complete;
}

static bool code_known(int code) {
  return (code >= 1000 && code <= 1014 && code != 1004) ||
         (code >= 3000 && code <= 4999);
}

static void check_info(const wss_close_info *info) {
  CHECK(info->phase <= WSS_PHASE_CLOSING && info->initiator <= WSS_BY_LIBRARY);
  CHECK(info->cause > WSS_CAUSE_NONE && info->cause <= WSS_CAUSE_NO_MEMORY);
  CHECK(code_known(info->code));
  CHECK(info->code_sent == 0 || code_known(info->code_sent));
  CHECK(info->code_sent != 1006);
  CHECK(info->message != NULL && info->message[0] != '\0');
  CHECK(text_clean(info->message));
  CHECK(info->reason_size <= 123 && info->reason[info->reason_size] == '\0');
  CHECK(is_utf8(info->reason, info->reason_size));
  CHECK(info->reason_size == 0 || (info->code != 1005 && info->code != 1006));
  CHECK(info->error <= 0);
  CHECK(info->status == 0 || info->status == 101 ||
        (info->status >= 300 && info->status <= 599));
  CHECK(!info->opened || info->status == 101);
  CHECK(info->status == 101 || (info->code == 1006 && info->code_sent == 0));
  CHECK(info->tls_alert >= -1 && info->tls_alert <= 255);
  CHECK((info->tls_alert_name == NULL) == (info->tls_alert == -1));
  CHECK(info->bytes_in >= 0 && info->bytes_out >= 0 && info->age >= 0);
  CHECK(info->round_trip >= -1);
}

static void check_request(const wss_request *request) {
  size_t i;
  CHECK(strcmp(request->method, "GET") == 0 ||
        strcmp(request->method, "HEAD") == 0);
  CHECK(request->path[0] == '/' && request->host != NULL);
  CHECK(wss_request_header(request, "host") != NULL);
  for (i = 0; i < request->header_count; i++)
    CHECK(wss_request_header(request, request->headers[i].name) != NULL);
}

/* ---- What the program does ----------------------------------------------- */

enum act {
  ACT_NOTHING,
  ACT_SEND,
  ACT_SEND_BIG,
  ACT_PING,
  ACT_CLOSE,
  ACT_TERMINATE,
  ACT_PAUSE,
  ACT_RESUME,
  ACT_ACCEPT,
  ACT_REFUSE,
  ACT_ASK,
  ACT_MISUSE,
  ACT_TERMINATE_ALL,
  ACT_CLOSE_LISTENER,
  ACT_CLOSE_SERVER,
  ACTS
};

/* What wss_send and wss_ping may return. */
static void check_sent(app *it, app_conn *conn, int result, size_t size) {
  CHECK(result == 0 || result == 1 || result == WSS_ERR_AGAIN ||
        result == WSS_ERR_TOO_BIG || result == WSS_ERR_CLOSED ||
        result == WSS_ERR_STATE || result == WSS_ERR_NOMEM);
  if (result == 1 || result == WSS_ERR_AGAIN)
    conn->want_drain = true;
  if (result == 0 || result == 1)
    it->queued += size + 14;
}

static void send_bytes(app *it, app_conn *conn, wss_type type, const void *data,
                       size_t size) {
  check_sent(it, conn, CALL(it, wss_send(conn->conn, type, data, size)), size);
}

static void accept_request(app *it, app_conn *conn) {
  static const wss_header headers[] = {{"X-Program", "fuzz"}};
  const wss_reply reply = {.headers = headers, .header_count = 1};
  int result = CALL(it, wss_accept(conn->conn, &reply));
  CHECK(result == 0 || result == WSS_ERR_STATE || result == WSS_ERR_NOMEM ||
        result == WSS_ERR_CLOSED || result == WSS_ERR_TOO_BIG);
}

static void refuse_request(app *it, app_conn *conn) {
  int result = CALL(it, wss_refuse(conn->conn, 403, NULL));
  CHECK(result == 0 || result == WSS_ERR_STATE || result == WSS_ERR_NOMEM ||
        result == WSS_ERR_CLOSED || result == WSS_ERR_TOO_BIG);
  conn->over = conn->over || result == 0;
}

static void ask(const app *it, const app_conn *conn) {
  wss_tls_info info;
  CHECK(wss_conn_server(conn->conn) == it->server);
  CHECK(wss_conn_find(it->server, conn->id) == conn->conn);
  CHECK(wss_conn_id(conn->conn) == conn->id);
  CHECK(wss_conn_data(conn->conn) == conn);
  if (wss_conn_tls(conn->conn, &info) == 0)
    CHECK(info.version != NULL && info.cipher != NULL);
}

static void misuse(app *it, app_conn *conn) {
  static const uint8_t bad[] = {'a', 0xc0, 0x80};
  int result = CALL(it, wss_send(conn->conn, WSS_TEXT, bad, sizeof bad));
  CHECK(result < 0);
  CHECK(CALL(it, wss_close(conn->conn, 1005, NULL)) < 0);
  CHECK(CALL(it, wss_ping(conn->conn, bad, 126)) < 0);
  CHECK(CALL(it, wss_server_close(it->server, -2, NULL)) == WSS_ERR_INVALID);
}

static int terminate(wss_conn *conn, void *arg) {
  app_conn *known = wss_conn_data(conn);
  (void)arg;
  known->over = true;
  wss_terminate(conn);
  return 0;
}

static void act_on(app *it, app_conn *conn, enum act what) {
  static uint8_t zeros[70000];
  int result;
  if (what == ACT_SEND)
    send_bytes(it, conn, WSS_TEXT, "hello", 5);
  if (what == ACT_SEND_BIG)
    send_bytes(it, conn, WSS_BINARY, zeros, sizeof zeros);
  if (what == ACT_PING)
    check_sent(it, conn, CALL(it, wss_ping(conn->conn, "?", 1)), 1);
  if (what == ACT_CLOSE) {
    result = CALL(it, wss_close(conn->conn, 0, "bye"));
    CHECK(result == 0 || result == WSS_ERR_CLOSED || result == WSS_ERR_NOMEM);
    conn->over = true;
  }
  if (what == ACT_TERMINATE)
    (void)CALL(it, terminate(conn->conn, NULL));
  if (what == ACT_PAUSE || what == ACT_RESUME) {
    conn->paused = what == ACT_PAUSE;
    (void)CALL(it, ((conn->paused ? wss_pause : wss_resume)(conn->conn), 0));
  }
  if (what == ACT_ACCEPT)
    accept_request(it, conn);
  if (what == ACT_REFUSE)
    refuse_request(it, conn);
  if (what == ACT_ASK)
    ask(it, conn);
  if (what == ACT_MISUSE)
    misuse(it, conn);
}

void app_act(app *it, app_conn *conn, uint8_t what) {
  enum act act = (enum act)(what % ACTS);
  if (it->server == NULL || it->acts_left == 0 || act == ACT_NOTHING)
    return;
  it->acts_left--;
  if (act == ACT_TERMINATE_ALL)
    (void)CALL(it, wss_server_each(it->server, terminate, NULL));
  else if (act == ACT_CLOSE_SERVER)
    app_close(it, what > 127 ? WSS_OFF : 1000);
  else if (act == ACT_CLOSE_LISTENER && it->listener != NULL && !it->closing) {
    (void)CALL(it, (wss_listener_close(it->listener), 0));
    it->listener = NULL;
  } else if (act < ACT_TERMINATE_ALL && conn != NULL && conn->conn != NULL)
    act_on(it, conn, act);
}

/* ---- Callbacks ----------------------------------------------------------- */

static app_conn *known_conn(app *it, wss_conn *conn) {
  app_conn *known = wss_conn_data(conn);
  CHECK(!it->in_call && it->server != NULL);
  CHECK(known >= it->conns && known < it->conns + it->count);
  CHECK(known->conn == conn && wss_conn_find(it->server, known->id) == conn);
  return known;
}

/* answer: 0 to 2 are returned; else the request is answered within. */
static int on_request(wss_conn *conn, const wss_request *request, void *user) {
  app *it = user;
  app_conn *fresh = &it->conns[it->count];
  int answer = it->answer;
  CHECK(!it->in_call && wss_conn_data(conn) == NULL);
  check_request(request);
  if (it->count == APP_CONNS)
    return WSS_REFUSE;
  it->count++;
  fresh->conn = conn;
  fresh->id = wss_conn_id(conn);
  CHECK(fresh->id > 0);
  wss_conn_set_data(conn, fresh);
  fresh->deferred = answer == WSS_DEFER;
  app_act(it, fresh, it->reactions[APP_REQUEST]);
  return answer > WSS_DEFER ? CALL(it, wss_accept(conn, NULL)) : answer;
}

static void on_http(wss_conn *conn, const wss_request *request, void *user) {
  app *it = user;
  static const wss_reply reply = {
      .content_type = "text/html", .body = "<p>hello</p>", .body_size = 12};
  int result = 0;
  CHECK(!it->in_call && wss_conn_id(conn) == 0);
  check_request(request);
  if ((it->reactions[APP_HTTP] & 1) != 0)
    result = CALL(it, wss_respond(conn, 200, &reply));
  CHECK(result == 0 || result == WSS_ERR_NOMEM || result == WSS_ERR_CLOSED ||
        result == WSS_ERR_TOO_BIG);
  app_act(it, NULL, it->reactions[APP_HTTP]);
}

static void on_open(wss_conn *conn, void *user) {
  app *it = user;
  app_conn *known = known_conn(it, conn);
  CHECK(!known->opened);
  known->opened = true;
  app_act(it, known, it->reactions[APP_OPEN]);
}

static void on_message(wss_conn *conn, const wss_message *message, void *user) {
  app *it = user;
  app_conn *known = known_conn(it, conn);
  CHECK(known->opened && !known->paused && !known->over);
  CHECK(message->type == WSS_TEXT || message->type == WSS_BINARY);
  CHECK(message->type != WSS_TEXT || is_utf8(message->data, message->size));
  send_bytes(it, known, message->type, message->data, message->size);
  app_act(it, known, it->reactions[APP_MESSAGE]);
}

static void on_pong(wss_conn *conn, const void *data, size_t size, void *user) {
  app *it = user;
  app_conn *known = known_conn(it, conn);
  CHECK(known->opened && !known->over);
  CHECK(size <= 125 && (size == 0 || data != NULL));
  app_act(it, known, it->reactions[APP_PONG]);
}

static void on_drain(wss_conn *conn, void *user) {
  app *it = user;
  app_conn *known = known_conn(it, conn);
  CHECK(known->opened && known->want_drain);
  CHECK(wss_buffered(conn) == 0);
  known->want_drain = false;
  app_act(it, known, it->reactions[APP_DRAIN]);
}

static void on_close(wss_conn *conn, const wss_close_info *info, void *user) {
  app *it = user;
  app_conn *known;
  if (wss_conn_data(conn) == NULL) /* one too many for us */
    return;
  known = known_conn(it, conn);
  check_info(info);
  CHECK(info->opened == known->opened);
  app_act(it, known, it->reactions[APP_CLOSE]);
  known->conn = NULL;
}

static void on_error(wss_server *server, const wss_error *error, void *user) {
  app *it = user;
  CHECK(!it->in_call && server == it->server);
  CHECK(error->error < 0 && error->message != NULL);
  CHECK(text_clean(error->message));
  if (error->close != NULL) {
    check_info(error->close);
    CHECK(!error->close->opened);
  }
  app_act(it, NULL, it->reactions[APP_ERROR]);
}

/* ---- The server ---------------------------------------------------------- */

int app_on_sni(wss_server *server, const char *name, wss_identity **identity,
               void *user) {
  app *it = user;
  CHECK(!it->in_call && server == it->server && *identity == NULL);
  CHECK(name[0] != '\0' && strlen(name) <= 255 && text_clean(name));
  CHECK(strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ") == NULL);
  app_act(it, NULL, it->reactions[APP_HTTP]);
  return 0;
}

static void on_closed(void *user) {
  app *it = user;
  size_t i;
  CHECK(!it->in_call && it->closing && it->server != NULL);
  for (i = 0; i < it->count; i++)
    CHECK(it->conns[i].conn == NULL);
  it->server = NULL;
}

void app_close(app *it, int64_t grace) {
  it->closing = true;
  it->listener = NULL;
  CHECK(CALL(it, wss_server_close(it->server, grace, on_closed)) == 0);
}

bool app_open(app *it, uv_loop_t *loop, wss_options *options, bool http,
              int (*listen)(wss_server *server, wss_listener **listener)) {
  wss_handler handler = {on_request, http ? on_http : NULL,
                         on_open,    on_message,
                         on_pong,    on_drain,
                         on_close,   on_error};
  int result;
  options->allocator = it->memory.functions;
  result = wss_server_new(&it->server, loop, &handler, options, it);
  CHECK((result == 0) == (it->server != NULL));
  if (result < 0) {
    CHECK(result == WSS_ERR_INVALID || result == WSS_ERR_NOMEM);
    return false;
  }
  result = listen(it->server, &it->listener);
  if (result == 0)
    return true;
  CHECK(result == WSS_ERR_NOMEM && it->listener == NULL);
  app_close(it, 0);
  return false;
}

/* Ends before 101, and after. */
static void check_stats(const wss_stats *stats) {
  int64_t refused =
      stats->refused_tls + stats->refused_plain_http + stats->refused_http +
      stats->refused_handshake + stats->refused_origin + stats->refused_by_app +
      stats->refused_timeout + stats->refused_limit + stats->refused_lost;
  int64_t closed = stats->closed_registered + stats->closed_private;
  size_t i;
  for (i = 0; i < sizeof stats->closed / sizeof stats->closed[0]; i++)
    closed += stats->closed[i];
  CHECK(stats->open >= 0 && stats->pending >= 0);
  CHECK(stats->accepted ==
        stats->pending + stats->handshakes + stats->http_responses + refused);
  CHECK(stats->open == stats->handshakes - closed);
}

void app_check(app *it, size_t received, bool settled) {
  wss_stats stats;
  size_t i;
  size_t opened = 0;
  if (it->server == NULL)
    return;
  wss_server_stats(it->server, &stats);
  if (settled)
    check_stats(&stats);
  for (i = 0; i < it->count; i++)
    opened += it->conns[i].opened && it->conns[i].conn != NULL;
  CHECK((size_t)stats.open == opened);
  /* What a server, and what a connection has without having received anything;
     then buffers that double, and heads that are kept in parts. */
  CHECK(it->memory.bytes <= (size_t)300000 +
                                (size_t)(stats.open + stats.pending) * 8192 +
                                4 * received + 3 * it->queued);
}
