/* Authenticated encryption of records: a table of providers. A key is expanded
   into a schedule once, and then used many times. */
#ifndef WSS_TLS_AEAD_H
#define WSS_TLS_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wss/wss.h"

typedef enum wss__aead_cipher {
  WSS__AES_128_GCM,
  WSS__AES_256_GCM,
  WSS__CHACHA20_POLY1305
} wss__aead_cipher;

#define WSS__AEAD_KEY_MAX 32
#define WSS__AEAD_NONCE 12
#define WSS__AEAD_TAG 16
#define WSS__AEAD_ALIGN 64 /* of a schedule */

/* What one call works on, in place. */
typedef struct wss__aead_text {
  const uint8_t *nonce; /* WSS__AEAD_NONCE bytes, never twice with one key */
  const uint8_t *extra; /* authenticated, not encrypted */
  size_t extra_size;
  uint8_t *data;
  size_t size;
  uint8_t *tag; /* WSS__AEAD_TAG bytes */
} wss__aead_text;

/* A provider. */
typedef struct wss__aead {
  const char *name;
  size_t size; /* of a schedule */
  /* Fills a schedule; what it held before must have been wiped. 0,
     WSS_ERR_NOMEM. */
  int (*expand)(void *schedule, wss__aead_cipher cipher, const uint8_t *key);
  /* Encrypts data and writes the tag. 0, WSS_ERR_TLS. */
  int (*seal)(void *schedule, const wss__aead_text *text);
  /* Decrypts data and compares the tag, in time that does not depend on where
     it differs. 0; WSS_ERR_TLS: it differs, data is of no use any more. */
  int (*open)(void *schedule, const wss__aead_text *text);
  /* Secrets are gone and memory is given back. A schedule of zeros may be
     wiped, too. */
  void (*wipe)(void *schedule);
} wss__aead;

/* Mbed TLS: always there. */
extern const wss__aead wss__aead_mbedtls;

/* The fast provider that the library was built with, made ready; NULL if there
   is none, or it cannot be used on this machine. Safe on any thread. */
const wss__aead *wss__aead_fast(void);

size_t wss__aead_key_size(wss__aead_cipher cipher);

/* Whether a provider gives known answers, and Mbed TLS's for what is longer.
   False as well when out of memory. */
bool wss__aead_works(const wss__aead *aead);

/* The fast provider if it works, else Mbed TLS. */
const wss__aead *wss__aead_pick(void);

#endif
