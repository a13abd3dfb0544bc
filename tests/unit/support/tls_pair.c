#include "support/tls_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tls/compat.h"

const tls_pair_suite tls_pair_suites[TLS_PAIR_SUITES] = {
    {MBEDTLS_SSL_VERSION_TLS1_3, MBEDTLS_TLS1_3_AES_128_GCM_SHA256, NULL, NULL},
    {MBEDTLS_SSL_VERSION_TLS1_3, MBEDTLS_TLS1_3_AES_256_GCM_SHA384, NULL, NULL},
    {MBEDTLS_SSL_VERSION_TLS1_3, MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, NULL,
     NULL},
    {MBEDTLS_SSL_VERSION_TLS1_2,
     MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, NULL, NULL},
    {MBEDTLS_SSL_VERSION_TLS1_2,
     MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, NULL, NULL},
    {MBEDTLS_SSL_VERSION_TLS1_2,
     MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, NULL, NULL},
    {MBEDTLS_SSL_VERSION_TLS1_2, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
     "rsa2048.pem", "rsa2048.key"},
    {MBEDTLS_SSL_VERSION_TLS1_2, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
     "rsa2048.pem", "rsa2048.key"},
    {MBEDTLS_SSL_VERSION_TLS1_2,
     MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "rsa2048.pem",
     "rsa2048.key"},
};

#define CEILING ((size_t)64 * 1024 * 1024)

/* Mbed TLS's own, in no public header: a client that breaks the rules. */
extern int mbedtls_ssl_write_record(mbedtls_ssl_context *ssl, int force_flush);

const char *tls_pki(const char *name) {
  static char paths[16][512];
  static unsigned next;
  const char *folder = getenv("WSS_PKI");
  if (name == NULL)
    return NULL;
  assert_non_null(folder);
  char *path = paths[next++ % 16];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static int client_send(void *pair_, const unsigned char *data, size_t size) {
  tls_pair *pair = pair_;
  assert_int_equal(
      wss__buf_append(&pair->to_server, &wss__default_allocator, data, size),
      0);
  return (int)size;
}

static int client_receive(void *pair_, unsigned char *data, size_t size) {
  tls_pair *pair = pair_;
  if (pair->to_client.length == 0)
    return MBEDTLS_ERR_SSL_WANT_READ;
  if (size > pair->to_client.length)
    size = pair->to_client.length;
  memcpy(data, wss__buf_data(&pair->to_client), size);
  wss__buf_consume(&pair->to_client, pair->options.allocator, size);
  return (int)size;
}

static void open_own(tls_pair *pair) {
  const tls_pair_options *options = &pair->options;
  mbedtls_x509_crt_init(&pair->own_cert);
  mbedtls_pk_init(&pair->own_key);
  if (options->own_cert == NULL)
    return;
  assert_int_equal(
      mbedtls_x509_crt_parse_file(&pair->own_cert, tls_pki(options->own_cert)),
      0);
  assert_int_equal(mbedtls_pk_parse_keyfile(
                       &pair->own_key, tls_pki(options->own_key), NULL,
                       mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE),
                   0);
  assert_int_equal(
      mbedtls_ssl_conf_own_cert(&pair->config, &pair->own_cert, &pair->own_key),
      0);
}

static void open_client(tls_pair *pair) {
  const tls_pair_options *options = &pair->options;
  mbedtls_ssl_config *config = &pair->config;
  mbedtls_ssl_config_init(config);
  mbedtls_x509_crt_init(&pair->trusted);
  mbedtls_ssl_init(&pair->client);
  assert_int_equal(
      mbedtls_x509_crt_parse_file(&pair->trusted, tls_pki(options->trusted)),
      0);
  assert_int_equal(mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
                                               MBEDTLS_SSL_TRANSPORT_STREAM,
                                               MBEDTLS_SSL_PRESET_DEFAULT),
                   0);
  wss__compat_conf_random(config);
  mbedtls_ssl_conf_ca_chain(config, &pair->trusted, NULL);
  open_own(pair);
  if (options->version != 0) {
    mbedtls_ssl_conf_min_tls_version(config, options->version);
    mbedtls_ssl_conf_max_tls_version(config, options->version);
  }
  if (options->suites != NULL)
    mbedtls_ssl_conf_ciphersuites(config, options->suites);
  if (options->groups != NULL)
    mbedtls_ssl_conf_groups(config, options->groups);
  if (options->protocols != NULL)
    assert_int_equal(
        mbedtls_ssl_conf_alpn_protocols(config, options->protocols), 0);
  assert_int_equal(mbedtls_ssl_setup(&pair->client, config), 0);
  assert_int_equal(
      mbedtls_ssl_set_hostname(&pair->client, options->server_name[0] == '\0'
                                                  ? NULL
                                                  : options->server_name),
      0);
  if (options->save != NULL)
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
  if (options->session != NULL)
    assert_int_equal(mbedtls_ssl_set_session(&pair->client, options->session),
                     0);
  mbedtls_ssl_set_bio(&pair->client, pair, client_send, client_receive, NULL);
}

void tls_pair_open(tls_pair *pair, const tls_pair_options *options) {
  static const tls_pair_options none;
  memset(pair, 0, sizeof *pair);
  pair->options = options == NULL ? none : *options;
  tls_pair_options *own = &pair->options;
  if (own->cert == NULL) {
    own->cert = "server.pem";
    own->key = "server.key";
  }
  if (own->trusted == NULL)
    own->trusted = "ca.pem";
  if (own->server_name == NULL)
    own->server_name = "localhost";
  if (own->secret == NULL)
    own->secret = &pair->secret;
  if (own->allocator == NULL)
    own->allocator = &wss__default_allocator;
  wss__buf_init(&pair->to_client, own->ceiling == 0 ? CEILING : own->ceiling);
  wss__buf_init(&pair->to_server, CEILING);
  wss__buf_init(&pair->received, CEILING);

  wss__detail detail;
  wss__findings findings;
  static const wss_ssl_context usual;
  wss_ssl_context ssl = own->ssl == NULL ? usual : *own->ssl;
  ssl.local_cert = tls_pki(own->cert);
  ssl.local_pk = tls_pki(own->key);
  ssl.passphrase = own->passphrase;
  ssl.no_ticket = own->no_ticket;
  ssl.record_layer = (uint8_t)own->record_layer;
  if (own->change != NULL)
    own->change(&ssl);
  wss__findings_init(&findings, &wss__default_allocator);
  int error = wss__tls_context_new(&pair->context, &ssl, own->secret,
                                   &wss__default_allocator, &detail, &findings);
  wss__findings_free(&findings);
  if (error != 0)
    fail_msg("%d: %s", error, detail.text);
  assert_int_equal(
      wss__tls_channel_new(&pair->channel, pair->context, own->allocator), 0);
  open_client(pair);
}

void tls_pair_close(tls_pair *pair) {
  wss__tls_channel_free(pair->channel);
  wss__tls_context_unref(pair->context);
  mbedtls_ssl_free(&pair->client);
  mbedtls_ssl_config_free(&pair->config);
  mbedtls_x509_crt_free(&pair->trusted);
  mbedtls_x509_crt_free(&pair->own_cert);
  mbedtls_pk_free(&pair->own_key);
  wss__buf_free(&pair->to_client, pair->options.allocator);
  wss__buf_free(&pair->to_server, &wss__default_allocator);
  wss__buf_free(&pair->received, &wss__default_allocator);
}

/* One read callback's worth: the bytes are gone when it ends. */
static int feed_chunk(tls_pair *pair, const uint8_t *data, size_t size) {
  uint8_t *copy = malloc(size == 0 ? 1 : size);
  uint8_t *scratch = malloc(WSS__TLS_PLAIN_MAX);
  int result;
  assert_non_null(copy);
  assert_non_null(scratch);
  if (size > 0)
    memcpy(copy, data, size);
  wss__tls_io io = {.input = copy,
                    .input_size = size,
                    .output = &pair->to_client,
                    .scratch = scratch};
  for (;;) {
    result = wss__tls_channel_read(pair->channel, &io);
    if (result == WSS__TLS_DATA) {
      assert_true(io.size > 0);
      assert_int_equal(wss__buf_append(&pair->received, &wss__default_allocator,
                                       io.data, io.size),
                       0);
      continue;
    }
    if (result == WSS__TLS_WANT)
      assert_int_equal(io.input_size, 0);
    if (result != WSS__TLS_READY || io.input_size == 0)
      break;
  }
  free(scratch);
  free(copy);
  return result;
}

int tls_pair_feed_bytes(tls_pair *pair, const void *data, size_t size) {
  const uint8_t *bytes = data;
  size_t chunk = pair->options.chunk == 0 ? size : pair->options.chunk;
  int result = WSS__TLS_WANT;
  bool ready = false;
  size_t before = pair->to_client.length;
  do {
    size_t step = chunk < size ? chunk : size;
    result = feed_chunk(pair, bytes, step);
    ready = ready || result == WSS__TLS_READY;
    bytes += step;
    size -= step;
  } while (size > 0 && result >= 0);
  pair->answered = pair->to_client.length - before;
  return result == WSS__TLS_WANT && ready ? WSS__TLS_READY : result;
}

int tls_pair_feed(tls_pair *pair) {
  int result = tls_pair_feed_bytes(pair, wss__buf_data(&pair->to_server),
                                   pair->to_server.length);
  wss__buf_free(&pair->to_server, &wss__default_allocator);
  return result;
}

/* A client of TLS 1.2 keeps the ticket that it offered if it gets no other. */
static bool has_new_ticket(const mbedtls_ssl_session *session,
                           const mbedtls_ssl_session *offered) {
  size_t size = session->MBEDTLS_PRIVATE(ticket_len);
  return size > 0 &&
         (offered == NULL || offered->MBEDTLS_PRIVATE(ticket_len) != size ||
          memcmp(session->MBEDTLS_PRIVATE(ticket),
                 offered->MBEDTLS_PRIVATE(ticket), size) != 0);
}

static void save_session(tls_pair *pair) {
  mbedtls_ssl_session *session = pair->options.save;
  if (session == NULL)
    return;
  mbedtls_ssl_session_free(session);
  assert_int_equal(mbedtls_ssl_get_session(&pair->client, session), 0);
  pair->tickets += has_new_ticket(session, pair->options.session);
}

/* In TLS 1.3 they come behind the handshake. */
static void take_tickets(tls_pair *pair) {
  uint8_t byte;
  int code = MBEDTLS_ERR_SSL_WANT_READ;
  do {
    code = mbedtls_ssl_read(&pair->client, &byte, 1);
    if (code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
      save_session(pair);
  } while (code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET);
  assert_int_equal(code, MBEDTLS_ERR_SSL_WANT_READ);
}

/* The client's part. */
static void shake_client(tls_pair *pair) {
  if (mbedtls_ssl_is_handshake_over(&pair->client)) {
    take_tickets(pair);
    return;
  }
  if (mbedtls_ssl_handshake(&pair->client) == 0 &&
      mbedtls_ssl_get_version_number(&pair->client) ==
          MBEDTLS_SSL_VERSION_TLS1_2)
    save_session(pair);
}

int tls_pair_shake(tls_pair *pair) {
  int result = WSS__TLS_WANT;
  for (;;) {
    size_t before = pair->to_client.length;
    shake_client(pair);
    if (pair->to_server.length == 0 && before == 0)
      return result;
    if (pair->to_server.length > 0) {
      int last = tls_pair_feed(pair);
      if (last != WSS__TLS_WANT)
        result = last;
    }
    if (result < 0)
      return result;
  }
}

void tls_pair_connect(tls_pair *pair, const tls_pair_options *options) {
  tls_pair_open(pair, options);
  int result = tls_pair_shake(pair);
  if (result < 0)
    fail_msg("%s", wss__tls_channel_why(pair->channel));
  assert_int_equal(result, WSS__TLS_READY);
  assert_true(wss__tls_channel_ready(pair->channel));
  assert_true(mbedtls_ssl_is_handshake_over(&pair->client));
}

int tls_pair_client_read(tls_pair *pair, void *data, size_t size) {
  return mbedtls_ssl_read(&pair->client, data, size);
}

void tls_pair_client_write(tls_pair *pair, const void *data, size_t size) {
  const unsigned char *bytes = data;
  while (size > 0) {
    int code = mbedtls_ssl_write(&pair->client, bytes, size);
    assert_true(code > 0);
    bytes += code;
    size -= (size_t)code;
  }
}

void tls_pair_client_record(tls_pair *pair, int type, const void *data,
                            size_t size) {
  mbedtls_ssl_context *client = &pair->client;
  client->MBEDTLS_PRIVATE(out_msgtype) = type;
  client->MBEDTLS_PRIVATE(out_msglen) = size;
  if (size > 0)
    memcpy(client->MBEDTLS_PRIVATE(out_msg), data, size);
  assert_int_equal(mbedtls_ssl_write_record(client, 1), 0);
}

int tls_pair_client_alert(tls_pair *pair) {
  uint8_t byte;
  int code = mbedtls_ssl_is_handshake_over(&pair->client)
                 ? mbedtls_ssl_read(&pair->client, &byte, 1)
                 : mbedtls_ssl_handshake(&pair->client);
  if (code != MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
    return -1;
  assert_int_equal(pair->to_client.length, 0);
  return wss__compat_alert(&pair->client);
}
