/* The list: its bound, its order, and no memory for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tls/findings.h"

static const wss__tls_file file = {.option = "local_cert", .path = "/x"};

static void keeps_the_most_severe(void **state) {
  wss__findings findings;
  (void)state;
  wss__findings_init(&findings, &wss__default_allocator);
  assert_null(wss__findings_get(&findings, WSS_FINDING_NOTE, 0));
  for (int i = 0; i < WSS__FINDINGS_MAX + 5; i++)
    wss__findings_add(&findings, -i, WSS_FINDING_NOTE, &file, "note %d", i);
  for (int i = 0; i < 3; i++)
    wss__findings_add(&findings, -i, WSS_FINDING_WARNING, &file, "warn %d", i);
  wss__findings_add(&findings, -1, WSS_FINDING_ERROR, &file, "err");
  assert_int_equal(findings.count, WSS__FINDINGS_MAX);
  assert_int_equal(findings.counts[WSS_FINDING_NOTE], WSS__FINDINGS_MAX + 5);
  assert_int_equal(findings.counts[WSS_FINDING_WARNING], 3);
  assert_string_equal(
      wss__findings_get(&findings, WSS_FINDING_ERROR, 0)->message.text,
      "local_cert /x: err");
  assert_non_null(wss__findings_get(&findings, WSS_FINDING_WARNING, 2));
  assert_null(wss__findings_get(&findings, WSS_FINDING_WARNING, 3));
  assert_non_null(
      wss__findings_get(&findings, WSS_FINDING_NOTE, WSS__FINDINGS_MAX - 5));
  assert_null(
      wss__findings_get(&findings, WSS_FINDING_NOTE, WSS__FINDINGS_MAX - 4));
  assert_false(findings.no_memory);
  wss__findings_free(&findings);
}

static void errors_are_there_once(void **state) {
  const wss__detail one = {"one"};
  const wss__detail two = {"two"};
  wss__findings findings;
  (void)state;
  wss__findings_init(&findings, &wss__default_allocator);
  wss__findings_tell(&findings, -1, WSS_FINDING_ERROR, "a", &one);
  wss__findings_tell(&findings, -1, WSS_FINDING_ERROR, "b", &one);
  wss__findings_tell(&findings, -1, WSS_FINDING_ERROR, "b", &two);
  wss__findings_tell(&findings, -2, WSS_FINDING_ERROR, "b", &two);
  assert_int_equal(findings.counts[WSS_FINDING_ERROR], 3);
  assert_string_equal(findings.items[0].option, "a");
  assert_false(findings.no_memory);
  wss__findings_tell(&findings, WSS_ERR_NOMEM, WSS_FINDING_ERROR, "a", &one);
  assert_true(findings.no_memory);
  assert_int_equal(findings.count, 3);
  wss__findings_free(&findings);
}

static void *no_malloc(size_t size, void *user) {
  (void)size;
  (void)user;
  return NULL;
}

static void *no_realloc(void *memory, size_t size, void *user) {
  (void)memory;
  return no_malloc(size, user);
}

static void no_free(void *memory, void *user) {
  (void)user;
  assert_null(memory);
}

static void no_memory(void **state) {
  const wss_allocator none = {no_malloc, no_realloc, no_free, NULL};
  const wss__detail one = {"one"};
  wss__findings findings;
  (void)state;
  wss__findings_init(&findings, &none);
  wss__findings_add(&findings, -1, WSS_FINDING_NOTE, &file, "x");
  assert_true(findings.no_memory);
  wss__findings_tell(&findings, -1, WSS_FINDING_ERROR, "a", &one);
  assert_int_equal(findings.count, 0);
  wss__findings_free(&findings);
}

static void every_code_has_a_remedy(void **state) {
  (void)state;
  for (int code = WSS_ERR_CERT_ROOT; code <= WSS_ERR_CERT_CHAIN; code++)
    assert_string_not_equal(wss__findings_remedy(code),
                            wss__findings_remedy(0));
  assert_non_null(wss__findings_remedy(0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_the_most_severe),
      cmocka_unit_test(errors_are_there_once),
      cmocka_unit_test(no_memory),
      cmocka_unit_test(every_code_has_a_remedy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
