/* What is inside a wss__tls_context, for tls/ alone. */
#ifndef WSS_TLS_CONFIG_H
#define WSS_TLS_CONFIG_H

#include <mbedtls/ssl.h>

#include "base/pool.h"
#include "tls/context.h"
#include "tls/identity.h"
#include "tls/keylog.h"
#include "tls/policy.h"
#include "tls/schedules.h"
#include "tls/sni.h"
#include "tls/tickets.h"
#include "tls/verify.h"

#define WSS__TLS_SESSIONS_TEXT                                                 \
  (sizeof WSS__TLS_POLICY_OPEN + WSS__TLS_POLICY_TEXT)

struct wss__tls_context {
  int references; /* plain: a server and its connections live on one thread */
  wss_allocator allocator;
  wss__tls_identity *identity; /* the main one */
  wss__tls_sni names;          /* those of other names */
  wss_sni_cb on_sni;           /* called with the next two; may be NULL */
  wss_server *server;
  void *user;
  int keylog; /* a descriptor, or -1 */
  wss__tls_policy policy;
  wss__tls_verify verify;
  mbedtls_ssl_config config;
  wss__tls_tickets tickets;
  char sessions[WSS__TLS_SESSIONS_TEXT]; /* what tickets' keys depend on */
  wss__tls_schedules schedules;
  wss__pool channels; /* wss__tls_channel */
  wss__pool records;  /* wss__tls_records */
  wss_record_layer record_layer;
};

#endif
