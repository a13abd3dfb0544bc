/* RFC 6455, requirement by requirement: each row of a table is a test of its
   own, whose name begins with the section and says in few words what is
   required of a server, or of a client that a server has to judge. */
#ifndef WSS_TEST_RFC6455_H
#define WSS_TEST_RFC6455_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Bytes that may hold NULs, and how many. */
#define BYTES(literal) literal, sizeof(literal) - 1

/* Runs one test for each row, which it finds in *state; rows begin with their
   name. There are at least so many, and no two of one name. */
static int run_rows(const char *part, const void *rows, size_t row_size,
                    size_t count, size_t least, CMUnitTestFunction run) {
  struct CMUnitTest *tests = calloc(count, sizeof *tests);
  size_t i;
  size_t j;
  int failed;
  if (tests == NULL)
    return 1;
  for (i = 0; i < count; i++) {
    const char *row = (const char *)rows + i * row_size;
    memcpy(&tests[i].name, row, sizeof tests[i].name);
    tests[i].test_func = run;
    tests[i].initial_state = (void *)(uintptr_t)row;
    for (j = 0; j < i; j++) {
      if (strcmp(tests[j].name, tests[i].name) == 0) {
        (void)printf("twice: %s\n", tests[i].name);
        free(tests);
        return 1;
      }
    }
  }
  failed = _cmocka_run_group_tests(part, tests, count, NULL, NULL);
  free(tests);
  (void)printf("RFC 6455, %s: %zu requirements\n", part, count);
  return failed != 0 || count < least ? 1 : 0;
}

#endif
