/* A WebSocket handshake of a client's. */
#ifndef WSS_PROGRAMS_ASK_H
#define WSS_PROGRAMS_ASK_H

#include <mbedtls/ssl.h>

#include "programs/options.h"
#include "tls/findings.h"

/* Shakes hands, prints what was answered, and adds it if that is not 101. */
void wss__ask(wss__findings *findings, mbedtls_ssl_context *ssl,
              const wss__check_options *options, const char *name,
              const wss__tls_file *server);

#endif
