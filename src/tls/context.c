#include "tls/context.h"

#include <pthread.h>

#include <mbedtls/platform_util.h>
#include <psa/crypto.h>

#include "tls/cert.h"
#include "tls/channel.h"
#include "tls/code.h"
#include "tls/compat.h"
#include "tls/config.h"
#include "tls/doctor.h"
#include "tls/file.h"
#include "tls/handshake.h"
#include "tls/key.h"
#include "tls/policy.h"
#include "tls/takeover.h"

/* TLS 1.3 needs PSA, and servers may be made on several threads at once, while
   Mbed TLS makes two lists when they are first asked for and guards neither.
   Not pthread_once: what failed for want of memory is tried again. */
int wss__tls_start(wss__detail *detail) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static bool started;
  psa_status_t status = PSA_SUCCESS;
  pthread_mutex_lock(&lock);
  if (!started) {
    status = psa_crypto_init();
    (void)mbedtls_ssl_list_ciphersuites();
    (void)mbedtls_ecp_grp_id_list();
  }
  started = status == PSA_SUCCESS;
  pthread_mutex_unlock(&lock);
  if (status == PSA_SUCCESS)
    return 0;
  if (status == PSA_ERROR_INSUFFICIENT_MEMORY)
    return WSS_ERR_NOMEM;
  wss__detail_set(detail, "Mbed TLS: psa_crypto_init failed with %d%s",
                  (int)status,
                  status == PSA_ERROR_INSUFFICIENT_ENTROPY
                      ? ": the system gives no random numbers"
                      : "");
  return WSS_ERR_TLS;
}

static int check_options(const wss_ssl_context *ssl, wss__detail *detail) {
  if (ssl->verify_peer) {
    wss__detail_set(detail, "verify_peer: client certificates are not "
                            "supported yet; leave it false");
    return WSS_ERR_UNSUPPORTED;
  }
  if (ssl->local_cert == NULL || ssl->local_cert[0] == '\0') {
    wss__detail_set(detail, "local_cert is missing: TLS needs the file of a "
                            "certificate");
    return WSS_ERR_INVALID;
  }
  if (ssl->local_pk != NULL && ssl->local_pk[0] == '\0') {
    wss__detail_set(detail, "local_pk is empty: name the file of the private "
                            "key, or set it to NULL if local_cert holds it");
    return WSS_ERR_INVALID;
  }
  if (ssl->record_layer > WSS_RECORD_MBEDTLS) {
    wss__detail_set(detail,
                    "record_layer is WSS_RECORD_OWN or "
                    "WSS_RECORD_MBEDTLS, not %d",
                    (int)ssl->record_layer);
    return WSS_ERR_INVALID;
  }
  return 0;
}

static int load_key(wss__tls_context *context, const wss_ssl_context *ssl,
                    const wss__tls_file *cert_file, wss__detail *detail,
                    wss__findings *findings) {
  if (ssl->local_pk == NULL) {
    int error =
        wss__tls_key_parse(&context->key, cert_file, ssl->passphrase, detail);
    if (error == 0)
      error =
          wss__tls_key_match(&context->key, &context->chain, cert_file, detail);
    if (error == 0)
      wss__doctor_key(findings, &context->key, cert_file);
    return error;
  }
  wss__tls_file file = {.option = "local_pk", .path = ssl->local_pk};
  int error = wss__tls_file_read(&file, &context->allocator, WSS_ERR_KEY_READ,
                                 WSS_ERR_KEY_PARSE, detail);
  if (error == 0)
    error = wss__tls_key_parse(&context->key, &file, ssl->passphrase, detail);
  if (error == 0)
    error = wss__tls_key_match(&context->key, &context->chain, &file, detail);
  if (error == 0)
    wss__doctor_key(findings, &context->key, &file);
  wss__tls_file_free(&file, &context->allocator);
  return error;
}

static int load(wss__tls_context *context, const wss_ssl_context *ssl,
                wss__detail *detail, wss__findings *findings) {
  wss__tls_file file = {.option = "local_cert", .path = ssl->local_cert};
  int error = wss__tls_file_read(&file, &context->allocator, WSS_ERR_CERT_READ,
                                 WSS_ERR_CERT_PARSE, detail);
  if (error == 0)
    error = wss__tls_cert_parse(&context->chain, &file, detail);
  if (error == 0)
    error = load_key(context, ssl, &file, detail, findings);
  if (error == 0)
    error = wss__tls_cert_check(&context->chain, &file, detail);
  if (error == 0)
    wss__doctor_server(findings, &context->chain, &context->chain, &file,
                       wss__doctor_now());
  if (error == 0 && findings->no_memory)
    error = WSS_ERR_NOMEM;
  wss__tls_file_free(&file, &context->allocator);
  return error;
}

static int make_secret(wss__tls_secret *secret, wss__detail *detail) {
  if (secret->made)
    return 0;
  psa_status_t status =
      psa_generate_random(secret->bytes, sizeof secret->bytes);
  if (status == PSA_SUCCESS) {
    secret->made = true;
    return 0;
  }
  if (status == PSA_ERROR_INSUFFICIENT_MEMORY)
    return WSS_ERR_NOMEM;
  wss__detail_set(detail,
                  "Mbed TLS gives no random numbers for ticket keys: %d",
                  (int)status);
  return WSS_ERR_TLS;
}

void wss__tls_secret_wipe(wss__tls_secret *secret) {
  mbedtls_platform_zeroize(secret, sizeof *secret);
}

/* Listeners that verify clients have none: a resumption asks for no
   certificate, and Mbed TLS's ticket of TLS 1.3 does not hold the one that was
   shown. */
static bool has_tickets(const wss_ssl_context *ssl) {
  return !ssl->no_ticket && !ssl->verify_peer;
}

static int offer_tickets(wss__tls_context *context, wss__tls_secret *secret,
                         wss__detail *detail) {
  int error = make_secret(secret, detail);
  if (error == 0)
    error = wss__tls_tickets_start(&context->tickets, secret,
                                   WSS__TLS_POLICY_OPEN, &context->key);
  if (error == 0)
    wss__tls_tickets_configure(&context->tickets, &context->config);
  else if (error != WSS_ERR_NOMEM && detail->text[0] == '\0')
    wss__detail_set(detail, "Mbed TLS: the ticket keys could not be made");
  return error;
}

static int configure(wss__tls_context *context, wss__detail *detail) {
  char text[WSS__TLS_CODE_TEXT_SIZE];
  mbedtls_ssl_config *config = &context->config;
  int code = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_SERVER,
                                         MBEDTLS_SSL_TRANSPORT_STREAM,
                                         MBEDTLS_SSL_PRESET_DEFAULT);
  if (code == 0)
    code = mbedtls_ssl_conf_own_cert(config, &context->chain, &context->key);
  if (code != 0 && wss__tls_code_is_nomem(code))
    return WSS_ERR_NOMEM;
  if (code != 0) {
    wss__tls_code_text(code, text);
    wss__detail_set(detail, "Mbed TLS: %s", text);
    return WSS_ERR_TLS;
  }
  wss__tls_policy_apply(config);
  wss__compat_conf_random(config);
  wss__tls_handshake_configure(config);
  return 0;
}

int wss__tls_context_new(wss__tls_context **result, const wss_ssl_context *ssl,
                         wss__tls_secret *secret,
                         const wss_allocator *allocator, wss__detail *detail,
                         wss__findings *findings) {
  detail->text[0] = '\0';
  int error = check_options(ssl, detail);
  if (error == 0)
    error = wss__tls_start(detail);
  if (error != 0)
    return error;
  wss__tls_context *context = wss__calloc(allocator, sizeof *context);
  if (context == NULL)
    return WSS_ERR_NOMEM;
  context->references = 1;
  context->allocator = *allocator;
  context->record_layer = (wss_record_layer)ssl->record_layer;
  wss__tls_schedules_init(&context->schedules, wss__aead_pick(),
                          &context->allocator);
  wss__tls_channel_pool(&context->channels, &context->allocator);
  wss__tls_takeover_pool(&context->records, &context->allocator);
  mbedtls_x509_crt_init(&context->chain);
  mbedtls_pk_init(&context->key);
  mbedtls_ssl_config_init(&context->config);
  wss__tls_tickets_init(&context->tickets);
  error = load(context, ssl, detail, findings);
  if (error == 0)
    error = configure(context, detail);
  if (error == 0 && has_tickets(ssl))
    error = offer_tickets(context, secret, detail);
  if (error != 0)
    goto fail;
  *result = context;
  return 0;
fail:
  wss__tls_context_unref(context);
  return error;
}

wss__tls_context *wss__tls_context_ref(wss__tls_context *context) {
  context->references++;
  return context;
}

void wss__tls_context_unref(wss__tls_context *context) {
  if (context == NULL || --context->references > 0)
    return;
  wss_allocator allocator = context->allocator;
  mbedtls_ssl_config_free(&context->config);
  wss__tls_tickets_free(&context->tickets);
  mbedtls_pk_free(&context->key);
  mbedtls_x509_crt_free(&context->chain);
  wss__tls_schedules_free(&context->schedules);
  wss__free(&allocator, context);
}
