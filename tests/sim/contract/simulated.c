/* The simulator's peers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "driver.h"
#include "sim.h"

struct contract_peer {
  sim_peer *sim;
  size_t taken;
};

uv_loop_t *contract_open(void) {
  sim_open(1000);
  return sim_loop();
}

void contract_close(void) {
  sim_turn();
  assert_int_equal(uv_loop_close(sim_loop()), 0);
  assert_int_equal(sim_close(), 0);
}

void contract_run(bool (*done)(void)) {
  uint64_t end = sim_now() + 20000;
  while (!done() && sim_now() < end)
    sim_advance(1);
}

void contract_turns(void) {
  int i;
  for (i = 0; i < 10; i++)
    sim_turn();
}

void contract_busy(unsigned ms) {
  sim_stall(ms);
}

contract_peer *contract_connect(int port) {
  contract_peer *peer = calloc(1, sizeof *peer);
  assert_non_null(peer);
  peer->sim = sim_connect(port);
  if (peer->sim == NULL) {
    free(peer);
    return NULL;
  }
  sim_peer_read(peer->sim, false);
  sim_room(peer->sim, 1000000);
  return peer;
}

/* Everything comes at once. */
void contract_reached(const uv_tcp_t *tcp) {
  (void)tcp;
}

void contract_ended(const uv_tcp_t *tcp) {
  (void)tcp;
}

void contract_peer_reached(const contract_peer *peer) {
  (void)peer;
}

void contract_send(contract_peer *peer, const char *text) {
  assert_true(sim_text(peer->sim, text));
}

size_t contract_take(contract_peer *peer, contract_end *end) {
  size_t size;
  sim_take(peer->sim, SIZE_MAX);
  size = peer->sim->size - peer->taken;
  peer->taken = peer->sim->size;
  *end = peer->sim->reset ? CONTRACT_RESET
         : peer->sim->fin ? CONTRACT_FIN
                          : CONTRACT_OPEN;
  return size;
}

void contract_fin(contract_peer *peer) {
  sim_fin(peer->sim);
}

void contract_hang_up(contract_peer *peer) {
  sim_hang_up(peer->sim);
  free(peer);
}

void contract_reset(contract_peer *peer) {
  sim_reset(peer->sim);
  free(peer);
}
