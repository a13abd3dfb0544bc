#include "kernel.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first ones are taken, as in every program. */
#define FIRST_FD 3

/* What the kernel holds for one that does not read: Linux does about as much on
   loopback. */
#define ROOM ((size_t)4 * 1024 * 1024)

uint64_t kernel_ns;

static kernel_socket *sockets[KERNEL_FDS];
static int end_fd = FIRST_FD; /* behind the highest that was ever used */
static int max_fds = KERNEL_FDS;
static bool reserve = true;
static uint64_t next_id;
static int next_port;

/* ---- Faults -------------------------------------------------------------- */

static struct plan {
  int error;
  uint64_t first; /* number of the call, counted from 1 */
  uint64_t times;
  uint64_t called;
  uint64_t failed;
} plans[SIM_CALLS];

int kernel_fault(sim_call call) {
  struct plan *plan = &plans[call];
  plan->called++;
  if (plan->times == 0 || plan->called < plan->first ||
      plan->called - plan->first >= plan->times)
    return 0;
  plan->failed++;
  return plan->error;
}

void sim_fail(sim_call call, int error, uint64_t n, uint64_t times) {
  struct plan *plan = &plans[call];
  plan->error = error;
  plan->first = plan->called + n;
  plan->times = times;
}

uint64_t sim_called(sim_call call) {
  return plans[call].called;
}

uint64_t sim_failed(sim_call call) {
  return plans[call].failed;
}

/* ---- Descriptors --------------------------------------------------------- */

void sim_max_fds(int count) {
  max_fds = count < KERNEL_FDS ? count : KERNEL_FDS;
}

void sim_reserve_fd(bool there) {
  reserve = there;
}

kernel_socket *kernel_of(int fd) {
  return fd < 0 || fd >= KERNEL_FDS ? NULL : sockets[fd];
}

/* Of those that must be there. */
static kernel_socket *known(int fd) {
  kernel_socket *sock = kernel_of(fd);
  if (sock == NULL) {
    (void)fprintf(stderr, "sim: descriptor %d is not open\n", fd);
    abort();
  }
  return sock;
}

size_t kernel_used(void) {
  size_t used = 0;
  int fd;
  for (fd = FIRST_FD; fd < end_fd; fd++)
    used += sockets[fd] != NULL;
  return used;
}

int kernel_end(void) {
  return end_fd;
}

static int lowest_fd(void) {
  int fd = FIRST_FD;
  while (fd < max_fds && sockets[fd] != NULL)
    fd++;
  return fd < max_fds ? fd : UV_EMFILE;
}

/* A socket without a descriptor: one that waits to be accepted. */
static kernel_socket *socket_new(void) {
  kernel_socket *sock = calloc(1, sizeof *sock);
  if (sock == NULL)
    abort();
  sock->id = ++next_id;
  sock->room = ROOM;
  sock->quota = SIZE_MAX;
  sock->limit = SIZE_MAX;
  return sock;
}

static int give_fd(kernel_socket *sock) {
  int fd = lowest_fd();
  if (fd < 0)
    return fd;
  sockets[fd] = sock;
  if (fd >= end_fd)
    end_fd = fd + 1;
  return fd;
}

int kernel_open(void) {
  kernel_socket *sock = socket_new();
  int fd = give_fd(sock);
  if (fd < 0)
    free(sock);
  return fd;
}

/* ---- Connections --------------------------------------------------------- */

static int port_of(const struct sockaddr_storage *address) {
  struct sockaddr_in ip4;
  memcpy(&ip4, address, sizeof ip4); /* both kinds have it there */
  return ntohs(ip4.sin_port);
}

static void set_port(struct sockaddr_storage *address, int port) {
  struct sockaddr_in ip4;
  memcpy(&ip4, address, sizeof ip4);
  ip4.sin_port = htons((uint16_t)port);
  memcpy(address, &ip4, sizeof ip4);
}

static kernel_socket *listener_on(int port) {
  int fd;
  for (fd = FIRST_FD; fd < end_fd; fd++) {
    kernel_socket *sock = sockets[fd];
    if (sock != NULL && sock->listens && port_of(&sock->local) == port)
      return sock;
  }
  return NULL;
}

static int free_port(void) {
  do {
    if (++next_port < 32768 || next_port > 60999)
      next_port = 32768;
  } while (listener_on(next_port) != NULL);
  return next_port;
}

/* Whether a socket's address is this machine's. */
static bool is_local(const struct sockaddr *address) {
  struct sockaddr_in ip4;
  memcpy(&ip4, address, sizeof ip4);
  return address->sa_family == AF_INET6 || ip4.sin_addr.s_addr == INADDR_ANY ||
         ntohl(ip4.sin_addr.s_addr) >> 24 == 127;
}

/* IPv6 sockets take IPv4, too, unless they were told not to. */
static bool is_taken(const kernel_socket *sock) {
  int fd;
  for (fd = FIRST_FD; fd < end_fd; fd++) {
    const kernel_socket *other = sockets[fd];
    if (other == NULL || other == sock || !other->listens ||
        port_of(&other->local) != port_of(&sock->local))
      continue;
    if (other->local.ss_family == sock->local.ss_family ||
        (!other->v6only && !sock->v6only))
      return true;
  }
  return false;
}

int kernel_bind(int fd, const struct sockaddr *address, bool v6only) {
  kernel_socket *sock = known(fd);
  size_t size = address->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                              : sizeof(struct sockaddr_in6);
  if (!is_local(address))
    return UV_EADDRNOTAVAIL;
  memset(&sock->local, 0, sizeof sock->local);
  memcpy(&sock->local, address, size);
  sock->v6only = v6only;
  if (port_of(&sock->local) == 0)
    set_port(&sock->local, free_port());
  return is_taken(sock) ? UV_EADDRINUSE : 0;
}

int kernel_listen(int fd) {
  kernel_socket *sock = known(fd);
  if (is_taken(sock))
    return UV_EADDRINUSE;
  sock->listens = true;
  return 0;
}

int kernel_connect(int fd, int port, const struct sockaddr_storage *from) {
  kernel_socket *near = known(fd);
  kernel_socket *listener = listener_on(port);
  kernel_socket *far;
  if (listener == NULL)
    return UV_ECONNREFUSED;
  far = socket_new();
  near->local = *from;
  set_port(&near->local, free_port());
  near->remote = listener->local;
  far->local = near->remote;
  far->remote = near->local;
  near->other = far;
  far->other = near;
  near->connected = true;
  far->connected = true;
  listener->queue =
      realloc(listener->queue, (listener->waiting + 1) * sizeof far);
  if (listener->queue == NULL)
    abort();
  listener->queue[listener->waiting++] = far;
  return 0;
}

/* The other end learns that this one is reset. */
static void reset_other(kernel_socket *sock) {
  kernel_socket *other = sock->other;
  if (other == NULL)
    return;
  other->other = NULL;
  other->dead = true;
  other->error = other->fin ? UV_EPIPE : UV_ECONNRESET;
}

static size_t waits(const kernel_socket *sock) {
  return sock->takes ? 0 : sock->size - sock->taken;
}

/* Of what waits, that which may be read. */
static size_t there(const kernel_socket *sock) {
  size_t waiting = waits(sock);
  size_t left = sock->limit - sock->read - sock->taken;
  return waiting < left ? waiting : left;
}

/* The peer's FIN is behind all bytes. */
static bool fin_is_there(const kernel_socket *sock) {
  return sock->fin && there(sock) == waits(sock);
}

static void socket_free(kernel_socket *sock, bool reset) {
  size_t i;
  for (i = 0; i < sock->waiting; i++)
    socket_free(sock->queue[i], true);
  if (reset || waits(sock) > 0) {
    reset_other(sock);
  } else if (sock->other != NULL) {
    sock->other->fin = true;
    sock->other->other = NULL;
  }
  free(sock->queue);
  free(sock->data);
  free(sock);
}

int kernel_accept(int fd) {
  kernel_socket *listener = known(fd);
  int error = kernel_fault(SIM_ACCEPT);
  if (listener->waiting == 0)
    return UV_EAGAIN;
  if (error == 0)
    error = give_fd(listener->queue[0]);
  if (error == UV_EMFILE || error == UV_ENFILE)
    return error; /* it goes on waiting */
  if (error < 0)  /* such an error is about the connection */
    socket_free(listener->queue[0], true);
  listener->waiting--;
  memmove(listener->queue, listener->queue + 1,
          listener->waiting * sizeof listener->queue[0]);
  return error;
}

bool kernel_shed(int fd) {
  kernel_socket *listener = known(fd);
  while (reserve && listener->waiting > 0)
    socket_free(listener->queue[--listener->waiting], false);
  return reserve;
}

int kernel_copy(int fd) {
  kernel_socket *sock = known(fd);
  int copy = give_fd(sock);
  sock->copies += copy >= 0;
  return copy;
}

void kernel_close(int fd, bool reset) {
  kernel_socket *sock = known(fd);
  sockets[fd] = NULL;
  if (sock->copies > 0)
    sock->copies--;
  else
    socket_free(sock, reset || sock->aborts);
}

int kernel_shutdown(int fd) {
  kernel_socket *sock = known(fd);
  if (sock->dead || !sock->connected)
    return UV_ENOTCONN;
  sock->fin_sent = true;
  if (sock->other != NULL)
    sock->other->fin = true;
  return 0;
}

/* ---- Bytes --------------------------------------------------------------- */

ssize_t kernel_read(int fd, void *data, size_t size) {
  kernel_socket *sock = known(fd);
  int error = sock->error;
  size_t some = there(sock);
  if (some > 0) {
    if (size > some)
      size = some;
    memcpy(data, sock->data + sock->taken, size);
    sock->taken += size;
    if (sock->taken == sock->size) {
      sock->read += sock->size;
      sock->taken = sock->size = 0;
    }
    return (ssize_t)size;
  }
  if (fin_is_there(sock))
    return 0;
  sock->error = 0;
  if (error != 0)
    return error;
  return sock->dead ? 0 : UV_EAGAIN;
}

/* How much may be written to a socket's buffer now. */
static size_t free_room(const kernel_socket *sock) {
  size_t waiting = waits(sock);
  size_t room = sock->room > waiting ? sock->room - waiting : 0;
  if (sock->takes && room > 0)
    room = SIZE_MAX;
  return room < sock->quota ? room : sock->quota;
}

static void receive(kernel_socket *sock, const void *data, size_t size) {
  if (sock->size + size >= sock->memory) {
    sock->memory = 2 * (sock->size + size) + 64;
    sock->data = realloc(sock->data, sock->memory);
    if (sock->data == NULL)
      abort();
  }
  memcpy(sock->data + sock->size, data, size);
  sock->size += size;
  sock->data[sock->size] = '\0';
}

static ssize_t broken_pipe(kernel_socket *sock) {
  int error = sock->error == 0 ? UV_EPIPE : sock->error;
  sock->error = 0;
  if (error == UV_EPIPE)
    (void)raise(SIGPIPE); /* deadly for a program that has not ignored it */
  return error;
}

ssize_t kernel_write(int fd, const void *data, size_t size) {
  kernel_socket *sock = known(fd);
  kernel_socket *other = sock->other;
  size_t room;
  if (sock->dead || sock->fin_sent || !sock->connected)
    return broken_pipe(sock);
  if (other == NULL) { /* closed: its kernel answers with a reset */
    sock->dead = true;
    sock->error = UV_EPIPE;
    return (ssize_t)size;
  }
  room = free_room(other);
  if (room == 0)
    return UV_EAGAIN;
  if (size > room)
    size = room;
  if (other->step > 0 && size > other->step)
    size = other->step;
  if (other->quota != SIZE_MAX)
    other->quota -= size;
  receive(other, data, size);
  return (ssize_t)size;
}

unsigned kernel_poll(int fd) {
  const kernel_socket *sock = known(fd);
  unsigned events = 0;
  if (sock->listens)
    return sock->waiting > 0 ? POLLIN : 0;
  if (there(sock) > 0 || fin_is_there(sock) || sock->dead)
    events |= POLLIN;
  if (sock->fin_sent || sock->dead || sock->other == NULL ||
      free_room(sock->other) > 0)
    events |= POLLOUT;
  if (sock->error != 0)
    events |= POLLERR;
  if (sock->dead || (fin_is_there(sock) && sock->fin_sent))
    events |= POLLHUP;
  return events;
}

void kernel_reset(void) {
  int fd;
  for (fd = FIRST_FD; fd < end_fd; fd++) {
    if (sockets[fd] != NULL)
      kernel_close(fd, true);
  }
  end_fd = FIRST_FD;
  max_fds = KERNEL_FDS;
  reserve = true;
  next_port = 0;
  memset(plans, 0, sizeof plans);
}
