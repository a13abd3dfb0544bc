/* Providers: known answers, each against the other for every size, and what was
   tampered with is refused. */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tls/aead.h"

#define MOST 16401 /* of a TLS 1.3 record: content, type, and more */

typedef struct expanded {
  alignas(WSS__AEAD_ALIGN) uint8_t bytes[4096];
} expanded;

static const wss__aead_cipher ciphers[] = {WSS__AES_128_GCM, WSS__AES_256_GCM,
                                           WSS__CHACHA20_POLY1305};

static const uint8_t key[WSS__AEAD_KEY_MAX] = {1, 2, 3, 200, 201, 202};

/* The providers that there are; the second is NULL where there is one. */
static void providers(const wss__aead *all[2]) {
  all[0] = &wss__aead_mbedtls;
  all[1] = wss__aead_fast();
  for (int i = 0; i < 2 && all[i] != NULL; i++)
    assert_true(all[i]->size <= sizeof(expanded));
}

static void every_provider_gives_known_answers(void **state) {
  const wss__aead *all[2];
  (void)state;
  providers(all);
  for (int i = 0; i < 2 && all[i] != NULL; i++)
    assert_true(wss__aead_works(all[i]));
  assert_ptr_equal(wss__aead_pick(), all[1] != NULL ? all[1] : all[0]);
}

/* ---- Providers that are wrong, in what the start looks at -----------------
 */

static int (*real_seal)(void *, const wss__aead_text *);
static int (*real_open)(void *, const wss__aead_text *);

static int seal_no_long_text(void *schedule, const wss__aead_text *text) {
  int error = real_seal(schedule, text);
  if (text->size >= 768)
    text->data[767] ^= 1;
  return error;
}

static int seal_another_tag(void *schedule, const wss__aead_text *text) {
  int error = real_seal(schedule, text);
  text->tag[0] ^= 1;
  return error;
}

static int seal_nothing(void *schedule, const wss__aead_text *text) {
  (void)schedule;
  (void)text;
  return WSS_ERR_TLS;
}

static int open_anything(void *schedule, const wss__aead_text *text) {
  (void)real_open(schedule, text);
  return 0;
}

static int expand_nothing(void *schedule, wss__aead_cipher cipher,
                          const uint8_t *bytes) {
  (void)schedule;
  (void)cipher;
  (void)bytes;
  return WSS_ERR_NOMEM;
}

static void a_provider_that_is_wrong_is_not_used(void **state) {
  wss__aead broken = wss__aead_mbedtls;
  (void)state;
  real_seal = broken.seal;
  real_open = broken.open;
  broken.seal = seal_no_long_text;
  assert_false(wss__aead_works(&broken));
  broken.seal = seal_another_tag;
  assert_false(wss__aead_works(&broken));
  broken.seal = seal_nothing;
  assert_false(wss__aead_works(&broken));
  broken.seal = real_seal;
  broken.open = open_anything;
  assert_false(wss__aead_works(&broken));
  broken.open = seal_nothing;
  assert_false(wss__aead_works(&broken));
  broken.open = real_open;
  broken.expand = expand_nothing;
  assert_false(wss__aead_works(&broken));
  broken.expand = wss__aead_mbedtls.expand;
  assert_true(wss__aead_works(&broken));
  broken.size = 1 << 20;
  assert_false(wss__aead_works(&broken));
}

/* ---- One against the other ------------------------------------------------
 */

/* Seals with one provider and opens with another. */
static void exchange(const wss__aead *from, const wss__aead *to,
                     wss__aead_cipher cipher, size_t size, size_t extra_size) {
  expanded sealing = {0};
  expanded opening = {0};
  uint8_t nonce[WSS__AEAD_NONCE + 4] = {0};
  uint8_t extra[16] = {23, 3, 3, 1, 17, 7};
  uint8_t tag[WSS__AEAD_TAG];
  /* No byte more than there must be, for the sanitizer. */
  uint8_t *data = malloc(size + 1);
  assert_non_null(data);
  nonce[11] = (uint8_t)size;
  for (size_t i = 0; i < size; i++)
    data[i] = (uint8_t)(i * 31);
  data[size] = 0xa5;
  const wss__aead_text text = {nonce, extra, extra_size, data, size, tag};
  assert_int_equal(from->expand(&sealing, cipher, key), 0);
  assert_int_equal(to->expand(&opening, cipher, key), 0);
  assert_int_equal(from->seal(&sealing, &text), 0);
  assert_int_equal(to->open(&opening, &text), 0);
  for (size_t i = 0; i < size; i++)
    assert_int_equal(data[i], (uint8_t)(i * 31));
  assert_int_equal(data[size], 0xa5);
  from->wipe(&sealing);
  to->wipe(&opening);
  free(data);
}

static void providers_understand_each_other(void **state) {
  const wss__aead *all[2];
  (void)state;
  providers(all);
  for (int from = 0; from < 2 && all[from] != NULL; from++) {
    for (int to = 0; to < 2 && all[to] != NULL; to++) {
      for (size_t c = 0; c < 3; c++) {
        for (size_t size = 0; size < 1100; size++)
          exchange(all[from], all[to], ciphers[c], size, size % 17);
        for (size_t size = MOST - 70; size <= MOST; size++)
          exchange(all[from], all[to], ciphers[c], size, 5);
      }
    }
  }
}

static void what_was_tampered_with_is_refused(void **state) {
  const wss__aead *all[2];
  (void)state;
  providers(all);
  for (int p = 0; p < 2 && all[p] != NULL; p++) {
    for (size_t c = 0; c < 3; c++) {
      for (size_t at = 0; at < WSS__AEAD_NONCE + 5 + 40 + WSS__AEAD_TAG; at++) {
        expanded schedule = {0};
        uint8_t all_of_it[WSS__AEAD_NONCE + 5 + 40 + WSS__AEAD_TAG + 4] = {9};
        uint8_t *nonce = all_of_it;
        uint8_t *extra = nonce + WSS__AEAD_NONCE;
        uint8_t *data = extra + 5;
        const wss__aead_text text = {nonce, extra, 5, data, 40, data + 40};
        assert_int_equal(all[p]->expand(&schedule, ciphers[c], key), 0);
        assert_int_equal(all[p]->seal(&schedule, &text), 0);
        all_of_it[at] ^= 0x80;
        assert_int_equal(all[p]->open(&schedule, &text), WSS_ERR_TLS);
        all[p]->wipe(&schedule);
      }
    }
  }
}

static void every_bit_of_a_tag_counts(void **state) {
  const wss__aead *all[2];
  (void)state;
  providers(all);
  for (int p = 0; p < 2 && all[p] != NULL; p++) {
    for (size_t c = 0; c < 3; c++) {
      expanded schedule = {0};
      uint8_t nonce[WSS__AEAD_NONCE + 4] = {1};
      uint8_t data[20] = {2};
      uint8_t sealed[sizeof data];
      uint8_t tag[WSS__AEAD_TAG];
      const wss__aead_text text = {nonce, nonce, 5, data, sizeof data, tag};
      assert_int_equal(all[p]->expand(&schedule, ciphers[c], key), 0);
      assert_int_equal(all[p]->seal(&schedule, &text), 0);
      memcpy(sealed, data, sizeof data);
      for (size_t bit = 0; bit < 8 * sizeof tag; bit++) {
        tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(all[p]->open(&schedule, &text), WSS_ERR_TLS);
        tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
        memcpy(data, sealed, sizeof data);
      }
      assert_int_equal(all[p]->open(&schedule, &text), 0);
      all[p]->wipe(&schedule);
    }
  }
}

/* ---- Where a text lies ----------------------------------------------------
 */

/* Memory that ends where its page does, and the next one may not be touched:
   the sanitizers do not see what is written in assembly. */
typedef struct guarded {
  uint8_t *pages;
  size_t size; /* of all, with the page that is not there */
  uint8_t *end;
} guarded;

static guarded guarded_new(size_t most) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  guarded it = {.size = (most / page + 2) * page};
  it.pages = mmap(NULL, it.size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert_ptr_not_equal(it.pages, MAP_FAILED);
  it.end = it.pages + it.size - page;
  assert_int_equal(mprotect(it.end, page, PROT_NONE), 0);
  return it;
}

static void guarded_free(guarded *it) {
  (void)munmap(it->pages, it->size);
}

/* One size, its tag right behind it as in a record, so many bytes before the
   end; what lies around it stays as it is. */
static void text_at(const wss__aead *aead, void *schedule, const guarded *room,
                    const guarded *extra, size_t size, size_t before_end,
                    const uint8_t *sealed) {
  uint8_t nonce[WSS__AEAD_NONCE + 4] = {7};
  uint8_t *data = room->end - before_end - WSS__AEAD_TAG - size;
  const wss__aead_text text = {.nonce = nonce,
                               .extra = extra->end - 13,
                               .extra_size = 13,
                               .data = data,
                               .size = size,
                               .tag = data + size};
  memset(data - 64, 0xa5, 64);
  memset(data, 'd', size);
  memset(room->end - before_end, 0xa5, before_end);
  assert_int_equal(aead->seal(schedule, &text), 0);
  assert_memory_equal(data, sealed, size + WSS__AEAD_TAG);
  assert_int_equal(aead->open(schedule, &text), 0);
  for (size_t i = 0; i < size; i++)
    assert_int_equal(data[i], 'd');
  for (size_t i = 0; i < 64; i++)
    assert_int_equal(*(data - 1 - i), 0xa5);
  for (size_t i = 0; i < before_end; i++)
    assert_int_equal(room->end[-1 - (ptrdiff_t)i], 0xa5);
}

static void a_text_may_lie_anywhere(void **state) {
  static const size_t sizes[] = {
      0,   1,   2,   15,  16,  17,  31,  32,  33,  63,   64,   65,   127,
      128, 129, 255, 256, 257, 511, 512, 513, 768, 1000, 1024, 4096, 16385};
  static uint8_t sealed[MOST + WSS__AEAD_TAG];
  const wss__aead *all[2];
  guarded room = guarded_new(MOST + 256);
  guarded extra = guarded_new(13);
  (void)state;
  providers(all);
  memset(extra.end - 13, 'e', 13);
  for (size_t c = 0; c < 3; c++) {
    expanded schedules[2] = {{{0}}};
    for (int p = 0; p < 2 && all[p] != NULL; p++)
      assert_int_equal(all[p]->expand(&schedules[p], ciphers[c], key), 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      uint8_t nonce[WSS__AEAD_NONCE + 4] = {7};
      const wss__aead_text text = {nonce,  extra.end - 13, 13,
                                   sealed, sizes[i],       sealed + sizes[i]};
      memset(sealed, 'd', sizes[i]);
      assert_int_equal(all[0]->seal(&schedules[0], &text), 0);
      for (int p = 0; p < 2 && all[p] != NULL; p++) {
        for (size_t before_end = 0; before_end < 64; before_end++)
          text_at(all[p], &schedules[p], &room, &extra, sizes[i], before_end,
                  sealed);
      }
    }
    for (int p = 0; p < 2 && all[p] != NULL; p++)
      all[p]->wipe(&schedules[p]);
  }
  guarded_free(&room);
  guarded_free(&extra);
}

static void a_wiped_schedule_holds_no_key(void **state) {
  const wss__aead *fast = wss__aead_fast();
  expanded schedule;
  (void)state;
  memset(&schedule, 0, sizeof schedule);
  wss__aead_mbedtls.wipe(&schedule); /* of zeros */
  if (fast == NULL)
    return;
  for (size_t c = 0; c < 3; c++) {
    assert_int_equal(fast->expand(&schedule, ciphers[c], key), 0);
    fast->wipe(&schedule);
    for (size_t i = 0; i < sizeof schedule; i++)
      assert_int_equal(schedule.bytes[i], 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_provider_gives_known_answers),
      cmocka_unit_test(a_provider_that_is_wrong_is_not_used),
      cmocka_unit_test(providers_understand_each_other),
      cmocka_unit_test(what_was_tampered_with_is_refused),
      cmocka_unit_test(every_bit_of_a_tag_counts),
      cmocka_unit_test(a_text_may_lie_anywhere),
      cmocka_unit_test(a_wiped_schedule_holds_no_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
