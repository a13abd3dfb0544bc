/* Lists whose links live in their members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

typedef struct member {
  int number;
  wss__list link;
} member;

/* Compares the numbers forwards, and backwards. */
static void expect(const wss__list *list, size_t count, const int *numbers) {
  const wss__list *at = list;
  size_t i;
  for (i = 0; i < count; i++) {
    at = at->next;
    assert_ptr_not_equal(at, list);
    assert_int_equal(wss__list_entry(at, member, link)->number, numbers[i]);
  }
  assert_ptr_equal(at->next, list);
  at = list;
  for (i = count; i-- > 0;) {
    at = at->prev;
    assert_int_equal(wss__list_entry(at, member, link)->number, numbers[i]);
  }
  assert_ptr_equal(at->prev, list);
  assert_int_equal(wss__list_empty(list), count == 0);
}

static void fill(wss__list *list, member *members, int count) {
  int i;
  wss__list_init(list);
  for (i = 0; i < count; i++) {
    members[i].number = i;
    wss__list_init(&members[i].link);
    wss__list_append(list, &members[i].link);
  }
}

static void members_stay_in_order(void **state) {
  wss__list list;
  member members[3];
  (void)state;
  wss__list_init(&list);
  expect(&list, 0, NULL);
  fill(&list, members, 3);
  expect(&list, 3, (const int[]){0, 1, 2});
}

static void any_member_can_be_removed(void **state) {
  wss__list list;
  member members[3];
  (void)state;
  fill(&list, members, 3);
  wss__list_remove(&members[1].link);
  expect(&list, 2, (const int[]){0, 2});
  assert_true(wss__list_empty(&members[1].link));
  wss__list_remove(&members[1].link); /* is in no list: nothing happens */
  expect(&list, 2, (const int[]){0, 2});
  wss__list_append(&list, &members[1].link);
  wss__list_remove(&members[0].link);
  expect(&list, 2, (const int[]){2, 1});
  wss__list_remove(&members[1].link);
  wss__list_remove(&members[2].link);
  expect(&list, 0, NULL);
}

static void all_members_move(void **state) {
  wss__list from;
  wss__list to;
  member members[3];
  (void)state;
  fill(&from, members, 3);
  wss__list_move(&from, &to);
  expect(&from, 0, NULL);
  expect(&to, 3, (const int[]){0, 1, 2});
  fill(&from, members, 1);
  wss__list_move(&from, &to);
  expect(&from, 0, NULL);
  expect(&to, 1, (const int[]){0});
  wss__list_move(&from, &to);
  expect(&from, 0, NULL);
  expect(&to, 0, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(members_stay_in_order),
      cmocka_unit_test(any_member_can_be_removed),
      cmocka_unit_test(all_members_move),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
