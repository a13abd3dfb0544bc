/* D9: a program that keeps its loop from running for 90 seconds loses nobody
   who is healthy, wherever it does that; and the deadlines that were running go
   on with what they had left. */
#include "support/client.h"

#include <string.h>

#define STALL 90000

/* Where the program is busy. */
typedef enum stall_place {
  BETWEEN_TURNS,
  IN_REQUEST,
  IN_OPEN,
  IN_MESSAGE,
  IN_CLOSE,
  IN_TIMER,
  PLACES
} stall_place;

static sim_host host;
static stall_place place;
static bool armed;
static bool accepting; /* else requests are not answered at once */
static sim_client trigger;

/* ---- The program --------------------------------------------------------- */

static void stall_in(stall_place here) {
  if (!armed || here != place)
    return;
  armed = false;
  sim_stall(STALL);
}

static int on_request(sim_host *of, wss_conn *conn,
                      const wss_request *request) {
  (void)of;
  (void)conn;
  (void)request;
  stall_in(IN_REQUEST);
  return accepting ? WSS_ACCEPT : WSS_DEFER;
}

static void on_open(sim_host *of, wss_conn *conn) {
  (void)of;
  (void)conn;
  stall_in(IN_OPEN);
}

static void on_message(sim_host *of, wss_conn *conn,
                       const wss_message *message) {
  (void)of;
  (void)conn;
  (void)message;
  stall_in(IN_MESSAGE);
}

static void on_close(sim_host *of, wss_conn *conn, const wss_close_info *info) {
  (void)of;
  (void)conn;
  (void)info;
  stall_in(IN_CLOSE);
}

static void on_timer(uv_timer_t *timer) {
  stall_in(IN_TIMER);
  uv_close((uv_handle_t *)timer, NULL);
}

static void begin(void) {
  host_open(&host, NULL, false);
  host_listen_tls(&host);
  host.hooks.request = on_request;
  host.hooks.open = on_open;
  host.hooks.message = on_message;
  host.hooks.close = on_close;
  accepting = false;
}

/* A connection that the program will be busy with. */
static void prepare_trigger(stall_place where) {
  place = where;
  client_connect(&trigger, &host, 0);
  if (where == IN_REQUEST)
    client_lead(&trigger, WSS__HTTP);
  else if (where == IN_OPEN)
    client_lead(&trigger, WSS__ASKED);
  else
    client_lead(&trigger, WSS__OPEN);
}

static void ask_the_rest(void) {
  const char *request = host_handshake("");
  size_t size = strlen(request);
  assert_true(
      client_send(&trigger, request + trigger.asked, size - trigger.asked));
  trigger.asked = size;
}

/* The stall comes with the next turns of the loop, or now. */
static void pull_trigger(void) {
  static uv_timer_t timer;
  armed = true;
  if (place == BETWEEN_TURNS)
    stall_in(BETWEEN_TURNS);
  else if (place == IN_REQUEST)
    ask_the_rest();
  else if (place == IN_OPEN)
    assert_int_equal(wss_accept(trigger.conn, NULL), 0);
  else if (place == IN_MESSAGE)
    assert_true(client_frame(&trigger, 0x81, "work", 4));
  else if (place == IN_CLOSE)
    wss_terminate(trigger.conn);
  if (place != IN_TIMER)
    return;
  assert_int_equal(uv_timer_init(sim_loop(), &timer), 0);
  assert_int_equal(uv_timer_start(&timer, on_timer, 0, 0), 0);
}

/* ---- The healthy --------------------------------------------------------- */

typedef struct peer_kind {
  wss__state state;
  int version;
  bool half;  /* of a message was sent */
  bool quits; /* it has answered the Close frame, or closed */
  bool slow;  /* a message waits for it */
} peer_kind;

static const peer_kind kinds[] = {
    {.state = WSS__ACCEPTED},
    {.state = WSS__ACCEPTED, .version = 13},
    {.state = WSS__TLS, .version = 12},
    {.state = WSS__TLS, .version = 13},
    {.state = WSS__HTTP},
    {.state = WSS__HTTP, .version = 13},
    {.state = WSS__ASKED},
    {.state = WSS__ASKED, .version = 13},
    {.state = WSS__OPEN},
    {.state = WSS__OPEN, .version = 12},
    {.state = WSS__OPEN, .half = true},
    {.state = WSS__OPEN, .half = true, .version = 13},
    {.state = WSS__OPEN, .slow = true},
    {.state = WSS__OPEN, .slow = true, .version = 13},
    {.state = WSS__CLOSING},
    {.state = WSS__CLOSING, .version = 13},
    {.state = WSS__CLOSING, .quits = true},
    {.state = WSS__FINISHING},
    {.state = WSS__FINISHING, .version = 13},
    {.state = WSS__FINISHING, .quits = true},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static sim_client clients[KINDS];

static void lead(sim_client *client, const peer_kind *kind) {
  static char block[30000];
  client_lead(client, kind->state > WSS__OPEN ? WSS__OPEN : kind->state);
  if (kind->half)
    assert_true(client_frame(client, 0x01, "half", 4));
  if (kind->slow) {
    sim_quota(client->peer, 0);
    assert_int_equal(wss_send(client->conn, WSS_BINARY, block, sizeof block),
                     0);
  }
}

/* What arrives while the program is busy, or just before. */
static void act(sim_client *client, const peer_kind *kind) {
  if (kind->state == WSS__OPEN)
    assert_true(client_frame(client, kind->half ? 0x00 : 0x81, "busy", 4));
  if (kind->quits && kind->state == WSS__CLOSING)
    client_answer(client);
  if (kind->quits && kind->state == WSS__FINISHING)
    sim_fin(client->peer);
}

/* All of them, with a part of their time used up. */
static void gather(void) {
  size_t i;
  for (i = 0; i < KINDS; i++) {
    client_connect(&clients[i], &host, kinds[i].version);
    lead(&clients[i], &kinds[i]);
  }
  sim_advance(4000);
  for (i = 0; i < KINDS; i++)
    client_lead_on(&clients[i], kinds[i].state);
  sim_advance(700);
  assert_int_equal(host.count, 0);
}

static void accept_all(void) {
  size_t i;
  accepting = true;
  for (i = 0; i < KINDS; i++) {
    if (kinds[i].state == WSS__ASKED)
      assert_int_equal(wss_accept(clients[i].conn, NULL), 0);
  }
  if (place == IN_REQUEST)
    assert_int_equal(wss_accept(trigger.conn, NULL), 0);
  sim_settle();
}

/* Everyone goes on, and ends well. */
static void assert_all_well(void) {
  size_t i;
  accept_all();
  for (i = 0; i < KINDS; i++) {
    sim_quota(clients[i].peer, SIZE_MAX);
    client_finish(&clients[i]);
  }
  if (place != IN_CLOSE)
    client_finish(&trigger);
  sim_settle();
  assert_int_equal(host.count, KINDS + 1);
  for (i = 0; i < host.count; i++) {
    if (host.records[i].conn == trigger.conn && place == IN_CLOSE)
      continue;
    if (host.records[i].error != 0)
      print_error("%s: %s\n", wss_cause_name(host.records[i].info.cause),
                  host.records[i].message);
    assert_int_equal(host.records[i].error, 0);
    assert_int_equal(host.records[i].info.code, 1000);
  }
}

static void finish(void) {
  size_t i;
  for (i = 0; i < KINDS; i++)
    client_close(&clients[i]);
  client_close(&trigger);
  host_close(&host);
}

static void nobody_is_cut_at(stall_place where, int times) {
  size_t i;
  begin();
  prepare_trigger(where);
  gather();
  for (i = 0; i < KINDS; i++)
    act(&clients[i], &kinds[i]);
  pull_trigger();
  sim_settle();
  assert_false(armed);
  while (--times > 0) {
    sim_stall(STALL);
    sim_turn();
  }
  assert_all_well();
  finish();
}

static void nobody_is_cut(void **state) {
  int where;
  (void)state;
  for (where = 0; where < PLACES; where++)
    nobody_is_cut_at((stall_place)where, 1);
}

static void again_and_again(void **state) {
  int where;
  (void)state;
  for (where = 0; where < PLACES; where++)
    nobody_is_cut_at((stall_place)where, 10);
}

/* ---- What is left of a deadline ------------------------------------------ */

/* Four of ten seconds were used, so six are left. */
static void the_rest_is_left_at(stall_place where) {
  sim_client silent;
  uint64_t start;
  begin();
  prepare_trigger(where);
  client_connect(&silent, &host, 0);
  sim_advance(4000);
  pull_trigger();
  sim_settle();
  assert_false(armed);
  assert_int_equal(sim_now(), HOST_START + 4000 + STALL);
  start = sim_now();
  if (where != IN_CLOSE)
    wss_terminate(trigger.conn);
  sim_settle();
  assert_int_equal(host.count, 1);
  sim_advance(5999);
  assert_int_equal(host.count, 1);
  sim_advance(1);
  assert_int_equal(host.count, 2);
  assert_int_equal(host_last(&host)->at, start + 6000);
  assert_int_equal(host_last(&host)->info.cause, WSS_CAUSE_HANDSHAKE_TIMEOUT);
  client_close(&silent);
  client_close(&trigger);
  host_close(&host);
}

static void the_rest_is_left(void **state) {
  int where;
  (void)state;
  for (where = 0; where < PLACES; where++)
    the_rest_is_left_at((stall_place)where);
}

/* What the program does in less than a second at a time is no stall: time goes
   on, and whoever answers in each turn is not cut. */
static void a_busy_program(void **state) {
  sim_client silent;
  sim_client good;
  uint64_t end = HOST_START + 300000;
  (void)state;
  begin();
  client_connect(&good, &host, 0);
  client_lead(&good, WSS__OPEN);
  client_connect(&silent, &host, 0);
  while (sim_now() < end) {
    sim_stall(900);
    sim_turn();
    client_go_on(&good);
  }
  assert_int_equal(host.count, 1);
  assert_in_range(host_last(&host)->at, HOST_START + 10000, HOST_START + 10900);
  assert_true(good.pings >= 11);
  client_finish(&good);
  assert_int_equal(host_last(&host)->error, 0);
  client_close(&silent);
  client_close(&good);
  host_close(&host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_rest_is_left),
      cmocka_unit_test(nobody_is_cut),
      cmocka_unit_test(again_and_again),
      cmocka_unit_test(a_busy_program),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
