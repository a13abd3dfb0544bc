#include "support/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Records ------------------------------------------------------------- */

static host_record *record_new(sim_host *host) {
  host_record *record;
  if (host->count == host->room) {
    host->room = 2 * host->room + 8;
    host->records = realloc(host->records, host->room * sizeof *host->records);
    assert_non_null(host->records);
  }
  record = &host->records[host->count++];
  memset(record, 0, sizeof *record);
  record->at = sim_now();
  host->stats = host_stats(host);
  return record;
}

static void copy_text(char *to, size_t room, const char *from) {
  (void)snprintf(to, room, "%s", from == NULL ? "" : from);
}

static void record_end(host_record *record, const wss_close_info *info) {
  record->closes = true;
  record->info = *info;
  record->error = info->error;
  assert_non_null(info->message);
  copy_text(record->message, sizeof record->message, info->message);
  copy_text(record->alert, sizeof record->alert, info->tls_alert_name);
  assert_in_range(info->reason_size, 0, sizeof record->reason - 1);
  assert_int_equal(info->reason[info->reason_size], '\0');
  memcpy(record->reason, info->reason, info->reason_size + 1);
  /* The library's texts do not outlive the callback. */
  record->info.message = NULL;
  record->info.reason = NULL;
  record->info.tls_alert_name = NULL;
}

/* ---- Callbacks ----------------------------------------------------------- */

static int on_request(wss_conn *conn, const wss_request *request, void *user) {
  sim_host *host = user;
  host->requests++;
  host->conn = conn;
  return host->hooks.request == NULL ? WSS_ACCEPT
                                     : host->hooks.request(host, conn, request);
}

static void on_http(wss_conn *conn, const wss_request *request, void *user) {
  sim_host *host = user;
  host->https++;
  if (host->hooks.http != NULL)
    host->hooks.http(host, conn, request);
}

static void on_open(wss_conn *conn, void *user) {
  sim_host *host = user;
  host->opens++;
  if (host->hooks.open != NULL)
    host->hooks.open(host, conn);
}

static void on_message(wss_conn *conn, const wss_message *message, void *user) {
  sim_host *host = user;
  host->messages++;
  if (host->hooks.message != NULL)
    host->hooks.message(host, conn, message);
}

static void on_pong(wss_conn *conn, const void *data, size_t size, void *user) {
  sim_host *host = user;
  host->pongs++;
  if (host->hooks.pong != NULL)
    host->hooks.pong(host, conn, data, size);
}

static void on_drain(wss_conn *conn, void *user) {
  sim_host *host = user;
  host->drains++;
  if (host->hooks.drain != NULL)
    host->hooks.drain(host, conn);
}

static void on_close(wss_conn *conn, const wss_close_info *info, void *user) {
  sim_host *host = user;
  host_record *record = record_new(host);
  host->closes++;
  record_end(record, info);
  record->conn = conn;
  record->id = wss_conn_id(conn);
  record->remote = wss_conn_remote(conn);
  if (host->hooks.close != NULL)
    host->hooks.close(host, conn, info);
  if (host->conn == conn)
    host->conn = NULL;
}

static void on_error(wss_server *server, const wss_error *error, void *user) {
  sim_host *host = user;
  host_record *record = record_new(host);
  assert_ptr_equal(server, host->server);
  record->by_error = true;
  record->error = error->error;
  record->listener = error->listener;
  record->remote = error->remote;
  if (error->close != NULL) {
    host->closes++;
    record_end(record, error->close);
    assert_int_equal(error->close->error, error->error);
    assert_string_equal(record->message, error->message);
  } else {
    host->errors++;
    copy_text(record->message, sizeof record->message, error->message);
  }
  if (host->hooks.error != NULL)
    host->hooks.error(host, error);
}

static int on_sni(wss_server *server, const char *name, wss_identity **identity,
                  void *user) {
  sim_host *host = user;
  assert_ptr_equal(server, host->server);
  assert_null(*identity);
  host->names++;
  return host->hooks.sni == NULL ? 0 : host->hooks.sni(host, name, identity);
}

static void on_closed(void *user) {
  sim_host *host = user;
  host->closed++;
  host->server = NULL;
}

/* ---- The server ---------------------------------------------------------- */

void host_open(sim_host *host, const wss_options *options, bool http) {
  wss_handler handler = {on_request, NULL,     on_open,  on_message,
                         on_pong,    on_drain, on_close, on_error};
  wss_options own = {0};
  if (options != NULL)
    own = *options;
  if (http)
    handler.on_http = on_http;
  memset(host, 0, sizeof *host);
  sim_open(HOST_START);
  test_allocator_init(&host->memory);
  own.allocator = host->memory.functions;
  assert_int_equal(
      wss_server_new(&host->server, sim_loop(), &handler, &own, host), 0);
  assert_int_equal(wss_listen_plain(host->server, "127.0.0.1", 0, &host->plain),
                   0);
  host->port = wss_listener_port(host->plain);
}

uint8_t host_record_layer(void) {
  const char *layer = getenv("WSS_RECORD_LAYER");
  return layer != NULL && strcmp(layer, "mbedtls") == 0 ? WSS_RECORD_MBEDTLS
                                                        : WSS_RECORD_OWN;
}

void host_listen_tls(sim_host *host) {
  const char *folder = getenv("WSS_PKI");
  char cert[512];
  char key[512];
  wss_ssl_context ssl = {.local_cert = cert,
                         .local_pk = key,
                         .record_layer = host_record_layer(),
                         .on_sni = on_sni};
  assert_non_null(folder);
  (void)snprintf(cert, sizeof cert, "%s/server.pem", folder);
  (void)snprintf(key, sizeof key, "%s/server.key", folder);
  assert_int_equal(
      wss_listen(host->server, "127.0.0.1", 0, &ssl, &host->secure), 0);
  host->secure_port = wss_listener_port(host->secure);
}

void host_shut(sim_host *host, int64_t grace) {
  assert_int_equal(wss_server_close(host->server, grace, on_closed), 0);
}

void host_close(sim_host *host) {
  if (host->server != NULL && host->closed == 0)
    host_shut(host, 1);
  sim_advance(10);
  assert_null(host->server);
  assert_int_equal(host->closed, 1);
  assert_int_equal(host->memory.blocks, 0);
  assert_int_equal(sim_close(), 0);
  free(host->records);
  host->records = NULL;
}

const host_record *host_last(const sim_host *host) {
  assert_true(host->count > 0);
  return &host->records[host->count - 1];
}

wss_stats host_stats(const sim_host *host) {
  wss_stats stats;
  wss_server_stats(host->server, &stats);
  return stats;
}

/* ---- Peers --------------------------------------------------------------- */

sim_peer *host_connect(const sim_host *host) {
  sim_peer *peer = sim_connect(host->port);
  assert_non_null(peer);
  return peer;
}

sim_peer *host_meet(sim_host *host) {
  sim_peer *peer = host_connect(host);
  int opens = host->opens;
  assert_true(sim_text(peer, host_handshake("")));
  sim_settle();
  assert_int_equal(host->opens, opens + 1);
  assert_true(sim_has(peer, "HTTP/1.1 101 "));
  sim_forget(peer, peer->size);
  return peer;
}

const char *host_handshake(const char *lines) {
  static char text[4096];
  int size = snprintf(text, sizeof text,
                      "GET /chat HTTP/1.1\r\nHost: example.org\r\n"
                      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                      "Sec-WebSocket-Version: 13\r\n%s\r\n",
                      lines);
  assert_in_range(size, 1, sizeof text - 1);
  return text;
}

size_t host_pack(uint8_t *frame, uint8_t first, const void *payload,
                 size_t size) {
  static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
  size_t at = 2;
  size_t i;
  frame[0] = first;
  if (size < 126) {
    frame[1] = (uint8_t)(0x80 | size);
  } else if (size < 65536) {
    frame[1] = 0x80 | 126;
    frame[at++] = (uint8_t)(size >> 8);
    frame[at++] = (uint8_t)size;
  } else {
    frame[1] = 0x80 | 127;
    for (i = 8; i-- > 0;)
      frame[at++] = (uint8_t)((uint64_t)size >> (8 * i));
  }
  memcpy(frame + at, mask, sizeof mask);
  at += sizeof mask;
  for (i = 0; i < size; i++)
    frame[at + i] = ((const uint8_t *)payload)[i] ^ mask[i & 3];
  return at + size;
}

void host_frame(sim_peer *peer, uint8_t first, const void *payload,
                size_t size) {
  uint8_t *frame = malloc(size + 14);
  assert_non_null(frame);
  assert_true(sim_send(peer, frame, host_pack(frame, first, payload, size)));
  free(frame);
}
