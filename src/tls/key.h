/* The private key of a listener. */
#ifndef WSS_TLS_KEY_H
#define WSS_TLS_KEY_H

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "base/error.h"
#include "tls/file.h"

/* Parses the file's private key; passphrase may be NULL. 0, or with detail
   WSS_ERR_KEY_PARSE, WSS_ERR_PASSPHRASE, WSS_ERR_KEY_TYPE, WSS_ERR_NOMEM. */
int wss__tls_key_parse(mbedtls_pk_context *key, const wss__tls_file *file,
                       const char *passphrase, wss__detail *detail);

/* Whether the key is the leaf's. 0, or with detail WSS_ERR_KEY_MISMATCH,
   WSS_ERR_NOMEM. */
int wss__tls_key_match(const mbedtls_pk_context *key,
                       const mbedtls_x509_crt *chain, const wss__tls_file *file,
                       wss__detail *detail);

#endif
