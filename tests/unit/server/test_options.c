/* Options: what zero, WSS_OFF and nonsense mean, and structs of other sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/deadline.h"
#include "server/options.h"
#include "support/allocator.h"

typedef struct known {
  int64_t first;
  int64_t second;
} known;

/* The promise of wss.h: structs grow at their ends. */
static void structs_of_other_versions(void **state) {
  const int64_t newer[4] = {1, 2, 0, 0};
  uint8_t tail[sizeof(known) + 3];
  size_t i;
  known copy;
  (void)state;
  memset(&copy, 0xff, sizeof copy);
  assert_int_equal(wss__copy_in(&copy, sizeof copy, NULL, 100), 0);
  assert_true(copy.first == 0 && copy.second == 0);
  assert_int_equal(wss__copy_in(&copy, sizeof copy, newer, sizeof newer), 0);
  assert_true(copy.first == 1 && copy.second == 2);
  memset(&copy, 0xff, sizeof copy);
  assert_int_equal(wss__copy_in(&copy, sizeof copy, newer, sizeof newer[0]), 0);
  assert_true(copy.first == 1 && copy.second == 0);
  memset(&copy, 0xff, sizeof copy);
  assert_int_equal(wss__copy_in(&copy, sizeof copy, newer, 0), 0);
  assert_true(copy.first == 0 && copy.second == 0);
  for (i = 0; i < 3; i++) {
    memset(tail, 0, sizeof tail);
    tail[sizeof(known) + i] = 1;
    assert_int_equal(wss__copy_in(&copy, sizeof copy, tail, sizeof tail),
                     WSS_ERR_ABI);
  }
}

static void structs_handed_out(void **state) {
  const known full = {1, 2};
  int64_t out[4];
  (void)state;
  memset(out, 0xff, sizeof out);
  wss__copy_out(out, sizeof out, &full, sizeof full);
  assert_true(out[0] == 1 && out[1] == 2 && out[2] == 0 && out[3] == 0);
  memset(out, 0xff, sizeof out);
  wss__copy_out(out, sizeof out[0], &full, sizeof full);
  assert_true(out[0] == 1 && out[1] == -1);
}

static int init(wss__options *options, const wss_options *given) {
  return wss__options_init(options, given, &wss__default_allocator);
}

static void zero_is_the_default(void **state) {
  const wss_options zero = {0};
  wss__options options;
  (void)state;
  assert_int_equal(init(&options, &zero), 0);
  assert_int_equal(options.handshake_timeout, 10000);
  assert_int_equal(options.close_timeout, 5000);
  assert_int_equal(options.max_message_size, 1 << 20);
  assert_int_equal(options.max_header_size, 8192);
  assert_int_equal(options.send_high_water, 65536);
  assert_int_equal(options.max_send_buffer, 4 << 20);
  assert_int_equal(options.backlog, 511);
  assert_false(options.v6only);
  assert_null(options.origins);
  assert_null(options.subprotocols);
  wss__options_free(&options, &wss__default_allocator);
}

static void off_is_without_a_limit(void **state) {
  const wss_options off = {
      .handshake_timeout = WSS_OFF,
      .close_timeout = WSS_OFF,
      .max_message_size = WSS_OFF,
      .send_high_water = WSS_OFF,
      .max_send_buffer = WSS_OFF,
      .ipv6_v6only = WSS_OFF,
  };
  wss__options options;
  (void)state;
  assert_int_equal(init(&options, &off), 0);
  assert_true(options.handshake_timeout == WSS__NEVER);
  assert_true(options.close_timeout == WSS__NEVER);
  assert_true(options.max_message_size == WSS__UNLIMITED);
  assert_true(options.send_high_water == WSS__UNLIMITED);
  assert_true(options.max_send_buffer == WSS__UNLIMITED);
  assert_false(options.v6only);
}

static void what_is_given_is_taken(void **state) {
  const wss_options given = {
      .handshake_timeout = 1,
      .close_timeout = 2,
      .max_message_size = 3,
      .max_header_size = 4,
      .send_high_water = 5,
      .max_send_buffer = 6,
      .backlog = 7,
      .ipv6_v6only = WSS_ON,
  };
  wss__options options;
  (void)state;
  assert_int_equal(init(&options, &given), 0);
  assert_int_equal(options.handshake_timeout, 1);
  assert_int_equal(options.close_timeout, 2);
  assert_int_equal(options.max_message_size, 3);
  assert_int_equal(options.max_header_size, 4);
  assert_int_equal(options.send_high_water, 5);
  assert_int_equal(options.max_send_buffer, 6);
  assert_int_equal(options.backlog, 7);
  assert_true(options.v6only);
}

/* So that an echo of the largest message always fits. */
static void the_send_buffer_follows_the_messages(void **state) {
  static const struct {
    int64_t message;
    size_t buffer;
  } cases[] = {
      {1, 4 << 20},
      {(4 << 20) - 65536, 4 << 20},
      {(4 << 20) - 65535, (4 << 20) + 1},
      {16 << 20, (16 << 20) + 65536},
      {WSS_OFF, WSS__UNLIMITED},
      {INT64_MAX, WSS__UNLIMITED},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const wss_options given = {.max_message_size = cases[i].message};
    wss__options options;
    assert_int_equal(init(&options, &given), 0);
    assert_true(options.max_send_buffer == cases[i].buffer);
  }
}

static void what_cannot_be(void **state) {
  const wss_options bad[] = {
      {.handshake_timeout = -2},
      {.close_timeout = INT64_MIN},
      {.max_message_size = -2},
      {.max_header_size = -2},
      {.max_header_size = WSS_OFF},
      {.send_high_water = -2},
      {.max_send_buffer = -2},
      {.backlog = -1},
      {.ipv6_v6only = 2},
      {.ipv6_v6only = -2},
      {.subprotocols = (const char *const[]){"chat", "", NULL}},
      {.subprotocols = (const char *const[]){"a,b", NULL}},
      {.origins = (const char *const[]){"https://a.org", "", NULL}},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    wss__options options;
    assert_int_equal(init(&options, &bad[i]), WSS_ERR_INVALID);
    assert_null(options.origins);
    assert_null(options.subprotocols);
  }
}

static void lists_are_copied(void **state) {
  char origin[] = "https://a.org";
  char name[] = "chat";
  const char *origins[] = {origin, "*", NULL};
  const char *names[] = {name, NULL};
  const wss_options given = {.origins = origins, .subprotocols = names};
  wss__options options;
  (void)state;
  assert_int_equal(init(&options, &given), 0);
  memset(origin, 'x', sizeof origin);
  memset(name, 'x', sizeof name);
  origins[1] = names[0] = NULL;
  assert_string_equal(options.origins[0], "https://a.org");
  assert_string_equal(options.origins[1], "*");
  assert_null(options.origins[2]);
  assert_string_equal(options.subprotocols[0], "chat");
  assert_null(options.subprotocols[1]);
  wss__options_free(&options, &wss__default_allocator);
  assert_null(options.origins);
  assert_null(options.subprotocols);
}

static void no_memory_leaves_nothing(void **state) {
  const wss_options given = {.origins = (const char *const[]){"a", "b", NULL},
                             .subprotocols =
                                 (const char *const[]){"c", "d", NULL}};
  test_allocator memory;
  wss__options options;
  size_t n;
  (void)state;
  test_allocator_init(&memory);
  for (n = 1; n <= 6; n++) {
    test_allocator_fail(&memory, n, false);
    assert_int_equal(wss__options_init(&options, &given, &memory.functions),
                     WSS_ERR_NOMEM);
    assert_int_equal(memory.blocks, 0);
  }
  test_allocator_fail(&memory, n, false);
  assert_int_equal(wss__options_init(&options, &given, &memory.functions), 0);
  wss__options_free(&options, &memory.functions);
  assert_int_equal(memory.blocks, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(structs_of_other_versions),
      cmocka_unit_test(structs_handed_out),
      cmocka_unit_test(zero_is_the_default),
      cmocka_unit_test(off_is_without_a_limit),
      cmocka_unit_test(what_is_given_is_taken),
      cmocka_unit_test(the_send_buffer_follows_the_messages),
      cmocka_unit_test(what_cannot_be),
      cmocka_unit_test(lists_are_copied),
      cmocka_unit_test(no_memory_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
