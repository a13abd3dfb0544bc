/* What is found in a ClientHello and a ServerHello, and that nothing is read
   behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tls/hello.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define NAME WSS__TLS_EXTENSION_NAME
#define MASTER WSS__TLS_EXTENSION_MASTER
#define PRE_SHARED WSS__TLS_EXTENSION_PRE_SHARED

#define RANDOM "0123456789abcdef0123456789abcdef"

/* One cipher suite, a session id of two bytes; ticket, EMS, name. */
static const char client[] = "\1\0\0\x48\3\3" RANDOM "\2id"
                             "\0\2\xc0\x2f"
                             "\1\0"
                             "\0\x1b"
                             "\0\x23\0\4tick"
                             "\0\x17\0\0"
                             "\0\0\0\x0b\0\x09\0\0\6a.test";
/* No session id; pre_shared_key, supported_versions. */
static const char server[] = "\2\0\0\x34\3\3" RANDOM "\0"
                             "\x13\1\0"
                             "\0\x0c"
                             "\0\x29\0\2\0\0"
                             "\0\x2b\0\2\3\4";

/* A copy that ends where a sanitizer sees each byte that is read behind it. */
static bool find(const char *text, size_t size, unsigned type,
                 wss__tls_slice *found, uint8_t **copy) {
  *copy = malloc(size == 0 ? 1 : size);
  assert_non_null(*copy);
  memcpy(*copy, text, size);
  return wss__tls_hello_extension(*copy, size, type, found);
}

static bool has(const char *text, size_t size, unsigned type) {
  wss__tls_slice found;
  uint8_t *copy;
  bool result = find(text, size, type, &found, &copy);
  free(copy);
  return result;
}

static void finds_extensions(void **state) {
  wss__tls_slice found;
  uint8_t *copy;
  (void)state;
  assert_true(has(client, sizeof client - 1, MASTER));
  assert_false(has(client, sizeof client - 1, PRE_SHARED));
  assert_true(find(client, sizeof client - 1, 35, &found, &copy));
  assert_int_equal(found.size, 4);
  assert_memory_equal(found.data, "tick", 4);
  free(copy);
  assert_true(has(server, sizeof server - 1, PRE_SHARED));
  assert_true(has(server, sizeof server - 1, 43));
  assert_false(has(server, sizeof server - 1, MASTER));
  assert_false(has(server, sizeof server - 1, NAME));
}

static void finds_the_name(void **state) {
  wss__tls_slice found;
  wss__tls_slice name;
  uint8_t *copy;
  (void)state;
  assert_true(find(client, sizeof client - 1, NAME, &found, &copy));
  assert_true(wss__tls_hello_name(&found, &name));
  assert_int_equal(name.size, 6);
  assert_memory_equal(name.data, "a.test", 6);
  free(copy);
}

static void names_that_are_none(void **state) {
  static const struct {
    const char *text;
    size_t size;
  } rows[] = {
      {"", 0},
      {"\0", 1},
      {"\0\0", 2},
      {"\0\1\0", 3},
      {"\0\3\1\0\0", 5},   /* of another type */
      {"\0\5\0\0\3ab", 7}, /* longer than the list */
      {"\0\6\0\0\3ab", 7}, /* the list longer than the extension */
      {"\0\4\0\0\2ab", 7}, /* longer than the list, not the extension */
      {"\0\4\0\xff\xff"
       "a",
       6}, /* much longer */
  };
  (void)state;
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    uint8_t *copy = malloc(rows[i].size == 0 ? 1 : rows[i].size);
    wss__tls_slice name;
    assert_non_null(copy);
    memcpy(copy, rows[i].text, rows[i].size);
    const wss__tls_slice extension = {.data = copy, .size = rows[i].size};
    if (wss__tls_hello_name(&extension, &name))
      fail_msg("row %zu", i);
    free(copy);
  }
}

static void messages_that_are_cut(void **state) {
  (void)state;
  for (size_t size = 0; size < sizeof client - 1; size++)
    assert_false(has(client, size, MASTER));
  for (size_t size = 0; size < sizeof server - 1; size++)
    assert_false(has(server, size, PRE_SHARED));
}

/* Whatever a byte says: nothing is read that is not there. */
static void every_byte_changed(void **state) {
  (void)state;
  for (size_t at = 0; at < sizeof client - 1; at++) {
    for (unsigned value = 0; value < 256; value++) {
      char changed[sizeof client];
      memcpy(changed, client, sizeof client);
      changed[at] = (char)value;
      (void)has(changed, sizeof client - 1, 0xffff);
    }
  }
}

static void other_messages(void **state) {
  char changed[sizeof client];
  (void)state;
  memcpy(changed, client, sizeof client);
  for (unsigned type = 0; type < 256; type++) {
    changed[0] = (char)type;
    assert_int_equal(has(changed, sizeof client - 1, MASTER),
                     type == WSS__TLS_CLIENT_HELLO);
  }
}

/* TLS 1.2 may leave them out. */
static void no_extensions(void **state) {
  static const char bare[] = "\2\0\0\x26\3\3" RANDOM "\0\xc0\x2f\0";
  (void)state;
  assert_false(has(bare, sizeof bare - 1, MASTER));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_extensions),
      cmocka_unit_test(finds_the_name),
      cmocka_unit_test(names_that_are_none),
      cmocka_unit_test(messages_that_are_cut),
      cmocka_unit_test(every_byte_changed),
      cmocka_unit_test(other_messages),
      cmocka_unit_test(no_extensions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
