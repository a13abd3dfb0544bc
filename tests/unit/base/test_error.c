/* Errors as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "base/error.h"
#include "wss/wss.h"

static void every_code_has_name_and_text(void **state) {
  static const struct {
    int code;
    const char *name;
    const char *text;
  } all[] = {
#define ENTRY(name, code, text) {code, #name, text},
      WSS_ERROR_MAP(ENTRY)
#undef ENTRY
  };
  size_t count = sizeof all / sizeof all[0];
  size_t i;
  (void)state;
  for (i = 0; i < count; i++) {
    assert_string_equal(wss__error_name(all[i].code), all[i].name);
    assert_string_equal(wss__error_text(all[i].code), all[i].text);
    /* None twice; some numbers are free. */
    assert_true(i == 0 || all[i].code < all[i - 1].code);
  }
  assert_int_equal(all[0].code, -8001);
  assert_null(wss__error_text(all[count - 1].code - 1));
}

static void other_codes_have_none(void **state) {
  static const int others[] = {0, 1, -1, -98, -4095, -8000, INT32_MIN};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_null(wss__error_text(others[i]));
    assert_null(wss__error_name(others[i]));
  }
}

static void a_sentence_as_printf_writes_it(void **state) {
  wss__detail detail;
  (void)state;
  wss__detail_set(&detail, "%s: %d of %zu", "file", -3, (size_t)7);
  assert_string_equal(detail.text, "file: -3 of 7");
  wss__detail_set(&detail, "%s", "");
  assert_string_equal(detail.text, "");
}

static void a_long_sentence_is_cut(void **state) {
  wss__detail detail;
  char text[2 * WSS__DETAIL_SIZE];
  size_t size;
  (void)state;
  for (size = 0; size < sizeof text; size++) {
    size_t kept = size < WSS__DETAIL_SIZE ? size : WSS__DETAIL_SIZE - 1;
    memset(text, 'x', size);
    text[size] = '\0';
    wss__detail_set(&detail, "%s", text);
    assert_int_equal(strlen(detail.text), kept);
    assert_memory_equal(detail.text, text, kept);
  }
}

/* Of all bytes, the control bytes become '?', UTF-8 stays. */
static void no_log_line_can_be_forged(void **state) {
  unsigned byte;
  (void)state;
  for (byte = 1; byte < 256; byte++) {
    char text[] = "a?b";
    wss__detail detail;
    char expected = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    text[1] = (char)byte;
    wss__detail_set(&detail, "%s", text);
    text[1] = expected;
    assert_string_equal(detail.text, text);
  }
}

/* What printf cannot write is no sentence. */
static void a_sentence_that_fails_is_empty(void **state) {
  wss__detail detail;
  (void)state;
  wss__detail_set(&detail, "%lc", (wint_t)0x7fffffff);
  assert_string_equal(detail.text, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_code_has_name_and_text),
      cmocka_unit_test(other_codes_have_none),
      cmocka_unit_test(a_sentence_as_printf_writes_it),
      cmocka_unit_test(a_long_sentence_is_cut),
      cmocka_unit_test(a_sentence_that_fails_is_empty),
      cmocka_unit_test(no_log_line_can_be_forged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
