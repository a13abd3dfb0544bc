#include "tls/keys.h"

#include <string.h>

#include <mbedtls/platform_util.h>

#include "tls/code.h"

/* Of RFC 7905; GCM's is RFC 5288 3's. */
#define CHACHA_IV 12
#define GCM_SALT 4

void wss__tls_keys_export(void *exported, mbedtls_ssl_key_export_type type,
                          const unsigned char *secret, size_t size,
                          const unsigned char client_random[32],
                          const unsigned char server_random[32],
                          mbedtls_tls_prf_types prf) {
  wss__tls_exported *to = exported;
  if (size > WSS__TLS_SECRET_MAX)
    return;
  switch (type) {
  case MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET:
    to->has_master = size == sizeof to->master;
    memcpy(to->master, secret, size);
    memcpy(to->randoms, server_random, 32);
    memcpy(to->randoms + 32, client_random, 32);
    to->prf = prf;
    break;
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET:
    memcpy(to->client, secret, size);
    to->client_size = size;
    break;
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET:
    memcpy(to->server, secret, size);
    to->server_size = size;
    break;
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_EARLY_SECRET:
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_EARLY_EXPORTER_SECRET:
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_HANDSHAKE_TRAFFIC_SECRET:
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET:
    break;
  }
}

static int error_of(int code) {
  if (code == 0)
    return 0;
  return wss__tls_code_is_nomem(code) ? WSS_ERR_NOMEM : WSS_ERR_TLS;
}

/* ---- TLS 1.2 ------------------------------------------------------------- */

static int derive12(const wss__tls_exported *exported,
                    const wss__tls_suite *suite, wss__tls_traffic *client,
                    wss__tls_traffic *server) {
  uint8_t block[2 * (WSS__AEAD_KEY_MAX + CHACHA_IV)];
  size_t key = wss__aead_key_size(suite->cipher);
  size_t iv = suite->cipher == WSS__CHACHA20_POLY1305 ? CHACHA_IV : GCM_SALT;
  if (!exported->has_master)
    return WSS_ERR_UNSUPPORTED;
  int code = mbedtls_ssl_tls_prf(
      exported->prf, exported->master, sizeof exported->master, "key expansion",
      exported->randoms, sizeof exported->randoms, block, 2 * (key + iv));
  if (code == 0) {
    memcpy(client->key, block, key);
    memcpy(server->key, block + key, key);
    memcpy(client->iv, block + 2 * key, iv);
    memcpy(server->iv, block + 2 * key + iv, iv);
  }
  mbedtls_platform_zeroize(block, sizeof block);
  return error_of(code);
}

/* ---- TLS 1.3 ------------------------------------------------------------- */

/* HKDF-Expand-Label without context, for no more than one block of the hash
   (RFC 8446 7.1, RFC 5869 2.3). */
static int expand_label(const wss__tls_suite *suite, const uint8_t *secret,
                        const char *label, uint8_t *to, size_t size) {
  static const char prefix[] = "tls13 ";
  const mbedtls_md_info_t *hash = mbedtls_md_info_from_type(suite->hash);
  uint8_t info[32];
  uint8_t block[WSS__TLS_SECRET_MAX];
  size_t prefix_size = sizeof prefix - 1;
  size_t label_size = strlen(label);
  size_t at = 0;
  info[at++] = 0;
  info[at++] = (uint8_t)size;
  info[at++] = (uint8_t)(prefix_size + label_size);
  memcpy(info + at, prefix, prefix_size);
  at += prefix_size;
  memcpy(info + at, label, label_size);
  at += label_size;
  info[at++] = 0; /* context */
  info[at++] = 1; /* the first block */
  int code =
      mbedtls_md_hmac(hash, secret, mbedtls_md_get_size(hash), info, at, block);
  if (code == 0)
    memcpy(to, block, size);
  mbedtls_platform_zeroize(block, sizeof block);
  return error_of(code);
}

static size_t secret_size(const wss__tls_suite *suite) {
  return mbedtls_md_get_size(mbedtls_md_info_from_type(suite->hash));
}

static int derive13(const wss__tls_suite *suite, wss__tls_traffic *traffic) {
  traffic->sequence = 0;
  int error = expand_label(suite, traffic->secret, "key", traffic->key,
                           wss__aead_key_size(suite->cipher));
  return error != 0 ? error
                    : expand_label(suite, traffic->secret, "iv", traffic->iv,
                                   sizeof traffic->iv);
}

int wss__tls_keys_derive(const wss__tls_exported *exported,
                         const wss__tls_suite *suite, wss__tls_traffic *client,
                         wss__tls_traffic *server) {
  memset(client, 0, sizeof *client);
  memset(server, 0, sizeof *server);
  if (!suite->tls13)
    return derive12(exported, suite, client, server);
  size_t size = secret_size(suite);
  if (exported->client_size != size || exported->server_size != size)
    return WSS_ERR_UNSUPPORTED;
  memcpy(client->secret, exported->client, size);
  memcpy(server->secret, exported->server, size);
  int error = derive13(suite, client);
  return error != 0 ? error : derive13(suite, server);
}

int wss__tls_keys_update(const wss__tls_suite *suite,
                         wss__tls_traffic *traffic) {
  int error = expand_label(suite, traffic->secret, "traffic upd",
                           traffic->secret, secret_size(suite));
  return error != 0 ? error : derive13(suite, traffic);
}
