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

/* Whether a page that lies wholly in the block has memory. */
static bool resident(uintptr_t block) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  unsigned char is = 0;
  uintptr_t inside = (block + page - 1) & ~(page - 1);
  return mincore((void *)inside, page, &is) == 0 && (is & 1) != 0;
}

static void a_large_block_is_given_back(void **state) {
  uint8_t *block = mbedtls_calloc(1, LARGE);
  uint8_t *behind = mbedtls_calloc(1, 100); /* the heap cannot shrink */
  uintptr_t address = (uintptr_t)block;
  (void)state;
#ifdef WSS_TLS_HEAP
  const bool here = true;
#else
  const bool here = false;
#endif
  /* AddressSanitizer writes into what was freed, where it is told to. */
  const char *sanitizer = getenv("ASAN_OPTIONS");
  if (!here ||
      (sanitizer != NULL && strstr(sanitizer, "max_free_fill_size") != NULL)) {
    mbedtls_free(behind);
    mbedtls_free(block);
    skip();
  }
  assert_non_null(block);
  assert_non_null(behind);
  memset(block, 1, LARGE);
  assert_true(resident(address));
  mbedtls_free(block);
  assert_false(resident(address));
  mbedtls_free(behind);
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
      cmocka_unit_test(a_large_block_is_given_back),
      cmocka_unit_test(its_neighbours_stay),
      cmocka_unit_test(nothing_and_little),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
