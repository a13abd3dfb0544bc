/* Tickets that are not accepted: they cost no more than a full handshake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_scene.h"

static const mbedtls_ssl_protocol_version versions[] = {V12, V13};

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
      tls_scene_open(&scene, versions[v]);
      scene.policy = crossings[i][0];
      tls_scene_first(&scene);
      assert_true(tls_scene_visit(&scene, true));
      scene.policy = crossings[i][1];
      assert_false(tls_scene_visit(&scene, true));
      assert_int_equal(scene.tickets, 1);
      tls_scene_close(&scene);
    }
  }
}

/* A session goes on with its suite: what another listener would choose, or does
   not offer at all, is not for it. */
static void a_ticket_does_not_cross_lists(void **state) {
  static const wss_ssl_context lists[] = {
      {.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256",
       .ciphersuites = "TLS_CHACHA20_POLY1305_SHA256"},
      {.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305",
       .ciphersuites = "TLS_AES_128_GCM_SHA256"},
      {.curves = "P-256"},
      {.honor_cipher_order = WSS_OFF},
      {.security_level = 3},
  };
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
      tls_scene scene;
      tls_scene_open(&scene, versions[v]);
      scene.options.ssl = &lists[i];
      tls_scene_first(&scene);
      assert_true(tls_scene_visit(&scene, true));
      scene.options.ssl = i == 0 ? &lists[1] : NULL;
      assert_false(tls_scene_visit(&scene, true));
      tls_scene_close(&scene);
    }
  }
}

static void a_ticket_of_another_server(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    wss__tls_secret other = {.made = false};
    tls_scene scene;
    tls_scene_open(&scene, versions[v]);
    tls_scene_first(&scene);
    scene.options.secret = &other;
    assert_false(tls_scene_visit(&scene, true));
    assert_memory_not_equal(other.bytes, scene.secret.bytes,
                            sizeof other.bytes);
    tls_scene_close(&scene);
  }
}

/* RFC 6066 3; in TLS 1.3 RFC 8446 4.2.11 leaves it to the client. */
static void a_ticket_of_another_name(void **state) {
  static const struct {
    const char *first, *then;
    bool accepted;
  } rows[] = {{"localhost", "localhost", true},
              {"localhost", "localhos", false},
              {"localhost", "", false},
              {"", "localhost", false},
              {"", "", true}};
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
      tls_scene scene;
      tls_scene_open(&scene, versions[v]);
      scene.options.server_name = rows[i].first;
      tls_scene_first(&scene);
      scene.options.server_name = rows[i].then;
      if (tls_scene_visit(&scene, true) != rows[i].accepted)
        fail_msg("row %zu", i);
      tls_scene_close(&scene);
    }
  }
}

/* RFC 7627 5.3 and 5.4. */
static void only_with_an_extended_master_secret(void **state) {
  (void)state;
  tls_scene scene;
  tls_scene_open(&scene, V12);
  scene.plain_master = true;
  assert_false(tls_scene_visit(&scene, false));
  assert_int_equal(scene.tickets, 0);
  scene.plain_master = false;
  tls_scene_first(&scene);
  scene.plain_master = true;
  assert_false(tls_scene_visit(&scene, true));
  assert_int_equal(scene.tickets, 0);
  scene.plain_master = false;
  assert_true(tls_scene_visit(&scene, true));
  tls_scene_close(&scene);
}

/* TLS 1.3: Mbed TLS opens the ticket, and does not like how old the client says
   that it is (RFC 8446 8.3). */
static void a_ticket_that_is_opened_and_not_used(void **state) {
  (void)state;
  tls_scene scene;
  tls_scene_open(&scene, V13);
  tls_scene_first(&scene);
  scene.session.MBEDTLS_PRIVATE(ticket_reception_time) -= 60000;
  assert_false(tls_scene_visit(&scene, true));
  assert_int_equal(scene.tickets, 1);
  assert_true(tls_scene_visit(&scene, true));
  tls_scene_close(&scene);
}

static void no_ticket_issues_and_accepts_none(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_scene scene;
    tls_scene_open(&scene, versions[v]);
    tls_scene_first(&scene);
    scene.options.no_ticket = true;
    assert_false(tls_scene_visit(&scene, true));
    assert_int_equal(scene.tickets, 0);
    scene.options.no_ticket = false;
    assert_true(tls_scene_visit(&scene, true));
    tls_scene_close(&scene);
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
  tls_scene_pair(scene, &pair);
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
    tls_scene_open(&scene, versions[v]);
    tls_scene_first(&scene);
    size_t size = scene.session.MBEDTLS_PRIVATE(ticket_len);
    for (size_t at = 0; at < size; at++)
      offer_changed(&scene, at, (uint8_t)(1 << at % 8), size);
    for (size_t cut = 1; cut < size; cut++)
      offer_changed(&scene, 0, 0, cut);
    assert_true(tls_scene_visit(&scene, true));
    tls_scene_close(&scene);
  }
}

/* Mbed TLS itself would resume with a master secret of zeros. */
static void a_ticket_of_the_other_version(void **state) {
  (void)state;
  for (size_t v = 0; v < COUNT_OF(versions); v++) {
    tls_scene scene;
    mbedtls_ssl_session other;
    tls_scene_open(&scene, versions[1 - v]);
    tls_scene_first(&scene);
    other = scene.session;
    mbedtls_ssl_session_init(&scene.session);
    scene.options.version = versions[v];
    tls_scene_first(&scene);
    mbedtls_ssl_session *session = &scene.session;
    unsigned char *ticket = session->MBEDTLS_PRIVATE(ticket);
    size_t size = session->MBEDTLS_PRIVATE(ticket_len);
    session->MBEDTLS_PRIVATE(ticket) = other.MBEDTLS_PRIVATE(ticket);
    session->MBEDTLS_PRIVATE(ticket_len) = other.MBEDTLS_PRIVATE(ticket_len);
    offer_changed(&scene, 0, 0, session->MBEDTLS_PRIVATE(ticket_len));
    session->MBEDTLS_PRIVATE(ticket) = ticket;
    session->MBEDTLS_PRIVATE(ticket_len) = size;
    mbedtls_ssl_session_free(&other);
    tls_scene_close(&scene);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_ticket_does_not_cross_policies),
      cmocka_unit_test(a_ticket_does_not_cross_lists),
      cmocka_unit_test(a_ticket_of_another_server),
      cmocka_unit_test(a_ticket_of_another_name),
      cmocka_unit_test(only_with_an_extended_master_secret),
      cmocka_unit_test(a_ticket_that_is_opened_and_not_used),
      cmocka_unit_test(no_ticket_issues_and_accepts_none),
      cmocka_unit_test(every_byte_changed_and_every_length),
      cmocka_unit_test(a_ticket_of_the_other_version),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
