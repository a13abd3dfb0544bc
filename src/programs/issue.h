/* Writing certificates and keys. */
#ifndef WSS_PROGRAMS_ISSUE_H
#define WSS_PROGRAMS_ISSUE_H

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "programs/hosts.h"

#define WSS__ISSUE_SIZE 8192

/* A new key on P-256. 0, or Mbed TLS's code. */
int wss__issue_key(mbedtls_pk_context *key, unsigned char pem[WSS__ISSUE_SIZE]);

/* A CA's own certificate, for ten years. */
int wss__issue_authority(mbedtls_pk_context *key,
                         unsigned char pem[WSS__ISSUE_SIZE]);

/* A server's, for 397 days, issued by the CA. */
int wss__issue_server(mbedtls_pk_context *key, const wss__hosts *hosts,
                      const mbedtls_x509_crt *authority,
                      mbedtls_pk_context *authority_key,
                      unsigned char pem[WSS__ISSUE_SIZE]);

/* What the subjects of such CAs begin with. */
#define WSS__ISSUE_AUTHORITY "CN=libwss development CA "

#endif
