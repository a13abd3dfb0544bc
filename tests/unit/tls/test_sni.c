/* Certificates of other names: the table, and what each client is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <psa/crypto.h>

#include "support/allocator.h"
#include "support/tls_scene.h"
#include "tls/handshake.h"
#include "tls/sni.h"

static wss__detail detail;
static wss__findings findings = {.allocator = &wss__default_allocator};

static int load(wss__tls_sni *sni, const wss_sni_cert *certs, size_t count) {
  wss__findings_free(&findings);
  wss__findings_init(&findings, &wss__default_allocator);
  memset(sni, 0, sizeof *sni);
  detail.text[0] = '\0';
  return wss__tls_sni_load(sni, certs, count, &findings,
                           &wss__default_allocator, &detail);
}

static wss_sni_cert cert_for(const char *host, const char *name) {
  char cert[64];
  char key[64];
  snprintf(cert, sizeof cert, "%s.pem", name);
  snprintf(key, sizeof key, "%s.key", name);
  return (wss_sni_cert){
      .host = host, .local_cert = tls_pki(cert), .local_pk = tls_pki(key)};
}

/* ---- Names --------------------------------------------------------------- */

static void names_in_one_form(void **state) {
  static const struct {
    const char *name, *host; /* NULL: refused */
  } rows[] = {{"a.org", "a.org"},  {"A.ORG", "a.org"}, {"a.org.", "a.org"},
              {"a", "a"},          {"a..", "a."},      {".", "."},
              {"", NULL},          {"a b", NULL},      {"a\x7f", NULL},
              {"a\xc3\xa4", NULL}, {"@[`{", "@[`{"},   {"Zz-9_", "zz-9_"}};
  char host[WSS__TLS_HOST_SIZE];
  char name[257];
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    bool taken =
        wss__tls_sni_canonical(host, rows[i].name, strlen(rows[i].name));
    if (taken != (rows[i].host != NULL) ||
        (taken && strcmp(host, rows[i].host) != 0))
      fail_msg("row %zu", i);
  }
  assert_false(wss__tls_sni_canonical(host, "a\0b", 3));
  memset(name, 'x', sizeof name);
  assert_true(wss__tls_sni_canonical(host, name, 255));
  assert_int_equal(strlen(host), 255);
  assert_false(wss__tls_sni_canonical(host, name, 256));
  name[255] = '.';
  assert_true(wss__tls_sni_canonical(host, name, 256));
}

static void which_entry_a_name_has(void **state) {
  static const struct {
    const char *name;
    int entry; /* -1: none */
  } rows[] = {
      {"a.example.org", 0},   {"b.example.org", 2},      {"example.org", 3},
      {"c.example.org", 1},   {"x-y.example.org", 1},    {"*.example.org", 1},
      {".example.org", -1},   {"a.b.example.org", -1},   {"org", -1},
      {"example.com", -1},    {"xexample.org", -1},      {"a.example.or", -1},
      {"d.b.example.org", 4}, {"a.example.organic", -1}, {"", -1}};
  const wss_sni_cert certs[] = {
      cert_for("A.example.org.", "sni-a"),
      cert_for("*.Example.org", "sni-wild"), cert_for("b.example.org", "sni-b"),
      cert_for("example.org", "server"), cert_for("d.b.example.org", "server")};
  const wss__tls_identity *loaded[COUNT_OF(certs)];
  wss__tls_sni sni;
  (void)state;
  assert_int_equal(load(&sni, certs, COUNT_OF(certs)), 0);
  for (size_t i = 0; i < sni.count; i++)
    loaded[sni.names[i].number] = sni.names[i].identity;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    const wss__tls_identity *found = wss__tls_sni_find(&sni, rows[i].name);
    if (found != (rows[i].entry < 0 ? NULL : loaded[rows[i].entry]))
      fail_msg("%s", rows[i].name);
  }
  wss__tls_sni_free(&sni, &wss__default_allocator);
  assert_null(wss__tls_sni_find(&sni, "a.example.org"));
  wss__findings_free(&findings);
}

static void a_long_name_has_its_wildcard(void **state) {
  char name[WSS__TLS_HOST_SIZE];
  const wss_sni_cert cert = cert_for("*.example.org", "sni-wild");
  wss__tls_sni sni;
  (void)state;
  assert_int_equal(load(&sni, &cert, 1), 0);
  memset(name, 'x', sizeof name);
  memcpy(name + sizeof name - 13, ".example.org", 13);
  assert_int_equal(strlen(name), WSS__TLS_HOST_SIZE - 1);
  assert_ptr_equal(wss__tls_sni_find(&sni, name), sni.names[0].identity);
  wss__tls_sni_free(&sni, &wss__default_allocator);
}

static void hosts_that_are_none(void **state) {
  static const char *const hosts[][2] = {
      {NULL, "SNI_server_certs[1] (): host is missing"},
      {"", "SNI_server_certs[1] (): host is missing"},
      {"https://a.org", "SNI_server_certs[1] (https://a.org): host is no host "
                        "name (it has no scheme, port or path)"},
      {"a.org:443", "SNI_server_certs[1] (a.org:443): host is no host name (it "
                    "has no scheme, port or path)"},
      {"b\xc3\xbc.org", NULL},
      {"a..org", NULL},
      {".a.org", NULL},
      {"a.org..", NULL},
      {".", NULL},
      {"*", NULL},
      {"*.", NULL},
      {"*..org", NULL},
      {"a*.org", NULL},
      {"a.*.org", NULL},
      {"*.*.org", "SNI_server_certs[1] (*.*.org): * stands for the whole first "
                  "label of a host name only, as in *.example.org"},
      {"a b", NULL},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(hosts); i++) {
    const wss_sni_cert certs[] = {cert_for("a.example.org", "sni-a"),
                                  cert_for(hosts[i][0], "sni-b")};
    wss__tls_sni sni;
    if (load(&sni, certs, 2) != WSS_ERR_INVALID)
      fail_msg("%s", hosts[i][0]);
    assert_memory_equal(detail.text, "SNI_server_certs[1] (", 21);
    if (hosts[i][1] != NULL)
      assert_string_equal(detail.text, hosts[i][1]);
    wss__tls_sni_free(&sni, &wss__default_allocator);
  }
  wss__findings_free(&findings);
}

static void a_host_stands_once(void **state) {
  wss_sni_cert certs[] = {
      cert_for("z.example.org", "sni-wild"), cert_for("b.example.org", "sni-b"),
      cert_for("a.example.org", "sni-a"), cert_for("B.Example.org.", "sni-b")};
  wss__tls_sni sni;
  (void)state;
  assert_int_equal(load(&sni, certs, COUNT_OF(certs)), WSS_ERR_INVALID);
  assert_string_equal(detail.text, "SNI_server_certs[3] (b.example.org): "
                                   "SNI_server_certs[1] has the same host");
  wss__tls_sni_free(&sni, &wss__default_allocator);
  certs[3].host = "*.example.org";
  assert_int_equal(load(&sni, certs, COUNT_OF(certs)), 0);
  wss__tls_sni_free(&sni, &wss__default_allocator);
  wss__findings_free(&findings);
}

static void an_entry_that_cannot_be_loaded_is_named(void **state) {
  static const char host[] =
      "a-name-of-more-than-forty-characters-which-is-cut.example.org";
  wss_sni_cert certs[] = {cert_for("a.example.org", "sni-a"),
                          cert_for(host, "sni-b")};
  wss__tls_sni sni;
  (void)state;
  certs[1].local_pk = "/none.key";
  assert_int_equal(load(&sni, certs, 2), WSS_ERR_KEY_READ);
  assert_string_equal(
      detail.text, "SNI_server_certs[1] (a-name-of-more-than-forty-characters"
                   "-whi...): local_pk /none.key: No such file or "
                   "directory");
  wss__tls_sni_free(&sni, &wss__default_allocator);
  certs[1].reserved[0] = 1;
  assert_int_equal(load(&sni, certs, 2), WSS_ERR_ABI);
  wss__tls_sni_free(&sni, &wss__default_allocator);
  assert_int_equal(load(&sni, NULL, 1), WSS_ERR_INVALID);
  assert_int_equal(load(&sni, certs, 0), WSS_ERR_INVALID);
  assert_string_equal(detail.text, "SNI_server_certs does not have as many "
                                   "entries as SNI_server_cert_count says");
  assert_int_equal(load(&sni, certs, SIZE_MAX / 2), WSS_ERR_INVALID);
  assert_int_equal(load(&sni, NULL, 0), 0);
  assert_int_equal(findings.counts[WSS_FINDING_WARNING], 0);
}

static void a_passphrase_is_an_entrys_own(void **state) {
  wss_sni_cert cert = cert_for("a.example.org", "sni-a");
  wss__tls_sni sni;
  (void)state;
  cert.local_pk = tls_pki("sni-encrypted.key");
  assert_int_equal(load(&sni, &cert, 1), WSS_ERR_PASSPHRASE);
  wss__tls_sni_free(&sni, &wss__default_allocator);
  cert.passphrase = "secret";
  assert_int_equal(load(&sni, &cert, 1), 0);
  wss__tls_sni_free(&sni, &wss__default_allocator);
}

static void warnings_of_each_entry(void **state) {
  const wss_sni_cert certs[] = {
      cert_for("b.example.org", "expired"), cert_for("a.example.org", "sni-a"),
      cert_for("localhost", "future"), cert_for("*.example.org", "sni-a")};
  static const struct {
    int error;
    const char *text;
  } expected[] = {
      {WSS_ERR_CERT_EXPIRED,
       "SNI_server_certs[0] (b.example.org): local_cert "},
      {WSS_ERR_CERT_NAME,
       "SNI_server_certs[0] (b.example.org): the certificate is not for this "
       "name, clients will refuse it; it is served all the same"},
      {WSS_ERR_CERT_FUTURE, "SNI_server_certs[2] (localhost): local_cert "},
      {WSS_ERR_CERT_NAME, "SNI_server_certs[3] (*.example.org): the "},
  };
  wss__tls_sni sni;
  (void)state;
  assert_int_equal(load(&sni, certs, COUNT_OF(certs)), 0);
  for (size_t i = 0; i < COUNT_OF(expected); i++) {
    const wss__finding *one =
        wss__findings_get(&findings, WSS_FINDING_WARNING, i);
    assert_non_null(one);
    assert_int_equal(one->code, expected[i].error);
    assert_string_equal(one->option, "SNI_server_certs");
    assert_memory_equal(one->message.text, expected[i].text,
                        strlen(expected[i].text));
  }
  assert_int_equal(findings.counts[WSS_FINDING_WARNING], COUNT_OF(expected));
  wss__tls_sni_free(&sni, &wss__default_allocator);
  wss__findings_free(&findings);
}

static void no_memory_at_any_point(void **state) {
  const wss_sni_cert certs[] = {cert_for("b.example.org", "expired"),
                                cert_for("a.example.org", "sni-a")};
  int error = WSS_ERR_NOMEM;
  (void)state;
  for (size_t at = 1; error != 0; at++) {
    wss__tls_sni sni = {NULL, 0};
    test_allocator memory;
    assert_true(at < 30);
    test_allocator_init(&memory);
    test_allocator_fail(&memory, at, false);
    detail.text[0] = '\0';
    wss__findings_init(&findings, &memory.functions);
    error = wss__tls_sni_load(&sni, certs, 2, &findings, &memory.functions,
                              &detail);
    assert_true(error == 0 || error == WSS_ERR_NOMEM);
    assert_true(error == 0 || detail.text[0] == '\0');
    wss__tls_sni_free(&sni, &memory.functions);
    wss__findings_free(&findings);
    wss__findings_init(&findings, &wss__default_allocator);
    assert_int_equal(memory.blocks, 0);
  }
}

/* ---- Handshakes ---------------------------------------------------------- */

static const mbedtls_ssl_protocol_version versions[] = {V12, V13};

static wss_sni_cert table[4];

static void four_names(wss_ssl_context *ssl) {
  table[0] = cert_for("a.example.org", "sni-a");
  table[1] = cert_for("b.example.org", "sni-b");
  table[2] = cert_for("c.example.org", "sni-c");
  table[3] = cert_for("*.example.org", "sni-wild");
  ssl->SNI_server_certs = table;
  ssl->SNI_server_cert_count = COUNT_OF(table);
}

static void four_names_switched_off(wss_ssl_context *ssl) {
  four_names(ssl);
  table[2].local_cert = "/none.pem";
  ssl->SNI_enabled = WSS_OFF;
}

/* Shakes hands and expects the leaf of a file. */
static void expect_shown(const tls_pair_options *options, const char *name) {
  mbedtls_x509_crt expected;
  wss_tls_info info;
  tls_pair pair;
  tls_pair_open(&pair, options);
  mbedtls_ssl_conf_authmode(&pair.config, MBEDTLS_SSL_VERIFY_OPTIONAL);
  assert_int_equal(tls_pair_shake(&pair), WSS__TLS_READY);
  const mbedtls_x509_crt *shown = mbedtls_ssl_get_peer_cert(&pair.client);
  assert_non_null(shown);
  mbedtls_x509_crt_init(&expected);
  assert_int_equal(mbedtls_x509_crt_parse_file(&expected, tls_pki(name)), 0);
  if (shown->raw.len != expected.raw.len ||
      memcmp(shown->raw.p, expected.raw.p, expected.raw.len) != 0)
    fail_msg("\"%s\" was not shown %s", options->server_name, name);
  mbedtls_x509_crt_free(&expected);
  wss__tls_channel_info(pair.channel, &info);
  if (options->server_name[0] == '\0')
    assert_null(info.server_name);
  else
    assert_string_equal(info.server_name, options->server_name);
  tls_pair_close(&pair);
}

static const struct {
  const char *name, *cert;
} shown[] = {
    {"a.example.org", "sni-a.pem"},    {"b.example.org", "sni-b.pem"},
    {"C.Example.ORG", "sni-c.pem"},    {"a.example.org.", "sni-a.pem"},
    {"d.example.org", "sni-wild.pem"}, {"e.d.example.org", "server.pem"},
    {"localhost", "server.pem"},       {"", "server.pem"},
};

static void each_name_is_shown_its_certificate(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
      tls_pair_options options = {.version = versions[v],
                                  .server_name = shown[i].name,
                                  .change = four_names};
      expect_shown(&options, shown[i].cert);
      options.record_layer = WSS_RECORD_MBEDTLS;
      expect_shown(&options, shown[i].cert);
      options.change = four_names_switched_off;
      expect_shown(&options, "server.pem");
    }
  }
}

/* The client offers a key share of a group that the server does not take, so it
   is asked for its ClientHello again. */
static void a_client_hello_that_comes_twice(void **state) {
  static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
                                    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                    MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(shown); i++) {
    const tls_pair_options options = {.version = V13,
                                      .groups = groups,
                                      .server_name = shown[i].name,
                                      .change = four_names};
    expect_shown(&options, shown[i].cert);
  }
}

/* The second time with another name. */
static void the_name_does_not_change(void **state) {
  static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
                                    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                    MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
  const tls_pair_options options = {.version = V13,
                                    .groups = groups,
                                    .server_name = "a.example.org",
                                    .change = four_names};
  tls_pair pair;
  (void)state;
  tls_pair_open(&pair, &options);
  (void)mbedtls_ssl_handshake(&pair.client);
  assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
  pair.client.MBEDTLS_PRIVATE(hostname)[0] = 'b';
  (void)mbedtls_ssl_handshake(&pair.client);
  assert_int_equal(tls_pair_feed(&pair), WSS_ERR_TLS);
  assert_int_equal(tls_pair_client_alert(&pair),
                   MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME);
  tls_pair_close(&pair);
}

/* A suite of TLS 1.2 is of one kind of key, so it tells which one was taken. */
static void a_suite_fits_the_names_key(void **state) {
  static const int rsa[] = {MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 0};
  tls_pair_options options = {.version = V12,
                              .suites = rsa,
                              .server_name = "b.example.org",
                              .change = four_names};
  tls_pair pair;
  (void)state;
  expect_shown(&options, "sni-b.pem");
  options.server_name = "a.example.org";
  tls_pair_open(&pair, &options);
  assert_int_equal(tls_pair_shake(&pair), WSS_ERR_TLS);
  tls_pair_close(&pair);
}

/* ---- on_sni (the rest is in tests/sim/test_sni.c) ------------------------ */

static size_t asked;

static int refuses(wss_server *server, const char *name,
                   wss_identity **identity, void *user) {
  assert_null(server);
  assert_string_equal(name, "a.example.org");
  assert_null(*identity);
  assert_null(user);
  asked++;
  return WSS_REFUSE;
}

/* A ticket of TLS 1.2 may stand before the name, and asks for it first. */
static void a_refusal_is_kept(void **state) {
  wss__tls_secret secret = {.made = false};
  wss_ssl_context ssl = {.local_cert = tls_pki("combined.pem"),
                         .on_sni = refuses};
  wss__tls_context *context;
  wss__tls_engine *engine;
  (void)state;
  for (int enabled = WSS_OFF; enabled <= WSS_ON; enabled++) {
    ssl.SNI_enabled = enabled;
    asked = 0;
    wss__findings_free(&findings);
    assert_int_equal(wss__tls_context_new(&context, &ssl, &secret,
                                          &wss__default_allocator, &detail,
                                          &findings),
                     0);
    assert_int_equal(
        wss__tls_engine_new(&engine, &context->config, &wss__default_allocator),
        0);
    engine->context = context;
    for (int i = 0; i < 2; i++)
      assert_true((wss__tls_handshake_identity(engine, "A.example.org", 13) ==
                   NULL) == (enabled != WSS_OFF));
    assert_int_equal(asked, enabled != WSS_OFF);
    wss__tls_engine_free(engine);
    wss__tls_context_unref(context);
  }
}

/* ---- Resumption ---------------------------------------------------------- */

static void a_ticket_resumes_under_its_name(void **state) {
  static const char *const names[] = {"a.example.org", "b.example.org",
                                      "c.example.org", "d.example.org",
                                      "localhost",     ""};
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    for (size_t i = 0; i < COUNT_OF(names); i++) {
      tls_scene scene;
      tls_scene_open(&scene, versions[v]);
      scene.options.change = four_names;
      scene.options.server_name = names[i];
      tls_scene_first(&scene);
      assert_true(tls_scene_visit(&scene, true));
      scene.options.server_name = names[(i + 1) % COUNT_OF(names)];
      if (tls_scene_visit(&scene, true))
        fail_msg("a ticket of \"%s\" under \"%s\"", names[i],
                 scene.options.server_name);
      assert_true(tls_scene_visit(&scene, true));
      tls_scene_close(&scene);
    }
  }
}

static void b_with_an_ecdsa_key(wss_ssl_context *ssl) {
  four_names(ssl);
  table[1].local_cert = tls_pki("sni-a.pem");
  table[1].local_pk = tls_pki("sni-a.key");
}

/* TLS 1.2: the session's suite is of the key that the name had. */
static void a_name_that_has_another_kind_of_key_since(void **state) {
  tls_scene scene;
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_scene_open(&scene, versions[v]);
    scene.options.server_name = "b.example.org";
    scene.options.change = four_names;
    tls_scene_first(&scene);
    scene.options.change = b_with_an_ecdsa_key;
    assert_int_equal(tls_scene_visit(&scene, true), versions[v] == V13);
    tls_scene_close(&scene);
  }
}

static int forget(void **state) {
  (void)state;
  wss__findings_free(&findings);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_in_one_form),
      cmocka_unit_test(which_entry_a_name_has),
      cmocka_unit_test(a_long_name_has_its_wildcard),
      cmocka_unit_test(hosts_that_are_none),
      cmocka_unit_test(a_host_stands_once),
      cmocka_unit_test(an_entry_that_cannot_be_loaded_is_named),
      cmocka_unit_test(a_passphrase_is_an_entrys_own),
      cmocka_unit_test(warnings_of_each_entry),
      cmocka_unit_test(no_memory_at_any_point),
      cmocka_unit_test(each_name_is_shown_its_certificate),
      cmocka_unit_test(a_client_hello_that_comes_twice),
      cmocka_unit_test(the_name_does_not_change),
      cmocka_unit_test(a_suite_fits_the_names_key),
      cmocka_unit_test(a_refusal_is_kept),
      cmocka_unit_test(a_ticket_resumes_under_its_name),
      cmocka_unit_test(a_name_that_has_another_kind_of_key_since),
  };
  if (psa_crypto_init() != PSA_SUCCESS)
    return 1;
  return cmocka_run_group_tests(tests, NULL, forget);
}
