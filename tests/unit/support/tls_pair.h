/* A channel and Mbed TLS's client, connected through memory. */
#ifndef WSS_TEST_TLS_PAIR_H
#define WSS_TEST_TLS_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "base/buf.h"
#include "tls/channel.h"
#include "tls/context.h"

/* Zero is the default: server.pem, every version, a client that trusts ca.pem
   and asks for localhost. */
typedef struct tls_pair_options {
  const wss_ssl_context *ssl; /* of the server; its files are these: */
  const char *cert;           /* in WSS_PKI */
  const char *key;
  const char *trusted;
  const char *passphrase;
  mbedtls_ssl_protocol_version version; /* only this one */
  const int *suites;                    /* of the client, ended by 0 */
  const uint16_t *groups;               /* likewise */
  const char **protocols;               /* likewise, by NULL */
  const char *server_name;              /* "": no SNI */
  size_t chunk;   /* bytes that the channel is given at a time */
  size_t ceiling; /* of the channel's output */
  const wss_allocator *allocator;
  wss_record_layer record_layer;
  wss__tls_secret *secret; /* of the server; NULL: its own */
  bool no_ticket;
  void (*change)(wss_ssl_context *ssl); /* the listener's, before it is made */
  const mbedtls_ssl_session *session;   /* that the client wants to resume */
  mbedtls_ssl_session *save; /* gets the client's, if a ticket comes */
} tls_pair_options;

/* Every suite that is offered, and a certificate for it. */
typedef struct tls_pair_suite {
  mbedtls_ssl_protocol_version version;
  int suite;
  const char *cert, *key; /* NULL: the usual ones */
} tls_pair_suite;
#define TLS_PAIR_SUITES 9
extern const tls_pair_suite tls_pair_suites[TLS_PAIR_SUITES];

typedef struct tls_pair {
  tls_pair_options options;
  wss__tls_secret secret;
  wss__tls_context *context;
  wss__tls_channel *channel;
  mbedtls_ssl_config config;
  mbedtls_x509_crt trusted;
  mbedtls_ssl_context client;
  wss__buf to_client;
  wss__buf to_server;
  wss__buf received; /* plaintext that the channel gave */
  size_t tickets;    /* that were saved */
  size_t answered;   /* bytes that the channel wrote when it was last fed */
} tls_pair;

/* The path of a file in WSS_PKI, in a buffer that is used again after
   sixteen calls; name may be NULL. */
const char *tls_pki(const char *name);

/* Each fails the test if something is wrong with the test itself. */
void tls_pair_open(tls_pair *pair, const tls_pair_options *options);
void tls_pair_close(tls_pair *pair);

/* Shakes hands until the channel is ready and the client too, and has taken its
   tickets, or nothing moves any more; returns what the channel returned last.
 */
int tls_pair_shake(tls_pair *pair);
/* With an assertion that it succeeded. */
void tls_pair_connect(tls_pair *pair, const tls_pair_options *options);

/* Gives the channel everything that is on its way; returns what it returned
   last, WANT, READY, END or an error. */
int tls_pair_feed(tls_pair *pair);
int tls_pair_feed_bytes(tls_pair *pair, const void *data, size_t size);

/* What the client's mbedtls_ssl_read returns. */
int tls_pair_client_read(tls_pair *pair, void *data, size_t size);
void tls_pair_client_write(tls_pair *pair, const void *data, size_t size);
/* A record of any type, sealed as the state demands. */
void tls_pair_client_record(tls_pair *pair, int type, const void *data,
                            size_t size);

/* The fatal alert that the client gets, which must be all it gets; -1 if it
   gets none. */
int tls_pair_client_alert(tls_pair *pair);

#endif
