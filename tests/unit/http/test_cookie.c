/* One Cookie line, and what is found in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/cookie.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void found_or_not(void **state) {
  static const struct {
    const char *line;
    const char *name;
    const char *value; /* NULL: not there */
  } rows[] = {
      {"a=1", "a", "1"},
      {"a=1; b=2", "a", "1"},
      {"a=1; b=2", "b", "2"},
      {"a=1;b=2", "b", "2"},
      {" \ta=1\t;\t b=2 ", "a", "1"},
      {" \ta=1\t;\t b=2 ", "b", "2"},
      {"a=", "a", ""},
      {"a=;b=2", "a", ""},
      {"a=1; a=2", "a", "1"},
      {"a=b=c", "a", "b=c"},
      {"a=\"x y\"", "a", "\"x y\""},
      {";;a=1;;", "a", "1"},
      {"ab=1; a=2", "a", "2"},
      {"ba=1", "a", NULL},
      {"a", "a", NULL},
      {"a; b=a=1", "a", NULL},
      {"A=1", "a", NULL},
      {"a =1", "a", NULL},
      {"x=a=1", "a", NULL},
      {"", "a", NULL},
      {";", "a", NULL},
      {"a=1", "abcdefgh", NULL},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    size_t size = 99;
    const char *value = wss__cookie_find(rows[i].line, rows[i].name, &size);
    if ((value == NULL) != (rows[i].value == NULL))
      fail_msg("%s in \"%s\"", rows[i].name, rows[i].line);
    if (value == NULL)
      continue;
    assert_int_equal(size, strlen(rows[i].value));
    assert_memory_equal(value, rows[i].value, size);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(found_or_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
