/* Session tickets (RFC 5077, RFC 8446 4.6.1): resumption without anything kept
   per client. docs/tls.md tells the rules. */
#ifndef WSS_TLS_TICKETS_H
#define WSS_TLS_TICKETS_H

#include <mbedtls/platform_time.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>

#include "tls/context.h"
#include "tls/engine.h"

/* How long a ticket key issues tickets, and how long a ticket is good for: it
   is opened in the period that it was issued in and in the next one. */
#define WSS__TLS_TICKET_PERIOD (12 * 60 * 60)

/* The policy of listeners that ask for no client certificate. */
#define WSS__TLS_POLICY_OPEN "open"

/* This period's and the last one's. */
#define WSS__TLS_TICKET_KEYS 2

/* The ticket keys of one listener. */
typedef struct wss__tls_tickets {
  mbedtls_ssl_ticket_context keys; /* of this period and of the last one */
  uint8_t bindings[WSS__TLS_TICKET_KEYS][WSS__TLS_SECRET_SIZE]; /* to names */
  wss__tls_secret *secret; /* the server's */
  const char *policy;
  mbedtls_ms_time_t (*now)(void); /* mbedtls_ms_time, but for tests */
  uint64_t period;                /* that keys were derived for */
  mbedtls_time_t derived_at;      /* by the system's clock; 0: not yet */
  wss__tls_engine *engine;        /* whose handshake runs, or NULL */
} wss__tls_tickets;

void wss__tls_tickets_init(wss__tls_tickets *tickets);
/* policy is a text that says how clients are verified. Both must outlive the
   tickets. 0, WSS_ERR_NOMEM, WSS_ERR_TLS. */
int wss__tls_tickets_start(wss__tls_tickets *tickets, wss__tls_secret *secret,
                           const char *policy);
void wss__tls_tickets_free(wss__tls_tickets *tickets);

/* Issues and accepts tickets from now on. */
void wss__tls_tickets_configure(wss__tls_tickets *tickets,
                                mbedtls_ssl_config *config);

#endif
