/* The TLS set-up of a listener: certificate, key and policy, loaded and checked
   once, shared by its connections. */
#ifndef WSS_TLS_CONTEXT_H
#define WSS_TLS_CONTEXT_H

#include "base/alloc.h"
#include "base/error.h"
#include "wss/wss.h"

typedef struct wss__tls_context wss__tls_context; /* counted references */

/* A warning. */
typedef struct wss__tls_note {
  struct wss__tls_note *next; /* NULL: the last one */
  int error;
  wss__detail detail;
} wss__tls_note;

#define WSS__TLS_SECRET_SIZE 32

/* What the ticket keys of a server's listeners are derived from. Zeroed at
   first; made when a listener needs it. It changes with time (tls/tickets) and
   must outlive the contexts. */
typedef struct wss__tls_secret {
  uint8_t bytes[WSS__TLS_SECRET_SIZE];
  uint64_t period; /* the one after that which bytes is of */
  bool made;
} wss__tls_secret;

/* Makes Mbed TLS ready, once; wss__tls_context_new does so, too. 0,
   WSS_ERR_NOMEM, or WSS_ERR_TLS with detail. */
int wss__tls_start(wss__detail *detail);

/* Puts a copy behind *notes, which is moved. 0 or WSS_ERR_NOMEM. */
int wss__tls_note_add(wss__tls_note ***notes, int error,
                      const wss__detail *detail,
                      const wss_allocator *allocator);

void wss__tls_secret_wipe(wss__tls_secret *secret);

/* Loads and checks everything. On failure detail names file and cause:
   WSS_ERR_CERT_READ, _CERT_PARSE, _KEY_READ, _KEY_PARSE,
   _PASSPHRASE, _KEY_MISMATCH, _KEY_TYPE, _KEYLOG_WRITE, _INVALID, _CIPHERS,
   _CA_READ, _CA_PARSE, _CRL,
   _TLS_VERSION, _ABI, _TLS, _NOMEM. On success *warning is 0, or with detail
   WSS_ERR_CERT_EXPIRED or _CERT_FUTURE of the main certificate, or
   _TLS_VERSION. */
int wss__tls_context_new(wss__tls_context **context, const wss_ssl_context *ssl,
                         wss__tls_secret *secret,
                         const wss_allocator *allocator, wss__detail *detail,
                         int *warning);
wss__tls_context *wss__tls_context_ref(wss__tls_context *context);
void wss__tls_context_unref(wss__tls_context *context);

/* What on_sni is called with. */
void wss__tls_context_own(wss__tls_context *context, wss_server *server,
                          void *user);

/* Further warnings of the set-up, the first one or NULL: WSS_ERR_CERT_EXPIRED,
   _CERT_FUTURE and _CERT_NAME of other names, _CRL, _KEYLOG. */
const wss__tls_note *wss__tls_context_notes(const wss__tls_context *context);

#endif
