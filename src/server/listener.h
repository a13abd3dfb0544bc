/* A listener of a server: a socket and, with TLS, its context. */
#ifndef WSS_SERVER_LISTENER_H
#define WSS_SERVER_LISTENER_H

#include "base/list.h"
#include "net/listener.h"
#include "server/server.h"
#include "tls/context.h"
#include "wss/wss.h"

struct wss_listener {
  wss__socket socket;
  wss_server *server;
  wss__tls_context *tls; /* NULL: plain text */
  wss__list link;        /* in server->listeners */
  bool closing;
  bool waiting; /* a connection waits to be let in */
  bool failing; /* accepting fails, and that was reported */
};

/* Accepting failed with one of libuv's errors; reported once until it works
   again. */
void wss__listener_failed(wss_listener *listener, int error);

#endif
