#include "tls/aead.h"

#include <stdalign.h>
#include <string.h>

/* Room for any provider's schedule, on the stack. */
#define SCHEDULE_MAX 2048

/* Of the longest text that providers are compared on. */
#define COMPARED_MAX 2048

size_t wss__aead_key_size(wss__aead_cipher cipher) {
  return cipher == WSS__AES_128_GCM ? 16 : 32;
}

typedef struct vector {
  wss__aead_cipher cipher;
  const char *key;
  const char *nonce;
  const char *extra;
  size_t extra_size;
  const char *plain;
  const char *sealed;
  size_t size;
  const char *tag;
} vector;

#define GCM_PLAIN                                                              \
  "\xd9\x31\x32\x25\xf8\x84\x06\xe5\xa5\x59\x09\xc5\xaf\xf5\x26\x9a"           \
  "\x86\xa7\xa9\x53\x15\x34\xf7\xda\x2e\x4c\x30\x3d\x8a\x31\x8a\x72"           \
  "\x1c\x3c\x0c\x95\x95\x68\x09\x53\x2f\xcf\x0e\x24\x49\xa6\xb5\x25"           \
  "\xb1\x6a\xed\xf5\xaa\x0d\xe6\x57\xba\x63\x7b\x39"
#define GCM_EXTRA                                                              \
  "\xfe\xed\xfa\xce\xde\xad\xbe\xef\xfe\xed\xfa\xce\xde\xad\xbe\xef"           \
  "\xab\xad\xda\xd2"
#define GCM_NONCE "\xca\xfe\xba\xbe\xfa\xce\xdb\xad\xde\xca\xf8\x88"
#define GCM_HALF_KEY                                                           \
  "\xfe\xff\xe9\x92\x86\x65\x73\x1c\x6d\x6a\x8f\x94\x67\x30\x83\x08"

static const vector vectors[] = {
    /* The Galois/Counter Mode of Operation (McGrew, Viega), test cases 4 and
       16; RFC 8439 2.8.2. */
    {WSS__AES_128_GCM, GCM_HALF_KEY, GCM_NONCE, GCM_EXTRA, 20, GCM_PLAIN,
     "\x42\x83\x1e\xc2\x21\x77\x74\x24\x4b\x72\x21\xb7\x84\xd0\xd4\x9c"
     "\xe3\xaa\x21\x2f\x2c\x02\xa4\xe0\x35\xc1\x7e\x23\x29\xac\xa1\x2e"
     "\x21\xd5\x14\xb2\x54\x66\x93\x1c\x7d\x8f\x6a\x5a\xac\x84\xaa\x05"
     "\x1b\xa3\x0b\x39\x6a\x0a\xac\x97\x3d\x58\xe0\x91",
     60, "\x5b\xc9\x4f\xbc\x32\x21\xa5\xdb\x94\xfa\xe9\x5a\xe7\x12\x1a\x47"},
    {WSS__AES_256_GCM, GCM_HALF_KEY GCM_HALF_KEY, GCM_NONCE, GCM_EXTRA, 20,
     GCM_PLAIN,
     "\x52\x2d\xc1\xf0\x99\x56\x7d\x07\xf4\x7f\x37\xa3\x2a\x84\x42\x7d"
     "\x64\x3a\x8c\xdc\xbf\xe5\xc0\xc9\x75\x98\xa2\xbd\x25\x55\xd1\xaa"
     "\x8c\xb0\x8e\x48\x59\x0d\xbb\x3d\xa7\xb0\x8b\x10\x56\x82\x88\x38"
     "\xc5\xf6\x1e\x63\x93\xba\x7a\x0a\xbc\xc9\xf6\x62",
     60, "\x76\xfc\x6e\xce\x0f\x4e\x17\x68\xcd\xdf\x88\x53\xbb\x2d\x55\x1b"},
    {WSS__CHACHA20_POLY1305,
     "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f"
     "\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f",
     "\x07\x00\x00\x00\x40\x41\x42\x43\x44\x45\x46\x47",
     "\x50\x51\x52\x53\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7", 12,
     "Ladies and Gentlemen of the class of '99: If I could offer you only one "
     "tip for the future, sunscreen would be it.",
     "\xd3\x1a\x8d\x34\x64\x8e\x60\xdb\x7b\x86\xaf\xbc\x53\xef\x7e\xc2"
     "\xa4\xad\xed\x51\x29\x6e\x08\xfe\xa9\xe2\xb5\xa7\x36\xee\x62\xd6"
     "\x3d\xbe\xa4\x5e\x8c\xa9\x67\x12\x82\xfa\xfb\x69\xda\x92\x72\x8b"
     "\x1a\x71\xde\x0a\x9e\x06\x0b\x29\x05\xd6\xa5\xb6\x7e\xcd\x3b\x36"
     "\x92\xdd\xbd\x7f\x2d\x77\x8b\x8c\x98\x03\xae\xe3\x28\x09\x1b\x58"
     "\xfa\xb3\x24\xe4\xfa\xd6\x75\x94\x55\x85\x80\x8b\x48\x31\xd7\xbc"
     "\x3f\xf4\xde\xf0\x8e\x4b\x7a\x9d\xe5\x76\xd2\x65\x86\xce\xc6\x4b"
     "\x61\x16",
     114, "\x1a\xe1\x0b\x59\x4f\x09\xe2\x6a\x7e\x90\x2e\xcb\xd0\x60\x06\x91"},
};

/* Seals, opens, and refuses to open what was changed. */
static bool answers(const wss__aead *aead, void *schedule,
                    const vector *known) {
  uint8_t data[128];
  uint8_t tag[WSS__AEAD_TAG];
  const wss__aead_text text = {.nonce = (const uint8_t *)known->nonce,
                               .extra = (const uint8_t *)known->extra,
                               .extra_size = known->extra_size,
                               .data = data,
                               .size = known->size,
                               .tag = tag};
  memcpy(data, known->plain, known->size);
  if (aead->seal(schedule, &text) != 0 ||
      memcmp(data, known->sealed, known->size) != 0 ||
      memcmp(tag, known->tag, sizeof tag) != 0)
    return false;
  if (aead->open(schedule, &text) != 0 ||
      memcmp(data, known->plain, known->size) != 0)
    return false;
  memcpy(data, known->sealed, known->size);
  tag[WSS__AEAD_TAG - 1] ^= 1;
  return aead->open(schedule, &text) != 0;
}

/* Whether two providers make the same of a text of that size. */
static bool agree(const wss__aead *aead, void *schedule, const wss__aead *other,
                  void *other_schedule, size_t size) {
  static const uint8_t nonce[WSS__AEAD_NONCE + 4] = {1, 2, 3};
  static const uint8_t extra[13] = {4, 5, 6};
  uint8_t data[2][COMPARED_MAX];
  uint8_t tag[2][WSS__AEAD_TAG] = {{0}};
  for (size_t i = 0; i < size; i++)
    data[0][i] = data[1][i] = (uint8_t)(i * 7);
  for (int i = 0; i < 2; i++) {
    const wss__aead_text text = {nonce,   extra, sizeof extra,
                                 data[i], size,  tag[i]};
    int error = i == 0 ? aead->seal(schedule, &text)
                       : other->seal(other_schedule, &text);
    if (error != 0)
      return false;
  }
  return memcmp(data[0], data[1], size) == 0 &&
         memcmp(tag[0], tag[1], sizeof tag[0]) == 0;
}

static bool works_for(const wss__aead *aead, const vector *known) {
  static const size_t sizes[] = {0,   1,   15,  16,  17,  63,  64,   65,  127,
                                 128, 129, 255, 256, 257, 768, 1024, 2048};
  alignas(WSS__AEAD_ALIGN) uint8_t schedule[SCHEDULE_MAX] = {0};
  alignas(WSS__AEAD_ALIGN) uint8_t other_schedule[SCHEDULE_MAX] = {0};
  const uint8_t *key = (const uint8_t *)known->key;
  const wss__aead *other = &wss__aead_mbedtls;
  bool works = aead->expand(schedule, known->cipher, key) == 0 &&
               answers(aead, schedule, known);
  /* Without memory for it, the known answers have to do. */
  bool compare = other->expand(other_schedule, known->cipher, key) == 0;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && works && compare;
       i++)
    works = agree(aead, schedule, other, other_schedule, sizes[i]);
  aead->wipe(schedule);
  other->wipe(other_schedule);
  return works;
}

bool wss__aead_works(const wss__aead *aead) {
  if (aead->size > SCHEDULE_MAX)
    return false;
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
    if (!works_for(aead, &vectors[i]))
      return false;
  }
  return true;
}

const wss__aead *wss__aead_pick(void) {
  const wss__aead *fast = wss__aead_fast();
  return fast != NULL && wss__aead_works(fast) ? fast : &wss__aead_mbedtls;
}
