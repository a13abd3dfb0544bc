/* Client certificates: whom each way of verifying lets in, what the others are
   told, and the options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mbedtls/sha256.h>

#include "support/tls_scene.h"
#include "tls/verify.h"

#define HEX_SIZE (2 * WSS__TLS_PIN_SIZE + 1)

static const mbedtls_ssl_protocol_version versions[] = {V12, V13};

/* As tls_pki, for good. */
static const char *file(const char *name) {
  static char paths[16][512];
  const char *path = tls_pki(name);
  size_t i = 0;
  while (i < COUNT_OF(paths) && paths[i][0] != '\0' &&
         strcmp(paths[i], path) != 0)
    i++;
  assert_true(i < COUNT_OF(paths));
  snprintf(paths[i], sizeof paths[i], "%s", path);
  return paths[i];
}

/* ---- Fingerprints -------------------------------------------------------- */

static void fingerprint(const char *name, char hex[HEX_SIZE]) {
  mbedtls_x509_crt cert;
  uint8_t digest[WSS__TLS_PIN_SIZE];
  mbedtls_x509_crt_init(&cert);
  assert_int_equal(mbedtls_x509_crt_parse_file(&cert, tls_pki(name)), 0);
  assert_int_equal(mbedtls_sha256(cert.raw.p, cert.raw.len, digest, 0), 0);
  for (size_t i = 0; i < sizeof digest; i++)
    snprintf(hex + 2 * i, 3, "%02x", (unsigned)digest[i]);
  mbedtls_x509_crt_free(&cert);
}

/* Those of three clients, and that of peer-rsa with a bit changed. */
static const char *const *pins(void) {
  static const char *const names[] = {"peer-good.pem", "peer-other.pem",
                                      "peer-self.pem", "peer-rsa.pem"};
  static char hex[COUNT_OF(names)][HEX_SIZE];
  static const char *list[COUNT_OF(names) + 1];
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    fingerprint(names[i], hex[i]);
    list[i] = hex[i];
  }
  char *last = &hex[COUNT_OF(names) - 1][HEX_SIZE - 2];
  unsigned value = (unsigned)strtoul(last, NULL, 16) ^ 1;
  snprintf(last, 2, "%x", value);
  return list;
}

/* ---- The table (B12) ----------------------------------------------------- */

enum { OFF, CA, SELF, CA_SELF, PIN, CA_PIN, CRL, NAME, DEPTH, SETTINGS };

static wss_ssl_context setting(int which) {
  wss_ssl_context ssl = {.verify_peer = which != OFF};
  if (which != OFF && which != SELF && which != PIN)
    ssl.cafile = file("peer-ca.pem");
  if (which == OFF || which == SELF || which == CA_SELF)
    ssl.allow_self_signed = true;
  if (which == PIN || which == CA_PIN)
    ssl.peer_fingerprint = pins();
  if (which == CRL)
    ssl.crlfile = file("peer-crl.pem");
  if (which == NAME) {
    ssl.verify_peer_name = true;
    ssl.peer_name = "alice.example.org";
  }
  if (which == DEPTH)
    ssl.verify_depth = 2;
  return ssl;
}

typedef struct client {
  const char *name; /* NULL: none */
  const char *why;  /* in the sentence, where the alert is not access_denied */
  int alerts[SETTINGS]; /* 0: it gets in */
} client;

#define MISSING (-1) /* 116 in TLS 1.3, 40 in TLS 1.2 */

/* RFC 8446 6.2: 42 bad_certificate, 43 unsupported_certificate, 44
   certificate_revoked, 45 certificate_expired, 48 unknown_ca, 49 access_denied.
 */
static const client clients[] = {
    {NULL,
     "the client has sent no certificate",
     {0, MISSING, MISSING, MISSING, MISSING, MISSING, MISSING, MISSING,
      MISSING}},
    {"peer-good", "CN=peer-good)", {0, 0, 48, 0, 0, 0, 0, 49, 0}},
    {"peer-p384", "CN=peer-p384)", {0, 0, 48, 0, 49, 49, 0, 49, 0}},
    {"peer-rsa", "CN=peer-rsa)", {0, 0, 48, 0, 49, 49, 0, 49, 0}},
    {"peer-expired", "", {0, 45, 48, 45, 45, 45, 45, 45, 45}},
    {"peer-future", "", {0, 45, 48, 45, 45, 45, 45, 45, 45}},
    {"peer-other", "", {0, 48, 48, 48, 0, 48, 48, 48, 48}},
    {"peer-self", "it is self-signed", {0, 48, 0, 0, 0, 48, 48, 48, 48}},
    {"peer-server", "", {0, 43, 48, 43, 43, 43, 43, 43, 43}},
    {"peer-rsa1024", "", {0, 43, 48, 43, 43, 43, 43, 43, 43}},
    {"peer-sha1", "", {0, 43, 48, 43, 43, 43, 43, 43, 43}},
    {"peer-p521", "", {0, 43, 48, 43, 43, 43, 43, 43, 43}},
    {"peer-revoked", "", {0, 0, 48, 0, 49, 49, 44, 49, 0}},
    {"peer-chain", "", {0, 0, 48, 0, 49, 49, 0, 49, 0}},
    {"peer-leaf", "", {0, 48, 48, 48, 49, 48, 48, 48, 48}},
    {"peer-three", "", {0, 0, 48, 0, 49, 49, 0, 49, 48}},
    {"peer-deep", "eight CAs", {0, 48, 48, 48, 48, 48, 48, 48, 48}},
    {"peer-names", "", {0, 0, 48, 0, 49, 49, 0, 0, 0}},
    {"peer-nul-san", "", {0, 42, 48, 42, 42, 42, 42, 42, 42}},
    {"peer-tab-san", "", {0, 42, 48, 42, 42, 42, 42, 42, 42}},
};

/* What the sentence says for an alert. */
static const char *reason_of(int alert) {
  switch (alert) {
  case 40:
  case 116:
    return "verify_peer wants one";
  case 42:
    return "control byte";
  case 43:
    return "it ";
  case 44:
    return "was revoked";
  case 45:
    return "it ";
  case 48:
    return "it";
  default:
    return "client certificate refused: ";
  }
}

static void expect_in(tls_pair *pair, int which, const char *name) {
  wss_tls_info info;
  char hex[HEX_SIZE];
  wss__tls_channel_info(pair->channel, &info);
  assert_false(info.resumed);
  assert_int_equal(pair->tickets, 0);
  if (which == OFF) {
    assert_null(info.peer);
    return;
  }
  assert_non_null(info.peer);
  fingerprint(name, hex);
  assert_string_equal(info.peer->fingerprint, hex);
}

static void expect_refused(tls_pair *pair, int alert, const char *why) {
  bool from_peer;
  assert_int_equal(tls_pair_client_alert(pair), alert);
  assert_int_equal(wss__tls_channel_alert(pair->channel, &from_peer), alert);
  assert_false(from_peer);
  assert_non_null(strstr(wss__tls_channel_why(pair->channel), why));
}

static void visit(const client *row, int which,
                  mbedtls_ssl_protocol_version version,
                  wss_record_layer layer) {
  char cert[64];
  char key[64];
  tls_pair pair;
  wss_ssl_context ssl = setting(which);
  tls_pair_options options = {
      .ssl = &ssl, .version = version, .record_layer = layer};
  const char *name = row->name == NULL ? "nobody" : row->name;
  int alert = row->alerts[which];
  if (alert == MISSING)
    alert = version == V13 ? 116 : 40;
  snprintf(cert, sizeof cert, "%s.pem", name);
  snprintf(key, sizeof key, "%s.key", name);
  if (row->name != NULL) {
    options.own_cert = cert;
    options.own_key = key;
  }
  print_message("%s, setting %d, version %x\n", name, which, (unsigned)version);
  tls_pair_open(&pair, &options);
  int result = tls_pair_shake(&pair);
  assert_int_equal(result, alert == 0 ? WSS__TLS_READY : WSS_ERR_PEER_CERT);
  if (alert == 0)
    expect_in(&pair, which, cert);
  else
    expect_refused(&pair, alert, reason_of(alert));
  if (alert != 0 && alert != 49)
    assert_non_null(strstr(wss__tls_channel_why(pair.channel), row->why));
  tls_pair_close(&pair);
}

static void each_client(mbedtls_ssl_protocol_version version,
                        wss_record_layer layer) {
  for (size_t i = 0; i < COUNT_OF(clients); i++) {
    for (int which = 0; which < SETTINGS; which++) {
      /* TLS 1.3 has no signature for it (ecdsa_secp521r1_sha512) that is
         wanted here, so Mbed TLS's client gives up by itself. */
      if (version == V13 && i == 11)
        continue;
      visit(&clients[i], which, version, layer);
    }
  }
}

static void each_client_in_tls_1_2(void **state) {
  (void)state;
  each_client(V12, WSS_RECORD_OWN);
}

static void each_client_in_tls_1_3(void **state) {
  (void)state;
  each_client(V13, WSS_RECORD_OWN);
}

static void each_client_with_mbedtls_records_in_tls_1_2(void **state) {
  (void)state;
  each_client(V12, WSS_RECORD_MBEDTLS);
}

static void each_client_with_mbedtls_records_in_tls_1_3(void **state) {
  (void)state;
  each_client(V13, WSS_RECORD_MBEDTLS);
}

/* ---- Others -------------------------------------------------------------- */

/* The alert that a client gets in each version, 0 if it gets in. */
static int try_with(const wss_ssl_context *ssl, const char *name, char *why) {
  char cert[64];
  char key[64];
  int alerts[2] = {0, 0};
  snprintf(cert, sizeof cert, "%s.pem", name);
  snprintf(key, sizeof key, "%s.key", name);
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_pair pair;
    const tls_pair_options options = {
        .ssl = ssl, .version = versions[v], .own_cert = cert, .own_key = key};
    tls_pair_open(&pair, &options);
    if (tls_pair_shake(&pair) < 0)
      alerts[v] = tls_pair_client_alert(&pair);
    if (why != NULL)
      snprintf(why, WSS__DETAIL_SIZE, "%s", wss__tls_channel_why(pair.channel));
    tls_pair_close(&pair);
  }
  assert_int_equal(alerts[0], alerts[1]);
  return alerts[0];
}

static void revocation_lists(void **state) {
  static const struct {
    const char *list;
    int alert;
    const char *why;
  } rows[] = {{"old-crl.pem", 46, "crlfile's list has expired"},
              {"wrong-crl.pem", 46, "not, or too weakly, signed by its CA"},
              {"peer-crl.pem", 0, ""}};
  char why[WSS__DETAIL_SIZE];
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    const wss_ssl_context ssl = {.verify_peer = true,
                                 .cafile = file("peer-many-ca.pem"),
                                 .crlfile = file(rows[i].list)};
    assert_int_equal(try_with(&ssl, "peer-good", why), rows[i].alert);
    assert_non_null(strstr(why, rows[i].why));
    /* A CA without a list. */
    assert_int_equal(try_with(&ssl, "peer-other", NULL), 0);
  }
}

static void faults_of_cas(void **state) {
  static const struct {
    const char *cafile, *client;
    int alert;
    const char *why;
  } rows[] = {
      {"ca.pem", "peer-chain", 48, "a CA above it is not of a CA"},
      {"peer-old-ca.pem", "peer-of-old", 45, "a CA above it has expired"},
      {"peer-middle.pem", "peer-leaf", 0, ""}, /* trusted without its own CA */
  };
  char why[WSS__DETAIL_SIZE];
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    const wss_ssl_context ssl = {.verify_peer = true,
                                 .cafile = file(rows[i].cafile)};
    assert_int_equal(try_with(&ssl, rows[i].client, why), rows[i].alert);
    assert_non_null(strstr(why, rows[i].why));
  }
}

static void names_of_clients(void **state) {
  static const struct {
    const char *name, *client;
    int alert;
  } rows[] = {
      {"alice.example.org", "peer-names", 0},
      {"ALICE.example.org", "peer-names", 0},
      {"bob.clients.example.org", "peer-names", 0},
      {"a.b.clients.example.org", "peer-names", 49},
      {"clients.example.org", "peer-names", 49},
      {"192.0.2.7", "peer-names", 0},
      {"192.0.2.8", "peer-names", 49},
      {"2001:db8::7", "peer-names", 0},
      {"spiffe://example.org/alice", "peer-names", 0},
      {"spiffe://example.org/bob", "peer-names", 49},
      {"alice", "peer-names", 49}, /* its common name; it has others */
      {"peer-good", "peer-good", 0},
      {"peer-goo", "peer-good", 49},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    const wss_ssl_context ssl = {.verify_peer = true,
                                 .cafile = file("peer-ca.pem"),
                                 .verify_peer_name = true,
                                 .peer_name = rows[i].name};
    if (try_with(&ssl, rows[i].client, NULL) != rows[i].alert)
      fail_msg("%s", rows[i].name);
  }
}

static void depths(void **state) {
  static const struct {
    int depth;
    int alerts[4]; /* of peer-self, -good, -chain and -three */
  } rows[] = {{1, {0, 0, 48, 48}}, {2, {0, 0, 0, 48}}, {3, {0, 0, 0, 48}},
              {4, {0, 0, 0, 0}},   {0, {0, 0, 0, 0}},  {100, {0, 0, 0, 0}}};
  static const char *const names[] = {"peer-self", "peer-good", "peer-chain",
                                      "peer-three"};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    for (size_t j = 0; j < COUNT_OF(names); j++) {
      const wss_ssl_context ssl = {.verify_peer = true,
                                   .allow_self_signed = true,
                                   .cafile = file("peer-ca.pem"),
                                   .verify_depth = rows[i].depth};
      if (try_with(&ssl, names[j], NULL) != rows[i].alerts[j])
        fail_msg("depth %d, %s", rows[i].depth, names[j]);
    }
  }
}

/* Such a certificate is an anchor. */
static void a_self_signed_certificate_in_cafile(void **state) {
  const wss_ssl_context ssl = {.verify_peer = true,
                               .cafile = file("peer-self.pem")};
  (void)state;
  assert_int_equal(try_with(&ssl, "peer-self", NULL), 0);
  assert_int_equal(try_with(&ssl, "peer-good", NULL), 48);
}

/* The key is another's, of the same name. */
static void a_ca_of_the_same_name(void **state) {
  const wss_ssl_context ssl = {.verify_peer = true,
                               .cafile = file("peer-twin.pem")};
  (void)state;
  assert_int_equal(try_with(&ssl, "peer-good", NULL), 48);
}

static void every_place_of_anchors(void **state) {
  char text[8192];
  FILE *stream = fopen(tls_pki("ca.pem"), "rb");
  (void)state;
  assert_non_null(stream);
  size_t size = fread(text, 1, sizeof text, stream);
  assert_int_equal(fclose(stream), 0);
  const wss_ssl_context folder = {.verify_peer = true,
                                  .capath = file("peer-cas")};
  const wss_ssl_context memory = {
      .verify_peer = true, .ca_pem = text, .ca_pem_size = size};
  const wss_ssl_context both = {.verify_peer = true,
                                .cafile = file("peer-ca.pem"),
                                .ca_pem = text,
                                .ca_pem_size = size};
  assert_int_equal(try_with(&folder, "peer-good", NULL), 0);
  assert_int_equal(try_with(&folder, "peer-other", NULL), 0);
  assert_int_equal(try_with(&memory, "peer-good", NULL), 48);
  assert_int_equal(try_with(&memory, "peer-other", NULL), 0);
  assert_int_equal(try_with(&both, "peer-good", NULL), 0);
  assert_int_equal(try_with(&both, "peer-other", NULL), 0);
}

static void strength_by_level(void **state) {
  wss_ssl_context ssl = {
      .verify_peer = true, .cafile = file("peer-ca.pem"), .security_level = 3};
  (void)state;
  assert_int_equal(try_with(&ssl, "peer-good", NULL), 0);
  assert_int_equal(try_with(&ssl, "peer-rsa", NULL), 43);
  ssl.security_level = 2;
  assert_int_equal(try_with(&ssl, "peer-rsa", NULL), 0);
}

/* The client has a certificate, but not its key. */
static void without_the_key(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    const wss_ssl_context ssl = {.verify_peer = true,
                                 .cafile = file("peer-ca.pem")};
    const tls_pair_options options = {.ssl = &ssl,
                                      .version = versions[v],
                                      .own_cert = "peer-good.pem",
                                      .own_key = "other.key"};
    bool from_peer;
    tls_pair pair;
    tls_pair_open(&pair, &options);
    assert_int_equal(tls_pair_shake(&pair), WSS_ERR_TLS);
    assert_int_equal(tls_pair_client_alert(&pair), 51); /* decrypt_error */
    assert_int_equal(wss__tls_channel_alert(pair.channel, &from_peer), 51);
    tls_pair_close(&pair);
  }
}

static void a_certificate_that_comes_byte_by_byte(void **state) {
  static const wss_record_layer layers[] = {WSS_RECORD_OWN, WSS_RECORD_MBEDTLS};
  const wss_ssl_context ssl = {.verify_peer = true,
                               .cafile = file("peer-ca.pem")};
  (void)state;
  for (size_t i = 0; i < 4; i++) {
    tls_pair_options options = {.ssl = &ssl,
                                .version = versions[i / 2],
                                .record_layer = layers[i % 2],
                                .chunk = 1,
                                .own_cert = "peer-chain.pem",
                                .own_key = "peer-chain.key"};
    wss_tls_info info;
    tls_pair pair;
    tls_pair_connect(&pair, &options);
    wss__tls_channel_info(pair.channel, &info);
    assert_string_equal(info.peer->subject, "O=Example, CN=peer-leaf");
    tls_pair_close(&pair);
    options.own_cert = "peer-deep.pem";
    options.own_key = "peer-deep.key";
    tls_pair_open(&pair, &options);
    assert_int_equal(tls_pair_shake(&pair), WSS_ERR_PEER_CERT);
    assert_int_equal(tls_pair_client_alert(&pair), 48);
    tls_pair_close(&pair);
  }
}

/* A program that is told of the end asks whose it was. */
static void who_it_was_is_known_after_a_failure(void **state) {
  static const char record[] = "\x17\x03\x03\x00\x20"
                               "01234567890123456789012345678901";
  const wss_ssl_context ssl = {.verify_peer = true,
                               .cafile = file("peer-ca.pem")};
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    const tls_pair_options options = {.ssl = &ssl,
                                      .version = versions[v],
                                      .own_cert = "peer-good.pem",
                                      .own_key = "peer-good.key"};
    wss_tls_info info;
    tls_pair pair;
    tls_pair_connect(&pair, &options);
    assert_int_equal(tls_pair_feed_bytes(&pair, record, sizeof record - 1),
                     WSS_ERR_TLS);
    wss__tls_channel_info(pair.channel, &info);
    assert_non_null(info.peer);
    assert_string_equal(info.peer->subject, "O=Example, CN=peer-good");
    tls_pair_close(&pair);
  }
}

/* ---- Tickets ------------------------------------------------------------- */

/* Neither are any issued, nor does one of an open listener of the same server
   get in. */
static void tickets_do_not_get_in(void **state) {
  const wss_ssl_context ssl = {.verify_peer = true,
                               .cafile = file("peer-ca.pem")};
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_scene scene;
    tls_pair pair;
    tls_scene_open(&scene, versions[v]);
    tls_scene_first(&scene);
    assert_true(tls_scene_visit(&scene, true));
    scene.options.ssl = &ssl;
    scene.options.session = &scene.session;
    scene.options.save = NULL;
    tls_scene_pair(&scene, &pair);
    assert_int_equal(tls_pair_shake(&pair), WSS_ERR_PEER_CERT);
    tls_pair_close(&pair);
    scene.options.own_cert = "peer-good.pem";
    scene.options.own_key = "peer-good.key";
    assert_false(tls_scene_visit(&scene, true));
    assert_int_equal(scene.tickets, 0);
    scene.options.ssl = NULL;
    assert_true(tls_scene_visit(&scene, true));
    tls_scene_close(&scene);
  }
}

/* ---- Options ------------------------------------------------------------- */

static wss__detail detail;

static int load(const wss_ssl_context *ssl) {
  wss__tls_verify verify;
  wss__findings findings;
  detail.text[0] = '\0';
  wss__tls_verify_init(&verify);
  wss__findings_init(&findings, &wss__default_allocator);
  int error = wss__tls_verify_load(&verify, ssl, 0, &findings,
                                   &wss__default_allocator, &detail);
  wss__tls_verify_free(&verify, &wss__default_allocator);
  assert_int_equal(findings.count, 0);
  wss__findings_free(&findings);
  return error;
}

static void options_that_need_verify_peer(void **state) {
  static const char *const list[] = {"00", NULL};
  static const struct {
    const char *name;
    wss_ssl_context ssl;
  } rows[] = {
      {"cafile ", {.cafile = "x"}},
      {"capath ", {.capath = "x"}},
      {"ca_pem ", {.ca_pem = "x"}},
      {"ca_pem ", {.ca_pem_size = 1}},
      {"crlfile ", {.crlfile = "x"}},
      {"peer_fingerprint ", {.peer_fingerprint = list}},
      {"verify_peer_name ", {.verify_peer_name = true}},
      {"peer_name ", {.peer_name = "x"}},
      {"verify_depth ", {.verify_depth = 1}},
  };
  static const wss_ssl_context silent = {.allow_self_signed = true};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    assert_int_equal(load(&rows[i].ssl), WSS_ERR_INVALID);
    assert_int_equal(strncmp(detail.text, rows[i].name, strlen(rows[i].name)),
                     0);
    assert_non_null(strstr(detail.text, "verify_peer is false"));
  }
  assert_int_equal(load(&silent), 0);
}

static void options_that_are_refused(void **state) {
  static const char *const empty[] = {NULL};
  static char long_name[300];
  const struct {
    wss_ssl_context ssl;
    const char *why;
  } rows[] = {
      {{.verify_peer = true}, "there is nothing to verify client certificates"},
      {{.verify_peer = true, .crlfile = "x", .allow_self_signed = true},
       "crlfile is set, but neither cafile"},
      {{.verify_peer = true, .cafile = "x", .verify_depth = -1},
       "verify_depth is negative"},
      {{.verify_peer = true, .cafile = "x", .peer_name = "x"},
       "verify_peer_name is false"},
      {{.verify_peer = true, .cafile = "x", .verify_peer_name = true},
       "peer_name is missing"},
      {{.verify_peer = true,
        .cafile = "x",
        .verify_peer_name = true,
        .peer_name = ""},
       "peer_name is missing"},
      {{.verify_peer = true,
        .cafile = "x",
        .verify_peer_name = true,
        .peer_name = long_name},
       "longer than 255"},
      {{.verify_peer = true, .peer_fingerprint = empty}, "empty list"},
  };
  (void)state;
  memset(long_name, 'x', sizeof long_name - 1);
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    assert_int_equal(load(&rows[i].ssl), WSS_ERR_INVALID);
    if (strstr(detail.text, rows[i].why) == NULL)
      fail_msg("%s", detail.text);
  }
}

#define SIXTEEN "0123456789abcdef"
#define SIXTEEN_WITH_COLONS "01:23:45:67:89:AB:CD:EF"

static void fingerprints_as_text(void **state) {
  static const struct {
    const char *text, *why; /* NULL: it is one */
  } rows[] = {
      {SIXTEEN SIXTEEN SIXTEEN SIXTEEN, NULL},
      {SIXTEEN_WITH_COLONS ":" SIXTEEN_WITH_COLONS ":" SIXTEEN_WITH_COLONS
                           ":" SIXTEEN_WITH_COLONS,
       NULL},
      {SIXTEEN SIXTEEN, "peer_fingerprint[1] is an MD5 fingerprint"},
      {SIXTEEN SIXTEEN "01234567",
       "peer_fingerprint[1] is a SHA-1 fingerprint"},
      {"", "64 hexadecimal digits"},
      {SIXTEEN SIXTEEN SIXTEEN "0123456789abcdeg", "64 hexadecimal digits"},
      {SIXTEEN SIXTEEN SIXTEEN "0123456789abcde", "64 hexadecimal digits"},
      {SIXTEEN SIXTEEN SIXTEEN SIXTEEN "0", "64 hexadecimal digits"},
      {SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN,
       "64 hexadecimal digits"},
      {SIXTEEN SIXTEEN SIXTEEN "0123456789abcde/", "64 hexadecimal digits"},
      {SIXTEEN SIXTEEN SIXTEEN "0123456789abcde\x80", "64 hexadecimal digits"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    const char *const list[] = {rows[0].text, rows[i].text, NULL};
    const wss_ssl_context ssl = {.verify_peer = true, .peer_fingerprint = list};
    assert_int_equal(load(&ssl), rows[i].why == NULL ? 0 : WSS_ERR_INVALID);
    if (rows[i].why != NULL && strstr(detail.text, rows[i].why) == NULL)
      fail_msg("%s", detail.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_client_in_tls_1_2),
      cmocka_unit_test(each_client_in_tls_1_3),
      cmocka_unit_test(each_client_with_mbedtls_records_in_tls_1_2),
      cmocka_unit_test(each_client_with_mbedtls_records_in_tls_1_3),
      cmocka_unit_test(revocation_lists),
      cmocka_unit_test(faults_of_cas),
      cmocka_unit_test(names_of_clients),
      cmocka_unit_test(depths),
      cmocka_unit_test(a_self_signed_certificate_in_cafile),
      cmocka_unit_test(a_ca_of_the_same_name),
      cmocka_unit_test(every_place_of_anchors),
      cmocka_unit_test(strength_by_level),
      cmocka_unit_test(without_the_key),
      cmocka_unit_test(a_certificate_that_comes_byte_by_byte),
      cmocka_unit_test(who_it_was_is_known_after_a_failure),
      cmocka_unit_test(tickets_do_not_get_in),
      cmocka_unit_test(options_that_need_verify_peer),
      cmocka_unit_test(options_that_are_refused),
      cmocka_unit_test(fingerprints_as_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
