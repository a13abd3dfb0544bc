/* Keys of records: out of what the handshake exports (RFC 5246 6.3, RFC 8446
   7.3), and the next ones (RFC 8446 7.2). */
#ifndef WSS_TLS_KEYS_H
#define WSS_TLS_KEYS_H

#include <mbedtls/md.h>
#include <mbedtls/ssl.h>

#include "tls/aead.h"
#include "tls/suites.h"

#define WSS__TLS_SECRET_MAX 48

/* What a handshake has exported so far. */
typedef struct wss__tls_exported {
  uint8_t client[WSS__TLS_SECRET_MAX]; /* TLS 1.3: traffic secrets */
  uint8_t server[WSS__TLS_SECRET_MAX];
  size_t client_size; /* 0: not yet */
  size_t server_size;
  uint8_t master[WSS__TLS_SECRET_MAX]; /* TLS 1.2 */
  uint8_t randoms[64];                 /* the server's, then the client's */
  mbedtls_tls_prf_types prf;
  bool has_master;
} wss__tls_exported;

/* Mbed TLS's callback (mbedtls_ssl_set_export_keys_cb) on a
   wss__tls_exported. */
void wss__tls_keys_export(void *exported, mbedtls_ssl_key_export_type type,
                          const unsigned char *secret, size_t size,
                          const unsigned char client_random[32],
                          const unsigned char server_random[32],
                          mbedtls_tls_prf_types prf);

/* One direction. */
typedef struct wss__tls_traffic {
  uint64_t sequence; /* of the next record */
  uint8_t key[WSS__AEAD_KEY_MAX];
  uint8_t iv[WSS__AEAD_NONCE];         /* TLS 1.2 with GCM: 4 bytes of it */
  uint8_t secret[WSS__TLS_SECRET_MAX]; /* TLS 1.3 */
} wss__tls_traffic;

/* Both directions, their sequence numbers at 0. 0; WSS_ERR_UNSUPPORTED: what
   the suite needs was not exported; WSS_ERR_TLS, WSS_ERR_NOMEM. */
int wss__tls_keys_derive(const wss__tls_exported *exported,
                         const wss__tls_suite *suite, wss__tls_traffic *client,
                         wss__tls_traffic *server);

/* TLS 1.3: the next generation, its sequence number at 0; the one before is
   gone. 0, WSS_ERR_TLS, WSS_ERR_NOMEM. */
int wss__tls_keys_update(const wss__tls_suite *suite,
                         wss__tls_traffic *traffic);

#endif
