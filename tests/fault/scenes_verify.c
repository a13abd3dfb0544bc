/* Client certificates. */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/compat.h"

/* For the time of a play. */
static const char *pki(const char *name) {
  static char paths[8][512];
  static size_t next;
  char *path = paths[next++ % 8];
  int size = snprintf(path, sizeof paths[0], "%s/%s", getenv("WSS_PKI"), name);
  return size > 0 && (size_t)size < sizeof paths[0] ? path : NULL;
}

/* ---- Set-up -------------------------------------------------------------- */

static const char *const pins[] = {
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", NULL};

/* NULL without memory. */
static wss_listener *listen_with(scene_run *run, wss_ssl_context ssl) {
  wss_listener *listener;
  ssl.local_cert = pki("combined.pem");
  ssl.verify_peer = true;
  int err = scene_called(
      run, wss_listen(run->host.server, "127.0.0.1", 0, &ssl, &listener));
  assert_true(err == 0 || err == WSS_ERR_NOMEM);
  assert_true(err == 0 || strstr(wss_last_error(run->host.server), "memory"));
  sim_settle();
  return err == 0 ? listener : NULL;
}

/* With each option there is, and a warning, which may get lost on its way to
   on_error. */
static void listens_with_all(scene_run *run) {
  static char text[8192];
  FILE *file = fopen(pki("ca.pem"), "rb");
  assert_non_null(file);
  size_t size = fread(text, 1, sizeof text, file);
  assert_int_equal(fclose(file), 0);
  const wss_ssl_context ssl = {.cafile = pki("peer-many-ca.pem"),
                               .capath = pki("peer-cas"),
                               .ca_pem = text,
                               .ca_pem_size = size,
                               .crlfile = pki("old-crl.pem"),
                               .peer_fingerprint = pins,
                               .verify_peer_name = true,
                               .peer_name = "alice.example.org"};
  wss_listener *listener = listen_with(run, ssl);
  if (listener != NULL)
    wss_listener_close(listener);
  if (run->host.errors == 0)
    run->told = true;
  sim_settle();
}

/* ---- Clients ------------------------------------------------------------- */

/* With a certificate, if name is one. */
static void comes(scene_run *run, int version, const char *name) {
  mbedtls_x509_crt cert;
  mbedtls_pk_context key;
  sim_client client;
  char path[512];
  wss_listener *listener = listen_with(
      run, (wss_ssl_context){.cafile = pki("peer-ca.pem"),
                             .verify_peer_name = name != NULL,
                             .peer_name =
                                 name != NULL ? "alice.example.org" : NULL});
  if (listener == NULL)
    return;
  run->host.secure_port = wss_listener_port(listener);
  mbedtls_x509_crt_init(&cert);
  mbedtls_pk_init(&key);
  client_dial(&client, &run->host, version);
  if (name != NULL) {
    (void)snprintf(path, sizeof path, "%s.pem", name);
    assert_int_equal(mbedtls_x509_crt_parse_file(&cert, pki(path)), 0);
    (void)snprintf(path, sizeof path, "%s.key", name);
    assert_int_equal(mbedtls_pk_parse_keyfile(&key, pki(path), NULL,
                                              mbedtls_psa_get_random,
                                              MBEDTLS_PSA_RANDOM_STATE),
                     0);
    assert_int_equal(mbedtls_ssl_conf_own_cert(&client.tls.config, &cert, &key),
                     0);
  }
  client_go_on(&client);
  (void)client_frame(&client, 0x81, "hello", 5);
  client_go_on(&client);
  scene_leave(run, &client);
  mbedtls_x509_crt_free(&cert);
  mbedtls_pk_free(&key);
  wss_listener_close(listener);
  sim_settle();
}

static void comes_with_tls_12(scene_run *run) {
  comes(run, 12, "peer-names");
}

static void comes_with_tls_13(scene_run *run) {
  comes(run, 13, "peer-names");
}

static void comes_with_a_bad_one(scene_run *run) {
  comes(run, 13, "peer-expired");
}

static void comes_without(scene_run *run) {
  comes(run, 12, NULL);
}

const fault_scene scenes_verify[] = {
    {.name = "verify_peer", .play = listens_with_all},
    {.name = "a client certificate, TLS 1.2",
     .play = comes_with_tls_12,
     .hooks = {.message = scene_echo}},
    {.name = "a client certificate, TLS 1.3",
     .play = comes_with_tls_13,
     .hooks = {.message = scene_echo}},
    {.name = "an expired client certificate", .play = comes_with_a_bad_one},
    {.name = "no client certificate", .play = comes_without},
    {0},
};
