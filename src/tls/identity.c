#include "tls/identity.h"

#include <string.h>

#include "base/str.h"
#include "tls/cert.h"
#include "tls/doctor.h"
#include "tls/key.h"

/* ---- Where it comes from ------------------------------------------------- */

/* One of the two, as the program gives it: by path or from memory. */
typedef struct given {
  const char *path_option;
  const char *path;
  const char *text_option;
  const void *text;
  size_t size;
} given;

static int check_given(const given *it, const char *entry,
                       wss__detail *detail) {
  if (it->path != NULL && it->text != NULL) {
    wss__detail_set(detail, "%s%s and %s are both given: leave out one", entry,
                    it->path_option, it->text_option);
    return WSS_ERR_INVALID;
  }
  if ((it->text != NULL) == (it->size > 0))
    return 0;
  wss__detail_set(detail,
                  it->text != NULL ? "%s%s is given, but %s_size is 0"
                                   : "%s%s is NULL, but %s_size is not 0",
                  entry, it->text_option, it->text_option);
  return WSS_ERR_INVALID;
}

static int check_source(const wss_sni_cert *source, const given *cert,
                        const given *key, const char *entry,
                        wss__detail *detail) {
  static const uint64_t unused[4];
  if (memcmp(source->reserved, unused, sizeof unused) != 0) {
    wss__detail_set(detail, "%sthe reserved fields are not zero", entry);
    return WSS_ERR_ABI;
  }
  int error = check_given(cert, entry, detail);
  if (error == 0)
    error = check_given(key, entry, detail);
  if (error != 0)
    return error;
  if (cert->text == NULL && (cert->path == NULL || cert->path[0] == '\0')) {
    wss__detail_set(detail,
                    "%slocal_cert is missing: TLS needs a certificate, as a "
                    "file or in local_cert_pem",
                    entry);
    return WSS_ERR_INVALID;
  }
  if (key->path != NULL && key->path[0] == '\0') {
    wss__detail_set(detail,
                    "%slocal_pk is empty: name the file of the private key, or "
                    "set it to NULL if the certificate's holds it",
                    entry);
    return WSS_ERR_INVALID;
  }
  return 0;
}

static int read_given(wss__tls_file *file, const given *it, const char *entry,
                      const wss_allocator *allocator, int unreadable,
                      int unparsable, wss__detail *detail) {
  *file = (wss__tls_file){.option = it->path_option, .path = it->path};
  if (entry[0] != '\0')
    file->entry = entry;
  if (it->text == NULL)
    return wss__tls_file_read(file, allocator, unreadable, unparsable, detail);
  file->option = it->text_option;
  return wss__tls_file_copy(file, it->text, it->size, allocator, unreadable,
                            unparsable, detail);
}

/* ---- Loading ------------------------------------------------------------- */

int wss__tls_identity_read(wss__tls_file *file, const wss_sni_cert *source,
                           bool key, const char *entry,
                           const wss_allocator *allocator, bool *there,
                           wss__detail *detail) {
  const given certs = {"local_cert", source->local_cert, "local_cert_pem",
                       source->local_cert_pem, source->local_cert_pem_size};
  const given keys = {"local_pk", source->local_pk, "local_pk_pem",
                      source->local_pk_pem, source->local_pk_pem_size};
  *there = false;
  *file = (wss__tls_file){.option = key ? "local_pk" : "local_cert"};
  int error = check_source(source, &certs, &keys, entry, detail);
  if (error != 0 || (key && keys.path == NULL && keys.text == NULL))
    return error;
  *there = true;
  return key ? read_given(file, &keys, entry, allocator, WSS_ERR_KEY_READ,
                          WSS_ERR_KEY_PARSE, detail)
             : read_given(file, &certs, entry, allocator, WSS_ERR_CERT_READ,
                          WSS_ERR_CERT_PARSE, detail);
}

static int parse_key(wss__tls_identity *identity, const wss__tls_file *file,
                     const char *passphrase, wss__detail *detail,
                     wss__findings *findings) {
  int error = wss__tls_key_parse(&identity->key, file, passphrase, detail);
  if (error == 0)
    error = wss__tls_key_match(&identity->key, &identity->chain, file, detail);
  if (error == 0)
    wss__doctor_key(findings, &identity->key, file);
  return error;
}

/* Without a place of its own the key stands behind the certificate. */
static int load_key(wss__tls_identity *identity, const wss_sni_cert *source,
                    const wss__tls_file *cert_file, const char *entry,
                    wss__detail *detail, wss__findings *findings) {
  wss__tls_file file;
  bool there;
  int error = wss__tls_identity_read(&file, source, true, entry,
                                     &identity->allocator, &there, detail);
  if (error == 0)
    error = parse_key(identity, there ? &file : cert_file, source->passphrase,
                      detail, findings);
  wss__tls_file_free(&file, &identity->allocator);
  return error;
}

static int load(wss__tls_identity *identity, const wss_sni_cert *source,
                const char *entry, wss__detail *detail,
                wss__findings *findings) {
  wss__tls_file file;
  bool there;
  int error = wss__tls_identity_read(&file, source, false, entry,
                                     &identity->allocator, &there, detail);
  if (error == 0)
    error = wss__tls_cert_parse(&identity->chain, &file, detail);
  if (error == 0)
    error = load_key(identity, source, &file, entry, detail, findings);
  if (error == 0)
    error = wss__tls_cert_check(&identity->chain, &file, detail);
  if (error == 0)
    wss__doctor_server(findings, &identity->chain, &identity->chain, &file,
                       wss__doctor_now());
  wss__tls_file_free(&file, &identity->allocator);
  return error == 0 && findings->no_memory ? WSS_ERR_NOMEM : error;
}

int wss__tls_identity_new(wss__tls_identity **result,
                          const wss_sni_cert *source, const char *entry,
                          const wss_allocator *allocator, wss__detail *detail,
                          wss__findings *findings) {
  wss__tls_identity *identity = wss__calloc(allocator, sizeof *identity);
  if (identity == NULL)
    return WSS_ERR_NOMEM;
  identity->references = 1;
  identity->allocator = *allocator;
  mbedtls_x509_crt_init(&identity->chain);
  mbedtls_pk_init(&identity->key);
  int error =
      load(identity, source, entry == NULL ? "" : entry, detail, findings);
  if (error != 0) {
    wss__tls_identity_unref(identity);
    return error;
  }
  *result = identity;
  return 0;
}

wss__tls_identity *wss__tls_identity_ref(wss__tls_identity *identity) {
  identity->references++;
  return identity;
}

void wss__tls_identity_unref(wss__tls_identity *identity) {
  if (identity == NULL || --identity->references > 0)
    return;
  wss_allocator allocator = identity->allocator;
  mbedtls_pk_free(&identity->key);
  mbedtls_x509_crt_free(&identity->chain);
  wss__free(&allocator, identity);
}

/* ---- Names --------------------------------------------------------------- */

static bool same(const char *name, const wss__slice *presented) {
  return wss__slice_equal_nocase(wss__slice_of(name), *presented);
}

bool wss__tls_identity_covers(const wss__tls_identity *identity,
                              const char *host) {
  const char *parent = strchr(host, '.');
  const mbedtls_x509_sequence *name = &identity->chain.subject_alt_names;
  for (; name != NULL && name->buf.p != NULL; name = name->next) {
    wss__slice presented = {(const char *)name->buf.p, name->buf.len};
    if ((name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) !=
        MBEDTLS_X509_SAN_DNS_NAME)
      continue;
    if (same(host, &presented))
      return true;
    if (parent == NULL || presented.size < 2 || presented.data[0] != '*')
      continue;
    presented.data++;
    presented.size--;
    if (same(parent, &presented))
      return true;
  }
  return false;
}
