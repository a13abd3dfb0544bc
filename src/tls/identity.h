/* A certificate chain and its private key: what a server shows for a name. */
#ifndef WSS_TLS_IDENTITY_H
#define WSS_TLS_IDENTITY_H

#include <stdbool.h>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "base/alloc.h"
#include "base/error.h"
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
   _KEY_MISMATCH, _KEY_TYPE, _INVALID, _ABI, _NOMEM. On success *warning is 0,
   or WSS_ERR_CERT_EXPIRED or _CERT_FUTURE with detail. */
int wss__tls_identity_new(wss__tls_identity **identity,
                          const wss_sni_cert *source, const char *entry,
                          const wss_allocator *allocator, wss__detail *detail,
                          int *warning);
wss__tls_identity *wss__tls_identity_ref(wss__tls_identity *identity);
/* identity may be NULL. */
void wss__tls_identity_unref(wss__tls_identity *identity);

/* Whether its certificate is one for the host name, or for all names that the
   wildcard stands for (RFC 9525 6.3). host is canonical (tls/sni.h). */
bool wss__tls_identity_covers(const wss__tls_identity *identity,
                              const char *host);

#endif
