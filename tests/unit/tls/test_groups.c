/* Groups by their names, and lists of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tls/groups.h"
#include "wss/wss.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static wss__detail detail;
static uint16_t ids[WSS__TLS_GROUPS + 1];

static int parse(const char *text, int level) {
  const wss__tls_list list = {.option = "curves", .text = text, .level = level};
  detail.text[0] = '\0';
  memset(ids, 0xff, sizeof ids);
  return wss__tls_groups_parse(&list, ids, &detail);
}

/* Each of them is in Mbed TLS's own configuration, and so in a system's. */
static void lists(void **state) {
  static const struct {
    const char *text;
    int level;
    const char *ids;
  } rows[] = {
      {NULL, 0, "1d 17 "},
      {NULL, 3, "1d 17 "},
      {NULL, 4, "18 19 1e "},
      {NULL, 5, "18 19 1e "},
      {"x25519", 0, "1d "},
      {"X25519", 0, "1d "},
      {"P-256", 0, "17 "},
      {"prime256v1", 0, "17 "},
      {"secp256r1", 0, "17 "},
      {"P-384", 0, "18 "},
      {"secp384r1", 0, "18 "},
      {"P-521", 0, "19 "},
      {"secp521r1", 0, "19 "},
      {"x448", 0, "1e "},
      {"X448", 0, "1e "},
      {"P-384:x25519:secp384r1:P-256", 0, "18 1d 17 "},
      {"P-521, P-384 x448:p-256:x25519", 0, "19 18 1e 17 1d "},
      {"P-384", 5, "18 "},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    char found[64] = "";
    assert_int_equal(parse(rows[i].text, rows[i].level), 0);
    for (const uint16_t *id = ids; *id != 0; id++)
      (void)snprintf(found + strlen(found), sizeof found - strlen(found), "%x ",
                     (unsigned)*id);
    assert_string_equal(found, rows[i].ids);
  }
}

static void lists_that_are_refused(void **state) {
  static const struct {
    const char *text;
    int level;
    const char *why;
  } rows[] = {
      {"", 0, "curves names no group; NULL is the default"},
      {": ,", 0, "curves names no group"},
      {"x25519:P-224", 0,
       "curves: \"P-224\" is no group that libwss has; they are x25519, P-256, "
       "P-384, P-521 and x448"},
      {"X25519MLKEM768", 0, "\"X25519MLKEM768\" is no group"},
      {"ffdhe2048", 0, "\"ffdhe2048\" is no group"},
      {"!P-256", 0, "\"!P-256\" is no group"},
      {"auto", 0, "\"auto\" is no group"},
      {"P-384:x25519", 4,
       "curves: \"x25519\" has 128 bits: security_level wants 192 or more"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    assert_int_equal(parse(rows[i].text, rows[i].level), WSS_ERR_CIPHERS);
    if (strstr(detail.text, rows[i].why) == NULL)
      fail_msg("\"%s\" is not in \"%s\"", rows[i].why, detail.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lists),
      cmocka_unit_test(lists_that_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
