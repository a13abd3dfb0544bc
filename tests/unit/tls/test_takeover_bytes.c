/* The takeover: records in pieces, their memory, and what fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "support/record_bench.h"

/* ---- Bytes ----------------------------------------------------------------
 */

/* Every way to cut records of a few sizes in two: whole in the input, or kept
   until the rest has come. */
static void records_come_in_any_pieces(void **state) {
  static const size_t sizes[] = {1, 300};
  uint8_t data[300];
  (void)state;
  memset(data, 'd', sizeof data);
  for (size_t s = 0; s < BENCH_SUITES; s++) {
    for (size_t i = 0; i < 2; i++) {
      size_t whole =
          wss__tls_record_size(wss__tls_suite_find(bench_suites[s]), sizes[i]);
      for (size_t cut = 1; cut < whole; cut++) {
        record_bench it;
        uint8_t rest[400];
        bench_open(&it, bench_suites[s], &wss__default_allocator);
        bench_put(&it, WSS__TLS_DATA_TYPE, data, sizes[i]);
        memcpy(rest, wss__buf_data(&it.input) + cut, whole - cut);
        it.input.length = cut;
        assert_int_equal(bench_read(&it), WSS__TLS_WANT);
        assert_int_equal(it.records->partial.length, cut);
        assert_int_equal(wss__buf_append(&it.input, &wss__default_allocator,
                                         rest, whole - cut),
                         0);
        bench_put(&it, WSS__TLS_DATA_TYPE, "next", 4);
        assert_int_equal(bench_read(&it), WSS__TLS_DATA);
        assert_int_equal(it.io.size, sizes[i]);
        assert_memory_equal(it.io.data, data, sizes[i]);
        assert_null(it.records->partial.memory);
        assert_int_equal(bench_read(&it), WSS__TLS_DATA);
        assert_int_equal(it.io.size, 4);
        bench_close(&it);
      }
    }
  }
}

static void memory_follows_what_was_received(void **state) {
  static const uint8_t header[] = {23, 3, 3, 0x40, 0x11};
  test_allocator counted;
  record_bench it;
  (void)state;
  test_allocator_init(&counted);
  bench_open(&it, bench_suites[0], &counted.functions);
  size_t before = counted.bytes;
  assert_int_equal(wss__buf_append(&it.input, &wss__default_allocator, header,
                                   sizeof header),
                   0);
  assert_int_equal(bench_read(&it), WSS__TLS_WANT);
  assert_in_range(counted.bytes - before, 1, 256);
  bench_close(&it);
  assert_int_equal(counted.blocks, 0);
}

static void an_oversized_record_is_refused_by_its_header(void **state) {
  (void)state;
  for (size_t s = 0; s < BENCH_SUITES; s++) {
    const wss__tls_suite *suite = wss__tls_suite_find(bench_suites[s]);
    size_t most = wss__tls_record_size(suite, 16384) - WSS__TLS_HEADER_SIZE;
    for (size_t extra = 0; extra < 2; extra++) {
      record_bench it;
      const uint8_t header[] = {23, 3, 3, (uint8_t)((most + extra) >> 8),
                                (uint8_t)(most + extra)};
      bench_open(&it, bench_suites[s], &wss__default_allocator);
      assert_int_equal(wss__buf_append(&it.input, &wss__default_allocator,
                                       header, sizeof header),
                       0);
      if (extra == 0)
        assert_int_equal(bench_read(&it), WSS__TLS_WANT);
      else
        bench_expect_alert(&it, MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW);
      bench_close(&it);
    }
  }
}

/* ---- Failures -------------------------------------------------------------
 */

static void a_write_that_finds_no_room_fails(void **state) {
  record_bench it;
  (void)state;
  bench_open(&it, bench_suites[0], &wss__default_allocator);
  it.output.ceiling = 10;
  assert_int_equal(wss__tls_takeover.write(it.records, &it.output,
                                           (const uint8_t *)"x", 1,
                                           &it.failure),
                   WSS_ERR_TLS);
  assert_non_null(strstr(it.failure.text, "send buffer"));
  /* Neither is there room for the alert. */
  bench_put(&it, WSS__TLS_HANDSHAKE, "x", 1);
  assert_int_equal(bench_read(&it), WSS_ERR_TLS);
  assert_int_equal(it.failure.sent, -1);
  bench_close(&it);
  /* Nor for a refusal to renegotiate. */
  bench_open(&it, bench_suites[BENCH_TLS13], &wss__default_allocator);
  it.output.ceiling = 10;
  bench_put(&it, WSS__TLS_HANDSHAKE, "\1\0\0\0", 4);
  assert_int_equal(bench_read(&it), WSS_ERR_TLS);
  assert_int_equal(it.failure.sent, -1);
  bench_close(&it);
}

static void sequence_numbers_end(void **state) {
  record_bench it;
  (void)state;
  bench_open(&it, bench_suites[2], &wss__default_allocator);
  it.records->state.write.sequence = UINT64_MAX - 1;
  it.peer.read.sequence = UINT64_MAX - 1;
  bench_write(&it, "x", 1);
  bench_expect_data(&it, "x");
  assert_int_equal(wss__tls_takeover.write(it.records, &it.output,
                                           (const uint8_t *)"x", 1,
                                           &it.failure),
                   WSS_ERR_TLS);
  assert_int_equal(it.output.length, 0);
  bench_close(&it);
}

/* Each allocation fails once: nothing leaks, and nothing but that is said. */
static void no_memory_at_any_point(void **state) {
  (void)state;
  for (size_t at = 1;; at++) {
    test_allocator limited;
    record_bench it;
    test_allocator_init(&limited);
    bench_open(&it, bench_suites[0], &limited.functions);
    test_allocator_fail(&limited, at, true);
    bench_put_update(&it, 1);
    bench_put(&it, WSS__TLS_DATA_TYPE, "some data", 9);
    it.input.length -= 3;
    int result = bench_read(&it);
    if (result == WSS__TLS_WANT) {
      it.input = (wss__buf){.ceiling = 1 << 24};
      result = wss__tls_takeover.write(it.records, &it.output,
                                       (const uint8_t *)"x", 1, &it.failure);
    }
    bool failed = limited.failures > 0;
    assert_int_equal(result, failed ? WSS_ERR_NOMEM : 0);
    bench_close(&it);
    assert_int_equal(limited.blocks, 0);
    if (!failed)
      break;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(records_come_in_any_pieces),
      cmocka_unit_test(memory_follows_what_was_received),
      cmocka_unit_test(an_oversized_record_is_refused_by_its_header),
      cmocka_unit_test(a_write_that_finds_no_room_fails),
      cmocka_unit_test(sequence_numbers_end),
      cmocka_unit_test(no_memory_at_any_point),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
