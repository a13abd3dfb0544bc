/* A certificate chain and its private key: what a server shows for a name. */
#ifndef WSS_TLS_IDENTITY_H
#define WSS_TLS_IDENTITY_H

#include <stdbool.h>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "base/alloc.h"
#include "base/error.h"
#include "tls/file.h"
#include "tls/findings.h"
#include "wss/wss.h"

typedef struct wss_identity wss__tls_identity;

struct wss_identity {
  int references; /* plain: all that use it are on one thread */
  wss_allocator allocator;
  const void *owner; /* the server that the program made it for, else NULL */
  mbedtls_x509_crt chain;
  mbedtls_pk_context key;
};

/* Loads and checks what source names; its host is not looked at. entry is put
   before each sentence, NULL for nothing. On failure detail tells the cause:
   WSS_ERR_CERT_READ, _CERT_PARSE, _KEY_READ, _KEY_PARSE, _PASSPHRASE,
   _KEY_MISMATCH, _KEY_TYPE, _CERT_PURPOSE, _INVALID, _ABI, _NOMEM. On success
   warnings and notes are among the findings. */
int wss__tls_identity_new(wss__tls_identity **identity,
                          const wss_sni_cert *source, const char *entry,
                          const wss_allocator *allocator, wss__detail *detail,
                          wss__findings *findings);
wss__tls_identity *wss__tls_identity_ref(wss__tls_identity *identity);
/* identity may be NULL. */
void wss__tls_identity_unref(wss__tls_identity *identity);

/* Reads one of the two that source names, into file. As above, also
   WSS_ERR_INVALID and _ABI if source is no sound one. False in *there: it names
   no key, which is behind the certificate then. */
int wss__tls_identity_read(wss__tls_file *file, const wss_sni_cert *source,
                           bool key, const char *entry,
                           const wss_allocator *allocator, bool *there,
                           wss__detail *detail);

/* Whether its certificate is one for the host name, or for all names that the
   wildcard stands for (RFC 9525 6.3). host is canonical (tls/sni.h). */
bool wss__tls_identity_covers(const wss__tls_identity *identity,
                              const char *host);

#endif
