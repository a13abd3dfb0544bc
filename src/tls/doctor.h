/* What is wrong, or will be, with certificates and keys that could be loaded.
   Each function adds its findings; file begins their sentences. */
#ifndef WSS_TLS_DOCTOR_H
#define WSS_TLS_DOCTOR_H

#include <stdint.h>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "tls/file.h"
#include "tls/findings.h"

/* A date as seconds since 1970, and such a time now. */
int64_t wss__doctor_seconds(const mbedtls_x509_time *date);
int64_t wss__doctor_now(void);

/* The certificates of a server: the leaf's names, purpose, signature and dates,
   and what leads up from it (tls/chain). leaf is in the chain. */
void wss__doctor_server(wss__findings *findings, const mbedtls_x509_crt *chain,
                        const mbedtls_x509_crt *leaf, const wss__tls_file *file,
                        int64_t now);

/* The private key, and the file that holds it. */
void wss__doctor_key(wss__findings *findings, const mbedtls_pk_context *key,
                     const wss__tls_file *file);

/* Certificates of CAs that clients are verified with. */
void wss__doctor_authorities(wss__findings *findings,
                             const mbedtls_x509_crt *authorities,
                             const wss__tls_file *file, int64_t now);

/* The dates and the signature of one certificate, the number-th of its file,
   or a server's own. */
#define WSS__DOCTOR_LEAF 0
void wss__doctor_certificate(wss__findings *findings,
                             const mbedtls_x509_crt *cert, unsigned number,
                             const wss__tls_file *file, int64_t now);

#endif
