#include "tls/check.h"

#include <string.h>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "tls/cert.h"
#include "tls/compat.h"
#include "tls/context.h"
#include "tls/doctor.h"
#include "tls/identity.h"
#include "tls/key.h"
#include "tls/sni.h"

/* A certificate and its key, as far as they can be read. */
typedef struct subject {
  wss__findings *findings;
  const wss_sni_cert *source;
  const char *entry;
  const wss_allocator *allocator;
  mbedtls_x509_crt chain;
  mbedtls_pk_context key;
  wss__tls_file cert_file;
  wss__tls_file key_file; /* without text: the key is in cert_file */
  bool has_chain;
  bool has_key;
} subject;

/* True if there was no error. */
static bool note(subject *visit, int error, const wss__tls_file *file,
                 const wss__detail *detail) {
  const char *option =
      visit->entry[0] != '\0' ? "SNI_server_certs" : file->option;
  if (error != 0)
    wss__findings_tell(visit->findings, error, WSS_FINDING_ERROR, option,
                       detail);
  return error == 0;
}

static void read_chain(subject *visit) {
  wss__detail detail;
  bool there;
  wss__tls_file *file = &visit->cert_file;
  int error = wss__tls_identity_read(file, visit->source, false, visit->entry,
                                     visit->allocator, &there, &detail);
  if (error == 0)
    error = wss__tls_cert_parse(&visit->chain, file, &detail);
  visit->has_chain = note(visit, error, file, &detail);
}

/* Of a key that is in a certificate's file which cannot be read nothing more
   is said. */
static void read_key(subject *visit) {
  wss__detail detail;
  bool there;
  wss__tls_file *file = &visit->key_file;
  int error = wss__tls_identity_read(file, visit->source, true, visit->entry,
                                     visit->allocator, &there, &detail);
  if (error == 0 && !there) {
    file = &visit->cert_file;
    if (file->text == NULL)
      return;
  }
  if (error == 0)
    error = wss__tls_key_parse(&visit->key, file, visit->source->passphrase,
                               &detail);
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

static void look_at(wss__findings *findings, const wss_sni_cert *source,
                    const char *entry, const wss_allocator *allocator) {
  subject visit = {.findings = findings,
                   .source = source,
                   .entry = entry,
                   .allocator = allocator};
  mbedtls_x509_crt_init(&visit.chain);
  mbedtls_pk_init(&visit.key);
  look(&visit);
  wss__tls_file_free(&visit.key_file, allocator);
  wss__tls_file_free(&visit.cert_file, allocator);
  mbedtls_pk_free(&visit.key);
  mbedtls_x509_crt_free(&visit.chain);
}

static void look_at_all(wss__findings *findings, const wss_ssl_context *ssl,
                        const wss_allocator *allocator) {
  const wss_sni_cert source = wss__tls_context_source(ssl);
  char entry[WSS__TLS_ENTRY_SIZE];
  look_at(findings, &source, "", allocator);
  if (ssl->SNI_server_certs == NULL || ssl->SNI_enabled == WSS_OFF)
    return;
  for (size_t i = 0; i < ssl->SNI_server_cert_count; i++) {
    const wss_sni_cert *cert = &ssl->SNI_server_certs[i];
    wss__tls_sni_entry(entry, i, cert->host == NULL ? "" : cert->host);
    look_at(findings, cert, entry, allocator);
  }
}

/* The option that a sentence begins with. */
static const char *option_of(const wss__detail *detail) {
  static const char *const options[] = {
      "local_cert",     "local_pk",     "passphrase",       "verify_peer",
      "ciphers",        "ciphersuites", "curves",           "alpn_protocols",
      "cafile",         "capath",       "crlfile",          "record_layer",
      "peer_name",      "ca_pem",       "keylog_file",      "peer_fingerprint",
      "local_cert_pem", "local_pk_pem", "SNI_server_certs", ""};
  size_t length = strcspn(detail->text, " :[");
  size_t i = 0;
  while (options[i][0] != '\0' &&
         (strlen(options[i]) != length ||
          strncmp(options[i], detail->text, length) != 0))
    i++;
  return options[i];
}

/* What wss_listen would say. */
static int try_it(wss__findings *findings, const wss_ssl_context *ssl,
                  const wss_allocator *allocator) {
  wss__tls_context *context = NULL;
  wss__tls_secret secret = {.made = false};
  wss__detail detail = {""};
  int error = wss__tls_context_new(&context, ssl, &secret, allocator, &detail,
                                   findings);
  if (error != 0)
    wss__findings_tell(findings, error, WSS_FINDING_ERROR, option_of(&detail),
                       &detail);
  wss__tls_context_unref(context);
  wss__tls_secret_wipe(&secret);
  return error;
}

int wss__tls_check(wss__findings *findings, const wss_ssl_context *ssl,
                   const wss_allocator *allocator) {
  wss__detail detail = {""};
  int error = wss__tls_start(&detail);
  if (error != 0)
    wss__findings_tell(findings, error, WSS_FINDING_ERROR, "", &detail);
  else if (try_it(findings, ssl, allocator) != 0)
    look_at_all(findings, ssl, allocator);
  return findings->no_memory ? WSS_ERR_NOMEM : 0;
}
