#include "support/tls_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/compat.h"

/* Mbed TLS's own, in no public header: a client that breaks the rules. */
extern int mbedtls_ssl_write_record(mbedtls_ssl_context *ssl, int force_flush);

static int send_to(void *user, const unsigned char *data, size_t size) {
  tls_client *client = user;
  if (client->peer == NULL || !sim_send(client->peer, data, size))
    return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  client->sent += size;
  return (int)size;
}

static int receive_from(void *user, unsigned char *data, size_t size) {
  tls_client *client = user;
  if (client->peer == NULL || client->peer->size == 0)
    return MBEDTLS_ERR_SSL_WANT_READ;
  if (size > client->peer->size)
    size = client->peer->size;
  memcpy(data, client->peer->data, size);
  sim_forget(client->peer, size);
  client->received += size;
  return (int)size;
}

void tls_client_open(tls_client *client, const char *trusted, int version) {
  const char *folder = getenv("WSS_PKI");
  char path[512];
  memset(client, 0, sizeof *client);
  assert_non_null(folder);
  (void)snprintf(path, sizeof path, "%s/%s", folder, trusted);
  mbedtls_ssl_config_init(&client->config);
  mbedtls_x509_crt_init(&client->trusted);
  mbedtls_ssl_init(&client->ssl);
  assert_int_equal(mbedtls_x509_crt_parse_file(&client->trusted, path), 0);
  assert_int_equal(mbedtls_ssl_config_defaults(&client->config,
                                               MBEDTLS_SSL_IS_CLIENT,
                                               MBEDTLS_SSL_TRANSPORT_STREAM,
                                               MBEDTLS_SSL_PRESET_DEFAULT),
                   0);
  wss__compat_conf_random(&client->config);
  mbedtls_ssl_conf_ca_chain(&client->config, &client->trusted, NULL);
  if (version != 0) {
    mbedtls_ssl_protocol_version only =
        version == 12 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3;
    mbedtls_ssl_conf_min_tls_version(&client->config, only);
    mbedtls_ssl_conf_max_tls_version(&client->config, only);
  }
  assert_int_equal(mbedtls_ssl_setup(&client->ssl, &client->config), 0);
  assert_int_equal(mbedtls_ssl_set_hostname(&client->ssl, "localhost"), 0);
  mbedtls_ssl_set_bio(&client->ssl, client, send_to, receive_from, NULL);
}

void tls_client_close(tls_client *client) {
  mbedtls_ssl_free(&client->ssl);
  mbedtls_ssl_config_free(&client->config);
  mbedtls_x509_crt_free(&client->trusted);
}

int tls_client_step(tls_client *client) {
  return mbedtls_ssl_handshake(&client->ssl);
}

void tls_client_connect(tls_client *client, const sim_host *host, int version) {
  int code = MBEDTLS_ERR_SSL_WANT_READ;
  int rounds;
  tls_client_open(client, "ca.pem", version);
  client->peer = sim_connect(host->secure_port);
  assert_non_null(client->peer);
  for (rounds = 0; rounds < 10 && code == MBEDTLS_ERR_SSL_WANT_READ; rounds++) {
    sim_settle();
    code = tls_client_step(client);
  }
  assert_int_equal(code, 0);
  sim_settle();
}

void tls_client_meet(tls_client *client, sim_host *host, int version) {
  const char *request = host_handshake("");
  int opens = host->opens;
  tls_client_connect(client, host, version);
  tls_client_write(client, request, strlen(request));
  sim_settle();
  assert_int_equal(host->opens, opens + 1);
  assert_int_equal(tls_client_read(client), MBEDTLS_ERR_SSL_WANT_READ);
  assert_memory_equal(client->plain, "HTTP/1.1 101 ", 13);
  client->plain_size = 0;
}

void tls_client_write(tls_client *client, const void *data, size_t size) {
  const unsigned char *bytes = data;
  while (size > 0) {
    int code = mbedtls_ssl_write(&client->ssl, bytes, size);
    assert_true(code > 0);
    bytes += code;
    size -= (size_t)code;
  }
}

void tls_client_frame(tls_client *client, uint8_t first, const void *payload,
                      size_t size) {
  uint8_t *frame = malloc(size + 14);
  assert_non_null(frame);
  tls_client_write(client, frame, host_pack(frame, first, payload, size));
  free(frame);
}

void tls_client_record(tls_client *client, int type, const void *data,
                       size_t size) {
  mbedtls_ssl_context *ssl = &client->ssl;
  ssl->MBEDTLS_PRIVATE(out_msgtype) = type;
  ssl->MBEDTLS_PRIVATE(out_msglen) = size;
  if (size > 0)
    memcpy(ssl->MBEDTLS_PRIVATE(out_msg), data, size);
  assert_int_equal(mbedtls_ssl_write_record(ssl, 1), 0);
}

void tls_client_alert(tls_client *client, uint8_t alert) {
  const uint8_t data[2] = {MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert};
  tls_client_record(client, MBEDTLS_SSL_MSG_ALERT, data, sizeof data);
}

int tls_client_read(tls_client *client) {
  for (;;) {
    size_t room = sizeof client->plain - 1 - client->plain_size;
    int code = mbedtls_ssl_read(
        &client->ssl, (unsigned char *)client->plain + client->plain_size,
        room);
    if (code <= 0)
      return code;
    client->plain_size += (size_t)code;
    client->plain[client->plain_size] = '\0';
  }
}
