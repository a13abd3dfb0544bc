/* Resumption: when a ticket is issued and accepted, and that one which is not
   costs no more than a full handshake. Mbed TLS's client at the other end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/layer_cases.h"
#include "tls/config.h"

#define V12 MBEDTLS_SSL_VERSION_TLS1_2
#define V13 MBEDTLS_SSL_VERSION_TLS1_3
#define PERIOD WSS__TLS_TICKET_PERIOD
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* The start of a period. */
#define START ((int64_t)PERIOD * 40000)

static const mbedtls_ssl_protocol_version versions[] = {V12, V13};
static const wss_record_layer layers[] = {WSS_RECORD_OWN, WSS_RECORD_MBEDTLS};

static int64_t now; /* in seconds */

static mbedtls_ms_time_t clock_of_the_test(void) {
  return now * 1000;
}

/* A server, and a client with what it got from it. */
typedef struct tls_scene {
  wss__tls_secret secret;
  mbedtls_ssl_session session;
  tls_pair_options options;
  wss__tls_context *listener; /* NULL: a new one for each visit */
  const char *policy;         /* NULL: as the listener's */
  size_t verified;            /* certificates that the client has looked at */
  size_t tickets;             /* that it was given on the last visit */
} tls_scene;

static void scene_open(tls_scene *scene, mbedtls_ssl_protocol_version version) {
  memset(scene, 0, sizeof *scene);
  mbedtls_ssl_session_init(&scene->session);
  scene->options.version = version;
  now = START;
}

static void scene_close(tls_scene *scene) {
  mbedtls_ssl_session_free(&scene->session);
}

static int looks_at_certificate(void *scene_, mbedtls_x509_crt *certificate,
                                int depth, uint32_t *flags) {
  tls_scene *scene = scene_;
  (void)certificate;
  (void)flags;
  scene->verified += depth == 0;
  return 0;
}

static void open_pair(tls_scene *scene, tls_pair *pair) {
  tls_pair_open(pair, &scene->options);
  if (scene->listener != NULL) {
    wss__tls_channel_free(pair->channel);
    wss__tls_context_unref(pair->context);
    pair->context = wss__tls_context_ref(scene->listener);
    assert_int_equal(wss__tls_channel_new(&pair->channel, pair->context,
                                          pair->options.allocator),
                     0);
  }
  wss__tls_context *context = pair->context;
  wss__tls_tickets *tickets = &context->tickets;
  tickets->now = clock_of_the_test;
  if (scene->policy == NULL)
    return;
  wss__tls_tickets_free(tickets);
  wss__tls_tickets_init(tickets);
  tickets->now = clock_of_the_test;
  assert_int_equal(wss__tls_tickets_start(tickets, scene->options.secret,
                                          scene->policy, &context->key),
                   0);
}

static void talk(tls_pair *pair) {
  for (uint8_t sent = 0; sent < 3; sent++) {
    uint8_t byte;
    tls_pair_client_write(pair, &sent, 1);
    assert_int_equal(tls_pair_feed(pair), WSS__TLS_WANT);
    assert_int_equal(wss__buf_data(&pair->received)[sent], sent);
    layer_write(pair, &sent, 1);
    assert_int_equal(tls_pair_client_read(pair, &byte, 1), 1);
    assert_int_equal(byte, sent);
  }
}

/* A new listener and one connection, with the ticket if offer says so. Returns
   whether it was resumed; both ends have to agree about that. */
static bool visit(tls_scene *scene, bool offer) {
  wss_tls_info info;
  tls_pair pair;
  size_t verified = scene->verified;
  mbedtls_ssl_session got;
  mbedtls_ssl_session_init(&got);
  if (scene->options.secret == NULL)
    scene->options.secret = &scene->secret;
  scene->options.session = offer ? &scene->session : NULL;
  scene->options.save = &got;
  open_pair(scene, &pair);
  mbedtls_ssl_conf_verify(&pair.config, looks_at_certificate, scene);
  assert_int_equal(tls_pair_shake(&pair), WSS__TLS_READY);
  wss__tls_channel_info(pair.channel, &info);
  assert_int_equal(info.resumed, scene->verified == verified);
  scene->tickets = pair.tickets;
  talk(&pair);
  tls_pair_close(&pair);
  if (scene->tickets == 0) {
    mbedtls_ssl_session_free(&got);
  } else {
    mbedtls_ssl_session_free(&scene->session);
    scene->session = got;
  }
  return info.resumed;
}

static void first_visit(tls_scene *scene) {
  assert_false(visit(scene, false));
  assert_int_equal(scene->tickets, 1);
}

/* ---- Accepted ------------------------------------------------------------ */

static void a_ticket_resumes_on_both_layers(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    for (size_t l = 0; l < COUNT_OF(layers); l++) {
      for (size_t chunk = 0; chunk < 3; chunk++) {
        tls_scene scene;
        scene_open(&scene, versions[v]);
        scene.options.record_layer = layers[l];
        scene.options.chunk = chunk;
        first_visit(&scene);
        for (size_t i = 0; i < 3; i++) {
          assert_true(visit(&scene, true));
          /* TLS 1.2: Mbed TLS leaves the client the one that it has. */
          assert_int_equal(scene.tickets, versions[v] == V13);
        }
        scene_close(&scene);
      }
    }
  }
}

static void a_hundred_in_a_row(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_scene scene;
    scene_open(&scene, versions[v]);
    first_visit(&scene);
    for (size_t i = 0; i < 100; i++)
      assert_true(visit(&scene, true));
    scene_close(&scene);
  }
}

static void every_suite_resumes(void **state) {
  static const struct {
    mbedtls_ssl_protocol_version version;
    int suite;
    const char *cert, *key;
  } rows[] = {
      {V13, MBEDTLS_TLS1_3_AES_128_GCM_SHA256, NULL, NULL},
      {V13, MBEDTLS_TLS1_3_AES_256_GCM_SHA384, NULL, NULL},
      {V13, MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, NULL, NULL},
      {V12, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, NULL, NULL},
      {V12, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, NULL, NULL},
      {V12, MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, NULL, NULL},
      {V12, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "rsa2048.pem",
       "rsa2048.key"},
      {V12, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "rsa2048.pem",
       "rsa2048.key"},
      {V12, MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "rsa2048.pem",
       "rsa2048.key"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    const int suites[] = {rows[i].suite, 0};
    tls_scene scene;
    scene_open(&scene, rows[i].version);
    scene.options.suites = suites;
    scene.options.cert = rows[i].cert;
    scene.options.key = rows[i].key;
    first_visit(&scene);
    assert_true(visit(&scene, true));
    scene_close(&scene);
  }
}

/* TLS 1.2 cannot: its session has a suite, and that goes with a kind of key. */
static void another_kind_of_certificate(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_scene scene;
    scene_open(&scene, versions[v]);
    first_visit(&scene);
    scene.options.cert = "rsa2048.pem";
    scene.options.key = "rsa2048.key";
    assert_int_equal(visit(&scene, true), versions[v] == V13);
    scene_close(&scene);
  }
}

/* ---- Keys ---------------------------------------------------------------- */

/* A ticket that is issued at one moment and comes at another. */
static void keys_rotate(void **state) {
  static const struct {
    int64_t issued, comes;
    bool accepted;
  } rows[] = {
      {START, START + PERIOD - 1, true},
      {START, START + PERIOD, true},
      {START, START + 2 * PERIOD - 1, true},
      {START, START + 2 * PERIOD, false},
      {START + PERIOD - 1, START + PERIOD, true},
      {START + PERIOD - 1, START + 2 * PERIOD - 1, true},
      {START + PERIOD - 1, START + 2 * PERIOD, false},
      {START, START + 20 * PERIOD, false},
      {0, 0, true}, /* right after the start of the machine */
      {0, PERIOD, true},
      {0, START, false},
  };
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
      tls_scene scene;
      scene_open(&scene, versions[v]);
      now = rows[i].issued;
      first_visit(&scene);
      now = rows[i].comes;
      if (visit(&scene, true) != rows[i].accepted)
        fail_msg("row %zu", i);
      scene_close(&scene);
    }
  }
}

/* A listener that lives on changes its keys by itself. */
static void one_listener_through_the_periods(void **state) {
  static const struct {
    int64_t later;
    bool accepted;
  } rows[] = {
      {0, true},           {3600, true},   {-1800, true},       {PERIOD, true},
      {2 * PERIOD, false}, {PERIOD, true}, {5 * PERIOD, false}, {0, true}};
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_scene scene;
    tls_pair first;
    scene_open(&scene, versions[v]);
    tls_pair_open(&first, &scene.options);
    first.context->tickets.now = clock_of_the_test;
    scene.listener = first.context;
    first_visit(&scene);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
      now += rows[i].later;
      if (visit(&scene, true) != rows[i].accepted)
        fail_msg("row %zu", i);
    }
    tls_pair_close(&first);
    scene_close(&scene);
  }
}

/* Whoever reads the server's memory finds nothing of keys that are out of use:
   neither what they were derived from, nor where a ratchet could have begun. */
static void old_secrets_are_gone(void **state) {
  static const int64_t later[] = {0, 1, PERIOD, 2 * PERIOD, 9 * PERIOD};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(later); i++) {
    uint8_t before[WSS__TLS_SECRET_SIZE];
    tls_scene scene;
    scene_open(&scene, V13);
    first_visit(&scene);
    memcpy(before, scene.secret.bytes, sizeof before);
    now += later[i];
    (void)visit(&scene, true);
    assert_int_equal(memcmp(before, scene.secret.bytes, sizeof before) == 0,
                     later[i] < PERIOD);
    assert_int_equal(scene.secret.period, (uint64_t)now / PERIOD);
    scene_close(&scene);
  }
}

/* ---- Refused ------------------------------------------------------------- */

static void a_ticket_does_not_cross_policies(void **state) {
  static const char *const crossings[][2] = {
      {NULL, "verify"},
      {"verify", NULL},
      {"verify", "verify ca.pem"},
      {"verify ca.pem", "verify"},
      {"verify", ""},
  };
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    for (size_t i = 0; i < COUNT_OF(crossings); i++) {
      tls_scene scene;
      scene_open(&scene, versions[v]);
      scene.policy = crossings[i][0];
      first_visit(&scene);
      assert_true(visit(&scene, true));
      scene.policy = crossings[i][1];
      assert_false(visit(&scene, true));
      assert_int_equal(scene.tickets, 1);
      scene_close(&scene);
    }
  }
}

static void a_ticket_of_another_server(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    wss__tls_secret other = {.made = false};
    tls_scene scene;
    scene_open(&scene, versions[v]);
    first_visit(&scene);
    scene.options.secret = &other;
    assert_false(visit(&scene, true));
    assert_memory_not_equal(other.bytes, scene.secret.bytes,
                            sizeof other.bytes);
    scene_close(&scene);
  }
}

static void no_ticket_issues_and_accepts_none(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_scene scene;
    scene_open(&scene, versions[v]);
    first_visit(&scene);
    scene.options.no_ticket = true;
    assert_false(visit(&scene, true));
    assert_int_equal(scene.tickets, 0);
    scene.options.no_ticket = false;
    assert_true(visit(&scene, true));
    scene_close(&scene);
  }
}

/* The client offers a changed copy of its ticket: a full handshake. */
static void offer_changed(tls_scene *scene, size_t at, uint8_t bit,
                          size_t size) {
  mbedtls_ssl_session *session = &scene->session;
  size_t whole = session->MBEDTLS_PRIVATE(ticket_len);
  uint8_t *ticket = session->MBEDTLS_PRIVATE(ticket);
  uint8_t *kept = malloc(whole);
  assert_non_null(kept);
  memcpy(kept, ticket, whole);
  ticket[at] ^= bit;
  session->MBEDTLS_PRIVATE(ticket_len) = size;
  tls_pair pair;
  wss_tls_info info;
  scene->options.session = session;
  scene->options.save = NULL;
  open_pair(scene, &pair);
  assert_int_equal(tls_pair_shake(&pair), WSS__TLS_READY);
  wss__tls_channel_info(pair.channel, &info);
  if (info.resumed)
    fail_msg("byte %zu, %zu bytes", at, size);
  tls_pair_close(&pair);
  memcpy(ticket, kept, whole);
  session->MBEDTLS_PRIVATE(ticket_len) = whole;
  free(kept);
}

static void every_byte_changed_and_every_length(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_scene scene;
    scene_open(&scene, versions[v]);
    first_visit(&scene);
    size_t size = scene.session.MBEDTLS_PRIVATE(ticket_len);
    for (size_t at = 0; at < size; at++)
      offer_changed(&scene, at, (uint8_t)(1 << at % 8), size);
    for (size_t cut = 1; cut < size; cut++)
      offer_changed(&scene, 0, 0, cut);
    assert_true(visit(&scene, true));
    scene_close(&scene);
  }
}

/* Mbed TLS itself would resume with a master secret of zeros. */
static void a_ticket_of_the_other_version(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_scene scene;
    mbedtls_ssl_session other;
    scene_open(&scene, versions[1 - v]);
    first_visit(&scene);
    other = scene.session;
    mbedtls_ssl_session_init(&scene.session);
    scene.options.version = versions[v];
    first_visit(&scene);
    mbedtls_ssl_session *session = &scene.session;
    unsigned char *ticket = session->MBEDTLS_PRIVATE(ticket);
    size_t size = session->MBEDTLS_PRIVATE(ticket_len);
    session->MBEDTLS_PRIVATE(ticket) = other.MBEDTLS_PRIVATE(ticket);
    session->MBEDTLS_PRIVATE(ticket_len) = other.MBEDTLS_PRIVATE(ticket_len);
    offer_changed(&scene, 0, 0, session->MBEDTLS_PRIVATE(ticket_len));
    session->MBEDTLS_PRIVATE(ticket) = ticket;
    session->MBEDTLS_PRIVATE(ticket_len) = size;
    mbedtls_ssl_session_free(&other);
    scene_close(&scene);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_ticket_resumes_on_both_layers),
      cmocka_unit_test(a_hundred_in_a_row),
      cmocka_unit_test(every_suite_resumes),
      cmocka_unit_test(another_kind_of_certificate),
      cmocka_unit_test(keys_rotate),
      cmocka_unit_test(one_listener_through_the_periods),
      cmocka_unit_test(old_secrets_are_gone),
      cmocka_unit_test(a_ticket_does_not_cross_policies),
      cmocka_unit_test(a_ticket_of_another_server),
      cmocka_unit_test(no_ticket_issues_and_accepts_none),
      cmocka_unit_test(every_byte_changed_and_every_length),
      cmocka_unit_test(a_ticket_of_the_other_version),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
