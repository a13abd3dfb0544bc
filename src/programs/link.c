#include "programs/link.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <mbedtls/ssl.h>

static int64_t clock_ms(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t wss__link_deadline(int64_t ms) {
  return clock_ms() + ms;
}

/* False once the deadline has passed. */
static bool wait_for(const wss__link *link, short events) {
  for (;;) {
    struct pollfd one = {.fd = link->descriptor, .events = events};
    int64_t left = link->deadline - clock_ms();
    if (left <= 0)
      return false;
    int ready = poll(&one, 1, (int)left);
    if (ready > 0)
      return true;
    if (ready < 0 && errno != EINTR)
      return false;
  }
}

/* 0 or an errno. */
static int dial(wss__link *link, const struct addrinfo *address) {
  int error = 0;
  socklen_t size = sizeof error;
  link->descriptor =
      socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (link->descriptor < 0)
    return errno;
  if (connect(link->descriptor, address->ai_addr, address->ai_addrlen) != 0) {
    error = errno;
    if (error == EINPROGRESS && wait_for(link, POLLOUT) &&
        getsockopt(link->descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
      error = errno;
    if (error == EINPROGRESS)
      error = ETIMEDOUT;
  }
  if (error != 0)
    wss__link_close(link);
  return error;
}

int wss__link_open(wss__link *link, const char *host, const char *port,
                   int64_t deadline, wss__detail *detail) {
  const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                 .ai_flags = AI_NUMERICSERV};
  struct addrinfo *addresses = NULL;
  const struct addrinfo *at;
  int error = ENOENT;
  link->deadline = deadline;
  link->descriptor = -1;
  link->received = 0;
  int code = getaddrinfo(host, port, &hints, &addresses);
  if (code != 0) {
    wss__detail_set(detail, "%s has no address: %s", host, gai_strerror(code));
    return -1;
  }
  for (at = addresses; at != NULL && error != 0; at = at->ai_next)
    error = dial(link, at);
  freeaddrinfo(addresses);
  if (error == 0)
    return 0;
  wss__detail_set(detail, "cannot connect to %s port %s: %s", host, port,
                  strerror(error));
  return -1;
}

void wss__link_close(wss__link *link) {
  if (link->descriptor >= 0)
    (void)close(link->descriptor);
  link->descriptor = -1;
}

int wss__link_send(void *link_, const unsigned char *data, size_t size) {
  const wss__link *link = link_;
  for (;;) {
    if (!wait_for(link, POLLOUT))
      return MBEDTLS_ERR_SSL_TIMEOUT;
    ssize_t sent = send(link->descriptor, data, size, MSG_NOSIGNAL);
    if (sent >= 0)
      return (int)sent;
    if (errno != EINTR && errno != EAGAIN)
      return MBEDTLS_ERR_SSL_CONN_EOF;
  }
}

int wss__link_receive(void *link_, unsigned char *data, size_t size) {
  wss__link *link = link_;
  if (link->received >= WSS__LINK_MOST)
    return MBEDTLS_ERR_SSL_CONN_EOF;
  for (;;) {
    if (!wait_for(link, POLLIN))
      return MBEDTLS_ERR_SSL_TIMEOUT;
    ssize_t got = recv(link->descriptor, data, size, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (got <= 0)
      return MBEDTLS_ERR_SSL_CONN_EOF;
    size_t keep =
        WSS__LINK_SEEN -
        (link->received < WSS__LINK_SEEN ? link->received : WSS__LINK_SEEN);
    if (keep > (size_t)got)
      keep = (size_t)got;
    if (keep > 0)
      memcpy(link->seen + link->received, data, keep);
    link->received += (size_t)got;
    return (int)got;
  }
}
