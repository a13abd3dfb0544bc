#include "server/report.h"

#include "ws/close.h"

/* A warning that waits for the next turn. */
typedef struct warning {
  wss__list link;
  wss_listener *listener;
  int error;
  wss__detail detail;
} warning;

static void report(wss_server *server, const wss_error *error) {
  if (server->handler.on_error != NULL)
    server->handler.on_error(server, error, server->user);
}

void wss__report_warning(wss_listener *listener, int error,
                         const char *message) {
  wss_server *server = listener->server;
  warning *waiting = wss__calloc(&server->allocator, sizeof *waiting);
  if (waiting == NULL)
    return;
  waiting->listener = listener;
  waiting->error = error;
  wss__detail_set(&waiting->detail, "%s", message);
  wss__list_append(&server->warnings, &waiting->link);
  wss__loop_wake(&server->loop);
}

void wss__report_warnings(wss_server *server) {
  while (!wss__list_empty(&server->warnings)) {
    warning *first = wss__list_entry(server->warnings.next, warning, link);
    wss_error error = {.error = first->error,
                       .message = first->detail.text,
                       .listener = first->listener};
    wss__list_remove(&first->link);
    report(server, &error);
    wss__free(&server->allocator, first);
  }
}

void wss__report_forget(wss_listener *listener) {
  wss__list *link;
  wss__list *head = &listener->server->warnings;
  for (link = head->next; link != head; link = link->next) {
    warning *waiting = wss__list_entry(link, warning, link);
    if (waiting->listener == listener)
      waiting->listener = NULL;
  }
}

void wss__report_listener(wss_listener *listener, int error) {
  wss__detail detail;
  wss_error event = {.error = error, .listener = listener};
  wss__detail_set(&detail, "cannot accept a connection: %s",
                  wss_strerror(error));
  event.message = detail.text;
  report(listener->server, &event);
}

/* The code that RFC 6455 7.1.5 gives the end. */
static int code_of(const wss_conn *conn) {
  if (conn->session.code_received != 0)
    return conn->session.code_received;
  return WSS__CLOSE_ABNORMAL;
}

static void count_closed(wss_stats *stats, int code) {
  if (code >= 1000 && code <= 1015)
    stats->closed[code - 1000]++;
  else if (code < 4000)
    stats->closed_registered++;
  else
    stats->closed_private++;
}

/* Counts the end of a connection that never opened. */
static void count_refused(wss_stats *stats, const wss_conn *conn) {
  switch (conn->error) {
  case 0:
    if (conn->http && conn->status != 0)
      stats->http_responses++;
    else if (conn->initiator == WSS_BY_APP)
      stats->refused_by_app++;
    else
      stats->refused_lost++;
    return;
  case WSS_ERR_TLS:
    stats->refused_tls++;
    return;
  case WSS_ERR_PLAIN_HTTP:
    stats->refused_plain_http++;
    return;
  case WSS_ERR_HTTP:
    stats->refused_http++;
    return;
  case WSS_ERR_HANDSHAKE:
    stats->refused_handshake++;
    return;
  case WSS_ERR_ORIGIN:
    stats->refused_origin++;
    return;
  case WSS_ERR_TIMEOUT:
    stats->refused_timeout++;
    return;
  default:
    stats->refused_lost++;
    return;
  }
}

void wss__report_end(wss_conn *conn) {
  wss_server *server = conn->server;
  wss__slice reason = wss__session_reason(&conn->session);
  wss_close_info info = {
      .phase = (wss_phase)conn->phase,
      .initiator = (wss_initiator)conn->initiator,
      .opened = conn->opened,
      .code = code_of(conn),
      .code_sent = conn->session.code_sent,
      .reason = reason.data,
      .reason_size = reason.size,
      .error = conn->error,
      .status = conn->status,
      .message =
          conn->detail != NULL ? conn->detail->text : wss_strerror(conn->error),
  };
  wss_error error = {
      .error = conn->error,
      .message = info.message,
      .listener = conn->listener,
      .remote = wss__endpoint_text(&conn->remote),
      .close = &info,
  };

  if (conn->opened)
    server->stats.open--;
  if (conn->status == 101) {
    count_closed(&server->stats, info.code);
  } else {
    server->stats.pending--;
    count_refused(&server->stats, conn);
  }
  if (conn->requested) {
    if (server->handler.on_close != NULL)
      server->handler.on_close(conn, &info, server->user);
  } else if (conn->error != 0) {
    report(server, &error);
  }
}
