#include "server/server.h"

#include <string.h>

#include "server/conn.h"
#include "server/listener.h"
#include "server/report.h"

/* How long the peer's FIN is waited for after a clean close handshake. */
#define FIN_TIMEOUT 1000

/* The scratch for the wire holds a piece of output with TLS's overhead; a
   certificate chain is the one thing that may make it grow. */
#define WIRE_CEILING (1 << 20)

int wss__server_fail(wss_server *server, int error, const char *message) {
  wss__detail_set(&server->last_error, "%s", message);
  return error;
}

const char *wss_last_error(const wss_server *server) {
  return server == NULL ? "" : server->last_error.text;
}

uv_loop_t *wss_server_loop(const wss_server *server) {
  return server->loop.uv;
}

void *wss_server_user(const wss_server *server) {
  return server->user;
}

/* ---- The loop's events --------------------------------------------------- */

/* When the first deadline passes; WSS__NEVER if there is none. */
static uint64_t next_deadline(const wss_server *server) {
  uint64_t first = WSS__NEVER;
  int i;
  for (i = 0; i < WSS__CLOCKS; i++) {
    uint64_t next = wss__deadline_next(&server->clocks[i]);
    if (next < first)
      first = next;
  }
  return first;
}

void wss__server_clock(wss_server *server, wss__clock clock,
                       wss__deadline *deadline) {
  wss__deadline_set(&server->clocks[clock], deadline,
                    wss__loop_now(&server->loop));
  if (deadline->expires != WSS__NEVER)
    wss__loop_arm(&server->loop, deadline->expires);
}

static void cut_all(wss_server *server) {
  wss__list *link;
  for (link = server->conns.next; link != &server->conns; link = link->next) {
    wss_conn *conn = wss__list_entry(link, wss_conn, link);
    if (conn->state == WSS__CLOSED)
      continue;
    /* One that is finishing has had its end; only the peer's FIN is missing. */
    if (conn->state != WSS__FINISHING)
      wss__conn_note(conn, WSS_CAUSE_GRACE_PASSED, WSS_ERR_TIMEOUT,
                     "the grace of wss_server_close passed");
    wss__conn_finish(conn);
  }
}

#define OWNER(deadline, member)                                                \
  wss__list_entry(deadline, wss_conn, liveness.member)

static void act(wss_server *server, wss__clock clock, wss__deadline *deadline) {
  switch (clock) {
  case WSS__CLOCK_HANDSHAKE:
  case WSS__CLOCK_CLOSE:
  case WSS__CLOCK_FIN:
    wss__conn_expired(wss__list_entry(deadline, wss_conn, deadline));
    return;
  case WSS__CLOCK_PING:
    wss__liveness_ping(OWNER(deadline, ping));
    return;
  case WSS__CLOCK_IDLE:
    wss__liveness_idle(OWNER(deadline, idle));
    return;
  case WSS__CLOCK_MESSAGE:
    wss__liveness_message(OWNER(deadline, message));
    return;
  case WSS__CLOCK_WRITE:
    wss__liveness_write(OWNER(deadline, write));
    return;
  case WSS__CLOCK_GRACE:
    cut_all(server);
    return;
  case WSS__CLOCKS:
    return;
  }
}

static void on_expired(void *owner, uint64_t due) {
  wss_server *server = owner;
  wss__deadline *deadline;
  int i;
  for (i = 0; i < WSS__CLOCKS; i++) {
    while ((deadline = wss__deadline_expired(&server->clocks[i], due)) !=
           NULL) {
      act(server, (wss__clock)i, deadline);
    }
  }
  if (next_deadline(server) != WSS__NEVER)
    wss__loop_arm(&server->loop, next_deadline(server));
}

static void on_turn(void *owner) {
  wss_server *server = owner;
  wss__list work;
  bool more = wss__admission_turn(server);
  wss__list_move(&server->dirty, &work);
  while (!wss__list_empty(&work)) {
    wss_conn *conn = wss__list_entry(work.next, wss_conn, dirty);
    wss__list_remove(&conn->dirty);
    wss__conn_settle(conn);
  }
  if (wss__report_warnings(server))
    more = true;
  if (next_deadline(server) == WSS__NEVER)
    wss__loop_disarm(&server->loop);
  if (wss__list_empty(&server->dirty) && !more)
    wss__loop_sleep(&server->loop);
}

static void server_free(wss_server *server) {
  wss_allocator allocator = server->allocator;
  wss__tls_secret_wipe(&server->secret);
  wss__options_free(&server->options, &allocator);
  wss__map_free(&server->ids, &allocator);
  wss__admission_free(server);
  wss__buf_free(&server->wire, &allocator);
  wss__free(&allocator, server->scratch);
  wss__free(&allocator, server);
}

static void on_closed(void *owner) {
  wss_server *server = owner;
  wss_closed_cb closed = server->on_closed;
  void *user = server->user;
  (void)wss__report_warnings(server);
  server_free(server);
  if (closed != NULL)
    closed(user);
}

static const wss__loop_events loop_events = {
    .turn = on_turn, .expired = on_expired, .closed = on_closed};

/* ---- Birth and death ----------------------------------------------------- */

static bool allocator_valid(const wss_allocator *allocator) {
  return (allocator->malloc == NULL) == (allocator->realloc == NULL) &&
         (allocator->malloc == NULL) == (allocator->free == NULL);
}

static void init_clocks(wss_server *server) {
  const wss__options *options = &server->options;
  wss__deadline_list_init(&server->clocks[WSS__CLOCK_HANDSHAKE],
                          options->handshake_timeout);
  wss__deadline_list_init(&server->clocks[WSS__CLOCK_CLOSE],
                          options->close_timeout);
  wss__deadline_list_init(&server->clocks[WSS__CLOCK_FIN], FIN_TIMEOUT);
  wss__liveness_open(server);
  wss__deadline_list_init(&server->clocks[WSS__CLOCK_GRACE], WSS__NEVER);
  wss__deadline_init(&server->grace);
}

int wss_server_new_sized(wss_server **result, uv_loop_t *loop,
                         const wss_handler *handler, size_t handler_size,
                         const wss_options *options, size_t options_size,
                         void *user) {
  const wss_allocator *allocator;
  wss_options known;
  wss_server *server;
  int err;

  *result = NULL;
  if (loop == NULL)
    return WSS_ERR_INVALID;
  err = wss__copy_in(&known, sizeof known, options, options_size);
  if (err < 0)
    return err;
  if (!allocator_valid(&known.allocator))
    return WSS_ERR_INVALID;
  allocator = known.allocator.malloc != NULL ? &known.allocator
                                             : &wss__default_allocator;
  server = wss__calloc(allocator, sizeof *server);
  if (server == NULL)
    return WSS_ERR_NOMEM;
  server->allocator = *allocator;
  server->user = user;
  wss__list_init(&server->listeners);
  wss__list_init(&server->conns);
  wss__list_init(&server->dirty);
  wss__list_init(&server->warnings);
  wss__map_init(&server->ids, 0);
  wss__pool_init(&server->pool, sizeof(wss_conn), &server->allocator);
  wss__admission_init(server);
  server->ping_key = wss__loop_random();
  wss__buf_init(&server->wire, WIRE_CEILING);

  err = wss__copy_in(&server->handler, sizeof server->handler, handler,
                     handler_size);
  if (err == 0)
    err = wss__options_init(&server->options, &known, &server->allocator);
  if (err < 0)
    goto fail;
  init_clocks(server);
  err = WSS_ERR_NOMEM;
  server->scratch = wss__malloc(&server->allocator, WSS__TLS_PLAIN_MAX);
  if (server->scratch == NULL)
    goto fail;
  err = wss__loop_open(&server->loop, loop, &loop_events, server,
                       &server->allocator);
  if (err < 0)
    goto fail;
  wss__loop_ignore_sigpipe();
  *result = server;
  return 0;

fail:
  server_free(server);
  return err;
}

/* The first call sets the grace, later ones only shorten it. */
static void set_grace(wss_server *server, int64_t grace_ms) {
  uint64_t grace = (uint64_t)grace_ms;
  uint64_t now = wss__loop_now(&server->loop);
  if (grace_ms == 0)
    grace = server->options.close_timeout;
  if (grace_ms == WSS_OFF || grace > WSS__NEVER - now ||
      now + grace >= server->grace.expires)
    return;
  server->clocks[WSS__CLOCK_GRACE].timeout = grace;
  wss__server_clock(server, WSS__CLOCK_GRACE, &server->grace);
}

int wss_server_close(wss_server *server, int64_t grace_ms,
                     wss_closed_cb closed) {
  wss__list *link;
  wss__list *next;
  if (grace_ms < WSS_OFF)
    return WSS_ERR_INVALID;
  set_grace(server, grace_ms);
  if (server->closing)
    return 0;
  server->closing = true;
  server->on_closed = closed;
  for (link = server->listeners.next; link != &server->listeners; link = next) {
    next = link->next;
    wss_listener_close(wss__list_entry(link, wss_listener, link));
  }
  for (link = server->conns.next; link != &server->conns; link = link->next)
    wss__conn_go_away(wss__list_entry(link, wss_conn, link));
  wss__server_check(server);
  return 0;
}

void wss__server_check(wss_server *server) {
  if (!server->closing || !wss__list_empty(&server->conns) ||
      !wss__list_empty(&server->listeners))
    return;
  wss__deadline_clear(&server->grace);
  wss__loop_close(&server->loop);
}

int wss_server_each(wss_server *server, int (*visit)(wss_conn *conn, void *arg),
                    void *arg) {
  wss__list *link;
  /* Connections leave the list only in callbacks of the loop's. */
  for (link = server->conns.next; link != &server->conns; link = link->next) {
    wss_conn *conn = wss__list_entry(link, wss_conn, link);
    int stop = conn->opened ? visit(conn, arg) : 0;
    if (stop != 0)
      return stop;
  }
  return 0;
}

void wss_server_stats_sized(const wss_server *server, wss_stats *stats,
                            size_t stats_size) {
  wss__copy_out(stats, stats_size, &server->stats, sizeof server->stats);
}
