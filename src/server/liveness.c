#include "server/liveness.h"

#include <string.h>

#include "server/conn.h"

/* A peer that takes nothing is looked at this often within write_timeout, since
   libuv does not say when it takes a part. */
#define STRIKES 4

/* The idle deadline of a busy connection is moved at most so often within
   idle_timeout, so that hearing a peer costs little. */
#define IDLE_PARTS 64

static uint64_t part(uint64_t timeout, uint64_t parts) {
  if (timeout == WSS__NEVER)
    return timeout;
  return timeout < parts ? 1 : timeout / parts;
}

void wss__liveness_open(wss_server *server) {
  const wss__options *options = &server->options;
  uint64_t idle = options->idle_timeout;
  if (idle < WSS__NEVER / 2)
    idle += part(idle, IDLE_PARTS);
  wss__deadline_list_init(&server->clocks[WSS__CLOCK_PING],
                          options->ping_interval);
  wss__deadline_list_init(&server->clocks[WSS__CLOCK_IDLE], idle);
  wss__deadline_list_init(&server->clocks[WSS__CLOCK_MESSAGE],
                          options->message_timeout);
  wss__deadline_list_init(&server->clocks[WSS__CLOCK_WRITE],
                          part(options->write_timeout, STRIKES));
}

void wss__liveness_init(wss__liveness *liveness) {
  wss__deadline_init(&liveness->ping);
  wss__deadline_init(&liveness->idle);
  wss__deadline_init(&liveness->message);
  wss__deadline_init(&liveness->write);
  liveness->round_trip = -1;
}

static bool runs(const wss__deadline *deadline) {
  return deadline->expires != WSS__NEVER;
}

/* ---- Hearing ------------------------------------------------------------- */

static void set_idle(wss_conn *conn, uint64_t now) {
  conn->liveness.heard = now;
  wss__server_clock(conn->server, WSS__CLOCK_IDLE, &conn->liveness.idle);
}

void wss__liveness_heard(wss_conn *conn) {
  uint64_t often = part(conn->server->options.idle_timeout, IDLE_PARTS);
  uint64_t now = wss__loop_now(&conn->server->loop);
  if (conn->liveness.on && now - conn->liveness.heard >= often)
    set_idle(conn, now);
}

static void stop_hearing(wss__liveness *liveness) {
  liveness->on = false;
  wss__deadline_clear(&liveness->ping);
  wss__deadline_clear(&liveness->idle);
  wss__deadline_clear(&liveness->message);
}

/* While it is not read from, nothing can be heard and nothing can go on. */
static void update_hearing(wss_conn *conn) {
  wss__liveness *liveness = &conn->liveness;
  if (conn->state != WSS__OPEN || wss__conn_held(conn)) {
    stop_hearing(liveness);
    return;
  }
  if (!liveness->on) {
    liveness->on = true;
    set_idle(conn, wss__loop_now(&conn->server->loop));
    wss__server_clock(conn->server, WSS__CLOCK_PING, &liveness->ping);
  }
  if (!wss__session_unfinished(&conn->session)) {
    wss__deadline_clear(&liveness->message);
  } else if (!runs(&liveness->message) ||
             liveness->unit != conn->session.finished) {
    liveness->unit = conn->session.finished;
    wss__server_clock(conn->server, WSS__CLOCK_MESSAGE, &liveness->message);
  }
}

/* ---- Writing ------------------------------------------------------------- */

static void set_write(wss_conn *conn) {
  conn->liveness.unsent = wss__stream_unsent(&conn->stream);
  wss__server_clock(conn->server, WSS__CLOCK_WRITE, &conn->liveness.write);
}

void wss__liveness_wrote(wss_conn *conn) {
  wss__deadline_clear(&conn->liveness.write);
  conn->liveness.strikes = 0;
}

static void update_writing(wss_conn *conn) {
  wss__liveness *liveness = &conn->liveness;
  if (conn->state != WSS__OPEN || conn->stream.in_flight == 0) {
    wss__liveness_wrote(conn);
  } else if (!runs(&liveness->write)) {
    set_write(conn);
  }
}

void wss__liveness_update(wss_conn *conn) {
  update_hearing(conn);
  update_writing(conn);
}

void wss__liveness_stop(wss_conn *conn) {
  stop_hearing(&conn->liveness);
  wss__deadline_clear(&conn->liveness.write);
}

/* ---- Deadlines that passed ----------------------------------------------- */

/* Lost: the peer neither hears nor answers, so it gets no Close frame. */
static void cut(wss_conn *conn, wss_cause cause, const char *why) {
  wss__conn_note(conn, cause, WSS_ERR_TIMEOUT, why);
  wss__conn_finish(conn);
}

void wss__liveness_ping(wss_conn *conn) {
  wss__liveness *liveness = &conn->liveness;
  /* The peer need not know this machine's clock. */
  uint64_t now = wss__loop_clock();
  uint64_t payload = now ^ conn->server->ping_key;
  if (wss__output_frame(conn, WSS__PING, &payload, sizeof payload) == 0)
    liveness->ping_sent = now;
  wss__server_clock(conn->server, WSS__CLOCK_PING, &liveness->ping);
}

void wss__liveness_idle(wss_conn *conn) {
  cut(conn, WSS_CAUSE_IDLE_TIMEOUT,
      "nothing came from the peer within idle_timeout");
}

void wss__liveness_message(wss_conn *conn) {
  wss__messages_fail(conn, WSS_CAUSE_MESSAGE_TIMEOUT, WSS_ERR_TIMEOUT,
                     "a message was not complete within message_timeout");
}

void wss__liveness_write(wss_conn *conn) {
  wss__liveness *liveness = &conn->liveness;
  if (wss__stream_unsent(&conn->stream) < liveness->unsent)
    liveness->strikes = 0;
  else
    liveness->strikes++;
  if (liveness->strikes < STRIKES)
    set_write(conn);
  else
    cut(conn, WSS_CAUSE_WRITE_TIMEOUT,
        "the peer took nothing of what waits for it within write_timeout");
}

/* ---- Pings and Pongs ----------------------------------------------------- */

bool wss__liveness_control(wss_conn *conn) {
  wss__liveness *liveness = &conn->liveness;
  uint32_t second = (uint32_t)(wss__loop_now(&conn->server->loop) / 1000);
  if (second != liveness->second) {
    liveness->second = second;
    liveness->controls = 0;
  }
  liveness->controls++;
  return liveness->controls <= conn->server->options.max_control_rate;
}

bool wss__liveness_pong(wss_conn *conn, const uint8_t *data, size_t size) {
  wss__liveness *liveness = &conn->liveness;
  uint64_t sent = liveness->ping_sent;
  uint64_t payload = sent ^ conn->server->ping_key;
  if (sent == 0 || size != sizeof payload || memcmp(data, &payload, size) != 0)
    return false;
  liveness->ping_sent = 0;
  liveness->round_trip = (int64_t)((wss__loop_clock() - sent) / 1000);
  return true;
}
