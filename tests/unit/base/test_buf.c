/* Buffers: ceilings, growth, consumption, and failures that change nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "support/allocator.h"

typedef struct fixture {
  test_allocator memory;
  wss__buf buf;
} fixture;

static void begin(fixture *f, size_t ceiling) {
  test_allocator_init(&f->memory);
  wss__buf_init(&f->buf, ceiling);
}

static void end(fixture *f) {
  wss__buf_free(&f->buf, &f->memory.functions);
  assert_int_equal(f->memory.blocks, 0);
  assert_int_equal(f->buf.length, 0);
}

static int append(fixture *f, const void *data, size_t size) {
  return wss__buf_append(&f->buf, &f->memory.functions, data, size);
}

static void consume(fixture *f, size_t size) {
  wss__buf_consume(&f->buf, &f->memory.functions, size);
}

static void expect(const fixture *f, const char *text) {
  assert_int_equal(f->buf.length, strlen(text));
  if (f->buf.length > 0)
    assert_memory_equal(wss__buf_data(&f->buf), text, f->buf.length);
}

static void no_memory_before_the_first_byte(void **state) {
  fixture f;
  (void)state;
  begin(&f, 1000);
  assert_null(wss__buf_data(&f.buf));
  assert_int_equal(append(&f, NULL, 0), 0);
  assert_int_equal(f.memory.calls, 0);
  end(&f);
  assert_int_equal(f.buf.ceiling, 1000); /* usable again */
}

static void appended_and_consumed_in_order(void **state) {
  fixture f;
  (void)state;
  begin(&f, 1000);
  assert_int_equal(append(&f, "abc", 3), 0);
  assert_int_equal(append(&f, "def", 3), 0);
  expect(&f, "abcdef");
  consume(&f, 0);
  expect(&f, "abcdef");
  consume(&f, 2);
  expect(&f, "cdef");
  assert_int_equal(append(&f, "g", 1), 0);
  expect(&f, "cdefg");
  end(&f);
}

static void an_empty_buffer_gives_its_memory_back(void **state) {
  fixture f;
  (void)state;
  begin(&f, 1000);
  assert_int_equal(append(&f, "abc", 3), 0);
  consume(&f, 3);
  assert_int_equal(f.memory.blocks, 0);
  assert_null(wss__buf_data(&f.buf));
  assert_int_equal(append(&f, "x", 1), 0);
  expect(&f, "x");
  end(&f);
}

static void a_cleared_buffer_keeps_it(void **state) {
  fixture f;
  (void)state;
  begin(&f, 1000);
  assert_int_equal(append(&f, "abc", 3), 0);
  consume(&f, 1);
  wss__buf_clear(&f.buf);
  expect(&f, "");
  assert_int_equal(f.memory.blocks, 1);
  assert_int_equal(append(&f, "xyz", 3), 0);
  expect(&f, "xyz");
  assert_int_equal(f.memory.calls, 1);
  end(&f);
}

static void the_ceiling_is_reached_and_never_passed(void **state) {
  static const size_t ceilings[] = {0, 1, 2, 255, 256, 257, 300, 1000};
  static const uint8_t data[1001];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof ceilings / sizeof ceilings[0]; i++) {
    size_t ceiling = ceilings[i];
    size_t size;
    fixture f;
    for (size = 0; size <= ceiling; size++) {
      begin(&f, ceiling);
      assert_int_equal(append(&f, data, size), 0);
      assert_true(wss__buf_fits(&f.buf, ceiling - size));
      assert_false(wss__buf_fits(&f.buf, ceiling - size + 1));
      assert_int_equal(append(&f, data, ceiling - size + 1), WSS_ERR_TOO_BIG);
      assert_null(
          wss__buf_reserve(&f.buf, &f.memory.functions, ceiling - size + 1));
      assert_int_equal(f.buf.length, size);
      assert_int_equal(append(&f, data, ceiling - size), 0);
      assert_int_equal(append(&f, data, 1), WSS_ERR_TOO_BIG);
      assert_int_equal(f.buf.length, ceiling);
      assert_true(f.memory.peak <= 2 * ceiling); /* old and new for a moment */
      assert_true(f.memory.bytes <= ceiling);
      end(&f);
    }
  }
}

/* Sizes near the largest number must not wrap. */
static void enormous_sizes_do_not_fit(void **state) {
  fixture f;
  size_t less;
  (void)state;
  begin(&f, 1000);
  assert_int_equal(append(&f, "abc", 3), 0);
  for (less = 0; less < 20; less++) {
    assert_int_equal(append(&f, "x", SIZE_MAX - less), WSS_ERR_TOO_BIG);
    assert_null(wss__buf_reserve(&f.buf, &f.memory.functions, SIZE_MAX - less));
  }
  expect(&f, "abc");
  assert_int_equal(f.memory.calls, 1);
  end(&f);
}

/* Byte by byte, the allocations are as many as the doublings. */
static void it_grows_by_doubling(void **state) {
  fixture f;
  size_t i;
  (void)state;
  begin(&f, SIZE_MAX);
  for (i = 1; i <= 100000; i++) {
    assert_int_equal(append(&f, "x", 1), 0);
    assert_true(f.memory.bytes <= (i <= 128 ? 256 : 2 * i));
  }
  assert_int_equal(f.memory.calls, 10); /* 256, 512, ... 131072 */
  end(&f);
}

static void one_large_piece_is_one_allocation(void **state) {
  static const uint8_t data[70000];
  fixture f;
  (void)state;
  begin(&f, SIZE_MAX);
  assert_int_equal(append(&f, data, sizeof data), 0);
  assert_int_equal(f.memory.calls, 1);
  assert_true(f.memory.bytes < 2 * sizeof data);
  end(&f);
}

static void reserve_and_commit(void **state) {
  fixture f;
  uint8_t *room;
  (void)state;
  begin(&f, 1000);
  assert_int_equal(append(&f, "ab", 2), 0);
  room = wss__buf_reserve(&f.buf, &f.memory.functions, 100);
  assert_non_null(room);
  memcpy(room, "cde", 3);
  expect(&f, "ab");
  wss__buf_commit(&f.buf, 3);
  expect(&f, "abcde");
  end(&f);
}

/* What was consumed in front makes room behind without an allocation. */
static void the_gap_in_front_is_used_again(void **state) {
  uint8_t data[256];
  fixture f;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof data; i++)
    data[i] = (uint8_t)i;
  begin(&f, 256);
  assert_int_equal(append(&f, data, 256), 0);
  consume(&f, 200);
  assert_int_equal(append(&f, data, 200), 0);
  assert_int_equal(f.memory.calls, 1);
  assert_memory_equal(wss__buf_data(&f.buf), data + 200, 56);
  assert_memory_equal(wss__buf_data(&f.buf) + 56, data, 200);
  end(&f);
}

/* Neither a first, nor a growing, nor a moving allocation that fails. */
/* A full queue, consumed and refilled bit by bit, as a slow reader does it:
   what is moved stays a small multiple of what passes through. */
static void a_sliding_queue_moves_little(void **state) {
  enum { FULL = 10000, PIECE = 10 };
  static const uint8_t data[FULL];
  const uint8_t *before;
  size_t moves = 0;
  fixture f;
  int i;
  (void)state;
  begin(&f, FULL);
  assert_int_equal(append(&f, data, FULL), 0);
  for (i = 0; i < 10000; i++) {
    consume(&f, PIECE);
    before = wss__buf_data(&f.buf);
    assert_int_equal(append(&f, data, PIECE), 0);
    moves += wss__buf_data(&f.buf) != before;
    assert_true(f.memory.bytes <= 2 * FULL);
  }
  assert_in_range(moves, 1, 20);
  end(&f);
}

/* Without memory to slide in, it moves within what it has. */
static void a_sliding_queue_without_memory(void **state) {
  uint8_t data[256];
  fixture f;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof data; i++)
    data[i] = (uint8_t)i;
  begin(&f, 256);
  assert_int_equal(append(&f, data, 256), 0);
  test_allocator_fail(&f.memory, 1, true);
  for (i = 0; i < 256; i++) {
    consume(&f, 1);
    assert_int_equal(append(&f, data + i, 1), 0);
    assert_memory_equal(wss__buf_data(&f.buf), data + i + 1, 255 - i);
    assert_memory_equal(wss__buf_data(&f.buf) + 255 - i, data, i + 1);
  }
  end(&f);
}

static void a_failure_leaves_it_unchanged(void **state) {
  static const uint8_t data[600];
  fixture f;
  (void)state;
  begin(&f, 1000);
  test_allocator_fail(&f.memory, 1, true);
  assert_int_equal(append(&f, "abc", 3), WSS_ERR_NOMEM);
  assert_null(wss__buf_reserve(&f.buf, &f.memory.functions, 3));
  expect(&f, "");
  test_allocator_fail(&f.memory, 2, true);
  assert_int_equal(append(&f, "abcdef", 6), 0);
  assert_int_equal(append(&f, data, 600), WSS_ERR_NOMEM);
  expect(&f, "abcdef");
  consume(&f, 2);
  assert_int_equal(append(&f, data, 600), WSS_ERR_NOMEM);
  expect(&f, "cdef");
  assert_int_equal(append(&f, "g", 1), 0); /* there is room for that */
  expect(&f, "cdefg");
  test_allocator_fail(&f.memory, 0, false);
  assert_int_equal(append(&f, data, 600), 0);
  assert_memory_equal(wss__buf_data(&f.buf), "cdefg\0", 6);
  end(&f);
}

/* Random steps, beside a plain array that does the same. */
static void a_model_agrees(void **state) {
  enum { CEILING = 5000, STEPS = 20000 };
  static uint8_t model[CEILING];
  uint8_t piece[1500];
  size_t have = 0;
  fixture f;
  int step;
  (void)state;
  srandom(20250101);
  begin(&f, CEILING);
  for (step = 0; step < STEPS; step++) {
    size_t size = (size_t)random() % (random() % 4 == 0 ? sizeof piece : 40);
    if (random() % 2 == 0) {
      memset(piece, (int)(random() & 0xff), size);
      if (size > CEILING - have) {
        assert_int_equal(append(&f, piece, size), WSS_ERR_TOO_BIG);
      } else {
        assert_int_equal(append(&f, piece, size), 0);
        memcpy(model + have, piece, size);
        have += size;
      }
    } else if (size <= have) {
      consume(&f, size);
      memmove(model, model + size, have - size);
      have -= size;
    }
    assert_int_equal(f.buf.length, have);
    assert_true(f.memory.bytes <= 2 * CEILING);
    if (have > 0)
      assert_memory_equal(wss__buf_data(&f.buf), model, have);
  }
  end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_memory_before_the_first_byte),
      cmocka_unit_test(appended_and_consumed_in_order),
      cmocka_unit_test(an_empty_buffer_gives_its_memory_back),
      cmocka_unit_test(a_cleared_buffer_keeps_it),
      cmocka_unit_test(the_ceiling_is_reached_and_never_passed),
      cmocka_unit_test(enormous_sizes_do_not_fit),
      cmocka_unit_test(it_grows_by_doubling),
      cmocka_unit_test(one_large_piece_is_one_allocation),
      cmocka_unit_test(reserve_and_commit),
      cmocka_unit_test(the_gap_in_front_is_used_again),
      cmocka_unit_test(a_sliding_queue_moves_little),
      cmocka_unit_test(a_sliding_queue_without_memory),
      cmocka_unit_test(a_failure_leaves_it_unchanged),
      cmocka_unit_test(a_model_agrees),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
