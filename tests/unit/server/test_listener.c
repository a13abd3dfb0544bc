/* Listeners: addresses, ports, and what is said when it cannot be. */
#include "support/world.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void names_the_address_that_is_taken(void **state) {
  test_world world;
  char expected[100];
  int port;
  (void)state;
  world_open(&world, NULL, false);
  assert_string_equal(wss_last_error(world.server), "");
  port = wss_listener_port(world.listener);
  assert_true(port > 0);
  assert_int_equal(wss_listen_plain(world.server, "127.0.0.1", port, NULL),
                   UV_EADDRINUSE);
  (void)snprintf(expected, sizeof expected,
                 "cannot listen on 127.0.0.1:%d: address already in use", port);
  assert_string_equal(wss_last_error(world.server), expected);
  assert_int_equal(wss_listen_plain(world.server, "127.0.0.1", 0, NULL), 0);
  assert_string_equal(wss_last_error(world.server), "");
  world_close(&world);
}

static void refuses_what_is_no_address(void **state) {
  static const struct {
    const char *host;
    int port;
    const char *text;
  } cases[] = {
      {"localhost", 1, "cannot listen on localhost:1: "},
      {"1.2.3.4.5", 1, "cannot listen on 1.2.3.4.5:1: "},
      {"fe80:::1", 1, "cannot listen on [fe80:::1]:1: "},
      {"127.0.0.1", -1, "cannot listen on 127.0.0.1:-1: "},
      {NULL, 65536, "cannot listen on *:65536: "},
  };
  test_world world;
  size_t i;
  (void)state;
  world_open(&world, NULL, false);
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(
        wss_listen_plain(world.server, cases[i].host, cases[i].port, NULL),
        WSS_ERR_INVALID);
    assert_int_equal(strncmp(wss_last_error(world.server), cases[i].text,
                             strlen(cases[i].text)),
                     0);
  }
  world_close(&world);
}

static void needs_an_ssl_context(void **state) {
  struct {
    wss_ssl_context ssl;
    int64_t newer;
  } bigger;
  test_world world;
  (void)state;
  memset(&bigger, 0, sizeof bigger);
  world_open(&world, NULL, false);
  assert_int_equal(wss_listen(world.server, "127.0.0.1", 0, NULL, NULL),
                   WSS_ERR_INVALID);
  assert_non_null(strstr(wss_last_error(world.server), "wss_listen_plain"));
  bigger.newer = 1;
  assert_int_equal(wss_listen_sized(world.server, "127.0.0.1", 0, &bigger.ssl,
                                    sizeof bigger, NULL),
                   WSS_ERR_ABI);
  bigger.newer = 0;
  bigger.ssl.reserved[3] = 1;
  assert_int_equal(wss_listen(world.server, "127.0.0.1", 0, &bigger.ssl, NULL),
                   WSS_ERR_ABI);
  bigger.ssl.reserved[3] = 0;
  bigger.ssl.reserved3 = 1;
  assert_int_equal(wss_listen(world.server, "127.0.0.1", 0, &bigger.ssl, NULL),
                   WSS_ERR_ABI);
  bigger.ssl.reserved3 = 0;
  assert_int_equal(wss_listen(world.server, "127.0.0.1", 0, &bigger.ssl, NULL),
                   WSS_ERR_INVALID); /* no local_cert */
  bigger.ssl.verify_peer = true;
  bigger.ssl.local_cert = "/nonexistent";
  assert_int_equal(wss_listen(world.server, "127.0.0.1", 0, &bigger.ssl, NULL),
                   WSS_ERR_UNSUPPORTED);
  assert_non_null(strstr(wss_last_error(world.server), "verify_peer"));
  bigger.ssl.verify_peer = false;
  assert_int_equal(wss_listen(world.server, "127.0.0.1", 0, &bigger.ssl, NULL),
                   WSS_ERR_CERT_READ);
  assert_non_null(strstr(wss_last_error(world.server), "/nonexistent"));
  world_close(&world);
}

static void keeps_its_connections_when_closed(void **state) {
  test_world world;
  test_peer *peer;
  (void)state;
  world_open(&world, NULL, false);
  peer = peer_connect(&world);
  peer_open(peer);
  wss_listener_close(world.listener);
  wss_listener_close(world.listener);
  world_turns(&world);
  peer_frame(peer, 0x81, "still", 5);
  world_until(&world, world.seen.messages == 1);
  peer_close(peer);
  world_until(&world, world.seen.closes == 1);
  world_close(&world);
}

static bool reachable(test_world *world, const char *ip, int port) {
  struct sockaddr_storage address;
  uv_os_sock_t sock;
  bool ok;
  (void)world;
  memset(&address, 0, sizeof address);
  if (uv_ip4_addr(ip, port, (struct sockaddr_in *)(void *)&address) != 0)
    assert_int_equal(
        uv_ip6_addr(ip, port, (struct sockaddr_in6 *)(void *)&address), 0);
  sock = socket(address.ss_family, SOCK_STREAM, 0);
  ok = sock >= 0 &&
       connect(sock, (const struct sockaddr *)&address,
               address.ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                            : sizeof(struct sockaddr_in6)) == 0;
  (void)close(sock);
  return ok;
}

/* S22. Where there is no IPv6, only the IPv4 part can be seen. */
static void both_families(void **state) {
  test_world world;
  wss_listener *every;
  wss_listener *six;
  (void)state;
  world_open(&world, NULL, false);
  assert_int_equal(wss_listen_plain(world.server, NULL, 0, &every), 0);
  assert_true(reachable(&world, "127.0.0.1", wss_listener_port(every)));
  if (wss_listen_plain(world.server, "::1", 0, &six) == 0) {
    assert_true(reachable(&world, "::1", wss_listener_port(every)));
    assert_true(reachable(&world, "::1", wss_listener_port(six)));
    assert_false(reachable(&world, "127.0.0.1", wss_listener_port(six)));
  }
  world_close(&world);
  world_open(&world, &(wss_options){.ipv6_v6only = WSS_ON}, false);
  if (wss_listen_plain(world.server, "::", 0, &six) == 0) {
    assert_true(reachable(&world, "::1", wss_listener_port(six)));
    assert_false(reachable(&world, "127.0.0.1", wss_listener_port(six)));
  }
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_the_address_that_is_taken),
      cmocka_unit_test(refuses_what_is_no_address),
      cmocka_unit_test(needs_an_ssl_context),
      cmocka_unit_test(keeps_its_connections_when_closed),
      cmocka_unit_test(both_families),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
