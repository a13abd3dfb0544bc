/* The record layer of libwss's own with known keys, and its peer. */
#ifndef WSS_TEST_RECORD_BENCH_H
#define WSS_TEST_RECORD_BENCH_H

#include "tls/takeover.h"

typedef struct record_bench {
  wss__tls_schedules schedules;
  wss__pool pool;
  wss__tls_records *records; /* under test */
  wss__tls_record_state peer;
  wss__buf input;
  wss__buf output;
  wss__tls_failure failure;
  uint8_t scratch[WSS__TLS_PLAIN_MAX];
  uint8_t plain[WSS__TLS_RECORD_MAX];
  uint8_t data[WSS__TLS_PLAIN_MAX]; /* a copy of io's */
  wss__tls_io io;
} record_bench;

#define BENCH_SUITES 5
#define BENCH_TLS13 3 /* the first ones */
extern const int bench_suites[BENCH_SUITES];

void bench_open(record_bench *it, int suite, const wss_allocator *allocator);
void bench_close(record_bench *it);

/* Puts a record of the peer's into the input. */
void bench_put(record_bench *it, uint8_t type, const void *data, size_t size);
/* A KeyUpdate, after which the peer writes with its next key. */
void bench_put_update(record_bench *it, uint8_t request);

/* Reads from the input; what wss__tls_layer's read returned. */
int bench_read(record_bench *it);
/* Reading fails, and that alert is all there is in the output. */
void bench_expect_alert(record_bench *it, int alert);

void bench_write(record_bench *it, const void *data, size_t size);
/* The next record of the output, as the peer opens it. */
wss__tls_content bench_get(record_bench *it);
void bench_expect_data(record_bench *it, const char *text);
/* A KeyUpdate, after which the peer reads with our next key. */
void bench_expect_update(record_bench *it);

#endif
