/* How much of the server's time a connection takes that only comes: TCP, TLS
   and the WebSocket handshake. It goes with a reset, which costs least. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/obj_mac.h>
#include <openssl/objects.h>

#include "load.h"

static uint64_t to_start;
static uint64_t to_end;
static uint64_t resumed;
static uint64_t lost;

static void start(client *c, int number) {
  to_start--;
  peer_start(&c->p, &load_plan, number);
}

/* One is over; the next takes its slot. */
static void go_on(client *c) {
  to_end--;
  if (to_start > 0)
    start(c, c->p.number);
}

static void on_lost(client *c) {
  lost++;
  go_on(c);
}

/* Each slot resumes the session of its last connection. */
static void on_tls(peer *p) {
  client *c = (client *)p;
  if (load_set.resume && c->session != NULL)
    SSL_set_session(p->ssl, c->session);
}

static void keep_session(client *c) {
  SSL_SESSION_free(c->session);
  c->session = SSL_get1_session(c->p.ssl);
  /* Otherwise the session would be taken for a failed one. */
  SSL_set_shutdown(c->p.ssl, SSL_SENT_SHUTDOWN);
}

static void check_group(const client *c) {
  long group = SSL_get_negotiated_group(c->p.ssl);
  if (group != OBJ_sn2nid(strcmp(load_set.group, "P-256") == 0
                              ? SN_X9_62_prime256v1
                              : load_set.group))
    load_fail("the server chose group %ld", group);
}

static void on_ready(client *c) {
  if (SSL_session_reused(c->p.ssl) == 0)
    check_group(c);
  resumed += SSL_session_reused(c->p.ssl) == 1;
  if (load_set.resume)
    keep_session(c);
  peer_finish(&c->p, "done");
  go_on(c);
}

static void phase(uint64_t handshakes) {
  int i;
  resumed = lost = 0;
  to_start = to_end = handshakes;
  for (i = 0; i < load_set.together && to_start > 0; i++)
    start(&load_clients[i], i);
  while (to_end > 0)
    load_turn(-1);
}

void load_handshakes(void) {
  uint64_t before;
  uint64_t began;
  uint64_t cpu;
  uint64_t took;
  load_set.connections = 0;
  load_open();
  free(load_clients);
  load_clients = calloc((size_t)load_set.together, sizeof *load_clients);
  if (load_clients == NULL)
    load_fail("no memory");
  load_plan.on_tls = on_tls;
  load_on_ready = on_ready;
  load_on_lost = on_lost;
  phase(load_set.warmup);
  before = load_server_cpu();
  began = peer_now();
  phase(load_set.messages);
  took = peer_now() - began;
  cpu = load_server_cpu() - before;
  printf("{\"handshakes\": %llu, \"resumed\": %llu, \"lost\": %llu, "
         "\"cpu_ns\": %.1f, "
         "\"per_second\": %.0f}\n",
         (unsigned long long)load_set.messages, (unsigned long long)resumed,
         (unsigned long long)lost, (double)cpu / (double)load_set.messages,
         (double)load_set.messages * 1e6 / (double)took);
}
