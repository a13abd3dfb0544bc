/* What is negotiated and what certificates may be. */
#ifndef WSS_TLS_POLICY_H
#define WSS_TLS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>

#include "base/alloc.h"
#include "base/error.h"
#include "tls/groups.h"
#include "tls/suites.h"
#include "wss/wss.h"

/* Of one listener. Mbed TLS keeps pointers to its lists: it must outlive the
   configuration, and stay where it is. */
typedef struct wss__tls_policy {
  mbedtls_ssl_protocol_version min;
  mbedtls_ssl_protocol_version max;
  int level;                       /* security_level */
  int suites[WSS__TLS_SUITES + 1]; /* of the versions from min to max */
  uint16_t groups[WSS__TLS_GROUPS + 1];
  const uint16_t *signatures;
  const char **protocols; /* NULL: no ALPN */
  const char **own;       /* memory of protocols, if it is the policy's */
  bool clients_order;     /* of suites, in TLS 1.2 */
} wss__tls_policy;

/* Reads the options. 0, or with detail WSS_ERR_CIPHERS, _TLS_VERSION, _INVALID;
   _NOMEM. *warning is 0, or WSS_ERR_TLS_VERSION with detail. */
int wss__tls_policy_init(wss__tls_policy *policy, const wss_ssl_context *ssl,
                         const wss_allocator *allocator, wss__detail *detail,
                         int *warning);
/* What init made, or zeros. */
void wss__tls_policy_free(wss__tls_policy *policy,
                          const wss_allocator *allocator);

/* Whether a listener's key is strong enough for the policy, and has suites in
   each version that is on. 0, or with detail WSS_ERR_KEY_TYPE, _CIPHERS. */
int wss__tls_policy_check_key(const wss__tls_policy *policy,
                              const mbedtls_pk_context *key,
                              wss__detail *detail);

/* Sets versions, cipher suites, groups, signature algorithms and ALPN, and
   switches off what is never wanted. */
void wss__tls_policy_apply(const wss__tls_policy *policy,
                           mbedtls_ssl_config *config);

/* All that a session depends on, as a text: equal for equal policies. */
#define WSS__TLS_POLICY_TEXT 128
void wss__tls_policy_text(const wss__tls_policy *policy,
                          char text[WSS__TLS_POLICY_TEXT]);

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
