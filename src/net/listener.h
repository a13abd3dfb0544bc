/* A listening TCP socket. */
#ifndef WSS_NET_LISTENER_H
#define WSS_NET_LISTENER_H

#include <stdbool.h>
#include <uv.h>

#include "net/address.h"
#include "net/loop.h"

typedef struct wss__socket wss__socket;

typedef struct wss__socket_events {
  /* A connection waits for wss__stream_accept; or an error of libuv's. If that
     lasts, accepting is put off and tried twice a second; connections wait in
     the kernel. */
  void (*incoming)(wss__socket *socket, int error);
  void (*closed)(wss__socket *socket);
} wss__socket_events;

struct wss__socket {
  uv_tcp_t tcp;     /* unless accepting is put off */
  uv_tcp_t dropped; /* a connection that is being dropped */
  uv_timer_t retry; /* when accepting is put off */
  const wss__socket_events *events;
  int backlog;
  int port;
  int copy;      /* a second descriptor, by which it outlives tcp; or -1 */
  int handles;   /* not yet closed */
  int failures;  /* of accepting, in a row */
  bool open;     /* tcp is */
  bool dropping; /* dropped is not yet closed */
  bool waiting;  /* one more connection waits to be dropped */
};

/* Binds and listens. host NULL: every address of both families, or of IPv4
   alone where there is no IPv6. An error of libuv's or WSS_ERR_INVALID; the
   socket must be closed all the same, unless *opened is false. */
int wss__socket_listen(wss__socket *socket, wss__loop *loop, const char *host,
                       int port, bool v6only, int backlog,
                       const wss__socket_events *events, bool *opened);

/* Takes the connection that waits, and drops it. Needs no memory. False if an
   earlier one is not gone yet: this one is told of again. */
bool wss__socket_drop(wss__socket *socket);

/* events->closed follows from a later turn. */
void wss__socket_close(wss__socket *socket);

/* The port bound to; 0 if unknown. */
int wss__socket_port(const wss__socket *socket);

#endif
