#include "tls/handshake.h"

#include <string.h>

#include "tls/policy.h"
#include "tls/tickets.h"

/* RFC 1035 2.3.4. */
#define NAME_MAX_SIZE 255

/* Host names are ASCII (RFC 6066 3); as C strings they must hold no NUL. */
static bool name_fits(const unsigned char *name, size_t size) {
  if (size == 0 || size > NAME_MAX_SIZE)
    return false;
  for (size_t i = 0; i < size; i++) {
    if (name[i] <= ' ' || name[i] > '~')
      return false;
  }
  return true;
}

/* Mbed TLS's callback for SNI; what is not 0 ends the handshake with
   unrecognized_name. Called twice if the ClientHello comes twice. */
static int on_server_name(void *unused, mbedtls_ssl_context *ssl,
                          const unsigned char *name, size_t size) {
  wss__tls_engine *engine = mbedtls_ssl_get_user_data_p(ssl);
  (void)unused;
  if (!name_fits(name, size))
    return -1;
  wss__free(engine->allocator, engine->server_name);
  engine->server_name =
      wss__strndup(engine->allocator, (const char *)name, size);
  engine->nomem = engine->server_name == NULL;
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
