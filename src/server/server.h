/* A server: what its listeners and connections share. */
#ifndef WSS_SERVER_SERVER_H
#define WSS_SERVER_SERVER_H

#include "base/buf.h"
#include "base/error.h"
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "net/deadline.h"
#include "net/loop.h"
#include "server/admission.h"
#include "server/options.h"
#include "tls/context.h"
#include "wss/wss.h"

/* Which deadline; each kind is a list of its own. */
typedef enum wss__clock {
  WSS__CLOCK_HANDSHAKE, /* from accept to 101 */
  WSS__CLOCK_PING,      /* these four are server/liveness's */
  WSS__CLOCK_IDLE,
  WSS__CLOCK_MESSAGE,
  WSS__CLOCK_WRITE,
  WSS__CLOCK_CLOSE, /* close handshake, refusals, the end after an error */
  WSS__CLOCK_FIN,   /* the peer's FIN after a clean close handshake */
  WSS__CLOCK_GRACE, /* wss_server_close */
  WSS__CLOCKS
} wss__clock;

struct wss_server {
  wss_allocator allocator;
  wss_handler handler;
  void *user;
  wss__options options;
  wss__loop loop;
  wss__deadline_list clocks[WSS__CLOCKS];
  wss__list listeners;
  wss__list conns; /* every one, from accept until its memory goes */
  wss__list dirty; /* those with work for the next turn */
  wss__list warnings;
  wss__admission admission;
  wss__map ids;
  wss__pool pool; /* wss_conn */
  uint64_t next_id;
  uint64_t ping_key; /* hides this machine's clock in Pings */
  wss__buf wire;     /* scratch: what goes to the kernel */
  uint8_t *scratch;  /* scratch: plaintext; unused while a callback runs but
                        for the message that it was handed */
  wss__tls_secret secret; /* of ticket keys */
  wss_stats stats;
  wss__detail last_error;
  wss__deadline grace;
  wss_closed_cb on_closed;
  bool closing;
};

/* Starts a deadline and has the loop's timer fire for it. */
void wss__server_clock(wss_server *server, wss__clock clock,
                       wss__deadline *deadline);

/* Ends a closing server once nothing of it is left. Called whenever a listener
   or a connection has gone. */
void wss__server_check(wss_server *server);

/* Records what last_error tells; returns error. */
int wss__server_fail(wss_server *server, int error, const char *message);

#endif
