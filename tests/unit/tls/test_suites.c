/* Cipher suites by their names, and lists of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tls/suites.h"
#include "wss/wss.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static wss__detail detail;
static int ids[WSS__TLS_SUITES + 1];

static int parse(const char *text, bool tls13, int level) {
  const wss__tls_list list = {.option = tls13 ? "ciphersuites" : "ciphers",
                              .text = text,
                              .level = level};
  detail.text[0] = '\0';
  memset(ids, 0xff, sizeof ids);
  return wss__tls_suites_parse(&list, tls13, ids, &detail);
}

/* The numbers in hexadecimal, a space behind each. */
static void expect(const char *text, bool tls13, int level,
                   const char *expected) {
  char found[128] = "";
  int error = parse(text, tls13, level);
  if (error != 0)
    fail_msg("%s: %s", text, detail.text);
  for (const int *id = ids; *id != 0; id++)
    (void)snprintf(found + strlen(found), sizeof found - strlen(found), "%x ",
                   (unsigned)*id);
  if (strcmp(found, expected) != 0)
    fail_msg("%s: %s", text, found);
}

/* IANA's registry, and openssl ciphers -stdname. */
static void every_suite_by_both_names(void **state) {
  static const struct {
    int id;
    bool tls13;
    const char *name, *openssl;
  } rows[] = {
      {0x1301, true, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"},
      {0x1302, true, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"},
      {0x1303, true, "TLS_CHACHA20_POLY1305_SHA256",
       "TLS_CHACHA20_POLY1305_SHA256"},
      {0xc02b, false, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
       "ECDHE-ECDSA-AES128-GCM-SHA256"},
      {0xc02c, false, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
       "ECDHE-ECDSA-AES256-GCM-SHA384"},
      {0xcca9, false, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
       "ECDHE-ECDSA-CHACHA20-POLY1305"},
      {0xc02f, false, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
       "ECDHE-RSA-AES128-GCM-SHA256"},
      {0xc030, false, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
       "ECDHE-RSA-AES256-GCM-SHA384"},
      {0xcca8, false, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
       "ECDHE-RSA-CHACHA20-POLY1305"},
  };
  (void)state;
  assert_int_equal(COUNT_OF(rows), WSS__TLS_SUITES);
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    char id[8];
    (void)snprintf(id, sizeof id, "%x ", (unsigned)rows[i].id);
    expect(rows[i].name, rows[i].tls13, 0, id);
    expect(rows[i].openssl, rows[i].tls13, 0, id);
    const wss__tls_suite *suite = wss__tls_suite_find(rows[i].id);
    assert_non_null(suite);
    assert_string_equal(suite->name, rows[i].name);
    assert_int_equal(suite->tls13, rows[i].tls13);
    assert_int_equal(suite->ecdsa, strstr(rows[i].name, "_ECDSA_") != NULL);
    assert_int_equal(suite->hash == MBEDTLS_MD_SHA384,
                     strstr(rows[i].name, "SHA384") != NULL);
  }
  assert_null(wss__tls_suite_find(0));
  assert_null(wss__tls_suite_find(0xc013));
}

static void lists(void **state) {
  static const struct {
    const char *text;
    bool tls13;
    int level;
    const char *ids;
  } rows[] = {
      {"DEFAULT", false, 0, "c02b c02f c02c c030 cca9 cca8 "},
      {"HIGH", false, 0, "c02b c02f c02c c030 cca9 cca8 "},
      {"high", false, 3, "c02b c02f c02c c030 cca9 cca8 "},
      {"intermediate", false, 0, "c02b c02f c02c c030 cca9 cca8 "},
      {"DEFAULT", true, 0, "1301 1302 1303 "},
      {"DEFAULT", true, 4, "1302 1303 "},
      {"DEFAULT", false, 5, "c02c c030 cca9 cca8 "},
      /* In the order given, each once, what is named first in front. */
      {"ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256", false, 0,
       "cca8 c02f "},
      {"ecdhe-rsa-chacha20-poly1305, ECDHE-RSA-AES128-GCM-SHA256 "
       "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
       false, 0, "cca8 c02f "},
      {"ECDHE-RSA-CHACHA20-POLY1305:DEFAULT", false, 0,
       "cca8 c02b c02f c02c c030 cca9 "},
      {"DEFAULT:HIGH:intermediate:ECDHE-RSA-CHACHA20-POLY1305", false, 0,
       "c02b c02f c02c c030 cca9 cca8 "},
      {":: ,ECDHE-RSA-CHACHA20-POLY1305,: ", false, 0, "cca8 "},
      /* What never was there may be excluded. */
      {"HIGH:!aNULL:!MD5", false, 0, "c02b c02f c02c c030 cca9 cca8 "},
      {"ECDHE-RSA-AES128-GCM-SHA256:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!3DES:!MD5:"
       "!PSK:!DSS:!kRSA:-DHE:!CAMELLIA:!SHA1:!SHA256:!SHA384:!LOW:!MEDIUM",
       false, 0, "c02f "},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++)
    expect(rows[i].text, rows[i].tls13, rows[i].level, rows[i].ids);
}

static void lists_that_are_refused(void **state) {
  static const struct {
    const char *text;
    bool tls13;
    int level;
    const char *why;
  } rows[] = {
      {"", false, 0, "ciphers names no cipher suite; NULL is the default"},
      {" :,", true, 0, "ciphersuites names no cipher suite"},
      {"!aNULL", false, 0, "ciphers names no cipher suite"},
      {"ECDHE-RSA-AES128-GCM-SHA256:AES128-GCM-SHA256", false, 0,
       "ciphers: \"AES128-GCM-SHA256\" is no cipher suite that libwss has"},
      {"DHE-RSA-AES128-GCM-SHA256", false, 0,
       "\"DHE-RSA-AES128-GCM-SHA256\" is no cipher suite"},
      {"ALL", false, 0, "ciphers: \"ALL\" is no cipher suite"},
      {"DEFAULTS", false, 0, "\"DEFAULTS\" is no"},
      {"TLS_AES_128_CCM_SHA256", true, 0,
       "ciphersuites: \"TLS_AES_128_CCM_SHA256\" is no cipher suite"},
      {"DEFAULT:TLS_AES_128_GCM_SHA256", false, 0,
       "ciphers: \"TLS_AES_128_GCM_SHA256\" is a suite of TLS 1.3: it belongs "
       "to ciphersuites"},
      {"ECDHE-RSA-AES128-GCM-SHA256", true, 0,
       "ciphersuites: \"ECDHE-RSA-AES128-GCM-SHA256\" is a suite of TLS 1.2: "
       "it belongs to ciphers"},
      {"modern:DEFAULT", false, 0, "ciphers: \"modern\" stands alone"},
      {"ECDHE+AESGCM", false, 0,
       "ciphers: \"ECDHE+AESGCM\" is of OpenSSL's cipher algebra"},
      {"HIGH:!AES256", false, 0, "\"!AES256\" is of OpenSSL's cipher algebra"},
      {"HIGH:!CHACHA20:!aNULL", false, 0, "\"!CHACHA20\" is of OpenSSL's"},
      {"HIGH:+AES256", false, 0, "\"+AES256\" is of OpenSSL's"},
      {"HIGH:+aNULL", false, 0, "\"+aNULL\" is of OpenSSL's"},
      {"HIGH:@STRENGTH", false, 0, "\"@STRENGTH\" is of OpenSSL's"},
      {"DEFAULT@SECLEVEL=2", false, 0, "\"DEFAULT@SECLEVEL=2\" is no cipher"},
      {"!", false, 0, "\"!\" is of OpenSSL's cipher algebra"},
      {"ECDHE-RSA-AES128-GCM-SHA256", false, 4,
       "ciphers: \"ECDHE-RSA-AES128-GCM-SHA256\" has 128 bits: security_level "
       "wants 256"},
      {"\n\x01", false, 0, "ciphers: \"??\" is no"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    assert_int_equal(parse(rows[i].text, rows[i].tls13, rows[i].level),
                     WSS_ERR_CIPHERS);
    if (strstr(detail.text, rows[i].why) == NULL)
      fail_msg("\"%s\" is not in \"%s\"", rows[i].why, detail.text);
  }
}

static void a_long_name_is_shown_cut(void **state) {
  char text[1000];
  (void)state;
  memset(text, 'a', sizeof text);
  text[sizeof text - 1] = '\0';
  assert_int_equal(parse(text, false, 0), WSS_ERR_CIPHERS);
  assert_memory_equal(detail.text, "ciphers: \"aaaa", 14);
  assert_non_null(strstr(detail.text, "aaaa\" is no cipher suite"));
  assert_non_null(strstr(detail.text, "intermediate"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_suite_by_both_names),
      cmocka_unit_test(lists),
      cmocka_unit_test(lists_that_are_refused),
      cmocka_unit_test(a_long_name_is_shown_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
