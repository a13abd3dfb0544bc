/* Cookies in one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/cookie.h"

static void each(void **state) {
  static const struct {
    const char *line;
    const char *name;
    const char *value; /* NULL: not there */
  } table[] = {
      {"a=1", "a", "1"},
      {"a=1; b=2", "a", "1"},
      {"a=1; b=2", "b", "2"},
      {"a=1;b=2", "b", "2"},
      {"a=1 ;\t b=2 \t", "b", "2"},
      {"a=1; a=2", "a", "1"},
      {"a=", "a", ""},
      {"a=; b", "a", ""},
      {"a=b=c", "a", "b=c"},
      {"a=\"q\"", "a", "\"q\""},
      {"a=1, b=2", "a", "1, b=2"},
      {";;a=1;;", "a", "1"},
      {"ab=1; b=2; xb=3", "b", "2"},
      {"", "a", NULL},
      {"a", "a", NULL},
      {"a; b", "a", NULL},
      {"=1", "a", NULL},
      {"=1", "", "1"},
      {"ab=1", "a", NULL},
      {"ba=1", "a", NULL},
      {"A=1", "a", NULL}, /* case counts */
      {"a =1", "a", NULL},
      {"x=a=1", "a", NULL},
      {"x; ; ;", "a", NULL},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof table / sizeof table[0]; i++) {
    size_t size = 1000;
    const char *value = wss__cookie_find(table[i].line, table[i].name, &size);
    if (table[i].value == NULL) {
      assert_null(value);
      continue;
    }
    assert_non_null(value);
    assert_int_equal(size, strlen(table[i].value));
    assert_memory_equal(value, table[i].value, size);
    assert_in_range((uintptr_t)value, (uintptr_t)table[i].line,
                    (uintptr_t)table[i].line + strlen(table[i].line));
  }
}

/* A line ends where its memory does. */
static void nothing_behind_a_line_is_read(void **state) {
  static const char *const lines[] = {"", "a", "a=1", "a=1; b", "x; "};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    char *line = strdup(lines[i]);
    size_t size;
    assert_non_null(line);
    assert_null(wss__cookie_find(line, "a name that is longer", &size));
    free(line);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each),
      cmocka_unit_test(nothing_behind_a_line_is_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
