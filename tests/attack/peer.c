#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024, READS_PER_EVENT = 4 };

uint64_t peer_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* The finalizer of splitmix64. */
uint64_t peer_mix(uint64_t x) {
  x += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static void fatal(const char *what) {
  perror(what);
  exit(2);
}

/* ---- TLS ---- */

SSL_CTX *peer_tls(const char *ca, int version) {
  SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
  if (tls == NULL)
    fatal("SSL_CTX_new");
  SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
  if (version != 0) {
    SSL_CTX_set_min_proto_version(tls, version);
    SSL_CTX_set_max_proto_version(tls, version);
  }
  if (ca != NULL) {
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_load_verify_locations(tls, ca, NULL) != 1)
      fatal(ca);
  }
  return tls;
}

size_t peer_hello(SSL_CTX *tls, unsigned char *hello, size_t room) {
  SSL *ssl = SSL_new(tls);
  BIO *in = BIO_new(BIO_s_mem());
  BIO *out = BIO_new(BIO_s_mem());
  int size;
  if (ssl == NULL || in == NULL || out == NULL)
    fatal("SSL_new");
  SSL_set_bio(ssl, in, out);
  SSL_set_connect_state(ssl);
  SSL_set_tlsext_host_name(ssl, "localhost");
  SSL_do_handshake(ssl); /* makes the hello and wants an answer */
  size = BIO_read(out, hello, (int)room);
  SSL_free(ssl);
  return size > 0 ? (size_t)size : 0;
}

/* ---- The end ---- */

/* What the peer had understood before the end decides; how comes after. */
static void name_end(peer *p, const char *how) {
  const unsigned char *first = p->first;
  const char *reset = strcmp(how, "reset") == 0 ? " reset" : "";
  if (p->close_code != 0)
    snprintf(p->end, sizeof p->end, "close %d%s", p->close_code, reset);
  else if (p->stage != PEER_ENDED && p->first_size >= 12 &&
           memcmp(first, "HTTP/1.1 ", 9) == 0 &&
           memcmp(first + 9, "101", 3) != 0)
    snprintf(p->end, sizeof p->end, "http %.3s%s", (const char *)first + 9,
             reset);
  else if (p->plan->goal == PEER_CONNECTING && p->first_size >= 7 &&
           first[0] == 21)
    snprintf(p->end, sizeof p->end, "alert %d%s", first[6], reset);
  else
    snprintf(p->end, sizeof p->end, "%s", how);
}

static void forget_out(peer *p) {
  free(p->out);
  p->out = NULL;
  p->out_at = p->out_size = p->out_room = 0;
}

void peer_finish(peer *p, const char *how) {
  const struct linger cut = {1, 0};
  if (p->stage == PEER_ENDED)
    return;
  name_end(p, how);
  p->stage = PEER_ENDED;
  p->ended = peer_now();
  if (p->ssl != NULL)
    SSL_free(p->ssl);
  p->ssl = NULL;
  forget_out(p);
  if (p->fd >= 0) {
    /* Without it each peer's port would stay taken for a minute. */
    setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &cut, sizeof cut);
    close(p->fd);
  }
  p->fd = -1;
}

static void finish_errno(peer *p, int error) {
  if (error == ECONNRESET || error == EPIPE)
    peer_finish(p, "reset");
  else if (error == ECONNREFUSED)
    peer_finish(p, "refused");
  else
    peer_finish(p, strerror(error));
}

/* Whether to try again later; if not, the peer has ended. */
static bool ssl_later(peer *p, int result, int saved_errno) {
  int error = SSL_get_error(p->ssl, result);
  unsigned long queued = ERR_peek_error();
  int reason = ERR_GET_REASON(queued);
  char how[48];
  ERR_clear_error();
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
    return true;
  if (error == SSL_ERROR_ZERO_RETURN) {
    peer_finish(p, "fin");
  } else if (error == SSL_ERROR_SYSCALL && saved_errno != 0) {
    finish_errno(p, saved_errno);
  } else if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING || queued == 0) {
    peer_finish(p, "fin without close_notify");
  } else if (reason >= SSL_AD_REASON_OFFSET &&
             reason < SSL_AD_REASON_OFFSET + 256) {
    snprintf(how, sizeof how, "alert %d", reason - SSL_AD_REASON_OFFSET);
    peer_finish(p, how);
  } else {
    snprintf(how, sizeof how, "%.47s", ERR_reason_error_string(queued));
    peer_finish(p, how);
  }
  return false;
}

/* ---- Connecting ---- */

void peer_watch(peer *p, bool read, bool write) {
  struct epoll_event event = {0};
  if (p->stage == PEER_ENDED)
    return;
  event.events = EPOLLRDHUP | (read ? (uint32_t)EPOLLIN : 0) |
                 (write ? (uint32_t)EPOLLOUT : 0);
  event.data.ptr = p;
  if (event.events == p->watched)
    return;
  if (epoll_ctl(p->plan->epoll, p->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
                p->fd, &event) != 0)
    fatal("epoll_ctl");
  p->watched = event.events;
}

void peer_start(peer *p, const peer_plan *plan, int number) {
  struct sockaddr_in from = {.sin_family = AF_INET};
  const int on = 1;
  memset(p, 0, sizeof *p);
  p->plan = plan;
  p->number = number;
  p->frame.head_need = 2;
  p->began = peer_now();
  p->stage = PEER_CONNECTING;
  p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (p->fd < 0)
    fatal("socket");
  setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(p->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (plan->receive_buffer != 0)
    setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &plan->receive_buffer,
               sizeof plan->receive_buffer);
  from.sin_addr.s_addr =
      htonl(0x7f000002u + (uint32_t)(number % plan->sources));
  if (bind(p->fd, (struct sockaddr *)&from, sizeof from) != 0)
    fatal("bind");
  if (connect(p->fd, (const struct sockaddr *)&plan->to, sizeof plan->to) !=
          0 &&
      errno != EINPROGRESS) {
    finish_errno(p, errno);
    return;
  }
  peer_watch(p, true, true);
}

static bool connected(peer *p) {
  int error = 0;
  socklen_t size = sizeof error;
  struct sockaddr_in remote;
  socklen_t remote_size = sizeof remote;
  getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    finish_errno(p, error);
    return false;
  }
  return getpeername(p->fd, (struct sockaddr *)&remote, &remote_size) == 0;
}

static bool begin_tls(peer *p) {
  p->ssl = SSL_new(p->plan->tls);
  if (p->ssl == NULL || SSL_set_fd(p->ssl, p->fd) != 1)
    fatal("SSL_new");
  SSL_set_connect_state(p->ssl);
  SSL_set_tlsext_host_name(p->ssl, "localhost");
  if (p->plan->on_tls != NULL)
    p->plan->on_tls(p);
  return true;
}

static void send_request(peer *p) {
  char request[512];
  int size = snprintf(request, sizeof request,
                      "GET %s HTTP/1.1\r\n"
                      "Host: localhost:%d\r\n"
                      "Upgrade: websocket\r\n"
                      "Connection: Upgrade\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                      "Sec-WebSocket-Version: 13\r\n\r\n",
                      p->plan->path, ntohs(p->plan->to.sin_port));
  if (peer_push(p, (unsigned char *)request, (size_t)size) != (size_t)size)
    peer_finish(p, "the request was not taken");
}

static void become(peer *p, peer_stage stage) {
  if (p->stage == PEER_ENDED)
    return;
  p->stage = stage;
  if (stage == PEER_READY) {
    p->ready = peer_now();
    p->first_size = 0;
  }
}

/* Byte by byte, so that what follows the answer stays where it is. */
static void read_answer(peer *p) {
  for (;;) {
    int got;
    if (p->first_size == sizeof p->first) {
      peer_finish(p, "an answer without an end");
      return;
    }
    errno = 0;
    got = SSL_read(p->ssl, p->first + p->first_size, 1);
    if (got <= 0) {
      ssl_later(p, got, errno);
      return;
    }
    p->first_size++;
    if (p->first_size >= 4 &&
        memcmp(p->first + p->first_size - 4, "\r\n\r\n", 4) == 0)
      break;
  }
  if (memcmp(p->first, "HTTP/1.1 101 ", 13) != 0)
    peer_finish(p, "refused");
  else
    become(p, PEER_READY);
}

static void handshake(peer *p) {
  int result;
  errno = 0;
  result = SSL_do_handshake(p->ssl);
  if (result != 1) {
    if (ssl_later(p, result, errno))
      peer_watch(p, true, SSL_want_write(p->ssl) != 0);
    return;
  }
  peer_watch(p, true, false);
  if (p->plan->goal == PEER_SECURING) {
    become(p, PEER_READY);
    return;
  }
  become(p, PEER_UPGRADING);
  send_request(p);
}

void peer_advance(peer *p) {
  if (p->stage == PEER_CONNECTING && connected(p)) {
    peer_watch(p, true, false);
    if (p->plan->goal == PEER_CONNECTING)
      become(p, PEER_READY);
    else if (begin_tls(p))
      become(p, PEER_SECURING);
  }
  if (p->stage == PEER_SECURING)
    handshake(p);
  if (p->stage == PEER_UPGRADING)
    read_answer(p);
}

/* ---- Writing ---- */

size_t peer_push(peer *p, const unsigned char *bytes, size_t size) {
  ssize_t sent;
  if (p->stage == PEER_ENDED || size == 0)
    return 0;
  errno = 0;
  if (p->ssl != NULL) {
    int result = SSL_write(p->ssl, bytes, size > 1 << 20 ? 1 << 20 : (int)size);
    if (result > 0)
      return (size_t)result;
    ssl_later(p, result, errno);
    return 0;
  }
  sent = send(p->fd, bytes, size, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN)
    finish_errno(p, errno);
  return sent > 0 ? (size_t)sent : 0;
}

void peer_flush(peer *p) {
  while (p->out_size > 0) {
    size_t sent = peer_push(p, p->out + p->out_at, p->out_size);
    if (sent == 0)
      return;
    p->out_at += sent;
    p->out_size -= sent;
  }
  forget_out(p);
}

static void queue(peer *p, const unsigned char *bytes, size_t size) {
  size_t end = p->out_at + p->out_size;
  if (size > p->out_room - end) {
    p->out_room = 2 * end + size;
    p->out = realloc(p->out, p->out_room);
    if (p->out == NULL)
      fatal("realloc");
  }
  memcpy(p->out + end, bytes, size);
  p->out_size += size;
}

size_t peer_frame_head(unsigned char head[14], int opcode, bool fin,
                       uint64_t size, const unsigned char mask[4]) {
  size_t at = 2;
  int shift;
  head[0] = (unsigned char)((fin ? 0x80 : 0) | opcode);
  if (size < 126) {
    head[1] = (unsigned char)(0x80 | size);
  } else {
    head[1] = size < 65536 ? 0x80 | 126 : 0x80 | 127;
    for (shift = size < 65536 ? 8 : 56; shift >= 0; shift -= 8)
      head[at++] = (unsigned char)(size >> shift);
  }
  memcpy(head + at, mask, 4);
  return at + 4;
}

void peer_frame_send(peer *p, int opcode, const unsigned char *payload,
                     size_t size) {
  unsigned char head[14];
  unsigned char mask[4] = {0x5a, 0, 0, 0xc3};
  unsigned char masked[4096];
  size_t at = 0;
  size_t i;
  if (p->stage != PEER_READY)
    return;
  mask[1] = (unsigned char)p->number;
  mask[2] = (unsigned char)p->messages;
  queue(p, head, peer_frame_head(head, opcode, true, size, mask));
  while (at < size) {
    size_t part = size - at < sizeof masked ? size - at : sizeof masked;
    for (i = 0; i < part; i++)
      masked[i] = payload[at + i] ^ mask[i & 3]; /* 4,096 is a multiple of 4 */
    queue(p, masked, part);
    at += part;
  }
  if (opcode == CLOSE)
    p->close_sent = true;
}

/* ---- Reading ---- */

static bool take_head(peer *p, unsigned char byte) {
  peer_frame *f = &p->frame;
  size_t i;
  f->head[f->head_size++] = byte;
  if (f->head_size == 2) {
    f->fin = (f->head[0] & 0x80) != 0;
    f->opcode = f->head[0] & 15;
    if ((f->head[0] & 0x70) != 0 || (f->head[1] & 0x80) != 0) {
      peer_finish(p, "not a frame of a server");
      return false;
    }
    f->head_need = f->head[1] == 126 ? 4 : f->head[1] == 127 ? 10 : 2;
  }
  if (f->head_size < f->head_need)
    return false;
  f->left = f->head[1] < 126 ? f->head[1] : 0;
  for (i = 2; i < f->head_need; i++)
    f->left = f->left << 8 | f->head[i];
  if (f->opcode == TEXT || f->opcode == BINARY)
    f->message = f->opcode;
  if (f->opcode >= 8 && f->left > sizeof f->control) {
    peer_finish(p, "a control frame too long");
    return false;
  }
  return true;
}

static void end_frame(peer *p) {
  peer_frame *f = &p->frame;
  if (f->opcode == CLOSE) {
    p->close_code =
        f->control_size < 2 ? 1005 : f->control[0] << 8 | f->control[1];
    if (!p->close_sent)
      peer_frame_send(p, CLOSE, f->control, f->control_size < 2 ? 0 : 2);
  } else if (f->opcode == PING) {
    p->pings++;
    peer_frame_send(p, PONG, f->control, f->control_size);
  } else if (f->opcode < 8 && f->fin) {
    p->messages++;
    if (p->plan->on_message != NULL)
      p->plan->on_message(p, f->message);
    f->message = 0;
  }
  f->head_size = f->control_size = 0;
  f->head_need = 2;
}

static void take_payload(peer *p, const unsigned char *bytes, size_t size) {
  peer_frame *f = &p->frame;
  if (f->opcode >= 8) {
    memcpy(f->control + f->control_size, bytes, size);
    f->control_size += size;
  } else if (p->plan->on_data != NULL) {
    p->plan->on_data(p, bytes, size);
  }
  f->left -= size;
}

static void take_frames(peer *p, const unsigned char *bytes, size_t size) {
  peer_frame *f = &p->frame;
  size_t at = 0;
  while (p->stage == PEER_READY && at < size) {
    if (f->head_size < f->head_need) {
      if (!take_head(p, bytes[at++]) || f->left > 0)
        continue;
    } else {
      size_t part = size - at < f->left ? size - at : (size_t)f->left;
      take_payload(p, bytes + at, part);
      at += part;
    }
    if (p->stage == PEER_READY && f->head_size == f->head_need && f->left == 0)
      end_frame(p);
  }
}

static void take(peer *p, const unsigned char *bytes, size_t size) {
  size_t room = sizeof p->first - p->first_size;
  if (p->plan->goal == PEER_UPGRADING) {
    take_frames(p, bytes, size);
    return;
  }
  if (size > room)
    size = room;
  memcpy(p->first + p->first_size, bytes, size);
  p->first_size += size;
}

static ssize_t read_some(peer *p, unsigned char *bytes, size_t size) {
  ssize_t got;
  errno = 0;
  if (p->ssl != NULL) {
    int result = SSL_read(p->ssl, bytes, (int)size);
    if (result <= 0)
      ssl_later(p, result, errno);
    return result;
  }
  got = recv(p->fd, bytes, size, 0);
  if (got == 0)
    peer_finish(p, "fin");
  else if (got < 0 && errno != EAGAIN)
    finish_errno(p, errno);
  return got;
}

void peer_read(peer *p) {
  static unsigned char bytes[READ_SIZE];
  int most = p->plan->reads > 0 ? p->plan->reads : READS_PER_EVENT;
  int reads;
  for (reads = 0; reads < most && p->stage == PEER_READY; reads++) {
    ssize_t got = read_some(p, bytes, sizeof bytes);
    if (got <= 0)
      return;
    take(p, bytes, (size_t)got);
    /* One that reads ahead has no need to be told that there is no more. */
    if (p->ssl != NULL && SSL_get_read_ahead(p->ssl) != 0 &&
        SSL_has_pending(p->ssl) == 0)
      return;
  }
}
