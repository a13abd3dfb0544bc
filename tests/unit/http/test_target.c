/* Authorities, and targets beside the Host field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/target.h"

/* An exact copy on the heap, so that reading behind it is seen. */
static bool split(const char *text, size_t size, wss__slice *host,
                  wss__slice *port, char **copy) {
  wss__slice authority;
  *copy = malloc(size > 0 ? size : 1);
  assert_non_null(*copy);
  memcpy(*copy, text, size);
  authority.data = *copy;
  authority.size = size;
  return wss__authority_split(authority, host, port);
}

static void good(const char *text, const char *host, const char *port) {
  wss__slice found_host = {NULL, 0};
  wss__slice found_port = {NULL, 0};
  char *copy;
  if (!split(text, strlen(text), &found_host, &found_port, &copy) ||
      !wss__slice_equal(found_host, wss__slice_of(host)) ||
      !wss__slice_equal(found_port, wss__slice_of(port)))
    fail_msg("%s is %s and %s", text, host, port);
  free(copy);
}

static void bad(const char *text) {
  wss__slice host;
  wss__slice port;
  char *copy;
  if (split(text, strlen(text), &host, &port, &copy))
    fail_msg("%s is none", text);
  free(copy);
}

static void names_and_ports(void **state) {
  (void)state;
  good("a", "a", "");
  good("example.com", "example.com", "");
  good("example.com:443", "example.com", "443");
  good("example.com:", "example.com", "");
  good("example.com:0", "example.com", "0");
  good("example.com:65535", "example.com", "65535");
  good("example.com:0000080", "example.com", "0000080");
  good("127.0.0.1:8282", "127.0.0.1", "8282");
  good("a_b-c~d!$&'()*+,;=", "a_b-c~d!$&'()*+,;=", "");
  good("%c3%A9", "%c3%A9", "");
  good("localhost.", "localhost.", "");
  bad("");
  bad(":");
  bad(":80");
  bad("a:b");
  bad("a:65536");
  bad("a:4294967376"); /* 2^32 + 80 */
  bad("a:99999999999999999999999");
  bad("a:-1");
  bad("a:+1");
  bad("a:8 0");
  bad("a:80:80");
  bad("a b");
  bad("a/b");
  bad("a?b");
  bad("a#b");
  bad("a@b");
  bad("user:pw@a");
  bad("a\\b");
  bad("a\tb");
  bad("\xc3\xa9");
  bad("a<b");
  bad("%");
  bad("%4");
  bad("%4g");
  bad("a%zz");
}

static void addresses_in_brackets(void **state) {
  static const char *const addresses[] = {
      "::",
      "::1",
      "1::",
      "2001:db8::1",
      "1:2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7::",
      "::2:3:4:5:6:7:8",
      "FFFF:ffff:0000::abcd",
      "::ffff:192.0.2.1",
      "1:2:3:4:5:6:255.255.255.255",
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
    char text[80] = "[";
    char *end;
    memcpy(text + 1, addresses[i], strlen(addresses[i]));
    end = text + strlen(text);
    memcpy(end, "]", 2);
    good(text, text, "");
    memcpy(end, "]:8", 4);
    {
      char host[80];
      memcpy(host, text, sizeof host);
      host[strlen(host) - 2] = '\0';
      good(text, host, "8");
    }
  }
}

static void bad_addresses_in_brackets(void **state) {
  static const char *const texts[] = {
      "[",
      "[]",
      "[:",
      "[:]",
      "[:::]",
      "[::1",
      "[::1]x",
      "[::1]]",
      "[::1]:x",
      "[::1]80",
      "[[::1]]",
      "::1",
      "[1::2::3]",
      "[1:2:3:4:5:6:7]",
      "[1:2:3:4:5:6:7:8:9]",
      "[::1:2:3:4:5:6:7:8]",
      "[1:2:3:4:5:6:7:8::]",
      "[1:2:3:4:5:6:7:8:]",
      "[:1:2:3:4:5:6:7:8]",
      "[1:]",
      "[12345::]",
      "[g::]",
      "[::1%25eth0]",
      "[1.2.3.4]",
      "[::1.2.3]",
      "[::1.2.3.4.5]",
      "[::1.2.3.256]",
      "[::1.2.3.04]",
      "[::1.2.3.4:5]",
      "[::.1.2.3]",
      "[::1..2.3]",
      "[::1.2.3.]",
      "[1:2:3:4:5:6:7:1.2.3.4]",
      "[1:2:3:4:5:1.2.3.4]",
      "[v1.x]",
      "[a.example]",
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
    bad(texts[i]);
}

/* Each byte within a name, a port and brackets. */
static void every_byte(void **state) {
  static const char name_bytes[] = "-._~!$&'()*+,;=:"
                                   "0123456789abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  unsigned byte;
  (void)state;
  for (byte = 0; byte < 256; byte++) {
    char name[] = {'a', (char)byte, '1'};
    char port[] = {'a', ':', '1', (char)byte};
    char bracket[] = {'[', ':', ':', (char)byte, ']'};
    bool digit = byte >= '0' && byte <= '9';
    bool hex =
        digit || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
    wss__slice host;
    wss__slice number;
    char *copy;
    assert_int_equal(split(name, 3, &host, &number, &copy),
                     memchr(name_bytes, (int)byte, sizeof name_bytes - 1) !=
                         NULL);
    free(copy);
    assert_int_equal(split(port, 4, &host, &number, &copy), digit);
    free(copy);
    assert_int_equal(split(bracket, 5, &host, &number, &copy), hex);
    free(copy);
  }
}

/* The path of a target, NULL: refused. */
static void expect_path(const char *target, const char *host,
                        const char *path) {
  wss__refusal refusal;
  const char *found = NULL;
  int result = wss__target_path(target, host, &found, &refusal);
  if (path == NULL) {
    assert_int_equal(result, WSS_ERR_HTTP);
    assert_int_equal(refusal.status, 400);
    return;
  }
  assert_int_equal(result, 0);
  assert_string_equal(found, path);
}

static void targets_and_hosts(void **state) {
  (void)state;
  expect_path("/", "a", "/");
  expect_path("/x?y", "a:80", "/x?y");
  expect_path("//b/x", "a", "//b/x");
  expect_path("/http://b/", "a", "/http://b/");
  expect_path("http://a/x", "a", "/x");
  expect_path("http://A/x", "a", "/x");
  expect_path("https://a:8/x?y", "a:8", "/x?y");
  expect_path("ws://a", "a", "");
  expect_path("WSS://a?q", "a", "?q");
  expect_path("http://[::1]:8/x", "[::1]:8", "/x");
  expect_path("/", "", NULL);
  expect_path("/", "a b", NULL);
  expect_path("/#x", "a", NULL);
  expect_path("http://a/#x", "a", NULL);
  expect_path("http://b/", "a", NULL);
  expect_path("http://a.b/", "a", NULL);
  expect_path("http://a:80/", "a", NULL);
  expect_path("http://a/", "a:80", NULL);
  expect_path("http:///", "a", NULL);
  expect_path("http:/a/", "a", NULL);
  expect_path("httpx://a/", "a", NULL);
  expect_path("://a/", "a", NULL);
  expect_path("gopher://a/", "a", NULL);
  expect_path("a", "a", NULL);
  expect_path("a:443", "a:443", NULL);
  expect_path("*", "a", NULL);
  expect_path("", "a", NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_and_ports),
      cmocka_unit_test(addresses_in_brackets),
      cmocka_unit_test(bad_addresses_in_brackets),
      cmocka_unit_test(every_byte),
      cmocka_unit_test(targets_and_hosts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
