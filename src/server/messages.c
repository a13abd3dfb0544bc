#include <string.h>

#include "server/conn.h"
#include "ws/close.h"
#include "ws/utf8.h"

/* ---- From the peer ------------------------------------------------------- */

static bool goes_on(const wss_conn *conn) {
  return conn->state == WSS__CLOSING ||
         (conn->state == WSS__OPEN && !wss__conn_held(conn));
}

static bool on_message(void *owner, wss_type type, const uint8_t *data,
                       size_t size) {
  wss_conn *conn = owner;
  wss_server *server = conn->server;
  const wss_message message = {.type = type, .data = data, .size = size};
  server->stats.messages_in++;
  if (server->handler.on_message != NULL)
    server->handler.on_message(conn, &message, server->user);
  return goes_on(conn);
}

/* False, and the end, if the peer sends too many Pings and Pongs. */
static bool bearable(wss_conn *conn) {
  if (wss__liveness_control(conn))
    return true;
  wss__messages_fail(conn, WSS_CAUSE_CONTROL_RATE, WSS_ERR_LIMIT,
                     "the peer sent more than max_control_rate Pings and Pongs "
                     "within a second");
  return false;
}

static bool on_pong(void *owner, const uint8_t *data, size_t size) {
  wss_conn *conn = owner;
  wss_server *server = conn->server;
  if (!bearable(conn))
    return false;
  if (wss__liveness_pong(conn, data, size))
    return true;
  if (server->handler.on_pong != NULL)
    server->handler.on_pong(conn, data, size, server->user);
  return goes_on(conn);
}

static void on_send(void *owner, wss__opcode opcode, const uint8_t *payload,
                    size_t size) {
  wss_conn *conn = owner;
  if (opcode == WSS__PONG) {
    if (bearable(conn))
      wss__output_pong(conn, payload, size);
    return;
  }
  if (wss__output_frame(conn, opcode, payload, size) < 0) {
    conn->session.code_sent = 0;
    wss__conn_note(conn, WSS_CAUSE_NO_MEMORY, WSS_ERR_NOMEM,
                   "no memory for a Close frame");
    wss__conn_finish(conn);
  }
}

const wss__session_events wss__messages_events = {
    .message = on_message, .pong = on_pong, .send = on_send};

void wss__messages_fail(wss_conn *conn, wss_cause cause, int error,
                        const char *why) {
  wss__conn_note(conn, cause, error, why);
  (void)wss__session_fail(&conn->session, error, why);
  wss__conn_end(conn, false);
}

static wss_cause cause_of(int error) {
  switch (error) {
  case WSS_ERR_UTF8:
    return WSS_CAUSE_UTF8;
  case WSS_ERR_TOO_BIG:
    return WSS_CAUSE_MESSAGE_SIZE;
  case WSS_ERR_LIMIT:
    return WSS_CAUSE_FRAGMENTS;
  case WSS_ERR_NOMEM:
    return WSS_CAUSE_NO_MEMORY;
  default:
    return WSS_CAUSE_PROTOCOL;
  }
}

size_t wss__messages_input(wss_conn *conn, uint8_t *data, size_t size) {
  wss__session *session = &conn->session;
  size_t used = 0;
  int err = wss__session_feed(session, data, size, &used);

  if (conn->state >= WSS__FINISHING)
    return size;
  if (err < 0) {
    wss__conn_note(conn, cause_of(err), err, session->why);
    wss__conn_end(conn, false);
    return size;
  }
  if (session->code_received != 0) {
    wss__conn_note(conn, WSS_CAUSE_PEER_CLOSE, 0, "");
    wss__conn_end(conn, true);
    return size;
  }
  /* Held by a full buffer that the kernel may well take: an echo of messages
     larger than the high-water mark goes on without copying its input. */
  if (used < size && !conn->paused && wss__conn_held(conn))
    wss__output_flush(conn);
  return used;
}

/* ---- From the program ---------------------------------------------------- */

void wss__messages_close(wss_conn *conn, int code, const char *reason,
                         size_t size) {
  wss__conn_note(conn, WSS_CAUSE_APP_CLOSE, 0, "");
  conn->state = WSS__CLOSING;
  conn->unsent = SIZE_MAX;
  wss__liveness_stop(conn);
  wss__server_clock(conn->server, WSS__CLOCK_CLOSE, &conn->deadline);
  (void)wss__session_close(&conn->session, code, reason, size);
  wss__conn_touch(conn);
}

int wss_close(wss_conn *conn, int code, const char *reason) {
  size_t size = reason == NULL ? 0 : strlen(reason);
  if (code == 0)
    code = WSS__CLOSE_NORMAL;
  if (!wss__close_code_valid(code))
    return WSS_ERR_CLOSE_CODE;
  if (size > WSS__MAX_CLOSE_REASON)
    return WSS_ERR_TOO_BIG;
  if (!wss__utf8_valid(reason, size))
    return WSS_ERR_UTF8;
  if (conn->state == WSS__ASKED) {
    wss__refusal refusal;
    (void)wss__refuse(&refusal, 0, 503, "The server closed the connection.");
    wss__upgrade_refuse(conn, WSS_CAUSE_APP_CLOSE, &refusal);
    return 0;
  }
  if (conn->state != WSS__OPEN)
    return WSS_ERR_CLOSED;
  wss__messages_close(conn, code, reason, size);
  return 0;
}

void wss_terminate(wss_conn *conn) {
  wss__conn_note(conn, WSS_CAUSE_TERMINATED, 0, "");
  wss__conn_finish(conn);
}

/* Queues a frame and says what wss_send says. */
static int send_frame(wss_conn *conn, wss__opcode opcode, const void *data,
                      size_t size) {
  int err;

  if (conn->state < WSS__OPEN)
    return WSS_ERR_STATE;
  if (conn->state > WSS__OPEN)
    return WSS_ERR_CLOSED;
  if (opcode == WSS__TEXT && !wss__utf8_valid(data, size))
    return WSS_ERR_UTF8;
  err = wss__output_frame(conn, opcode, data, size);
  if (err < 0 && err != WSS_ERR_AGAIN)
    return err;
  if (err == 0 &&
      wss__output_size(conn) <= conn->server->options.send_high_water)
    return 0;
  conn->want_drain = true;
  return err == 0 ? 1 : err;
}

int wss_send(wss_conn *conn, wss_type type, const void *data, size_t size) {
  int err;
  if ((type != WSS_TEXT && type != WSS_BINARY) || (data == NULL && size > 0))
    return WSS_ERR_INVALID;
  err =
      send_frame(conn, type == WSS_TEXT ? WSS__TEXT : WSS__BINARY, data, size);
  if (err >= 0)
    conn->server->stats.messages_out++;
  return err;
}

int wss_ping(wss_conn *conn, const void *data, size_t size) {
  if (size > WSS__MAX_CONTROL_PAYLOAD)
    return WSS_ERR_TOO_BIG;
  if (data == NULL && size > 0)
    return WSS_ERR_INVALID;
  return send_frame(conn, WSS__PING, data, size);
}

void wss_pause(wss_conn *conn) {
  conn->paused = true;
  wss__conn_touch(conn);
}

void wss_resume(wss_conn *conn) {
  conn->paused = false;
  wss__conn_touch(conn);
}

size_t wss_buffered(const wss_conn *conn) {
  return wss__output_size(conn);
}

/* ---- What a connection is ------------------------------------------------ */

uint64_t wss_conn_id(const wss_conn *conn) {
  return conn->id;
}

wss_conn *wss_conn_find(const wss_server *server, uint64_t id) {
  return id == 0 ? NULL : wss__map_find(&server->ids, id);
}

void wss_conn_set_data(wss_conn *conn, void *data) {
  conn->data = data;
}

void *wss_conn_data(const wss_conn *conn) {
  return conn->data;
}

wss_server *wss_conn_server(const wss_conn *conn) {
  return conn->server;
}

wss_address wss_conn_remote(const wss_conn *conn) {
  return wss__endpoint_text(&conn->remote);
}

wss_address wss_conn_local(const wss_conn *conn) {
  return wss__endpoint_text(&conn->local);
}

const char *wss_conn_subprotocol(const wss_conn *conn) {
  return conn->subprotocol;
}

int wss_conn_tls_sized(const wss_conn *conn, wss_tls_info *info,
                       size_t info_size) {
  wss_tls_info known;
  memset(&known, 0, sizeof known);
  if (conn->tls != NULL)
    wss__tls_channel_info(conn->tls, &known);
  if (known.version == NULL)
    return WSS_ERR_STATE;
  wss__copy_out(info, info_size, &known, sizeof known);
  return 0;
}
