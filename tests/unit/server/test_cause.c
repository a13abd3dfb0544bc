/* Why connections end: each cause has a name, words and who began it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/cause.h"

static const wss_cause causes[] = {
#define ENTRY(name, initiator, text) name,
    WSS_CAUSE_MAP(ENTRY)
#undef ENTRY
};
#define CAUSES (sizeof causes / sizeof causes[0])

/* They are numbered from 1 without a gap: programs keep counters of them. */
static void each_is_told_from_the_others(void **state) {
  size_t i;
  size_t j;
  (void)state;
  for (i = 0; i < CAUSES; i++) {
    const char *name = wss_cause_name(causes[i]);
    const char *text = wss__cause_text(causes[i]);
    assert_int_equal(causes[i], i + 1);
    assert_int_equal(strncmp(name, "WSS_CAUSE_", 10), 0);
    assert_in_range(strlen(text), 5, 80);
    for (j = 0; j < i; j++) {
      assert_string_not_equal(name, wss_cause_name(causes[j]));
      assert_string_not_equal(text, wss__cause_text(causes[j]));
    }
  }
}

static void some_of_each_initiator(void **state) {
  (void)state;
  assert_string_equal(wss_cause_name(WSS_CAUSE_PEER_FIN), "WSS_CAUSE_PEER_FIN");
  assert_int_equal(wss__cause_initiator(WSS_CAUSE_PEER_FIN), WSS_BY_PEER);
  assert_int_equal(wss__cause_initiator(WSS_CAUSE_TLS_ALERT), WSS_BY_PEER);
  assert_int_equal(wss__cause_initiator(WSS_CAUSE_REFUSED), WSS_BY_APP);
  assert_int_equal(wss__cause_initiator(WSS_CAUSE_GRACE_PASSED), WSS_BY_APP);
  assert_int_equal(wss__cause_initiator(WSS_CAUSE_TLS), WSS_BY_LIBRARY);
  assert_int_equal(wss__cause_initiator(WSS_CAUSE_UTF8), WSS_BY_LIBRARY);
}

/* None, and numbers that a newer library may know. */
static void what_is_no_cause(void **state) {
  static const int none[] = {WSS_CAUSE_NONE, -1, (int)CAUSES + 1, 1 << 20};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof none / sizeof none[0]; i++) {
    assert_string_equal(wss_cause_name((wss_cause)none[i]), "WSS_CAUSE_NONE");
    assert_string_equal(wss__cause_text((wss_cause)none[i]),
                        "no reason is known");
    assert_int_equal(wss__cause_initiator((wss_cause)none[i]), WSS_BY_LIBRARY);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_told_from_the_others),
      cmocka_unit_test(some_of_each_initiator),
      cmocka_unit_test(what_is_no_cause),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
