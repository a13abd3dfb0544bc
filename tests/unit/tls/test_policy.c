/* The policy: a snapshot, so that each change of it shows as a difference of a
   text, and the kinds of key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_pair.h"
#include "tls/policy.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static wss__tls_policy policy;
static wss__detail detail;
static int warning;

static int read_options(const wss_ssl_context *ssl) {
  detail.text[0] = '\0';
  return wss__tls_policy_init(&policy, ssl, &wss__default_allocator, &detail,
                              &warning);
}

static void forget(void) {
  wss__tls_policy_free(&policy, &wss__default_allocator);
}

static void expect_text(const char *text) {
  if (strstr(detail.text, text) == NULL)
    fail_msg("\"%s\" is not in \"%s\"", text, detail.text);
}

/* ---- As texts ------------------------------------------------------------ */

static void add(char *text, size_t size, const char *format, ...) {
  size_t used = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text + used, size - used, format, arguments);
  va_end(arguments);
  assert_in_range(length, 1, size - used - 1);
}

typedef struct number_name {
  uint16_t number;
  const char *name;
} number_name;

static const number_name group_names[] = {{0x1d, "x25519"}, {0x17, "P-256"},
                                          {0x18, "P-384"},  {0x19, "P-521"},
                                          {0x1e, "x448"},   {0, "unknown"}};

/* RFC 8446 4.2.3. */
static const number_name signature_names[] = {
    {0x0403, "ecdsa_secp256r1_sha256"},
    {0x0503, "ecdsa_secp384r1_sha384"},
    {0x0804, "rsa_pss_rsae_sha256"},
    {0x0805, "rsa_pss_rsae_sha384"},
    {0x0806, "rsa_pss_rsae_sha512"},
    {0x0401, "rsa_pkcs1_sha256"},
    {0x0501, "rsa_pkcs1_sha384"},
    {0x0601, "rsa_pkcs1_sha512"},
    {0, "unknown"}};

static const char *name_of(const number_name *names, uint16_t number) {
  while (names->number != 0 && names->number != number)
    names++;
  return names->name;
}

/* Out of what Mbed TLS was given. */
static void describe(const mbedtls_ssl_config *config, char *text,
                     size_t size) {
  add(text, size, "versions 0x%04x to 0x%04x\n",
      (unsigned)config->MBEDTLS_PRIVATE(min_tls_version),
      (unsigned)config->MBEDTLS_PRIVATE(max_tls_version));
  for (const int *id = config->MBEDTLS_PRIVATE(ciphersuite_list); *id != 0;
       id++)
    add(text, size, "suite 0x%04x %s\n", (unsigned)*id,
        wss__tls_policy_suite(*id));
  add(text, size, "order %s\n",
      config->MBEDTLS_PRIVATE(respect_cli_pref) ==
              MBEDTLS_SSL_SRV_CIPHERSUITE_ORDER_CLIENT
          ? "client"
          : "server");
  for (const uint16_t *id = config->MBEDTLS_PRIVATE(group_list); *id != 0; id++)
    add(text, size, "group 0x%04x %s\n", *id, name_of(group_names, *id));
  for (const uint16_t *id = config->MBEDTLS_PRIVATE(sig_algs); *id != 0; id++)
    add(text, size, "signature 0x%04x %s\n", *id,
        name_of(signature_names, *id));
  for (const char **name = config->MBEDTLS_PRIVATE(alpn_list);
       name != NULL && *name != NULL; name++)
    add(text, size, "alpn %s\n", *name);
}

static void expect_file(const char *path, const char *text) {
  char expected[4096] = "";
  FILE *stream = fopen(path, "r");
  assert_non_null(stream);
  size_t size = fread(expected, 1, sizeof expected - 1, stream);
  fclose(stream);
  assert_in_range(size, 1, sizeof expected - 2);
  assert_string_equal(text, expected);
}

static void apply(const wss_ssl_context *ssl, char *text, size_t size) {
  mbedtls_ssl_config config;
  int error = read_options(ssl);
  if (error != 0)
    fail_msg("%d: %s", error, detail.text);
  assert_int_equal(warning, 0);
  mbedtls_ssl_config_init(&config);
  assert_int_equal(mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_SERVER,
                                               MBEDTLS_SSL_TRANSPORT_STREAM,
                                               MBEDTLS_SSL_PRESET_DEFAULT),
                   0);
  wss__tls_policy_apply(&policy, &config);
  describe(&config, text, size);
  assert_int_equal(config.MBEDTLS_PRIVATE(authmode), MBEDTLS_SSL_VERIFY_NONE);
  assert_int_equal(config.MBEDTLS_PRIVATE(tls13_kex_modes),
                   MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
  mbedtls_ssl_config_free(&config);
  forget();
}

/* The presets and what else has a text of its own: each change of the policy
   shows as a difference of it. tests/wire/test_policy.py sees the same from
   outside. */
static void the_snapshots(void **state) {
  static const struct {
    wss_ssl_context ssl;
    const char *path;
  } rows[] = {
      {{.local_cert = NULL}, "policy-intermediate.txt"},
      {{.ciphers = "intermediate", .ciphersuites = "intermediate"},
       "policy-intermediate.txt"},
      {{.ciphers = "DEFAULT", .ciphersuites = "HIGH:DEFAULT"},
       "policy-intermediate.txt"},
      {{.security_level = 3}, "policy-intermediate.txt"},
      {{.ciphers = "modern"}, "policy-modern.txt"},
      {{.ciphers = "MODERN", .ciphersuites = "Modern"}, "policy-modern.txt"},
      {{.min_proto_version = WSS_TLS_1_3}, "policy-modern.txt"},
      {{.security_level = 4}, "policy-level-4.txt"},
      {{.security_level = 5}, "policy-level-4.txt"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    char text[4096] = "";
    apply(&rows[i].ssl, text, sizeof text);
    expect_file(rows[i].path, text);
  }
}

static void what_a_program_asks_for(void **state) {
  static const char *const protocols[] = {"chat", "http/1.0", NULL};
  const wss_ssl_context ssl = {.ciphers =
                                   "ECDHE-RSA-CHACHA20-POLY1305:"
                                   "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                               .ciphersuites = "TLS_CHACHA20_POLY1305_SHA256",
                               .curves = "secp384r1:X25519",
                               .alpn_protocols = protocols,
                               .honor_cipher_order = WSS_OFF};
  char text[4096] = "";
  (void)state;
  apply(&ssl, text, sizeof text);
  assert_non_null(strstr(text, "alpn chat\nalpn http/1.0\nalpn http/1.1\n"));
  *strstr(text, "signature") = '\0';
  assert_string_equal(
      text, "versions 0x0303 to 0x0304\n"
            "suite 0x1303 TLS_CHACHA20_POLY1305_SHA256\n"
            "suite 0xcca8 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256\n"
            "suite 0xc02c TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\n"
            "order client\n"
            "group 0x0018 P-384\n"
            "group 0x001d x25519\n");
}

/* ---- Options ------------------------------------------------------------- */

static void versions(void **state) {
  static const struct {
    int min, max;
    int error; /* or the warning */
    int from, to;
    const char *text;
  } rows[] = {
      {0, 0, 0, 0x303, 0x304, ""},
      {WSS_TLS_1_2, WSS_TLS_1_2, 0, 0x303, 0x303, ""},
      {0, WSS_TLS_1_2, 0, 0x303, 0x303, ""},
      {WSS_TLS_1_3, 0, 0, 0x304, 0x304, ""},
      {WSS_TLS_1_3, WSS_TLS_1_3, 0, 0x304, 0x304, ""},
      {0x301, 0, WSS_ERR_TLS_VERSION, 0x303, 0x304,
       "min_proto_version is 0x0301: libwss does not speak TLS 1.0; TLS 1.2 is "
       "the least"},
      {0x302, WSS_TLS_1_2, WSS_ERR_TLS_VERSION, 0x303, 0x303, "TLS 1.1"},
      {0x300, 0, WSS_ERR_TLS_VERSION, 0, 0, "min_proto_version is 0x0300: it"},
      {0x305, 0, WSS_ERR_TLS_VERSION, 0, 0, "min_proto_version is 0x0305: it"},
      {-1, 0, WSS_ERR_TLS_VERSION, 0, 0, "min_proto_version is 0xffffffff"},
      {32, 0, WSS_ERR_TLS_VERSION, 0, 0, "WSS_TLS_1_2 or WSS_TLS_1_3"},
      {0, 0x301, WSS_ERR_TLS_VERSION, 0, 0,
       "max_proto_version is 0x0301, a version that libwss does not speak"},
      {0, 0x302, WSS_ERR_TLS_VERSION, 0, 0, "max_proto_version is 0x0302"},
      {0x301, 0x302, WSS_ERR_TLS_VERSION, 0, 0, "max_proto_version is 0x0302"},
      {0, 0x305, WSS_ERR_TLS_VERSION, 0, 0, "max_proto_version is 0x0305"},
      {WSS_TLS_1_3, WSS_TLS_1_2, WSS_ERR_TLS_VERSION, 0, 0,
       "min_proto_version is TLS 1.3 and max_proto_version TLS 1.2: no version "
       "is left"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    const wss_ssl_context ssl = {.min_proto_version = rows[i].min,
                                 .max_proto_version = rows[i].max};
    int error = read_options(&ssl);
    assert_int_equal(error, rows[i].from == 0 ? rows[i].error : 0);
    expect_text(rows[i].text);
    if (error != 0)
      continue;
    assert_int_equal(warning, rows[i].error);
    assert_int_equal(policy.min, rows[i].from);
    assert_int_equal(policy.max, rows[i].to);
    forget();
  }
}

static void modern_and_versions(void **state) {
  const wss_ssl_context least = {.ciphers = "modern",
                                 .min_proto_version = WSS_TLS_1_2};
  const wss_ssl_context most = {.ciphers = "modern",
                                .max_proto_version = WSS_TLS_1_2};
  (void)state;
  assert_int_equal(read_options(&least), 0);
  assert_int_equal(policy.min, MBEDTLS_SSL_VERSION_TLS1_3);
  forget();
  assert_int_equal(read_options(&most), WSS_ERR_TLS_VERSION);
  expect_text("ciphers \"modern\" is TLS 1.3");
}

/* What is written is checked, used or not. */
static void lists_of_a_version_that_is_off(void **state) {
  const wss_ssl_context none = {.ciphers = "AES128-SHA",
                                .min_proto_version = WSS_TLS_1_3};
  const wss_ssl_context other = {.ciphers = "ECDHE-RSA-AES128-GCM-SHA256",
                                 .min_proto_version = WSS_TLS_1_3};
  const wss_ssl_context old = {.ciphersuites = "TLS_AES_256_GCM_SHA384",
                               .max_proto_version = WSS_TLS_1_2};
  (void)state;
  assert_int_equal(read_options(&none), WSS_ERR_CIPHERS);
  assert_int_equal(read_options(&other), 0);
  assert_int_equal(policy.suites[2], 0x1303);
  assert_int_equal(policy.suites[3], 0);
  forget();
  assert_int_equal(read_options(&old), 0);
  assert_int_equal(policy.suites[0], 0xc02b);
  forget();
}

static void numbers_that_are_refused(void **state) {
  static const struct {
    wss_ssl_context ssl;
    const char *text;
  } rows[] = {
      {{.security_level = -1}, "security_level is -1"},
      {{.security_level = 6},
       "security_level is 6: it is a number from 0 to 5"},
      {{.honor_cipher_order = 2}, "honor_cipher_order is 2: it is WSS_ON or"},
      {{.honor_cipher_order = -2}, "honor_cipher_order is -2"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    assert_int_equal(read_options(&rows[i].ssl), WSS_ERR_INVALID);
    expect_text(rows[i].text);
  }
}

static void lists_that_are_refused(void **state) {
  static const struct {
    wss_ssl_context ssl;
    const char *text;
  } rows[] = {
      {{.ciphers = "AES128-SHA"}, "ciphers: \"AES128-SHA\" is no cipher suite"},
      {{.ciphers = "DEFAULT:modern"}, "ciphers: \"modern\" stands alone"},
      {{.ciphersuites = "modern:DEFAULT"}, "ciphersuites: \"modern\" stands"},
      {{.ciphersuites = "x"}, "ciphersuites: \"x\""},
      {{.ciphers = ""}, "ciphers names no cipher suite"},
      {{.ciphersuites = ":"}, "max_proto_version switches TLS 1.3 off"},
      {{.curves = "P-224"}, "curves: \"P-224\" is no group"},
      {{.curves = ""}, "curves names no group"},
      {{.security_level = 4, .curves = "x25519"}, "security_level wants 192"},
      {{.security_level = 4, .ciphersuites = "TLS_AES_128_GCM_SHA256"},
       "security_level wants 256"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    assert_int_equal(read_options(&rows[i].ssl), WSS_ERR_CIPHERS);
    expect_text(rows[i].text);
  }
}

/* ---- ALPN ---------------------------------------------------------------- */

static void expect_protocols(const char *const *list, const char *expected) {
  const wss_ssl_context ssl = {.alpn_protocols = list};
  char text[256] = "";
  assert_int_equal(read_options(&ssl), 0);
  for (const char **name = policy.protocols; name != NULL && *name != NULL;
       name++) {
    for (const char *const *given = list; given != NULL && *given != NULL;
         given++)
      assert_true(*name != *given);
    add(text, sizeof text, "%s ", *name);
  }
  assert_string_equal(text, expected);
  assert_true((policy.protocols == NULL) == (*expected == '\0'));
  forget();
}

static void protocols_are_copied(void **state) {
  static const char *const http[] = {"http/1.1", NULL};
  static const char *const first[] = {"http/1.1", "chat", NULL};
  static const char *const others[] = {"chat", "talk", NULL};
  static const char *const nothing[] = {NULL};
  (void)state;
  expect_protocols(NULL, "http/1.1 ");
  expect_protocols(http, "http/1.1 ");
  expect_protocols(first, "http/1.1 chat ");
  expect_protocols(others, "chat talk http/1.1 ");
  expect_protocols(nothing, "");
}

static void protocols_that_are_too_long(void **state) {
  static char text[257];
  static const char *list[258];
  const wss_ssl_context ssl = {.alpn_protocols = list};
  (void)state;
  memset(text, 'a', 256);
  list[0] = "http/1.1";
  list[1] = text;
  assert_int_equal(read_options(&ssl), WSS_ERR_INVALID);
  expect_text("alpn_protocols: number 2 has 256 bytes");
  text[255] = '\0';
  assert_int_equal(read_options(&ssl), 0);
  forget();
  list[1] = "";
  assert_int_equal(read_options(&ssl), WSS_ERR_INVALID);
  expect_text("alpn_protocols: number 2 has 0 bytes");
  /* 255 times 256 bytes, and 255 of the 9 that "http/1.1" takes. */
  for (size_t i = 0; i < 255; i++)
    list[i] = text;
  list[255] = "http/1.1";
  assert_int_equal(read_options(&ssl), 0);
  forget();
  list[256] = text;
  assert_int_equal(read_options(&ssl), WSS_ERR_INVALID);
  expect_text("alpn_protocols: more than the 65535 bytes");
}

/* ---- Keys and suites ----------------------------------------------------- */

static int check_key(const wss_ssl_context *ssl, const char *name) {
  mbedtls_x509_crt cert;
  mbedtls_x509_crt_init(&cert);
  assert_int_equal(mbedtls_x509_crt_parse_file(&cert, tls_pki(name)), 0);
  assert_int_equal(read_options(ssl), 0);
  int error = wss__tls_policy_check_key(&policy, &cert.pk, &detail);
  forget();
  mbedtls_x509_crt_free(&cert);
  return error;
}

static void keys_and_their_suites(void **state) {
  static const struct {
    wss_ssl_context ssl;
    const char *cert;
    int error;
    const char *text;
  } rows[] = {
      {{.ciphers = NULL}, "server.pem", 0, ""},
      {{.ciphers = NULL}, "rsa2048.pem", 0, ""},
      {{.ciphers = "ECDHE-RSA-AES128-GCM-SHA256"}, "rsa2048.pem", 0, ""},
      {{.ciphers = "ECDHE-RSA-AES128-GCM-SHA256"},
       "server.pem",
       WSS_ERR_CIPHERS,
       "ciphers: no suite is left for the certificate's key, which is EC on "
       "secp256r1; TLS 1.2 needs one of ECDHE-ECDSA"},
      {{.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256",
        .max_proto_version = WSS_TLS_1_2},
       "rsa2048.pem",
       WSS_ERR_CIPHERS,
       "which is RSA of 2048 bits; TLS 1.2 needs one of ECDHE-RSA"},
      {{.ciphers = "ECDHE-RSA-AES128-GCM-SHA256",
        .min_proto_version = WSS_TLS_1_3},
       "server.pem",
       0,
       ""},
      {{.ciphers = "modern"}, "server.pem", 0, ""},
      {{.security_level = 2}, "rsa2048.pem", 0, ""},
      {{.security_level = 3},
       "rsa2048.pem",
       WSS_ERR_KEY_TYPE,
       "security_level 3 wants a key that is EC, or RSA of 3072 bits; the "
       "certificate's is RSA of 2048 bits"},
      {{.security_level = 3}, "server.pem", 0, ""},
      {{.security_level = 4},
       "server.pem",
       WSS_ERR_KEY_TYPE,
       "security_level 4 wants a key that is EC P-384 or RSA of 7680 bits"},
      {{.security_level = 5}, "p384.pem", 0, ""},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    assert_int_equal(check_key(&rows[i].ssl, rows[i].cert), rows[i].error);
    expect_text(rows[i].text);
  }
}

/* Sessions of one policy are not those of another. */
static void the_text_of_a_policy(void **state) {
  static const wss_ssl_context others[] = {
      {.min_proto_version = WSS_TLS_1_3},
      {.max_proto_version = WSS_TLS_1_2},
      {.ciphers = "ECDHE-RSA-AES128-GCM-SHA256"},
      {.ciphers = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"},
      {.ciphers = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"},
      {.ciphersuites = "TLS_AES_128_GCM_SHA256"},
      {.curves = "P-256"},
      {.curves = "P-256:x25519"},
      {.curves = "P-256:x25519:P-384:P-521:x448"},
      {.security_level = 3},
      {.security_level = 4},
      {.honor_cipher_order = WSS_OFF},
      {.ciphers = NULL},
  };
  char texts[COUNT_OF(others)][WSS__TLS_POLICY_TEXT];
  (void)state;
  for (size_t i = 0; i < COUNT_OF(others); i++) {
    assert_int_equal(read_options(&others[i]), 0);
    wss__tls_policy_text(&policy, texts[i]);
    forget();
    for (size_t k = 0; k < i; k++)
      assert_string_not_equal(texts[i], texts[k]);
  }
  assert_string_equal(texts[COUNT_OF(others) - 1],
                      "303-304 l0 s 1301 1302 1303 c02b c02f c02c c030 cca9 "
                      "cca8 g1d g17");
}

static void other_suites_have_no_name(void **state) {
  (void)state;
  assert_string_equal(wss__tls_policy_suite(0), "unknown");
  assert_string_equal(wss__tls_policy_suite(0x002f), "unknown");
}

static void kinds_of_key(void **state) {
  static const struct {
    const char *cert;
    bool fits;
    const char *kind;
  } cases[] = {{"server.pem", true, "EC on secp256r1"},
               {"p384.pem", true, "EC on secp384r1"},
               {"p521.pem", false, "EC on secp521r1"},
               {"rsa2048.pem", true, "RSA of 2048 bits"},
               {"rsa1024.pem", false, "RSA of 1024 bits"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    mbedtls_x509_crt cert;
    char kind[48];
    mbedtls_x509_crt_init(&cert);
    assert_int_equal(mbedtls_x509_crt_parse_file(&cert, tls_pki(cases[i].cert)),
                     0);
    assert_int_equal(wss__tls_policy_key(&cert.pk, kind, sizeof kind),
                     cases[i].fits);
    assert_string_equal(kind, cases[i].kind);
    mbedtls_x509_crt_free(&cert);
  }
}

/* Kinds that no file brings, since Mbed TLS cannot parse them. */
static void kinds_of_key_out_of_files(void **state) {
  mbedtls_pk_context key;
  char kind[48];
  (void)state;
  mbedtls_pk_init(&key);
  assert_int_equal(
      mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
  assert_false(wss__tls_policy_key(&key, kind, sizeof kind));
  assert_string_equal(kind, "EC on another curve");
  mbedtls_pk_free(&key);
  mbedtls_pk_init(&key);
  assert_int_equal(
      mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY_DH)),
      0);
  assert_false(wss__tls_policy_key(&key, kind, sizeof kind));
  assert_string_equal(kind, "of another kind");
  mbedtls_pk_free(&key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_snapshots),
      cmocka_unit_test(what_a_program_asks_for),
      cmocka_unit_test(versions),
      cmocka_unit_test(modern_and_versions),
      cmocka_unit_test(lists_of_a_version_that_is_off),
      cmocka_unit_test(numbers_that_are_refused),
      cmocka_unit_test(lists_that_are_refused),
      cmocka_unit_test(protocols_are_copied),
      cmocka_unit_test(protocols_that_are_too_long),
      cmocka_unit_test(keys_and_their_suites),
      cmocka_unit_test(the_text_of_a_policy),
      cmocka_unit_test(other_suites_have_no_name),
      cmocka_unit_test(kinds_of_key),
      cmocka_unit_test(kinds_of_key_out_of_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
