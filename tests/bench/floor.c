/*
 * floor --port P --cert FILE --key FILE [--corrupt N]: an echo server that does
 * the least a correct one can, and as cheaply as OpenSSL lets it: one recv of
 * up to 64 KiB when a connection is readable, all records and frames in it in
 * place, the answers to it in one SSL_write, and one send. A connection whose
 * peer does not read is not read from.
 */
#include "floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

enum { READ_SIZE = 64 * 1024, RECORD = 16 * 1024, EVENTS = 512 };

typedef struct connection {
  int fd;
  bool ending; /* closed as soon as unsent is sent */
  SSL *ssl;
  frames frames;
  bytes unsent; /* what the kernel has not taken yet */
} connection;

static int loop;
static SSL_CTX *tls;

/* Of the connection that is being served; no other needs them then, and their
   memory is kept for the next. */
static unsigned char *wire_in;
static size_t wire_in_size;
static bytes wire_out;
static bytes plain_out;

_Noreturn static void fatal(const char *what) {
  perror(what);
  ERR_print_errors_fp(stderr);
  exit(2);
}

/* ---- A BIO that reads from and writes to the buffers above ---- */

static int bio_read(BIO *bio, char *to, int size) {
  size_t part = (size_t)size < wire_in_size ? (size_t)size : wire_in_size;
  BIO_clear_retry_flags(bio);
  if (part == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  memcpy(to, wire_in, part);
  wire_in += part;
  wire_in_size -= part;
  return (int)part;
}

static int bio_write(BIO *bio, const char *from, int size) {
  (void)bio;
  bytes_append(&wire_out, from, (size_t)size);
  return size;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio;
  (void)number;
  (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

static BIO *make_bio(void) {
  static BIO_METHOD *method;
  BIO *bio;
  if (method == NULL) {
    method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "buffers");
    if (method == NULL || !BIO_meth_set_read(method, bio_read) ||
        !BIO_meth_set_write(method, bio_write) ||
        !BIO_meth_set_ctrl(method, bio_control))
      fatal("BIO_meth_new");
  }
  bio = BIO_new(method);
  if (bio == NULL)
    fatal("BIO_new");
  BIO_set_init(bio, 1);
  return bio;
}

/* ---- Connections ---- */

static void end(connection *c) {
  close(c->fd);
  SSL_free(c->ssl);
  frames_free(&c->frames);
  bytes_free(&c->unsent);
  free(c);
}

static void watch(const connection *c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events};
  event.data.ptr = (void *)(uintptr_t)c;
  if (epoll_ctl(loop, operation, c->fd, &event) != 0)
    fatal("epoll_ctl");
}

/* Sends what it can; false: the connection is broken. */
static bool send_all(connection *c, bytes *from) {
  while (from->begin < from->end) {
    ssize_t sent = send(c->fd, from->at + from->begin, from->end - from->begin,
                        MSG_NOSIGNAL);
    if (sent < 0)
      return errno == EAGAIN;
    from->begin += (size_t)sent;
  }
  return true;
}

static bool send_wire(connection *c) {
  bool sound = send_all(c, &wire_out);
  if (sound && wire_out.begin < wire_out.end) {
    bytes_append(&c->unsent, wire_out.at + wire_out.begin,
                 wire_out.end - wire_out.begin);
    watch(c, EPOLL_CTL_MOD, EPOLLOUT);
  }
  wire_out.begin = wire_out.end = 0;
  return sound;
}

/* Encrypts and sends what the frames were answered with. */
static bool reply(connection *c) {
  size_t size = plain_out.end - plain_out.begin;
  if (size > 0 &&
      SSL_write(c->ssl, plain_out.at + plain_out.begin, (int)size) != (int)size)
    return false;
  plain_out.begin = plain_out.end = 0;
  return true;
}

/* Decrypts all records that were received, and answers the frames in them. */
static bool read_records(connection *c) {
  static unsigned char text[RECORD];
  bool open = true;
  int got;
  while (open && (got = SSL_read(c->ssl, text, sizeof text)) > 0)
    open = frames_read(&c->frames, text, (size_t)got, &plain_out);
  if (open) {
    int error = SSL_get_error(c->ssl, got);
    open = error == SSL_ERROR_WANT_READ;
  }
  ERR_clear_error();
  if (!reply(c))
    return false;
  if (!open) {
    SSL_shutdown(c->ssl);
    c->ending = true;
  }
  return true;
}

static void on_readable(connection *c) {
  static unsigned char wire[READ_SIZE];
  ssize_t got = recv(c->fd, wire, sizeof wire, 0);
  bool sound;
  if (got <= 0) {
    if (got == 0 || errno != EAGAIN)
      end(c);
    return;
  }
  wire_in = wire;
  wire_in_size = (size_t)got;
  sound = read_records(c);
  plain_out.begin = plain_out.end = 0;
  sound = send_wire(c) && sound;
  if (!sound || (c->ending && c->unsent.begin == c->unsent.end))
    end(c);
}

static void on_writable(connection *c) {
  if (!send_all(c, &c->unsent)) {
    end(c);
    return;
  }
  if (c->unsent.begin < c->unsent.end)
    return;
  bytes_free(&c->unsent);
  if (c->ending)
    end(c);
  else
    watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

static void on_connection(int listener) {
  const int on = 1;
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >=
         0) {
    connection *c = calloc(1, sizeof *c);
    BIO *bio = make_bio();
    if (c == NULL || (c->ssl = SSL_new(tls)) == NULL)
      fatal("SSL_new");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL_set_bio(c->ssl, bio, bio);
    SSL_set_accept_state(c->ssl);
    c->fd = fd;
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
  }
}

/* ---- The program ---- */

static void make_tls(const char *cert, const char *key) {
  tls = SSL_CTX_new(TLS_server_method());
  if (tls == NULL || SSL_CTX_use_certificate_chain_file(tls, cert) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1)
    fatal(cert);
  SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF); /* only tickets */
  SSL_CTX_set_num_tickets(tls, 1);
}

static int make_listener(int port) {
  struct sockaddr_in at = {.sin_family = AF_INET};
  const int on = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  at.sin_port = htons((uint16_t)port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
      listen(fd, 4096) != 0)
    fatal("listen");
  return fd;
}

static void serve(int listener) {
  struct epoll_event events[EVENTS];
  struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = NULL}};
  loop = epoll_create1(EPOLL_CLOEXEC);
  if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event) != 0)
    fatal("epoll");
  for (;;) {
    int count = epoll_wait(loop, events, EVENTS, -1);
    int i;
    for (i = 0; i < count; i++) {
      connection *c = events[i].data.ptr;
      if (c == NULL)
        on_connection(listener);
      else if ((events[i].events & EPOLLOUT) != 0)
        on_writable(c);
      else
        on_readable(c);
    }
  }
}

int main(int argc, char **argv) {
  const char *cert = NULL;
  const char *key = NULL;
  int port = 0;
  int listener;
  int i;
  for (i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--port") == 0)
      port = (int)strtol(argv[i + 1], NULL, 10);
    else if (strcmp(argv[i], "--cert") == 0)
      cert = argv[i + 1];
    else if (strcmp(argv[i], "--key") == 0)
      key = argv[i + 1];
    else if (strcmp(argv[i], "--corrupt") == 0)
      frames_corrupt = strtoull(argv[i + 1], NULL, 10);
  }
  if (port == 0 || cert == NULL || key == NULL) {
    fprintf(stderr, "usage: floor --port P --cert FILE --key FILE "
                    "[--corrupt N]\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  /* Large messages come again: their memory is not given back each time. */
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
  make_tls(cert, key);
  listener = make_listener(port);
  printf("listening on 127.0.0.1:%d\n", port);
  fflush(stdout);
  serve(listener);
}
