/* A whole server on the simulated kernel, driven by an input.

   The input: MACHINE_OPTIONS bytes that choose options (machine.c), then
   operations of three bytes, the first of which has the operation in bits 0-4,
   the connection in 5-6, and in bit 7 whether one turn follows instead of all
   that is due; some are followed by bytes of their own. */
#ifndef WSS_FUZZ_MACHINE_H
#define WSS_FUZZ_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim.h"
#include "support/input.h"
#include "wss/wss.h"

#define MACHINE_OPTIONS 4
#define MACHINE_PEERS 4

/* A client's end of a connection. */
typedef struct machine_peer {
  sim_peer *peer; /* NULL: not connected */
  void *client;   /* the transport's own */
} machine_peer;

/* What is between a client and its socket. */
typedef struct machine_transport {
  int (*listen)(wss_server *server, wss_listener **listener);
  /* A client has connected; how: a byte of the input. */
  void (*open)(machine_peer *peer, uint8_t how);
  /* Takes what came, sends what that asks for. */
  void (*pump)(machine_peer *peer);
  void (*send)(machine_peer *peer, const uint8_t *bytes, size_t size);
  /* Something that only this transport can do. Returns how many of the bytes it
     took. */
  size_t (*act)(machine_peer *peer, uint8_t a, uint8_t b, const uint8_t *bytes,
                size_t size);
  /* Checks all that came, before the end of the connection or of the run. */
  void (*check)(machine_peer *peer);
  void (*close)(machine_peer *peer);
} machine_transport;

/* Plays the input; fails if a rule is broken, or anything is left at the end.
 */
void machine_play(const machine_transport *transport, const uint8_t *data,
                  size_t size);

#endif
