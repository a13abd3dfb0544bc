/* Deadlines: time is a number here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/deadline.h"

static void expire_in_their_order(void **state) {
  wss__deadline_list list;
  wss__deadline a;
  wss__deadline b;
  wss__deadline c;
  (void)state;
  wss__deadline_list_init(&list, 10);
  wss__deadline_init(&a);
  wss__deadline_init(&b);
  wss__deadline_init(&c);
  assert_true(wss__deadline_next(&list) == WSS__NEVER);
  assert_null(wss__deadline_expired(&list, WSS__NEVER));
  wss__deadline_set(&list, &a, 100);
  wss__deadline_set(&list, &b, 101);
  wss__deadline_set(&list, &c, 105);
  assert_int_equal(wss__deadline_next(&list), 110);
  assert_null(wss__deadline_expired(&list, 109));
  assert_ptr_equal(wss__deadline_expired(&list, 110), &a);
  assert_null(wss__deadline_expired(&list, 110));
  assert_int_equal(wss__deadline_next(&list), 111);
  assert_ptr_equal(wss__deadline_expired(&list, 1000), &b);
  assert_ptr_equal(wss__deadline_expired(&list, 1000), &c);
  assert_null(wss__deadline_expired(&list, 1000));
}

static void start_anew_at_the_end(void **state) {
  wss__deadline_list list;
  wss__deadline a;
  wss__deadline b;
  (void)state;
  wss__deadline_list_init(&list, 10);
  wss__deadline_init(&a);
  wss__deadline_init(&b);
  wss__deadline_set(&list, &a, 100);
  wss__deadline_set(&list, &b, 101);
  wss__deadline_set(&list, &a, 108);
  assert_int_equal(a.expires, 118);
  assert_ptr_equal(wss__deadline_expired(&list, 118), &b);
  assert_ptr_equal(wss__deadline_expired(&list, 118), &a);
}

static void leave_one_list_for_another(void **state) {
  wss__deadline_list slow;
  wss__deadline_list quick;
  wss__deadline a;
  (void)state;
  wss__deadline_list_init(&slow, 1000);
  wss__deadline_list_init(&quick, 10);
  wss__deadline_init(&a);
  wss__deadline_set(&slow, &a, 100);
  wss__deadline_set(&quick, &a, 100);
  assert_true(wss__deadline_next(&slow) == WSS__NEVER);
  assert_int_equal(wss__deadline_next(&quick), 110);
  wss__deadline_clear(&a);
  wss__deadline_clear(&a);
  assert_true(a.expires == WSS__NEVER);
  assert_null(wss__deadline_expired(&quick, 10000));
}

static void off_is_never(void **state) {
  wss__deadline_list off;
  wss__deadline_list list;
  wss__deadline a;
  (void)state;
  wss__deadline_list_init(&off, WSS__NEVER);
  wss__deadline_list_init(&list, 10);
  wss__deadline_init(&a);
  wss__deadline_set(&list, &a, 1);
  wss__deadline_set(&off, &a, 1);
  assert_true(a.expires == WSS__NEVER);
  assert_true(wss__deadline_next(&off) == WSS__NEVER);
  assert_true(wss__deadline_next(&list) == WSS__NEVER);
}

/* A time-out that ends beyond the end of time does not wrap round. */
static void the_end_of_time(void **state) {
  wss__deadline_list list;
  wss__deadline a;
  (void)state;
  wss__deadline_list_init(&list, WSS__NEVER - 10);
  wss__deadline_init(&a);
  wss__deadline_set(&list, &a, 11);
  assert_true(a.expires == WSS__NEVER);
  assert_null(wss__deadline_expired(&list, 1000));
  wss__deadline_set(&list, &a, 9);
  assert_true(a.expires == WSS__NEVER - 1);
  wss__deadline_clear(&a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(expire_in_their_order),
      cmocka_unit_test(start_anew_at_the_end),
      cmocka_unit_test(leave_one_list_for_another),
      cmocka_unit_test(off_is_never),
      cmocka_unit_test(the_end_of_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
