/* D6: every action from every callback, about a connection in every state, the
   callback's own or another, in plain text and over TLS 1.2 and 1.3. Over TLS
   it is every seventh case, or with WSS_ALL_CALLS in the environment each one.
   WSS_LIST_CALLS has each case named. */
#include <stdlib.h>
#include <string.h>

#include "calls/calls.h"

/* ---- What can happen ----------------------------------------------------- */

static bool about_a_conn(call_action action) {
  return action < LISTENER_CLOSE;
}

/* The states in which a callback finds its own connection. */
static bool is_own_state(call_place place, call_target target) {
  switch (place) {
  case ON_REQUEST:
  case ON_HTTP:
    return target == IS_ASKED;
  case ON_OPEN:
  case ON_MESSAGE:
  case ON_PONG:
  case ON_DRAIN:
    return target == IS_OPEN; /* behind wss_close nothing is told any more */
  case ON_CLOSE:
    return target == IS_CLOSED;
  case ON_VISIT:
    return target == IS_OPEN || target >= IS_CLOSING;
  case ON_ERROR_END:
  case ON_ERROR_ACCEPT:
  case ON_ERROR_WARNING:
  case ON_SNI:
  case ON_TIMER:
  case PLACES:
    break;
  }
  return false;
}

const char *call_excluded(const call_case *one) {
  if (one->target == IS_TLS && one->version == 0)
    return "plain text has no TLS handshake";
  if (!one->own && one->target < IS_ASKED && about_a_conn(one->action))
    return "before on_request the program knows no connection";
  if (!one->own)
    return NULL;
  if (one->place >= ON_ERROR_END && one->place != ON_VISIT)
    return "on_error, on_sni and timers have no connection";
  if (!is_own_state(one->place, one->target))
    return "the callback finds its connection in another state";
  if (one->place == ON_HTTP && one->action == FREE_DATA)
    return "a connection of on_http has no on_close";
  return NULL;
}

/* ---- One case ------------------------------------------------------------ */

/* The program does what it has put off. */
static void catch_up(call_scene *scene) {
  size_t i;
  for (i = 0; i < MOST_CONNS; i++) {
    if (scene->live[i] == NULL)
      continue;
    scene->paused[i] = scene->live[i]->state > WSS__OPEN;
    wss_resume(scene->live[i]);
    if (scene->live[i]->state == WSS__ASKED)
      assert_int_equal(wss_accept(scene->live[i], NULL), 0);
  }
  sim_settle();
}

/* Whatever there still is ends well. */
static void let_go(call_scene *scene) {
  if (!scene->one.own)
    sim_quota(scene->other.peer, SIZE_MAX);
  client_go_on(&scene->actor);
  if (!scene->one.own)
    client_go_on(&scene->other);
  catch_up(scene);
  client_finish(&scene->actor);
  if (!scene->one.own)
    client_finish(&scene->other);
}

static void check(const call_scene *scene) {
  size_t i;
  assert_true(scene->done);
  for (i = 0; i < MOST_CONNS; i++)
    assert_null(scene->live[i]);
  for (i = 1; i <= (size_t)scene->host.requests; i++)
    assert_int_equal(scene->closes[i], 1);
  if (scene->shut)
    assert_int_equal(scene->host.closed, 1);
}

void call_run(const call_case *one) {
  static call_scene scene;
  memset(&scene, 0, sizeof scene);
  scene.one = *one;
  host_open(&scene.host, NULL, true);
  if (one->version != 0 || one->place == ON_SNI)
    host_listen_tls(&scene.host);
  call_set_hooks(&scene);
  call_stage(&scene);
  call_trigger(&scene);
  let_go(&scene);
  check(&scene);
  client_close(&scene.actor);
  if (!one->own)
    client_close(&scene.other);
  host_close(&scene.host);
}

/* ---- All of them --------------------------------------------------------- */

static const char *const reasons[] = {
    "plain text has no TLS handshake",
    "before on_request the program knows no connection",
    "on_error, on_sni and timers have no connection",
    "the callback finds its connection in another state",
    "a connection of on_http has no on_close",
};
#define REASONS (sizeof reasons / sizeof reasons[0])

static size_t excluded[REASONS];
static size_t possible;
static size_t ran;
static size_t stride; /* of the possible ones, the first of so many runs */
static const call_case *running; /* NULL between two cases */

static void name_case(const call_case *one) {
  static const char *const actions[] = {
      "wss_terminate", "wss_close", "wss_pause",          "wss_resume",
      "wss_send",      "wss_ping",  "wss_accept",         "wss_refuse",
      "wss_respond",   "free",      "wss_listener_close", "wss_server_close"};
  static const char *const places[] = {"on_request",
                                       "on_http",
                                       "on_open",
                                       "on_message",
                                       "on_pong",
                                       "on_drain",
                                       "on_close",
                                       "on_error (end)",
                                       "on_error (accept)",
                                       "on_error (warning)",
                                       "on_sni",
                                       "a visit",
                                       "a timer"};
  static const char *const targets[] = {
      "accepted", "in TLS", "in HTTP", "asked",     "open",
      "paused",   "full",   "closing", "finishing", "closed"};
  print_message("%s from %s: %s connection is %s, %s\n", actions[one->action],
                places[one->place], one->own ? "its own" : "another",
                targets[one->target],
                one->version == 0    ? "plain"
                : one->version == 12 ? "TLS 1.2"
                                     : "TLS 1.3");
}

static void consider(const call_case *one) {
  const char *why = call_excluded(one);
  size_t i;
  if (why != NULL) {
    for (i = 0; strcmp(reasons[i], why) != 0; i++)
      ;
    excluded[i]++;
    return;
  }
  if (possible++ % stride != 0)
    return;
  if (getenv("WSS_LIST_CALLS") != NULL)
    name_case(one);
  ran++;
  running = one;
  call_run(one);
  running = NULL;
}

/* Says which case has failed. */
static int after(void **state) {
  (void)state;
  if (running != NULL)
    name_case(running);
  running = NULL;
  return 0;
}

static void each_place_and_target(call_case *one) {
  int place;
  int target;
  for (place = 0; place < PLACES; place++) {
    for (target = 0; target < TARGETS; target++) {
      one->place = (call_place)place;
      one->target = (call_target)target;
      one->own = true;
      consider(one);
      one->own = false;
      consider(one);
    }
  }
}

static void each_case(int version, size_t expected) {
  static call_case one;
  int action;
  size_t i;
  possible = 0;
  memset(excluded, 0, sizeof excluded);
  one.version = version;
  for (action = 0; action < ACTIONS; action++) {
    one.action = (call_action)action;
    each_place_and_target(&one);
  }
  for (i = 0; i < REASONS; i++)
    print_message("%zu others: %s\n", excluded[i], reasons[i]);
  assert_int_equal(possible, expected);
}

static void say_ran(void) {
  print_message("%zu cases ran\n", ran);
  ran = 0;
}

/* 131 about the callback's own connection: 12 actions in the 11 states of a
   callback, but for one. About another: in 7 states from 13 places, for each of
   10 actions; for 2 actions in all 10 states, or 9 without TLS. */
static void in_plain_text(void **state) {
  (void)state;
  stride = 1;
  each_case(0, 131 + 13 * (10 * 7 + 2 * 9));
  say_ran();
}

/* 7 does not divide the 102 cases that most actions have, nor the 8 of most
   places within them: with each action others are chosen. */
static void over_tls(void **state) {
  (void)state;
  stride = getenv("WSS_ALL_CALLS") == NULL ? 7 : 1;
  each_case(12, 131 + 13 * (10 * 7 + 2 * 10));
  each_case(13, 131 + 13 * (10 * 7 + 2 * 10));
  say_ran();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(in_plain_text, after),
      cmocka_unit_test_teardown(over_tls, after),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
