#include <mbedtls/chachapoly.h>
#include <mbedtls/gcm.h>

#include "tls/aead.h"

typedef struct schedule {
  wss__aead_cipher cipher;
  bool filled;
  union {
    mbedtls_gcm_context gcm;
    mbedtls_chachapoly_context chacha;
  } of;
} schedule;

static void wipe(void *schedule_) {
  schedule *it = schedule_;
  if (it->filled && it->cipher == WSS__CHACHA20_POLY1305)
    mbedtls_chachapoly_free(&it->of.chacha);
  else if (it->filled)
    mbedtls_gcm_free(&it->of.gcm);
  it->filled = false;
}

static int expand(void *schedule_, wss__aead_cipher cipher,
                  const uint8_t *key) {
  schedule *it = schedule_;
  int code;
  it->cipher = cipher;
  it->filled = true;
  if (cipher == WSS__CHACHA20_POLY1305) {
    mbedtls_chachapoly_init(&it->of.chacha);
    code = mbedtls_chachapoly_setkey(&it->of.chacha, key);
  } else {
    unsigned bits = 8 * (unsigned)wss__aead_key_size(cipher);
    mbedtls_gcm_init(&it->of.gcm);
    code = mbedtls_gcm_setkey(&it->of.gcm, MBEDTLS_CIPHER_ID_AES, key, bits);
  }
  if (code == 0)
    return 0;
  wipe(it);
  return WSS_ERR_NOMEM;
}

static int seal(void *schedule_, const wss__aead_text *text) {
  schedule *it = schedule_;
  int code;
  if (it->cipher == WSS__CHACHA20_POLY1305)
    code = mbedtls_chachapoly_encrypt_and_tag(
        &it->of.chacha, text->size, text->nonce, text->extra, text->extra_size,
        text->data, text->data, text->tag);
  else
    code = mbedtls_gcm_crypt_and_tag(&it->of.gcm, MBEDTLS_GCM_ENCRYPT,
                                     text->size, text->nonce, WSS__AEAD_NONCE,
                                     text->extra, text->extra_size, text->data,
                                     text->data, WSS__AEAD_TAG, text->tag);
  return code == 0 ? 0 : WSS_ERR_TLS;
}

static int open(void *schedule_, const wss__aead_text *text) {
  schedule *it = schedule_;
  int code;
  if (it->cipher == WSS__CHACHA20_POLY1305)
    code = mbedtls_chachapoly_auth_decrypt(
        &it->of.chacha, text->size, text->nonce, text->extra, text->extra_size,
        text->tag, text->data, text->data);
  else
    code = mbedtls_gcm_auth_decrypt(
        &it->of.gcm, text->size, text->nonce, WSS__AEAD_NONCE, text->extra,
        text->extra_size, text->tag, WSS__AEAD_TAG, text->data, text->data);
  return code == 0 ? 0 : WSS_ERR_TLS;
}

const wss__aead wss__aead_mbedtls = {.name = "Mbed TLS",
                                     .size = sizeof(schedule),
                                     .expand = expand,
                                     .seal = seal,
                                     .open = open,
                                     .wipe = wipe};
