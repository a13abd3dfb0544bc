/* The Origin rule of the opening handshake (RFC 6455 10.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "support/origin_rows.h"
#include "ws/handshake.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

typedef struct fixture {
  test_allocator memory;
  wss__request *request;
  wss__refusal refusal;
} fixture;

static void end(fixture *f) {
  wss__request_free(f->request);
  assert_int_equal(f->memory.blocks, 0);
}

static int judge_origin(fixture *f, const origin_row *at,
                        const char *const *origins) {
  bool sent = at->origin != NULL;
  char head[1024];
  size_t used;
  int size =
      snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: %s%s%s\r\n\r\n",
               at->host, sent ? "\r\nOrigin: " : "", sent ? at->origin : "");
  assert_in_range(size, 0, sizeof head - 1);
  test_allocator_init(&f->memory);
  f->request = wss__request_new(&f->memory.functions, sizeof head);
  assert_non_null(f->request);
  assert_int_equal(wss__request_feed(f->request, (const uint8_t *)head,
                                     (size_t)size, &used, &f->refusal),
                   1);
  return wss__handshake_origin(wss__request_public(f->request), origins,
                               &f->refusal);
}

static void expect_rows(const origin_row *rows, size_t count,
                        const char *const *origins) {
  size_t i;
  for (i = 0; i < count; i++) {
    fixture f;
    int err = judge_origin(&f, &rows[i], origins);
    if (err != (rows[i].allowed ? 0 : WSS_ERR_ORIGIN))
      fail_msg("Host %s, Origin %s: %d", rows[i].host,
               rows[i].origin != NULL ? rows[i].origin : "(none)", err);
    if (err != 0) {
      assert_int_equal(f.refusal.status, 403);
      assert_int_equal(f.refusal.error, WSS_ERR_ORIGIN);
    }
    end(&f);
  }
}

static void b9_the_host_of_the_origin_is_the_host(void **state) {
  (void)state;
  assert_true(COUNT(origin_rows) >= 40);
  expect_rows(origin_rows, COUNT(origin_rows), NULL);
}

static void b9_the_list_of_allowed_origins(void **state) {
  static const char *const list[] = {
      "https://a.org", "b.org", "C.org:8443", "http://d.org:1",
      "[::1]",         "%%",    NULL};
  static const origin_row rows[] = {
      {"h", NULL, true},
      /* With a scheme: the whole. */
      {"h", "https://a.org", true},
      {"h", "HTTPS://A.Org", true},
      {"h", "http://a.org", false},
      {"h", "https://a.org:443", false},
      {"h", "https://x.a.org", false},
      {"h", "http://d.org:1", true},
      {"h", "http://d.org", false},
      {"h", "https://d.org:1", false},
      /* A host alone: any scheme and port. */
      {"h", "https://b.org", true},
      {"h", "http://B.ORG:81", true},
      {"h", "https://b.org.evil.com", false},
      {"h", "https://xb.org", false},
      {"h", "http://[::1]:3000", true},
      /* With a port: that port. */
      {"h", "https://c.org:8443", true},
      {"h", "http://c.ORG:8443", true},
      {"h", "https://c.org", false},
      {"h", "https://c.org:84", false},
      /* The Host field does not count. */
      {"h", "https://h", false},
      {"a.org", "http://a.org", false},
      {"h", "null", false},
      {"h", "b.org", false},
      {"h", "x://%%", false},
      {"h", "https://b.org/", false},
      {"h", "null https://b.org", false},
      {"h", "https://b.org\r\nOrigin: https://b.org", false},
  };
  static const char *const nothing[] = {NULL};
  static const origin_row closed[] = {
      {"h", NULL, true}, {"h", "https://h", false}, {"h", "null", false}};
  (void)state;
  expect_rows(rows, COUNT(rows), list);
  expect_rows(closed, COUNT(closed), nothing);
}

static void b9_a_star_opens_it(void **state) {
  static const char *const list[] = {"a.org", "*", NULL};
  static const origin_row rows[] = {{"h", NULL, true},
                                    {"h", "https://evil.com", true},
                                    {"h", "null", true},
                                    {"h", "", true},
                                    {"h", "x\r\nOrigin: y", true}};
  (void)state;
  expect_rows(rows, COUNT(rows), list);
}

/* The sentence names both and the option, however long they are. */
static void a_403_helps(void **state) {
  static char host[201];
  static char origin[301] = "https://";
  const origin_row shorter = {"internal:8282", "https://example.com", false};
  const origin_row longer = {host, origin, false};
  const origin_row strange = {"h",
                              "https://\x9b"
                              "2J\xff",
                              false};
  const char *text;
  fixture f;
  (void)state;
  (void)judge_origin(&f, &shorter, NULL);
  text = f.refusal.detail.text;
  assert_non_null(strstr(text, "https://example.com"));
  assert_non_null(strstr(text, "internal:8282"));
  assert_non_null(strstr(text, "origins"));
  assert_non_null(strstr(text, "proxy must pass Host on."));
  end(&f);

  memset(host, 'h', sizeof host - 1);
  memset(origin + 8, 'o', sizeof origin - 9);
  (void)judge_origin(&f, &longer, NULL);
  text = f.refusal.detail.text;
  assert_non_null(strstr(text, "hhhhhhhh"));
  assert_non_null(strstr(text, "oooooooo"));
  assert_non_null(strstr(text, "proxy must pass Host on."));
  end(&f);

  (void)judge_origin(&f, &strange, NULL);
  assert_non_null(strstr(f.refusal.detail.text, "https://?2J?"));
  end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(b9_the_host_of_the_origin_is_the_host),
      cmocka_unit_test(b9_the_list_of_allowed_origins),
      cmocka_unit_test(b9_a_star_opens_it),
      cmocka_unit_test(a_403_helps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
