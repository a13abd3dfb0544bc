/*
 * The load generator's parts: what the command line says, its connections, and
 * the loop that serves them. A mode is a file load_MODE.c with one function.
 */
#ifndef WSS_BENCH_LOAD_H
#define WSS_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../attack/peer.h"

typedef struct load_settings {
  const char *mode;
  const char *tls; /* "1.2" or "1.3" */
  const char *group;
  int port;
  int pid; /* of the server */
  int connections;
  int depth;    /* messages of a connection on their way */
  int together; /* handshakes at the same time */
  int rate;     /* messages a second of each connection */
  size_t size;
  uint64_t messages; /* of all connections together, or handshakes */
  uint64_t warmup;
  bool resume;
} load_settings;

typedef struct client {
  peer p; /* first, so that a peer is its client */
  uint64_t sent;
  uint64_t echoed;
  size_t at; /* bytes of the message that is coming back */
  uint64_t first_due;
  SSL_SESSION *session;
} client;

extern load_settings load_set;
extern peer_plan load_plan;
extern client *load_clients;

/* What a mode does when a connection is there, when a message is back, and when
   a connection was lost, which is a failure of all unless this is set. */
extern void (*load_on_ready)(client *c);
extern void (*load_on_echo)(client *c);
extern void (*load_on_lost)(client *c);

/* Prints one line of JSON with the reason, and ends the program. */
_Noreturn void load_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Nanoseconds that the server's threads have been on a processor. */
uint64_t load_server_cpu(void);

/* Waits at most so many milliseconds (-1: without end) for events, and serves
   them. */
void load_turn(int milliseconds);

/* Opens every connection, no more than load_set.together at a time. */
void load_open(void);

/* Queues the next message; it leaves with load_serve. */
void load_send(client *c);

/* Goes on with a connection: connects, reads, writes. */
void load_serve(client *c);

/* Whether stdin has ended, if load_watch_stdin was called before. */
void load_watch_stdin(void);
bool load_stdin_ended(void);

void load_echo(void);
void load_handshakes(void);
void load_idle(void);
void load_latency(void);

#endif
