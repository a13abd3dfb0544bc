/* Resumption: when a ticket is issued and accepted, how its keys change, and
   when it expires. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_scene.h"

static const mbedtls_ssl_protocol_version versions[] = {V12, V13};
static const wss_record_layer layers[] = {WSS_RECORD_OWN, WSS_RECORD_MBEDTLS};

/* ---- Accepted ------------------------------------------------------------ */

static void a_ticket_resumes_on_both_layers(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    for (size_t l = 0; l < COUNT_OF(layers); l++) {
      for (size_t chunk = 0; chunk < 3; chunk++) {
        tls_scene scene;
        tls_scene_open(&scene, versions[v]);
        scene.options.record_layer = layers[l];
        scene.options.chunk = chunk;
        tls_scene_first(&scene);
        for (size_t i = 0; i < 3; i++) {
          assert_true(tls_scene_visit(&scene, true));
          /* TLS 1.2: Mbed TLS leaves the client the one that it has. */
          assert_int_equal(scene.tickets, versions[v] == V13);
        }
        tls_scene_close(&scene);
      }
    }
  }
}

static void a_hundred_in_a_row(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_scene scene;
    tls_scene_open(&scene, versions[v]);
    tls_scene_first(&scene);
    for (size_t i = 0; i < 100; i++)
      assert_true(tls_scene_visit(&scene, true));
    tls_scene_close(&scene);
  }
}

static void every_suite_resumes(void **state) {
  (void)state;
  for (size_t i = 0; i < TLS_PAIR_SUITES; i++) {
    const tls_pair_suite *row = &tls_pair_suites[i];
    const int suites[] = {row->suite, 0};
    tls_scene scene;
    tls_scene_open(&scene, row->version);
    scene.options.suites = suites;
    scene.options.cert = row->cert;
    scene.options.key = row->key;
    tls_scene_first(&scene);
    assert_true(tls_scene_visit(&scene, true));
    tls_scene_close(&scene);
  }
}

/* TLS 1.2 cannot: its session has a suite, and that goes with a kind of key. */
static void another_kind_of_certificate(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_scene scene;
    tls_scene_open(&scene, versions[v]);
    tls_scene_first(&scene);
    scene.options.cert = "rsa2048.pem";
    scene.options.key = "rsa2048.key";
    assert_int_equal(tls_scene_visit(&scene, true), versions[v] == V13);
    tls_scene_close(&scene);
  }
}

/* ---- Keys ---------------------------------------------------------------- */

/* A ticket that is issued at one moment and comes at another. */
static void keys_rotate(void **state) {
  static const struct {
    int64_t issued, comes;
    bool accepted;
  } rows[] = {
      {TLS_SCENE_START, TLS_SCENE_START + PERIOD - 1, true},
      {TLS_SCENE_START, TLS_SCENE_START + PERIOD, true},
      {TLS_SCENE_START, TLS_SCENE_START + 2 * PERIOD - 1, true},
      {TLS_SCENE_START, TLS_SCENE_START + 2 * PERIOD, false},
      {TLS_SCENE_START + PERIOD - 1, TLS_SCENE_START + PERIOD, true},
      {TLS_SCENE_START + PERIOD - 1, TLS_SCENE_START + 2 * PERIOD - 1, true},
      {TLS_SCENE_START + PERIOD - 1, TLS_SCENE_START + 2 * PERIOD, false},
      {TLS_SCENE_START, TLS_SCENE_START + 20 * PERIOD, false},
      {0, 0, true}, /* right after the start of the machine */
      {0, PERIOD, true},
      {0, TLS_SCENE_START, false},
  };
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
      tls_scene scene;
      tls_scene_open(&scene, versions[v]);
      tls_scene_now = rows[i].issued;
      tls_scene_first(&scene);
      tls_scene_now = rows[i].comes;
      if (tls_scene_visit(&scene, true) != rows[i].accepted)
        fail_msg("row %zu", i);
      tls_scene_close(&scene);
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
    tls_scene_open(&scene, versions[v]);
    tls_pair_open(&first, &scene.options);
    first.context->tickets.now = tls_scene_clock;
    scene.listener = first.context;
    tls_scene_first(&scene);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
      tls_scene_now += rows[i].later;
      if (tls_scene_visit(&scene, true) != rows[i].accepted)
        fail_msg("row %zu", i);
    }
    tls_pair_close(&first);
    tls_scene_close(&scene);
  }
}

#define BINDING 16

/* Binds a ticket to the usual name, as src/tls/tickets.c does. */
static void bind(const tls_scene *scene, uint8_t *ticket, size_t size) {
  const mbedtls_md_info_t *hash = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
  uint8_t named[32];
  uint8_t whole[32];
  assert_int_equal(mbedtls_md_hmac(hash, scene->listener->tickets.bindings[0],
                                   32, (const uint8_t *)"localhost", 9, named),
                   0);
  assert_int_equal(mbedtls_md_hmac(hash, named, 32, ticket, size, whole), 0);
  memcpy(ticket + size, whole, BINDING);
}

/* As if both ends had got this ticket so many seconds earlier. */
static void age(tls_scene *scene, int64_t seconds) {
  mbedtls_ssl_ticket_context *keys = &scene->listener->tickets.keys;
  mbedtls_ssl_session *session = &scene->session;
  uint8_t *ticket = session->MBEDTLS_PRIVATE(ticket);
  size_t size = session->MBEDTLS_PRIVATE(ticket_len) - BINDING;
  size_t written;
  uint32_t lifetime;
  mbedtls_ssl_session inside;
  mbedtls_ssl_session_init(&inside);
  assert_int_equal(mbedtls_ssl_ticket_parse(keys, &inside, ticket, size), 0);
  inside.MBEDTLS_PRIVATE(ticket_creation_time) -= seconds * 1000;
  session->MBEDTLS_PRIVATE(ticket_reception_time) -= seconds * 1000;
  assert_int_equal(mbedtls_ssl_ticket_write(keys, &inside, ticket,
                                            ticket + size, &written, &lifetime),
                   0);
  assert_int_equal(written, size);
  assert_int_equal(lifetime, PERIOD);
  bind(scene, ticket, size);
  mbedtls_ssl_session_free(&inside);
}

/* Its key may be good for longer than a ticket. */
static void a_ticket_expires(void **state) {
  static const struct {
    int64_t seconds;
    bool accepted;
  } rows[] = {{0, true}, {PERIOD - 60, true}, {PERIOD + 60, false}};
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
      tls_scene scene;
      tls_pair first;
      tls_scene_open(&scene, versions[v]);
      tls_pair_open(&first, &scene.options);
      scene.listener = first.context;
      tls_scene_first(&scene);
      age(&scene, rows[i].seconds);
      if (tls_scene_visit(&scene, true) != rows[i].accepted)
        fail_msg("row %zu", i);
      tls_pair_close(&first);
      tls_scene_close(&scene);
    }
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
    tls_scene_open(&scene, V13);
    tls_scene_first(&scene);
    memcpy(before, scene.secret.bytes, sizeof before);
    tls_scene_now += later[i];
    (void)tls_scene_visit(&scene, true);
    assert_int_equal(memcmp(before, scene.secret.bytes, sizeof before) == 0,
                     later[i] < PERIOD);
    assert_int_equal(scene.secret.period, (uint64_t)tls_scene_now / PERIOD);
    tls_scene_close(&scene);
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
      cmocka_unit_test(a_ticket_expires),
      cmocka_unit_test(old_secrets_are_gone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
