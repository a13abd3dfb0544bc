/* wss_check_ssl_context: no server, no loop. And what wss_listen says of
   several warnings. */
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/made.h"
#include "support/tls_pair.h"

typedef struct seen {
  size_t count;
  int codes[32];
  wss_severity severities[32];
} seen;

static void keep(const wss_finding *finding, void *user) {
  seen *all = user;
  assert_true(strlen(finding->message) > 10);
  assert_true(strlen(finding->remedy) > 10);
  assert_non_null(finding->option);
  all->codes[all->count] = finding->code;
  all->severities[all->count++] = finding->severity;
}

static void in_order_of_severity(void **state) {
  const wss_ssl_context bad = {.local_cert = tls_pki("expired.pem"),
                               .local_pk = tls_pki("other.key")};
  const wss_ssl_context good = {.local_cert = tls_pki("server.pem"),
                                .local_pk = tls_pki("server.key")};
  seen all = {0};
  (void)state;
  assert_int_equal(wss_check_ssl_context(&bad, keep, &all), 1);
  assert_true(all.count >= 3);
  assert_int_equal(all.codes[0], WSS_ERR_KEY_MISMATCH);
  assert_int_equal(all.codes[1], WSS_ERR_CERT_EXPIRED);
  for (size_t i = 1; i < all.count; i++)
    assert_true(all.severities[i] <= all.severities[i - 1]);
  assert_int_equal(all.severities[all.count - 1], WSS_FINDING_NOTE);
  assert_int_equal(wss_check_ssl_context(&bad, NULL, NULL), 1);
  all.count = 0;
  assert_int_equal(wss_check_ssl_context(&good, keep, &all), 0);
  assert_int_equal(all.severities[0], WSS_FINDING_NOTE);
}

static void refuses_what_it_does_not_know(void **state) {
  struct {
    wss_ssl_context ssl;
    int64_t newer;
  } bigger;
  (void)state;
  memset(&bigger, 0, sizeof bigger);
  assert_int_equal(wss_check_ssl_context(NULL, NULL, NULL), WSS_ERR_INVALID);
  bigger.newer = 1;
  assert_int_equal(
      wss_check_ssl_context_sized(&bigger.ssl, sizeof bigger, NULL, NULL),
      WSS_ERR_ABI);
  bigger.newer = 0;
  bigger.ssl.reserved[0] = 1;
  assert_int_equal(wss_check_ssl_context(&bigger.ssl, NULL, NULL), WSS_ERR_ABI);
  bigger.ssl.reserved[0] = 0;
  bigger.ssl.reserved2 = 1;
  assert_int_equal(wss_check_ssl_context(&bigger.ssl, NULL, NULL), WSS_ERR_ABI);
  bigger.ssl.reserved2 = 0;
  bigger.ssl.reserved3 = 1;
  assert_int_equal(wss_check_ssl_context(&bigger.ssl, NULL, NULL), WSS_ERR_ABI);
}

/* All of them reach on_error, the first wss_last_error. */
static void several_warnings(void **state) {
  static const made_cert cert = {.subject = "leaf",
                                 .issuer = "root",
                                 .signer = MADE_ROOT,
                                 .no_names = true,
                                 .no_purpose = true};
  char folder[] = "/tmp/wss-check-XXXXXX";
  char path[64];
  char text[MADE_SIZE] = "";
  const wss_ssl_context ssl = {.local_cert = path};
  test_world world;
  (void)state;
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/pem", folder);
  made_append(text, &cert);
  made_append_key(text, MADE_LEAF);
  made_write(path, text, 0644);
  world_open(&world, NULL, false);
  assert_int_equal(wss_listen(world.server, "127.0.0.1", 0, &ssl, NULL), 0);
  assert_non_null(strstr(wss_last_error(world.server), "has a permission for"));
  assert_non_null(strstr(wss_last_error(world.server), " (and 2 more)"));
  assert_int_equal(world.seen.errors, 0);
  world_until(&world, world.seen.errors == 3);
  assert_int_equal(world.seen.error, WSS_ERR_CERT_PURPOSE);
  world_close(&world);
  made_free();
  assert_int_equal(unlink(path) + rmdir(folder), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(in_order_of_severity),
      cmocka_unit_test(refuses_what_it_does_not_know),
      cmocka_unit_test(several_warnings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
