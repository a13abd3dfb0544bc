/* The TLS of one connection: bytes in, plaintext and bytes out, no sockets.
   This is the seam: a channel starts with a handshake, and once that is over
   its records are read and written by one of two record layers (layer.h). */
#ifndef WSS_TLS_CHANNEL_H
#define WSS_TLS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/pool.h"
#include "tls/context.h"

typedef struct wss__tls_channel wss__tls_channel;

/* What one call works on; nothing of it is remembered between calls. */
typedef struct wss__tls_io {
  uint8_t *input; /* from the peer; advanced past what was taken, and changed
                     in place by a record layer that decrypts there */
  size_t input_size;
  wss__buf *output; /* to the peer; appended to */
  uint8_t *scratch; /* room for plaintext, WSS__TLS_PLAIN_MAX bytes */
  uint8_t *data;    /* plaintext, in the input or in the scratch */
  size_t size;
} wss__tls_io;

/* Plaintext of a record (RFC 8446 5.1). */
#define WSS__TLS_PLAIN_MAX 16384

typedef enum wss__tls_result {
  WSS__TLS_WANT = 0,  /* all input was taken, more is needed */
  WSS__TLS_DATA = 1,  /* data and size are plaintext, size > 0; call again */
  WSS__TLS_READY = 2, /* the handshake has just ended; call again */
  WSS__TLS_END = 3    /* the peer's close_notify came: no more plaintext */
} wss__tls_result;

/* The pool that wss__tls_channel_new takes from. */
void wss__tls_channel_pool(wss__pool *pool, const wss_allocator *allocator);

/* Takes a reference of the context. WSS_ERR_NOMEM, WSS_ERR_TLS. */
int wss__tls_channel_new(wss__tls_channel **channel, wss__tls_context *context,
                         const wss_allocator *allocator);
/* channel may be NULL. Secrets are wiped. */
void wss__tls_channel_free(wss__tls_channel *channel);

/* Takes the next step. A wss__tls_result; or WSS_ERR_TLS, WSS_ERR_PEER_CERT,
   WSS_ERR_NOMEM: the connection has failed, wss__tls_channel_why says why, and
   the alert that tells the peer is in the output (for a record header that is
   none, too; but no alert answers the peer's own, RFC 8446 6.2, and none is
   there without memory for it). Further calls return the same error and do
   nothing. */
int wss__tls_channel_read(wss__tls_channel *channel, wss__tls_io *io);

/* Seals plaintext into records, all of it. 0; WSS_ERR_TLS or WSS_ERR_NOMEM: the
   connection has failed; WSS_ERR_STATE: the handshake is not over, or a
   close_notify was written. size 0 writes nothing. After the peer's
   close_notify writing goes on (RFC 8446 6.1). */
int wss__tls_channel_write(wss__tls_channel *channel, wss__buf *output,
                           const uint8_t *data, size_t size);

/* Appends a close_notify alert, once, if the handshake is over and nothing has
   failed. */
void wss__tls_channel_close(wss__tls_channel *channel, wss__buf *output);

/* The handshake is over and nothing has failed. */
bool wss__tls_channel_ready(const wss__tls_channel *channel);

/* After a failure: one sentence, with Mbed TLS's text or the alert's name; else
   "". It lives as long as the channel. */
const char *wss__tls_channel_why(const wss__tls_channel *channel);

/* After a failure: the fatal alert of the peer's (from_peer is set) or ours, -1
   if there was none. */
int wss__tls_channel_alert(const wss__tls_channel *channel, bool *from_peer);

/* An alert's name; "unknown" if it has none. */
const char *wss__tls_channel_alert_name(int alert);

/* Fills info once the handshake is over (all NULL before); its strings live as
   long as the channel. */
void wss__tls_channel_info(const wss__tls_channel *channel, wss_tls_info *info);

/* An alert record for a peer that speaks no TLS at all: no channel is needed.
   The alert or WSS_ERR_NOMEM. */
int wss__tls_refuse_garbage(wss__buf *output, const wss_allocator *allocator);

#endif
