#include "server/listener.h"

#include <string.h>

#include "server/admission.h"
#include "server/conn.h"
#include "server/report.h"

static wss_listener *listener_of(wss__socket *socket) {
  return wss__list_entry(socket, wss_listener, socket);
}

void wss__listener_failed(wss_listener *listener, int error) {
  wss__detail detail;
  if (listener->failing)
    return;
  listener->failing = true;
  wss__detail_set(&detail, "cannot accept connections: %s",
                  wss_strerror(error));
  wss__report_listener(listener, error, detail.text);
}

static void on_incoming(wss__socket *socket, int error) {
  wss_listener *listener = listener_of(socket);
  if (error < 0)
    wss__listener_failed(listener, error);
  else
    wss__admission_incoming(listener);
}

static void on_closed(wss__socket *socket) {
  wss_listener *listener = listener_of(socket);
  wss_server *server = listener->server;
  wss__list_remove(&listener->link);
  wss__free(&server->allocator, listener);
  wss__server_check(server);
}

static const wss__socket_events socket_events = {.incoming = on_incoming,
                                                 .closed = on_closed};

void wss_listener_close(wss_listener *listener) {
  wss_server *server = listener->server;
  wss__list *link;
  if (listener->closing)
    return;
  listener->closing = true;
  for (link = server->conns.next; link != &server->conns; link = link->next) {
    wss_conn *conn = wss__list_entry(link, wss_conn, link);
    if (conn->listener == listener)
      conn->listener = NULL;
  }
  wss__report_forget(listener);
  wss__tls_context_unref(listener->tls);
  listener->tls = NULL;
  wss__socket_close(&listener->socket);
}

/* Names the address in last_error. */
static int cannot_listen(wss_server *server, const char *host, int port,
                         int error) {
  wss__detail detail;
  const char *shown = host == NULL ? "*" : host;
  bool brackets = strchr(shown, ':') != NULL;
  wss__detail_set(&detail, "cannot listen on %s%s%s:%d: %s",
                  brackets ? "[" : "", shown, brackets ? "]" : "", port,
                  error == WSS_ERR_INVALID ? "not a numeric address and a port"
                                           : wss_strerror(error));
  return wss__server_fail(server, error, detail.text);
}

/* Takes over the reference to tls, on failure too. */
static int listen_on(wss_server *server, const char *host, int port,
                     wss__tls_context *tls, wss_listener **result) {
  wss_listener *listener = NULL;
  wss__detail detail;
  bool opened = false;
  int err;

  if (host != NULL && host[0] == '\0')
    host = NULL;
  err = wss__admission_open(server, &detail);
  if (err < 0) {
    wss__tls_context_unref(tls);
    return wss__server_fail(server, err, detail.text);
  }
  listener = wss__calloc(&server->allocator, sizeof *listener);
  err = WSS_ERR_NOMEM;
  if (listener == NULL)
    goto fail;
  listener->server = server;
  listener->tls = tls;
  err = wss__socket_listen(&listener->socket, &server->loop, host, port,
                           server->options.v6only, server->options.backlog,
                           &socket_events, &opened);
  if (opened)
    wss__list_append(&server->listeners, &listener->link);
  if (err < 0)
    goto fail;
  *result = listener;
  return 0;

fail:
  if (opened) {
    wss_listener_close(listener);
  } else {
    wss__tls_context_unref(tls);
    wss__free(&server->allocator, listener);
  }
  return cannot_listen(server, host, port, err);
}

int wss_listen_plain(wss_server *server, const char *host, int port,
                     wss_listener **listener) {
  wss_listener *result = NULL;
  int err;
  server->last_error.text[0] = '\0';
  if (server->closing)
    return wss__server_fail(server, WSS_ERR_CLOSED, "the server is closing");
  err = listen_on(server, host, port, NULL, &result);
  if (err == 0 && listener != NULL)
    *listener = result;
  return err;
}

static int listen_tls(wss_server *server, const char *host, int port,
                      const wss_ssl_context *ssl, wss__findings *findings,
                      wss_listener **result) {
  wss__tls_context *tls;
  wss__detail detail = {""};
  int err = wss__tls_context_new(&tls, ssl, &server->secret, &server->allocator,
                                 &detail, findings);
  if (err < 0)
    return wss__server_fail(
        server, err, detail.text[0] != '\0' ? detail.text : wss_strerror(err));
  wss__tls_context_own(tls, server, server->user);
  err = listen_on(server, host, port, tls, result);
  if (err == 0)
    wss__report_findings(server, *result, findings);
  return err;
}

int wss_listen_sized(wss_server *server, const char *host, int port,
                     const wss_ssl_context *ssl, size_t ssl_size,
                     wss_listener **listener) {
  wss_ssl_context known;
  wss_listener *result = NULL;
  wss__findings findings;
  int err;

  server->last_error.text[0] = '\0';
  if (server->closing)
    return wss__server_fail(server, WSS_ERR_CLOSED, "the server is closing");
  if (ssl == NULL)
    return wss__server_fail(server, WSS_ERR_INVALID,
                            "wss_listen needs an SSL context; plain text is "
                            "wss_listen_plain");
  err = wss__copy_in_ssl(&known, ssl, ssl_size);
  if (err < 0)
    return wss__server_fail(server, err, wss_strerror(err));
  wss__findings_init(&findings, &server->allocator);
  err = listen_tls(server, host, port, &known, &findings, &result);
  wss__findings_free(&findings);
  if (err == 0 && listener != NULL)
    *listener = result;
  return err;
}

int wss_listener_port(const wss_listener *listener) {
  return wss__socket_port(&listener->socket);
}
