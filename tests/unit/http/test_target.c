/* Authorities, and request targets against the Host field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/target.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void authorities(void **state) {
  static const struct {
    const char *authority;
    const char *host; /* NULL: not a valid one */
    const char *port;
  } rows[] = {
      {"a", "a", ""},
      {"example.org", "example.org", ""},
      {"example.org:8282", "example.org", "8282"},
      {"example.org:", "example.org", ""},
      {"a:0", "a", "0"},
      {"a:65535", "a", "65535"},
      {"a:0000000000065535", "a", "0000000000065535"},
      {"a_b-c.~!$&'()*+,;=", "a_b-c.~!$&'()*+,;=", ""},
      {"a%2Eb%fF", "a%2Eb%fF", ""},
      {"127.0.0.1:80", "127.0.0.1", "80"},
      {"[::]", "[::]", ""},
      {"[::1]:80", "[::1]", "80"},
      {"[1::]", "[1::]", ""},
      {"[1::8]:", "[1::8]", ""},
      {"[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]", ""},
      {"[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]", ""},
      {"[::2:3:4:5:6:7:8]", "[::2:3:4:5:6:7:8]", ""},
      {"[2001:DB8::fFfF]", "[2001:DB8::fFfF]", ""},
      {"[::1.2.3.4]", "[::1.2.3.4]", ""},
      {"[::ffff:0.0.0.0]", "[::ffff:0.0.0.0]", ""},
      {"[1:2:3:4:5:6:255.255.255.255]", "[1:2:3:4:5:6:255.255.255.255]", ""},
      {"[1:2:3:4:5::1.2.3.4]", "[1:2:3:4:5::1.2.3.4]", ""},

      {"", NULL, NULL},
      {":", NULL, NULL},
      {":80", NULL, NULL},
      {"a b", NULL, NULL},
      {" a", NULL, NULL},
      {"a ", NULL, NULL},
      {"a/b", NULL, NULL},
      {"a?b", NULL, NULL},
      {"a#b", NULL, NULL},
      {"a\\b", NULL, NULL},
      {"a@b", NULL, NULL},
      {"a\"b", NULL, NULL},
      {"a<b", NULL, NULL},
      {"\xc3\xa9", NULL, NULL},
      {"a%", NULL, NULL},
      {"a%2", NULL, NULL},
      {"a%2:1", NULL, NULL},
      {"a%zz", NULL, NULL},
      {"a%2z", NULL, NULL},
      {"a:65536", NULL, NULL},
      {"a:99999999999999999999", NULL, NULL},
      {"a:-1", NULL, NULL},
      {"a:+1", NULL, NULL},
      {"a: 1", NULL, NULL},
      {"a:1 ", NULL, NULL},
      {"a:0x1", NULL, NULL},
      {"a:1:2", NULL, NULL},
      {"::1", NULL, NULL},
      {"[", NULL, NULL},
      {"[]", NULL, NULL},
      {"[::1", NULL, NULL},
      {"[::1]x", NULL, NULL},
      {"[::1]]", NULL, NULL},
      {"[::1]:x", NULL, NULL},
      {"[:]", NULL, NULL},
      {"[:1]", NULL, NULL},
      {"[1:]", NULL, NULL},
      {"[:::]", NULL, NULL},
      {"[1:::2]", NULL, NULL},
      {"[1::2::3]", NULL, NULL},
      {"[::1::]", NULL, NULL},
      {"[dead]", NULL, NULL},
      {"[.]", NULL, NULL},
      {"[12345::]", NULL, NULL},
      {"[::12345]", NULL, NULL},
      {"[g::]", NULL, NULL},
      {"[::1 ]", NULL, NULL},
      {"[fe80::1%25eth0]", NULL, NULL},
      {"[v1.x]", NULL, NULL},
      {"[1:2:3:4:5:6:7]", NULL, NULL},
      {"[1:2:3:4:5:6:7:8:9]", NULL, NULL},
      {"[1:2:3:4:5:6:7:8::]", NULL, NULL},
      {"[::1:2:3:4:5:6:7:8]", NULL, NULL},
      {"[1.2.3.4]", NULL, NULL},
      {"[::1.2.3]", NULL, NULL},
      {"[::1.2.3.]", NULL, NULL},
      {"[::.1.2.3]", NULL, NULL},
      {"[::1..2.3]", NULL, NULL},
      {"[::1.2.3.4.5]", NULL, NULL},
      {"[::1.2.3.256]", NULL, NULL},
      {"[::01.2.3.4]", NULL, NULL},
      {"[::1.2.3.04]", NULL, NULL},
      {"[::1.2.3.a]", NULL, NULL},
      {"[::1.2.3.4:5]", NULL, NULL},
      {"[1:2:3:4:5:6:7:1.2.3.4]", NULL, NULL},
      {"[1:2:3:4:5:1.2.3.4]", NULL, NULL},
      {"[1:2:3:4:5:6::1.2.3.4]", NULL, NULL},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    wss__slice host;
    wss__slice port;
    bool valid =
        wss__authority_split(wss__slice_of(rows[i].authority), &host, &port);
    if (valid != (rows[i].host != NULL))
      fail_msg("%s: %d", rows[i].authority, valid);
    if (!valid)
      continue;
    assert_true(wss__slice_equal(host, wss__slice_of(rows[i].host)));
    assert_true(wss__slice_equal(port, wss__slice_of(rows[i].port)));
  }
}

/* Nothing behind the end of the slice is looked at. */
static void an_authority_is_a_slice(void **state) {
  static const char *const texts[] = {"a%20", "[::1]:80", "a:8080",
                                      "[::1.2.3.4]"};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(texts); i++) {
    wss__slice whole = wss__slice_of(texts[i]);
    wss__slice piece = whole;
    wss__slice host;
    wss__slice port;
    for (piece.size = 0; piece.size < whole.size; piece.size++) {
      char copy[32];
      memcpy(copy, texts[i], piece.size);
      copy[piece.size] = '\0';
      assert_int_equal(wss__authority_split(piece, &host, &port),
                       wss__authority_split(wss__slice_of(copy), &host, &port));
    }
  }
}

static void targets_and_hosts(void **state) {
  static const struct {
    const char *target;
    const char *host;
    const char *path; /* NULL: refused */
    const char *named;
  } rows[] = {
      {"/", "a", "/", NULL},
      {"/x?y", "a:80", "/x?y", NULL},
      {"//a/b", "a", "//a/b", NULL},
      {"/http://b/", "a", "/http://b/", NULL},
      {"http://a/x", "a", "/x", NULL},
      {"HTTPS://a/x", "A", "/x", NULL},
      {"ws://a:1/x?y", "a:1", "/x?y", NULL},
      {"wss://[::1]", "[::1]", "", NULL},
      {"wss://a?x", "a", "?x", NULL},
      {"http://a/b://c", "a", "/b://c", NULL},

      {"/", "", NULL, "Host"},
      {"/", "a b", NULL, "Host"},
      {"/", "a, a", NULL, "Host"},
      {"/", "http://a", NULL, "Host"},
      {"/", "user@a", NULL, "Host"},
      {"/#x", "a", NULL, "fragment"},
      {"", "a", NULL, "target"},
      {"*", "a", NULL, "target"},
      {"a", "a", NULL, "target"},
      {"a:80", "a:80", NULL, "target"},
      {"?x", "a", NULL, "target"},
      {"ftp://a/", "a", NULL, "target"},
      {"://a/", "a", NULL, "target"},
      {"http:/a", "a", NULL, "target"},
      {"xhttp://a/", "a", NULL, "target"},
      {"http://b/", "a", NULL, "Host"},
      {"http://a:81/", "a:80", NULL, "Host"},
      {"http://user@a/", "a", NULL, "Host"},
      {"http:///x", "a", NULL, "Host"},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    const char *path = NULL;
    wss__refusal refusal;
    int err = wss__target_path(rows[i].target, rows[i].host, &path, &refusal);
    if (err != (rows[i].path != NULL ? 0 : WSS_ERR_HTTP))
      fail_msg("%s at %s: %d", rows[i].target, rows[i].host, err);
    if (err == 0) {
      assert_string_equal(path, rows[i].path);
      continue;
    }
    assert_int_equal(refusal.status, 400);
    if (strstr(refusal.detail.text, rows[i].named) == NULL)
      fail_msg("%s at %s: %s", rows[i].target, rows[i].host,
               refusal.detail.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(authorities),
      cmocka_unit_test(an_authority_is_a_slice),
      cmocka_unit_test(targets_and_hosts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
