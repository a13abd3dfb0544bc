/* The whole server without TLS, on a simulated kernel: peers, the program, time
   and faults do what the input says. Every rule of wss.h holds, what peers
   receive is HTTP and WebSocket, memory follows what was received, and at the
   end nothing is left. */
#include "server/machine.h"
#include "server/wire.h"

static int listen_plain(wss_server *server, wss_listener **listener) {
  return wss_listen_plain(server, "127.0.0.1", 0, listener);
}

static void open_plain(machine_peer *peer, uint8_t how) {
  (void)peer;
  (void)how;
}

static void nothing(machine_peer *peer) {
  (void)peer;
}

static void send_plain(machine_peer *peer, const uint8_t *bytes, size_t size) {
  (void)sim_send(peer->peer, bytes, size);
}

/* Byte by byte, a turn for each. */
static size_t drip(machine_peer *peer, uint8_t a, uint8_t b,
                   const uint8_t *bytes, size_t size) {
  size_t i;
  (void)b;
  if (size > a)
    size = a;
  for (i = 0; i < size; i++) {
    (void)sim_send(peer->peer, bytes + i, 1);
    sim_turn();
  }
  return size;
}

static void check(machine_peer *peer) {
  wire_check(peer->peer->data, peer->peer->size);
}

static const machine_transport transport = {
    listen_plain, open_plain, nothing, send_plain, drip, check, nothing};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  machine_play(&transport, data, size);
  return 0;
}
