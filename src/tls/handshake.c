#include "tls/handshake.h"

#include <string.h>

#include "tls/config.h"
#include "tls/policy.h"
#include "tls/tickets.h"

/* NULL, or why the program does not let the name in; *identity is its choice,
   or NULL. The count of another server's identity may be another thread's. */
static const char *ask(const wss__tls_context *context, const char *host,
                       wss__tls_identity **identity) {
  wss__detail unused;
  *identity = NULL;
  if (context->on_sni == NULL)
    return NULL;
  if (context->on_sni(context->server, host, identity, context->user) != 0)
    return "on_sni refused the client's server name";
  if (*identity == NULL)
    return NULL;
  if ((*identity)->owner != context->server)
    return "on_sni chose an identity of another server";
  if (wss__tls_policy_check_key(&context->policy, &(*identity)->key, &unused) !=
      0)
    return "on_sni chose a key that security_level or ciphers exclude";
  return NULL;
}

/* The first ClientHello has the name, or none has (RFC 8446 4.1.2). So the
   program is asked before anything is written: the buffer for that is the
   server's, and on_sni may send to others. */
wss__tls_identity *wss__tls_handshake_identity(wss__tls_engine *engine,
                                               const void *name, size_t size) {
  wss__tls_identity *identity = NULL;
  char host[WSS__TLS_HOST_SIZE];
  if (engine->identity != NULL || engine->refusal != NULL)
    return engine->identity;
  if (size > 0) {
    if (engine->spoke || !wss__tls_sni_canonical(host, name, size))
      return NULL;
    engine->refusal = ask(engine->context, host, &identity);
    if (engine->refusal != NULL)
      return NULL;
    if (identity == NULL)
      identity = wss__tls_sni_find(&engine->context->names, host);
  }
  if (identity == NULL)
    identity = engine->context->identity;
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
  if (result < 0 && engine->refusal != NULL)
    failure->text = engine->refusal;
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
