/* Places: shared by connections, filled when needed, wiped when left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "tls/schedules.h"

/* A provider whose schedule is its key, and that counts. */
static int expanded;
static int wiped;
static int expand_error;

static int expand(void *schedule, wss__aead_cipher cipher, const uint8_t *key) {
  (void)cipher;
  assert_int_equal((uintptr_t)schedule % WSS__AEAD_ALIGN, 0);
  memcpy(schedule, key, 4);
  expanded++;
  return expand_error;
}

static void wipe(void *schedule) {
  memset(schedule, 0, 4);
  wiped++;
}

static const wss__aead counting = {
    .name = "counting", .size = 100, .expand = expand, .wipe = wipe};

static const uint8_t key_a[32] = "aaaa";
static const uint8_t key_b[32] = "bbbb";

static wss__tls_schedules schedules;
static test_allocator allocator;

static int set_up(void **state) {
  (void)state;
  expanded = wiped = expand_error = 0;
  test_allocator_init(&allocator);
  wss__tls_schedules_init(&schedules, &counting, &allocator.functions);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  wss__tls_schedules_free(&schedules);
  assert_int_equal(allocator.blocks, 0);
  assert_int_equal(expanded, wiped);
  return 0;
}

static const uint8_t *get(const void *owner, wss__tls_way way,
                          const uint8_t *key) {
  void *schedule = NULL;
  assert_int_equal(wss__tls_schedules_get(&schedules, 5, owner, way,
                                          WSS__AES_128_GCM, key, &schedule),
                   0);
  return schedule;
}

static void a_key_is_expanded_once(void **state) {
  (void)state;
  for (int i = 0; i < 3; i++) {
    assert_memory_equal(get(&key_a, WSS__TLS_READ, key_a), "aaaa", 4);
    assert_memory_equal(get(&key_a, WSS__TLS_WRITE, key_b), "bbbb", 4);
  }
  assert_int_equal(expanded, 2);
  assert_int_equal(allocator.blocks, 1);
}

static void another_connection_takes_the_place(void **state) {
  (void)state;
  (void)get(&key_a, WSS__TLS_READ, key_a);
  (void)get(&key_a, WSS__TLS_WRITE, key_a);
  assert_memory_equal(get(&key_b, WSS__TLS_READ, key_b), "bbbb", 4);
  assert_int_equal(wiped, 2); /* both of the first one's */
  assert_memory_equal(get(&key_a, WSS__TLS_READ, key_a), "aaaa", 4);
  assert_int_equal(expanded, 4);
  assert_int_equal(allocator.blocks, 1);
}

static void a_key_that_changed_is_expanded_anew(void **state) {
  (void)state;
  (void)get(&key_a, WSS__TLS_READ, key_a);
  (void)get(&key_a, WSS__TLS_WRITE, key_a);
  wss__tls_schedules_forget(&schedules, 5, &key_b, WSS__TLS_READ);
  assert_int_equal(wiped, 0); /* not its owner */
  wss__tls_schedules_forget(&schedules, 5, &key_a, WSS__TLS_READ);
  assert_int_equal(wiped, 1);
  assert_memory_equal(get(&key_a, WSS__TLS_READ, key_b), "bbbb", 4);
  assert_int_equal(expanded, 3);
}

static void what_a_connection_leaves_is_wiped(void **state) {
  (void)state;
  const uint8_t *schedule = get(&key_a, WSS__TLS_READ, key_a);
  wss__tls_schedules_leave(&schedules, 5, &key_b);
  assert_memory_equal(schedule, "aaaa", 4);
  wss__tls_schedules_leave(&schedules, 5, &key_a);
  assert_memory_equal(schedule, "\0\0\0\0", 4);
  /* One with the same address is another connection. */
  assert_memory_equal(get(&key_a, WSS__TLS_READ, key_b), "bbbb", 4);
  wss__tls_schedules_leave(&schedules, 6, &key_a); /* nobody was there */
}

static void places_go_round(void **state) {
  (void)state;
  for (uint32_t i = 0; i < 3 * WSS__TLS_PLACES; i++)
    assert_int_equal(wss__tls_schedules_place(&schedules), i % WSS__TLS_PLACES);
}

static void failures_leave_nothing_behind(void **state) {
  void *schedule = NULL;
  (void)state;
  test_allocator_fail(&allocator, 1, true);
  assert_int_equal(wss__tls_schedules_get(&schedules, 5, &key_a, WSS__TLS_READ,
                                          WSS__AES_128_GCM, key_a, &schedule),
                   WSS_ERR_NOMEM);
  test_allocator_fail(&allocator, 0, false);
  expand_error = WSS_ERR_NOMEM;
  assert_int_equal(wss__tls_schedules_get(&schedules, 5, &key_a, WSS__TLS_READ,
                                          WSS__AES_128_GCM, key_a, &schedule),
                   WSS_ERR_NOMEM);
  expanded = expand_error = 0;
  assert_memory_equal(get(&key_a, WSS__TLS_READ, key_a), "aaaa", 4);
  assert_int_equal(expanded, 1);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(a_key_is_expanded_once),
      CASE(another_connection_takes_the_place),
      CASE(a_key_that_changed_is_expanded_anew),
      CASE(what_a_connection_leaves_is_wiped),
      CASE(places_go_round),
      CASE(failures_leave_nothing_behind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
