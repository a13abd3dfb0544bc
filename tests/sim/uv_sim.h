/* What the files of the simulated libuv share. Handles, requests and loops are
   libuv's own structs, whose private fields are used for what their names say;
   a loop keeps its timers in watcher_queue. */
#ifndef WSS_SIM_UV_SIM_H
#define WSS_SIM_UV_SIM_H

#include <uv.h>

#include "base/list.h"
#include "kernel.h"

enum uv_sim_flag {
  ACTIVE = 1 << 0,
  REFERENCED = 1 << 1,
  CLOSING = 1 << 2,
  CLOSED = 1 << 3,
  READABLE = 1 << 4,
  WRITABLE = 1 << 5,
  READING = 1 << 6,
  READ_PARTIAL = 1 << 7,
  READ_EOF = 1 << 8,
  SHUTTING = 1 << 9,
  SHUT = 1 << 10
};

/* libuv's links are two pointers, by whatever name. */
#define LINK(queue) ((wss__list *)(void *)&(queue))

void uv_sim_handle_init(uv_loop_t *loop, uv_handle_t *handle,
                        uv_handle_type type);
void uv_sim_start(uv_handle_t *handle);
void uv_sim_stop(uv_handle_t *handle);

/* The stream's callback comes with the next pending ones. */
void uv_sim_feed(uv_stream_t *stream);
/* A socket's events, POLLIN and so on, for the stream that watches it. */
void uv_sim_io(uv_stream_t *stream, unsigned events);
void uv_sim_stream_close(uv_stream_t *stream);
void uv_sim_stream_closed(uv_stream_t *stream);

/* One iteration of uv_run in UV_RUN_DEFAULT mode; the poll waits until limit
   (ms) at most. */
void uv_sim_iterate(uv_loop_t *loop, uint64_t limit);
/* Nothing is left to do before time passes or a peer acts. */
bool uv_sim_quiet(const uv_loop_t *loop);

#endif
