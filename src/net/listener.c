#include "net/listener.h"

#include <string.h>

static void on_connection(uv_stream_t *tcp, int status) {
  wss__socket *socket = (wss__socket *)tcp->data;
  socket->events->incoming(socket, status);
}

static int bind_to(wss__socket *socket, const char *host, int port,
                   unsigned flags) {
  struct sockaddr_storage address;
  int err = wss__address_parse(host, port, &address);
  if (err < 0)
    return err;
  if (address.ss_family == AF_INET)
    flags = 0;
  return uv_tcp_bind(&socket->tcp, (const struct sockaddr *)&address, flags);
}

int wss__socket_listen(wss__socket *socket, wss__loop *loop, const char *host,
                       int port, bool v6only, int backlog,
                       const wss__socket_events *events, bool *opened) {
  int err;
  socket->events = events;
  socket->handles = 0;
  socket->waiting = false;
  *opened = false;
  err = uv_tcp_init(loop->uv, &socket->tcp);
  if (err < 0)
    return err;
  socket->tcp.data = socket;
  socket->handles = 1;
  *opened = true;

  if (host != NULL) {
    err = bind_to(socket, host, port, v6only ? UV_TCP_IPV6ONLY : 0);
  } else {
    err = bind_to(socket, "::", port, 0);
    if (err == UV_EAFNOSUPPORT)
      err = bind_to(socket, "0.0.0.0", port, 0);
  }
  if (err < 0)
    return err;
  return uv_listen((uv_stream_t *)&socket->tcp, backlog, on_connection);
}

static void on_closed(uv_handle_t *handle) {
  wss__socket *socket = (wss__socket *)handle->data;
  if (--socket->handles == 0) {
    socket->events->closed(socket);
  } else if (socket->waiting && !uv_is_closing((uv_handle_t *)&socket->tcp)) {
    socket->waiting = false;
    socket->events->incoming(socket, 0);
  }
}

bool wss__socket_drop(wss__socket *socket) {
  uv_tcp_t *dropped = &socket->dropped;
  if (socket->handles > 1) {
    socket->waiting = true;
    return false;
  }
  if (uv_tcp_init(socket->tcp.loop, dropped) < 0)
    return true;
  dropped->data = socket;
  socket->handles++;
  (void)uv_accept((uv_stream_t *)&socket->tcp, (uv_stream_t *)dropped);
  uv_close((uv_handle_t *)dropped, on_closed);
  return true;
}

void wss__socket_close(wss__socket *socket) {
  uv_close((uv_handle_t *)&socket->tcp, on_closed);
}

int wss__socket_port(const wss__socket *socket) {
  struct sockaddr_storage address;
  int size = sizeof address;
  memset(&address, 0, sizeof address);
  if (uv_tcp_getsockname(&socket->tcp, (struct sockaddr *)&address, &size) < 0)
    return 0;
  return wss__endpoint_of(&address).port;
}
