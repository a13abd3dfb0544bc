/* The record layer of libwss's own: it takes the keys out of the handshake's
   engine and frees that (docs/tls.md). */
#ifndef WSS_TLS_TAKEOVER_H
#define WSS_TLS_TAKEOVER_H

#include "base/pool.h"
#include "tls/layer.h"
#include "tls/record.h"
#include "tls/schedules.h"

extern const wss__tls_layer wss__tls_takeover;

/* Makes a new engine's handshake hand its keys out; before it starts. */
void wss__tls_takeover_prepare(wss__tls_engine *engine);

/* Whether the suite of a finished handshake is covered. */
bool wss__tls_takeover_possible(const wss__tls_engine *engine);

/* Records in a row without data. */
#define WSS__TLS_MAX_BARREN 32

/* Records that are answered with a warning in the life of a connection
   (TLS 1.2: a renegotiation): of a peer that does not read, all answers would
   be kept. */
#define WSS__TLS_MAX_ANSWERS 32

/* Records with one AES-GCM key in TLS 1.3: below RFC 8446 5.5's 2^24.5. */
#define WSS__TLS_KEY_RECORDS (UINT64_C(1) << 24)

/* What the layer's functions are handed. state alone would do to go on with a
   connection between two records. */
typedef struct wss__tls_records {
  wss__tls_record_state state;
  wss__tls_schedules *schedules;
  wss__pool *pool;  /* where it is from */
  wss__buf partial; /* a record of which some has come */
  uint32_t place;   /* in the schedules */
  uint16_t max_payload;
  uint8_t barren;
  uint8_t answers;
  uint8_t message_size; /* of a KeyUpdate of which some has come */
  bool update_owed; /* the peer's KeyUpdate asked for ours (RFC 8446 4.6.3) */
  bool leftover;    /* something came in one record with Finished */
} wss__tls_records;

/* The pool that wss__tls_takeover_new takes from. */
void wss__tls_takeover_pool(wss__pool *pool, const wss_allocator *allocator);

/* The layer on a state that is copied. WSS_ERR_NOMEM. */
int wss__tls_takeover_new(wss__tls_records **records,
                          const wss__tls_record_state *state,
                          size_t max_payload, wss__tls_schedules *schedules,
                          wss__pool *pool);

#endif
