/* What is negotiated and what certificates may be: the tables. */
#ifndef WSS_TLS_POLICY_H
#define WSS_TLS_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>

/* Sets versions, cipher suites, groups, signature algorithms and ALPN, and
   switches off what is never wanted. */
void wss__tls_policy_apply(mbedtls_ssl_config *config);

/* IANA name of a cipher suite of the policy, else "unknown". */
const char *wss__tls_policy_suite(int id);

/* Whether a cipher suite of TLS 1.2 goes with this kind of key. */
bool wss__tls_policy_suite_fits(int id, const mbedtls_pk_context *key);

/* Whether a certificate may have this kind of key; kind says which it is, and
   is cut to size bytes. */
bool wss__tls_policy_key(const mbedtls_pk_context *key, char *kind,
                         size_t size);

/* Completes a sentence about a key that is not supported. */
#define WSS__TLS_POLICY_KEYS                                                   \
  "supported are RSA of 2048 bits or more, EC P-256 and P-384"

#endif
