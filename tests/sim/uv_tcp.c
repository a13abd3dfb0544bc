/* Streams: what libuv makes of a socket's state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "net/descriptor.h"
#include "uv_sim.h"

/* Of accepting, before the loop has another turn. */
#define MAX_FAILURES 100

static void watch(uv_stream_t *stream, unsigned events) {
  stream->io_watcher.pevents |= events;
}

static void unwatch(uv_stream_t *stream, unsigned events) {
  stream->io_watcher.pevents &= ~events;
}

static int fd_of(const uv_stream_t *stream) {
  return stream->io_watcher.fd;
}

static bool no_writes(uv_stream_t *stream) {
  return wss__list_empty(LINK(stream->write_queue));
}

static void adopt_fd(uv_stream_t *stream, int fd) {
  stream->io_watcher.fd = fd;
  kernel_of(fd)->stream = stream;
}

/* ---- Birth --------------------------------------------------------------- */

int uv_tcp_init(uv_loop_t *loop, uv_tcp_t *tcp) {
  int err = kernel_fault(SIM_UV_TCP_INIT);
  if (err < 0)
    return err;
  uv_sim_handle_init(loop, (uv_handle_t *)tcp, UV_TCP);
  tcp->read_cb = NULL;
  tcp->alloc_cb = NULL;
  tcp->connection_cb = NULL;
  tcp->connect_req = NULL;
  tcp->shutdown_req = NULL;
  tcp->accepted_fd = -1;
  tcp->delayed_error = 0;
  tcp->write_queue_size = 0;
  tcp->io_watcher.fd = -1;
  tcp->io_watcher.pevents = 0;
  wss__list_init(LINK(tcp->io_watcher.pending_queue));
  wss__list_init(LINK(tcp->write_queue));
  wss__list_init(LINK(tcp->write_completed_queue));
  return 0;
}

static int need_socket(uv_tcp_t *tcp) {
  int fd;
  if (tcp->io_watcher.fd != -1)
    return 0;
  fd = kernel_open();
  if (fd < 0)
    return fd;
  adopt_fd((uv_stream_t *)tcp, fd);
  return 0;
}

int uv_tcp_bind(uv_tcp_t *tcp, const struct sockaddr *address,
                unsigned int flags) {
  int err = kernel_fault(SIM_UV_TCP_BIND);
  if (err == 0 && (flags & UV_TCP_IPV6ONLY) != 0 &&
      address->sa_family != AF_INET6)
    err = UV_EINVAL;
  if (err == 0)
    err = need_socket(tcp);
  if (err < 0)
    return err;
  err =
      kernel_bind(tcp->io_watcher.fd, address, (flags & UV_TCP_IPV6ONLY) != 0);
  /* uv_listen tells this one. */
  tcp->delayed_error = err == UV_EADDRINUSE ? err : 0;
  return err == UV_EADDRINUSE ? 0 : err;
}

int uv_listen(uv_stream_t *stream, int backlog, uv_connection_cb callback) {
  int err = kernel_fault(SIM_UV_LISTEN);
  (void)backlog;
  if (uv_is_closing((uv_handle_t *)stream))
    return UV_EINVAL;
  if (err == 0)
    err = stream->delayed_error;
  if (err == 0)
    err = need_socket((uv_tcp_t *)stream);
  if (err == 0)
    err = kernel_listen(fd_of(stream));
  if (err < 0)
    return err;
  stream->connection_cb = callback;
  watch(stream, POLLIN);
  uv_sim_start((uv_handle_t *)stream);
  return 0;
}

/* The socket is a listener's, which the library has a second descriptor of. */
int uv_tcp_open(uv_tcp_t *tcp, uv_os_sock_t fd) {
  int err = kernel_fault(SIM_UV_TCP_OPEN);
  if (err == 0)
    adopt_fd((uv_stream_t *)tcp, fd);
  return err;
}

static void server_io(uv_stream_t *stream) {
  int failures = 0;
  watch(stream, POLLIN);
  /* The callback may close the listener. */
  while (fd_of(stream) != -1) {
    int fd = kernel_accept(fd_of(stream));
    if (fd == UV_EAGAIN)
      return;
    if (fd == UV_ECONNABORTED)
      continue;
    if ((fd == UV_EMFILE || fd == UV_ENFILE) && kernel_shed(fd_of(stream)))
      return;
    if (fd < 0) {
      if (++failures > MAX_FAILURES) {
        (void)fprintf(stderr, "sim: accepting fails for ever\n");
        abort();
      }
      stream->connection_cb(stream, fd);
      continue;
    }
    stream->accepted_fd = fd;
    stream->connection_cb(stream, 0);
    if (stream->accepted_fd != -1) {
      unwatch(stream, POLLIN); /* until somebody takes it */
      return;
    }
  }
}

int uv_accept(uv_stream_t *server, uv_stream_t *client) {
  int err = kernel_fault(SIM_UV_ACCEPT);
  int fd = server->accepted_fd;
  if (fd == -1)
    return UV_EAGAIN;
  server->accepted_fd = -1;
  if (err < 0) {
    kernel_close(fd, false);
    return err;
  }
  adopt_fd(client, fd);
  client->flags |= READABLE | WRITABLE;
  watch(server, POLLIN);
  return 0;
}

int uv_tcp_connect(uv_connect_t *request, uv_tcp_t *tcp,
                   const struct sockaddr *address, uv_connect_cb callback) {
  struct sockaddr_storage from;
  struct sockaddr_in to;
  int err = need_socket(tcp);
  if (err < 0)
    return err;
  memset(&from, 0, sizeof from);
  (void)uv_ip4_addr("127.0.0.1", 0, (struct sockaddr_in *)(void *)&from);
  memcpy(&to, address, sizeof to);
  tcp->delayed_error =
      kernel_connect(tcp->io_watcher.fd, ntohs(to.sin_port), &from);
  tcp->flags |= READABLE | WRITABLE;
  request->type = UV_CONNECT;
  request->cb = callback;
  request->handle = (uv_stream_t *)tcp;
  tcp->loop->active_reqs.count++;
  tcp->connect_req = request;
  watch((uv_stream_t *)tcp, POLLOUT);
  if (tcp->delayed_error < 0)
    uv_sim_feed((uv_stream_t *)tcp);
  return 0;
}

static void connect_io(uv_stream_t *stream) {
  uv_connect_t *request = stream->connect_req;
  int error = stream->delayed_error;
  stream->delayed_error = 0;
  stream->connect_req = NULL;
  stream->loop->active_reqs.count--;
  if (error < 0 || no_writes(stream))
    unwatch(stream, POLLOUT);
  if (request->cb != NULL)
    request->cb(request, error);
}

/* ---- Reading ------------------------------------------------------------- */

int uv_read_start(uv_stream_t *stream, uv_alloc_cb on_alloc,
                  uv_read_cb on_read) {
  int err = kernel_fault(SIM_UV_READ_START);
  if (err < 0)
    return err;
  if (uv_is_closing((uv_handle_t *)stream))
    return UV_EINVAL;
  if (stream->flags & READING)
    return UV_EALREADY;
  if ((stream->flags & READABLE) == 0)
    return UV_ENOTCONN;
  stream->flags |= READING;
  stream->flags &= ~(unsigned)READ_EOF;
  stream->read_cb = on_read;
  stream->alloc_cb = on_alloc;
  watch(stream, POLLIN);
  uv_sim_start((uv_handle_t *)stream);
  return 0;
}

int uv_read_stop(uv_stream_t *stream) {
  if ((stream->flags & READING) == 0)
    return 0;
  stream->flags &= ~(unsigned)READING;
  unwatch(stream, POLLIN);
  uv_sim_stop((uv_handle_t *)stream);
  stream->read_cb = NULL;
  stream->alloc_cb = NULL;
  return 0;
}

static void tell_eof(uv_stream_t *stream, const uv_buf_t *buf) {
  stream->flags |= READ_EOF;
  stream->flags &= ~(unsigned)READING;
  unwatch(stream, POLLIN);
  uv_sim_stop((uv_handle_t *)stream);
  stream->read_cb(stream, UV_EOF, buf);
}

static void tell_error(uv_stream_t *stream, int error, const uv_buf_t *buf) {
  stream->flags &= ~(unsigned)(READABLE | WRITABLE);
  stream->read_cb(stream, error, buf);
  if (stream->flags & READING) {
    stream->flags &= ~(unsigned)READING;
    unwatch(stream, POLLIN);
    uv_sim_stop((uv_handle_t *)stream);
  }
}

static void read_io(uv_stream_t *stream) {
  int rounds = 32; /* so that others get their turn */
  stream->flags &= ~(unsigned)READ_PARTIAL;
  while (stream->read_cb != NULL && (stream->flags & READING) && rounds-- > 0) {
    uv_buf_t buf = uv_buf_init(NULL, 0);
    ssize_t size;
    stream->alloc_cb((uv_handle_t *)stream, 65536, &buf);
    if (buf.base == NULL || buf.len == 0) {
      stream->read_cb(stream, UV_ENOBUFS, &buf);
      return;
    }
    size = kernel_fault(SIM_READ);
    if (size == 0)
      size = kernel_read(fd_of(stream), buf.base, buf.len);
    if (size == UV_EAGAIN) {
      stream->read_cb(stream, 0, &buf);
      return;
    }
    if (size < 0) {
      tell_error(stream, (int)size, &buf);
      return;
    }
    if (size == 0) {
      tell_eof(stream, &buf);
      return;
    }
    stream->read_cb(stream, size, &buf);
    if ((size_t)size < buf.len) {
      stream->flags |= READ_PARTIAL;
      return;
    }
  }
}

/* ---- Writing ------------------------------------------------------------- */

static ssize_t write_now(uv_stream_t *stream, const void *data, size_t size) {
  ssize_t error = kernel_fault(SIM_WRITE);
  return error < 0 ? error : kernel_write(fd_of(stream), data, size);
}

static int may_write(const uv_stream_t *stream) {
  if (fd_of(stream) < 0)
    return UV_EBADF;
  return (stream->flags & WRITABLE) == 0 ? UV_EPIPE : 0;
}

int uv_try_write(uv_stream_t *stream, const uv_buf_t bufs[],
                 unsigned int nbufs) {
  int err = kernel_fault(SIM_UV_TRY_WRITE);
  if (err < 0)
    return err;
  if (nbufs != 1)
    abort();
  if (stream->connect_req != NULL || stream->write_queue_size != 0)
    return UV_EAGAIN;
  err = may_write(stream);
  return err < 0 ? err : (int)write_now(stream, bufs[0].base, bufs[0].len);
}

static void write_done(uv_stream_t *stream, uv_write_t *request, int error) {
  request->error = error;
  wss__list_remove(LINK(request->queue));
  wss__list_append(LINK(stream->write_completed_queue), LINK(request->queue));
  uv_sim_feed(stream);
}

/* One request at a time, as libuv 1.44 does. */
static void write_io(uv_stream_t *stream) {
  uv_write_t *request;
  uv_buf_t *buf;
  ssize_t size;
  if (no_writes(stream))
    return;
  request = wss__list_entry(LINK(stream->write_queue)->next, uv_write_t, queue);
  buf = request->bufsml;
  size = write_now(stream, buf->base, buf->len);
  if (size < 0 && size != UV_EAGAIN) {
    write_done(stream, request, (int)size);
    unwatch(stream, POLLOUT);
    return;
  }
  if (size > 0) {
    stream->write_queue_size -= (size_t)size;
    buf->base += size;
    buf->len -= (size_t)size;
  }
  if (buf->len == 0)
    write_done(stream, request, 0);
  else
    watch(stream, POLLOUT);
}

int uv_write(uv_write_t *request, uv_stream_t *stream, const uv_buf_t bufs[],
             unsigned int nbufs, uv_write_cb callback) {
  bool first = stream->write_queue_size == 0;
  int err = kernel_fault(SIM_UV_WRITE);
  if (err == 0)
    err = may_write(stream);
  if (err < 0)
    return err;
  if (nbufs != 1)
    abort();
  request->type = UV_WRITE;
  request->cb = callback;
  request->handle = stream;
  request->error = 0;
  request->bufsml[0] = bufs[0];
  stream->write_queue_size += bufs[0].len;
  stream->loop->active_reqs.count++;
  wss__list_append(LINK(stream->write_queue), LINK(request->queue));
  if (stream->connect_req == NULL) {
    if (first)
      write_io(stream);
    else
      watch(stream, POLLOUT);
  }
  return 0;
}

static void write_callbacks(uv_stream_t *stream) {
  wss__list done;
  wss__list_move(LINK(stream->write_completed_queue), &done);
  while (!wss__list_empty(&done)) {
    uv_write_t *request = wss__list_entry(done.next, uv_write_t, queue);
    wss__list_remove(LINK(request->queue));
    stream->loop->active_reqs.count--;
    stream->write_queue_size -= request->bufsml[0].len; /* of one that failed */
    if (request->cb != NULL)
      request->cb(request, request->error);
  }
}

size_t uv_stream_get_write_queue_size(const uv_stream_t *stream) {
  return stream->write_queue_size;
}

int uv_shutdown(uv_shutdown_t *request, uv_stream_t *stream,
                uv_shutdown_cb callback) {
  int err = kernel_fault(SIM_UV_SHUTDOWN);
  if (err < 0)
    return err;
  if ((stream->flags & WRITABLE) == 0 || (stream->flags & (SHUT | SHUTTING)) ||
      uv_is_closing((uv_handle_t *)stream))
    return UV_ENOTCONN;
  request->type = UV_SHUTDOWN;
  request->handle = stream;
  request->cb = callback;
  stream->loop->active_reqs.count++;
  stream->shutdown_req = request;
  stream->flags |= SHUTTING;
  stream->flags &= ~(unsigned)WRITABLE;
  if (no_writes(stream))
    uv_sim_feed(stream);
  return 0;
}

/* All is written: the FIN is due, if one was asked for. */
static void drain(uv_stream_t *stream) {
  uv_shutdown_t *request = stream->shutdown_req;
  int error = UV_ECANCELED;
  if ((stream->flags & CLOSING) == 0)
    unwatch(stream, POLLOUT);
  if ((stream->flags & SHUTTING) == 0)
    return;
  stream->shutdown_req = NULL;
  stream->flags &= ~(unsigned)SHUTTING;
  stream->loop->active_reqs.count--;
  if ((stream->flags & CLOSING) == 0)
    error = kernel_shutdown(fd_of(stream));
  if (error == 0)
    stream->flags |= SHUT;
  if (request->cb != NULL)
    request->cb(request, error);
}

/* ---- Events and the end -------------------------------------------------- */

void uv_sim_io(uv_stream_t *stream, unsigned events) {
  static const uv_buf_t none;
  if (stream->connection_cb != NULL) {
    server_io(stream);
    return;
  }
  if (stream->connect_req != NULL) {
    connect_io(stream);
    return;
  }
  if (events & (POLLIN | POLLERR | POLLHUP))
    read_io(stream);
  if (fd_of(stream) == -1)
    return;
  /* A hang-up behind the last bytes is told as the end, whatever it was. */
  if ((events & POLLHUP) && (stream->flags & READING) &&
      (stream->flags & READ_PARTIAL) && (stream->flags & READ_EOF) == 0)
    tell_eof(stream, &none);
  if (fd_of(stream) == -1)
    return;
  if (events & (POLLOUT | POLLERR | POLLHUP)) {
    write_io(stream);
    write_callbacks(stream);
    if (no_writes(stream))
      drain(stream);
  }
}

static void close_fd(uv_stream_t *stream, bool reset) {
  if (stream->io_watcher.fd != -1) {
    kernel_of(stream->io_watcher.fd)->stream = NULL;
    kernel_close(stream->io_watcher.fd, reset);
  }
  stream->io_watcher.fd = -1;
  if (stream->accepted_fd != -1)
    kernel_close(stream->accepted_fd, false);
  stream->accepted_fd = -1;
}

void uv_sim_stream_close(uv_stream_t *stream) {
  unwatch(stream, POLLIN | POLLOUT);
  wss__list_remove(LINK(stream->io_watcher.pending_queue));
  (void)uv_read_stop(stream);
  uv_sim_stop((uv_handle_t *)stream);
  stream->flags &= ~(unsigned)(READABLE | WRITABLE);
  close_fd(stream, false);
}

int uv_tcp_close_reset(uv_tcp_t *tcp, uv_close_cb closed) {
  if (tcp->flags & SHUTTING)
    return UV_EINVAL;
  close_fd((uv_stream_t *)tcp, true);
  uv_close((uv_handle_t *)tcp, closed);
  return 0;
}

/* What was still to be written is cancelled, in order. */
void uv_sim_stream_closed(uv_stream_t *stream) {
  if (stream->connect_req != NULL) {
    uv_connect_t *request = stream->connect_req;
    stream->connect_req = NULL;
    stream->loop->active_reqs.count--;
    if (request->cb != NULL)
      request->cb(request, UV_ECANCELED);
  }
  while (!no_writes(stream)) {
    wss__list *link = LINK(stream->write_queue)->next;
    wss__list_entry(link, uv_write_t, queue)->error = UV_ECANCELED;
    wss__list_remove(link);
    wss__list_append(LINK(stream->write_completed_queue), link);
  }
  write_callbacks(stream);
  drain(stream);
}

/* ---- In place of src/net/descriptor.c ------------------------------------ */

int wss__descriptor_copy(int fd) {
  return kernel_copy(fd);
}

void wss__descriptor_close(int fd) {
  kernel_close(fd, false);
}

bool wss__descriptor_was_reset(const uv_tcp_t *tcp) {
  kernel_socket *sock = kernel_of(tcp->io_watcher.fd);
  int error = sock->error;
  sock->error = 0;
  return error == UV_ECONNRESET;
}

void wss__descriptor_abort(const uv_tcp_t *tcp) {
  kernel_of(tcp->io_watcher.fd)->aborts = true;
}

/* What the kernel still holds is the peer's as soon as it reads. */
void wss__descriptor_give_up(const uv_tcp_t *tcp, unsigned seconds) {
  (void)tcp;
  (void)seconds;
}

/* ---- Addresses and options ----------------------------------------------- */

static int copy_address(const struct sockaddr_storage *from,
                        struct sockaddr *to, int *size) {
  int whole = from->ss_family == AF_INET6 ? (int)sizeof(struct sockaddr_in6)
                                          : (int)sizeof(struct sockaddr_in);
  if (*size < whole)
    whole = *size;
  memcpy(to, from, (size_t)whole);
  *size = whole;
  return 0;
}

int uv_tcp_getsockname(const uv_tcp_t *tcp, struct sockaddr *name, int *size) {
  int err = kernel_fault(SIM_UV_GETSOCKNAME);
  if (err == 0)
    err = tcp->delayed_error;
  if (err == 0 && tcp->io_watcher.fd == -1)
    err = UV_EBADF;
  return err < 0
             ? err
             : copy_address(&kernel_of(tcp->io_watcher.fd)->local, name, size);
}

int uv_tcp_getpeername(const uv_tcp_t *tcp, struct sockaddr *name, int *size) {
  int err = kernel_fault(SIM_UV_GETPEERNAME);
  if (err == 0)
    err = tcp->delayed_error;
  if (err == 0 && tcp->io_watcher.fd == -1)
    err = UV_EBADF;
  if (err == 0 && kernel_of(tcp->io_watcher.fd)->dead)
    err = UV_ENOTCONN;
  return err < 0
             ? err
             : copy_address(&kernel_of(tcp->io_watcher.fd)->remote, name, size);
}

int uv_tcp_nodelay(uv_tcp_t *tcp, int enable) {
  (void)tcp;
  (void)enable;
  return 0;
}

int uv_tcp_keepalive(uv_tcp_t *tcp, int enable, unsigned int delay) {
  (void)tcp;
  (void)enable;
  (void)delay;
  return 0;
}

int uv_fileno(const uv_handle_t *handle, uv_os_fd_t *fd) {
  *fd = ((const uv_stream_t *)handle)->io_watcher.fd;
  return *fd == -1 ? UV_EBADF : 0;
}

uv_buf_t uv_buf_init(char *base, unsigned int len) {
  uv_buf_t buf = {.base = base, .len = len};
  return buf;
}

int uv_ip4_addr(const char *ip, int port, struct sockaddr_in *address) {
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  address->sin_port = htons((uint16_t)port);
  return inet_pton(AF_INET, ip, &address->sin_addr) == 1 ? 0 : UV_EINVAL;
}

int uv_ip6_addr(const char *ip, int port, struct sockaddr_in6 *address) {
  memset(address, 0, sizeof *address);
  address->sin6_family = AF_INET6;
  address->sin6_port = htons((uint16_t)port);
  return inet_pton(AF_INET6, ip, &address->sin6_addr) == 1 ? 0 : UV_EINVAL;
}

int uv_inet_ntop(int family, const void *from, char *to, size_t size) {
  return inet_ntop(family, from, to, (socklen_t)size) == NULL ? UV_ENOSPC : 0;
}

/* Always the same numbers. */
int uv_random(uv_loop_t *loop, uv_random_t *request, void *to, size_t size,
              unsigned flags, uv_random_cb callback) {
  static uint64_t state = 88172645463325252U;
  uint8_t *bytes = to;
  size_t i;
  (void)loop;
  (void)request;
  (void)flags;
  (void)callback;
  for (i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    bytes[i] = (uint8_t)state;
  }
  return 0;
}
