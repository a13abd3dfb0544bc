/* D5: what the kernel and the network can do to a connection, at each of its
   states, in plain text and over TLS: one end is told, and it is the right one.
 */
#include "support/client.h"

#include <stdlib.h>
#include <string.h>

static const int versions[] = {0, 12, 13};
#define VERSIONS (sizeof versions / sizeof versions[0])

/* Less than makes the server stop reading. */
static char block[30000];

static int defer(sim_host *host, wss_conn *conn, const wss_request *request) {
  (void)host;
  (void)conn;
  (void)request;
  return WSS_DEFER;
}

static void say_something(sim_host *host, wss_conn *conn) {
  (void)host;
  assert_int_equal(wss_send(conn, WSS_BINARY, block, 1000), 0);
  assert_int_equal(wss_send(conn, WSS_TEXT, "hello", 5), 0);
}

static void start(sim_host *host, sim_client *client, int version) {
  host_open(host, NULL, false);
  host_listen_tls(host);
  host->hooks.request = defer;
  host->hooks.open = say_something;
  client_connect(client, host, version);
}

/* The program answers at last; whatever there still is ends in time. */
static void finish(sim_host *host, sim_client *client) {
  client_go_on(client);
  if (host->conn != NULL && host->conn->state == WSS__ASKED)
    assert_int_equal(wss_accept(host->conn, NULL), 0);
  client_finish(client);
  assert_int_equal(host->closes, 1);
  assert_int_equal(host->count, 1);
  assert_int_equal(host_last(host)->by_error, host->requests == 0);
}

static void stop(sim_host *host, sim_client *client) {
  client_close(client);
  host_close(host);
}

/* ---- Faults that only slow things down ----------------------------------- */

typedef enum slow_fault {
  NONE,
  SHORT_WRITES,
  STORM,
  NO_ROOM,
  SLOW_FAULTS
} slow_fault;

/* Everything that must not depend on how it went. */
typedef struct outcome {
  wss_close_info info;
  char *text;
  size_t size;
  size_t count; /* of bytes on the wire */
} outcome;

#define STORM_SIZE 40

static void begin_fault(const sim_client *client, slow_fault fault) {
  if (fault == SHORT_WRITES)
    sim_step(client->peer, 1);
  else if (fault == STORM)
    sim_fail(SIM_WRITE, UV_EAGAIN, 1, STORM_SIZE);
}

/* For a while nothing fits into the kernel. */
static void no_room(sim_host *host, sim_client *client) {
  sim_quota(client->peer, 0);
  client_go_on(client);
  if (host->conn != NULL && host->conn->state == WSS__ASKED)
    assert_int_equal(wss_accept(host->conn, NULL), 0);
  sim_advance(900); /* a clean end waits for a second */
  sim_quota(client->peer, SIZE_MAX);
}

static void check_fault(const sim_client *client, slow_fault fault,
                        const outcome *seen) {
  (void)client;
  if (fault == SHORT_WRITES)
    assert_true(sim_called(SIM_WRITE) >= seen->count);
  if (fault == STORM)
    assert_int_equal(sim_failed(SIM_WRITE), STORM_SIZE);
}

static outcome live(wss__state state, int version, slow_fault fault) {
  static sim_host host;
  static sim_client client;
  outcome seen;
  start(&host, &client, version);
  begin_fault(&client, fault);
  client_lead(&client, state);
  if (fault == NO_ROOM)
    no_room(&host, &client);
  finish(&host, &client);
  seen.info = host_last(&host)->info;
  seen.text = client.text;
  seen.size = client.size;
  seen.count = client.secure ? client.tls.received : client.size;
  client.text = NULL;
  check_fault(&client, fault, &seen);
  stop(&host, &client);
  return seen;
}

static void assert_same(const outcome *seen, const outcome *expected) {
  assert_int_equal(seen->info.error, expected->info.error);
  assert_int_equal(seen->info.cause, expected->info.cause);
  assert_int_equal(seen->info.phase, expected->info.phase);
  assert_int_equal(seen->info.initiator, expected->info.initiator);
  assert_int_equal(seen->info.code, expected->info.code);
  assert_int_equal(seen->info.code_sent, expected->info.code_sent);
  assert_int_equal(seen->info.opened, expected->info.opened);
  assert_int_equal(seen->info.status, expected->info.status);
  assert_int_equal(seen->size, expected->size);
  if (expected->size > 0)
    assert_memory_equal(seen->text, expected->text, expected->size);
}

static void slow_in(wss__state state, int version) {
  outcome expected = live(state, version, NONE);
  int fault;
  /* The messages of on_open, whole and in order. */
  if (state != WSS__CLOSED) {
    assert_int_equal(expected.info.error, 0);
    assert_int_equal(expected.info.code, 1000);
    assert_true(expected.size > 1000 + 5 + 2 * 4);
  }
  for (fault = SHORT_WRITES; fault < SLOW_FAULTS; fault++) {
    outcome seen = live(state, version, (slow_fault)fault);
    assert_same(&seen, &expected);
    free(seen.text);
  }
  free(expected.text);
}

static void slow_kernels_make_no_difference(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < VERSIONS; i++) {
    int at;
    for (at = WSS__ACCEPTED; at <= WSS__CLOSED; at++) {
      if (at != WSS__TLS || versions[i] != 0)
        slow_in((wss__state)at, versions[i]);
    }
  }
}

/* ---- Faults that end ----------------------------------------------------- */

typedef struct expected_end {
  int error;
  wss_cause cause;
  wss_phase phase; /* when that happened */
  wss_initiator initiator;
  int code;
  int code_sent;
} expected_end;

#define LOST(cause, phase, error)                                              \
  { error, WSS_CAUSE_##cause, WSS_PHASE_##phase, WSS_BY_PEER, 1006, 0 }

/* Whom the end was agreed with before, they have done nothing wrong. */
#define CLEAN                                                                  \
  { 0, WSS_CAUSE_PEER_CLOSE, WSS_PHASE_OPEN, WSS_BY_PEER, 1000, 1000 }
#define TERMINATED                                                             \
  { 0, WSS_CAUSE_TERMINATED, WSS_PHASE_OPEN, WSS_BY_APP, 1006, 0 }
#define UNANSWERED(cause, error)                                               \
  { error, WSS_CAUSE_##cause, WSS_PHASE_CLOSING, WSS_BY_APP, 1006, 1000 }

static void assert_row(const sim_host *host, const expected_end *row) {
  const wss_close_info *info = &host_last(host)->info;
  assert_int_equal(info->error, row->error);
  assert_int_equal(info->cause, row->cause);
  assert_int_equal(info->phase, row->phase);
  assert_int_equal(info->initiator, row->initiator);
  assert_int_equal(info->code, row->code);
  assert_int_equal(info->code_sent, row->code_sent);
  assert_int_equal(info->opened, row->phase >= WSS_PHASE_OPEN);
}

/* What the client does once the connection is in its state. */
typedef void (*end_fault)(sim_host *host, sim_client *client);

static void resets(sim_host *host, sim_client *client) {
  (void)host;
  sim_reset(client->peer);
  client_gone(client);
}

/* It goes on taking what it is sent. */
static void half_closes(sim_host *host, sim_client *client) {
  (void)host;
  sim_lose(client->peer);
  sim_fin(client->peer);
  sim_settle();
  sim_quota(client->peer, SIZE_MAX);
  client->ended = true;
}

/* With a message in flight, for which there is no room in the kernel. */
static void leave_in_flight(sim_client *client) {
  sim_quota(client->peer, 0);
  assert_int_equal(wss_send(client->conn, WSS_BINARY, block, sizeof block), 0);
  sim_settle();
  assert_true(wss_buffered(client->conn) > 0);
}

static void ends_in(wss__state state, int version, bool in_flight,
                    end_fault fault, const expected_end *row) {
  static sim_host host;
  static sim_client client;
  start(&host, &client, version);
  client_lead(&client, in_flight ? WSS__OPEN : state);
  if (in_flight) {
    leave_in_flight(&client);
    client_lead_on(&client, state);
    assert_int_equal(client_state(&client), state);
  }
  fault(&host, &client);
  finish(&host, &client);
  assert_row(&host, row);
  stop(&host, &client);
}

static void ends_in_each(end_fault fault, const expected_end rows[]) {
  size_t i;
  for (i = 0; i < VERSIONS; i++) {
    int at;
    for (at = WSS__ACCEPTED; at <= WSS__CLOSED; at++) {
      if (at == WSS__TLS && versions[i] == 0)
        continue;
      ends_in((wss__state)at, versions[i], false, fault, &rows[at]);
      if (at >= WSS__OPEN)
        ends_in((wss__state)at, versions[i], true, fault, &rows[at]);
    }
  }
}

/* One that is not read from, since the program has not answered, is missed when
   it is answered: it has opened then. */
static void resets_in_each_state(void **state) {
  static const expected_end rows[] = {
      [WSS__ACCEPTED] = LOST(PEER_RESET, ACCEPTED, UV_ECONNRESET),
      [WSS__TLS] = LOST(PEER_RESET, TLS, UV_ECONNRESET),
      [WSS__HTTP] = LOST(PEER_RESET, HTTP, UV_ECONNRESET),
      [WSS__ASKED] = LOST(PEER_RESET, OPEN, UV_ECONNRESET),
      [WSS__OPEN] = LOST(PEER_RESET, OPEN, UV_ECONNRESET),
      [WSS__CLOSING] = UNANSWERED(PEER_RESET, UV_ECONNRESET),
      [WSS__FINISHING] = CLEAN,
      [WSS__CLOSED] = TERMINATED,
  };
  (void)state;
  ends_in_each(resets, rows);
}

static void half_closes_in_each_state(void **state) {
  static const expected_end rows[] = {
      [WSS__ACCEPTED] = LOST(PEER_FIN, ACCEPTED, WSS_ERR_TRUNCATED),
      [WSS__TLS] = LOST(PEER_FIN, TLS, WSS_ERR_TRUNCATED),
      [WSS__HTTP] = LOST(PEER_FIN, HTTP, WSS_ERR_TRUNCATED),
      [WSS__ASKED] = LOST(PEER_FIN, OPEN, WSS_ERR_TRUNCATED),
      [WSS__OPEN] = LOST(PEER_FIN, OPEN, WSS_ERR_TRUNCATED),
      [WSS__CLOSING] = UNANSWERED(PEER_FIN, WSS_ERR_TRUNCATED),
      [WSS__FINISHING] = CLEAN,
      [WSS__CLOSED] = TERMINATED,
  };
  (void)state;
  ends_in_each(half_closes, rows);
}

/* ---- Broken pipes -------------------------------------------------------- */

/* Has the server write in this state, or on the way into it. */
static void provoke(sim_host *host, sim_client *client, wss__state state) {
  switch (state) {
  case WSS__ACCEPTED: /* HTTP that is none; or HTTP where TLS is spoken */
    assert_true(sim_text(client->peer, "NO\r\n\r\n"));
    break;
  case WSS__TLS:
    client_go_on(client);
    break;
  case WSS__HTTP:
    assert_true(client_send(client, "\0\r\n\r\n", 5));
    break;
  case WSS__ASKED:
    assert_int_equal(wss_accept(host->conn, NULL), 0);
    break;
  case WSS__OPEN:
    assert_int_equal(wss_send(client->conn, WSS_TEXT, "x", 1), 0);
    break;
  case WSS__CLOSING:
  case WSS__FINISHING:
  case WSS__CLOSED:
    client_lead_on(client, state);
    break;
  }
  sim_settle();
}

static void pipe_breaks_in(wss__state state, int version,
                           const expected_end *row) {
  static sim_host host;
  static sim_client client;
  start(&host, &client, version);
  client_lead(&client, state > WSS__OPEN ? WSS__OPEN : state);
  sim_fail(SIM_WRITE, UV_EPIPE, 1, 1);
  provoke(&host, &client, state);
  /* Whatever goes first tells: nothing is written any more. */
  assert_int_equal(sim_failed(SIM_WRITE), state != WSS__CLOSED);
  sim_fail(SIM_WRITE, 0, 1, 0);
  finish(&host, &client);
  assert_row(&host, row);
  stop(&host, &client);
}

/* Where the answer that could not be written was a refusal, that is the reason.
 */
static void pipe_breaks_in_each_state(void **state) {
  static const expected_end rows[] = {
      [WSS__ACCEPTED] = {WSS_ERR_HTTP, WSS_CAUSE_HTTP, WSS_PHASE_HTTP,
                         WSS_BY_LIBRARY, 1006, 0},
      [WSS__TLS] = LOST(PEER_RESET, TLS, UV_EPIPE),
      [WSS__HTTP] = {WSS_ERR_HTTP, WSS_CAUSE_HTTP, WSS_PHASE_HTTP,
                     WSS_BY_LIBRARY, 1006, 0},
      [WSS__ASKED] = LOST(PEER_RESET, OPEN, UV_EPIPE),
      [WSS__OPEN] = LOST(PEER_RESET, OPEN, UV_EPIPE),
      [WSS__CLOSING] = UNANSWERED(PEER_RESET, UV_EPIPE),
      [WSS__FINISHING] = CLEAN,
      [WSS__CLOSED] = TERMINATED,
  };
  static const expected_end no_tls = {WSS_ERR_PLAIN_HTTP,
                                      WSS_CAUSE_PLAIN_HTTP,
                                      WSS_PHASE_TLS,
                                      WSS_BY_LIBRARY,
                                      1006,
                                      0};
  size_t i;
  (void)state;
  for (i = 0; i < VERSIONS; i++) {
    int at;
    for (at = WSS__ACCEPTED; at <= WSS__CLOSED; at++) {
      if (at == WSS__TLS && versions[i] == 0)
        continue;
      pipe_breaks_in((wss__state)at, versions[i],
                     at == WSS__ACCEPTED && versions[i] != 0 ? &no_tls
                                                             : &rows[at]);
    }
  }
}

/* The kernel tells of it when there is room again. */
static void pipe_breaks_with_bytes_in_flight(void **state) {
  static const expected_end rows[] = {
      [WSS__OPEN] = LOST(PEER_RESET, OPEN, UV_EPIPE),
      [WSS__CLOSING] = UNANSWERED(PEER_RESET, UV_EPIPE),
      [WSS__FINISHING] = CLEAN,
      [WSS__CLOSED] = TERMINATED,
  };
  size_t i;
  (void)state;
  for (i = 0; i < VERSIONS; i++) {
    int at;
    for (at = WSS__OPEN; at <= WSS__CLOSED; at++) {
      static sim_host host;
      static sim_client client;
      start(&host, &client, versions[i]);
      client_lead(&client, WSS__OPEN);
      leave_in_flight(&client);
      client_lead_on(&client, (wss__state)at);
      sim_fail(SIM_WRITE, UV_EPIPE, 1, 1);
      sim_quota(client.peer, SIZE_MAX);
      sim_settle();
      assert_int_equal(sim_failed(SIM_WRITE), at != WSS__CLOSED);
      finish(&host, &client);
      assert_row(&host, &rows[at]);
      stop(&host, &client);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(slow_kernels_make_no_difference),
      cmocka_unit_test(resets_in_each_state),
      cmocka_unit_test(half_closes_in_each_state),
      cmocka_unit_test(pipe_breaks_in_each_state),
      cmocka_unit_test(pipe_breaks_with_bytes_in_flight),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
