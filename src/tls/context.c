#include "tls/context.h"

#include <pthread.h>
#include <stdio.h>

#include <mbedtls/platform_util.h>
#include <psa/crypto.h>

#include "tls/channel.h"
#include "tls/code.h"
#include "tls/compat.h"
#include "tls/config.h"
#include "tls/handshake.h"
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
  if (ssl->record_layer > WSS_RECORD_MBEDTLS) {
    wss__detail_set(detail,
                    "record_layer is WSS_RECORD_OWN or "
                    "WSS_RECORD_MBEDTLS, not %d",
                    (int)ssl->record_layer);
    return WSS_ERR_INVALID;
  }
  if (ssl->SNI_enabled < WSS_OFF || ssl->SNI_enabled > WSS_ON) {
    wss__detail_set(detail, "SNI_enabled is WSS_ON, WSS_OFF or 0, not %d",
                    ssl->SNI_enabled);
    return WSS_ERR_INVALID;
  }
  return 0;
}

static int open_keylog(wss__tls_context *context, const wss_ssl_context *ssl,
                       wss__findings *findings, wss__detail *detail) {
  if (ssl->keylog_file == NULL)
    return 0;
  int error = wss__tls_keylog_open(&context->keylog, ssl->keylog_file, detail);
  if (error == 0) {
    wss__tls_keylog_warn(ssl->keylog_file, detail);
    wss__findings_tell(findings, WSS_ERR_KEYLOG, WSS_FINDING_WARNING,
                       "keylog_file", detail);
    detail->text[0] = '\0';
  }
  return error;
}

wss_sni_cert wss__tls_context_source(const wss_ssl_context *ssl) {
  const wss_sni_cert source = {.local_cert = ssl->local_cert,
                               .local_pk = ssl->local_pk,
                               .passphrase = ssl->passphrase,
                               .local_cert_pem = ssl->local_cert_pem,
                               .local_cert_pem_size = ssl->local_cert_pem_size,
                               .local_pk_pem = ssl->local_pk_pem,
                               .local_pk_pem_size = ssl->local_pk_pem_size};
  return source;
}

static int load_files(wss__tls_context *context, const wss_ssl_context *ssl,
                      wss__detail *detail, wss__findings *findings) {
  const wss_sni_cert source = wss__tls_context_source(ssl);
  wss__detail why = {""};
  int error = wss__tls_identity_new(&context->identity, &source, NULL,
                                    &context->allocator, detail, findings);
  if (error != 0)
    return error;
  if (ssl->SNI_enabled != WSS_OFF) {
    context->on_sni = ssl->on_sni;
    error = wss__tls_sni_load(&context->names, ssl->SNI_server_certs,
                              ssl->SNI_server_cert_count, findings,
                              &context->allocator, &why);
  }
  if (error == 0)
    error = wss__tls_verify_load(&context->verify, ssl, context->policy.level,
                                 findings, &context->allocator, &why);
  if (error == 0)
    error = open_keylog(context, ssl, findings, &why);
  if (error != 0)
    *detail = why;
  return error;
}

static int check_keys(const wss__tls_context *context, wss__detail *detail) {
  const wss__tls_sni *names = &context->names;
  int error = wss__tls_policy_check_key(&context->policy,
                                        &context->identity->key, detail);
  for (size_t i = 0; error == 0 && i < names->count; i++) {
    const wss__tls_name *name = &names->names[i];
    char entry[WSS__TLS_ENTRY_SIZE];
    wss__detail why;
    error =
        wss__tls_policy_check_key(&context->policy, &name->identity->key, &why);
    wss__tls_sni_entry(entry, name->number, name->host);
    if (error != 0)
      wss__detail_set(detail, "%s%s", entry, why.text);
  }
  return error;
}

/* Of several warnings the certificate's is the gravest one. */
static int load(wss__tls_context *context, const wss_ssl_context *ssl,
                wss__detail *detail, wss__findings *findings) {
  static const wss__detail without_12 = {
      "min_proto_version: without TLS 1.2 neither WeChat nor older phones can "
      "connect"};
  int first;
  int error = wss__tls_policy_init(&context->policy, ssl, &context->allocator,
                                   detail, &first);
  if (error != 0)
    return error;
  const wss__detail told = *detail;
  detail->text[0] = '\0';
  error = load_files(context, ssl, detail, findings);
  if (error == 0)
    error = check_keys(context, detail);
  if (error == 0 && first != 0)
    wss__findings_tell(findings, first, WSS_FINDING_WARNING,
                       "min_proto_version", &told);
  if (error == 0 && context->policy.min > MBEDTLS_SSL_VERSION_TLS1_2)
    wss__findings_tell(findings, WSS_ERR_TLS_VERSION, WSS_FINDING_NOTE,
                       "min_proto_version", &without_12);
  return error == 0 && findings->no_memory ? WSS_ERR_NOMEM : error;
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

/* A session goes on with its own cipher suite, so listeners whose suites differ
   do not open each other's tickets. */
static int offer_tickets(wss__tls_context *context, wss__tls_secret *secret,
                         wss__detail *detail) {
  char policy[WSS__TLS_POLICY_TEXT];
  wss__tls_policy_text(&context->policy, policy);
  (void)snprintf(context->sessions, sizeof context->sessions, "%s %s",
                 WSS__TLS_POLICY_OPEN, policy);
  int error = make_secret(secret, detail);
  if (error == 0)
    error =
        wss__tls_tickets_start(&context->tickets, secret, context->sessions);
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
    code = mbedtls_ssl_conf_own_cert(config, &context->identity->chain,
                                     &context->identity->key);
  if (code != 0 && wss__tls_code_is_nomem(code))
    return WSS_ERR_NOMEM;
  if (code != 0) {
    wss__tls_code_text(code, text);
    wss__detail_set(detail, "Mbed TLS: %s", text);
    return WSS_ERR_TLS;
  }
  wss__tls_policy_apply(&context->policy, config);
  wss__tls_verify_configure(&context->verify, config);
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
  context->keylog = -1;
  context->allocator = *allocator;
  context->record_layer = (wss_record_layer)ssl->record_layer;
  wss__tls_schedules_init(&context->schedules, wss__aead_pick(),
                          &context->allocator);
  wss__tls_channel_pool(&context->channels, &context->allocator);
  wss__tls_takeover_pool(&context->records, &context->allocator);
  mbedtls_ssl_config_init(&context->config);
  wss__tls_tickets_init(&context->tickets);
  wss__tls_verify_init(&context->verify);
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

void wss__tls_context_own(wss__tls_context *context, wss_server *server,
                          void *user) {
  context->server = server;
  context->user = user;
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
  wss__tls_policy_free(&context->policy, &allocator);
  wss__tls_verify_free(&context->verify, &allocator);
  wss__tls_sni_free(&context->names, &allocator);
  wss__tls_identity_unref(context->identity);
  wss__tls_keylog_close(context->keylog);
  wss__tls_schedules_free(&context->schedules);
  wss__free(&allocator, context);
}
