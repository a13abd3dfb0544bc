/* What libuv does not do with a socket's descriptor. */
#ifndef WSS_NET_DESCRIPTOR_H
#define WSS_NET_DESCRIPTOR_H

#include <stdbool.h>
#include <uv.h>

/* Another descriptor of the same socket, closed on exec; or an error of
   libuv's. */
int wss__descriptor_copy(int descriptor);

void wss__descriptor_close(int descriptor);

/* Whether the peer has reset the connection, which libuv tells as its end if
   bytes had come before. */
bool wss__descriptor_was_reset(const uv_tcp_t *tcp);

/* Closing the connection will reset it, and what the kernel holds for the peer
   is gone. */
void wss__descriptor_abort(const uv_tcp_t *tcp);

/* After closing the connection the kernel goes on sending, but gives up (where
   it knows how) once the peer has taken nothing for so many seconds. */
void wss__descriptor_give_up(const uv_tcp_t *tcp, unsigned seconds);

#endif
