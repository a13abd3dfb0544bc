/* What the contract test needs of a world: once the real one (real.c), once the
   simulated one (simulated.c). */
#ifndef WSS_SIM_DRIVER_H
#define WSS_SIM_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* How a peer sees the connection. */
typedef enum contract_end {
  CONTRACT_OPEN,
  CONTRACT_FIN,
  CONTRACT_RESET
} contract_end;

typedef struct contract_peer contract_peer;

uv_loop_t *contract_open(void);
/* Nothing of the test's is on the loop any more. */
void contract_close(void);

/* Runs the loop until done says so, or the test has waited for too long. */
void contract_run(bool (*done)(void));
/* A few turns that do not wait. */
void contract_turns(void);
/* The program does something else for so long. */
void contract_busy(unsigned ms);

contract_peer *contract_connect(int port);
/* Until what was sent has come to the server's socket, whatever libuv makes of
   it. */
void contract_reached(const uv_tcp_t *tcp);
/* Until the peer's reset has. */
void contract_ended(const uv_tcp_t *tcp);
/* Likewise to the peer. */
void contract_peer_reached(const contract_peer *peer);
void contract_send(contract_peer *peer, const char *text);
/* Takes whatever has come since; returns how many bytes. */
size_t contract_take(contract_peer *peer, contract_end *end);
void contract_fin(contract_peer *peer);
/* Each frees the peer. */
void contract_hang_up(contract_peer *peer);
void contract_reset(contract_peer *peer);

#endif
