/* The identities of a listener's other names (SNI, RFC 6066 3). */
#ifndef WSS_TLS_SNI_H
#define WSS_TLS_SNI_H

#include <stdbool.h>
#include <stddef.h>

#include "tls/context.h"
#include "tls/identity.h"

/* A host name (RFC 1035 2.3.4) and a NUL. */
#define WSS__TLS_HOST_SIZE 256

typedef struct wss__tls_name {
  char *host;    /* canonical; "*.example.org" for a wildcard */
  size_t number; /* in SNI_server_certs */
  wss__tls_identity *identity;
} wss__tls_name;

typedef struct wss__tls_sni {
  wss__tls_name *names; /* in the order of their hosts */
  size_t count;
} wss__tls_sni;

/* Loads all; sni is zeroed. On failure detail tells entry and cause, with the
   codes of wss__tls_identity_new. Warnings are added to the findings. What
   was loaded is freed by wss__tls_sni_free in any case. */
int wss__tls_sni_load(wss__tls_sni *sni, const wss_sni_cert *certs,
                      size_t count, wss__findings *findings,
                      const wss_allocator *allocator, wss__detail *detail);
void wss__tls_sni_free(wss__tls_sni *sni, const wss_allocator *allocator);

/* Writes what begins the sentences about an entry. */
#define WSS__TLS_ENTRY_SIZE 112
void wss__tls_sni_entry(char text[WSS__TLS_ENTRY_SIZE], size_t number,
                        const char *host);

/* Writes a client's server name in small letters and without a dot at its end.
   Host names are ASCII (RFC 6066 3); false for what is none, or too long. */
bool wss__tls_sni_canonical(char host[WSS__TLS_HOST_SIZE], const void *name,
                            size_t size);

/* The identity of a canonical name, or of the wildcard in the place of its
   first label; NULL if there is none. */
wss__tls_identity *wss__tls_sni_find(const wss__tls_sni *sni, const char *host);

#endif
