/* Whether the peer of an open connection is alive, hears, and goes on with what
   it began: Pings, and the deadlines for idling, messages and writing. */
#ifndef WSS_SERVER_LIVENESS_H
#define WSS_SERVER_LIVENESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/deadline.h"
#include "wss/wss.h"

/* Of a connection. */
typedef struct wss__liveness {
  wss__deadline ping; /* the next one */
  wss__deadline idle;
  wss__deadline message;
  wss__deadline write;
  uint64_t heard;     /* ms: when idle was set last */
  uint64_t ping_sent; /* ns; 0: answered, or none yet */
  int64_t round_trip; /* microseconds; -1: not known */
  size_t unsent;      /* what was left to write when write was set */
  uint32_t unit;      /* the session's count when message was set */
  uint32_t second;    /* in which controls counts */
  uint32_t controls;  /* Pings and Pongs from the peer in that second */
  uint8_t strikes;    /* quarters of write_timeout in which nothing was taken */
  bool on;            /* Pings and the first three deadlines run */
} wss__liveness;

/* Sets the server's lists up. */
void wss__liveness_open(wss_server *server);

void wss__liveness_init(wss__liveness *liveness);
/* Bytes came. */
void wss__liveness_heard(wss_conn *conn);
/* What was in flight is written. */
void wss__liveness_wrote(wss_conn *conn);
/* Whatever may have changed has: starts and stops what has to run. */
void wss__liveness_update(wss_conn *conn);
/* A deadline of these passed. */
void wss__liveness_ping(wss_conn *conn);
void wss__liveness_idle(wss_conn *conn);
void wss__liveness_message(wss_conn *conn);
void wss__liveness_write(wss_conn *conn);
/* The end has begun: nothing runs any more. */
void wss__liveness_stop(wss_conn *conn);

/* A Ping or Pong came; false if there have been too many. */
bool wss__liveness_control(wss_conn *conn);
/* Whether a Pong answers a Ping of the library's; takes the time. */
bool wss__liveness_pong(wss_conn *conn, const uint8_t *data, size_t size);

#endif
