#include <stdio.h>
#include <stdlib.h>

#include "calls/calls.h"

static char block[25000];

/* Above send_high_water, in messages that wait for the end of the turn. */
static void send_much(wss_conn *conn) {
  for (int i = 0; i < 4; i++)
    assert_int_equal(wss_send(conn, WSS_BINARY, block, sizeof block), i >= 2);
}

/* ---- Callbacks ----------------------------------------------------------- */

static call_scene *scene_of(sim_host *host) {
  return (call_scene *)(void *)host;
}

void call_reached(call_scene *scene, call_place place, const wss_conn *conn) {
  assert_false(scene->in_call);
  assert_non_null(scene->host.server);
  if (!scene->armed || scene->done || place != scene->one.place)
    return;
  if (conn != NULL && conn != scene->actor.conn)
    return;
  scene->done = true;
  call_act(scene);
}

static int on_request(sim_host *host, wss_conn *conn,
                      const wss_request *request) {
  call_scene *scene = scene_of(host);
  uint64_t id = wss_conn_id(conn);
  (void)request;
  assert_in_range(id, 1, MOST_CONNS - 1);
  assert_null(scene->live[id]);
  scene->live[id] = conn;
  wss_conn_set_data(conn, calloc(1, 16));
  call_reached(scene, ON_REQUEST, conn);
  return scene->armed && scene->one.place == ON_REQUEST &&
                 conn == scene->actor.conn
             ? WSS_ACCEPT
             : WSS_DEFER;
}

static void on_http(sim_host *host, wss_conn *conn,
                    const wss_request *request) {
  (void)request;
  call_reached(scene_of(host), ON_HTTP, conn);
}

static void on_open(sim_host *host, wss_conn *conn) {
  call_reached(scene_of(host), ON_OPEN, conn);
}

static void on_message(sim_host *host, wss_conn *conn,
                       const wss_message *message) {
  call_scene *scene = scene_of(host);
  (void)message;
  assert_false(scene->paused[wss_conn_id(conn)]);
  call_reached(scene, ON_MESSAGE, conn);
}

static void on_pong(sim_host *host, wss_conn *conn, const void *data,
                    size_t size) {
  (void)data;
  (void)size;
  call_reached(scene_of(host), ON_PONG, conn);
}

static void on_drain(sim_host *host, wss_conn *conn) {
  call_reached(scene_of(host), ON_DRAIN, conn);
}

static void on_close(sim_host *host, wss_conn *conn,
                     const wss_close_info *info) {
  call_scene *scene = scene_of(host);
  uint64_t id = wss_conn_id(conn);
  (void)info;
  assert_ptr_equal(wss_conn_find(host->server, id), conn);
  assert_ptr_equal(scene->live[id], conn);
  call_reached(scene, ON_CLOSE, conn);
  scene->live[id] = NULL;
  scene->closes[id]++;
  free(wss_conn_data(conn));
}

static void on_error(sim_host *host, const wss_error *error) {
  call_scene *scene = scene_of(host);
  call_place place = ON_ERROR_ACCEPT;
  if (error->close != NULL)
    place = ON_ERROR_END;
  else if (error->error == WSS_ERR_CERT_EXPIRED)
    place = ON_ERROR_WARNING;
  call_reached(scene, place, NULL);
}

static int on_sni(sim_host *host, const char *name, wss_identity **identity) {
  (void)name;
  (void)identity;
  call_reached(scene_of(host), ON_SNI, NULL);
  return 0;
}

void call_set_hooks(call_scene *scene) {
  scene->host.hooks =
      (host_hooks){on_request, on_http,  on_open,  on_message, on_pong,
                   on_drain,   on_close, on_error, on_sni};
}

/* ---- Setting the stage --------------------------------------------------- */

static void lead_target(call_scene *scene) {
  static const wss__state states[] = {
      [IS_ACCEPTED] = WSS__ACCEPTED,   [IS_TLS] = WSS__TLS,
      [IS_HTTP] = WSS__HTTP,           [IS_ASKED] = WSS__ASKED,
      [IS_OPEN] = WSS__OPEN,           [IS_PAUSED] = WSS__OPEN,
      [IS_FULL] = WSS__OPEN,           [IS_CLOSING] = WSS__CLOSING,
      [IS_FINISHING] = WSS__FINISHING, [IS_CLOSED] = WSS__OPEN,
  };
  sim_client *target = scene->target;
  call_target is = scene->one.target;
  client_lead(target, states[is]);
  if (is == IS_PAUSED) {
    wss_pause(target->conn);
    scene->paused[wss_conn_id(target->conn)] = true;
  } else if (is == IS_FULL) {
    sim_quota(target->peer, 0);
    send_much(target->conn);
  }
  sim_settle();
  /* Waits when paused; else it is there in the poll of the callback. */
  if (is >= IS_OPEN)
    (void)client_frame(target, 0x81, "wait", 4);
  if (is == IS_PAUSED || is == IS_FULL)
    sim_settle();
}

/* Where the actor is when its callback is near. */
static void lead_actor(sim_client *actor, call_place place) {
  switch (place) {
  case ON_REQUEST:
    client_lead(actor, WSS__HTTP);
    return;
  case ON_HTTP:
    client_shake(actor);
    return;
  case ON_OPEN:
    client_lead(actor, WSS__ASKED);
    return;
  case ON_MESSAGE:
  case ON_PONG:
  case ON_DRAIN:
  case ON_CLOSE:
  case ON_VISIT:
    client_lead(actor, WSS__OPEN);
    return;
  case ON_ERROR_END:
  case ON_ERROR_ACCEPT:
  case ON_ERROR_WARNING:
  case ON_SNI:
  case ON_TIMER:
  case PLACES:
    return;
  }
}

void call_stage(call_scene *scene) {
  bool own = scene->one.own;
  int version = own ? scene->one.version : 0;
  if (scene->one.place == ON_SNI)
    version = scene->one.version == 12 ? 12 : 13;
  client_connect(&scene->actor, &scene->host, version);
  lead_actor(&scene->actor, scene->one.place);
  scene->target = own ? &scene->actor : &scene->other;
  if (own) {
    if (scene->one.target > IS_OPEN && scene->one.place != ON_CLOSE)
      client_lead_on(&scene->actor, (wss__state)(scene->one.target -
                                                 IS_CLOSING + WSS__CLOSING));
    return;
  }
  client_connect(&scene->other, &scene->host, scene->one.version);
  lead_target(scene);
}

/* ---- Triggers ------------------------------------------------------------ */

/* Several frames in one read: what is behind the first finds the connection as
   the callback has left it. */
static void send_frames(sim_client *actor, uint8_t first) {
  static const uint8_t behind[] = {0x81, 0x8a, 0x89, 0x82};
  uint8_t bytes[200];
  size_t size = host_pack(bytes, first, "first", 5);
  size_t i;
  for (i = 0; i < sizeof behind; i++)
    size += host_pack(bytes + size, behind[i], "behind", 6);
  assert_true(client_send(actor, bytes, size));
}

static int visit(wss_conn *conn, void *arg) {
  call_reached(arg, ON_VISIT, conn);
  return 0;
}

static void on_timer(uv_timer_t *timer) {
  call_scene *scene = timer->data;
  call_reached(scene, ON_TIMER, NULL);
  uv_close((uv_handle_t *)timer, NULL);
}

static void start_timer(call_scene *scene) {
  static uv_timer_t timer;
  assert_int_equal(uv_timer_init(sim_loop(), &timer), 0);
  timer.data = scene;
  assert_int_equal(uv_timer_start(&timer, on_timer, 0, 0), 0);
}

static void listen_expired(call_scene *scene) {
  const char *folder = getenv("WSS_PKI");
  char cert[512];
  char key[512];
  wss_ssl_context ssl = {.local_cert = cert, .local_pk = key};
  assert_non_null(folder);
  (void)snprintf(cert, sizeof cert, "%s/expired.pem", folder);
  (void)snprintf(key, sizeof key, "%s/expired.key", folder);
  assert_int_equal(wss_listen(scene->host.server, "127.0.0.1", 0, &ssl, NULL),
                   0);
}

static void trigger_error(call_scene *scene) {
  if (scene->one.place == ON_ERROR_END) {
    assert_true(sim_text(scene->actor.peer, "NO\r\n\r\n"));
    sim_fin(scene->actor.peer);
  } else if (scene->one.place == ON_ERROR_ACCEPT) {
    sim_fail(SIM_ACCEPT, UV_ENOBUFS, 1, 1);
    assert_non_null(sim_connect(scene->host.port));
  } else {
    listen_expired(scene);
  }
}

void call_trigger(call_scene *scene) {
  sim_client *actor = &scene->actor;
  scene->armed = true;
  switch (scene->one.place) {
  case ON_REQUEST:
    client_go_on(actor);
    break;
  case ON_HTTP:
    assert_true(client_send(actor, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27));
    break;
  case ON_OPEN:
    assert_int_equal(wss_accept(actor->conn, NULL), 0);
    break;
  case ON_MESSAGE:
    send_frames(actor, 0x81);
    break;
  case ON_PONG:
    send_frames(actor, 0x8a);
    break;
  case ON_DRAIN:
    send_much(actor->conn);
    break;
  case ON_CLOSE:
    client_finish(actor);
    break;
  case ON_VISIT:
    (void)wss_server_each(scene->host.server, visit, scene);
    break;
  case ON_SNI:
    (void)tls_client_step(&actor->tls);
    break;
  case ON_TIMER:
    start_timer(scene);
    break;
  case ON_ERROR_END:
  case ON_ERROR_ACCEPT:
  case ON_ERROR_WARNING:
    trigger_error(scene);
    break;
  case PLACES:
    break;
  }
  sim_settle();
}
