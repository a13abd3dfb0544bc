/* An allocator that counts, fails on demand, moves whatever it reallocates and
   poisons what is not yet or no longer in use. */
#ifndef WSS_TEST_ALLOCATOR_H
#define WSS_TEST_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "wss/wss.h"

typedef struct test_allocator {
  wss_allocator functions; /* what the library is handed */
  size_t calls;            /* of malloc and realloc, the failed ones too */
  size_t failures;
  size_t blocks;  /* not yet freed */
  size_t bytes;   /* in them */
  size_t peak;    /* the most bytes there ever were */
  size_t fail_at; /* the call that fails, counted from 1; 0: none does */
  bool fail_on;   /* every later one too */
} test_allocator;

void test_allocator_init(test_allocator *allocator);

/* Counts calls from 1 again and fails the one numbered at; with on, every
   later one too. 0 fails none. */
void test_allocator_fail(test_allocator *allocator, size_t at, bool on);

/* Starts a new peak at what there is now. */
void test_allocator_mark(test_allocator *allocator);

#endif
