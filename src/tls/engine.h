/* A Mbed TLS context that reads from and writes to memory: what shakes hands,
   and then may go on as a record layer. */
#ifndef WSS_TLS_ENGINE_H
#define WSS_TLS_ENGINE_H

#include <mbedtls/ssl.h>

#include "base/alloc.h"
#include "tls/alert.h"
#include "tls/channel.h"
#include "tls/failure.h"
#include "tls/keys.h"
#include "tls/pieces.h"

/* Of a handshake message: type and length (RFC 8446 4). */
#define WSS__TLS_MESSAGE_HEADER_SIZE 4

typedef struct wss__tls_engine {
  mbedtls_ssl_context ssl;
  const wss_allocator *allocator;
  char *server_name; /* SNI, NULL if none came */
  /* The record that the input is at. Mbed TLS does not tell which record it did
     not like, and the answering alert depends on it. */
  uint8_t record[WSS__TLS_HEADER_SIZE + WSS__TLS_MESSAGE_HEADER_SIZE];
  uint32_t record_seen; /* how many of its bytes came; the first are kept */
  uint32_t barren; /* records begun since the record layer gave plaintext */
  uint32_t hello_record;  /* barren's value in the one that a ClientHello begins
                             with */
  uint32_t answers;       /* records that Mbed TLS answered by itself */
  uint32_t records_after; /* records written since the handshake was over */
  wss__tls_pieces pieces; /* of the ClientHello */
  wss__tls_exported exported;
  struct wss__tls_tickets *tickets; /* of the listener */
  struct wss__tls_context *context; /* the listener's */
  wss_identity *identity; /* for the client's server name, once chosen */
  const char *refusal;    /* why on_sni's answer ends the handshake, or NULL */
  bool resumed;           /* a ticket was accepted */
  bool extended_master;   /* TLS 1.2: the master secret is (RFC 7627) */
  bool spoke;             /* something was written */
  bool nomem;             /* a callback of the handshake found no memory */
} wss__tls_engine;

/* What Mbed TLS's callbacks work on during one call of ours; on the stack. */
typedef struct wss__tls_bio {
  wss__tls_engine *engine;
  uint8_t *input;
  size_t input_size;
  wss__buf *output;
  int error;    /* of appending to the output, 0 if none */
  bool starved; /* more input was asked for than there is */
  bool moved;   /* input was taken since wss__tls_bio_stuck asked */
  bool alerted; /* the last record written since input was taken is an alert */
  int alert;    /* which one; -1 if it is encrypted */
} wss__tls_bio;

/* 0, WSS_ERR_NOMEM or WSS_ERR_TLS; config must outlive the engine. */
int wss__tls_engine_new(wss__tls_engine **engine,
                        const mbedtls_ssl_config *config,
                        const wss_allocator *allocator);
/* engine may be NULL; not from within one of its own callbacks. */
void wss__tls_engine_free(wss__tls_engine *engine);

/* Makes the engine read from input (of size bytes) and write to output until
   wss__tls_bio_close. */
void wss__tls_bio_open(wss__tls_bio *bio, wss__tls_engine *engine,
                       uint8_t *input, size_t size, wss__buf *output);
void wss__tls_bio_close(wss__tls_bio *bio);

/* After Mbed TLS said WANT_READ though there was input left: false if the call
   can be made again, true if that would go on for ever. */
bool wss__tls_bio_stuck(wss__tls_bio *bio);

/* After Mbed TLS failed with code: fills failure, sees to it that one alert
   tells the peer (none answers an alert, RFC 8446 6.2), and returns WSS_ERR_TLS
   or WSS_ERR_NOMEM. */
int wss__tls_bio_fail(wss__tls_bio *bio, int code, wss__tls_failure *failure);

#endif
