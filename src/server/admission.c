#include "server/admission.h"

#include <inttypes.h>

#include "server/conn.h"
#include "server/listener.h"
#include "server/report.h"

#define DEFAULT_MAX_CONNECTIONS 10000

/* Descriptors left to the program by the default of max_connections. */
#define SPARE_DESCRIPTORS 32

/* Between two polls. So few handshakes and so few new connections, that open
   ones keep being served. */
#define STEPS 4
#define ACCEPTS 16

void wss__admission_init(wss_server *server) {
  wss__admission *admission = &server->admission;
  wss__list_init(&admission->silent);
  wss__list_init(&admission->steps);
  wss__map_init(&admission->addresses, wss__loop_random());
  admission->accepts_poll = UINT64_MAX;
  admission->steps_poll = UINT64_MAX;
}

void wss__admission_free(wss_server *server) {
  wss__map_free(&server->admission.addresses, &server->allocator);
}

int wss__admission_open(wss_server *server, wss__detail *detail) {
  uint64_t wanted = server->options.max_connections;
  uint64_t descriptors = wss__loop_descriptors();
  uint64_t possible =
      descriptors > SPARE_DESCRIPTORS ? descriptors - SPARE_DESCRIPTORS : 1;

  if (wanted != 0 && wanted != UINT64_MAX && wanted > possible) {
    wss__detail_set(detail,
                    "max_connections is %" PRIu64 ", but RLIMIT_NOFILE of "
                    "%" PRIu64 " descriptors allows %" PRIu64 " (%d are left "
                    "to the program)",
                    wanted, descriptors, possible, SPARE_DESCRIPTORS);
    return WSS_ERR_LIMIT;
  }
  if (wanted == 0)
    wanted =
        possible < DEFAULT_MAX_CONNECTIONS ? possible : DEFAULT_MAX_CONNECTIONS;
  server->admission.max_connections = wanted;
  return 0;
}

/* What may be done between two polls is there anew: accepting after each,
   because nothing but a turn wakes a listener that waits; steps before each, so
   that those who wait have what the poll's readers left. */
static void renew(wss_server *server) {
  wss__admission *admission = &server->admission;
  uint64_t quarter = server->options.max_pending / 4;
  if (admission->steps_poll != server->loop.begun) {
    admission->steps_poll = server->loop.begun;
    admission->steps_left = STEPS;
  }
  if (admission->accepts_poll == server->loop.polls)
    return;
  admission->accepts_poll = server->loop.polls;
  admission->accepts_left = quarter < 1         ? 1
                            : quarter < ACCEPTS ? (uint32_t)quarter
                                                : ACCEPTS;
}

/* ---- At the listener ----------------------------------------------------- */

static void drop(wss_listener *listener) {
  wss_server *server = listener->server;
  wss__admission *admission = &server->admission;
  wss__detail detail;
  if (!wss__socket_drop(&listener->socket))
    return;
  server->stats.accepted++;
  server->stats.refused_limit++;
  if (admission->full)
    return;
  admission->full = true;
  wss__detail_set(&detail,
                  "max_connections (%" PRIu64 ") is reached: more are closed "
                  "until one ends",
                  admission->max_connections);
  wss__report_listener(listener, WSS_ERR_LIMIT, detail.text);
}

/* Makes room for one more whose handshake is not over. Silent is only one that
   could have been read from. */
static bool make_room(wss_server *server) {
  wss__admission *admission = &server->admission;
  wss_conn *oldest;
  if (admission->pending < server->options.max_pending)
    return true;
  if (wss__list_empty(&admission->silent))
    return false;
  oldest = wss__list_entry(admission->silent.next, wss_conn, admitted.silent);
  if (server->loop.polls < oldest->admitted.poll) {
    admission->again = true;
    return false;
  }
  wss__conn_note(oldest, WSS_CAUSE_MAX_PENDING, WSS_ERR_LIMIT,
                 "max_pending is reached, and no other connection has been "
                 "silent for longer");
  wss__conn_finish(oldest);
  return true;
}

void wss__admission_incoming(wss_listener *listener) {
  wss_server *server = listener->server;
  wss__admission *admission = &server->admission;
  renew(server);
  listener->waiting = true;
  if (admission->accepts_left == 0) {
    admission->again = true;
    return;
  }
  if (admission->connections >= admission->max_connections) {
    listener->waiting = false;
    drop(listener);
    return;
  }
  if (!make_room(server))
    return;
  admission->accepts_left--;
  listener->waiting = false;
  wss__conn_accept(listener);
}

bool wss__admission_turn(wss_server *server) {
  wss__admission *admission = &server->admission;
  wss__list *link;
  renew(server);
  admission->again = false;
  for (link = server->listeners.next; link != &server->listeners;
       link = link->next) {
    wss_listener *listener = wss__list_entry(link, wss_listener, link);
    if (listener->waiting && !listener->closing)
      wss__admission_incoming(listener);
  }
  while (admission->steps_left > 0 && !wss__list_empty(&admission->steps)) {
    wss_conn *conn =
        wss__list_entry(admission->steps.next, wss_conn, admitted.step);
    wss__list_remove(&conn->admitted.step);
    if (!conn->admitted.spoke)
      wss__list_append(&admission->silent, &conn->admitted.silent);
    admission->stepping = conn;
    wss__conn_settle(conn);
    admission->stepping = NULL;
  }
  if (admission->again)
    wss__loop_wake(&server->loop);
  return admission->again || !wss__list_empty(&admission->steps);
}

/* ---- A connection -------------------------------------------------------- */

static int count_address(wss_conn *conn) {
  wss_server *server = conn->server;
  wss__map *addresses = &server->admission.addresses;
  uint64_t key = wss__endpoint_network(&conn->remote);
  void **count;
  if (key == 0 || server->options.max_per_address == UINT64_MAX)
    return 0;
  count = wss__map_value(addresses, key);
  if (count != NULL) {
    if ((uintptr_t)*count >= server->options.max_per_address)
      return WSS_ERR_LIMIT;
    *count = (void *)((uintptr_t)*count + 1);
  } else if (wss__map_insert(addresses, &server->allocator, key, (void *)1) <
             0) {
    return WSS_ERR_NOMEM;
  }
  conn->admitted.address = key;
  return 0;
}

int wss__admission_enter(wss_conn *conn) {
  wss__admission *admission = &conn->server->admission;
  admission->connections++;
  admission->pending++;
  conn->admitted.counted = true;
  conn->admitted.pending = true;
  conn->admitted.poll = conn->server->loop.begun + 1;
  wss__list_append(&admission->silent, &conn->admitted.silent);
  return count_address(conn);
}

void wss__admission_spoke(wss_conn *conn) {
  conn->admitted.spoke = true;
  wss__list_remove(&conn->admitted.silent);
}

void wss__admission_settled(wss_conn *conn) {
  wss__list_remove(&conn->admitted.silent);
  wss__list_remove(&conn->admitted.step);
  if (!conn->admitted.pending)
    return;
  conn->admitted.pending = false;
  conn->server->admission.pending--;
}

static void uncount_address(wss_conn *conn) {
  wss__map *addresses = &conn->server->admission.addresses;
  uint64_t key = conn->admitted.address;
  void **count = key == 0 ? NULL : wss__map_value(addresses, key);
  if (count == NULL)
    return;
  conn->admitted.address = 0;
  if ((uintptr_t)*count > 1)
    *count = (void *)((uintptr_t)*count - 1);
  else
    wss__map_remove(addresses, &conn->server->allocator, key);
}

void wss__admission_leave(wss_conn *conn) {
  wss__admission *admission = &conn->server->admission;
  wss__admission_settled(conn);
  uncount_address(conn);
  if (!conn->admitted.counted)
    return;
  conn->admitted.counted = false;
  admission->connections--;
  admission->full = false;
}

/* ---- TLS's arithmetic ---------------------------------------------------- */

bool wss__admission_may_step(wss_conn *conn) {
  wss__admission *admission = &conn->server->admission;
  renew(conn->server);
  if (admission->steps_left > 0 &&
      (admission->stepping == conn || conn->tls != NULL ||
       wss__list_empty(&admission->steps)))
    return true;
  /* What it has sent may be a ClientHello, which is not silence. */
  wss__list_remove(&conn->admitted.silent);
  /* Whoever has begun comes first: it holds a handshake's memory. */
  if (conn->tls != NULL)
    wss__list_prepend(&admission->steps, &conn->admitted.step);
  else
    wss__list_append(&admission->steps, &conn->admitted.step);
  wss__loop_wake(&conn->server->loop);
  return false;
}

void wss__admission_stepped(wss_conn *conn) {
  wss__admission *admission = &conn->server->admission;
  if (admission->steps_left > 0)
    admission->steps_left--;
}
