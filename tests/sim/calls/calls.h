/* One call of the library's from one callback, and everything around it. */
#ifndef WSS_SIM_CALLS_H
#define WSS_SIM_CALLS_H

#include "support/client.h"

typedef enum call_action {
  TERMINATE,
  CLOSE,
  PAUSE,
  RESUME,
  SEND,
  PING,
  ACCEPT,
  REFUSE,
  RESPOND,
  FREE_DATA, /* the program's own, which on_close would free */
  LISTENER_CLOSE,
  SERVER_CLOSE,
  ACTIONS
} call_action;

/* From where. */
typedef enum call_place {
  ON_REQUEST,
  ON_HTTP,
  ON_OPEN,
  ON_MESSAGE,
  ON_PONG,
  ON_DRAIN,
  ON_CLOSE,
  ON_ERROR_END,     /* of a connection that asked for nothing */
  ON_ERROR_ACCEPT,  /* of a listener that cannot accept */
  ON_ERROR_WARNING, /* of wss_listen */
  ON_SNI,           /* of a client of TLS */
  ON_VISIT,         /* wss_server_each's */
  ON_TIMER,         /* of the program's own */
  PLACES
} call_place;

/* The connection that the call is about. */
typedef enum call_target {
  IS_ACCEPTED,
  IS_TLS,
  IS_HTTP,
  IS_ASKED,
  IS_OPEN,
  IS_PAUSED, /* with a message that waits */
  IS_FULL,   /* its send buffer; with a message that waits */
  IS_CLOSING,
  IS_FINISHING,
  IS_CLOSED, /* its on_close is still due, or runs */
  TARGETS
} call_target;

typedef struct call_case {
  call_action action;
  call_place place;
  call_target target;
  bool own;    /* the target is the callback's own connection */
  int version; /* of the target's TLS; 0: plain text */
} call_case;

/* NULL if it can happen, else why not. */
const char *call_excluded(const call_case *one);

/* Connections that a case may have. */
#define MOST_CONNS 8

typedef struct call_scene {
  sim_host host; /* first */
  call_case one;
  sim_client actor;           /* whose callback it is */
  sim_client other;           /* the target, unless that is the actor's */
  sim_client *target;         /* one of the two */
  wss_conn *live[MOST_CONNS]; /* by id: between on_request and on_close */
  int closes[MOST_CONNS];
  bool paused[MOST_CONNS]; /* or closed: no message may come */
  bool armed;              /* the next such callback is the one */
  bool done;
  bool in_call; /* into the library: no callback may run */
  bool shut;
} call_scene;

/* The whole case, from a new server to the last check. */
void call_run(const call_case *one);

/* act.c: makes the call, and checks what it returns. */
void call_act(call_scene *scene);

/* stage.c */
void call_set_hooks(call_scene *scene);
/* Brings the actor to where its callback is near, and the target to its state.
 */
void call_stage(call_scene *scene);
/* Has the callback run. */
void call_trigger(call_scene *scene);
/* The callback of that place, about that connection, runs. */
void call_reached(call_scene *scene, call_place place, const wss_conn *conn);

#endif
