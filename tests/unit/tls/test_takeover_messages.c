/* The takeover: KeyUpdate, alerts, and the messages that are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/record_bench.h"

/* ---- KeyUpdate ------------------------------------------------------------
 */

static void a_key_update_is_received(void **state) {
  (void)state;
  for (size_t s = 0; s < BENCH_TLS13; s++) {
    record_bench it;
    bench_open(&it, bench_suites[s], &wss__default_allocator);
    bench_put(&it, WSS__TLS_DATA_TYPE, "a", 1);
    bench_put_update(&it, 0);
    bench_put(&it, WSS__TLS_DATA_TYPE, "b", 1);
    assert_int_equal(bench_read(&it), WSS__TLS_DATA);
    assert_int_equal(it.io.data[0], 'a');
    assert_int_equal(bench_read(&it), WSS__TLS_DATA);
    assert_int_equal(it.io.data[0], 'b');
    bench_write(&it, "c", 1);
    bench_expect_data(&it, "c");
    assert_int_equal(it.output.length, 0);
    bench_close(&it);
  }
}

static void a_key_update_that_asks_is_answered_before_data(void **state) {
  (void)state;
  for (size_t s = 0; s < BENCH_TLS13; s++) {
    record_bench it;
    bench_open(&it, bench_suites[s], &wss__default_allocator);
    for (int i = 0; i < 3; i++)
      bench_put_update(&it, i != 2);
    assert_int_equal(bench_read(&it), WSS__TLS_WANT);
    /* Nothing yet: of a peer that does not read, nothing is kept. */
    assert_int_equal(it.output.length, 0);
    bench_write(&it, "a", 1);
    bench_expect_update(&it);
    bench_expect_data(&it, "a");
    bench_write(&it, "b", 1);
    bench_expect_data(&it, "b");
    assert_int_equal(it.output.length, 0);
    bench_put_update(&it, 1);
    bench_put(&it, WSS__TLS_DATA_TYPE, "c", 1);
    assert_int_equal(bench_read(&it), WSS__TLS_DATA);
    wss__tls_takeover.close(it.records, &it.output);
    wss__tls_content content = bench_get(&it);
    assert_int_equal(content.type, WSS__TLS_ALERT);
    bench_close(&it);
  }
}

static void a_key_update_comes_in_any_pieces(void **state) {
  static const uint8_t message[] = {24, 0, 0, 1, 1};
  (void)state;
  for (size_t cut = 1; cut < sizeof message; cut++) {
    record_bench it;
    bench_open(&it, bench_suites[0], &wss__default_allocator);
    bench_put(&it, WSS__TLS_HANDSHAKE, message, cut);
    bench_put(&it, WSS__TLS_HANDSHAKE, message + cut, sizeof message - cut);
    assert_int_equal(wss__tls_keys_update(it.peer.suite, &it.peer.write), 0);
    bench_put(&it, WSS__TLS_DATA_TYPE, "x", 1);
    assert_int_equal(bench_read(&it), WSS__TLS_DATA);
    bench_write(&it, "y", 1);
    bench_expect_update(&it);
    bench_expect_data(&it, "y");
    bench_close(&it);
    /* But with nothing between the pieces. */
    bench_open(&it, bench_suites[0], &wss__default_allocator);
    bench_put(&it, WSS__TLS_HANDSHAKE, message, cut);
    bench_put(&it, WSS__TLS_DATA_TYPE, "x", 1);
    bench_expect_alert(&it, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
    bench_close(&it);
  }
}

static void a_flood_of_key_updates_ends(void **state) {
  record_bench it;
  (void)state;
  bench_open(&it, bench_suites[0], &wss__default_allocator);
  /* Data between them is enough. */
  for (int i = 0; i < 100; i++) {
    bench_put_update(&it, 1);
    bench_put(&it, WSS__TLS_DATA_TYPE, "x", 1);
    assert_int_equal(bench_read(&it), WSS__TLS_DATA);
  }
  for (int i = 0; i < WSS__TLS_MAX_BARREN; i++)
    bench_put_update(&it, 1);
  assert_int_equal(bench_read(&it), WSS__TLS_WANT);
  assert_int_equal(it.output.length, 0);
  bench_put_update(&it, 1);
  bench_expect_alert(&it, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
  assert_non_null(strstr(it.failure.text, "without data"));
  bench_close(&it);
}

static void a_key_is_renewed_before_it_is_worn(void **state) {
  (void)state;
  for (size_t s = 0; s < BENCH_SUITES; s++) {
    bool gcm13 = s < 2;
    record_bench it;
    bench_open(&it, bench_suites[s], &wss__default_allocator);
    it.records->state.write.sequence = WSS__TLS_KEY_RECORDS - 2;
    it.peer.read.sequence = WSS__TLS_KEY_RECORDS - 2;
    for (int i = 0; i < 4; i++) {
      bench_write(&it, "x", 1);
      if (gcm13 && i == 2)
        bench_expect_update(&it);
      bench_expect_data(&it, "x");
      assert_int_equal(it.output.length, 0);
    }
    assert_int_equal(it.records->state.write.sequence,
                     gcm13 ? 2 : WSS__TLS_KEY_RECORDS + 2);
    bench_close(&it);
  }
}

/* ---- What is refused ------------------------------------------------------
 */

static void messages_that_are_refused(void **state) {
  enum {
    UNEXPECTED = MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE,
    DECODE = MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR,
    ILLEGAL = MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER
  };
  static const struct {
    uint8_t tls13, type, data[10], size, alert;
  } rows[] = {
      /* KeyUpdate: length, value, what follows it in the record. */
      {1, 22, {24, 1, 0, 1, 0}, 5, DECODE},
      {1, 22, {24, 0, 1, 1, 0}, 5, DECODE},
      {1, 22, {24, 0, 0, 2, 0, 0}, 6, DECODE},
      {1, 22, {24, 0, 0, 0}, 4, DECODE},
      {1, 22, {24, 0, 0, 1, 2}, 5, ILLEGAL},
      {1, 22, {24, 0, 0, 1, 255}, 5, ILLEGAL},
      {1, 22, {24, 0, 0, 1, 0, 24}, 6, UNEXPECTED},
      {1, 22, {24, 0, 0, 1, 0, 24, 0, 0, 1, 0}, 10, UNEXPECTED},
      {1, 22, {0}, 0, UNEXPECTED},
      /* Other messages: ClientHello, NewSessionTicket, EndOfEarlyData,
         Certificate, CertificateRequest, CertificateVerify, Finished. */
      {1, 22, {1, 0, 0, 2, 3, 3}, 6, UNEXPECTED},
      {1, 22, {4, 0, 0, 1, 0}, 5, UNEXPECTED},
      {1, 22, {5, 0, 0, 0}, 4, UNEXPECTED},
      {1, 22, {11, 0, 0, 0}, 4, UNEXPECTED},
      {1, 22, {13, 0, 0, 0}, 4, UNEXPECTED},
      {1, 22, {15, 0, 0, 0}, 4, UNEXPECTED},
      {1, 22, {20, 0, 0, 0}, 4, UNEXPECTED},
      {1, 22, {255}, 1, UNEXPECTED},
      {0, 22, {24, 0, 0, 1, 0}, 5, UNEXPECTED},
      /* Types. */
      {1, 20, {1}, 1, UNEXPECTED},
      {1, 24, {1}, 1, UNEXPECTED},
      {1, 255, {1}, 1, UNEXPECTED},
      {0, 20, {1}, 1, UNEXPECTED},
      {0, 24, {1}, 1, UNEXPECTED},
      /* Alerts: size and level. */
      {1, 21, {1}, 1, DECODE},
      {1, 21, {0}, 0, UNEXPECTED},
      {0, 21, {0}, 0, UNEXPECTED},
      {1, 21, {1, 0, 0}, 3, DECODE},
      {0, 21, {1}, 1, DECODE},
      {0, 21, {1, 0, 1, 0}, 4, DECODE},
      {0, 21, {0, 90}, 2, ILLEGAL},
      {0, 21, {3, 90}, 2, ILLEGAL},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    record_bench it;
    bench_open(&it, bench_suites[rows[i].tls13 ? 0 : BENCH_TLS13],
               &wss__default_allocator);
    bench_put(&it, rows[i].type, rows[i].data, rows[i].size);
    bench_expect_alert(&it, rows[i].alert);
    bench_close(&it);
  }
}

static void alerts_of_the_peers(void **state) {
  static const struct {
    uint8_t tls13, data[2];
    int result;
  } rows[] = {
      {1, {1, 0}, WSS__TLS_END},    {0, {1, 0}, WSS__TLS_END},
      {1, {2, 0}, WSS__TLS_END},    {0, {2, 0}, WSS__TLS_END},
      {1, {1, 90}, WSS__TLS_WANT},  {1, {2, 90}, WSS_ERR_TLS},
      {0, {1, 90}, WSS__TLS_WANT},  {0, {1, 46}, WSS__TLS_WANT},
      {0, {1, 100}, WSS__TLS_WANT}, {0, {2, 90}, WSS_ERR_TLS},
      {1, {1, 46}, WSS_ERR_TLS},    {1, {2, 46}, WSS_ERR_TLS},
      {1, {0, 255}, WSS_ERR_TLS},   {0, {2, 46}, WSS_ERR_TLS},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    record_bench it;
    bench_open(&it, bench_suites[rows[i].tls13 ? 0 : BENCH_TLS13],
               &wss__default_allocator);
    bench_put(&it, WSS__TLS_ALERT, rows[i].data, 2);
    assert_int_equal(bench_read(&it), rows[i].result);
    assert_int_equal(it.output.length, 0); /* no alert answers an alert */
    if (rows[i].result == WSS_ERR_TLS)
      assert_int_equal(it.failure.alert, rows[i].data[1]);
    bench_close(&it);
  }
}

static void empty_records_are_bounded(void **state) {
  (void)state;
  for (size_t s = 0; s < BENCH_SUITES; s++) {
    record_bench it;
    bench_open(&it, bench_suites[s], &wss__default_allocator);
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < WSS__TLS_MAX_BARREN; i++)
        bench_put(&it, WSS__TLS_DATA_TYPE, NULL, 0);
      bench_put(&it, WSS__TLS_DATA_TYPE, "x", 1);
      assert_int_equal(bench_read(&it), WSS__TLS_DATA);
      assert_int_equal(it.io.size, 1);
    }
    for (int i = 0; i <= WSS__TLS_MAX_BARREN; i++)
      bench_put(&it, WSS__TLS_DATA_TYPE, NULL, 0);
    bench_expect_alert(&it, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
    bench_close(&it);
  }
}

static void what_came_behind_finished_is_refused(void **state) {
  record_bench it;
  (void)state;
  bench_open(&it, bench_suites[0], &wss__default_allocator);
  it.records->leftover = true;
  bench_expect_alert(&it, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
  bench_close(&it);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_key_update_is_received),
      cmocka_unit_test(a_key_update_that_asks_is_answered_before_data),
      cmocka_unit_test(a_key_update_comes_in_any_pieces),
      cmocka_unit_test(a_flood_of_key_updates_ends),
      cmocka_unit_test(a_key_is_renewed_before_it_is_worn),
      cmocka_unit_test(messages_that_are_refused),
      cmocka_unit_test(alerts_of_the_peers),
      cmocka_unit_test(empty_records_are_bounded),
      cmocka_unit_test(what_came_behind_finished_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
