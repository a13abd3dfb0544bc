#include "net/loop.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "net/deadline.h"

/* A program that runs for longer than this between two polls stalls the loop.
 */
#define STALL 1000

uint64_t wss__loop_clock(void) {
  return uv_hrtime();
}

static uint64_t machine_now(void) {
  return wss__loop_clock() / 1000000;
}

/* The first look at the clock after a poll, still in the same turn: time in it
   counts, but not what it overslept the timer by. libuv notes when a poll ends.
 */
static void poll_ended(wss__loop *loop) {
  uint64_t end = uv_now(loop->uv);
  uint64_t wake = loop->seen;
  if (end < loop->seen)
    end = loop->seen;
  if (loop->armed == WSS__NEVER)
    wake = end;
  else if (loop->armed + loop->stalled > wake)
    wake = loop->armed + loop->stalled;
  if (end > wake + STALL)
    loop->stalled += end - wake;
  loop->seen = end;
  loop->polling = false;
}

uint64_t wss__loop_now(wss__loop *loop) {
  uint64_t now = machine_now();
  if (loop->polling)
    poll_ended(loop);
  if (now < loop->seen)
    now = loop->seen;
  if (now - loop->seen > STALL)
    loop->stalled += now - loop->seen;
  loop->seen = now;
  return now - loop->stalled;
}

static void on_timer(uv_timer_t *timer) {
  wss__loop *loop = (wss__loop *)timer->data;
  loop->armed = WSS__NEVER;
  loop->fired = true;
  wss__loop_wake(loop);
}

static void on_prepare(uv_prepare_t *prepare) {
  wss__loop *loop = (wss__loop *)prepare->data;
  loop->events->turn(loop->owner);
  if (loop->fired)
    loop->due = wss__loop_now(loop);
  else
    (void)wss__loop_now(loop);
  loop->fired = false;
  loop->polling = true;
  loop->begun++;
}

static void on_check(uv_check_t *check) {
  wss__loop *loop = (wss__loop *)check->data;
  loop->polls++;
  /* libuv's note of when the poll ended is overwritten at the next turn. */
  (void)wss__loop_now(loop);
  if (loop->due != WSS__NEVER) {
    uint64_t due = loop->due;
    loop->due = WSS__NEVER;
    loop->events->expired(loop->owner, due);
  }
  loop->events->turn(loop->owner);
}

/* Its being active is all that counts: the poll does not block then. */
static void on_idle(uv_idle_t *idle) {
  (void)idle;
}

static void adopt(wss__loop *loop, uv_handle_t *handle) {
  handle->data = loop;
  loop->handles++;
}

int wss__loop_open(wss__loop *loop, uv_loop_t *uv,
                   const wss__loop_events *events, void *owner,
                   const wss_allocator *allocator) {
  memset(loop, 0, sizeof *loop);
  loop->uv = uv;
  loop->events = events;
  loop->owner = owner;
  loop->allocator = allocator;
  loop->armed = WSS__NEVER;
  loop->due = WSS__NEVER;
  loop->seen = machine_now();
  loop->read_buffer = wss__malloc(allocator, WSS__READ_SIZE);
  if (loop->read_buffer == NULL)
    return WSS_ERR_NOMEM;

  /* None of these can fail. */
  (void)uv_timer_init(uv, &loop->timer);
  (void)uv_prepare_init(uv, &loop->prepare);
  (void)uv_check_init(uv, &loop->check);
  (void)uv_idle_init(uv, &loop->idle);
  adopt(loop, (uv_handle_t *)&loop->timer);
  adopt(loop, (uv_handle_t *)&loop->prepare);
  adopt(loop, (uv_handle_t *)&loop->check);
  adopt(loop, (uv_handle_t *)&loop->idle);
  (void)uv_prepare_start(&loop->prepare, on_prepare);
  (void)uv_check_start(&loop->check, on_check);
  uv_unref((uv_handle_t *)&loop->prepare);
  uv_unref((uv_handle_t *)&loop->check);
  return 0;
}

static void on_closed(uv_handle_t *handle) {
  wss__loop *loop = (wss__loop *)handle->data;
  if (--loop->handles > 0)
    return;
  wss__free(loop->allocator, loop->read_buffer);
  loop->events->closed(loop->owner);
}

void wss__loop_close(wss__loop *loop) {
  uv_close((uv_handle_t *)&loop->timer, on_closed);
  uv_close((uv_handle_t *)&loop->prepare, on_closed);
  uv_close((uv_handle_t *)&loop->check, on_closed);
  uv_close((uv_handle_t *)&loop->idle, on_closed);
}

void wss__loop_wake(wss__loop *loop) {
  if (!uv_is_closing((uv_handle_t *)&loop->idle))
    (void)uv_idle_start(&loop->idle, on_idle);
}

void wss__loop_sleep(wss__loop *loop) {
  if (!loop->fired && loop->due == WSS__NEVER)
    (void)uv_idle_stop(&loop->idle);
}

void wss__loop_arm(wss__loop *loop, uint64_t at) {
  uint64_t now = uv_now(loop->uv);
  uint64_t wake = at + loop->stalled;
  if (at >= loop->armed || uv_is_closing((uv_handle_t *)&loop->timer))
    return;
  loop->armed = at;
  (void)uv_timer_start(&loop->timer, on_timer, wake > now ? wake - now : 0, 0);
}

void wss__loop_disarm(wss__loop *loop) {
  if (loop->armed == WSS__NEVER)
    return;
  loop->armed = WSS__NEVER;
  (void)uv_timer_stop(&loop->timer);
}

/* libuv's own functions leak a few bytes for a code that they do not know. */
const char *wss__loop_strerror(int error) {
  switch (error) {
#define CASE(name, text)                                                       \
  case UV_##name:                                                              \
    return text;
    UV_ERRNO_MAP(CASE)
#undef CASE
  default:
    return "unknown error";
  }
}

const char *wss__loop_err_name(int error) {
  switch (error) {
#define CASE(name, text)                                                       \
  case UV_##name:                                                              \
    return #name;
    UV_ERRNO_MAP(CASE)
#undef CASE
  default:
    return "unknown";
  }
}

uint64_t wss__loop_random(void) {
  uint64_t number = 0;
  if (uv_random(NULL, NULL, &number, sizeof number, 0, NULL) < 0)
    number = uv_hrtime() ^ (uintptr_t)&number;
  return number;
}

uint64_t wss__loop_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return UINT64_MAX;
  return limit.rlim_cur;
}

void wss__loop_ignore_sigpipe(void) {
  struct sigaction action;
  if (sigaction(SIGPIPE, NULL, &action) != 0)
    return;
  if ((action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL) {
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
  }
}
