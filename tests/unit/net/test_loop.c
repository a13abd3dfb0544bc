/* Our handles on a loop of the program's. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/deadline.h"
#include "net/loop.h"
#include "support/allocator.h"

static uv_loop_t uv;
static wss__loop loop;
static test_allocator memory;
static int turns;
static int closed;
static int fired;
static uint64_t fired_for;

static void on_turn(void *owner) {
  assert_ptr_equal(owner, &turns);
  turns++;
}

static void on_expired(void *owner, uint64_t due) {
  assert_ptr_equal(owner, &turns);
  fired++;
  fired_for = due;
}

static void on_closed(void *owner) {
  assert_ptr_equal(owner, &turns);
  closed++;
}

static const wss__loop_events events = {on_turn, on_expired, on_closed};

static int open_loop(void **state) {
  (void)state;
  turns = closed = fired = 0;
  test_allocator_init(&memory);
  assert_int_equal(uv_loop_init(&uv), 0);
  assert_int_equal(
      wss__loop_open(&loop, &uv, &events, &turns, &memory.functions), 0);
  return 0;
}

static int close_loop(void **state) {
  (void)state;
  wss__loop_close(&loop);
  assert_int_equal(closed, 0);
  assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
  assert_int_equal(closed, 1);
  assert_int_equal(memory.blocks, 0);
  assert_int_equal(uv_loop_close(&uv), 0);
  return 0;
}

/* A deadline that waits does, since something is to happen then. */
static void does_not_keep_the_program_alive(void **state) {
  (void)state;
  assert_int_equal(uv_loop_alive(&uv), 0);
  wss__loop_arm(&loop, wss__loop_now(&loop) + 100000);
  assert_int_not_equal(uv_loop_alive(&uv), 0);
  wss__loop_disarm(&loop);
  wss__loop_disarm(&loop);
  assert_int_equal(uv_loop_alive(&uv), 0);
  assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
}

static void a_turn_before_and_after_each_poll(void **state) {
  (void)state;
  wss__loop_wake(&loop);
  (void)uv_run(&uv, UV_RUN_NOWAIT);
  assert_int_equal(turns, 2);
  (void)uv_run(&uv, UV_RUN_NOWAIT);
  assert_int_equal(turns, 4);
  wss__loop_sleep(&loop);
  assert_int_equal(uv_loop_alive(&uv), 0);
}

static void on_far(uv_timer_t *timer) {
  (void)timer;
  fail_msg("the poll was not to block");
}

/* With a foreign timer that would have the poll wait. */
static void awake_it_does_not_block(void **state) {
  uv_timer_t far;
  (void)state;
  assert_int_equal(uv_timer_init(&uv, &far), 0);
  assert_int_equal(uv_timer_start(&far, on_far, 600000, 0), 0);
  wss__loop_wake(&loop);
  wss__loop_wake(&loop);
  assert_int_not_equal(uv_loop_alive(&uv), 0);
  assert_int_equal(uv_backend_timeout(&uv), 0);
  (void)uv_run(&uv, UV_RUN_ONCE);
  assert_int_equal(turns, 2);
  wss__loop_sleep(&loop);
  assert_int_not_equal(uv_backend_timeout(&uv), 0);
  uv_close((uv_handle_t *)&far, NULL);
  assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
}

/* Runs until the timer has fired; awake, since the timer does not count. */
static void run_to_expiry(void) {
  uint64_t end = wss__loop_now(&loop) + 20000;
  while (fired == 0 && wss__loop_now(&loop) < end) {
    wss__loop_wake(&loop);
    (void)uv_run(&uv, UV_RUN_ONCE);
  }
  wss__loop_sleep(&loop);
}

static void the_earliest_time_counts(void **state) {
  uint64_t now = wss__loop_now(&loop);
  (void)state;
  wss__loop_arm(&loop, now + 600000);
  wss__loop_arm(&loop, now + 20);
  wss__loop_arm(&loop, now + 300000);
  run_to_expiry();
  assert_int_equal(fired, 1);
  assert_true(fired_for >= now + 20);
  assert_true(fired_for < now + 300000);
  assert_true(wss__loop_now(&loop) >= now + 20);
}

static void a_time_that_has_passed(void **state) {
  (void)state;
  uv_update_time(&uv);
  wss__loop_arm(&loop, 0);
  run_to_expiry();
  assert_int_equal(fired, 1);
}

static int polled;
static int fired_before;
static void on_poll(uv_poll_t *poll, int status, int happened) {
  (void)poll;
  (void)status;
  (void)happened;
  if (polled++ == 0)
    fired_before = fired;
}

/* What was there before the time came is read before it is acted upon, however
   long the program has kept the loop from running. */
static void a_poll_comes_first(void **state) {
  uv_poll_t poll;
  uv_os_sock_t pair[2];
  uint64_t end = wss__loop_now(&loop) + 10;
  (void)state;
  polled = 0;
  assert_int_equal(uv_socketpair(SOCK_STREAM, 0, pair, 0, 0), 0);
  assert_int_equal(uv_poll_init_socket(&uv, &poll, pair[0]), 0);
  assert_int_equal(uv_poll_start(&poll, UV_WRITABLE, on_poll), 0);
  wss__loop_arm(&loop, end);
  while (wss__loop_now(&loop) < end + 5)
    ; /* a program that is busy */
  run_to_expiry();
  uv_close((uv_handle_t *)&poll, NULL);
  (void)uv_run(&uv, UV_RUN_NOWAIT);
  (void)close(pair[0]);
  (void)close(pair[1]);
  assert_true(polled > 0);
  assert_int_equal(fired_before, 0);
}

static void closing_it_may_still_be_asked(void **state) {
  (void)state;
  wss__loop_close(&loop);
  wss__loop_arm(&loop, 0);
  wss__loop_wake(&loop);
  wss__loop_sleep(&loop);
  assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
  assert_int_equal(fired, 0);
  assert_int_equal(closed, 1);
  assert_int_equal(memory.blocks, 0);
  assert_int_equal(uv_loop_close(&uv), 0);
}

static void without_memory_nothing_is_left(void **state) {
  (void)state;
  test_allocator_init(&memory);
  test_allocator_fail(&memory, 1, false);
  assert_int_equal(uv_loop_init(&uv), 0);
  assert_int_equal(
      wss__loop_open(&loop, &uv, &events, &turns, &memory.functions),
      WSS_ERR_NOMEM);
  assert_int_equal(memory.blocks, 0);
  assert_int_equal(uv_loop_close(&uv), 0);
}

/* When the clock was looked at last is moved, which needs no waiting. */
static void its_time_does_not_go_back(void **state) {
  uint64_t first = wss__loop_now(&loop);
  (void)state;
  loop.seen += 5000;
  assert_true(wss__loop_now(&loop) >= first + 5000);
  assert_true(wss__loop_now(&loop) >= first + 5000);
}

static void its_time_leaves_stalls_out(void **state) {
  uint64_t first = wss__loop_now(&loop);
  uint64_t clock = wss__loop_clock() / 1000000;
  (void)state;
  loop.seen -= 90000;
  /* But for what this test itself has taken. */
  assert_true(wss__loop_now(&loop) <
              first + 90000 + (wss__loop_clock() / 1000000 - clock));
  assert_true(loop.stalled >= 90000);
}

/* A program may work for a second: that is time like any other. */
static void its_time_has_short_ones(void **state) {
  uint64_t stalled = loop.stalled;
  (void)state;
  (void)wss__loop_now(&loop);
  loop.seen -= 500;
  (void)wss__loop_now(&loop);
  assert_int_equal(loop.stalled, stalled);
}

static void on_signal(int number) {
  (void)number;
}

static void sigpipe_only_if_nobody_cares(void **state) {
  struct sigaction action;
  (void)state;
  assert_true(signal(SIGPIPE, on_signal) != SIG_ERR);
  wss__loop_ignore_sigpipe();
  assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
  assert_true(action.sa_handler == on_signal);
  assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
  wss__loop_ignore_sigpipe();
  assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
  assert_true(action.sa_handler == SIG_IGN);
}

#define on_a_loop(name)                                                        \
  cmocka_unit_test_setup_teardown(name, open_loop, close_loop)

int main(void) {
  const struct CMUnitTest tests[] = {
      on_a_loop(does_not_keep_the_program_alive),
      on_a_loop(a_turn_before_and_after_each_poll),
      on_a_loop(awake_it_does_not_block),
      on_a_loop(the_earliest_time_counts),
      on_a_loop(a_time_that_has_passed),
      on_a_loop(a_poll_comes_first),
      on_a_loop(its_time_does_not_go_back),
      on_a_loop(its_time_leaves_stalls_out),
      on_a_loop(its_time_has_short_ones),
      cmocka_unit_test_setup(closing_it_may_still_be_asked, open_loop),
      cmocka_unit_test(without_memory_nothing_is_left),
      cmocka_unit_test(sigpipe_only_if_nobody_cares),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
