#include "tls/handshake.h"

#include <string.h>

#include "tls/config.h"
#include "tls/policy.h"
#include "tls/tickets.h"

wss__tls_identity *wss__tls_handshake_identity(wss__tls_engine *engine,
                                               const void *name, size_t size) {
  char host[WSS__TLS_HOST_SIZE];
  if (engine->identity != NULL)
    return engine->identity;
  wss__tls_identity *identity = engine->context->identity;
  if (size > 0) {
    if (!wss__tls_sni_canonical(host, name, size))
      return NULL;
    wss__tls_identity *named = wss__tls_sni_find(&engine->context->names, host);
    if (named != NULL)
      identity = named;
  }
  return engine->identity = wss__tls_identity_ref(identity);
}

/* A client that sends its ClientHello a second time must not change the name
   (RFC 8446 4.1.2). */
static bool is_other_name(const char *before, const void *name, size_t size) {
  return strlen(before) != size || memcmp(before, name, size) != 0;
}

/* Mbed TLS's callback for SNI; what is not 0 ends the handshake with
   unrecognized_name. Called twice if the ClientHello comes twice. */
static int on_server_name(void *unused, mbedtls_ssl_context *ssl,
                          const unsigned char *name, size_t size) {
  wss__tls_engine *engine = mbedtls_ssl_get_user_data_p(ssl);
  (void)unused;
  if (engine->server_name != NULL)
    return is_other_name(engine->server_name, name, size) ? -1 : 0;
  wss__tls_identity *identity =
      size == 0 ? NULL : wss__tls_handshake_identity(engine, name, size);
  if (identity == NULL)
    return -1;
  engine->server_name =
      wss__strndup(engine->allocator, (const char *)name, size);
  engine->nomem = engine->server_name == NULL;
  if (!engine->nomem && identity != engine->context->identity)
    engine->nomem =
        mbedtls_ssl_set_hs_own_cert(ssl, &identity->chain, &identity->key) != 0;
  return engine->nomem ? -1 : 0;
}

void wss__tls_handshake_configure(mbedtls_ssl_config *config) {
  mbedtls_ssl_conf_sni(config, on_server_name, NULL);
}

static int step(wss__tls_bio *bio, wss__tls_failure *failure) {
  for (;;) {
    int code = mbedtls_ssl_handshake(&bio->engine->ssl);
    if (code == 0)
      return WSS__TLS_READY;
    if (code != MBEDTLS_ERR_SSL_WANT_READ)
      return wss__tls_bio_fail(bio, code, failure);
    if (bio->starved)
      return WSS__TLS_WANT;
    if (wss__tls_bio_stuck(bio))
      return wss__tls_bio_fail(bio, MBEDTLS_ERR_SSL_INTERNAL_ERROR, failure);
  }
}

int wss__tls_handshake_read(wss__tls_engine *engine, wss__tls_io *io,
                            wss__tls_failure *failure) {
  wss__tls_bio bio;
  wss__tls_bio_open(&bio, engine, io->input, io->input_size, io->output);
  engine->tickets->engine = engine;
  int result = step(&bio, failure);
  engine->tickets->engine = NULL;
  wss__tls_bio_close(&bio);
  io->input = bio.input;
  io->input_size = bio.input_size;
  return result;
}

void wss__tls_handshake_info(const wss__tls_engine *engine,
                             wss_tls_info *info) {
  const mbedtls_ssl_context *ssl = &engine->ssl;
  bool tls13 =
      mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_3;
  info->version = tls13 ? "TLSv1.3" : "TLSv1.2";
  info->cipher =
      wss__tls_policy_suite(mbedtls_ssl_get_ciphersuite_id_from_ssl(ssl));
  info->alpn = mbedtls_ssl_get_alpn_protocol(ssl);
  info->server_name = engine->server_name;
  info->resumed = engine->resumed;
}
