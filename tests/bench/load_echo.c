/* How much of the server's time a message takes. */
#include <stdio.h>

#include "load.h"

static uint64_t quota; /* messages of each connection until the phase ends */
static int done;       /* connections that have had theirs */

static void on_echo(client *c) {
  if (c->sent < quota)
    load_send(c);
  else if (c->echoed + 1 == quota)
    done++;
}

/* From standstill to standstill, so that no message is half counted. */
static void phase(uint64_t messages) {
  uint64_t each = messages / (uint64_t)load_set.connections;
  int i;
  int k;
  if (each < (uint64_t)load_set.depth)
    each = (uint64_t)load_set.depth;
  quota += each;
  done = 0;
  for (i = 0; i < load_set.connections; i++) {
    client *c = &load_clients[i];
    for (k = 0; k < load_set.depth; k++)
      load_send(c);
    load_serve(c);
  }
  while (done < load_set.connections)
    load_turn(-1);
}

void load_echo(void) {
  uint64_t before;
  uint64_t began;
  uint64_t cpu;
  uint64_t took;
  uint64_t messages;
  load_on_echo = on_echo;
  load_open();
  if (load_set.warmup > 0)
    phase(load_set.warmup);
  messages = quota;
  before = load_server_cpu();
  began = peer_now();
  phase(load_set.messages);
  took = peer_now() - began;
  cpu = load_server_cpu() - before;
  messages = (quota - messages) * (uint64_t)load_set.connections;
  printf("{\"messages\": %llu, \"cpu_ns\": %.1f, \"per_second\": %.0f}\n",
         (unsigned long long)messages, (double)cpu / (double)messages,
         (double)messages * 1e6 / (double)took);
}
