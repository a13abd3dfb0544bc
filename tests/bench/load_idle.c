/* Connections that do nothing but answer pings. */
#include <stdio.h>

#include "load.h"

void load_idle(void) {
  int i;
  load_open();
  load_watch_stdin();
  printf("{\"ready\": %d}\n", load_set.connections);
  fflush(stdout);
  while (!load_stdin_ended())
    load_turn(-1);
  for (i = 0; i < load_set.connections; i++)
    peer_finish(&load_clients[i].p, "done");
  printf("{\"held\": %d}\n", load_set.connections);
}
