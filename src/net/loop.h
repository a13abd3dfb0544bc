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
  /* The timer has run out, and the loop has polled since the time due, so that
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
  uint64_t armed;   /* when the timer fires; WSS__NEVER if it does not */
  uint64_t due;     /* when the poll began; WSS__NEVER if the timer has not run
                       out */
  uint64_t begun;   /* how many polls have begun */
  uint64_t polls;   /* how many have ended */
  uint64_t seen;    /* the machine's clock when it was looked at last */
  uint64_t stalled; /* how much of its time does not count */
  bool polling;     /* it was not looked at since the poll began */
  bool fired;       /* the timer has, and no poll has begun since */
  int handles;      /* not yet closed */
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
   after the program has kept the loop busy must not begin in the past. Time in
   which the program kept the loop from polling for more than a second, or in
   which the whole process stood still, is left out: no peer is to blame for it.
   Never goes back. */
uint64_t wss__loop_now(wss__loop *loop);

/* Nanoseconds of a clock that leaves nothing out, for measuring. */
uint64_t wss__loop_clock(void);

/* Has the timer fire at that time, unless it fires earlier anyway. */
void wss__loop_arm(wss__loop *loop, uint64_t at);

/* Nothing waits for the timer any more, so it does not keep the loop alive. */
void wss__loop_disarm(wss__loop *loop);

/* libuv's text and name for a code of its own; never NULL. */
const char *wss__loop_strerror(int error);
const char *wss__loop_err_name(int error);

/* A number that no peer can guess. */
uint64_t wss__loop_random(void);

/* How many descriptors the process may have open (the soft RLIMIT_NOFILE);
   UINT64_MAX without a limit. */
uint64_t wss__loop_descriptors(void);

/* Ignores SIGPIPE if its disposition is still the default. */
void wss__loop_ignore_sigpipe(void);

#endif
