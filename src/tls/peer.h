/* What a client's certificate says, copied out of Mbed TLS. */
#ifndef WSS_TLS_PEER_H
#define WSS_TLS_PEER_H

#include <stdbool.h>

#include <mbedtls/x509_crt.h>

#include "base/alloc.h"
#include "wss/wss.h"

/* Subject and issuer as text, a NUL included. */
#define WSS__TLS_PEER_NAME_SIZE 1024

/* Whether the certificate's names can be told as text: no NUL or other control
   byte in them, and none too long. A program compares them, and what looks like
   another name must not be one. */
bool wss__tls_peer_names_fit(const mbedtls_x509_crt *cert);

/* Copies a certificate whose names fit, into one piece of memory, freed with
   wss__free. 0, WSS_ERR_NOMEM; WSS_ERR_TLS: they do not fit. */
int wss__tls_peer_new(wss_peer_cert **peer, const mbedtls_x509_crt *cert,
                      const wss_allocator *allocator);

#endif
