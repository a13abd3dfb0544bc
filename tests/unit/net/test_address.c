/* Addresses: text to sockaddr and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/address.h"

static void there_and_back(void **state) {
  static const struct {
    const char *given;
    const char *shown;
    int family;
  } cases[] = {
      {"0.0.0.0", "0.0.0.0", 4},
      {"192.0.2.255", "192.0.2.255", 4},
      {"::", "::", 6},
      {"::1", "::1", 6},
      {"2001:db8:0:0:0:0:0:1", "2001:db8::1", 6},
      {"fe80::1%1", "fe80::1", 6},
      {"::ffff:192.0.2.1", "192.0.2.1", 4}, /* RFC 4291 2.5.5.2 */
      {"::fffe:192.0.2.1", "::fffe:c000:201", 6},
      {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
       "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 6},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct sockaddr_storage address;
    wss__endpoint endpoint;
    wss_address text;
    assert_int_equal(wss__address_parse(cases[i].given, 65535, &address), 0);
    endpoint = wss__endpoint_of(&address);
    assert_int_equal(endpoint.port, 65535);
    text = wss__endpoint_text(&endpoint);
    assert_string_equal(text.ip, cases[i].shown);
    assert_int_equal(text.family, cases[i].family);
    assert_int_equal(text.port, 65535);
  }
}

static void what_is_no_address(void **state) {
  static const char *const bad[] = {"",          "localhost", "1.2.3",
                                    "1.2.3.4.5", "256.1.1.1", " 127.0.0.1",
                                    "[::1]",     "::1::",     "12345::"};
  struct sockaddr_storage address;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_int_equal(wss__address_parse(bad[i], 80, &address), WSS_ERR_INVALID);
}

static void ports_have_bounds(void **state) {
  struct sockaddr_storage address;
  (void)state;
  assert_int_equal(wss__address_parse("::1", -1, &address), WSS_ERR_INVALID);
  assert_int_equal(wss__address_parse("::1", 65536, &address), WSS_ERR_INVALID);
  assert_int_equal(wss__address_parse("127.0.0.1", 0, &address), 0);
  assert_int_equal(wss__endpoint_of(&address).port, 0);
}

static void an_unknown_one_is_empty(void **state) {
  struct sockaddr_storage address;
  wss__endpoint endpoint;
  wss_address text;
  (void)state;
  memset(&address, 0xff, sizeof address);
  address.ss_family = AF_UNIX;
  endpoint = wss__endpoint_of(&address);
  text = wss__endpoint_text(&endpoint);
  assert_string_equal(text.ip, "");
  assert_int_equal(text.port, 0);
  assert_int_equal(text.family, 0);
  assert_int_equal(wss__endpoint_network(&endpoint), 0);
}

static uint64_t network_of(const char *host, int port) {
  struct sockaddr_storage address;
  wss__endpoint endpoint;
  assert_int_equal(wss__address_parse(host, port, &address), 0);
  endpoint = wss__endpoint_of(&address);
  return wss__endpoint_network(&endpoint);
}

static void one_number_for_a_network(void **state) {
  static const struct {
    const char *one;
    const char *other;
    bool same;
  } cases[] = {
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"192.0.2.1", "193.0.2.1", false},
      {"192.0.2.1", "::ffff:192.0.2.1", true},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
      {"2001:db8:1:2::", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
      {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
      {"2001:db8:1:2::1", "3001:db8:1:2::1", false},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint64_t one = network_of(cases[i].one, 1);
    assert_int_not_equal(one, 0);
    assert_int_equal(one == network_of(cases[i].other, 2), cases[i].same);
  }
  /* 0 is for what is unknown alone. */
  assert_int_not_equal(network_of("0.0.0.0", 1), 0);
  assert_int_not_equal(network_of("::1", 1), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(there_and_back),
      cmocka_unit_test(what_is_no_address),
      cmocka_unit_test(ports_have_bounds),
      cmocka_unit_test(an_unknown_one_is_empty),
      cmocka_unit_test(one_number_for_a_network),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
