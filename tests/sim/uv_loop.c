/* The loop: handles, timers, and the order of things in a turn. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "uv_sim.h"

static uint64_t now_ms(void) {
  return kernel_ns / 1000000;
}

uint64_t uv_hrtime(void) {
  return kernel_ns;
}

uint64_t uv_now(const uv_loop_t *loop) {
  return loop->time;
}

void uv_update_time(uv_loop_t *loop) {
  loop->time = now_ms();
}

/* ---- Handles ------------------------------------------------------------- */

void uv_sim_handle_init(uv_loop_t *loop, uv_handle_t *handle,
                        uv_handle_type type) {
  handle->loop = loop;
  handle->type = type;
  handle->flags = REFERENCED;
  handle->next_closing = NULL;
  wss__list_append(LINK(loop->handle_queue), LINK(handle->handle_queue));
}

void uv_sim_start(uv_handle_t *handle) {
  if (handle->flags & ACTIVE)
    return;
  handle->flags |= ACTIVE;
  if (handle->flags & REFERENCED)
    handle->loop->active_handles++;
}

void uv_sim_stop(uv_handle_t *handle) {
  if ((handle->flags & ACTIVE) == 0)
    return;
  handle->flags &= ~(unsigned)ACTIVE;
  if (handle->flags & REFERENCED)
    handle->loop->active_handles--;
}

void uv_ref(uv_handle_t *handle) {
  if ((handle->flags & REFERENCED) == 0 && (handle->flags & ACTIVE) != 0)
    handle->loop->active_handles++;
  handle->flags |= REFERENCED;
}

void uv_unref(uv_handle_t *handle) {
  if ((handle->flags & REFERENCED) != 0 && (handle->flags & ACTIVE) != 0)
    handle->loop->active_handles--;
  handle->flags &= ~(unsigned)REFERENCED;
}

int uv_has_ref(const uv_handle_t *handle) {
  return (handle->flags & REFERENCED) != 0;
}

int uv_is_active(const uv_handle_t *handle) {
  return (handle->flags & ACTIVE) != 0;
}

int uv_is_closing(const uv_handle_t *handle) {
  return (handle->flags & (CLOSING | CLOSED)) != 0;
}

void uv_walk(uv_loop_t *loop, uv_walk_cb walk, void *arg) {
  wss__list *head = LINK(loop->handle_queue);
  wss__list *link = head->next;
  while (link != head) {
    wss__list *next = link->next;
    walk(wss__list_entry(link, uv_handle_t, handle_queue), arg);
    link = next;
  }
}

void uv_close(uv_handle_t *handle, uv_close_cb closed) {
  if (uv_is_closing(handle)) {
    (void)fprintf(stderr, "sim: a handle is closed twice\n");
    abort();
  }
  handle->flags |= CLOSING;
  handle->close_cb = closed;
  if (handle->type == UV_TCP)
    uv_sim_stream_close((uv_stream_t *)handle);
  else if (handle->type == UV_TIMER)
    (void)uv_timer_stop((uv_timer_t *)handle);
  else if (handle->type == UV_PREPARE)
    (void)uv_prepare_stop((uv_prepare_t *)handle);
  else if (handle->type == UV_CHECK)
    (void)uv_check_stop((uv_check_t *)handle);
  else if (handle->type == UV_IDLE)
    (void)uv_idle_stop((uv_idle_t *)handle);
  else
    abort();
  /* The last that was closed is told first. */
  handle->next_closing = handle->loop->closing_handles;
  handle->loop->closing_handles = handle;
}

static void run_closing(uv_loop_t *loop) {
  uv_handle_t *handle = loop->closing_handles;
  loop->closing_handles = NULL;
  while (handle != NULL) {
    uv_handle_t *next = handle->next_closing;
    handle->flags |= CLOSED;
    if (handle->type == UV_TCP)
      uv_sim_stream_closed((uv_stream_t *)handle);
    uv_unref(handle);
    wss__list_remove(LINK(handle->handle_queue));
    if (handle->close_cb != NULL)
      handle->close_cb(handle);
    handle = next;
  }
}

/* ---- Prepare, check and idle handles ------------------------------------- */

/* Whoever was started last comes first. */
#define WATCHER(name, TYPE)                                                    \
  int uv_##name##_init(uv_loop_t *loop, uv_##name##_t *handle) {               \
    uv_sim_handle_init(loop, (uv_handle_t *)handle, TYPE);                     \
    handle->name##_cb = NULL;                                                  \
    wss__list_init(LINK(handle->queue));                                       \
    return 0;                                                                  \
  }                                                                            \
                                                                               \
  int uv_##name##_start(uv_##name##_t *handle, uv_##name##_cb callback) {      \
    if (handle->flags & ACTIVE)                                                \
      return 0;                                                                \
    if (callback == NULL)                                                      \
      return UV_EINVAL;                                                        \
    wss__list_append(LINK(handle->loop->name##_handles)->next,                 \
                     LINK(handle->queue));                                     \
    handle->name##_cb = callback;                                              \
    uv_sim_start((uv_handle_t *)handle);                                       \
    return 0;                                                                  \
  }                                                                            \
                                                                               \
  int uv_##name##_stop(uv_##name##_t *handle) {                                \
    wss__list_remove(LINK(handle->queue));                                     \
    uv_sim_stop((uv_handle_t *)handle);                                        \
    return 0;                                                                  \
  }                                                                            \
                                                                               \
  static void run_##name(uv_loop_t *loop) {                                    \
    wss__list due;                                                             \
    wss__list_move(LINK(loop->name##_handles), &due);                          \
    while (!wss__list_empty(&due)) {                                           \
      uv_##name##_t *handle = wss__list_entry(due.next, uv_##name##_t, queue); \
      wss__list_remove(LINK(handle->queue));                                   \
      wss__list_append(LINK(loop->name##_handles), LINK(handle->queue));       \
      handle->name##_cb(handle);                                               \
    }                                                                          \
  }

WATCHER(prepare, UV_PREPARE)
WATCHER(check, UV_CHECK)
WATCHER(idle, UV_IDLE)

/* ---- Timers -------------------------------------------------------------- */

static uv_timer_t *timer_of(wss__list *link) {
  return wss__list_entry(link, uv_timer_t, heap_node);
}

int uv_timer_init(uv_loop_t *loop, uv_timer_t *timer) {
  uv_sim_handle_init(loop, (uv_handle_t *)timer, UV_TIMER);
  timer->timer_cb = NULL;
  timer->timeout = 0;
  timer->repeat = 0;
  wss__list_init(LINK(timer->heap_node));
  return 0;
}

int uv_timer_start(uv_timer_t *timer, uv_timer_cb callback, uint64_t timeout,
                   uint64_t repeat) {
  wss__list *head = LINK(timer->loop->watcher_queue);
  wss__list *link;
  if (uv_is_closing((uv_handle_t *)timer) || callback == NULL)
    return UV_EINVAL;
  (void)uv_timer_stop(timer);
  link = head->next; /* not the timer itself */
  timer->timer_cb = callback;
  timer->timeout = timeout > UINT64_MAX - timer->loop->time
                       ? UINT64_MAX
                       : timer->loop->time + timeout;
  timer->repeat = repeat;
  link = head->next; /* behind all that fire no later */
  while (link != head && timer_of(link)->timeout <= timer->timeout)
    link = link->next;
  wss__list_append(link, LINK(timer->heap_node));
  uv_sim_start((uv_handle_t *)timer);
  return 0;
}

int uv_timer_stop(uv_timer_t *timer) {
  wss__list_remove(LINK(timer->heap_node));
  uv_sim_stop((uv_handle_t *)timer);
  return 0;
}

static const uv_timer_t *first_timer(const uv_loop_t *loop) {
  wss__list *head = LINK(((uv_loop_t *)(uintptr_t)loop)->watcher_queue);
  return wss__list_empty(head) ? NULL : timer_of(head->next);
}

static void run_timers(uv_loop_t *loop) {
  for (;;) {
    uv_timer_t *timer = (uv_timer_t *)(uintptr_t)first_timer(loop);
    if (timer == NULL || timer->timeout > loop->time)
      return;
    (void)uv_timer_stop(timer);
    if (timer->repeat != 0)
      (void)uv_timer_start(timer, timer->timer_cb, timer->repeat,
                           timer->repeat);
    timer->timer_cb(timer);
  }
}

/* ---- The poll ------------------------------------------------------------ */

void uv_sim_feed(uv_stream_t *stream) {
  wss__list *link = LINK(stream->io_watcher.pending_queue);
  if (wss__list_empty(link))
    wss__list_append(LINK(stream->loop->pending_queue), link);
}

static void run_pending(uv_loop_t *loop) {
  wss__list due;
  wss__list_move(LINK(loop->pending_queue), &due);
  while (!wss__list_empty(&due)) {
    uv_stream_t *stream =
        wss__list_entry(due.next, uv_stream_t, io_watcher.pending_queue);
    wss__list_remove(due.next);
    uv_sim_io(stream, POLLOUT);
  }
}

/* A socket that is ready, and watched for that. */
typedef struct event {
  int fd;
  uint64_t id;
  unsigned events;
} event;

static unsigned events_of(const uv_loop_t *loop, int fd) {
  const kernel_socket *sock = kernel_of(fd);
  const uv_stream_t *stream = sock == NULL ? NULL : sock->stream;
  if (stream == NULL || stream->loop != loop || stream->io_watcher.fd != fd ||
      stream->io_watcher.pevents == 0)
    return 0;
  return kernel_poll(fd) & (stream->io_watcher.pevents | POLLERR | POLLHUP);
}

/* As many as libuv asks for at a time. */
static size_t collect(const uv_loop_t *loop, event events[], size_t room) {
  size_t count = 0;
  int fd;
  for (fd = 0; fd < kernel_end() && count < room; fd++) {
    unsigned ready = events_of(loop, fd);
    if (ready != 0)
      events[count++] = (event){fd, kernel_of(fd)->id, ready};
  }
  return count;
}

static void deliver(const uv_loop_t *loop, const event *one) {
  const kernel_socket *sock = kernel_of(one->fd);
  unsigned events = one->events;
  uv_stream_t *stream;
  /* Closed by a callback before: the descriptor may be somebody else's. */
  if (sock == NULL || sock->id != one->id || sock->stream == NULL)
    return;
  stream = sock->stream;
  if (stream->loop != loop || stream->io_watcher.pevents == 0)
    return;
  events &= stream->io_watcher.pevents | POLLERR | POLLHUP;
  if (events == POLLERR || events == POLLHUP)
    events |= stream->io_watcher.pevents;
  if (events != 0)
    uv_sim_io(stream, events);
}

static int backend_timeout(const uv_loop_t *loop) {
  uv_loop_t *mine = (uv_loop_t *)(uintptr_t)loop;
  const uv_timer_t *timer = first_timer(loop);
  uint64_t left;
  if (loop->stop_flag != 0 ||
      (loop->active_handles == 0 && loop->active_reqs.count == 0) ||
      !wss__list_empty(LINK(mine->pending_queue)) ||
      !wss__list_empty(LINK(mine->idle_handles)) ||
      loop->closing_handles != NULL)
    return 0;
  if (timer == NULL)
    return -1;
  left = timer->timeout > loop->time ? timer->timeout - loop->time : 0;
  return left > INT_MAX ? INT_MAX : (int)left;
}

int uv_backend_timeout(const uv_loop_t *loop) {
  return backend_timeout(loop);
}

/* Sleeps for the timeout, -1 without end, but not beyond the limit: something
   else wakes the loop then. Like libuv, from now on, however late that is. */
static void sleep_for(int timeout, uint64_t limit) {
  uint64_t wake = timeout < 0 ? limit : now_ms() + (uint64_t)timeout;
  if (wake > limit)
    wake = limit;
  if (wake == UINT64_MAX) {
    (void)fprintf(stderr, "sim: the loop would wait for ever\n");
    abort();
  }
  if (wake > now_ms())
    kernel_ns = wake * 1000000;
}

static void poll_io(uv_loop_t *loop, int timeout, uint64_t limit) {
  static event events[1024];
  int rounds = 48;
  size_t count = collect(loop, events, 1024);
  if (count == 0 && timeout != 0) {
    sleep_for(timeout, limit);
    count = collect(loop, events, 1024);
  }
  uv_update_time(loop);
  for (;;) {
    size_t i;
    for (i = 0; i < count; i++)
      deliver(loop, &events[i]);
    if (count < 1024 || --rounds == 0)
      return;
    count = collect(loop, events, 1024);
  }
}

/* ---- The loop ------------------------------------------------------------ */

int uv_loop_init(uv_loop_t *loop) {
  void *data = loop->data;
  memset(loop, 0, sizeof *loop);
  loop->data = data;
  wss__list_init(LINK(loop->handle_queue));
  wss__list_init(LINK(loop->pending_queue));
  wss__list_init(LINK(loop->watcher_queue));
  wss__list_init(LINK(loop->prepare_handles));
  wss__list_init(LINK(loop->check_handles));
  wss__list_init(LINK(loop->idle_handles));
  uv_update_time(loop);
  return 0;
}

int uv_loop_close(uv_loop_t *loop) {
  if (loop->active_reqs.count > 0 || !wss__list_empty(LINK(loop->handle_queue)))
    return UV_EBUSY;
  return 0;
}

int uv_loop_alive(const uv_loop_t *loop) {
  return loop->active_handles > 0 || loop->active_reqs.count > 0 ||
         loop->closing_handles != NULL;
}

void uv_stop(uv_loop_t *loop) {
  loop->stop_flag = 1;
}

static void iterate(uv_loop_t *loop, bool waits, bool once, uint64_t limit) {
  bool work;
  int i;
  uv_update_time(loop);
  run_timers(loop);
  work = !wss__list_empty(LINK(loop->pending_queue)) ||
         !wss__list_empty(LINK(loop->idle_handles));
  run_pending(loop);
  run_idle(loop);
  run_prepare(loop);
  poll_io(loop, waits && !(once && work) ? backend_timeout(loop) : 0, limit);
  for (i = 0; i < 8 && !wss__list_empty(LINK(loop->pending_queue)); i++)
    run_pending(loop);
  run_check(loop);
  run_closing(loop);
  if (once && waits) { /* UV_RUN_ONCE sees to it that something happened */
    uv_update_time(loop);
    run_timers(loop);
  }
}

void uv_sim_iterate(uv_loop_t *loop, uint64_t limit) {
  iterate(loop, true, false, limit);
}

int uv_run(uv_loop_t *loop, uv_run_mode mode) {
  int alive = uv_loop_alive(loop);
  if (!alive)
    uv_update_time(loop);
  while (alive && loop->stop_flag == 0) {
    iterate(loop, mode != UV_RUN_NOWAIT, mode == UV_RUN_ONCE, UINT64_MAX);
    alive = uv_loop_alive(loop);
    if (mode != UV_RUN_DEFAULT)
      break;
  }
  loop->stop_flag = 0;
  return alive;
}

bool uv_sim_quiet(const uv_loop_t *loop) {
  const uv_timer_t *timer = first_timer(loop);
  event one;
  if (!uv_loop_alive(loop))
    return true;
  return backend_timeout(loop) != 0 && collect(loop, &one, 1) == 0 &&
         (timer == NULL || timer->timeout > now_ms());
}
