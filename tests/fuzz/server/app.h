/* The program around a server: it echoes, does what an input tells it to in its
   callbacks and between them, and holds the library to the rules of wss.h. */
#ifndef WSS_FUZZ_APP_H
#define WSS_FUZZ_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/allocator.h"
#include "wss/wss.h"

#define APP_CONNS 64

/* Callbacks of a connection's, in which the program may act. */
typedef enum app_callback {
  APP_REQUEST,
  APP_HTTP,
  APP_OPEN,
  APP_MESSAGE,
  APP_PONG,
  APP_DRAIN,
  APP_CLOSE,
  APP_ERROR,
  APP_CALLBACKS
} app_callback;

/* What the program knows of a connection. */
typedef struct app_conn {
  wss_conn *conn; /* NULL once on_close has returned */
  uint64_t id;
  bool deferred; /* its request waits for an answer */
  bool opened;
  bool paused;
  bool over; /* the program has ended it: no message may come */
  bool want_drain;
} app_conn;

typedef struct app {
  wss_server *server;     /* NULL once it is closed */
  wss_listener *listener; /* NULL once that is */
  test_allocator memory;
  app_conn conns[APP_CONNS]; /* in the order of on_request */
  size_t count;
  int answer;                       /* of on_request: see app.c */
  uint8_t reactions[APP_CALLBACKS]; /* what is done in each callback */
  size_t acts_left;                 /* so many more things are done */
  size_t queued;                    /* bytes, in all */
  bool in_call;                     /* the library is running for us */
  bool closing;                     /* wss_server_close was called */
} app;

/* Creates a server on the loop and has listen listen. False if the library said
   no; then everything is gone again. */
bool app_open(app *it, uv_loop_t *loop, wss_options *options, bool http,
              int (*listen)(wss_server *server, wss_listener **listener));

/* For the SSL context of that listen: does what it would in APP_HTTP. */
int app_on_sni(wss_server *server, const char *name, wss_identity **identity,
               void *app);

/* Does one of the things that a program can do, to the connection or without
   one (NULL). */
void app_act(app *it, app_conn *conn, uint8_t what);

/* Closes the server, with a grace of that many ms. */
void app_close(app *it, int64_t grace);

/* Between two turns: counters agree, memory follows what was received, in all.
   settled: nothing is left to do now. */
void app_check(app *it, size_t received, bool settled);

#endif
