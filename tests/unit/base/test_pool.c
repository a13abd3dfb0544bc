/* The pool: objects of zeros, in few chunks that go when they are empty. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/pool.h"
#include "support/allocator.h"

#define SIZE 100
#define MANY 10000

static void an_empty_pool_holds_nothing(void **state) {
  test_allocator memory;
  wss__pool pool;
  (void)state;
  test_allocator_init(&memory);
  wss__pool_init(&pool, SIZE, &memory.functions);
  wss__pool_give(&pool, NULL);
  assert_int_equal(memory.calls, 0);
  wss__pool_give(&pool, wss__pool_take(&pool));
  assert_int_equal(memory.blocks, 0);
  assert_int_equal(pool.objects, 0);
}

static void take_all(wss__pool *pool, uint8_t *objects[50]) {
  for (int i = 0; i < 50; i++) {
    objects[i] = wss__pool_take(pool);
    assert_non_null(objects[i]);
    assert_int_equal((uintptr_t)objects[i] % 8, 0);
    for (int j = 0; j < SIZE; j++)
      assert_int_equal(objects[i][j], 0);
    memset(objects[i], i + 1, SIZE);
  }
}

static void objects_are_zero_and_apart(void **state) {
  uint8_t *objects[50];
  test_allocator memory;
  wss__pool pool;
  void *other;
  (void)state;
  test_allocator_init(&memory);
  wss__pool_init(&pool, SIZE, &memory.functions);
  other = wss__pool_take(&pool);
  for (int round = 0; round < 3; round++) {
    take_all(&pool, objects);
    for (int i = 0; i < 50; i++) {
      for (int j = 0; j < SIZE; j++)
        assert_int_equal(objects[i][j], i + 1);
    }
    for (int i = 0; i < 50; i++)
      wss__pool_give(&pool, objects[(i * 7) % 50]);
  }
  wss__pool_give(&pool, other);
  assert_int_equal(memory.blocks, 0);
}

/* Chunks double, and are of one size from then on. */
static void few_chunks(void **state) {
  static void *objects[MANY];
  test_allocator memory;
  wss__pool pool;
  size_t per_chunk = WSS__POOL_CHUNK / (SIZE + sizeof(void *)) - 1;
  (void)state;
  test_allocator_init(&memory);
  wss__pool_init(&pool, SIZE, &memory.functions);
  for (int i = 0; i < 4; i++)
    objects[i] = wss__pool_take(&pool);
  assert_int_equal(memory.calls, 3); /* of 1, 1 and 2 */
  for (int i = 4; i < MANY; i++)
    objects[i] = wss__pool_take(&pool);
  assert_true(memory.blocks <= MANY / per_chunk + 13);
  for (int i = 0; i < MANY; i++)
    wss__pool_give(&pool, objects[i]);
  assert_int_equal(memory.blocks, 0);
  assert_int_equal(pool.objects, 0);
}

/* What is given back is taken again before there is a new chunk. */
static void holes_are_filled(void **state) {
  static void *objects[MANY];
  test_allocator memory;
  wss__pool pool;
  size_t calls;
  (void)state;
  test_allocator_init(&memory);
  wss__pool_init(&pool, SIZE, &memory.functions);
  for (int i = 0; i < MANY; i++)
    objects[i] = wss__pool_take(&pool);
  calls = memory.calls;
  for (int i = 1; i < MANY; i += 2)
    wss__pool_give(&pool, objects[i]);
  for (int i = 1; i < MANY; i += 2)
    objects[i] = wss__pool_take(&pool);
  assert_int_equal(memory.calls, calls);
  for (int i = MANY - 1; i >= 0; i--)
    wss__pool_give(&pool, objects[i]);
  assert_int_equal(memory.blocks, 0);
}

/* On the default allocator chunks are pages of the system's. */
static void with_pages(void **state) {
  static uint8_t *objects[MANY];
  wss__pool pool;
  (void)state;
  wss__pool_init(&pool, SIZE, &wss__default_allocator);
  for (int i = 0; i < MANY; i++) {
    objects[i] = wss__pool_take(&pool);
    memset(objects[i], i, SIZE);
  }
  for (int i = 0; i < MANY; i++) {
    assert_int_equal(objects[i][SIZE - 1], i & 255);
    wss__pool_give(&pool, objects[i]);
  }
  assert_int_equal(pool.objects, 0);
}

static void without_memory(void **state) {
  test_allocator memory;
  wss__pool pool;
  void *first;
  (void)state;
  test_allocator_init(&memory);
  wss__pool_init(&pool, SIZE, &memory.functions);
  memory.fail_at = 1;
  assert_null(wss__pool_take(&pool));
  assert_int_equal(pool.objects, 0);
  first = wss__pool_take(&pool);
  assert_non_null(first);
  memory.fail_at = memory.calls + 1;
  assert_null(wss__pool_take(&pool));
  wss__pool_give(&pool, first);
  assert_int_equal(memory.blocks, 0);
}

/* The chunk that does not come is a large one. */
static void without_memory_for_more(void **state) {
  static void *objects[MANY];
  test_allocator memory;
  wss__pool pool;
  int i;
  (void)state;
  test_allocator_init(&memory);
  wss__pool_init(&pool, SIZE, &memory.functions);
  for (i = 0; memory.bytes < 3 * WSS__POOL_CHUNK; i++)
    objects[i] = wss__pool_take(&pool);
  test_allocator_fail(&memory, 1, true);
  while ((objects[i] = wss__pool_take(&pool)) != NULL)
    i++;
  assert_int_equal(memory.failures, 1);
  assert_int_equal(pool.objects, i);
  while (i-- > 0)
    wss__pool_give(&pool, objects[i]);
  assert_int_equal(memory.blocks, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_pool_holds_nothing),
      cmocka_unit_test(objects_are_zero_and_apart),
      cmocka_unit_test(few_chunks),
      cmocka_unit_test(holes_are_filled),
      cmocka_unit_test(with_pages),
      cmocka_unit_test(without_memory),
      cmocka_unit_test(without_memory_for_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
