#include "support/tls_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <mbedtls/platform.h>

#include "support/layer_cases.h"

int64_t tls_scene_now;

mbedtls_ms_time_t tls_scene_clock(void) {
  return tls_scene_now * 1000;
}

void tls_scene_open(tls_scene *scene, mbedtls_ssl_protocol_version version) {
  memset(scene, 0, sizeof *scene);
  mbedtls_ssl_session_init(&scene->session);
  scene->options.version = version;
  tls_scene_now = TLS_SCENE_START;
}

void tls_scene_close(tls_scene *scene) {
  mbedtls_ssl_session_free(&scene->session);
}

static int looks_at_certificate(void *scene_, mbedtls_x509_crt *certificate,
                                int depth, uint32_t *flags) {
  tls_scene *scene = scene_;
  (void)certificate;
  *flags = 0; /* whatever its name is */
  scene->verified += depth == 0;
  return 0;
}

void tls_scene_pair(tls_scene *scene, tls_pair *pair) {
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
  tickets->now = tls_scene_clock;
  if (scene->policy == NULL)
    return;
  wss__tls_tickets_free(tickets);
  wss__tls_tickets_init(tickets);
  tickets->now = tls_scene_clock;
  assert_int_equal(
      wss__tls_tickets_start(tickets, scene->options.secret, scene->policy), 0);
}

/* Mbed TLS's client of TLS 1.3 offers no ticket to another name than that which
   the session says it was for. */
static void rename_session(tls_scene *scene) {
  const char *name = scene->options.server_name;
  char **hostname = &scene->session.MBEDTLS_PRIVATE(hostname);
  mbedtls_free(*hostname);
  *hostname = NULL;
  if (name == NULL)
    name = "localhost";
  if (name[0] == '\0')
    return;
  *hostname = mbedtls_calloc(1, strlen(name) + 1);
  assert_non_null(*hostname);
  memcpy(*hostname, name, strlen(name));
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

bool tls_scene_visit(tls_scene *scene, bool offer) {
  wss_tls_info info;
  tls_pair pair;
  size_t verified = scene->verified;
  mbedtls_ssl_session got;
  mbedtls_ssl_session_init(&got);
  if (scene->options.secret == NULL)
    scene->options.secret = &scene->secret;
  scene->options.session = offer ? &scene->session : NULL;
  scene->options.save = &got;
  if (scene->options.version == V13)
    rename_session(scene);
  tls_scene_pair(scene, &pair);
  mbedtls_ssl_conf_verify(&pair.config, looks_at_certificate, scene);
  mbedtls_ssl_conf_extended_master_secret(
      &pair.config, scene->plain_master ? MBEDTLS_SSL_EXTENDED_MS_DISABLED
                                        : MBEDTLS_SSL_EXTENDED_MS_ENABLED);
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

void tls_scene_first(tls_scene *scene) {
  assert_false(tls_scene_visit(scene, false));
  assert_int_equal(scene->tickets, 1);
}
