#include "server/conn.h"

#include <string.h>

#include "server/cause.h"
#include "server/report.h"
#include "ws/close.h"

static wss_conn *conn_of(wss__stream *stream) {
  return wss__list_entry(stream, wss_conn, stream);
}

static size_t unsent(const wss_conn *conn) {
  return conn->out.length + wss__stream_unsent(&conn->stream);
}

static wss_phase phase_of(const wss_conn *conn) {
  static const wss_phase phases[] = {
      [WSS__ACCEPTED] = WSS_PHASE_ACCEPTED, [WSS__TLS] = WSS_PHASE_TLS,
      [WSS__HTTP] = WSS_PHASE_HTTP,         [WSS__ASKED] = WSS_PHASE_HTTP,
      [WSS__OPEN] = WSS_PHASE_OPEN,         [WSS__CLOSING] = WSS_PHASE_CLOSING,
      [WSS__FINISHING] = WSS_PHASE_CLOSING, [WSS__CLOSED] = WSS_PHASE_CLOSING,
  };
  return phases[conn->state];
}

void wss__conn_note(wss_conn *conn, wss_cause cause, int error,
                    const char *message) {
  if (!conn->ending) {
    conn->ending = true;
    conn->initiator = (uint8_t)wss__cause_initiator(cause);
    conn->cause = (uint8_t)cause;
    conn->phase = (uint8_t)phase_of(conn);
  }
  if (error == 0 || conn->error != 0)
    return;
  conn->error = error;
  conn->cause = (uint8_t)cause;
  conn->phase = (uint8_t)phase_of(conn);
  conn->message = message;
}

void wss__conn_end(wss_conn *conn, bool clean) {
  if (conn->state >= WSS__FINISHING)
    return;
  conn->state = WSS__FINISHING;
  conn->clean = clean;
  conn->unsent = SIZE_MAX;
  wss__liveness_stop(conn);
  wss__admission_settled(conn);
  wss__server_clock(conn->server, WSS__CLOCK_CLOSE, &conn->deadline);
  wss__conn_touch(conn);
}

void wss__conn_finish(wss_conn *conn) {
  if (conn->state == WSS__CLOSED)
    return;
  conn->state = WSS__CLOSED;
  wss__deadline_clear(&conn->deadline);
  wss__liveness_stop(conn);
  wss__admission_leave(conn);
  wss__list_remove(&conn->dirty);
  wss__output_count(conn);
  wss__stream_close(&conn->stream, unsent(conn) > 0);
}

void wss__conn_touch(wss_conn *conn) {
  if (conn->state == WSS__CLOSED || !wss__list_empty(&conn->dirty))
    return;
  wss__list_append(&conn->server->dirty, &conn->dirty);
  wss__loop_wake(&conn->server->loop);
}

bool wss__conn_held(const wss_conn *conn) {
  if (conn->state == WSS__ASKED)
    return true;
  if (conn->state == WSS__TLS)
    return wss__admission_waits(&conn->admitted);
  if (conn->state != WSS__OPEN)
    return false;
  return !conn->opened || conn->paused ||
         wss__output_size(conn) > conn->server->options.send_high_water;
}

void wss__conn_lost(wss_conn *conn, int error, const char *message) {
  wss_cause cause = WSS_CAUSE_NETWORK;
  if (error == WSS_ERR_TRUNCATED)
    cause = WSS_CAUSE_PEER_FIN;
  else if (wss__stream_reset(error))
    cause = WSS_CAUSE_PEER_RESET;
  else if (error == WSS_ERR_NOMEM)
    cause = WSS_CAUSE_NO_MEMORY;
  /* A peer that resets once all is said has done nothing wrong. */
  if (conn->state != WSS__FINISHING)
    wss__conn_note(conn, cause, error, message);
  wss__conn_finish(conn);
}

void wss__conn_peer_ended(wss_conn *conn) {
  static const char *const messages[] = {
      [WSS_PHASE_ACCEPTED] = "the peer closed without sending a byte",
      [WSS_PHASE_TLS] = "the peer closed during the TLS handshake",
      [WSS_PHASE_HTTP] = "the peer closed before its request was complete",
      [WSS_PHASE_OPEN] = "the peer closed without a Close frame",
      [WSS_PHASE_CLOSING] = "the peer closed without answering the Close frame",
  };
  conn->peer_ended = true;
  if (conn->state == WSS__FINISHING)
    wss__conn_touch(conn);
  else
    wss__conn_lost(conn, WSS_ERR_TRUNCATED, messages[phase_of(conn)]);
}

/* ---- The stream's events ----------------------------------------------- */

static void on_read(wss__stream *stream, uint8_t *data, size_t size) {
  wss_conn *conn = conn_of(stream);
  conn->server->stats.bytes_in += (int64_t)size;
  conn->bytes_in += (int64_t)size;
  wss__liveness_heard(conn);
  wss__input(conn, data, size);
  wss__conn_settle(conn);
}

static void on_ended(wss__stream *stream, int error) {
  wss_conn *conn = conn_of(stream);
  if (error < 0)
    wss__conn_lost(conn, error, "the connection to the peer broke");
  else
    wss__conn_peer_ended(conn);
  wss__conn_settle(conn);
}

static void on_wrote(wss__stream *stream, int error) {
  wss_conn *conn = conn_of(stream);
  conn->in_flight = 0;
  wss__liveness_wrote(conn);
  if (error < 0) {
    conn->uncounted = 0; /* how much of it was taken is not known */
    wss__conn_lost(conn, error, "cannot write to the peer");
  }
  wss__output_count(conn);
  wss__conn_settle(conn);
}

/* ---- What is due --------------------------------------------------------- */

/* Sends FIN behind the last byte, and ends once the peer's has come. */
static void settle_finishing(wss_conn *conn) {
  wss_server *server = conn->server;
  if (conn->out.length > 0)
    return;
  if (!conn->fin_sent) {
    conn->fin_sent = true;
    if (conn->tls != NULL) {
      wss__tls_channel_close(conn->tls, &server->wire);
      wss__output_wire(conn);
      if (conn->state == WSS__CLOSED)
        return;
    }
    if (wss__stream_shutdown(&conn->stream) < 0) {
      wss__conn_finish(conn);
      return;
    }
  }
  if (conn->stream.in_flight > 0)
    return;
  if (conn->peer_ended) {
    wss__conn_finish(conn);
  } else if (conn->clean) {
    conn->clean = false; /* the deadline is set once */
    wss__server_clock(server, WSS__CLOCK_FIN, &conn->deadline);
  }
}

static void settle_reading(wss_conn *conn) {
  bool on = !conn->peer_ended && !wss__conn_held(conn);
  int err = wss__stream_read(&conn->stream, on);
  if (err < 0)
    wss__conn_lost(conn, err, "cannot read from the peer");
}

/* A program that fills the buffer at each on_drain would keep its peer from
   being heard: between an empty buffer and on_drain there is a whole poll in
   which the peer is read from. */
static bool drain_is_due(wss_conn *conn) {
  uint64_t polls = conn->server->loop.polls;
  if (!conn->want_drain || wss__output_size(conn) > 0) {
    conn->drain_poll = 0;
    return false;
  }
  if (conn->drain_poll == 0)
    conn->drain_poll = polls + 2;
  if (polls < conn->drain_poll) {
    wss__conn_touch(conn);
    return false;
  }
  conn->drain_poll = 0;
  return true;
}

/* The callbacks that a call into the library has put off. */
static void settle_callbacks(wss_conn *conn) {
  const wss_handler *handler = &conn->server->handler;
  if (conn->state == WSS__OPEN && !conn->opened) {
    conn->opened = true;
    conn->server->stats.open++;
    if (handler->on_open != NULL)
      handler->on_open(conn, conn->server->user);
  }
  if (conn->state == WSS__OPEN && drain_is_due(conn)) {
    conn->want_drain = false;
    if (handler->on_drain != NULL)
      handler->on_drain(conn, conn->server->user);
  }
}

void wss__conn_settle(wss_conn *conn) {
  do {
    settle_callbacks(conn);
    wss__output_flush(conn);
  } while (wss__input_kept(conn));
  settle_callbacks(conn);
  wss__liveness_update(conn);
  if (conn->state >= WSS__CLOSING && conn->unsent == SIZE_MAX)
    conn->unsent = unsent(conn);
  if (conn->state == WSS__FINISHING)
    settle_finishing(conn);
  if (conn->state != WSS__CLOSED)
    settle_reading(conn);
}

/* As long as a peer takes what it is sent, however slowly, the rest is not cut
   off. */
static bool still_takes(wss_conn *conn) {
  size_t left = unsent(conn);
  if (left == 0 || left >= conn->unsent)
    return false;
  conn->unsent = left;
  wss__server_clock(conn->server, WSS__CLOCK_CLOSE, &conn->deadline);
  return true;
}

static void closing_expired(wss_conn *conn) {
  if (still_takes(conn))
    return;
  wss__conn_note(conn, WSS_CAUSE_CLOSE_TIMEOUT, WSS_ERR_TIMEOUT,
                 "the peer did not answer the Close frame in time");
  wss__conn_finish(conn);
}

static void finishing_expired(wss_conn *conn) {
  if (still_takes(conn))
    return;
  if (unsent(conn) > 0)
    wss__conn_note(conn, WSS_CAUSE_CLOSE_TIMEOUT, WSS_ERR_TIMEOUT,
                   "the peer did not take what was sent last");
  wss__conn_finish(conn);
}

void wss__conn_expired(wss_conn *conn) {
  wss__refusal refusal;
  switch ((wss__state)conn->state) {
  case WSS__ACCEPTED:
  case WSS__TLS:
    wss__conn_note(conn, WSS_CAUSE_HANDSHAKE_TIMEOUT, WSS_ERR_TIMEOUT,
                   "the handshake deadline passed");
    wss__conn_finish(conn);
    return;
  case WSS__HTTP:
    (void)wss__refuse(&refusal, WSS_ERR_TIMEOUT, 408,
                      "The request did not arrive within the handshake "
                      "deadline.");
    wss__upgrade_refuse(conn, WSS_CAUSE_HANDSHAKE_TIMEOUT, &refusal);
    return;
  case WSS__ASKED:
    (void)wss__refuse(&refusal, WSS_ERR_TIMEOUT, 503,
                      "The request was not answered within the handshake "
                      "deadline.");
    wss__upgrade_refuse(conn, WSS_CAUSE_ANSWER_TIMEOUT, &refusal);
    return;
  case WSS__CLOSING:
    closing_expired(conn);
    return;
  case WSS__FINISHING:
    finishing_expired(conn);
    return;
  case WSS__OPEN:
  case WSS__CLOSED:
    return;
  }
}

void wss__conn_go_away(wss_conn *conn) {
  wss__refusal refusal;
  switch ((wss__state)conn->state) {
  case WSS__ASKED:
    (void)wss__refuse(&refusal, 0, 503, "The server is shutting down.");
    wss__upgrade_refuse(conn, WSS_CAUSE_SERVER_CLOSE, &refusal);
    return;
  case WSS__OPEN:
    wss__conn_note(conn, WSS_CAUSE_SERVER_CLOSE, 0, "");
    wss__messages_close(conn, WSS__CLOSE_GOING_AWAY, "", 0);
    return;
  case WSS__ACCEPTED:
  case WSS__TLS:
  case WSS__HTTP:
    wss__conn_note(conn, WSS_CAUSE_SERVER_CLOSE, 0, "");
    wss__conn_finish(conn);
    return;
  case WSS__CLOSING:
  case WSS__FINISHING:
  case WSS__CLOSED:
    return;
  }
}

/* ---- Birth and death ----------------------------------------------------- */

static void on_closed(wss__stream *stream) {
  wss_conn *conn = conn_of(stream);
  wss_server *server = conn->server;
  const wss_allocator *allocator = &server->allocator;

  wss__report_end(conn);
  if (conn->id != 0)
    wss__map_remove(&server->ids, allocator, conn->id);
  wss__list_remove(&conn->link);
  wss__tls_channel_free(conn->tls);
  wss__tls_context_unref(conn->secure);
  wss__request_free(conn->request);
  wss__session_free(&conn->session);
  wss__buf_free(&conn->out, allocator);
  wss__buf_free(&conn->kept_plain, allocator);
  wss__buf_free(&conn->kept_wire, allocator);
  wss__free(allocator, conn->pong);
  wss__free(allocator, conn->subprotocol);
  wss__free(allocator, conn->refusal);
  wss__pool_give(&server->pool, conn);
  wss__server_check(server);
}

static const wss__stream_events stream_events = {
    .read = on_read, .ended = on_ended, .wrote = on_wrote, .closed = on_closed};

static wss_conn *conn_new(wss_listener *listener) {
  wss_server *server = listener->server;
  wss_conn *conn = wss__pool_take(&server->pool);
  if (conn == NULL)
    return NULL;
  conn->server = server;
  conn->listener = listener;
  conn->state = WSS__ACCEPTED;
  wss__deadline_init(&conn->deadline);
  conn->tls_alert = -1;
  conn->since = wss__loop_now(&server->loop);
  wss__liveness_init(&conn->liveness);
  wss__list_init(&conn->admitted.silent);
  wss__list_init(&conn->admitted.step);
  wss__list_init(&conn->dirty);
  wss__buf_init(&conn->out, WSS__UNLIMITED);
  wss__buf_init(&conn->kept_plain, WSS__UNLIMITED);
  wss__buf_init(&conn->kept_wire, WSS__UNLIMITED);
  wss__session_init(&conn->session, &server->allocator,
                    server->options.max_message_size,
                    server->options.max_fragments, &wss__messages_events, conn);
  return conn;
}

void wss__conn_accept(wss_listener *listener) {
  wss_server *server = listener->server;
  wss_conn *conn = conn_new(listener);
  bool opened;
  int err;
  if (conn == NULL) {
    (void)wss__socket_drop(&listener->socket);
    wss__listener_failed(listener, WSS_ERR_NOMEM);
    return;
  }
  err = wss__stream_accept(&conn->stream, &server->loop, &listener->socket,
                           &stream_events, &opened);
  if (!opened) {
    wss__pool_give(&server->pool, conn);
    listener->waiting = true;
    wss__listener_failed(listener, err);
    return;
  }
  if (listener->tls != NULL)
    conn->secure = wss__tls_context_ref(listener->tls);
  wss__list_append(&server->conns, &conn->link);
  server->stats.accepted++;
  server->stats.pending++;
  if (err < 0) {
    wss__conn_lost(conn, err, "cannot accept the connection");
    return;
  }
  listener->failing = false;
  conn->remote = wss__stream_remote(&conn->stream);
  conn->local = wss__stream_local(&conn->stream);
  err = wss__admission_enter(conn);
  if (err < 0) {
    wss__conn_note(conn,
                   err == WSS_ERR_LIMIT ? WSS_CAUSE_MAX_PER_ADDRESS
                                        : WSS_CAUSE_NO_MEMORY,
                   err,
                   err == WSS_ERR_LIMIT
                       ? "the peer's address has max_per_address connections"
                       : "out of memory");
    wss__conn_finish(conn);
    return;
  }
  wss__server_clock(server, WSS__CLOCK_HANDSHAKE, &conn->deadline);
  settle_reading(conn);
}
