/* ClientHello and ServerHello (RFC 5246 7.4.1, RFC 8446 4.1): what Mbed TLS
   keeps to itself of their extensions. */
#ifndef WSS_TLS_HELLO_H
#define WSS_TLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  WSS__TLS_CLIENT_HELLO = 1,
  WSS__TLS_SERVER_HELLO = 2,
  WSS__TLS_EXTENSION_NAME = 0,        /* server_name: RFC 6066 3 */
  WSS__TLS_EXTENSION_MASTER = 23,     /* extended_master_secret: RFC 7627 5.1 */
  WSS__TLS_EXTENSION_PRE_SHARED = 41, /* pre_shared_key: RFC 8446 4.2.11 */
};

typedef struct wss__tls_slice {
  const uint8_t *data;
  size_t size;
} wss__tls_slice;

/* Looks for an extension in a handshake message of size bytes, header included,
   which may be any bytes. False: not there, or not such a message. */
bool wss__tls_hello_extension(const uint8_t *message, size_t size,
                              unsigned type, wss__tls_slice *extension);

/* The host name that a server_name extension begins with. False: it does not.
 */
bool wss__tls_hello_name(const wss__tls_slice *extension, wss__tls_slice *name);

#endif
