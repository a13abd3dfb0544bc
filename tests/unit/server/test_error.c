/* Codes as text: the library's own and libuv's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "wss/wss.h"

static void every_code_has_a_sentence(void **state) {
  static const struct {
    const char *name;
    const char *text;
    int code;
  } ours[] = {
#define ROW(name, code, text) {#name, text, code},
      WSS_ERROR_MAP(ROW)
#undef ROW
  };
  size_t count = sizeof ours / sizeof ours[0];
  size_t i;
  (void)state;
  assert_int_equal(WSS_ERR_INVALID, -8001);
  for (i = 0; i < count; i++) {
    assert_string_equal(wss_strerror(ours[i].code), ours[i].text);
    assert_string_equal(wss_err_name(ours[i].code), ours[i].name);
    /* In order, so that none is there twice. */
    assert_true(i == 0 || ours[i].code < ours[i - 1].code);
  }
}

static void libuv_has_its_own(void **state) {
  (void)state;
#define ROW(name, text)                                                        \
  assert_string_equal(wss_strerror(UV_##name), uv_strerror(UV_##name));        \
  assert_string_equal(wss_err_name(UV_##name), uv_err_name(UV_##name));
  UV_ERRNO_MAP(ROW)
#undef ROW
  assert_string_equal(wss_strerror(UV_EADDRINUSE), "address already in use");
  assert_string_equal(wss_err_name(UV_EADDRINUSE), "EADDRINUSE");
  assert_string_equal(wss_err_name(UV_ECONNRESET), "ECONNRESET");
}

static void success_is_said_too(void **state) {
  (void)state;
  assert_string_equal(wss_strerror(0), "success");
  assert_string_equal(wss_strerror(1), "success");
  assert_string_equal(wss_err_name(0), "OK");
  assert_string_equal(wss_err_name(1), "OK");
}

static void an_unknown_code_is_no_crash(void **state) {
  (void)state;
  assert_string_equal(wss_strerror(-8000), "unknown error");
  assert_string_equal(wss_strerror(INT32_MIN), "unknown error");
  assert_string_equal(wss_err_name(-8999), "unknown");
}

static void the_version(void **state) {
  char expected[32];
  (void)state;
  (void)snprintf(expected, sizeof expected, "%d.%d.%d", WSS_VERSION_MAJOR,
                 WSS_VERSION_MINOR, WSS_VERSION_PATCH);
  assert_string_equal(wss_version(), expected);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_code_has_a_sentence),
      cmocka_unit_test(libuv_has_its_own),
      cmocka_unit_test(success_is_said_too),
      cmocka_unit_test(an_unknown_code_is_no_crash),
      cmocka_unit_test(the_version),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
