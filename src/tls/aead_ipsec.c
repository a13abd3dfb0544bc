/* Intel's library for multi-buffer cryptography (libipsec-mb), its functions
   for single buffers. It looks at the processor by itself. */
#include <intel-ipsec-mb.h>
#include <pthread.h>
#include <string.h>

#include <mbedtls/constant_time.h>
#include <mbedtls/platform_util.h>

#include "tls/aead.h"

typedef struct schedule {
  union {
    struct gcm_key_data gcm;
    uint8_t chacha[WSS__AEAD_KEY_MAX];
  } of;
  wss__aead_cipher cipher;
} schedule;

/* What is used of its manager, which is large and not needed beyond that. */
static struct {
  aes_gcm_pre_t expand[2]; /* by wss__aead_cipher */
  aes_gcm_enc_dec_t seal[2];
  aes_gcm_enc_dec_t open[2];
  chacha_poly_init_t chacha_begin;
  chacha_poly_enc_dec_update_t chacha_seal;
  chacha_poly_enc_dec_update_t chacha_open;
  chacha_poly_finalize_t chacha_end;
} library;

static int expand(void *schedule_, wss__aead_cipher cipher,
                  const uint8_t *key) {
  schedule *it = schedule_;
  it->cipher = cipher;
  if (cipher == WSS__CHACHA20_POLY1305)
    memcpy(it->of.chacha, key, sizeof it->of.chacha);
  else
    library.expand[cipher](key, &it->of.gcm);
  return 0;
}

static void chacha(const schedule *it, const wss__aead_text *text,
                   chacha_poly_enc_dec_update_t crypt, uint8_t *tag) {
  struct chacha20_poly1305_context_data context;
  library.chacha_begin(it->of.chacha, &context, text->nonce, text->extra,
                       text->extra_size);
  crypt(it->of.chacha, &context, text->data, text->data, text->size);
  library.chacha_end(&context, tag, WSS__AEAD_TAG);
  mbedtls_platform_zeroize(&context, sizeof context);
}

static void gcm(const schedule *it, const wss__aead_text *text,
                aes_gcm_enc_dec_t crypt, uint8_t *tag) {
  struct gcm_context_data context;
  crypt(&it->of.gcm, &context, text->data, text->data, text->size, text->nonce,
        text->extra, text->extra_size, tag, WSS__AEAD_TAG);
  mbedtls_platform_zeroize(&context, sizeof context);
}

static int seal(void *schedule_, const wss__aead_text *text) {
  const schedule *it = schedule_;
  if (it->cipher == WSS__CHACHA20_POLY1305)
    chacha(it, text, library.chacha_seal, text->tag);
  else
    gcm(it, text, library.seal[it->cipher], text->tag);
  return 0;
}

static int open(void *schedule_, const wss__aead_text *text) {
  const schedule *it = schedule_;
  uint8_t tag[WSS__AEAD_TAG];
  if (it->cipher == WSS__CHACHA20_POLY1305)
    chacha(it, text, library.chacha_open, tag);
  else
    gcm(it, text, library.open[it->cipher], tag);
  return mbedtls_ct_memcmp(tag, text->tag, sizeof tag) == 0 ? 0 : WSS_ERR_TLS;
}

static void wipe(void *schedule_) {
  mbedtls_platform_zeroize(schedule_, sizeof(schedule));
}

static const wss__aead provider = {.name = "libipsec-mb",
                                   .size = sizeof(schedule),
                                   .expand = expand,
                                   .seal = seal,
                                   .open = open,
                                   .wipe = wipe};

static bool start(void) {
  IMB_MGR *manager = alloc_mb_mgr(0);
  IMB_ARCH arch = IMB_ARCH_NONE;
  if (manager == NULL)
    return false;
  init_mb_mgr_auto(manager, &arch);
  /* Without the instructions for AES it has code that is not constant-time. */
  bool usable = arch >= IMB_ARCH_SSE && imb_get_errno(manager) == 0;
  if (usable) {
    library.expand[WSS__AES_128_GCM] = manager->gcm128_pre;
    library.expand[WSS__AES_256_GCM] = manager->gcm256_pre;
    library.seal[WSS__AES_128_GCM] = manager->gcm128_enc;
    library.seal[WSS__AES_256_GCM] = manager->gcm256_enc;
    library.open[WSS__AES_128_GCM] = manager->gcm128_dec;
    library.open[WSS__AES_256_GCM] = manager->gcm256_dec;
    library.chacha_begin = manager->chacha20_poly1305_init;
    library.chacha_seal = manager->chacha20_poly1305_enc_update;
    library.chacha_open = manager->chacha20_poly1305_dec_update;
    library.chacha_end = manager->chacha20_poly1305_finalize;
  }
  free_mb_mgr(manager);
  return usable;
}

/* Not pthread_once: what failed for want of memory is tried again. */
const wss__aead *wss__aead_fast(void) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static bool started;
  pthread_mutex_lock(&lock);
  if (!started)
    started = start();
  bool ready = started;
  pthread_mutex_unlock(&lock);
  return ready ? &provider : NULL;
}
