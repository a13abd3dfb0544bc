/* The engine on its memory BIO: what is taken, what is asked for, and how it
   fails without memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_pair.h"
#include "tls/config.h"
#include "tls/engine.h"

static tls_pair pair;
static wss__tls_engine *engine;

static int set_up(void **state) {
  (void)state;
  tls_pair_open(&pair, NULL);
  return wss__tls_engine_new(&engine, &pair.context->config,
                             &wss__default_allocator);
}

static int tear_down(void **state) {
  (void)state;
  wss__tls_engine_free(engine);
  wss__tls_engine_free(NULL);
  tls_pair_close(&pair);
  return 0;
}

static void input_is_taken_and_more_is_asked_for(void **state) {
  uint8_t input[] = {22, 3, 1};
  wss__tls_bio bio;
  (void)state;
  wss__tls_bio_open(&bio, engine, input, sizeof input, &pair.to_client);
  assert_int_equal(mbedtls_ssl_handshake(&engine->ssl),
                   MBEDTLS_ERR_SSL_WANT_READ);
  assert_int_equal(bio.input_size, 0);
  assert_ptr_equal(bio.input, input + sizeof input);
  assert_true(bio.starved);
  assert_false(wss__tls_bio_stuck(&bio));
  assert_true(wss__tls_bio_stuck(&bio));
  wss__tls_bio_close(&bio);
  /* Of a ClientHello's record the header goes on when it is whole. */
  assert_int_equal(engine->record_seen, 0);
  assert_int_equal(engine->pieces.seen, 3);
}

static void the_record_is_known_when_it_is_refused(void **state) {
  uint8_t input[] = {22, 3, 1, 0xff, 0xfe, 1, 2};
  wss__tls_bio bio;
  wss__tls_failure failure;
  (void)state;
  wss__tls_bio_open(&bio, engine, input, sizeof input, &pair.to_client);
  int code = mbedtls_ssl_handshake(&engine->ssl);
  assert_int_equal(wss__tls_bio_fail(&bio, code, &failure), WSS_ERR_TLS);
  wss__tls_bio_close(&bio);
  assert_int_equal(bio.input_size, 2);
  assert_int_equal(engine->record_seen, 5);
  assert_memory_equal(engine->record, input, 5);
  assert_int_equal(failure.alert, -1);
  assert_non_null(strstr(failure.text, "record is larger"));
  assert_int_equal(tls_pair_client_alert(&pair),
                   MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW);
}

static void an_output_without_room_gets_no_alert(void **state) {
  uint8_t input[] = "GET / HTTP/1.1";
  wss__buf output;
  wss__tls_bio bio;
  wss__tls_failure failure;
  (void)state;
  wss__buf_init(&output, 3);
  wss__tls_bio_open(&bio, engine, input, sizeof input, &output);
  int code = mbedtls_ssl_handshake(&engine->ssl);
  assert_int_equal(code, MBEDTLS_ERR_SSL_INVALID_RECORD);
  assert_int_equal(wss__tls_bio_fail(&bio, code, &failure), WSS_ERR_TLS);
  wss__tls_bio_close(&bio);
  assert_int_equal(output.length, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(input_is_taken_and_more_is_asked_for,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_record_is_known_when_it_is_refused,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(an_output_without_room_gets_no_alert,
                                      set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
