#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"

/* Which allocations fail. */
typedef struct fault_plan {
  size_t at;  /* counted from 1; 0: none */
  bool later; /* all that follow, too */
} fault_plan;

/* ---- What scenes are made of --------------------------------------------- */

scene_run *scene_run_of(sim_host *host) {
  return host->user;
}

int scene_called(scene_run *run, int result) {
  if (result == WSS_ERR_NOMEM)
    run->told = true;
  return result;
}

void scene_note(scene_run *run, const char *format, ...) {
  size_t room = sizeof run->outcome - run->size;
  va_list arguments;
  int size;
  va_start(arguments, format);
  size = vsnprintf(run->outcome + run->size, room, format, arguments);
  va_end(arguments);
  assert_true(size >= 0 && (size_t)size < room);
  run->size += (size_t)size;
}

void scene_visit(scene_run *run, sim_client *client, int version,
                 const char *lines) {
  client_dial(client, &run->host, version);
  client->lines = lines;
  client_go_on(client);
}

void scene_ask(scene_run *run, sim_client *client, int version,
               const char *text) {
  size_t half = strlen(text) / 2;
  client_dial(client, &run->host, version);
  client->asked = SIZE_MAX;
  client_go_on(client);
  (void)client_send(client, text, half);
  sim_settle();
  (void)client_send(client, text + half, strlen(text) - half);
  client_go_on(client);
}

void scene_leave(scene_run *run, sim_client *client) {
  client_finish(client);
  /* Nothing is left of an answer in front of the one that was given. */
  assert_null(client->size == 0 ? NULL : strstr(client->text + 1, "HTTP/1.1 "));
  /* Without memory, a Ping or a Pong may stay away. */
  scene_note(run, "client: answer of %zu bytes, %zu messages, close %d\n",
             client->judged > 0 ? 0 : client->size, client->messages,
             client->code);
  run->heard += client->code == 1011 || scene_is_5xx(client->text);
  client_close(client);
  sim_settle();
}

bool scene_is_5xx(const void *text) {
  return text != NULL && strncmp(text, "HTTP/1.1 5", 10) == 0;
}

void scene_echo(sim_host *host, wss_conn *conn, const wss_message *message) {
  (void)scene_called(
      scene_run_of(host),
      wss_send(conn, message->type, message->data, message->size));
}

/* ---- A run --------------------------------------------------------------- */

static void note_outcome(scene_run *run) {
  const sim_host *host = &run->host;
  size_t i;
  scene_note(run,
             "%d requests, %d for pages, %d opened, %d messages, %d "
             "drains, %d closed, %d errors\n",
             host->requests, host->https, host->opens, host->messages,
             host->drains, host->closes, host->errors);
  for (i = 0; i < host->count; i++) {
    const host_record *record = &host->records[i];
    const wss_close_info *info = &record->info;
    run->told |= record->error == WSS_ERR_NOMEM;
    run->cut += record->closes &&
                (info->status == 101 ? info->code_sent : info->status) == 0;
    scene_note(run, "%s: %s, phase %d, error %s, code %d, sent %d, status %d\n",
               record->by_error ? "on_error" : "on_close",
               wss_cause_name(info->cause), (int)info->phase,
               record->error == 0 ? "none" : wss_err_name(record->error),
               info->code, info->code_sent, info->status);
  }
}

/* Every end of a connection is told once and counted once. */
static void check_counts(const sim_host *host) {
  wss_stats stats = host_stats(host);
  int64_t sum = stats.closed_registered + stats.closed_private;
  int closes = 0;
  size_t i;
  for (i = 0; i < host->count; i++)
    closes += host->records[i].closes && !host->records[i].by_error;
  assert_int_equal(closes, host->requests);
  assert_int_equal(stats.open, 0);
  assert_int_equal(stats.pending, 0);
  for (i = 0; i < 16; i++)
    sum += stats.closed[i];
  assert_int_equal(sum, stats.handshakes);
  sum += stats.http_responses + stats.refused_tls + stats.refused_plain_http +
         stats.refused_http + stats.refused_handshake + stats.refused_origin +
         stats.refused_by_app + stats.refused_timeout + stats.refused_limit +
         stats.refused_lost;
  assert_int_equal(sum, stats.accepted);
}

/* As if nothing had happened. */
static void next_is_served(scene_run *run, int version) {
  sim_client client;
  run->host.hooks = (host_hooks){.message = scene_echo};
  scene_visit(run, &client, version, NULL);
  assert_true(client_frame(&client, 0x81, "hello", 5));
  client_go_on(&client);
  assert_int_equal(client.messages, 1);
  client_finish(&client);
  assert_int_equal(client.code, 1000);
  assert_int_equal(host_last(&run->host)->info.cause, WSS_CAUSE_PEER_CLOSE);
  client_close(&client);
}

/* Whether the allocation that failed last was for telling the peer, or for what
   a Close frame must not be put behind. */
static bool speechless(void) {
  static const char *const files[] = {"src/http/response.c", "src/net/stream.c",
                                      "src/server/output.c", "src/tls/"};
  const char *file = ledger_last()->file;
  size_t i;
  for (i = 0; i < sizeof files / sizeof files[0]; i++) {
    if (strncmp(file, files[i], strlen(files[i])) == 0)
      return true;
  }
  return false;
}

/* What is promised when one allocation fails: one connection ends at most, and
   its peer is told where that is possible. */
static void check_one_end(const scene_run *run) {
  const sim_host *host = &run->host;
  size_t ends = 0;
  size_t i;
  for (i = 0; i < host->count; i++) {
    const host_record *record = &host->records[i];
    const wss_close_info *info = &record->info;
    if (!record->closes || record->error != WSS_ERR_NOMEM)
      continue;
    ends++;
    if (speechless())
      continue;
    if (info->phase == WSS_PHASE_OPEN)
      assert_int_equal(info->code_sent, 1011);
    if (info->phase == WSS_PHASE_HTTP)
      assert_int_equal(info->status,
                       info->cause == WSS_CAUSE_NO_MEMORY ? 503 : 500);
  }
  assert_in_range(ends, 0, 1);
}

/* What records say was sent has come. */
static void check_heard(const scene_run *run) {
  const sim_host *host = &run->host;
  size_t said = 0;
  size_t i;
  for (i = 0; i < host->count; i++) {
    const wss_close_info *info = &host->records[i].info;
    assert_true(!host->records[i].closes ||
                info->cause == WSS_CAUSE_NO_MEMORY ||
                info->cause == WSS_CAUSE_UNANSWERED ||
                host->records[i].error != WSS_ERR_NOMEM);
    said += info->status >= 500 || info->code_sent == 1011;
  }
  assert_int_equal(run->heard, said);
}

/* Plays it; the number of its allocations. */
static size_t play(const fault_scene *scene, fault_plan plan, scene_run *run) {
  sim_host *host = &run->host;
  size_t calls;
  memset(run, 0, sizeof *run);
  host_open(host, &scene->options, scene->http);
  if (scene->secure)
    host_listen_tls(host);
  run->scene = scene;
  host->user = run;
  host->hooks = scene->hooks;
  ledger_watch(&host->memory.failures);
  test_allocator_fail(&host->memory, plan.at, plan.later);
  scene->play(run);
  sim_settle();
  calls = host->memory.calls;
  test_allocator_fail(&host->memory, 0, false);
  note_outcome(run);
  check_heard(run);
  if (host->server != NULL) {
    if (plan.at != 0 && !plan.later)
      check_one_end(run);
    next_is_served(run, scene->secure ? 13 : 0);
    check_counts(host);
  }
  host_close(host);
  return calls;
}

static void check(const scene_run *run, const scene_run *normal) {
  if (run->told || run->cut > normal->cut ||
      strcmp(run->outcome, normal->outcome) == 0)
    return;
  fail_msg("nobody was told that there is no memory, but instead of\n%sthere "
           "was\n%s",
           normal->outcome, run->outcome);
}

static fault_plan now; /* what is being played */
static bool over;

void scene_test(void **state) {
  static scene_run normal, run;
  const fault_scene *scene = *state;
  size_t count;
  over = false;
  now = (fault_plan){0};
  count = play(scene, now, &normal);
  assert_false(normal.told);
  assert_true(count > 0);
  for (now.at = 1; now.at <= count; now.at++) {
    now.later = false;
    (void)play(scene, now, &run);
    check(&run, &normal);
    now.later = true;
    (void)play(scene, now, &run);
    check(&run, &normal);
  }
  over = true;
}

int scene_over(void **state) {
  (void)state;
  if (!over)
    print_message("as allocation %zu%s failed, at %s:%d\n", now.at,
                  now.later ? " and all later" : "",
                  ledger_last() == NULL ? "-" : ledger_last()->file,
                  ledger_last() == NULL ? 0 : ledger_last()->line);
  return 0;
}
