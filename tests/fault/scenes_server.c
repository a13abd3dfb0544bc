/* Servers and listeners, and many connections. */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const subprotocols[] = {"a", "b", NULL};
static const char *const origins[] = {"https://a.example", "b.example", NULL};

/* ---- Set-up -------------------------------------------------------------- */

static const char *pki(const char *name) {
  static char paths[2][512];
  static size_t next;
  char *path = paths[next++ % 2];
  (void)snprintf(path, sizeof paths[0], "%s/%s", getenv("WSS_PKI"), name);
  return path;
}

/* Another server on the loop; NULL without memory. */
static wss_server *another(scene_run *run) {
  const wss_options options = {.allocator = run->host.memory.functions,
                               .subprotocols = subprotocols,
                               .origins = origins};
  const wss_handler handler = {0};
  wss_server *server;
  int err = scene_called(
      run, wss_server_new(&server, sim_loop(), &handler, &options, NULL));
  assert_true((err == 0) == (server != NULL));
  assert_true(err == 0 || err == WSS_ERR_NOMEM);
  return server;
}

static void is_made(scene_run *run) {
  wss_server *server = another(run);
  if (server == NULL)
    return;
  assert_int_equal(wss_server_close(server, 0, NULL), 0);
  sim_settle();
}

static void listens(scene_run *run) {
  wss_listener *listener;
  int err = scene_called(
      run, wss_listen_plain(run->host.server, "127.0.0.1", 0, &listener));
  assert_true(err == 0 || err == WSS_ERR_NOMEM);
  assert_true(err == 0 || strstr(wss_last_error(run->host.server), "memory"));
  if (err == 0)
    wss_listener_close(listener);
  sim_settle();
}

/* Expects the error, or that there is no memory. */
static void listens_with(scene_run *run, const char *cert, const char *key,
                         int expected) {
  static const char *const protocols[] = {"chat", NULL};
  const wss_ssl_context ssl = {.local_cert = pki(cert),
                               .local_pk = pki(key),
                               .alpn_protocols = protocols};
  wss_listener *listener;
  int err = scene_called(
      run, wss_listen(run->host.server, "127.0.0.1", 0, &ssl, &listener));
  assert_true(err == expected || err == WSS_ERR_NOMEM);
  assert_true(err == 0 || wss_last_error(run->host.server)[0] != '\0');
  scene_note(run, "%d %s\n", err, wss_last_error(run->host.server));
  sim_settle();
  if (err == 0)
    wss_listener_close(listener);
  sim_settle();
}

static void listens_with_tls(scene_run *run) {
  listens_with(run, "chain.pem", "chain.key", 0);
}

static void listens_with_anothers_key(scene_run *run) {
  listens_with(run, "server.pem", "other.key", WSS_ERR_KEY_MISMATCH);
}

static void listens_with_garbage(scene_run *run) {
  listens_with(run, "garbage.pem", "server.key", WSS_ERR_CERT_PARSE);
}

/* The warning may get lost on its way to on_error, not on that to
   wss_last_error. */
static void listens_with_an_old_certificate(scene_run *run) {
  listens_with(run, "expired.pem", "expired.key", 0);
  if (run->host.errors == 0)
    run->told = true;
}

/* Of two names, and a warning for one of them; from memory, too. */
static void listens_for_names(scene_run *run) {
  static char text[16384];
  FILE *file = fopen(pki("combined.pem"), "rb");
  wss_sni_cert certs[] = {
      {.host = "b.example.org", .local_cert = pki("combined.pem")},
      {.host = "localhost", .local_cert_pem = text}};
  const wss_ssl_context ssl = {.local_cert = certs[0].local_cert,
                               .SNI_server_certs = certs,
                               .SNI_server_cert_count = 2};
  wss_listener *listener;
  assert_non_null(file);
  certs[1].local_cert_pem_size = fread(text, 1, sizeof text, file);
  assert_int_equal(fclose(file), 0);
  int err = scene_called(
      run, wss_listen(run->host.server, "127.0.0.1", 0, &ssl, &listener));
  assert_true(err == 0 || err == WSS_ERR_NOMEM);
  assert_true(err == 0 || strstr(wss_last_error(run->host.server), "memory"));
  sim_settle();
  if (err == 0)
    wss_listener_close(listener);
  if (run->host.errors == 0)
    run->told = true;
  sim_settle();
}

/* ---- Many connections ---------------------------------------------------- */

#define COUNT 20

static void come_and_go(scene_run *run) {
  sim_client clients[COUNT];
  size_t i;
  for (i = 0; i < COUNT; i++)
    scene_visit(run, &clients[i], 0, NULL);
  for (i = 0; i < COUNT; i++)
    scene_leave(run, &clients[i]);
}

static void come_from_many_places(scene_run *run) {
  sim_peer *peers[COUNT];
  size_t i;
  for (i = 0; i < COUNT; i++) {
    peers[i] = sim_connect_from(run->host.port, (uint16_t)(1 + i * 2 / 3));
    assert_non_null(peers[i]);
    sim_settle();
    (void)sim_text(peers[i], host_handshake(""));
    sim_settle();
  }
  for (i = 0; i < COUNT; i++) {
    scene_note(run, "%zu bytes\n", peers[i]->size);
    run->heard += scene_is_5xx(peers[i]->data);
    sim_hang_up(peers[i]);
  }
  sim_settle();
}

/* Two more than there may be. */
static void are_too_many(scene_run *run) {
  sim_client clients[4];
  size_t i;
  for (i = 0; i < 4; i++) {
    client_dial(&clients[i], &run->host, 0);
    clients[i].asked = SIZE_MAX;
  }
  for (i = 0; i < 4; i++)
    scene_leave(run, &clients[i]);
}

/* ---- The end ------------------------------------------------------------- */

static void sends_more(sim_host *host, wss_conn *conn) {
  (void)scene_called(scene_run_of(host), wss_send(conn, WSS_TEXT, "hello", 5));
}

static int defers(sim_host *host, wss_conn *conn, const wss_request *request) {
  (void)host;
  (void)conn;
  (void)request;
  return host->requests % 2 == 0 ? WSS_DEFER : WSS_ACCEPT;
}

static void shuts(scene_run *run) {
  sim_client clients[6];
  size_t i;
  for (i = 0; i < 6; i++)
    scene_visit(run, &clients[i], 0, NULL);
  host_shut(&run->host, 1000);
  sim_settle();
  for (i = 0; i < 3; i++)
    scene_leave(run, &clients[i]);
  sim_advance(1000);
  assert_int_equal(run->host.closed, 1);
  for (; i < 6; i++)
    scene_leave(run, &clients[i]);
}

const fault_scene scenes_server[] = {
    {.name = "a server", .play = is_made},
    {.name = "a listener", .play = listens},
    {.name = "a certificate", .play = listens_with_tls},
    {.name = "another's key", .play = listens_with_anothers_key},
    {.name = "no certificate", .play = listens_with_garbage},
    {.name = "an old certificate", .play = listens_with_an_old_certificate},
    {.name = "certificates of names", .play = listens_for_names},
    {.name = "many connections", .play = come_and_go},
    {.name = "max_per_address",
     .play = come_from_many_places,
     .options = {.max_per_address = 1}},
    {.name = "max_connections",
     .play = are_too_many,
     .options = {.max_connections = 2}},
    {.name = "max_pending",
     .play = are_too_many,
     .options = {.max_pending = 2}},
    {.name = "wss_server_close",
     .play = shuts,
     .hooks = {.request = defers, .open = sends_more}},
    {0},
};
