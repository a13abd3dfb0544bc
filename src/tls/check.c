#include "tls/check.h"

#include <string.h>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "tls/cert.h"
#include "tls/compat.h"
#include "tls/context.h"
#include "tls/doctor.h"
#include "tls/key.h"

typedef struct subject {
  wss__findings *findings;
  const wss_ssl_context *ssl;
  const wss_allocator *allocator;
  mbedtls_x509_crt chain;
  mbedtls_pk_context key;
  wss__tls_file cert_file;
  wss__tls_file key_file; /* without text: the key is in cert_file */
  bool has_chain;
  bool has_key;
} subject;

static bool is_set(const char *path) {
  return path != NULL && path[0] != '\0';
}

/* True if there was no error. */
static bool note(subject *visit, int error, const wss__tls_file *file,
                 const wss__detail *detail) {
  if (error != 0)
    wss__findings_error(visit->findings, error, file->option, detail);
  return error == 0;
}

static void read_chain(subject *visit) {
  wss__detail detail;
  wss__tls_file *file = &visit->cert_file;
  int error = wss__tls_file_read(file, visit->allocator, WSS_ERR_CERT_READ,
                                 WSS_ERR_CERT_PARSE, &detail);
  if (error == 0)
    error = wss__tls_cert_parse(&visit->chain, file, &detail);
  visit->has_chain = note(visit, error, file, &detail);
}

/* Of a key that is in a certificate's file which cannot be read nothing more
   is said. */
static void read_key(subject *visit) {
  wss__detail detail;
  wss__tls_file *file = &visit->cert_file;
  int error = 0;
  if (is_set(visit->ssl->local_pk)) {
    file = &visit->key_file;
    error = wss__tls_file_read(file, visit->allocator, WSS_ERR_KEY_READ,
                               WSS_ERR_KEY_PARSE, &detail);
  } else if (file->text == NULL) {
    return;
  }
  if (error == 0)
    error =
        wss__tls_key_parse(&visit->key, file, visit->ssl->passphrase, &detail);
  visit->has_key = note(visit, error, file, &detail);
  if (visit->has_key)
    wss__doctor_key(visit->findings, &visit->key, file);
  if (visit->has_key && visit->has_chain)
    (void)note(visit,
               wss__tls_key_match(&visit->key, &visit->chain, file, &detail),
               file, &detail);
}

/* The certificate that the key belongs to, else the first. */
static const mbedtls_x509_crt *find_leaf(const subject *visit) {
  const mbedtls_x509_crt *cert = &visit->chain;
  for (; cert != NULL && visit->has_key; cert = cert->next) {
    if (wss__compat_check_pair(&cert->pk, &visit->key) == 0)
      return cert;
  }
  return &visit->chain;
}

static void look(subject *visit) {
  wss__detail detail;
  read_chain(visit);
  read_key(visit);
  if (!visit->has_chain)
    return;
  const mbedtls_x509_crt *leaf = find_leaf(visit);
  (void)note(visit, wss__tls_cert_check(leaf, &visit->cert_file, &detail),
             &visit->cert_file, &detail);
  wss__doctor_server(visit->findings, &visit->chain, leaf, &visit->cert_file,
                     wss__doctor_now());
}

/* The option that a sentence begins with. */
static const char *option_of(const wss__detail *detail) {
  static const char *const options[] = {
      "local_cert",     "local_pk",     "passphrase",       "verify_peer",
      "ciphers",        "ciphersuites", "curves",           "alpn_protocols",
      "cafile",         "capath",       "crlfile",          "record_layer",
      "peer_name",      "ca_pem",       "keylog_file",      "peer_fingerprint",
      "local_cert_pem", "local_pk_pem", "SNI_server_certs", ""};
  size_t length = strcspn(detail->text, " :");
  size_t i = 0;
  while (options[i][0] != '\0' &&
         (strlen(options[i]) != length ||
          strncmp(options[i], detail->text, length) != 0))
    i++;
  return options[i];
}

/* What wss_listen would say, for all that is not looked at above. */
static void try_it(wss__findings *findings, const wss_ssl_context *ssl,
                   const wss_allocator *allocator) {
  wss__tls_context *context = NULL;
  wss__tls_secret secret = {.made = false};
  wss__findings again;
  wss__detail detail = {""};
  wss__findings_init(&again, allocator);
  int error =
      wss__tls_context_new(&context, ssl, &secret, allocator, &detail, &again);
  if (error != 0)
    wss__findings_error(findings, error, option_of(&detail), &detail);
  wss__tls_context_unref(context);
  wss__tls_secret_wipe(&secret);
  wss__findings_free(&again);
}

int wss__tls_check(wss__findings *findings, const wss_ssl_context *ssl,
                   const wss_allocator *allocator) {
  wss__detail detail = {""};
  int error = wss__tls_start(&detail);
  if (error != 0)
    wss__findings_error(findings, error, "", &detail);
  else
    try_it(findings, ssl, allocator);
  if (error == 0 && is_set(ssl->local_cert)) {
    subject visit = {
        .findings = findings,
        .ssl = ssl,
        .allocator = allocator,
        .cert_file = {.option = "local_cert", .path = ssl->local_cert},
        .key_file = {.option = "local_pk", .path = ssl->local_pk}};
    mbedtls_x509_crt_init(&visit.chain);
    mbedtls_pk_init(&visit.key);
    look(&visit);
    wss__tls_file_free(&visit.key_file, allocator);
    wss__tls_file_free(&visit.cert_file, allocator);
    mbedtls_pk_free(&visit.key);
    mbedtls_x509_crt_free(&visit.chain);
  }
  return findings->no_memory ? WSS_ERR_NOMEM : 0;
}
