/* Every way for a connection to end leaves a record of its own, and exactly
   one: what it says is compared in full. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ends/ends.h"

#define ROWS 200

/* What each row has left, for a comparison of all. */
static host_record records[ROWS];
static const end_row *rows[ROWS];
static size_t row_count;
static bool reached[256]; /* by cause */

/* ---- One row ------------------------------------------------------------- */

static void check_text(const char *text) {
  assert_true(strlen(text) > 8);
  for (; *text != '\0'; text++)
    assert_in_range((unsigned char)*text, 0x20, 0x7e);
}

static void check_record(const end_run *it, const host_record *record) {
  const end_row *row = it->row;
  const wss_close_info *info = &record->info;
  assert_true(record->closes);
  assert_int_equal(record->by_error, row->told == BY_ERROR);
  assert_string_equal(wss_cause_name(info->cause), wss_cause_name(row->cause));
  assert_int_equal(info->phase, row->phase);
  assert_int_equal(info->initiator, row->initiator);
  assert_int_equal(info->opened, row->opened);
  assert_string_equal(wss_err_name(info->error), wss_err_name(row->error));
  assert_int_equal(info->error, row->error);
  assert_int_equal(info->code, row->code == 0 ? 1006 : row->code);
  assert_int_equal(info->code_sent, row->code_sent);
  assert_string_equal(record->reason, row->reason == NULL ? "" : row->reason);
  assert_int_equal(info->reason_size, strlen(record->reason));
  assert_int_equal(info->status, row->status);
  assert_int_equal(info->tls_alert, row->alert == 0 ? -1 : row->alert);
  assert_string_equal(record->alert,
                      row->alert_name == NULL ? "" : row->alert_name);
  assert_int_equal(info->age, row->age);
  assert_int_equal(info->round_trip,
                   row->round_trip == 0 ? -1 : row->round_trip);
  assert_int_equal(info->bytes_in, it->sent - row->unread);
  assert_int_equal(info->bytes_out, it->received);
  check_text(record->message);
}

static int64_t counted(const wss_stats *stats, const end_row *row) {
  int64_t value;
  int code = row->code == 0 ? 1006 : row->code;
  if (row->counter != 0) {
    memcpy(&value, (const char *)stats + row->counter, sizeof value);
    return value;
  }
  if (code < 1016)
    return stats->closed[code - 1000];
  return code < 4000 ? stats->closed_registered : stats->closed_private;
}

/* It is counted, and in one place only. */
static void check_stats(const end_run *it) {
  const sim_host *host = &it->host;
  wss_stats now = host->server == NULL ? host->stats : host_stats(host);
  const wss_stats *stats = &now;
  int64_t sum =
      stats->http_responses + stats->refused_tls + stats->refused_plain_http +
      stats->refused_http + stats->refused_handshake + stats->refused_origin +
      stats->refused_by_app + stats->refused_timeout + stats->refused_limit +
      stats->refused_lost + stats->closed_registered + stats->closed_private;
  size_t i;
  for (i = 0; i < 16; i++)
    sum += stats->closed[i];
  /* Nothing can be asked of a server that is gone, unless it has told. */
  if (host->server == NULL && host->count == 0)
    return;
  assert_int_equal(counted(stats, it->row), 1);
  assert_int_equal(sum, 1);
  if (it->row->others)
    return;
  assert_int_equal(stats->pending, 0);
  assert_int_equal(stats->open, 0);
  assert_int_equal(stats->accepted, 1);
  assert_int_equal(stats->bytes_in, it->sent - it->row->unread);
  assert_int_equal(stats->bytes_out, it->received);
}

/* The first record of a connection's end; there is but one. */
static const host_record *only_record(const sim_host *host) {
  const host_record *found = NULL;
  size_t i;
  for (i = 0; i < host->count; i++) {
    if (host->records[i].closes) {
      assert_null(found);
      found = &host->records[i];
    }
  }
  return found;
}

static void run_row(void **state) {
  end_run it = {.row = *state};
  const host_record *record;
  size_t i;
  host_open(&it.host, &it.row->options, it.row->http != NULL);
  it.host.hooks.request = it.row->request;
  it.host.hooks.http = it.row->http;
  it.host.user = &it;
  sim_advance(10);
  it.row->run(&it);
  if (it.peer != NULL)
    end_hang_up(&it);
  check_stats(&it);
  record = only_record(&it.host);
  if (it.row->told == NOBODY) {
    assert_null(record);
    assert_string_equal(wss_cause_name(it.seen), wss_cause_name(it.row->cause));
  } else {
    assert_non_null(record);
    check_record(&it, record);
    for (i = 0; rows[i] != it.row; i++)
      ;
    records[i] = *record;
  }
  reached[it.row->cause] = true;
  if (it.tls)
    tls_client_close(&it.client);
  host_close(&it.host);
}

/* ---- All rows ------------------------------------------------------------ */

static void add_rows(const end_row *table, size_t count) {
  size_t i;
  for (i = 0; i < count; i++) {
    if (row_count == ROWS)
      abort();
    rows[row_count++] = &table[i];
  }
}

static bool same(const host_record *a, const host_record *b) {
  return a->info.phase == b->info.phase && a->info.cause == b->info.cause &&
         a->info.initiator == b->info.initiator &&
         a->info.opened == b->info.opened && a->error == b->error &&
         a->info.code == b->info.code &&
         a->info.code_sent == b->info.code_sent &&
         a->info.status == b->info.status &&
         a->info.tls_alert == b->info.tls_alert &&
         a->info.round_trip == b->info.round_trip &&
         strcmp(a->reason, b->reason) == 0 &&
         strcmp(a->message, b->message) == 0;
}

/* Sizes and times apart: what is told is enough to tell the ends apart. */
static void records_differ(void **state) {
  size_t i;
  size_t j;
  (void)state;
  for (i = 0; i < row_count; i++) {
    for (j = 0; j < i; j++) {
      if (records[i].closes && records[j].closes &&
          same(&records[i], &records[j]))
        fail_msg("%s and %s leave the same record", rows[j]->name,
                 rows[i]->name);
    }
  }
}

static void every_cause_occurs(void **state) {
  static const wss_cause causes[] = {
#define CAUSE(name, initiator, text) name,
      WSS_CAUSE_MAP(CAUSE)
#undef CAUSE
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof causes / sizeof causes[0]; i++) {
    if (!reached[causes[i]])
      fail_msg("no connection ended with %s", wss_cause_name(causes[i]));
  }
  print_message("%zu ways to end, %zu causes\n", row_count, i);
}

int main(void) {
  static struct CMUnitTest tests[ROWS + 2];
  size_t i;
  add_rows(ends_early, ends_early_count);
  add_rows(ends_open, ends_open_count);
  add_rows(ends_tls, ends_tls_count);
  for (i = 0; i < row_count; i++)
    tests[i] = (struct CMUnitTest){.name = rows[i]->name,
                                   .test_func = run_row,
                                   .initial_state = (void *)(uintptr_t)rows[i]};
  tests[i++] = (struct CMUnitTest)cmocka_unit_test(records_differ);
  tests[i++] = (struct CMUnitTest)cmocka_unit_test(every_cause_occurs);
  return _cmocka_run_group_tests("ends", tests, i, NULL, NULL);
}
