/* A simulated libuv on a simulated kernel: src/net, and with it the whole
   library, runs on it unchanged, without a socket, a port or a real second.

   What is linked in place of libuv are the sources that CMake's
   wss_sim_sources lists. The loop keeps libuv's order (timers, pending
   callbacks, idle, prepare, poll, check, closing), its rules for requests and
   handles, and what its streams make of a socket's state; the sockets behave as
   Linux's do on loopback. tests/sim/contract.c holds both against the real
   ones. */
#ifndef WSS_SIM_SIM_H
#define WSS_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* ---- The machine --------------------------------------------------------- */

/* Starts anew with an empty kernel and an empty loop, at that time (ms); faults
   and counts are forgotten. */
void sim_open(uint64_t ms);

/* Ends every peer and closes the loop. Returns how many handles, requests and
   descriptors somebody has left behind; the loop is then unusable. */
size_t sim_close(void);

uv_loop_t *sim_loop(void);

/* ---- Time ---------------------------------------------------------------- */

/* The machine's clock, in ms. */
uint64_t sim_now(void);

/* One turn of the loop, which does not wait. */
void sim_turn(void);

/* Turns until nothing is left to do now. Ends the program if that never comes:
   a loop that spins. */
void sim_settle(void);

/* Time passes while the loop waits in its poll, as a healthy program's does:
   each timer on the way fires at its time. Settles before and after. */
void sim_advance(uint64_t ms);

/* Time passes while the program keeps the loop from running. From within a
   callback, or between two turns. */
void sim_stall(uint64_t ms);

/* ---- Peers --------------------------------------------------------------- */

/* The other end of a connection. What it is sent is taken at once and kept,
   unless sim_peer_read was switched off. */
typedef struct sim_peer {
  uint8_t *data; /* all that was taken; a NUL follows */
  size_t size;
  bool fin;   /* the server's FIN has come */
  bool reset; /* its reset has */
  int fd;
} sim_peer;

/* Connects to whoever listens on the port; NULL if nobody does. */
sim_peer *sim_connect(int port);
/* The same, from another address: 10.0.x.y of the number. */
sim_peer *sim_connect_from(int port, uint16_t number);
/* The same, from a numeric address of either family. */
sim_peer *sim_connect_ip(int port, const char *ip);

/* Sends; false if the connection is gone. */
bool sim_send(sim_peer *peer, const void *data, size_t size);
bool sim_text(sim_peer *peer, const char *text);
/* FIN: the peer sends nothing more. */
void sim_fin(sim_peer *peer);
/* Closes as close(2) does: with unread bytes, that is a reset. The peer is
   freed. */
void sim_hang_up(sim_peer *peer);
/* Resets, as with SO_LINGER at 0. The peer is freed. */
void sim_reset(sim_peer *peer);

/* Whether the peer takes what it is sent. Off: it stays in the kernel, up to
   sim_room, until sim_take or sim_peer_read. */
void sim_peer_read(sim_peer *peer, bool on);
/* Takes so much of what waits. */
void sim_take(sim_peer *peer, size_t size);
/* How many bytes the kernel holds for a peer that does not read; 4 MiB at
   first. 0: it takes nothing, even for one that reads. */
void sim_room(sim_peer *peer, size_t room);
/* The most that the kernel takes at once; 0: without limit, as at first. */
void sim_step(sim_peer *peer, size_t step);
/* The kernel takes so many bytes for the peer, and then no more until this is
   called again; SIZE_MAX at first. */
void sim_quota(sim_peer *peer, size_t quota);
/* Of what the peer sends, so many bytes arrive, counted from the first that it
   ever sent; what is behind them is on its way. SIZE_MAX at first. */
void sim_arrive(sim_peer *peer, size_t limit);
/* As if what has not arrived had never been sent. */
void sim_lose(sim_peer *peer);
/* How much the kernel holds for the peer. */
size_t sim_held(const sim_peer *peer);
/* How much of what the peer sent has not been read. */
size_t sim_unread(const sim_peer *peer);
/* Forgets size bytes in front of data. */
void sim_forget(sim_peer *peer, size_t size);
bool sim_has(const sim_peer *peer, const char *text);

/* ---- Faults -------------------------------------------------------------- */

/* Calls that can be made to fail: libuv's, and the kernel's below them. */
typedef enum sim_call {
  SIM_UV_TCP_INIT,
  SIM_UV_TCP_BIND,
  SIM_UV_TCP_OPEN,
  SIM_UV_LISTEN,
  SIM_UV_ACCEPT,
  SIM_UV_READ_START,
  SIM_UV_TRY_WRITE,
  SIM_UV_WRITE,
  SIM_UV_SHUTDOWN,
  SIM_UV_GETSOCKNAME,
  SIM_UV_GETPEERNAME,
  SIM_ACCEPT, /* accept(2): the listener is told */
  SIM_READ,   /* read(2) of a stream */
  SIM_WRITE,  /* write(2); UV_EAGAIN though the socket was writable */
  SIM_CALLS
} sim_call;

/* The n-th call from now, counted from 1, fails with the error (a code of
   libuv's), and times - 1 after it. One such plan for each kind of call; 0
   times cancels it. */
void sim_fail(sim_call call, int error, uint64_t n, uint64_t times);
/* How often it was called, and how often it was made to fail, since sim_open.
 */
uint64_t sim_called(sim_call call);
uint64_t sim_failed(sim_call call);

/* Descriptors that there may be at a time: more than enough at first. */
void sim_max_fds(int count);
/* Whether libuv has the descriptor that it keeps for when there are no others;
   it does at first. */
void sim_reserve_fd(bool there);

#endif
