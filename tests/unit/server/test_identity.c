/* Certificates that the program loads by itself. */
#include "support/allocator.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *pki(const char *name) {
  static char paths[4][512];
  static size_t next;
  char *path = paths[next++ % 4];
  (void)snprintf(path, sizeof paths[0], "%s/%s", getenv("WSS_PKI"), name);
  return path;
}

/* The first thing that is done with Mbed TLS here. */
static void it_is_loaded_and_checked(void **state) {
  wss_sni_cert cert = {.local_cert = pki("server.pem"),
                       .local_pk = pki("server.key")};
  wss_identity *identity = NULL;
  test_world world;
  (void)state;
  world_open(&world, NULL, false);
  assert_int_equal(wss_identity_new(&identity, world.server, &cert), 0);
  assert_non_null(identity);
  assert_string_equal(wss_last_error(world.server), "");
  wss_identity_free(identity);
  cert.local_pk = "/none.key";
  assert_int_equal(wss_identity_new(&identity, world.server, &cert),
                   WSS_ERR_KEY_READ);
  assert_null(identity);
  assert_string_equal(wss_last_error(world.server),
                      "local_pk /none.key: No such file or directory");
  cert.local_pk = NULL;
  cert.reserved[1] = 1;
  assert_int_equal(wss_identity_new(&identity, world.server, &cert),
                   WSS_ERR_ABI);
  wss_identity_free(NULL);
  world_close(&world);
}

static void a_warning_is_told(void **state) {
  const wss_sni_cert cert = {.local_cert = pki("expired.pem"),
                             .local_pk = pki("expired.key")};
  wss_identity *identity;
  test_world world;
  (void)state;
  world_open(&world, NULL, false);
  assert_int_equal(wss_identity_new(&identity, world.server, &cert), 0);
  assert_non_null(
      strstr(wss_last_error(world.server), "expired on 2024-01-01"));
  world_close(&world);
  wss_identity_free(identity); /* behind the server's end */
}

static void without_memory_it_says_so(void **state) {
  const wss_sni_cert cert = {.local_cert = pki("server.pem"),
                             .local_pk = pki("server.key")};
  int err = WSS_ERR_NOMEM;
  test_allocator memory;
  test_world world;
  (void)state;
  test_allocator_init(&memory);
  const wss_options options = {.allocator = memory.functions};
  world_open(&world, &options, false);
  for (size_t at = 1; err != 0; at++) {
    wss_identity *identity = NULL;
    assert_true(at < 10);
    test_allocator_fail(&memory, at, false);
    err = wss_identity_new(&identity, world.server, &cert);
    assert_true(err == 0 || err == WSS_ERR_NOMEM);
    assert_true(err == 0 || strstr(wss_last_error(world.server), "memory"));
    wss_identity_free(identity);
  }
  test_allocator_fail(&memory, 0, false);
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_loaded_and_checked),
      cmocka_unit_test(a_warning_is_told),
      cmocka_unit_test(without_memory_it_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
