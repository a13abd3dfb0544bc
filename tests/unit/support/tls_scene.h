/* A server and a client that comes again and again, with Mbed TLS's client, and
   a clock that the test sets. */
#ifndef TLS_SCENE_H
#define TLS_SCENE_H

#include "support/tls_pair.h"
#include "tls/config.h"

#define V12 MBEDTLS_SSL_VERSION_TLS1_2
#define V13 MBEDTLS_SSL_VERSION_TLS1_3
#define PERIOD WSS__TLS_TICKET_PERIOD
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* The start of a period. */
#define TLS_SCENE_START ((int64_t)PERIOD * 40000)

extern int64_t tls_scene_now; /* in seconds */
mbedtls_ms_time_t tls_scene_clock(void);

/* A server, and a client with what it got from it. */
typedef struct tls_scene {
  wss__tls_secret secret;
  mbedtls_ssl_session session;
  tls_pair_options options;
  wss__tls_context *listener; /* NULL: a new one for each visit */
  bool plain_master;          /* the client has no extended master secret */
  const char *policy;         /* NULL: as the listener's */
  size_t verified;            /* certificates that the client has looked at */
  size_t tickets;             /* that it was given on the last visit */
} tls_scene;

void tls_scene_open(tls_scene *scene, mbedtls_ssl_protocol_version version);
void tls_scene_close(tls_scene *scene);

/* The two ends of the next visit. */
void tls_scene_pair(tls_scene *scene, tls_pair *pair);

/* One connection, with the ticket if offer says so. Returns whether it was
   resumed; both ends have to agree about that. */
bool tls_scene_visit(tls_scene *scene, bool offer);

/* The one that gets a ticket. */
void tls_scene_first(tls_scene *scene);

#endif
