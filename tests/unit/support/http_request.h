/* A request fed from text. */
#ifndef WSS_TEST_HTTP_REQUEST_H
#define WSS_TEST_HTTP_REQUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/request.h"
#include "support/allocator.h"

typedef struct test_request {
  test_allocator memory;
  wss__request *request;
  const wss_request *shown; /* once it is complete */
  wss__refusal refusal;
  int result;  /* of the last feed */
  size_t used; /* in all */
} test_request;

void test_request_begin(test_request *it, size_t max_size);
/* Checks that nothing is left of the memory. */
void test_request_end(test_request *it);

/* Feeds a copy, which ends where an unreadable byte begins. */
int test_request_feed(test_request *it, const void *bytes, size_t size);

/* In pieces of that size, until there is a result. */
int test_request_pieces(test_request *it, const void *bytes, size_t size,
                        size_t piece);

/* Begins a request of at most 8 KiB with a whole text. */
int test_request_text(test_request *it, const char *text);

#endif
