/* What client certificates are verified against: trust anchors (CAs) and
   revocation lists, loaded once. */
#ifndef WSS_TLS_ANCHORS_H
#define WSS_TLS_ANCHORS_H

#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>

#include "base/alloc.h"
#include "base/error.h"
#include "tls/findings.h"
#include "wss/wss.h"

typedef struct wss__tls_anchors {
  mbedtls_x509_crt certs; /* its raw.p is NULL if there are none */
  mbedtls_x509_crl lists; /* likewise */
} wss__tls_anchors;

void wss__tls_anchors_init(wss__tls_anchors *anchors);

/* Loads cafile, capath, ca_pem and crlfile, as far as they are given. 0, or
   with detail WSS_ERR_CA_READ, _CA_PARSE, _CRL, _INVALID; _NOMEM. What some
   clients, or all of a CA, would be refused for is among the findings. What was
   loaded is freed by wss__tls_anchors_free in any case. */
int wss__tls_anchors_load(wss__tls_anchors *anchors, const wss_ssl_context *ssl,
                          wss__findings *findings,
                          const wss_allocator *allocator, wss__detail *detail);
void wss__tls_anchors_free(wss__tls_anchors *anchors);

#endif
