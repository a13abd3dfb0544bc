/* How long an echo takes, from when it was due to be sent. */
#include <stdio.h>

#include "../attack/spans.h"
#include "load.h"

static spans latency;
static uint64_t interval; /* microseconds */

static void on_echo(client *c) {
  spans_add(&latency, peer_now() - c->first_due - c->echoed * interval);
}

/* Sends what is due; returns when the next message is. */
static uint64_t send_due(uint64_t now) {
  uint64_t next = now + interval;
  int i;
  for (i = 0; i < load_set.connections; i++) {
    client *c = &load_clients[i];
    uint64_t due = c->first_due + c->sent * interval;
    if (due <= now) {
      load_send(c);
      load_serve(c);
      due += interval;
    }
    if (due < next)
      next = due;
  }
  return next;
}

void load_latency(void) {
  uint64_t began;
  uint64_t sent = 0;
  uint64_t echoed = 0;
  int i;
  load_on_echo = on_echo;
  load_open();
  load_watch_stdin();
  interval = 1000000 / (uint64_t)load_set.rate;
  began = peer_now();
  for (i = 0; i < load_set.connections; i++)
    load_clients[i].first_due =
        began + interval * (uint64_t)i / (uint64_t)load_set.connections;
  printf("{\"ready\": %d}\n", load_set.connections);
  fflush(stdout);
  while (!load_stdin_ended()) {
    uint64_t now = peer_now();
    uint64_t next = send_due(now);
    /* Rounded up, so that it does not spin. */
    load_turn(next <= now ? 0 : (int)((next - now + 999) / 1000));
  }
  do {
    sent = echoed = 0;
    for (i = 0; i < load_set.connections; i++) {
      sent += load_clients[i].sent;
      echoed += load_clients[i].echoed;
    }
    if (echoed < sent)
      load_turn(-1);
  } while (echoed < sent);
  printf("{\"messages\": %llu", (unsigned long long)echoed);
  spans_print(&latency, "echo");
  printf("}\n");
}
