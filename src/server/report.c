#include "server/report.h"

#include <stddef.h>

#include "server/cause.h"
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

void wss__report_findings(wss_server *server, wss_listener *listener,
                          const wss__findings *findings) {
  size_t more = findings->counts[WSS_FINDING_WARNING] - 1;
  const wss__finding *one;
  wss__detail detail;
  for (size_t number = 0;
       (one = wss__findings_get(findings, WSS_FINDING_WARNING, number)) != NULL;
       number++) {
    if (listener != NULL)
      wss__report_warning(listener, one->code, one->message.text);
    if (number > 0)
      continue;
    detail = one->message;
    if (more > 0)
      wss__detail_set(&detail, "%.*s (and %zu more)", WSS__DETAIL_SIZE - 40,
                      one->message.text, more);
    (void)wss__server_fail(server, one->code, detail.text);
  }
}

bool wss__report_warnings(wss_server *server) {
  const wss__list *last = server->warnings.prev;
  bool more = !wss__list_empty(&server->warnings);
  while (more) {
    warning *first = wss__list_entry(server->warnings.next, warning, link);
    wss_error error = {.error = first->error,
                       .message = first->detail.text,
                       .listener = first->listener};
    more = &first->link != last; /* not those that this one causes */
    wss__list_remove(&first->link);
    report(server, &error);
    wss__free(&server->allocator, first);
  }
  return !wss__list_empty(&server->warnings);
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

void wss__report_listener(wss_listener *listener, int error,
                          const char *message) {
  const wss_error event = {
      .error = error, .listener = listener, .message = message};
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
static void count_refused(wss_stats *stats, wss_cause cause) {
  static const size_t counters[] = {
      [WSS_CAUSE_ANSWERED] = offsetof(wss_stats, http_responses),
      [WSS_CAUSE_APP_CLOSE] = offsetof(wss_stats, refused_by_app),
      [WSS_CAUSE_TERMINATED] = offsetof(wss_stats, refused_by_app),
      [WSS_CAUSE_SERVER_CLOSE] = offsetof(wss_stats, refused_by_app),
      [WSS_CAUSE_REFUSED] = offsetof(wss_stats, refused_by_app),
      [WSS_CAUSE_TLS_ALERT] = offsetof(wss_stats, refused_tls),
      [WSS_CAUSE_TLS] = offsetof(wss_stats, refused_tls),
      [WSS_CAUSE_NOT_TLS] = offsetof(wss_stats, refused_tls),
      [WSS_CAUSE_PLAIN_HTTP] = offsetof(wss_stats, refused_plain_http),
      [WSS_CAUSE_HTTP] = offsetof(wss_stats, refused_http),
      [WSS_CAUSE_HEADER_SIZE] = offsetof(wss_stats, refused_http),
      [WSS_CAUSE_NOT_WEBSOCKET] = offsetof(wss_stats, refused_handshake),
      [WSS_CAUSE_HANDSHAKE] = offsetof(wss_stats, refused_handshake),
      [WSS_CAUSE_ORIGIN] = offsetof(wss_stats, refused_origin),
      [WSS_CAUSE_HANDSHAKE_TIMEOUT] = offsetof(wss_stats, refused_timeout),
      [WSS_CAUSE_ANSWER_TIMEOUT] = offsetof(wss_stats, refused_timeout),
      [WSS_CAUSE_GRACE_PASSED] = offsetof(wss_stats, refused_timeout),
      [WSS_CAUSE_CLOSE_TIMEOUT] = offsetof(wss_stats, refused_timeout),
      [WSS_CAUSE_MAX_PENDING] = offsetof(wss_stats, refused_limit),
      [WSS_CAUSE_MAX_PER_ADDRESS] = offsetof(wss_stats, refused_limit),
  };
  size_t at = offsetof(wss_stats, refused_lost);
  if (cause < sizeof counters / sizeof counters[0] && counters[cause] != 0)
    at = counters[cause];
  (*(int64_t *)(void *)((char *)stats + at))++;
}

void wss__report_end(wss_conn *conn) {
  wss_server *server = conn->server;
  wss__slice reason = wss__session_reason(&conn->session);
  wss_close_info info = {
      .phase = (wss_phase)conn->phase,
      .initiator = (wss_initiator)conn->initiator,
      .cause = (wss_cause)conn->cause,
      .opened = conn->opened,
      .code = code_of(conn),
      .code_sent = conn->session.code_sent,
      .reason = reason.data,
      .reason_size = reason.size,
      .error = conn->error,
      .status = conn->status,
      .message = conn->message != NULL
                     ? conn->message
                     : wss__cause_text((wss_cause)conn->cause),
      .tls_alert = conn->tls_alert,
      .tls_alert_name = conn->tls_alert < 0
                            ? NULL
                            : wss__tls_channel_alert_name(conn->tls_alert),
      .bytes_in = conn->bytes_in,
      .bytes_out = conn->bytes_out,
      .age = (int64_t)(wss__loop_now(&server->loop) - conn->since),
      .round_trip = conn->liveness.round_trip,
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
    count_refused(&server->stats, info.cause);
  }
  if (conn->requested) {
    if (server->handler.on_close != NULL)
      server->handler.on_close(conn, &info, server->user);
  } else if (conn->error != 0) {
    report(server, &error);
  }
}
