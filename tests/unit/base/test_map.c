/* The map from ids to pointers, beside a model that does the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/map.h"
#include "support/allocator.h"

static char values[64]; /* their addresses are what the map holds */

static void an_empty_map(void **state) {
  test_allocator memory;
  wss__map map;
  (void)state;
  test_allocator_init(&memory);
  wss__map_init(&map, 0);
  assert_null(wss__map_find(&map, 1));
  wss__map_remove(&map, &memory.functions, 1);
  assert_int_equal(map.count, 0);
  wss__map_free(&map, &memory.functions);
  assert_int_equal(memory.calls, 0);
}

static void put_found_removed(void **state) {
  test_allocator memory;
  wss__map map;
  (void)state;
  test_allocator_init(&memory);
  wss__map_init(&map, 0);
  assert_int_equal(wss__map_insert(&map, &memory.functions, 7, &values[7]), 0);
  assert_int_equal(
      wss__map_insert(&map, &memory.functions, UINT64_MAX, &values[8]), 0);
  assert_ptr_equal(wss__map_find(&map, 7), &values[7]);
  assert_ptr_equal(wss__map_find(&map, UINT64_MAX), &values[8]);
  assert_null(wss__map_find(&map, 8));
  assert_null(wss__map_find(&map, 7 + (UINT64_C(1) << 32)));
  wss__map_remove(&map, &memory.functions, 8);
  assert_int_equal(map.count, 2);
  wss__map_remove(&map, &memory.functions, 7);
  assert_null(wss__map_find(&map, 7));
  assert_ptr_equal(wss__map_find(&map, UINT64_MAX), &values[8]);
  assert_int_equal(map.count, 1);
  wss__map_free(&map, &memory.functions);
  assert_int_equal(memory.blocks, 0);
}

/* The slot that an id takes in an empty map of the first size. */
static size_t seeded_home_of(uint64_t id, uint64_t seed) {
  test_allocator memory;
  wss__map map;
  size_t home;
  test_allocator_init(&memory);
  wss__map_init(&map, seed);
  assert_int_equal(wss__map_insert(&map, &memory.functions, id, &values[0]), 0);
  for (home = 0; map.slots[home].id != id; home++)
    assert_true(home + 1 < map.capacity);
  wss__map_free(&map, &memory.functions);
  return home;
}

static size_t home_of(uint64_t id) {
  return seeded_home_of(id, 0);
}

/* The next id above after whose home is that one. */
static uint64_t id_at(size_t home, uint64_t after) {
  do
    after++;
  while (home_of(after) != home);
  return after;
}

/* Puts four ids into a map and takes them out in an order, which has two bits
   for each step; the others are found throughout. */
static void remove_in_order(const uint64_t ids[4], unsigned order) {
  bool there[4] = {true, true, true, true};
  test_allocator memory;
  wss__map map;
  unsigned i;
  unsigned j;
  test_allocator_init(&memory);
  wss__map_init(&map, 0);
  for (i = 0; i < 4; i++)
    assert_int_equal(
        wss__map_insert(&map, &memory.functions, ids[i], &values[i]), 0);
  for (i = 0; i < 4; i++) {
    unsigned at = order >> (2 * i) & 3;
    wss__map_remove(&map, &memory.functions, ids[at]);
    there[at] = false;
    for (j = 0; j < 4; j++)
      assert_ptr_equal(wss__map_find(&map, ids[j]),
                       there[j] ? &values[j] : NULL);
  }
  wss__map_free(&map, &memory.functions);
  assert_int_equal(memory.blocks, 0);
}

/* Where ids are a peer's choice: those that share a slot of one map are spread
   over another's, so that nobody can know them. */
static void a_seed_spreads_otherwise(void **state) {
  static const uint64_t seeds[] = {UINT64_C(0x2545f4914f6cdd1d),
                                   UINT64_C(0xd1342543de82ef94)};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
    unsigned homes = 0;
    unsigned different = 0;
    uint64_t id = 0;
    int count;
    for (count = 0; count < 32; count++) {
      id = id_at(5, id);
      homes |= 1U << seeded_home_of(id, seeds[i]);
    }
    for (; homes != 0; homes &= homes - 1)
      different++;
    assert_true(different > 4);
  }
}

/* A run of members: three with one home, one with the next, in each order of
   coming and going. It begins at any slot, so that it also runs over the end.
 */
static void removal_closes_the_gap_of_a_run(void **state) {
  size_t home;
  unsigned order;
  unsigned turn;
  (void)state;
  for (home = 0; home < 16; home++) {
    uint64_t ids[4] = {id_at(home, 0), 0, id_at((home + 1) % 16, 0), 0};
    ids[1] = id_at(home, ids[0]);
    ids[3] = id_at(home, ids[1]);
    for (turn = 0; turn < 4; turn++) {
      uint64_t turned[4];
      unsigned i;
      for (i = 0; i < 4; i++)
        turned[i] = ids[(i + turn) % 4];
      for (order = 0; order < 256; order++)
        remove_in_order(turned, order);
    }
  }
}

/* Random ids of a small range, so that they collide; random steps. */
static void a_model_agrees(void **state) {
  enum { RANGE = 600, STEPS = 40000 };
  static void *model[RANGE];
  test_allocator memory;
  wss__map map;
  size_t count = 0;
  int step;
  (void)state;
  srandom(4711);
  test_allocator_init(&memory);
  wss__map_init(&map, 0);
  for (step = 0; step < STEPS; step++) {
    size_t at = (size_t)random() % RANGE;
    /* Every other id counts upwards; the rest share few homes. */
    uint64_t id = at % 2 == 0 ? at + 1 : (uint64_t)at << 10 | at % 5;
    /* Times of growth and of shrinking take turns. */
    bool add = random() % 10 < (step / 5000 % 2 == 0 ? 8 : 2);
    if (add && model[at] == NULL) {
      model[at] = &values[step % 64];
      assert_int_equal(wss__map_insert(&map, &memory.functions, id, model[at]),
                       0);
      count++;
    } else if (!add) {
      count -= model[at] != NULL;
      model[at] = NULL;
      wss__map_remove(&map, &memory.functions, id);
    }
    assert_int_equal(map.count, count);
    assert_ptr_equal(wss__map_find(&map, id), model[at]);
    if (step % 500 == 0) {
      size_t i;
      size_t found = 0;
      for (i = 0; i < map.capacity; i++)
        found += map.slots[i].id != 0;
      assert_int_equal(found, count);
    }
  }
  wss__map_free(&map, &memory.functions);
  assert_int_equal(memory.blocks, 0);
}

static void it_stays_half_empty(void **state) {
  test_allocator memory;
  wss__map map;
  uint64_t id;
  (void)state;
  test_allocator_init(&memory);
  wss__map_init(&map, 0);
  for (id = 1; id <= 10000; id++) {
    assert_int_equal(wss__map_insert(&map, &memory.functions, id, &values[0]),
                     0);
    assert_true(map.count * 2 <= map.capacity);
    assert_true(map.capacity <= 16 || map.capacity <= 4 * map.count);
  }
  for (id = 1; id <= 10000; id++)
    assert_ptr_equal(wss__map_find(&map, id), &values[0]);
  wss__map_free(&map, &memory.functions);
  assert_null(wss__map_find(&map, 1));
}

static void it_shrinks(void **state) {
  test_allocator memory;
  wss__map map;
  uint64_t id;
  (void)state;
  test_allocator_init(&memory);
  wss__map_init(&map, 0);
  for (id = 1; id <= 10000; id++)
    assert_int_equal(wss__map_insert(&map, &memory.functions, id, &values[0]),
                     0);
  /* As large as before if there is no memory for a smaller one. */
  test_allocator_fail(&memory, 1, true);
  for (id = 1; id <= 9000; id++)
    wss__map_remove(&map, &memory.functions, id);
  assert_true(memory.failures > 0);
  assert_int_equal(map.capacity, 32768);
  test_allocator_fail(&memory, 0, false);
  for (; id <= 10000; id++) {
    assert_ptr_equal(wss__map_find(&map, id), &values[0]);
    wss__map_remove(&map, &memory.functions, id);
    assert_true(map.capacity <= 16 || map.capacity < 16 * map.count ||
                id < 9020);
    assert_null(wss__map_find(&map, id));
    assert_ptr_equal(wss__map_find(&map, 10000),
                     id < 10000 ? &values[0] : NULL);
  }
  assert_int_equal(memory.blocks, 0);
}

static void a_failure_leaves_it_unchanged(void **state) {
  test_allocator memory;
  wss__map map;
  uint64_t id;
  (void)state;
  test_allocator_init(&memory);
  wss__map_init(&map, 0);
  test_allocator_fail(&memory, 1, true);
  assert_int_equal(wss__map_insert(&map, &memory.functions, 1, &values[1]),
                   WSS_ERR_NOMEM);
  assert_null(wss__map_find(&map, 1));
  test_allocator_fail(&memory, 2, true);
  for (id = 1; id <= 8; id++)
    assert_int_equal(wss__map_insert(&map, &memory.functions, id, &values[id]),
                     0);
  assert_int_equal(wss__map_insert(&map, &memory.functions, 9, &values[9]),
                   WSS_ERR_NOMEM);
  assert_int_equal(map.count, 8);
  assert_null(wss__map_find(&map, 9));
  for (id = 1; id <= 8; id++)
    assert_ptr_equal(wss__map_find(&map, id), &values[id]);
  test_allocator_fail(&memory, 0, false);
  assert_int_equal(wss__map_insert(&map, &memory.functions, 9, &values[9]), 0);
  assert_ptr_equal(wss__map_find(&map, 9), &values[9]);
  wss__map_free(&map, &memory.functions);
  assert_int_equal(memory.blocks, 0);
}

/* Ids that come in a row and stay, as connections do, must not fill a row of
   slots, which all later ids would have to walk. */
static void ids_in_a_row_are_spread(void **state) {
  test_allocator memory;
  wss__map map;
  size_t longest = 0;
  size_t run = 0;
  uint64_t id;
  size_t i;
  (void)state;
  test_allocator_init(&memory);
  wss__map_init(&map, 0);
  for (id = 1; id <= 10000; id++)
    assert_int_equal(
        wss__map_insert(&map, &memory.functions, id, &values[id % 64]), 0);
  for (i = 0; i < map.capacity; i++) {
    run = map.slots[i].id != 0 ? run + 1 : 0;
    longest = run > longest ? run : longest;
  }
  assert_in_range(longest, 1, 64);
  wss__map_free(&map, &memory.functions);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_map),
      cmocka_unit_test(put_found_removed),
      cmocka_unit_test(a_seed_spreads_otherwise),
      cmocka_unit_test(removal_closes_the_gap_of_a_run),
      cmocka_unit_test(a_model_agrees),
      cmocka_unit_test(it_stays_half_empty),
      cmocka_unit_test(it_shrinks),
      cmocka_unit_test(a_failure_leaves_it_unchanged),
      cmocka_unit_test(ids_in_a_row_are_spread),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
