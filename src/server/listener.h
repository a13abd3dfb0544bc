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
};

#endif
