/* X2, S19: set-ups that are broken in one way each, and what is found then:
   that, and nothing else that is a warning or an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/made.h"
#include "support/tls_pair.h"
#include "tls/check.h"
#include "tls/doctor.h"

static char folder[] = "/tmp/wss-doctor-XXXXXX";
static char cert_path[64];
static char key_path[64];

#define MOST 4

/* Files are made of these, or are those of WSS_PKI. */
typedef struct broken {
  const char *name;
  made_cert certs[MOST]; /* until one without a subject */
  made_key key;
  const char *cert_file; /* in place of certs */
  const char *key_file;  /* in place of key; "" for none: in cert_file */
  const char *passphrase;
  unsigned mode; /* of the key: 0600 */
  wss_severity severity;
  int code;         /* 0: nothing that is a warning or an error */
  const char *text; /* in the sentence */
  int note;         /* one that must be among the notes */
} broken;

#define LEAF .subject = "leaf"
#define BY_ROOT .issuer = "root", .signer = MADE_ROOT
#define BY_MIDDLE .issuer = "middle", .signer = MADE_MIDDLE
#define MIDDLE                                                                 \
  {                                                                            \
    .subject = "middle", BY_ROOT, .key = MADE_MIDDLE, .ca = true,              \
    .information = true                                                        \
  }
#define ROOT                                                                   \
  { .subject = "root", BY_ROOT, .key = MADE_ROOT, .ca = true }
#define WARNS(warning) .severity = WSS_FINDING_WARNING, .code = (warning)
#define FAILS(error) .severity = WSS_FINDING_ERROR, .code = (error)

static const broken set_ups[] = {
    /* Sound ones. */
    {"a chain",
     {{LEAF, BY_MIDDLE, .information = true}, MIDDLE},
     .note = WSS_ERR_CERT_NAMES,
     .text = "one of 127.0.0.1, localhost"},
    {"of a private root",
     {{LEAF, BY_ROOT}},
     .note = WSS_ERR_CERT_CHAIN,
     .text = "issued by CN=root, which is all right if"},
    {"self-signed",
     {{LEAF, .issuer = "leaf"}},
     .note = WSS_ERR_CERT_ISSUER,
     .text = "self-signed"},
    {"with its root",
     {{LEAF, BY_MIDDLE}, MIDDLE, ROOT},
     .note = WSS_ERR_CERT_ROOT,
     .text = "the root CN=root"},
    {"read by a group",
     {{LEAF, BY_ROOT}},
     .mode = 0640,
     .note = WSS_ERR_CERT_NAMES},
    {"soon, but it lives for 20 days",
     {{LEAF, BY_ROOT, .from = -10, .days = 20}},
     .note = WSS_ERR_CERT_NAMES},
    {"RSA",
     {{LEAF, BY_ROOT, .key = MADE_RSA2048}},
     .key = MADE_RSA2048,
     .note = WSS_ERR_KEY_COST,
     .text = "RSA of 2048 bits"},
    {"P-384",
     {{LEAF, BY_ROOT, .key = MADE_P384}},
     .key = MADE_P384,
     .note = WSS_ERR_KEY_COST,
     .text = "EC of 384 bits"},
    {"as long as Apple likes",
     {{LEAF, BY_ROOT, .days = 825}},
     .note = WSS_ERR_CERT_NAMES},
    {"two roads to one root",
     {{LEAF, BY_MIDDLE},
      MIDDLE,
      {.subject = "root",
       .issuer = "older",
       .signer = MADE_OTHER,
       .key = MADE_ROOT,
       .ca = true}},
     .note = WSS_ERR_CERT_NAMES},
    /* Warnings. */
    {"no intermediate",
     {{LEAF, BY_MIDDLE, .information = true}},
     WARNS(WSS_ERR_CERT_CHAIN),
     .text = "the intermediate certificate CN=middle is missing"},
    {"another's intermediate",
     {{LEAF, .issuer = "elsewhere", .signer = MADE_OTHER}, MIDDLE},
     WARNS(WSS_ERR_CERT_CHAIN),
     .text = "CN=elsewhere, whose"},
    {"an intermediate with an old key",
     {{LEAF, .issuer = "middle", .signer = MADE_OTHER}, MIDDLE},
     WARNS(WSS_ERR_CERT_CHAIN),
     .text = "another key"},
    {"root before intermediate",
     {{LEAF, BY_MIDDLE}, ROOT, MIDDLE},
     WARNS(WSS_ERR_CERT_ORDER),
     .text = "not in the order"},
    {"one too many",
     {{LEAF, BY_MIDDLE},
      MIDDLE,
      {.subject = "other",
       .issuer = "other",
       .signer = MADE_OTHER,
       .key = MADE_OTHER,
       .ca = true}},
     WARNS(WSS_ERR_CERT_ORDER),
     .text = "3 certificates, of which 2"},
    {"the leaf twice",
     {{LEAF, BY_MIDDLE}, {LEAF, BY_MIDDLE}, MIDDLE},
     WARNS(WSS_ERR_CERT_ORDER)},
    {"no names",
     {{LEAF, BY_ROOT, .no_names = true}},
     WARNS(WSS_ERR_CERT_NAMES),
     .text = "no subjectAltName"},
    {"SHA-1",
     {{LEAF, BY_ROOT, .hash = MBEDTLS_MD_SHA1}},
     WARNS(WSS_ERR_CERT_WEAK),
     .text = "the certificate is signed with SHA-1"},
    {"MD5",
     {{LEAF, .issuer = "root", .signer = MADE_RSA2048, .hash = MBEDTLS_MD_MD5}},
     WARNS(WSS_ERR_CERT_WEAK),
     .text = "MD5"},
    {"SHA-1 above",
     {{LEAF, BY_MIDDLE},
      {.subject = "middle",
       BY_ROOT,
       .key = MADE_MIDDLE,
       .ca = true,
       .hash = MBEDTLS_MD_SHA1}},
     WARNS(WSS_ERR_CERT_WEAK),
     .text = "certificate 2 is signed with SHA-1"},
    {"a weak key above",
     {{LEAF, .issuer = "middle", .signer = MADE_RSA1024},
      {.subject = "middle", BY_ROOT, .key = MADE_RSA1024, .ca = true}},
     WARNS(WSS_ERR_CERT_WEAK),
     .text = "certificate 2 has a key of RSA of 1024"},
    {"expired",
     {{LEAF, BY_ROOT, .from = -100, .days = 90}},
     WARNS(WSS_ERR_CERT_EXPIRED),
     .text = "the certificate expired on "},
    {"expired above",
     {{LEAF, BY_MIDDLE},
      {.subject = "middle",
       BY_ROOT,
       .key = MADE_MIDDLE,
       .ca = true,
       .from = -100,
       .days = 90}},
     WARNS(WSS_ERR_CERT_EXPIRED),
     .text = "certificate 2 expired on "},
    {"not yet valid",
     {{LEAF, BY_ROOT, .from = 10, .days = 90}},
     WARNS(WSS_ERR_CERT_FUTURE),
     .text = "is not valid before "},
    {"expires soon",
     {{LEAF, BY_ROOT, .from = -80, .days = 90}},
     WARNS(WSS_ERR_CERT_EXPIRES),
     .text = "the certificate expires on "},
    {"for three years",
     {{LEAF, BY_ROOT, .days = 1096}},
     WARNS(WSS_ERR_CERT_LIFETIME),
     .text = "valid for 1096 days"},
    {"of a CA",
     {{LEAF, .issuer = "leaf", .ca = true, .names = true}},
     WARNS(WSS_ERR_CERT_PURPOSE),
     .text = "CA:TRUE"},
    {"without a purpose",
     {{LEAF, BY_ROOT, .no_purpose = true}},
     WARNS(WSS_ERR_CERT_PURPOSE),
     .text = "no extended key usage"},
    {"issued by no CA",
     {{LEAF, BY_MIDDLE},
      {.subject = "middle", BY_ROOT, .key = MADE_MIDDLE, .no_ca = true}},
     WARNS(WSS_ERR_CERT_PURPOSE),
     .text = "certificate 2 is no CA's"},
    {"a key for everybody",
     {{LEAF, BY_ROOT}},
     .mode = 0644,
     WARNS(WSS_ERR_KEY_MODE),
     .text = "its mode is 0644"},
    {"a key that everybody may change",
     {{LEAF, BY_ROOT}},
     .mode = 0602,
     WARNS(WSS_ERR_KEY_MODE),
     .text = "its mode is 0602"},
    /* Errors. */
    {"a client's",
     {{LEAF, BY_ROOT, .client = true}},
     FAILS(WSS_ERR_CERT_PURPOSE),
     .text = "lacks serverAuth"},
    {"that cannot sign",
     {{LEAF, BY_ROOT, .no_signing = true}},
     FAILS(WSS_ERR_CERT_PURPOSE),
     .text = "lacks digitalSignature"},
    {"another key",
     {{LEAF, BY_ROOT}},
     .key = MADE_OTHER,
     FAILS(WSS_ERR_KEY_MISMATCH),
     .text = "does not belong to"},
    {"the intermediate first",
     {MIDDLE, {LEAF, BY_MIDDLE}},
     FAILS(WSS_ERR_KEY_MISMATCH),
     .text = "belongs to certificate 2"},
    {"no such certificate", .cert_file = "none.pem", FAILS(WSS_ERR_CERT_READ),
     .text = "No such file"},
    {"no such key",
     {{LEAF, BY_ROOT}},
     .key_file = "none.key",
     FAILS(WSS_ERR_KEY_READ),
     .text = "No such file"},
    {"no certificate", .cert_file = "garbage.pem", FAILS(WSS_ERR_CERT_PARSE),
     .text = "holds no certificate"},
    {"no key",
     {{LEAF, BY_ROOT}},
     .key_file = "garbage.key",
     FAILS(WSS_ERR_KEY_PARSE),
     .text = "holds no private key"},
    {"no key anywhere",
     {{LEAF, BY_ROOT}},
     .key_file = "",
     FAILS(WSS_ERR_KEY_PARSE),
     .text = "local_pk names no other file"},
    {"no passphrase", .cert_file = "server.pem", .key_file = "quick.key",
     FAILS(WSS_ERR_PASSPHRASE), .text = "there is no passphrase"},
    {"a wrong passphrase", .cert_file = "server.pem", .key_file = "quick.key",
     .passphrase = "Secret", FAILS(WSS_ERR_PASSPHRASE), .text = "is wrong"},
    {"RSA of 1024 bits",
     {{LEAF, BY_ROOT, .key = MADE_RSA1024}},
     .key = MADE_RSA1024,
     FAILS(WSS_ERR_KEY_TYPE),
     .text = "RSA of 1024 bits"},
};

static wss_ssl_context made(const broken *set_up) {
  char text[MADE_SIZE] = "";
  wss_ssl_context ssl = {.local_cert = cert_path,
                         .local_pk = key_path,
                         .passphrase = set_up->passphrase};
  for (size_t i = 0; i < MOST && set_up->certs[i].subject != NULL; i++)
    made_append(text, &set_up->certs[i]);
  made_write(cert_path, text, 0644);
  text[0] = '\0';
  made_append_key(text, set_up->key);
  made_write(key_path, text, set_up->mode == 0 ? 0600 : set_up->mode);
  if (set_up->cert_file != NULL)
    ssl.local_cert = tls_pki(set_up->cert_file);
  if (set_up->key_file != NULL)
    ssl.local_pk =
        set_up->key_file[0] == '\0' ? NULL : tls_pki(set_up->key_file);
  return ssl;
}

static void tell_all(const wss__findings *findings) {
  for (size_t i = 0; i < findings->count; i++)
    print_message("  %d %s: %s\n", (int)findings->items[i].severity,
                  wss_err_name(findings->items[i].code),
                  findings->items[i].message.text);
}

static bool has_note(const wss__findings *findings, const broken *set_up) {
  const wss__finding *note;
  for (size_t i = 0; (note = wss__findings_get(findings, WSS_FINDING_NOTE, i));
       i++) {
    if (note->code == set_up->note &&
        (set_up->text == NULL ||
         strstr(note->message.text, set_up->text) != NULL))
      return true;
  }
  return false;
}

static bool as_expected(const wss__findings *findings, const broken *set_up) {
  size_t errors = findings->counts[WSS_FINDING_ERROR];
  size_t warnings = findings->counts[WSS_FINDING_WARNING];
  if (set_up->code == 0)
    return errors + warnings == 0 && has_note(findings, set_up);
  const wss__finding *first = wss__findings_get(findings, set_up->severity, 0);
  return errors + warnings == 1 && first != NULL &&
         first->code == set_up->code &&
         strstr(first->message.text, "local_") == first->message.text &&
         strlen(first->option) > 0 &&
         (set_up->text == NULL ||
          strstr(first->message.text, set_up->text) != NULL);
}

static void each_is_found_and_nothing_else(void **state) {
  size_t wrong = 0;
  (void)state;
  for (size_t i = 0; i < sizeof set_ups / sizeof set_ups[0]; i++) {
    wss_ssl_context ssl = made(&set_ups[i]);
    wss__findings findings;
    wss__findings_init(&findings, &wss__default_allocator);
    assert_int_equal(wss__tls_check(&findings, &ssl, &wss__default_allocator),
                     0);
    if (!as_expected(&findings, &set_ups[i])) {
      print_message("%s:\n", set_ups[i].name);
      tell_all(&findings);
      wrong++;
    }
    wss__findings_free(&findings);
  }
  assert_int_equal(wrong, 0);
}

/* wss_listen says the same, but for notes; and serves unless there is an error.
 */
static void a_listener_is_told_the_same(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof set_ups / sizeof set_ups[0]; i++) {
    const broken *set_up = &set_ups[i];
    wss_ssl_context ssl = made(set_up);
    wss__tls_context *context = NULL;
    wss__tls_secret secret = {.made = false};
    wss__findings findings;
    wss__detail detail;
    wss__findings_init(&findings, &wss__default_allocator);
    int error = wss__tls_context_new(
        &context, &ssl, &secret, &wss__default_allocator, &detail, &findings);
    const wss__finding *first =
        wss__findings_get(&findings, WSS_FINDING_WARNING, 0);
    if (set_up->severity == WSS_FINDING_ERROR) {
      assert_int_equal(error, set_up->code);
      assert_non_null(strstr(detail.text, set_up->text));
    } else {
      assert_int_equal(error, 0);
      assert_int_equal(first == NULL ? 0 : first->code, set_up->code);
    }
    wss__tls_context_unref(context);
    wss__findings_free(&findings);
  }
}

/* One does not hide the other. */
static void a_bad_key_hides_no_expired_certificate(void **state) {
  const broken both = {.certs = {{LEAF, BY_ROOT, .from = -100, .days = 90}},
                       .key = MADE_OTHER,
                       .mode = 0644};
  wss_ssl_context ssl = made(&both);
  wss__findings findings;
  (void)state;
  ssl.verify_peer = false;
  ssl.record_layer = 9;
  wss__findings_init(&findings, &wss__default_allocator);
  assert_int_equal(wss__tls_check(&findings, &ssl, &wss__default_allocator), 0);
  assert_int_equal(findings.counts[WSS_FINDING_ERROR], 2);
  assert_int_equal(wss__findings_get(&findings, WSS_FINDING_ERROR, 0)->code,
                   WSS_ERR_INVALID);
  assert_string_equal(
      wss__findings_get(&findings, WSS_FINDING_ERROR, 0)->option,
      "record_layer");
  assert_int_equal(wss__findings_get(&findings, WSS_FINDING_ERROR, 1)->code,
                   WSS_ERR_KEY_MISMATCH);
  assert_int_equal(findings.counts[WSS_FINDING_WARNING], 2);
  wss__findings_free(&findings);
}

static void dates(void **state) {
  static const struct {
    mbedtls_x509_time date;
    int64_t seconds;
  } table[] = {
      {{1970, 1, 1, 0, 0, 0}, 0},
      {{1999, 12, 31, 23, 59, 59}, 946684799},
      {{2000, 2, 29, 0, 0, 0}, 951782400},
      {{2000, 3, 1, 0, 0, 0}, 951868800},
      {{2038, 1, 19, 3, 14, 8}, INT64_C(2147483648)},
      {{2100, 3, 1, 0, 0, 0}, INT64_C(4107542400)},
      {{9999, 12, 31, 23, 59, 59}, INT64_C(253402300799)},
  };
  (void)state;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    assert_int_equal(wss__doctor_seconds(&table[i].date), table[i].seconds);
  assert_true(wss__doctor_now() > INT64_C(1700000000));
}

/* 14 days and a third of the lifetime, whichever is less, to the second. */
static void soon(void **state) {
  static const struct {
    int64_t days; /* of life */
    int64_t left; /* in seconds */
    bool told;
  } table[] = {{365, 14 * 86400, false},
               {365, 14 * 86400 - 1, true},
               {365, 0, true},
               {6, 2 * 86400, false},
               {6, 2 * 86400 - 1, true}};
  (void)state;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    const made_cert cert = {LEAF, BY_ROOT, .days = (long)table[i].days};
    const wss__tls_file file = {.option = "local_cert", .path = "x"};
    char text[MADE_SIZE] = "";
    mbedtls_x509_crt parsed;
    wss__findings findings;
    made_append(text, &cert);
    mbedtls_x509_crt_init(&parsed);
    assert_int_equal(mbedtls_x509_crt_parse(&parsed, (unsigned char *)text,
                                            strlen(text) + 1),
                     0);
    wss__findings_init(&findings, &wss__default_allocator);
    wss__doctor_certificate(&findings, &parsed, WSS__DOCTOR_LEAF, &file,
                            wss__doctor_seconds(&parsed.valid_to) -
                                table[i].left);
    assert_int_equal(findings.counts[WSS_FINDING_WARNING], table[i].told);
    wss__findings_free(&findings);
    mbedtls_x509_crt_free(&parsed);
  }
}

static void authorities(void **state) {
  const made_cert certs[] = {
      {.subject = "root", BY_ROOT, .key = MADE_ROOT, .ca = true},
      {LEAF, BY_ROOT},
      {.subject = "old",
       BY_ROOT,
       .key = MADE_OTHER,
       .ca = true,
       .from = -100,
       .days = 90}};
  const wss__tls_file file = {.option = "cafile", .path = "x"};
  char text[MADE_SIZE] = "";
  mbedtls_x509_crt parsed;
  wss__findings findings;
  (void)state;
  for (size_t i = 0; i < 3; i++)
    made_append(text, &certs[i]);
  mbedtls_x509_crt_init(&parsed);
  assert_int_equal(
      mbedtls_x509_crt_parse(&parsed, (unsigned char *)text, strlen(text) + 1),
      0);
  wss__findings_init(&findings, &wss__default_allocator);
  wss__doctor_authorities(&findings, &parsed, &file, wss__doctor_now());
  assert_int_equal(findings.count, 2);
  assert_int_equal(findings.items[0].code, WSS_ERR_CERT_PURPOSE);
  assert_non_null(
      strstr(findings.items[0].message.text, "certificate 2 is no"));
  assert_int_equal(findings.items[1].code, WSS_ERR_CERT_EXPIRED);
  assert_non_null(strstr(findings.items[1].message.text, "certificate 3 exp"));
  wss__findings_free(&findings);
  mbedtls_x509_crt_free(&parsed);
}

static int open_folder(void **state) {
  (void)state;
  assert_non_null(mkdtemp(folder));
  (void)snprintf(cert_path, sizeof cert_path, "%s/cert", folder);
  (void)snprintf(key_path, sizeof key_path, "%s/key", folder);
  return 0;
}

static int close_folder(void **state) {
  (void)state;
  made_free();
  return unlink(cert_path) + unlink(key_path) + rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_found_and_nothing_else),
      cmocka_unit_test(a_listener_is_told_the_same),
      cmocka_unit_test(a_bad_key_hides_no_expired_certificate),
      cmocka_unit_test(dates),
      cmocka_unit_test(soon),
      cmocka_unit_test(authorities),
  };
  return cmocka_run_group_tests(tests, open_folder, close_folder);
}
