/* Slices, tokens and lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static wss__slice of(const char *text) {
  return wss__slice_of(text);
}

static void equal(void **state) {
  wss__slice none = {NULL, 0};
  (void)state;
  assert_true(wss__slice_equal(of("abc"), of("abc")));
  assert_false(wss__slice_equal(of("abc"), of("abC")));
  assert_false(wss__slice_equal(of("abc"), of("ab")));
  assert_false(wss__slice_equal(of("ab"), of("abc")));
  assert_true(wss__slice_equal(none, of("")));
  assert_false(wss__slice_equal_nocase(of("abc"), of("ab")));
  assert_true(wss__slice_equal_nocase(none, of("")));
}

/* Each byte against each: only A-Z and a-z fold, by ASCII alone. */
static void case_is_ascii_case(void **state) {
  unsigned a;
  unsigned b;
  (void)state;
  for (a = 0; a < 256; a++) {
    for (b = 0; b < 256; b++) {
      char one[] = {'x', (char)a};
      char other[] = {'X', (char)b};
      bool upper = a >= 'A' && a <= 'Z' && b == a + 32;
      bool under = b >= 'A' && b <= 'Z' && a == b + 32;
      assert_int_equal(
          wss__slice_equal_nocase((wss__slice){one, 2}, (wss__slice){other, 2}),
          a == b || upper || under);
    }
  }
}

static void trimmed_of_blanks(void **state) {
  static const char *const texts[][2] = {
      {"", ""},
      {" ", ""},
      {"\t \t", ""},
      {"a", "a"},
      {" a", "a"},
      {"a\t", "a"},
      {" \ta b\t ", "a b"},
      {"\r\na", "\r\na"},
      {"a\v", "a\v"},
      {"\xa0z", "\xa0z"},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
    assert_true(
        wss__slice_equal(wss__slice_trim(of(texts[i][0])), of(texts[i][1])));
}

static void classes_of_bytes(void **state) {
  static const char tchars[] = "!#$%&'*+-.^_`|~0123456789"
                               "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  unsigned byte;
  (void)state;
  for (byte = 0; byte < 256; byte++) {
    char text[] = {'a', (char)byte, 'z'};
    bool tchar = memchr(tchars, (int)byte, sizeof tchars - 1) != NULL;
    bool field = byte == 9 || (byte >= 32 && byte <= 126) || byte >= 128;
    assert_int_equal(wss__is_tchar((uint8_t)byte), tchar);
    assert_int_equal(wss__is_token((wss__slice){text, 3}), tchar);
    assert_int_equal(wss__is_field_byte((uint8_t)byte), field);
  }
  assert_false(wss__is_token(of("")));
}

static void expect_list(const char *text, const char *const *elements) {
  wss__slice rest = of(text);
  wss__slice element;
  size_t i;
  for (i = 0; elements[i] != NULL; i++) {
    assert_true(wss__list_next(&rest, &element));
    assert_true(wss__slice_equal(element, of(elements[i])));
  }
  assert_false(wss__list_next(&rest, &element));
  assert_int_equal(rest.size, 0);
  assert_false(wss__list_next(&rest, &element));
}

static void elements_of_a_list(void **state) {
  (void)state;
  expect_list("", (const char *const[]){NULL});
  expect_list(" \t", (const char *const[]){NULL});
  expect_list(",", (const char *const[]){NULL});
  expect_list(", ,\t, ,,", (const char *const[]){NULL});
  expect_list("a", (const char *const[]){"a", NULL});
  expect_list("a,b,c", (const char *const[]){"a", "b", "c", NULL});
  expect_list(" a\t,\t b ", (const char *const[]){"a", "b", NULL});
  expect_list(",a,,b,", (const char *const[]){"a", "b", NULL});
  expect_list("a b, \"c", (const char *const[]){"a b", "\"c", NULL});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal),
      cmocka_unit_test(case_is_ascii_case),
      cmocka_unit_test(trimmed_of_blanks),
      cmocka_unit_test(classes_of_bytes),
      cmocka_unit_test(elements_of_a_list),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
