/* The certificates that a client sends, before Mbed TLS looks at them. */
#ifndef WSS_TLS_CHAIN_H
#define WSS_TLS_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The client's and eight CAs: as many as Mbed TLS follows. */
#define WSS__TLS_CHAIN_MAX 9

typedef struct wss__tls_chain_fault {
  uint8_t alert;
  const char *what; /* completes "client certificate refused: " */
} wss__tls_chain_fault;

/* Whether the chain in a Certificate message (RFC 8446 4.4.2, RFC 5246 7.4.2;
   of size bytes, header included) costs no more to verify than one may ask of a
   server without being anybody: whose signatures these are is only known
   afterwards. What is no such message is left to Mbed TLS. 1; 0 with fault;
   WSS_ERR_NOMEM. */
int wss__tls_chain_is_cheap(const uint8_t *message, size_t size, bool tls13,
                            wss__tls_chain_fault *fault);

#endif
