/* A client of TLS 1.3 that says whatever a test wants in its ClientHello, and
   then shakes hands by the letter of RFC 8446: one suite
   (TLS_AES_128_GCM_SHA256), x25519 and P-256, nobody's certificate looked at.
 */
#ifndef WSS_TEST_RAW_CLIENT_H
#define WSS_TEST_RAW_CLIENT_H

#include "support/tls_pair.h"

#define RAW_HELLO_MAX 70000
#define RAW_HASH 32

enum {
  RAW_X25519 = 0x1d,
  RAW_P256 = 0x17,
  RAW_P384 = 0x18,
  RAW_MLKEM = 0x11ec /* X25519MLKEM768, a share of 1216 bytes */
};

/* What is in a ClientHello. Lists end with 0. */
typedef struct raw_hello {
  const uint16_t *groups; /* NULL: x25519, P-256 */
  const uint16_t *shares; /* NULL: x25519 */
  const char *name;       /* SNI, of name_size bytes; NULL: none */
  size_t name_size;
  const void *other_name; /* an entry of the list of names before it */
  size_t other_name_size;
  const void *protocols; /* ALPN's list as on the wire, without its length */
  size_t protocols_size;
  bool tls12;        /* no word of TLS 1.3 */
  bool grease;       /* wherever a browser puts it */
  bool grease_modes; /* and in psk_key_exchange_modes (RFC 8701 2) */
  bool unknown;      /* extensions that nobody knows, empty and large */
  bool backwards;    /* the extensions in reverse */
  size_t size;       /* of the message with its header, by padding (RFC 7685) */
  size_t again;      /* the same of a second one; 0: size */
  size_t record;     /* most bytes of a record; 0: one */
  size_t first;      /* of the first record; 0: as the others */
  bool change_cipher; /* RFC 8446 D.4: a change_cipher_spec before the second
                         flight */
} raw_hello;

typedef struct raw_client {
  tls_pair *pair; /* whose channel is the server; its own client is unused */
  raw_hello hello;
  uint8_t message[RAW_HELLO_MAX]; /* the last ClientHello */
  size_t size;
  uint8_t transcript[2 * RAW_HELLO_MAX];
  size_t transcript_size;
  unsigned x25519, p256; /* PSA's ids of the private keys */
  uint16_t group;        /* that the server chose */
  bool retried;          /* by a HelloRetryRequest */
  uint8_t server_hello[512];
  size_t server_hello_size;
  uint8_t secret[RAW_HASH]; /* the handshake's */
  uint8_t client_traffic[RAW_HASH];
  uint8_t server_traffic[RAW_HASH];
} raw_client;

/* The pair is open; nothing was sent on it. */
void raw_client_open(raw_client *client, tls_pair *pair,
                     const raw_hello *hello);
void raw_client_close(raw_client *client);

/* Makes the ClientHello and sends it, as often as it takes; returns what the
   channel returned. */
int raw_client_hello(raw_client *client);

/* After it: reads the server's flight, checks its Finished, answers with ours,
   and exchanges data. Fails the test if anything is not as RFC 8446 has it. */
void raw_client_finish(raw_client *client);

/* Both. */
void raw_client_connect(raw_client *client, tls_pair *pair,
                        const raw_hello *hello);

#endif
