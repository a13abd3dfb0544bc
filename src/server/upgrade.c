#include <string.h>

#include "net/deadline.h"
#include "server/conn.h"
#include "ws/handshake.h"

/* ---- Answers ------------------------------------------------------------- */

/* Once the program has answered. What the library answers by itself may find
   the program still looking at the request: that one goes with the connection.
 */
static void forget_request(wss_conn *conn) {
  /* A callback that is running may still read it. */
  if (conn->answering)
    return;
  wss__request_free(conn->request);
  conn->request = NULL;
}

static bool is_head(const wss_conn *conn) {
  return conn->request != NULL && conn->state == WSS__ASKED &&
         strcmp(wss__request_public(conn->request)->method, "HEAD") == 0;
}

static int respond(wss_conn *conn, const wss__response *response) {
  int err = wss__response_pack(&conn->out, &conn->server->allocator, response);
  if (err < 0)
    return err;
  conn->status = (int16_t)response->status;
  return 0;
}

void wss__upgrade_refuse(wss_conn *conn, wss_cause cause,
                         const wss__refusal *refusal) {
  const wss__response response = {
      .status = refusal->status,
      .headers = refusal->headers,
      .header_count = refusal->header_count,
      .body = refusal->detail.text,
      .body_size = strlen(refusal->detail.text),
      .head = is_head(conn),
  };
  if (conn->refusal == NULL && refusal->error != 0)
    conn->refusal = wss__strdup(&conn->server->allocator, refusal->detail.text);
  wss__conn_note(conn, cause, refusal->error, conn->refusal);
  if (respond(conn, &response) < 0)
    wss__conn_finish(conn);
  else
    wss__conn_end(conn, false);
  /* One that the program has been shown stays until on_close. */
  if (!conn->requested)
    forget_request(conn);
}

/* An answer of the program's, other than 101. */
static int answer(wss_conn *conn, int status, const wss_reply *reply) {
  wss__response response = {
      .status = status,
      .headers = reply->headers,
      .header_count = reply->header_count,
      .content_type = reply->content_type,
      .body = reply->body,
      .body_size = reply->body_size,
      .head = is_head(conn),
  };
  /* Checked under another name: the field itself is the library's to set. */
  const wss_header type = {"Type", reply->content_type};
  int err;

  if (reply->subprotocol != NULL || (reply->body == NULL && reply->body_size))
    return WSS_ERR_INVALID;
  err = wss__headers_check(reply->headers, reply->header_count);
  if (err == 0 && reply->content_type != NULL)
    err = wss__headers_check(&type, 1);
  if (err < 0)
    return err;
  if (reply->body == NULL && status >= 300) {
    response.body = wss__status_phrase(status);
    response.body_size = strlen(response.body);
  }
  err = respond(conn, &response);
  if (err < 0)
    return err;
  wss__conn_note(conn, conn->http ? WSS_CAUSE_ANSWERED : WSS_CAUSE_REFUSED, 0,
                 "");
  wss__conn_end(conn, false);
  forget_request(conn);
  return 0;
}

static int choose_subprotocol(wss_conn *conn, const wss_reply *reply) {
  const wss_server *server = conn->server;
  const wss_request *request = wss__request_public(conn->request);
  const char *chosen = reply->subprotocol;

  if (chosen != NULL && !wss__handshake_offered(request, chosen))
    return WSS_ERR_SUBPROTOCOL;
  if (chosen == NULL)
    chosen = wss__handshake_subprotocol(
        request, (const char *const *)server->options.subprotocols);
  if (chosen == NULL)
    return 0;
  conn->subprotocol = wss__strdup(&server->allocator, chosen);
  return conn->subprotocol == NULL ? WSS_ERR_NOMEM : 0;
}

static int accept_request(wss_conn *conn, const wss_reply *reply) {
  const wss_allocator *allocator = &conn->server->allocator;
  int err;

  if (reply->body != NULL || reply->body_size != 0 ||
      reply->content_type != NULL)
    return WSS_ERR_INVALID;
  err = wss__headers_check(reply->headers, reply->header_count);
  if (err < 0)
    return err;
  err = choose_subprotocol(conn, reply);
  if (err == 0)
    err = wss__handshake_pack(&conn->out, allocator, conn->accept,
                              conn->subprotocol, reply->headers,
                              reply->header_count);
  if (err < 0) {
    wss__free(allocator, conn->subprotocol);
    conn->subprotocol = NULL;
    return err;
  }
  conn->status = 101;
  conn->state = WSS__OPEN;
  conn->server->stats.handshakes++;
  conn->server->stats.pending--;
  wss__deadline_clear(&conn->deadline);
  wss__admission_settled(conn);
  wss__conn_touch(conn);
  forget_request(conn);
  return 0;
}

int wss_accept_sized(wss_conn *conn, const wss_reply *reply,
                     size_t reply_size) {
  wss_reply known;
  int err;
  if (conn->state != WSS__ASKED || conn->http)
    return WSS_ERR_STATE;
  err = wss__copy_in(&known, sizeof known, reply, reply_size);
  return err < 0 ? err : accept_request(conn, &known);
}

static int answer_sized(wss_conn *conn, bool http, int status, int lowest,
                        const wss_reply *reply, size_t reply_size) {
  wss_reply known;
  int err;
  if (conn->state != WSS__ASKED || conn->http != http)
    return WSS_ERR_STATE;
  if (status < lowest || status > 599)
    return WSS_ERR_INVALID;
  err = wss__copy_in(&known, sizeof known, reply, reply_size);
  return err < 0 ? err : answer(conn, status, &known);
}

int wss_refuse_sized(wss_conn *conn, int status, const wss_reply *reply,
                     size_t reply_size) {
  return answer_sized(conn, false, status, 300, reply, reply_size);
}

int wss_respond_sized(wss_conn *conn, int status, const wss_reply *reply,
                      size_t reply_size) {
  return answer_sized(conn, true, status, 200, reply, reply_size);
}

/* ---- Requests ------------------------------------------------------------ */

static void refuse_with(wss_conn *conn, wss_cause cause, int error, int status,
                        const char *text) {
  wss__refusal refusal;
  (void)wss__refuse(&refusal, error, status, "%s", text);
  wss__upgrade_refuse(conn, cause, &refusal);
}

/* Of a request that http/ or ws/ did not take. */
static wss_cause cause_of(const wss__refusal *refusal) {
  switch (refusal->error) {
  case WSS_ERR_NOMEM:
    return WSS_CAUSE_NO_MEMORY;
  case WSS_ERR_ORIGIN:
    return WSS_CAUSE_ORIGIN;
  case WSS_ERR_HANDSHAKE:
    return WSS_CAUSE_HANDSHAKE;
  default:
    return refusal->status == 414 || refusal->status == 431
               ? WSS_CAUSE_HEADER_SIZE
               : WSS_CAUSE_HTTP;
  }
}

/* A plain GET or HEAD. */
static void ask_http(wss_conn *conn) {
  static const wss_header upgrade = {"Upgrade", "websocket"};
  wss_server *server = conn->server;

  conn->http = true;
  if (server->handler.on_http == NULL) {
    wss__refusal refusal;
    (void)wss__refuse(&refusal, WSS_ERR_HANDSHAKE, 426,
                      "This is a WebSocket endpoint: connect to it with a "
                      "WebSocket client.");
    refusal.headers = &upgrade;
    refusal.header_count = 1;
    wss__upgrade_refuse(conn, WSS_CAUSE_NOT_WEBSOCKET, &refusal);
    return;
  }
  conn->answering = true;
  server->handler.on_http(conn, wss__request_public(conn->request),
                          server->user);
  conn->answering = false;
  if (conn->state == WSS__ASKED)
    (void)wss_respond(conn, 404, NULL);
  if (conn->state == WSS__ASKED) {
    wss__conn_note(conn, WSS_CAUSE_NO_MEMORY, WSS_ERR_NOMEM,
                   "out of memory for an answer");
    wss__conn_finish(conn);
  }
  forget_request(conn);
}

/* A valid handshake: the program decides. */
static void ask_program(wss_conn *conn) {
  wss_server *server = conn->server;
  int verdict = WSS_ACCEPT;
  int err = 0;

  conn->id = ++server->next_id;
  if (wss__map_insert(&server->ids, &server->allocator, conn->id, conn) < 0) {
    conn->id = 0;
    refuse_with(conn, WSS_CAUSE_NO_MEMORY, WSS_ERR_NOMEM, 503,
                "The server is out of memory.");
    return;
  }
  conn->requested = true;
  if (server->handler.on_request != NULL) {
    conn->answering = true;
    verdict = server->handler.on_request(
        conn, wss__request_public(conn->request), server->user);
    conn->answering = false;
  }
  if (conn->state != WSS__ASKED) {
    forget_request(conn);
    return;
  }
  if (verdict == WSS_DEFER)
    return;
  if (verdict == WSS_ACCEPT)
    err = wss_accept(conn, NULL);
  else if (verdict == WSS_REFUSE)
    err = wss_refuse(conn, 403, NULL);
  else
    err = verdict < 0 ? verdict : WSS_ERR_INVALID;
  if (err < 0)
    refuse_with(conn, WSS_CAUSE_UNANSWERED, err, 500,
                "The server could not answer the request.");
}

static void judge(wss_conn *conn, bool more) {
  const wss_server *server = conn->server;
  const wss_request *request = wss__request_public(conn->request);
  wss__refusal refusal;
  int err;

  conn->state = WSS__ASKED;
  wss__admission_spoke(conn);
  if (!wss__handshake_asked(request)) {
    ask_http(conn);
    return;
  }
  err = wss__handshake_check(conn->request, conn->accept, &refusal);
  if (err == 0)
    err = wss__handshake_origin(
        request, (const char *const *)server->options.origins, &refusal);
  if (err == WSS_ERR_NOMEM)
    (void)wss__refuse(&refusal, err, 503, "The server is out of memory.");
  if (err == 0 && more)
    err = wss__refuse(&refusal, WSS_ERR_HANDSHAKE, 400,
                      "A client must wait for the answer to its handshake "
                      "before it sends anything else (RFC 6455 4.1).");
  if (err < 0)
    wss__upgrade_refuse(conn, cause_of(&refusal), &refusal);
  else
    ask_program(conn);
}

size_t wss__upgrade_input(wss_conn *conn, uint8_t *data, size_t size) {
  const wss_server *server = conn->server;
  wss__refusal refusal;
  size_t used = 0;
  int result;

  if (conn->request == NULL) {
    conn->request =
        wss__request_new(&server->allocator, server->options.max_header_size);
  }
  result = conn->request == NULL
               ? WSS_ERR_NOMEM
               : wss__request_feed(conn->request, data, size, &used, &refusal);
  if (result == 0)
    return size;
  if (result > 0) {
    judge(conn, used < size || conn->more_input);
  } else {
    if (result == WSS_ERR_NOMEM)
      (void)wss__refuse(&refusal, result, 503, "The server is out of memory.");
    wss__upgrade_refuse(conn, cause_of(&refusal), &refusal);
  }
  return size;
}

const char *wss_request_header(const wss_request *request, const char *name) {
  return wss__request_field(request, name);
}

const char *wss_request_cookie(const wss_request *request, const char *name,
                               size_t *size) {
  return wss__request_cookie(request, name, size);
}
