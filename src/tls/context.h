/* The TLS set-up of a listener: certificate, key and policy, loaded and checked
   once, shared by its connections. */
#ifndef WSS_TLS_CONTEXT_H
#define WSS_TLS_CONTEXT_H

#include "base/alloc.h"
#include "base/error.h"
#include "tls/findings.h"
#include "wss/wss.h"

typedef struct wss__tls_context wss__tls_context; /* counted references */

#define WSS__TLS_SECRET_SIZE 32

/* What the ticket keys of a server's listeners are derived from. Zeroed at
   first; made when a listener needs it. It changes with time (tls/tickets) and
   must outlive the contexts. */
typedef struct wss__tls_secret {
  uint8_t bytes[WSS__TLS_SECRET_SIZE];
  uint64_t period; /* the one after that which bytes is of */
  bool made;
} wss__tls_secret;

/* Starts Mbed TLS, once for all threads. 0, or with detail WSS_ERR_TLS,
   WSS_ERR_NOMEM. */
int wss__tls_start(wss__detail *detail);

void wss__tls_secret_wipe(wss__tls_secret *secret);

/* Loads and checks everything. On failure detail names file and cause:
   WSS_ERR_CERT_READ, _CERT_PARSE, _KEY_READ, _KEY_PARSE,
   _PASSPHRASE, _KEY_MISMATCH, _KEY_TYPE, _CERT_PURPOSE, _KEYLOG_WRITE,
   _CA_READ, _CA_PARSE, _CRL,
   _INVALID, _CIPHERS, _TLS_VERSION, _ABI, _TLS, _NOMEM. On success warnings
   and notes are among the findings. */
int wss__tls_context_new(wss__tls_context **context, const wss_ssl_context *ssl,
                         wss__tls_secret *secret,
                         const wss_allocator *allocator, wss__detail *detail,
                         wss__findings *findings);
/* Where the main certificate is from. */
wss_sni_cert wss__tls_context_source(const wss_ssl_context *ssl);
wss__tls_context *wss__tls_context_ref(wss__tls_context *context);
void wss__tls_context_unref(wss__tls_context *context);

/* What on_sni is called with. */
void wss__tls_context_own(wss__tls_context *context, wss_server *server,
                          void *user);

#endif
