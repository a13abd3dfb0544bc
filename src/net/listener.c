#include "net/listener.h"

#include <string.h>

#include "net/descriptor.h"

/* So many failures in a row may each be about one connection; more of them are
   about this machine, and last. */
#define MAX_FAILURES 16

/* Milliseconds until accepting is tried again. */
#define RETRY 500

static void on_closed(uv_handle_t *handle) {
  wss__socket *socket = (wss__socket *)handle->data;
  if (handle == (uv_handle_t *)&socket->dropped)
    socket->dropping = false;
  if (--socket->handles == 0) {
    socket->events->closed(socket);
  } else if (socket->waiting && socket->open) {
    socket->waiting = false;
    socket->events->incoming(socket, 0);
  }
}

static int open_tcp(wss__socket *socket, uv_loop_t *uv) {
  int err = uv_tcp_init(uv, &socket->tcp);
  if (err < 0)
    return err;
  socket->tcp.data = socket;
  socket->handles++;
  socket->open = true;
  return 0;
}

static void close_tcp(wss__socket *socket) {
  socket->open = false;
  uv_close((uv_handle_t *)&socket->tcp, on_closed);
}

/* ---- Accepting, and when it fails ---------------------------------------- */

static void on_retry(uv_timer_t *timer);

/* libuv tries again at once for as long as the handle is open, and nothing else
   on the loop would have a turn. */
static void put_off(wss__socket *socket) {
  if (socket->open)
    close_tcp(socket);
  (void)uv_timer_start(&socket->retry, on_retry, RETRY, 0);
}

static void on_connection(uv_stream_t *tcp, int status) {
  wss__socket *socket = (wss__socket *)tcp->data;
  if (status == 0)
    socket->failures = 0;
  else if (++socket->failures > MAX_FAILURES)
    put_off(socket);
  socket->events->incoming(socket, status);
}

static int listen_again(wss__socket *socket) {
  int err;
  int descriptor = wss__descriptor_copy(socket->copy);
  if (descriptor < 0)
    return descriptor;
  err = open_tcp(socket, socket->retry.loop);
  if (err == 0)
    err = uv_tcp_open(&socket->tcp, descriptor);
  if (err < 0) {
    wss__descriptor_close(descriptor);
    return err;
  }
  return uv_listen((uv_stream_t *)&socket->tcp, socket->backlog, on_connection);
}

static void on_retry(uv_timer_t *timer) {
  wss__socket *socket = (wss__socket *)timer->data;
  if (listen_again(socket) < 0)
    put_off(socket);
}

/* ---- Birth and death ----------------------------------------------------- */

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

static int bind_and_listen(wss__socket *socket, const char *host, int port,
                           bool v6only) {
  uv_os_fd_t descriptor;
  int err;
  if (host != NULL) {
    err = bind_to(socket, host, port, v6only ? UV_TCP_IPV6ONLY : 0);
  } else {
    err = bind_to(socket, "::", port, 0);
    if (err == UV_EAFNOSUPPORT)
      err = bind_to(socket, "0.0.0.0", port, 0);
  }
  if (err == 0)
    err =
        uv_listen((uv_stream_t *)&socket->tcp, socket->backlog, on_connection);
  if (err == 0)
    err = uv_fileno((const uv_handle_t *)&socket->tcp, &descriptor);
  if (err == 0)
    err = socket->copy = wss__descriptor_copy(descriptor);
  return err < 0 ? err : 0;
}

/* The port bound to; 0 if unknown. */
static int port_of(const wss__socket *socket) {
  struct sockaddr_storage address;
  int size = sizeof address;
  memset(&address, 0, sizeof address);
  if (uv_tcp_getsockname(&socket->tcp, (struct sockaddr *)&address, &size) < 0)
    return 0;
  return wss__endpoint_of(&address).port;
}

int wss__socket_listen(wss__socket *socket, wss__loop *loop, const char *host,
                       int port, bool v6only, int backlog,
                       const wss__socket_events *events, bool *opened) {
  int err;
  memset(socket, 0, sizeof *socket);
  socket->events = events;
  socket->backlog = backlog;
  socket->copy = -1;
  err = open_tcp(socket, loop->uv);
  *opened = err == 0;
  if (err < 0)
    return err;
  (void)uv_timer_init(loop->uv, &socket->retry); /* cannot fail */
  socket->retry.data = socket;
  socket->handles++;
  err = bind_and_listen(socket, host, port, v6only);
  if (err == 0)
    socket->port = port_of(socket);
  return err;
}

void wss__socket_close(wss__socket *socket) {
  if (socket->copy >= 0)
    wss__descriptor_close(socket->copy);
  socket->copy = -1;
  if (socket->open)
    close_tcp(socket);
  uv_close((uv_handle_t *)&socket->retry, on_closed);
}

int wss__socket_port(const wss__socket *socket) {
  return socket->port;
}

/* ---- Dropping ------------------------------------------------------------ */

bool wss__socket_drop(wss__socket *socket) {
  uv_tcp_t *dropped = &socket->dropped;
  if (socket->dropping) {
    socket->waiting = true;
    return false;
  }
  if (uv_tcp_init(socket->tcp.loop, dropped) < 0)
    return true;
  dropped->data = socket;
  socket->handles++;
  socket->dropping = true;
  (void)uv_accept((uv_stream_t *)&socket->tcp, (uv_stream_t *)dropped);
  uv_close((uv_handle_t *)dropped, on_closed);
  return true;
}
