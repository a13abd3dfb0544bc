/* The simulated kernel: descriptors, sockets, and a clock. */
#ifndef WSS_SIM_KERNEL_H
#define WSS_SIM_KERNEL_H

#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim.h"

#define KERNEL_FDS 65536

typedef struct kernel_socket {
  int copies;                  /* descriptors beside the first */
  bool aborts;                 /* closing it resets the connection */
  uint64_t id;                 /* no two sockets have the same */
  struct kernel_socket *other; /* NULL: not connected, or that end is closed */
  uint8_t *data;               /* what came, from the first byte on */
  size_t size;
  size_t memory;
  size_t taken; /* so much of it has been read */
  size_t room;  /* the most that may wait to be read */
  size_t step;  /* the most that is taken at once; 0: all */
  size_t quota; /* the most that is taken from now on */
  size_t read;  /* bytes that were read and are no longer in data */
  size_t limit; /* the most that may be read, ever */
  int error;    /* pending: what the next call returns, once */
  bool takes;   /* whatever comes counts as read */
  bool connected;
  bool fin;      /* came */
  bool fin_sent; /* nothing more may be written */
  bool dead;     /* reset came */
  bool listens;
  bool v6only;
  struct kernel_socket **queue; /* of a listener: not yet accepted */
  size_t waiting;
  struct sockaddr_storage local;
  struct sockaddr_storage remote;
  void *stream; /* libuv's, NULL for a peer and before uv_accept */
} kernel_socket;

extern uint64_t kernel_ns;

/* A call is about to be made: 0, or the error that it shall fail with. */
int kernel_fault(sim_call call);
void kernel_reset(void);
/* How many descriptors are in use, and NULL or whose the descriptor is. */
size_t kernel_used(void);
/* Behind the highest descriptor that was ever used. */
int kernel_end(void);
kernel_socket *kernel_of(int fd);

/* Each returns a descriptor, a size or 0, or a code of libuv's. */
int kernel_open(void);
int kernel_bind(int fd, const struct sockaddr *address, bool v6only);
int kernel_listen(int fd);
int kernel_accept(int fd);
/* Accepts and closes all that wait, as libuv does with a spare descriptor;
   false if there is none. */
bool kernel_shed(int fd);
/* Another descriptor of the same socket. */
int kernel_copy(int fd);
int kernel_connect(int fd, int port, const struct sockaddr_storage *from);
ssize_t kernel_read(int fd, void *data, size_t size);
ssize_t kernel_write(int fd, const void *data, size_t size);
int kernel_shutdown(int fd);
/* Like close(2); with reset, as if SO_LINGER were 0. */
void kernel_close(int fd, bool reset);
/* POLLIN, POLLOUT, POLLERR, POLLHUP. */
unsigned kernel_poll(int fd);

#endif
