#include <stdlib.h>

#include "calls/calls.h"

/* ---- What a call is to return -------------------------------------------- */

static bool http(const call_case *one) {
  return one->own && one->place == ON_HTTP;
}

static int expected_send(call_target target) {
  switch (target) {
  case IS_ACCEPTED:
  case IS_TLS:
  case IS_HTTP:
  case IS_ASKED:
    return WSS_ERR_STATE;
  case IS_OPEN:
  case IS_PAUSED:
    return 0;
  case IS_FULL:
    return 1;
  case IS_CLOSING:
  case IS_FINISHING:
  case IS_CLOSED:
  case TARGETS:
    break;
  }
  return WSS_ERR_CLOSED;
}

static int expected(const call_case *one) {
  bool asked = one->target == IS_ASKED;
  switch (one->action) {
  case SEND:
  case PING:
    return expected_send(one->target);
  case CLOSE:
    return one->target <= IS_FULL ? 0 : WSS_ERR_CLOSED;
  case ACCEPT:
  case REFUSE:
    return asked && !http(one) ? 0 : WSS_ERR_STATE;
  case RESPOND:
    return asked && http(one) ? 0 : WSS_ERR_STATE;
  case TERMINATE:
  case PAUSE:
  case RESUME:
  case FREE_DATA:
  case LISTENER_CLOSE:
  case SERVER_CLOSE:
  case ACTIONS:
    break;
  }
  return 0;
}

/* ---- Making it ----------------------------------------------------------- */

static void free_data(wss_conn *conn) {
  free(wss_conn_data(conn));
  wss_conn_set_data(conn, NULL);
}

static void close_listeners(call_scene *scene) {
  wss_listener_close(scene->host.plain);
  if (scene->host.secure != NULL)
    wss_listener_close(scene->host.secure);
}

static int call(call_scene *scene, wss_conn *conn) {
  switch (scene->one.action) {
  case TERMINATE:
    wss_terminate(conn);
    break;
  case CLOSE:
    return wss_close(conn, 4000, "enough");
  case PAUSE:
    wss_pause(conn);
    break;
  case RESUME:
    wss_resume(conn);
    break;
  case SEND:
    return wss_send(conn, WSS_TEXT, "hello", 5);
  case PING:
    return wss_ping(conn, "hello", 5);
  case ACCEPT:
    return wss_accept(conn, NULL);
  case REFUSE:
    return wss_refuse(conn, 403, NULL);
  case RESPOND:
    return wss_respond(conn, 200, NULL);
  case FREE_DATA:
    free_data(conn);
    break;
  case LISTENER_CLOSE:
    close_listeners(scene);
    break;
  case SERVER_CLOSE:
    scene->shut = true;
    host_shut(&scene->host, 0);
    break;
  case ACTIONS:
    break;
  }
  return 0;
}

static wss__state state_of(call_target target) {
  static const wss__state states[] = {
      [IS_ACCEPTED] = WSS__ACCEPTED,   [IS_TLS] = WSS__TLS,
      [IS_HTTP] = WSS__HTTP,           [IS_ASKED] = WSS__ASKED,
      [IS_OPEN] = WSS__OPEN,           [IS_PAUSED] = WSS__OPEN,
      [IS_FULL] = WSS__OPEN,           [IS_CLOSING] = WSS__CLOSING,
      [IS_FINISHING] = WSS__FINISHING, [IS_CLOSED] = WSS__CLOSED,
  };
  return states[target];
}

void call_act(call_scene *scene) {
  wss_conn *conn = scene->target->conn;
  uint64_t id = wss_conn_id(conn);
  scene->in_call = true;
  /* It would be gone before the callback came. */
  if (scene->one.target == IS_CLOSED && !scene->one.own)
    wss_terminate(conn);
  assert_int_equal(conn->state, state_of(scene->one.target));
  assert_int_equal(call(scene, conn), expected(&scene->one));
  scene->in_call = false;
  assert_true(id < MOST_CONNS);
  if (scene->one.action == RESUME)
    scene->paused[id] = false;
  else if (scene->one.action == PAUSE || conn->state > WSS__OPEN)
    scene->paused[id] = true;
}
