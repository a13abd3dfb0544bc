/* Several loops, each on a thread of its own with a server of its own, and
   their clients on further threads: what the library and Mbed TLS share behind
   them must stand that. Nothing is looked at here but that every client gets
   what it sent; the thread sanitizer looks at the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "support/tls_pair.h"
#include "tls/compat.h"
#include "wss/wss.h"

#define SERVERS 3
#define ROUNDS 3  /* servers that each thread makes, one after the other */
#define CLIENTS 4 /* connections that each of them gets */
#define SIZE 20000
#define IN_FLIGHT 3 /* messages of a client */

/* cmocka's assertions belong to the thread that called them. */
#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);          \
      abort();                                                                 \
    }                                                                          \
  } while (0)

typedef struct server_thread {
  pthread_t thread;
  unsigned number;
  wss_ssl_context ssl;
  const char *trusted;
  uv_loop_t loop;
  uv_async_t done; /* all clients are */
  wss_server *server;
  int port;
  int closes;
} server_thread;

/* ---- A client, with sockets that block ------------------------------------
 */

typedef struct client {
  int socket;
  mbedtls_ssl_config config;
  mbedtls_x509_crt trusted;
  mbedtls_ssl_context ssl;
} client;

static int client_send(void *it, const unsigned char *data, size_t size) {
  ssize_t sent = send(((client *)it)->socket, data, size, MSG_NOSIGNAL);
  return sent >= 0 ? (int)sent : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int client_receive(void *it, unsigned char *data, size_t size) {
  ssize_t got = recv(((client *)it)->socket, data, size, 0);
  return got >= 0 ? (int)got : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static void client_open(client *it, const server_thread *to, unsigned number) {
  const struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)to->port),
                                      .sin_addr.s_addr =
                                          htonl(INADDR_LOOPBACK)};
  mbedtls_ssl_protocol_version version =
      number % 2 == 0 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
  it->socket = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(it->socket >= 0);
  CHECK(connect(it->socket, (const struct sockaddr *)&address,
                sizeof address) == 0);
  mbedtls_ssl_config_init(&it->config);
  mbedtls_x509_crt_init(&it->trusted);
  mbedtls_ssl_init(&it->ssl);
  CHECK(mbedtls_x509_crt_parse_file(&it->trusted, to->trusted) == 0);
  CHECK(mbedtls_ssl_config_defaults(&it->config, MBEDTLS_SSL_IS_CLIENT,
                                    MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) == 0);
  wss__compat_conf_random(&it->config);
  mbedtls_ssl_conf_ca_chain(&it->config, &it->trusted, NULL);
  mbedtls_ssl_conf_min_tls_version(&it->config, version);
  mbedtls_ssl_conf_max_tls_version(&it->config, version);
  CHECK(mbedtls_ssl_setup(&it->ssl, &it->config) == 0);
  CHECK(mbedtls_ssl_set_hostname(&it->ssl, "localhost") == 0);
  mbedtls_ssl_set_bio(&it->ssl, it, client_send, client_receive, NULL);
  CHECK(mbedtls_ssl_handshake(&it->ssl) == 0);
}

static void client_close(client *it) {
  (void)mbedtls_ssl_close_notify(&it->ssl);
  mbedtls_ssl_free(&it->ssl);
  mbedtls_ssl_config_free(&it->config);
  mbedtls_x509_crt_free(&it->trusted);
  (void)close(it->socket);
}

static void client_write(client *it, const void *data, size_t size) {
  const unsigned char *bytes = data;
  while (size > 0) {
    int code = mbedtls_ssl_write(&it->ssl, bytes, size);
    CHECK(code > 0);
    bytes += code;
    size -= (size_t)code;
  }
}

static void client_read(client *it, void *data, size_t size) {
  unsigned char *bytes = data;
  while (size > 0) {
    int code = mbedtls_ssl_read(&it->ssl, bytes, size);
    CHECK(code > 0);
    bytes += code;
    size -= (size_t)code;
  }
}

static void client_upgrade(client *it) {
  static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n"
                                "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r"
                                "\nSec-WebSocket-Version: 13\r\n\r\n";
  char answer[512] = "";
  client_write(it, request, sizeof request - 1);
  for (size_t at = 0; strstr(answer, "\r\n\r\n") == NULL; at++) {
    CHECK(at < sizeof answer - 1);
    client_read(it, answer + at, 1);
  }
  CHECK(strncmp(answer, "HTTP/1.1 101 ", 13) == 0);
}

/* Messages whose masks are of zeros come back as they were. */
static void client_echo(client *it, uint8_t fill) {
  static const uint8_t sent[8] = {0x82, 0xfe, SIZE >> 8, SIZE & 0xff};
  static const uint8_t expected[4] = {0x82, 0x7e, SIZE >> 8, SIZE & 0xff};
  uint8_t header[4];
  uint8_t *data = malloc(SIZE);
  CHECK(data != NULL);
  for (unsigned i = 0; i < IN_FLIGHT; i++) {
    memset(data, (uint8_t)(fill + i), SIZE);
    client_write(it, sent, sizeof sent);
    client_write(it, data, SIZE);
  }
  for (unsigned i = 0; i < IN_FLIGHT; i++) {
    memset(data, 0, SIZE);
    client_read(it, header, sizeof header);
    CHECK(memcmp(header, expected, sizeof header) == 0);
    client_read(it, data, SIZE);
    for (size_t at = 0; at < SIZE; at++)
      CHECK(data[at] == (uint8_t)(fill + i));
  }
  free(data);
}

static void *run_clients(void *to_) {
  static const uint8_t close_frame[] = {0x88, 0x80, 0, 0, 0, 0};
  server_thread *to = to_;
  for (unsigned i = 0; i < CLIENTS; i++) {
    client it;
    uint8_t answer[2];
    client_open(&it, to, i);
    client_upgrade(&it);
    client_echo(&it, (uint8_t)(to->number * 16 + i));
    client_write(&it, close_frame, sizeof close_frame);
    client_read(&it, answer, sizeof answer);
    CHECK(answer[0] == 0x88);
    client_close(&it);
  }
  CHECK(uv_async_send(&to->done) == 0);
  return NULL;
}

/* ---- A server -------------------------------------------------------------
 */

static int on_request(wss_conn *conn, const wss_request *request, void *user) {
  (void)conn;
  (void)request;
  (void)user;
  return WSS_ACCEPT;
}

static void on_message(wss_conn *conn, const wss_message *message, void *user) {
  (void)user;
  CHECK(wss_send(conn, message->type, message->data, message->size) >= 0);
}

static void on_close(wss_conn *conn, const wss_close_info *info, void *user) {
  (void)conn;
  (void)info;
  ((server_thread *)user)->closes++;
}

static void on_done(uv_async_t *async) {
  server_thread *it = async->data;
  CHECK(wss_server_close(it->server, 0, NULL) == 0);
  uv_close((uv_handle_t *)async, NULL);
}

static void *run_server(void *it_) {
  static const wss_handler handler = {
      .on_request = on_request, .on_message = on_message, .on_close = on_close};
  server_thread *it = it_;
  for (unsigned round = 0; round < ROUNDS; round++) {
    pthread_t clients;
    wss_listener *listener;
    it->ssl.record_layer =
        (it->number + round) % 3 == 2 ? WSS_RECORD_MBEDTLS : WSS_RECORD_OWN;
    CHECK(uv_loop_init(&it->loop) == 0);
    CHECK(wss_server_new(&it->server, &it->loop, &handler, NULL, it) == 0);
    CHECK(wss_listen(it->server, "127.0.0.1", 0, &it->ssl, &listener) == 0);
    it->port = wss_listener_port(listener);
    CHECK(uv_async_init(&it->loop, &it->done, on_done) == 0);
    it->done.data = it;
    CHECK(pthread_create(&clients, NULL, run_clients, it) == 0);
    CHECK(uv_run(&it->loop, UV_RUN_DEFAULT) == 0);
    CHECK(pthread_join(clients, NULL) == 0);
    CHECK(uv_loop_close(&it->loop) == 0);
  }
  return NULL;
}

static void servers_on_threads_of_their_own(void **state) {
  static server_thread threads[SERVERS];
  const wss_ssl_context ssl = {.local_cert = tls_pki("server.pem"),
                               .local_pk = tls_pki("server.key")};
  const char *trusted = tls_pki("ca.pem");
  (void)state;
  if (!wss__compat_has_threads())
    skip(); /* this Mbed TLS was built for one thread */
  for (unsigned i = 0; i < SERVERS; i++)
    threads[i] = (server_thread){.number = i, .ssl = ssl, .trusted = trusted};
  for (unsigned i = 0; i < SERVERS; i++)
    assert_int_equal(
        pthread_create(&threads[i].thread, NULL, run_server, &threads[i]), 0);
  for (unsigned i = 0; i < SERVERS; i++) {
    assert_int_equal(pthread_join(threads[i].thread, NULL), 0);
    assert_int_equal(threads[i].closes, ROUNDS * CLIENTS);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(servers_on_threads_of_their_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
