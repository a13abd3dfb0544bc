/* Memory: what the library asks of an allocator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/allocator.h"

static void the_default_one_is_libcs(void **state) {
  const wss_allocator *libc = &wss__default_allocator;
  char *text;
  (void)state;
  text = wss__strdup(libc, "text");
  assert_string_equal(text, "text");
  text = wss__realloc(libc, text, 4096);
  assert_string_equal(text, "text");
  wss__free(libc, text);
  text = wss__realloc(libc, NULL, 1);
  assert_non_null(text);
  wss__free(libc, text);
}

static void calloc_gives_zeros(void **state) {
  test_allocator memory;
  uint8_t *bytes;
  size_t i;
  (void)state;
  test_allocator_init(&memory);
  bytes = wss__calloc(&memory.functions, 100);
  for (i = 0; i < 100; i++)
    assert_int_equal(bytes[i], 0);
  wss__free(&memory.functions, bytes);
  assert_int_equal(memory.blocks, 0);
}

static void freeing_nothing_is_not_passed_on(void **state) {
  const wss_allocator none = {0};
  (void)state;
  wss__free(&none, NULL);
}

static void a_copy_ends_with_a_nul(void **state) {
  test_allocator memory;
  char *copy;
  (void)state;
  test_allocator_init(&memory);
  copy = wss__strndup(&memory.functions, "abcdef", 3);
  assert_string_equal(copy, "abc");
  wss__free(&memory.functions, copy);
  copy = wss__strndup(&memory.functions, "a\0b", 3);
  assert_memory_equal(copy, "a\0b", 4);
  wss__free(&memory.functions, copy);
  copy = wss__strndup(&memory.functions, "", 0);
  assert_string_equal(copy, "");
  wss__free(&memory.functions, copy);
  assert_int_equal(memory.blocks, 0);
}

static void no_memory_is_null(void **state) {
  test_allocator memory;
  (void)state;
  test_allocator_init(&memory);
  test_allocator_fail(&memory, 1, true);
  assert_null(wss__malloc(&memory.functions, 1));
  assert_null(wss__calloc(&memory.functions, 1));
  assert_null(wss__realloc(&memory.functions, NULL, 1));
  assert_null(wss__strdup(&memory.functions, "x"));
  assert_null(wss__strndup(&memory.functions, "x", 1));
  assert_int_equal(memory.failures, 5);
}

/* From the program's allocator if it has one, else from the system. */
static void pages(void **state) {
  const size_t size = 1 << 20;
  test_allocator memory;
  uint8_t *bytes;
  (void)state;
  test_allocator_init(&memory);
  bytes = wss__pages_alloc(&memory.functions, size);
  assert_int_equal(memory.bytes, size);
  wss__pages_free(&memory.functions, bytes, size);
  assert_int_equal(memory.blocks, 0);
  bytes = wss__pages_alloc(&wss__default_allocator, size);
  assert_non_null(bytes);
  memset(bytes, 1, size);
  wss__pages_free(&wss__default_allocator, bytes, size);
  assert_null(wss__pages_alloc(&wss__default_allocator, SIZE_MAX / 2));
}

/* The tests' own allocator keeps its promises. */
static void the_tests_allocator(void **state) {
  test_allocator memory;
  char *first;
  char *second;
  (void)state;
  test_allocator_init(&memory);
  first = wss__malloc(&memory.functions, 8);
  assert_int_equal((uint8_t)first[0], 0xa5);
  memcpy(first, "1234567", 8);
  test_allocator_fail(&memory, 2, false);
  second = wss__realloc(&memory.functions, first, 16);
  assert_ptr_not_equal(first, second);
  assert_memory_equal(second, "1234567\0\xa5\xa5", 10);
  assert_null(wss__realloc(&memory.functions, second, 32));
  assert_string_equal(second, "1234567");
  assert_int_equal(memory.bytes, 16);
  assert_int_equal(memory.peak, 24);
  test_allocator_mark(&memory);
  assert_int_equal(memory.peak, 16);
  first = wss__malloc(&memory.functions, 1);
  assert_non_null(first);
  wss__free(&memory.functions, first);
  wss__free(&memory.functions, second);
  assert_int_equal(memory.blocks, 0);
  assert_int_equal(memory.bytes, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_default_one_is_libcs),
      cmocka_unit_test(calloc_gives_zeros),
      cmocka_unit_test(freeing_nothing_is_not_passed_on),
      cmocka_unit_test(a_copy_ends_with_a_nul),
      cmocka_unit_test(no_memory_is_null),
      cmocka_unit_test(pages),
      cmocka_unit_test(the_tests_allocator),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
