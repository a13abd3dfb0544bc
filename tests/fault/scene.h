/* A scene: what clients and the program do, the same each time it is played.
   It is played as it is, and then once for each of its allocations. */
#ifndef WSS_FAULT_SCENE_H
#define WSS_FAULT_SCENE_H

#include "support/client.h"

typedef struct scene_run scene_run;

typedef struct fault_scene {
  const char *name;
  void (*play)(scene_run *run);
  host_hooks hooks; /* without request: whatever asks is accepted */
  wss_options options;
  bool secure; /* there is a listener with TLS, too */
  bool http;   /* there is an on_http */
} fault_scene;

/* One time that it is played. */
struct scene_run {
  sim_host host; /* whose user is the run */
  const fault_scene *scene;
  bool told;          /* a call or a callback said that there is no memory */
  size_t cut;         /* connections that ended without an answer, or without a
                         Close frame of ours */
  size_t heard;       /* clients who were told 1011, or a status of 5xx */
  char outcome[8192]; /* what happened, as far as a failure must not change it
                         without a word */
  size_t size;
};

scene_run *scene_run_of(sim_host *host);

/* Notes a call's result, and returns it. */
int scene_called(scene_run *run, int result);
/* Adds to the outcome. */
void scene_note(scene_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A client that shakes hands as far as it gets; lines: of its request, NULL for
   none. version as of client_connect. */
void scene_visit(scene_run *run, sim_client *client, int version,
                 const char *lines);
/* One that sends this text in place of a handshake of WebSocket's, in two
   pieces. */
void scene_ask(scene_run *run, sim_client *client, int version,
               const char *text);
/* Whether it begins with such a status line; NULL does not. */
bool scene_is_5xx(const void *text);
/* Goes on to the end, notes what the client has seen, and closes it. */
void scene_leave(scene_run *run, sim_client *client);

/* A hook that sends back what came. */
void scene_echo(sim_host *host, wss_conn *conn, const wss_message *message);

/* The parts, each with a scene without a name behind the last one. */
extern const fault_scene scenes_http[], scenes_open[], scenes_server[],
    scenes_tls[], scenes_verify[];

/* Plays it in all ways; for cmocka, with the scene as initial state. If it
   fails, scene_over says at which allocation. */
void scene_test(void **state);
int scene_over(void **state);

#endif
