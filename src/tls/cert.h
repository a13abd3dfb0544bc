/* The certificate chain of a listener. */
#ifndef WSS_TLS_CERT_H
#define WSS_TLS_CERT_H

#include <stdbool.h>

#include <mbedtls/x509_crt.h>

#include "base/error.h"
#include "tls/file.h"

/* Parses every certificate of the file into the chain, which is initialized. 0,
   or with detail WSS_ERR_CERT_PARSE, WSS_ERR_KEY_TYPE, WSS_ERR_NOMEM. */
int wss__tls_cert_parse(mbedtls_x509_crt *chain, wss__tls_file *file,
                        wss__detail *detail);

/* Whether the file has a certificate at all. */
bool wss__tls_cert_present(const wss__tls_file *file);

/* Whether the leaf can serve: kind of key, key usage, size of the chain. 0, or
   with detail WSS_ERR_KEY_TYPE, WSS_ERR_CERT_PURPOSE, WSS_ERR_INVALID. */
int wss__tls_cert_check(const mbedtls_x509_crt *chain,
                        const wss__tls_file *file, wss__detail *detail);

/* Why a server may not use the leaf for what it says of itself; NULL if it may.
 */
const char *wss__tls_cert_usage(const mbedtls_x509_crt *leaf);

#endif
