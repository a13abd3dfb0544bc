/* Who may come in, how many, and how fast: max_connections, max_pending,
   max_per_address, and what one turn of the loop may be spent on. */
#ifndef WSS_SERVER_ADMISSION_H
#define WSS_SERVER_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"
#include "base/map.h"
#include "wss/wss.h"

/* Of a server. */
typedef struct wss__admission {
  uint64_t max_connections; /* as far as known: set when listening */
  uint64_t connections;     /* with a descriptor */
  uint64_t pending;         /* of them, those whose handshake is not over */
  wss__list silent;   /* of those, whoever has not yet sent a ClientHello, or in
                         plain text a request, in full, and does not wait for a
                         turn; the oldest first */
  wss__list steps;    /* whoever waits for a turn at TLS's arithmetic */
  wss__map addresses; /* how many connections each has, where that counts */
  uint64_t accepts_poll; /* which poll the following is left of */
  uint32_t accepts_left;
  uint32_t steps_left; /* likewise */
  uint64_t steps_poll;
  const wss_conn *stepping; /* whose turn it is */
  bool again;               /* a listener waits for nothing but a poll */
  bool full; /* max_connections was reached, and that was reported */
} wss__admission;

/* Of a connection. */
typedef struct wss__admitted {
  wss__list silent;
  wss__list step;
  uint64_t poll;    /* it has been read from once so many have ended */
  uint64_t address; /* in addresses; 0: not counted */
  bool counted;     /* among connections */
  bool pending;
  bool spoke;
} wss__admitted;

void wss__admission_init(wss_server *server);
void wss__admission_free(wss_server *server);

/* Before listening: finds out max_connections. 0; WSS_ERR_LIMIT with the detail
   if the program asks for more than it may have descriptors. */
int wss__admission_open(wss_server *server, wss__detail *detail);

/* A connection waits at the listener: takes it, drops it, or lets it wait. */
void wss__admission_incoming(wss_listener *listener);

/* Once a turn: those that wait, as far as there is room; true if some still
   wait for nothing but a turn. */
bool wss__admission_turn(wss_server *server);

/* A connection comes in. 0, WSS_ERR_LIMIT (max_per_address), WSS_ERR_NOMEM. */
int wss__admission_enter(wss_conn *conn);
/* It has sent a ClientHello, or a request, in full. */
void wss__admission_spoke(wss_conn *conn);
/* Its handshake is over. */
void wss__admission_settled(wss_conn *conn);
/* It gives its descriptor back. May be called again. */
void wss__admission_leave(wss_conn *conn);

/* Whether TLS may do arithmetic for it now; else it waits for its turn. */
bool wss__admission_may_step(wss_conn *conn);
void wss__admission_stepped(wss_conn *conn);
static inline bool wss__admission_waits(const wss__admitted *admitted) {
  return !wss__list_empty(&admitted->step);
}

#endif
