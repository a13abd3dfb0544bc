/* Our handles on the program's loop: one timer, and what gives the server a
   turn before and after each poll. They keep the loop alive only while work or
   a deadline waits. */
#ifndef WSS_NET_LOOP_H
#define WSS_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/alloc.h"

/* All connections of a loop read into one buffer of this size. */
#define WSS__READ_SIZE 65536

typedef struct wss__loop_events {
  /* Before and after each poll. */
  void (*turn)(void *owner);
  /* The timer ran out at the time due, and the loop has polled since, so that
     whatever had arrived before that moment has been read. */
  void (*expired)(void *owner, uint64_t due);
  /* All handles are closed. */
  void (*closed)(void *owner);
} wss__loop_events;

typedef struct wss__loop {
  uv_loop_t *uv;
  const wss__loop_events *events;
  void *owner;
  const wss_allocator *allocator;
  uint8_t *read_buffer;
  uv_timer_t timer;
  uv_prepare_t prepare;
  uv_check_t check;
  uv_idle_t idle;
  uint64_t armed; /* when the timer fires; WSS__NEVER if it does not */
  uint64_t due;   /* it fired at; WSS__NEVER if nothing is due */
  uint64_t polls; /* how often the loop has polled */
  int handles;    /* not yet closed */
} wss__loop;

/* 0 or WSS_ERR_NOMEM, and then nothing is left on the loop. */
int wss__loop_open(wss__loop *loop, uv_loop_t *uv,
                   const wss__loop_events *events, void *owner,
                   const wss_allocator *allocator);

/* Closes the handles; events->closed follows from a later turn. */
void wss__loop_close(wss__loop *loop);

/* While awake the poll does not block, so that a turn comes soon. */
void wss__loop_wake(wss__loop *loop);
void wss__loop_sleep(wss__loop *loop);

/* Milliseconds now, not as of the start of the loop's turn: a deadline set
   after the program has kept the loop busy must not begin in the past. */
uint64_t wss__loop_now(void);

/* Has the timer fire at that time, unless it fires earlier anyway. */
void wss__loop_arm(wss__loop *loop, uint64_t at);

/* Nothing waits for the timer any more, so it does not keep the loop alive. */
void wss__loop_disarm(wss__loop *loop);

/* libuv's text and name for a code of its own; never NULL. */
const char *wss__loop_strerror(int error);
const char *wss__loop_err_name(int error);

/* Ignores SIGPIPE if its disposition is still the default. */
void wss__loop_ignore_sigpipe(void);

#endif
