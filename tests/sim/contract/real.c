/* Sockets on loopback. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "driver.h"

/* Longer than anything here takes, under sanitizers on a busy machine (ms). */
#define TOO_LONG 20000

struct contract_peer {
  int fd;
};

static uv_loop_t loop;
static uv_timer_t watchdog;
static bool late;

static void on_watchdog(uv_timer_t *timer) {
  (void)timer;
  late = true;
}

uv_loop_t *contract_open(void) {
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(uv_timer_init(&loop, &watchdog), 0);
  return &loop;
}

void contract_close(void) {
  uv_close((uv_handle_t *)&watchdog, NULL);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&loop), 0);
}

void contract_run(bool (*done)(void)) {
  late = false;
  assert_int_equal(uv_timer_start(&watchdog, on_watchdog, TOO_LONG, 0), 0);
  while (!done() && !late)
    (void)uv_run(&loop, UV_RUN_ONCE);
  (void)uv_timer_stop(&watchdog);
}

void contract_turns(void) {
  int i;
  for (i = 0; i < 10; i++)
    (void)uv_run(&loop, UV_RUN_NOWAIT);
}

void contract_busy(unsigned ms) {
  uint64_t end = uv_hrtime() + ms * (uint64_t)1000000;
  while (uv_hrtime() < end)
    ;
}

contract_peer *contract_connect(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port)};
  contract_peer *peer = calloc(1, sizeof *peer);
  assert_non_null(peer);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  peer->fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(peer->fd >= 0);
  if (connect(peer->fd, (const struct sockaddr *)&address, sizeof address) == 0)
    return peer;
  assert_int_equal(errno, ECONNREFUSED);
  (void)close(peer->fd);
  free(peer);
  return NULL;
}

static void wait_for(int fd, short events) {
  struct pollfd one = {.fd = fd, .events = events};
  assert_int_equal(poll(&one, 1, TOO_LONG), 1);
}

static int fd_of(const uv_tcp_t *tcp) {
  uv_os_fd_t fd;
  assert_int_equal(uv_fileno((const uv_handle_t *)tcp, &fd), 0);
  return fd;
}

void contract_reached(const uv_tcp_t *tcp) {
  wait_for(fd_of(tcp), POLLIN);
}

/* POLLERR and POLLHUP need not be asked for. */
void contract_ended(const uv_tcp_t *tcp) {
  wait_for(fd_of(tcp), 0);
}

void contract_peer_reached(const contract_peer *peer) {
  wait_for(peer->fd, POLLIN);
}

void contract_send(contract_peer *peer, const char *text) {
  ssize_t size = (ssize_t)strlen(text);
  assert_int_equal(send(peer->fd, text, strlen(text), MSG_NOSIGNAL), size);
}

size_t contract_take(contract_peer *peer, contract_end *end) {
  static char room[65536];
  size_t total = 0;
  ssize_t size;
  do {
    size = recv(peer->fd, room, sizeof room, MSG_DONTWAIT);
    if (size > 0)
      total += (size_t)size;
  } while (size > 0);
  if (size == 0)
    *end = CONTRACT_FIN;
  else if (errno == ECONNRESET)
    *end = CONTRACT_RESET;
  else
    *end = CONTRACT_OPEN;
  return total;
}

void contract_fin(contract_peer *peer) {
  assert_int_equal(shutdown(peer->fd, SHUT_WR), 0);
}

void contract_hang_up(contract_peer *peer) {
  assert_int_equal(close(peer->fd), 0);
  free(peer);
}

void contract_reset(contract_peer *peer) {
  struct linger linger = {1, 0};
  assert_int_equal(
      setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
  contract_hang_up(peer);
}
