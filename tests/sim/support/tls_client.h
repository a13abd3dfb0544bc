/* Mbed TLS's client as a peer on the simulator. */
#ifndef WSS_SIM_TLS_CLIENT_H
#define WSS_SIM_TLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "support/host.h"

typedef struct tls_client {
  sim_peer *peer; /* NULL: nothing is sent or received */
  mbedtls_ssl_config config;
  mbedtls_x509_crt trusted;
  mbedtls_ssl_context ssl;
  size_t sent;      /* bytes, on the TCP connection */
  size_t received;  /* likewise; the peer is made to forget them */
  char plain[4096]; /* what was read; a NUL follows */
  size_t plain_size;
} tls_client;

/* A client that trusts the CA of the file in WSS_PKI; version 12, 13, or 0 for
   any. */
void tls_client_open(tls_client *client, const char *trusted, int version);
/* Its peer stays. */
void tls_client_close(tls_client *client);

/* Goes on with the handshake as far as what has come allows; what Mbed TLS
   returns. Settles nothing. */
int tls_client_step(tls_client *client);
/* Connects and shakes hands to the end. */
void tls_client_connect(tls_client *client, const sim_host *host, int version);
/* The same, and a handshake of WebSocket's, whose 101 is forgotten. */
void tls_client_meet(tls_client *client, sim_host *host, int version);

void tls_client_write(tls_client *client, const void *data, size_t size);
void tls_client_frame(tls_client *client, uint8_t first, const void *payload,
                      size_t size);
/* A record of any type, sealed as the state demands. */
void tls_client_record(tls_client *client, int type, const void *data,
                       size_t size);
/* A fatal alert, likewise. */
void tls_client_alert(tls_client *client, uint8_t alert);
/* Reads what there is to plain; the code that ended it. */
int tls_client_read(tls_client *client);

#endif
