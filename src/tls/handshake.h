/* The handshake: an engine until it is over. */
#ifndef WSS_TLS_HANDSHAKE_H
#define WSS_TLS_HANDSHAKE_H

#include "tls/engine.h"
#include "tls/identity.h"

/* Sets the callbacks that a handshake needs; once for a configuration. */
void wss__tls_handshake_configure(mbedtls_ssl_config *config);

/* The identity for a server name, or without one (size 0), that is, what the
   engine's client will be shown; chosen when it is first asked for. NULL: such
   a name is refused. */
wss__tls_identity *wss__tls_handshake_identity(wss__tls_engine *engine,
                                               const void *name, size_t size);

/* Takes the next step: WSS__TLS_WANT, WSS__TLS_READY, WSS_ERR_TLS,
   WSS_ERR_NOMEM. */
int wss__tls_handshake_read(wss__tls_engine *engine, wss__tls_io *io,
                            wss__tls_failure *failure);

/* Fills info once it is over; the strings are static, but for server_name,
   which is the engine's. */
void wss__tls_handshake_info(const wss__tls_engine *engine, wss_tls_info *info);

#endif
