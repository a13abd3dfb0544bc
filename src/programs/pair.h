/* A certificate and its key in a folder: NAME.pem and NAME.key. */
#ifndef WSS_PROGRAMS_PAIR_H
#define WSS_PROGRAMS_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "base/error.h"

typedef struct wss__pair {
  char cert_path[4096 + 32], key_path[4096 + 32];
  mbedtls_x509_crt cert;
  mbedtls_pk_context key;
  bool there; /* both files are, and belong together */
} wss__pair;

/* False with detail if the folder's name is too long. */
bool wss__pair_init(wss__pair *pair, const char *folder, const char *name,
                    wss__detail *detail);
void wss__pair_free(wss__pair *pair);

/* Reads both, if one is there. False with detail if what is there is no
   pair that this program has made: nobody's files are written over. */
bool wss__pair_read(wss__pair *pair, wss__detail *detail);

/* Whether it is good for so many days more. */
bool wss__pair_lasts(const wss__pair *pair, int64_t days);

/* Writes both, whole or not at all each, the key for its owner alone. */
bool wss__pair_write(wss__pair *pair, const unsigned char *cert,
                     const unsigned char *key, wss__detail *detail);

#endif
