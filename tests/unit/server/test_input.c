/* A TLS listener: what leads the bytes of a connection through TLS to whoever
   reads them. The client is Mbed TLS's, on the same loop. */
#include "support/allocator.h"
#include "support/tls_pair.h"
#include "support/world.h"

#include <string.h>

typedef struct secure_world {
  test_world world;
  test_peer *peer;
  tls_pair tls; /* of which only the client is used */
} secure_world;

static void open_world(secure_world *secure, const wss_options *options) {
  const wss_ssl_context ssl = {.local_cert = tls_pki("server.pem"),
                               .local_pk = tls_pki("server.key")};
  test_world *world = &secure->world;
  world_open(world, options, false);
  wss_listener_close(world->listener);
  assert_int_equal(
      wss_listen(world->server, "127.0.0.1", 0, &ssl, &world->listener), 0);
}

static void connect_peer(secure_world *secure,
                         mbedtls_ssl_protocol_version version) {
  tls_pair_open(&secure->tls, &(tls_pair_options){.version = version});
  secure->peer = peer_connect(&secure->world);
}

static void close_peer(secure_world *secure) {
  peer_close(secure->peer);
  tls_pair_close(&secure->tls);
}

/* Moves what either side has for the other. */
static void pump(secure_world *secure) {
  wss__buf *out = &secure->tls.to_server;
  test_peer *peer = secure->peer;
  if (peer->size > 0) {
    assert_int_equal(wss__buf_append(&secure->tls.to_client,
                                     &wss__default_allocator, peer->data,
                                     peer->size),
                     0);
    peer_drop(peer, peer->size);
  }
  if (out->length > 0) {
    peer_send(peer, wss__buf_data(out), out->length);
    wss__buf_free(out, &wss__default_allocator);
  }
}

/* False if the server ends it. */
static bool shake(secure_world *secure) {
  for (;;) {
    int code = mbedtls_ssl_handshake(&secure->tls.client);
    pump(secure);
    if (code == 0)
      return true;
    if (code != MBEDTLS_ERR_SSL_WANT_READ)
      return false;
    world_until(&secure->world, secure->peer->size > 0 || secure->peer->ended);
    if (secure->peer->size == 0)
      return false;
    pump(secure);
  }
}

/* Reads size bytes, or until the end: then returns its code. */
static int read_exactly(secure_world *secure, uint8_t *data, size_t size) {
  size_t have = 0;
  while (have < size) {
    int code = tls_pair_client_read(&secure->tls, data + have, size - have);
    if (code > 0) {
      have += (size_t)code;
    } else if (code == MBEDTLS_ERR_SSL_WANT_READ) {
      world_until(&secure->world,
                  secure->peer->size > 0 || secure->peer->ended);
      if (secure->peer->size == 0)
        return code;
      pump(secure);
    } else if (code != MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
      return code;
    }
  }
  return 0;
}

static const char ask[] = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                          "Sec-WebSocket-Version: 13\r\n\r\n";

/* False if the server does not accept. */
static bool upgrade(secure_world *secure) {
  static const char answer[] =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  uint8_t data[sizeof answer - 1];
  tls_pair_client_write(&secure->tls, ask, sizeof ask - 1);
  pump(secure);
  return read_exactly(secure, data, sizeof data) == 0 &&
         memcmp(data, answer, sizeof data) == 0;
}

/* A masked frame of less than 64 KiB, with a key of zeros; not yet pumped. */
static void write_frame(secure_world *secure, uint8_t first, const void *data,
                        size_t size) {
  uint8_t header[8] = {first, 0x80 | 126, (uint8_t)(size >> 8), (uint8_t)size};
  size_t length = 8;
  if (size < 126) {
    header[1] = (uint8_t)(0x80 | size);
    memset(header + 2, 0, 4);
    length = 6;
  }
  tls_pair_client_write(&secure->tls, header, length);
  tls_pair_client_write(&secure->tls, data, size);
}

static void echo(test_world *world, wss_conn *conn,
                 const wss_message *message) {
  (void)world;
  if (wss_send(conn, message->type, message->data, message->size) < 0)
    wss_terminate(conn);
}

/* ---- Both versions, from the first byte to the last ---------------------- */

static void a_whole_life(void **state) {
  static const mbedtls_ssl_protocol_version versions[] = {
      MBEDTLS_SSL_VERSION_TLS1_2, MBEDTLS_SSL_VERSION_TLS1_3};
  static uint8_t data[60000];
  static uint8_t back[sizeof data + 4];
  size_t i;
  (void)state;
  memset(data, 'd', sizeof data);
  for (i = 0; i < 2; i++) {
    secure_world secure;
    test_world *world = &secure.world;
    wss_tls_info info;
    wss_stats stats;
    open_world(&secure, NULL);
    world->hooks.message = echo;
    connect_peer(&secure, versions[i]);
    assert_true(shake(&secure));
    assert_true(upgrade(&secure));
    assert_int_equal(wss_conn_tls(world->seen.conn, &info), 0);
    assert_string_equal(info.version, i == 0 ? "TLSv1.2" : "TLSv1.3");
    assert_string_equal(info.server_name, "localhost");
    write_frame(&secure, 0x82, data, sizeof data);
    pump(&secure);
    assert_int_equal(read_exactly(&secure, back, sizeof back), 0);
    assert_memory_equal(back, "\x82\x7e\xea\x60", 4);
    assert_memory_equal(back + 4, data, sizeof data);
    write_frame(&secure, 0x88, "\x03\xe8", 2);
    pump(&secure);
    assert_int_equal(read_exactly(&secure, back, 4), 0);
    assert_memory_equal(back, "\x88\x02\x03\xe8", 4);
    assert_int_equal(read_exactly(&secure, back, 1),
                     MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
    close_peer(&secure);
    world_until(world, world->seen.closes == 1);
    assert_int_equal(world->seen.info.code, 1000);
    wss_server_stats(world->server, &stats);
    assert_int_equal(stats.tls_handshakes, 1);
    assert_true(stats.bytes_out > (int64_t)sizeof data);
    world_close(world);
  }
}

/* ---- Those who speak no TLS ---------------------------------------------- */

static void answers_plain_http(void **state) {
  secure_world secure;
  test_world *world = &secure.world;
  wss_stats stats;
  test_peer *peer;
  (void)state;
  open_world(&secure, NULL);
  peer = peer_connect(world);
  peer_text(peer, ask);
  world_until(world, peer->ended);
  assert_true(peer_starts(peer, "HTTP/1.1 400 Bad Request\r\n"));
  assert_true(peer_has(peer, "wss://"));
  peer_close(peer);
  world_until(world, world->seen.errors == 1);
  assert_int_equal(world->seen.error, WSS_ERR_PLAIN_HTTP);
  wss_server_stats(world->server, &stats);
  assert_int_equal(stats.refused_plain_http, 1);
  world_close(world);
}

static void answers_garbage_with_an_alert(void **state) {
  secure_world secure;
  test_world *world = &secure.world;
  wss_stats stats;
  test_peer *peer;
  (void)state;
  open_world(&secure, NULL);
  peer = peer_connect(world);
  peer_text(peer, "\x80\x2e\x01\x03\x01"); /* as SSL 2.0 said hello */
  world_until(world, peer->ended);
  assert_int_equal(peer->size, 7);
  assert_int_equal(peer->data[0], 0x15);
  assert_int_equal(peer->data[5], 2);
  peer_close(peer);
  world_until(world, world->seen.errors == 1);
  assert_int_equal(world->seen.error, WSS_ERR_TLS);
  assert_int_equal(world->seen.error_info.phase, WSS_PHASE_TLS);
  wss_server_stats(world->server, &stats);
  assert_int_equal(stats.refused_tls, 1);
  world_close(world);
}

/* One clock for TCP, TLS and HTTP: a half-said hello is cut in silence. */
static void half_a_hello(void **state) {
  secure_world secure;
  test_world *world = &secure.world;
  test_peer *peer;
  (void)state;
  open_world(&secure, &(wss_options){.handshake_timeout = 30});
  peer = peer_connect(world);
  peer_send(peer, "\x16\x03\x01\x01\x00\x01\x00\x00", 8);
  world_until(world, peer->ended);
  assert_int_equal(peer->size, 0);
  peer_close(peer);
  world_until(world, world->seen.errors == 1);
  assert_int_equal(world->seen.error, WSS_ERR_TIMEOUT);
  assert_int_equal(world->seen.error_info.phase, WSS_PHASE_TLS);
  world_close(world);
}

/* ---- Held while TLS goes on ---------------------------------------------- */

static char letters[64];

static void pause_each(test_world *world, wss_conn *conn,
                       const wss_message *message) {
  letters[world->seen.messages - 1] = *(const char *)message->data;
  letters[world->seen.messages] = '\0';
  wss_pause(conn);
}

/* Several messages in a record, and several records in a read. */
static void one_message_at_a_time(void **state) {
  secure_world secure;
  test_world *world = &secure.world;
  uint8_t record[3 * 7];
  int i;
  (void)state;
  open_world(&secure, NULL);
  world->hooks.message = pause_each;
  connect_peer(&secure, MBEDTLS_SSL_VERSION_TLS1_3);
  assert_true(shake(&secure));
  assert_true(upgrade(&secure));
  for (i = 0; i < 12; i++) {
    memcpy(record + i % 3 * 7, "\x81\x81\0\0\0\0", 6);
    record[i % 3 * 7 + 6] = (uint8_t)('a' + i);
    if (i % 3 == 2)
      tls_pair_client_write(&secure.tls, record, sizeof record);
  }
  write_frame(&secure, 0x88, "\x03\xe8", 2);
  pump(&secure);
  for (i = 1; i <= 12; i++) {
    world_until(world, world->seen.messages >= i);
    world_turns(world);
    assert_int_equal(world->seen.messages, i);
    assert_int_equal(world->seen.closes, 0);
    wss_resume(world->seen.conn);
  }
  assert_string_equal(letters, "abcdefghijkl");
  world_until(world, secure.peer->ended);
  close_peer(&secure);
  world_until(world, world->seen.closes == 1);
  assert_int_equal(world->seen.info.code, 1000);
  world_close(world);
}

/* RFC 6455 4.1, though the early bytes are in a record of their own. */
static void bytes_before_the_101_are_refused(void **state) {
  secure_world secure;
  test_world *world = &secure.world;
  uint8_t data[12];
  (void)state;
  open_world(&secure, NULL);
  connect_peer(&secure, MBEDTLS_SSL_VERSION_TLS1_3);
  assert_true(shake(&secure));
  tls_pair_client_write(&secure.tls, ask, sizeof ask - 1);
  write_frame(&secure, 0x81, "early", 5);
  pump(&secure);
  assert_int_equal(read_exactly(&secure, data, sizeof data), 0);
  assert_memory_equal(data, "HTTP/1.1 400", 12);
  close_peer(&secure);
  world_until(world, world->seen.errors == 1);
  assert_int_equal(world->seen.error, WSS_ERR_HANDSHAKE);
  assert_int_equal(world->seen.requests, 0);
  world_close(world);
}

/* ---- Ends ---------------------------------------------------------------- */

/* RFC 8446 6.1, RFC 6455 7.1.5: neither a FIN nor a close_notify is a Close
   frame. */
static void ends_without_a_close_frame(void **state) {
  int round;
  (void)state;
  for (round = 0; round < 2; round++) {
    secure_world secure;
    test_world *world = &secure.world;
    open_world(&secure, NULL);
    connect_peer(&secure, MBEDTLS_SSL_VERSION_TLS1_2);
    assert_true(shake(&secure));
    assert_true(upgrade(&secure));
    if (round == 0)
      peer_shutdown(secure.peer);
    else
      assert_int_equal(mbedtls_ssl_close_notify(&secure.tls.client), 0);
    pump(&secure);
    world_until(world, world->seen.closes == 1);
    assert_int_equal(world->seen.info.code, 1006);
    assert_int_equal(world->seen.info.error, WSS_ERR_TRUNCATED);
    assert_int_equal(world->seen.info.initiator, WSS_BY_PEER);
    close_peer(&secure);
    world_close(world);
  }
}

/* The server or only the listener goes, at many points of the handshake and of
   the upgrade: size bytes of what the client says are sent, then it happens. */
static bool goes_after(size_t size, bool server_too) {
  secure_world secure;
  test_world *world = &secure.world;
  wss__buf *out = &secure.tls.to_server;
  wss_stats stats;
  bool asked = false;
  size_t sent = 0;
  open_world(&secure, NULL);
  connect_peer(&secure, MBEDTLS_SSL_VERSION_TLS1_3);
  while (sent < size && (!asked || out->length > 0)) {
    size_t step;
    if (mbedtls_ssl_handshake(&secure.tls.client) == 0 && !asked) {
      tls_pair_client_write(&secure.tls, ask, sizeof ask - 1);
      asked = true;
    }
    step = out->length < size - sent ? out->length : size - sent;
    if (step > 0)
      peer_send(secure.peer, wss__buf_data(out), step);
    wss__buf_consume(out, &wss__default_allocator, step);
    sent += step;
    do {
      (void)uv_run(&world->loop, UV_RUN_NOWAIT);
      wss_server_stats(world->server, &stats);
    } while (stats.bytes_in < (int64_t)sent);
    if (secure.peer->size > 0)
      pump(&secure);
  }
  if (server_too) {
    assert_int_equal(wss_server_close(world->server, 0, NULL), 0);
    world->server = NULL;
  } else {
    wss_listener_close(world->listener);
  }
  world_turns(world);
  if (!server_too && sent == 0) {
    assert_true(shake(&secure));
    assert_true(upgrade(&secure));
  }
  asked = asked && out->length == 0;
  close_peer(&secure);
  world_close(world);
  assert_int_equal(world->seen.closes, world->seen.requests);
  return asked;
}

static void goes_at_any_time(void **state) {
  size_t size;
  (void)state;
  for (size = 0; !goes_after(size, true); size += 11)
    ;
  assert_true(size > 400);
  for (size = 0; !goes_after(size, false); size += 67)
    ;
}

/* ---- Memory -------------------------------------------------------------- */

/* The library's own allocations, each failing once: Mbed TLS keeps its own. */
static void memory_that_fails(void **state) {
  static test_allocator memory;
  static uint8_t back[3004];
  size_t failures;
  size_t n = 0;
  (void)state;
  do {
    secure_world secure;
    test_world *world = &secure.world;
    test_allocator_init(&memory);
    open_world(&secure, &(wss_options){.allocator = memory.functions});
    world->hooks.message = echo;
    connect_peer(&secure, MBEDTLS_SSL_VERSION_TLS1_3);
    test_allocator_fail(&memory, ++n, false);
    if (shake(&secure) && upgrade(&secure)) {
      write_frame(&secure, 0x82, back, 3000);
      pump(&secure);
      (void)read_exactly(&secure, back, sizeof back);
    }
    close_peer(&secure);
    world_until(world, world->seen.closes == world->seen.requests);
    failures = memory.failures;
    test_allocator_fail(&memory, 0, false);
    connect_peer(&secure, MBEDTLS_SSL_VERSION_TLS1_2);
    assert_true(shake(&secure));
    assert_true(upgrade(&secure));
    close_peer(&secure);
    world_close(world);
    assert_int_equal(memory.blocks, 0);
  } while (failures > 0);
  assert_true(n > 8);
}

/* ---- Warnings ------------------------------------------------------------ */

static void an_expired_certificate_is_served(void **state) {
  const wss_ssl_context ssl = {.local_cert = tls_pki("expired.pem"),
                               .local_pk = tls_pki("server.key")};
  test_world world;
  (void)state;
  world_open(&world, NULL, false);
  world.in_call = true;
  assert_int_equal(wss_listen(world.server, "127.0.0.1", 0, &ssl, NULL), 0);
  world.in_call = false;
  assert_non_null(strstr(wss_last_error(world.server), "expired.pem"));
  world_until(&world, world.seen.errors == 1);
  assert_int_equal(world.seen.error, WSS_ERR_CERT_EXPIRED);
  assert_non_null(strstr(world.seen.error_message, "expired.pem"));
  world_close(&world);
}

static void a_version_that_is_too_old_is_raised(void **state) {
  const wss_ssl_context ssl = {.local_cert = tls_pki("server.pem"),
                               .local_pk = tls_pki("server.key"),
                               .min_proto_version = 0x0302};
  test_world world;
  (void)state;
  world_open(&world, NULL, false);
  world.in_call = true;
  assert_int_equal(wss_listen(world.server, "127.0.0.1", 0, &ssl, NULL), 0);
  world.in_call = false;
  assert_non_null(strstr(wss_last_error(world.server), "min_proto_version"));
  world_until(&world, world.seen.errors == 1);
  assert_int_equal(world.seen.error, WSS_ERR_TLS_VERSION);
  assert_non_null(strstr(world.seen.error_message, "min_proto_version"));
  world_close(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_whole_life),
      cmocka_unit_test(answers_plain_http),
      cmocka_unit_test(answers_garbage_with_an_alert),
      cmocka_unit_test(half_a_hello),
      cmocka_unit_test(one_message_at_a_time),
      cmocka_unit_test(bytes_before_the_101_are_refused),
      cmocka_unit_test(ends_without_a_close_frame),
      cmocka_unit_test(goes_at_any_time),
      cmocka_unit_test(memory_that_fails),
      cmocka_unit_test(an_expired_certificate_is_served),
      cmocka_unit_test(a_version_that_is_too_old_is_raised),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
