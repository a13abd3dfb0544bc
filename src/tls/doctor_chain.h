/* The certificates behind a server's own: whether they lead up from it. */
#ifndef WSS_TLS_DOCTOR_CHAIN_H
#define WSS_TLS_DOCTOR_CHAIN_H

#include <stdint.h>

#include <mbedtls/x509_crt.h>

#include "tls/file.h"
#include "tls/findings.h"

/* Adds what is wrong with order, completeness, and the certificates of CAs.
   leaf is in the chain; if it is not the first one, that is told by others. */
void wss__tls_chain_check(wss__findings *findings,
                          const mbedtls_x509_crt *chain,
                          const mbedtls_x509_crt *leaf,
                          const wss__tls_file *file, int64_t now);

#endif
