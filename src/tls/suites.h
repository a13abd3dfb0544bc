/* Cipher suites: what libwss knows of each, and lists of their names. */
#ifndef WSS_TLS_SUITES_H
#define WSS_TLS_SUITES_H

#include <mbedtls/md.h>
#include <mbedtls/ssl.h>

#include "base/error.h"
#include "base/str.h"
#include "tls/aead.h"

#define WSS__TLS_SUITES 9

typedef struct wss__tls_suite {
  const char *name;    /* IANA's, as is id */
  const char *openssl; /* OpenSSL's */
  int id;
  wss__aead_cipher cipher;
  mbedtls_md_type_t hash;
  bool tls13;
  bool ecdsa; /* TLS 1.2: the kind of the certificate's key; else RSA */
} wss__tls_suite;

/* NULL if its records can only be left to Mbed TLS. */
const wss__tls_suite *wss__tls_suite_find(int id);

/* From this security level on keys of ciphers have 256 bits. */
#define WSS__TLS_LEVEL_256 4

/* An option that is a list of names. */
typedef struct wss__tls_list {
  const char *option; /* its name */
  const char *text;   /* names and words, a colon, comma or space between */
  int level;          /* security_level */
} wss__tls_list;

/* Takes the next name off the front of rest; false at the end. */
bool wss__tls_list_next(wss__slice *rest, wss__slice *name);

/* How much of a name is shown in a sentence about it. */
#define WSS__TLS_NAME_SHOWN 64

/* Reads a list of suites of TLS 1.3, or of TLS 1.2, into ids, which have room
   for WSS__TLS_SUITES and a 0 at their end. Each stands there once. 0, or with
   detail WSS_ERR_CIPHERS. */
int wss__tls_suites_parse(const wss__tls_list *list, bool tls13, int *ids,
                          wss__detail *detail);

#endif
