/* The machine that a test runs, and the peers in it. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uv_sim.h"

/* Turns after which a loop counts as one that spins. */
#define MANY_TURNS 1000000

static uv_loop_t loop;
static sim_peer *peers[KERNEL_FDS];

/* ---- The machine --------------------------------------------------------- */

void sim_open(uint64_t ms) {
  kernel_reset();
  memset(peers, 0, sizeof peers); /* of a test that failed */
  kernel_ns = ms * 1000000;
  (void)uv_loop_init(&loop);
}

static void count_handle(uv_handle_t *handle, void *count) {
  (void)handle;
  ++*(size_t *)count;
}

static void free_peer(sim_peer *peer) {
  peers[peer->fd] = NULL;
  free(peer);
}

size_t sim_close(void) {
  size_t left = loop.active_reqs.count;
  int fd;
  for (fd = 0; fd < kernel_end(); fd++) {
    if (peers[fd] != NULL)
      sim_hang_up(peers[fd]);
  }
  uv_walk(&loop, count_handle, &left);
  left += kernel_used();
  kernel_reset();
  return left;
}

uv_loop_t *sim_loop(void) {
  return &loop;
}

uint64_t sim_now(void) {
  return kernel_ns / 1000000;
}

/* ---- Peers --------------------------------------------------------------- */

static kernel_socket *socket_of(const sim_peer *peer) {
  return kernel_of(peer->fd);
}

/* Shows the peers what their sockets have received. */
static void look(void) {
  int fd;
  for (fd = 0; fd < kernel_end(); fd++) {
    sim_peer *peer = peers[fd];
    kernel_socket *sock = kernel_of(fd);
    if (peer == NULL)
      continue;
    if (sock->takes)
      sock->taken = sock->size;
    peer->data = sock->data;
    peer->size = sock->taken;
    peer->fin = sock->fin;
    peer->reset = sock->dead;
  }
}

sim_peer *sim_connect_ip(int port, const char *ip) {
  struct sockaddr_storage from;
  sim_peer *peer = calloc(1, sizeof *peer);
  if (peer == NULL)
    abort();
  memset(&from, 0, sizeof from);
  if (uv_ip4_addr(ip, 0, (struct sockaddr_in *)(void *)&from) < 0 &&
      uv_ip6_addr(ip, 0, (struct sockaddr_in6 *)(void *)&from) < 0)
    abort();
  peer->fd = kernel_open();
  if (peer->fd < 0) {
    free(peer);
    return NULL;
  }
  if (kernel_connect(peer->fd, port, &from) < 0) {
    kernel_close(peer->fd, false);
    free(peer);
    return NULL;
  }
  peers[peer->fd] = peer;
  socket_of(peer)->takes = true;
  socket_of(peer)->other->room = SIZE_MAX; /* sim_send sends all */
  return peer;
}

sim_peer *sim_connect(int port) {
  return sim_connect_ip(port, "127.0.0.1");
}

sim_peer *sim_connect_from(int port, uint16_t number) {
  char ip[32];
  (void)snprintf(ip, sizeof ip, "10.0.%d.%d", number >> 8, number & 0xff);
  return sim_connect_ip(port, ip);
}

bool sim_send(sim_peer *peer, const void *data, size_t size) {
  kernel_socket *sock = socket_of(peer);
  if (sock->dead || sock->fin_sent)
    return false;
  return size == 0 || kernel_write(peer->fd, data, size) == (ssize_t)size;
}

bool sim_text(sim_peer *peer, const char *text) {
  return sim_send(peer, text, strlen(text));
}

void sim_fin(sim_peer *peer) {
  (void)kernel_shutdown(peer->fd);
}

void sim_hang_up(sim_peer *peer) {
  kernel_close(peer->fd, false);
  free_peer(peer);
}

void sim_reset(sim_peer *peer) {
  kernel_close(peer->fd, true);
  free_peer(peer);
}

void sim_peer_read(sim_peer *peer, bool on) {
  kernel_socket *sock = socket_of(peer);
  sock->taken = sock->takes || on ? sock->size : sock->taken;
  sock->takes = on;
  look();
}

void sim_take(sim_peer *peer, size_t size) {
  kernel_socket *sock = socket_of(peer);
  size_t left = sock->size - sock->taken;
  sock->taken += size < left ? size : left;
  look();
}

void sim_room(sim_peer *peer, size_t room) {
  socket_of(peer)->room = room;
}

void sim_step(sim_peer *peer, size_t step) {
  socket_of(peer)->step = step;
}

void sim_quota(sim_peer *peer, size_t quota) {
  socket_of(peer)->quota = quota;
}

void sim_arrive(sim_peer *peer, size_t limit) {
  if (socket_of(peer)->other != NULL)
    socket_of(peer)->other->limit = limit;
}

void sim_lose(sim_peer *peer) {
  kernel_socket *other = socket_of(peer)->other;
  if (other == NULL)
    return;
  if (other->size > other->limit - other->read)
    other->size = other->limit - other->read;
  other->limit = SIZE_MAX;
}

size_t sim_held(const sim_peer *peer) {
  const kernel_socket *sock = socket_of(peer);
  return sock->takes ? 0 : sock->size - sock->taken;
}

size_t sim_unread(const sim_peer *peer) {
  const kernel_socket *other = socket_of(peer)->other;
  return other == NULL ? 0 : other->size - other->taken;
}

void sim_forget(sim_peer *peer, size_t size) {
  kernel_socket *sock = socket_of(peer);
  if (size > peer->size)
    abort();
  memmove(sock->data, sock->data + size, sock->size - size + 1);
  sock->size -= size;
  sock->taken -= size;
  look();
}

bool sim_has(const sim_peer *peer, const char *text) {
  size_t size = strlen(text);
  size_t i;
  for (i = 0; i + size <= peer->size; i++) {
    if (memcmp(peer->data + i, text, size) == 0)
      return true;
  }
  return false;
}

/* ---- Time ---------------------------------------------------------------- */

void sim_turn(void) {
  (void)uv_run(&loop, UV_RUN_NOWAIT);
  look();
}

void sim_settle(void) {
  int turns = 0;
  while (!uv_sim_quiet(&loop)) {
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    if (++turns == MANY_TURNS) {
      (void)fprintf(stderr, "sim: the loop does not come to rest\n");
      abort();
    }
  }
  look();
}

void sim_advance(uint64_t ms) {
  uint64_t end = sim_now() + ms;
  sim_settle();
  while (sim_now() < end && uv_loop_alive(&loop)) {
    uv_sim_iterate(&loop, end);
    sim_settle();
  }
  if (sim_now() < end)
    kernel_ns = end * 1000000;
  sim_settle();
}

void sim_stall(uint64_t ms) {
  kernel_ns += ms * 1000000;
}
