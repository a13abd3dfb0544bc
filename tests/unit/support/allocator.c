#include "support/allocator.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The memory sanitizer is to take what is poisoned for not initialised. */
#ifdef __has_feature
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define FORGET(memory, size) __msan_allocated_memory(memory, size)
#endif
#endif
#ifndef FORGET
#define FORGET(memory, size) ((void)0)
#endif

#define POISON 0xa5

typedef struct block {
  size_t size;
  max_align_t memory[];
} block;

static bool fails(test_allocator *allocator) {
  bool failed;
  allocator->calls++;
  failed = allocator->fail_at != 0 &&
           (allocator->calls == allocator->fail_at ||
            (allocator->fail_on && allocator->calls > allocator->fail_at));
  if (failed)
    allocator->failures++;
  return failed;
}

static block *block_of(void *memory) {
  return (block *)(void *)((char *)memory - offsetof(block, memory));
}

static void *take(test_allocator *allocator, size_t size) {
  block *fresh = malloc(sizeof *fresh + size);
  if (fresh == NULL)
    return NULL;
  fresh->size = size;
  memset(fresh->memory, POISON, size);
  FORGET(fresh->memory, size);
  allocator->blocks++;
  allocator->bytes += size;
  if (allocator->bytes > allocator->peak)
    allocator->peak = allocator->bytes;
  return fresh->memory;
}

static void give(test_allocator *allocator, block *old) {
  allocator->blocks--;
  allocator->bytes -= old->size;
  memset(old->memory, POISON, old->size);
  free(old);
}

static void *test_malloc(size_t size, void *user) {
  return fails(user) ? NULL : take(user, size);
}

static void *test_realloc(void *memory, size_t size, void *user) {
  block *old;
  void *moved;
  if (fails(user))
    return NULL;
  moved = take(user, size);
  if (memory == NULL || moved == NULL)
    return moved;
  old = block_of(memory);
  memcpy(moved, memory, old->size < size ? old->size : size);
  give(user, old);
  return moved;
}

static void test_free(void *memory, void *user) {
  if (memory != NULL)
    give(user, block_of(memory));
}

void test_allocator_init(test_allocator *allocator) {
  memset(allocator, 0, sizeof *allocator);
  allocator->functions.malloc = test_malloc;
  allocator->functions.realloc = test_realloc;
  allocator->functions.free = test_free;
  allocator->functions.user = allocator;
}

void test_allocator_fail(test_allocator *allocator, size_t at, bool on) {
  allocator->calls = 0;
  allocator->failures = 0;
  allocator->fail_at = at;
  allocator->fail_on = on;
}

void test_allocator_mark(test_allocator *allocator) {
  allocator->peak = allocator->bytes;
}
