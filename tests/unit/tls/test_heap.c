/* What Mbed TLS frees of a handshake's large buffers is the system's again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <mbedtls/platform.h>

#define LARGE 40000
#define FEW 12

/* Whether a page that lies wholly in the block has memory. */
static bool resident(uintptr_t block) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  unsigned char is = 0;
  uintptr_t inside = (block + page - 1) & ~(page - 1);
  return mincore((void *)inside, page, &is) == 0 && (is & 1) != 0;
}

/* Whether pages are given back, and can be seen to be. */
static bool gives_back(void) {
#ifdef WSS_TLS_HEAP
  const bool here = true;
#else
  const bool here = false;
#endif
  /* AddressSanitizer writes into what was freed, where it is told to. */
  const char *sanitizer = getenv("ASAN_OPTIONS");
  return here &&
         (sanitizer == NULL || strstr(sanitizer, "max_free_fill_size") == NULL);
}

/* Frees one of so many large blocks: whether its pages stay. */
static bool one_of(unsigned count) {
  uint8_t *blocks[2 * FEW];
  uint8_t *behind;
  bool stays;
  uintptr_t address;
  for (unsigned i = 0; i < count; i++) {
    blocks[i] = mbedtls_calloc(1, LARGE);
    assert_non_null(blocks[i]);
    memset(blocks[i], 1, LARGE);
  }
  behind = mbedtls_calloc(1, 100); /* the heap cannot shrink */
  assert_non_null(behind);
  address = (uintptr_t)blocks[count - 1];
  assert_true(resident(address));
  mbedtls_free(blocks[count - 1]);
  stays = resident(address);
  mbedtls_free(behind);
  while (--count > 0)
    mbedtls_free(blocks[count - 1]);
  return stays;
}

static void of_many_each_is_given_back(void **state) {
  (void)state;
  if (!gives_back())
    skip();
  assert_false(one_of(FEW + 1));
  assert_false(one_of(2 * FEW));
}

/* Nor are their pages asked for anew each time. */
static void few_keep_their_pages(void **state) {
  (void)state;
  if (!gives_back())
    skip();
  assert_true(one_of(1));
  assert_true(one_of(FEW));
}

/* What stands beside a block is not touched. */
static void its_neighbours_stay(void **state) {
  uint8_t *blocks[3];
  (void)state;
  for (size_t size = 16000; size < 60000; size += 1234) {
    for (int i = 0; i < 3; i++) {
      blocks[i] = mbedtls_calloc(1, size);
      assert_non_null(blocks[i]);
      memset(blocks[i], i + 1, size);
    }
    mbedtls_free(blocks[1]);
    for (size_t i = 0; i < size; i++) {
      assert_int_equal(blocks[0][i], 1);
      assert_int_equal(blocks[2][i], 3);
    }
    mbedtls_free(blocks[0]);
    mbedtls_free(blocks[2]);
  }
}

static void nothing_and_little(void **state) {
  uint8_t *block = mbedtls_calloc(1, 1);
  (void)state;
  mbedtls_free(NULL);
  mbedtls_free(block);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(of_many_each_is_given_back),
      cmocka_unit_test(few_keep_their_pages),
      cmocka_unit_test(its_neighbours_stay),
      cmocka_unit_test(nothing_and_little),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
