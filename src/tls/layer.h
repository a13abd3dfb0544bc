/* A record layer: what protects the data once the handshake is over. The
   handshake's engine is handed to one of them, which either keeps it (stock.h)
   or takes the keys out of it and frees it. */
#ifndef WSS_TLS_LAYER_H
#define WSS_TLS_LAYER_H

#include "tls/context.h"
#include "tls/engine.h"

typedef struct wss__tls_layer {
  /* Takes over the engine of a finished handshake, on success alone; the
     context outlives it. 0, WSS_ERR_TLS, WSS_ERR_NOMEM. */
  int (*start)(void **records, wss__tls_engine *engine,
               wss__tls_context *context, wss__tls_failure *failure);
  /* As wss__tls_channel_read, but READY. */
  int (*read)(void *records, wss__tls_io *io, wss__tls_failure *failure);
  /* As wss__tls_channel_write. */
  int (*write)(void *records, wss__buf *output, const uint8_t *data,
               size_t size, wss__tls_failure *failure);
  /* Appends a close_notify. */
  void (*close)(void *records, wss__buf *output);
  /* Secrets are wiped. */
  void (*free)(void *records);
} wss__tls_layer;

#endif
