/* What the program is told beside its messages: who ended what, and why, and
   the counters. */
#include "support/world.h"

#include <string.h>

#include "server/listener.h"
#include "server/report.h"

/* ---- Ends before on_request ---------------------------------------------- */

/* One who never came as far as on_request: told by on_error, counted once. */
typedef struct early_end {
  const char *text; /* sent, then FIN */
  int error;
  int status;
  wss_initiator initiator;
  size_t counter; /* offset of the counter in wss_stats */
} early_end;

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define ASK "Upgrade: websocket\r\nConnection: Upgrade\r\n" KEY

static const early_end early_ends[] = {
    {"GET / HTTP/1.0\r\n\r\n", WSS_ERR_HTTP, 505, WSS_BY_LIBRARY,
     offsetof(wss_stats, refused_http)},
    {"POST / HTTP/1.1\r\nHost: a\r\n\r\n", WSS_ERR_HTTP, 405, WSS_BY_LIBRARY,
     offsetof(wss_stats, refused_http)},
    {"GET / HTTP/1.1\r\nHost: a\r\nX\x01: b\r\n\r\n", WSS_ERR_HTTP, 400,
     WSS_BY_LIBRARY, offsetof(wss_stats, refused_http)},
    {"GET / HTTP/1.1\r\nHost: a\r\n" ASK "Sec-WebSocket-Version: 8\r\n\r\n",
     WSS_ERR_HANDSHAKE, 426, WSS_BY_LIBRARY,
     offsetof(wss_stats, refused_handshake)},
    {"GET / HTTP/1.1\r\nHost: a\r\n" ASK "Sec-WebSocket-Version: 13\r\n"
     "Origin: https://b\r\n\r\n",
     WSS_ERR_ORIGIN, 403, WSS_BY_LIBRARY, offsetof(wss_stats, refused_origin)},
    {"GET / HTTP/1.1\r\nHost", WSS_ERR_TRUNCATED, 0, WSS_BY_PEER,
     offsetof(wss_stats, refused_lost)},
    {"", WSS_ERR_TRUNCATED, 0, WSS_BY_PEER, offsetof(wss_stats, refused_lost)},
    {"\x16\x03\x01\x02", WSS_ERR_HTTP, 400, WSS_BY_LIBRARY,
     offsetof(wss_stats, refused_http)},
};

static int64_t sum_of_refusals(const wss_stats *stats) {
  return stats->refused_tls + stats->refused_plain_http + stats->refused_http +
         stats->refused_handshake + stats->refused_origin +
         stats->refused_by_app + stats->refused_timeout + stats->refused_lost;
}

static void ends_before_the_request(void **state) {
  test_world world;
  wss_stats stats;
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  for (i = 0; i < sizeof early_ends / sizeof early_ends[0]; i++) {
    const early_end *end = &early_ends[i];
    test_peer *peer = peer_connect(&world);
    int64_t before;
    int64_t after;
    wss_server_stats(world.server, &stats);
    memcpy(&before, (char *)&stats + end->counter, sizeof before);
    peer_text(peer, end->text);
    peer_shutdown(peer);
    world_until(&world, world.seen.errors == (int)i + 1);
    assert_int_equal(world.seen.error, end->error);
    assert_int_equal(world.seen.error_info.error, end->error);
    assert_int_equal(world.seen.error_info.status, end->status);
    assert_int_equal(world.seen.error_info.initiator, end->initiator);
    assert_int_equal(world.seen.error_info.phase, end->text[0] == '\0'
                                                      ? WSS_PHASE_ACCEPTED
                                                      : WSS_PHASE_HTTP);
    assert_false(world.seen.error_info.opened);
    assert_int_equal(world.seen.error_info.code, 1006);
    assert_int_equal(world.seen.error_info.code_sent, 0);
    assert_true(strlen(world.seen.error_message) > 10);
    wss_server_stats(world.server, &stats);
    memcpy(&after, (char *)&stats + end->counter, sizeof after);
    assert_int_equal(after, before + 1);
    assert_int_equal(sum_of_refusals(&stats), i + 1);
    assert_int_equal(stats.accepted, i + 1);
    assert_int_equal(stats.pending, 0);
    assert_int_equal(stats.handshakes, 0);
    peer_close(peer);
  }
  assert_int_equal(world.seen.requests, 0);
  assert_int_equal(world.seen.closes, 0);
  world_close(&world);
}

/* ---- Ends after on_request ----------------------------------------------- */

typedef struct open_end {
  const char *frame; /* not masked: keys are zero */
  size_t size;
  int code, code_sent, error;
  wss_initiator initiator;
} open_end;

static const open_end open_ends[] = {
    {"\x88\x80\0\0\0\0", 6, 1005, 1005, 0, WSS_BY_PEER},
    {"\x88\x82\0\0\0\0\x03\xe8", 8, 1000, 1000, 0, WSS_BY_PEER},
    {"\x88\x82\0\0\0\0\x0b\xb8", 8, 3000, 3000, 0, WSS_BY_PEER},
    {"\x88\x82\0\0\0\0\x13\x87", 8, 4999, 4999, 0, WSS_BY_PEER},
    {"\x88\x81\0\0\0\0\x03", 7, 1006, 1002, WSS_ERR_PROTOCOL, WSS_BY_LIBRARY},
    {"\x88\x82\0\0\0\0\x03\xed", 8, 1006, 1002, WSS_ERR_PROTOCOL,
     WSS_BY_LIBRARY},
    {"\x83\x80\0\0\0\0", 6, 1006, 1002, WSS_ERR_PROTOCOL, WSS_BY_LIBRARY},
    {"\x81\x81\0\0\0\0\xff", 7, 1006, 1007, WSS_ERR_UTF8, WSS_BY_LIBRARY},
    {"\x82\xfe\x04\x01\0\0\0\0", 8, 1006, 1009, WSS_ERR_TOO_BIG,
     WSS_BY_LIBRARY},
};

static void ends_after_the_handshake(void **state) {
  test_world world;
  wss_stats stats;
  int64_t sum;
  size_t i;
  (void)state;
  world_open(&world, &(wss_options){.max_message_size = 1024}, false);
  for (i = 0; i < sizeof open_ends / sizeof open_ends[0]; i++) {
    const open_end *end = &open_ends[i];
    test_peer *peer = peer_connect(&world);
    peer_open(peer);
    peer_send(peer, end->frame, end->size);
    world_until(&world, peer->ended);
    assert_int_equal(peer->data[0], 0x88);
    assert_int_equal(peer->size, end->code_sent == 1005 ? 2 : 4);
    peer_close(peer);
    world_until(&world, world.seen.closes == (int)i + 1);
    assert_int_equal(world.seen.info.code, end->code);
    assert_int_equal(world.seen.info.code_sent, end->code_sent);
    assert_int_equal(world.seen.info.error, end->error);
    assert_int_equal(world.seen.info.initiator, end->initiator);
    assert_int_equal(world.seen.info.phase, WSS_PHASE_OPEN);
    assert_int_equal(world.seen.info.status, 101);
    assert_true(world.seen.info.opened);
    assert_string_equal(world.seen.reason, "");
    assert_true(strlen(world.seen.info_message) > 0);
  }
  wss_server_stats(world.server, &stats);
  assert_int_equal(stats.handshakes, i);
  assert_int_equal(stats.open, 0);
  assert_int_equal(stats.closed[0], 1);
  assert_int_equal(stats.closed[5], 1);
  assert_int_equal(stats.closed[6], 5);
  assert_int_equal(stats.closed_registered, 1);
  assert_int_equal(stats.closed_private, 1);
  sum = stats.closed_registered + stats.closed_private;
  for (i = 0; i < 16; i++)
    sum += stats.closed[i];
  assert_int_equal(sum, stats.handshakes);
  assert_int_equal(sum_of_refusals(&stats), 0);
  assert_int_equal(world.seen.errors, 0);
  world_close(&world);
}

static int accept_and_close(test_world *world, wss_conn *conn,
                            const wss_request *request) {
  (void)world;
  (void)request;
  assert_int_equal(wss_accept(conn, NULL), 0);
  assert_int_equal(wss_close(conn, 4000, "no"), 0);
  return WSS_ACCEPT;
}

/* Accepted and closed in one breath: on_open never comes. */
static void closes_before_it_opened(void **state) {
  test_world world;
  wss_stats stats;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.request = accept_and_close;
  peer = peer_connect(&world);
  peer_ask(peer, "");
  world_until(&world, peer_has(peer, "\r\n\r\n\x88\x04\x0f\xa0no"));
  peer_frame(peer, 0x88, "\x0f\xa0", 2);
  world_until(&world, peer->ended);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  assert_int_equal(world.seen.opens, 0);
  assert_false(world.seen.info.opened);
  assert_int_equal(world.seen.info.status, 101);
  assert_int_equal(world.seen.info.code, 4000);
  wss_server_stats(world.server, &stats);
  assert_int_equal(stats.open, 0);
  assert_int_equal(stats.pending, 0);
  assert_int_equal(stats.handshakes, 1);
  assert_int_equal(stats.closed_private, 1);
  world_close(&world);
}

/* No control byte reaches a log, wherever it came from. */
static void messages_forge_no_log_lines(void **state) {
  test_world world;
  test_peer *peer;
  const char *at;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_ask(peer, "Origin: https://a\tb\r\n");
  world_until(&world, peer->ended);
  peer_close(peer);
  world_until(&world, world.seen.errors == 1);
  for (at = world.seen.error_message; *at != '\0'; at++)
    assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
  world_close(&world);
}

/* An event names the listener, but none that has been freed. */
static void names_the_listener(void **state) {
  test_world world;
  test_peer *peers[2];
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  for (i = 0; i < 2; i++) {
    peers[i] = peer_connect(&world);
    peer_text(peers[i], "GET");
  }
  world_turns(&world);
  peer_close(peers[0]);
  world_until(&world, world.seen.errors == 1);
  assert_ptr_equal(world.seen.error_listener, world.listener);
  wss_listener_close(world.listener);
  world_turns(&world);
  peer_close(peers[1]);
  world_until(&world, world.seen.errors == 2);
  assert_null(world.seen.error_listener);
  world_close(&world);
}

/* ---- Warnings ------------------------------------------------------------ */

static wss_listener *told;
static void keep_listener(wss_server *server, const wss_error *error,
                          void *user) {
  int *count = user;
  (void)server;
  assert_null(error->close);
  told = error->listener;
  ++*count;
}

static void on_gone(void *user) {
  (void)user;
}

/* From the next turn on, never from inside wss_listen; without the listener if
   that has gone since; and all of them before the server is. */
static void warnings_come_later(void **state) {
  const wss_handler handler = {.on_error = keep_listener};
  wss_server *server;
  wss_listener *listener;
  uv_loop_t loop;
  int count = 0;
  (void)state;
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(wss_server_new(&server, &loop, &handler, NULL, &count), 0);
  assert_int_equal(wss_listen_plain(server, "127.0.0.1", 0, &listener), 0);
  wss__report_warning(listener, WSS_ERR_CERT_EXPIRED, "one");
  assert_int_equal(count, 0);
  (void)uv_run(&loop, UV_RUN_ONCE);
  assert_int_equal(count, 1);
  assert_ptr_equal(told, listener);
  wss__report_warning(listener, WSS_ERR_CERT_EXPIRED, "two");
  wss_listener_close(listener);
  (void)uv_run(&loop, UV_RUN_ONCE);
  assert_int_equal(count, 2);
  assert_null(told);
  assert_int_equal(wss_listen_plain(server, "127.0.0.1", 0, &listener), 0);
  wss__report_warning(listener, WSS_ERR_CERT_EXPIRED, "three");
  wss__report_warning(listener, WSS_ERR_CERT_EXPIRED, "four");
  assert_int_equal(wss_server_close(server, 0, on_gone), 0);
  assert_int_equal(count, 2);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(count, 4);
  assert_int_equal(uv_loop_close(&loop), 0);
}

static uint64_t polls;
static int in_poll;

/* As a program would that listens anew with a certificate that is no better.
   There is a turn on either side of a poll. */
static void warn_again(test_world *world) {
  if (world->server->loop.polls != polls)
    in_poll = 0;
  polls = world->server->loop.polls;
  assert_true(++in_poll <= 2);
  if (world->seen.errors < 9)
    wss__report_warning(world->listener, WSS_ERR_CERT_EXPIRED, "again");
}

/* One that a warning's callback causes waits for a turn, which comes without
   anybody else's doing: the loop goes on being polled, and does not fall
   asleep. */
static void warnings_that_cause_others(void **state) {
  test_world world;
  (void)state;
  world_open(&world, NULL, false);
  world.hooks.error = warn_again;
  in_poll = 0;
  wss__report_warning(world.listener, WSS_ERR_CERT_EXPIRED, "first");
  world_until(&world, world.seen.errors == 9);
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ends_before_the_request),
      cmocka_unit_test(ends_after_the_handshake),
      cmocka_unit_test(closes_before_it_opened),
      cmocka_unit_test(messages_forge_no_log_lines),
      cmocka_unit_test(names_the_listener),
      cmocka_unit_test(warnings_come_later),
      cmocka_unit_test(warnings_that_cause_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
