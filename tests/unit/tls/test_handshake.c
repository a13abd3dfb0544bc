/* Handshakes: versions, keys, suites, groups, ALPN, SNI, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/tls_pair.h"

#define V12 MBEDTLS_SSL_VERSION_TLS1_2
#define V13 MBEDTLS_SSL_VERSION_TLS1_3

static const mbedtls_ssl_protocol_version versions[] = {V12, V13};

static void expect_refused(const tls_pair_options *options, int alert,
                           const char *why) {
  tls_pair pair;
  tls_pair_open(&pair, options);
  assert_int_equal(tls_pair_shake(&pair), WSS_ERR_TLS);
  assert_int_equal(tls_pair_client_alert(&pair), alert);
  assert_false(wss__tls_channel_ready(pair.channel));
  if (strstr(wss__tls_channel_why(pair.channel), why) == NULL)
    fail_msg("\"%s\"", wss__tls_channel_why(pair.channel));
  tls_pair_close(&pair);
}

static void every_supported_key_in_both_versions(void **state) {
  static const struct {
    const char *cert, *key, *trusted, *passphrase;
  } kinds[] = {
      {"server.pem", "server.key", "ca.pem", NULL},
      {"p384.pem", "p384.key", "ca.pem", NULL},
      {"rsa2048.pem", "rsa2048.key", "ca.pem", NULL},
      {"chain.pem", "chain.key", "ca.pem", NULL},
      {"combined.pem", NULL, "ca.pem", NULL},
      {"selfsigned.pem", "selfsigned.key", "selfsigned.pem", NULL},
      {"server.pem", "encrypted-pkcs8.key", "ca.pem", "secret"},
      {"server.pem", "encrypted-ec.key", "ca.pem", "secret"},
      {"rsa2048.pem", "encrypted-rsa.key", "ca.pem", "secret"},
      {"encrypted.pem", NULL, "ca.pem", "secret"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    for (size_t v = 0; v < 2; v++) {
      tls_pair pair;
      wss_tls_info info;
      const tls_pair_options options = {.cert = kinds[i].cert,
                                        .key = kinds[i].key,
                                        .trusted = kinds[i].trusted,
                                        .passphrase = kinds[i].passphrase,
                                        .version = versions[v]};
      tls_pair_connect(&pair, &options);
      wss__tls_channel_info(pair.channel, &info);
      assert_string_equal(info.version, v == 0 ? "TLSv1.2" : "TLSv1.3");
      assert_string_equal(info.server_name, "localhost");
      assert_null(info.alpn);
      tls_pair_close(&pair);
    }
  }
}

static void the_best_version_and_suite_by_default(void **state) {
  tls_pair pair;
  wss_tls_info info;
  (void)state;
  tls_pair_open(&pair, NULL);
  wss__tls_channel_info(pair.channel, &info);
  assert_null(info.version);
  assert_false(wss__tls_channel_ready(pair.channel));
  assert_int_equal(tls_pair_shake(&pair), WSS__TLS_READY);
  wss__tls_channel_info(pair.channel, &info);
  assert_string_equal(info.version, "TLSv1.3");
  assert_string_equal(wss__tls_channel_why(pair.channel), "");
  tls_pair_close(&pair);
}

static void the_server_prefers_in_tls_1_2(void **state) {
  static const int clients[] = {
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0};
  const tls_pair_options options = {.version = V12, .suites = clients};
  tls_pair pair;
  wss_tls_info info;
  (void)state;
  tls_pair_connect(&pair, &options);
  wss__tls_channel_info(pair.channel, &info);
  assert_string_equal(info.cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  tls_pair_close(&pair);
}

static void every_suite_by_its_iana_name(void **state) {
  static const struct {
    int id;
    const char *name;
    const char *cert, *key;
  } suites[] = {
      {0x1301, "TLS_AES_128_GCM_SHA256", NULL, NULL},
      {0x1302, "TLS_AES_256_GCM_SHA384", NULL, NULL},
      {0x1303, "TLS_CHACHA20_POLY1305_SHA256", NULL, NULL},
      {0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", NULL, NULL},
      {0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", NULL, NULL},
      {0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", NULL, NULL},
      {0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "rsa2048.pem",
       "rsa2048.key"},
      {0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "rsa2048.pem",
       "rsa2048.key"},
      {0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "rsa2048.pem",
       "rsa2048.key"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
    const int only[] = {suites[i].id, 0};
    const tls_pair_options options = {.cert = suites[i].cert,
                                      .key = suites[i].key,
                                      .version = i < 3 ? V13 : V12,
                                      .suites = only};
    tls_pair pair;
    wss_tls_info info;
    tls_pair_connect(&pair, &options);
    wss__tls_channel_info(pair.channel, &info);
    assert_string_equal(info.cipher, suites[i].name);
    tls_pair_close(&pair);
  }
}

static void weaker_suites_are_refused(void **state) {
  static const int cbc[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
                            MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
                            MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, 0};
  const tls_pair_options options = {.version = V12, .suites = cbc};
  (void)state;
  expect_refused(&options, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE, "SSL");
}

static void only_x25519_and_p256_exchange_keys(void **state) {
  static const uint16_t x25519[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
                                    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
  static const uint16_t p256[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
  static const uint16_t both[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
                                  MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
  static const uint16_t p384[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
                                  MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1, 0};
  static const uint16_t *const good[] = {x25519, p256, both};
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    for (size_t i = 0; i < 3; i++) {
      /* The last one takes a HelloRetryRequest in TLS 1.3. */
      const tls_pair_options options = {.version = versions[v],
                                        .groups = good[i]};
      tls_pair pair;
      wss_tls_info info;
      tls_pair_connect(&pair, &options);
      wss__tls_channel_info(pair.channel, &info);
      assert_string_equal(info.server_name, "localhost");
      tls_pair_close(&pair);
    }
    const tls_pair_options options = {.version = versions[v], .groups = p384};
    expect_refused(&options, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE, "SSL");
  }
}

static void alpn_chooses_http_1_1(void **state) {
  static const char *offers[] = {"h2", "http/1.1", NULL};
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    const tls_pair_options options = {.version = versions[v],
                                      .protocols = offers};
    tls_pair pair;
    wss_tls_info info;
    tls_pair_connect(&pair, &options);
    wss__tls_channel_info(pair.channel, &info);
    assert_string_equal(info.alpn, "http/1.1");
    assert_string_equal(mbedtls_ssl_get_alpn_protocol(&pair.client),
                        "http/1.1");
    tls_pair_close(&pair);
  }
}

static void alpn_without_http_1_1_is_refused(void **state) {
  static const char *offers[] = {"h2", NULL};
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    const tls_pair_options options = {.version = versions[v],
                                      .protocols = offers};
    expect_refused(&options, MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL,
                   "SSL");
  }
}

/* A browser's offer is always taken; the name lives as long as the connection,
   though the listener goes. */
static void alpn_of_the_program(void **state) {
  static const char *const ours[] = {"chat", "talk", NULL};
  static const char *talk[] = {"h2", "talk", NULL};
  static const char *browser[] = {"h2", "http/1.1", NULL};
  static const char *h2[] = {"h2", NULL};
  const wss_ssl_context ssl = {.alpn_protocols = ours};
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    for (size_t layer = 0; layer < 2; layer++) {
      tls_pair_options options = {.ssl = &ssl,
                                  .version = versions[v],
                                  .record_layer = (wss_record_layer)layer,
                                  .protocols = talk};
      tls_pair pair;
      wss_tls_info info;
      tls_pair_connect(&pair, &options);
      wss__tls_context_unref(pair.context);
      pair.context = NULL;
      wss__tls_channel_info(pair.channel, &info);
      assert_string_equal(info.alpn, "talk");
      tls_pair_close(&pair);
      options.protocols = browser;
      tls_pair_connect(&pair, &options);
      wss__tls_channel_info(pair.channel, &info);
      assert_string_equal(info.alpn, "http/1.1");
      tls_pair_close(&pair);
      options.protocols = h2;
      expect_refused(&options, MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL,
                     "SSL");
    }
  }
}

static void no_alpn_ignores_what_is_offered(void **state) {
  static const char *const nothing[] = {NULL};
  static const char *h2[] = {"h2", NULL};
  const wss_ssl_context ssl = {.alpn_protocols = nothing};
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    const tls_pair_options options = {
        .ssl = &ssl, .version = versions[v], .protocols = h2};
    tls_pair pair;
    wss_tls_info info;
    tls_pair_connect(&pair, &options);
    wss__tls_channel_info(pair.channel, &info);
    assert_null(info.alpn);
    tls_pair_close(&pair);
  }
}

static void without_sni_there_is_no_name(void **state) {
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    const tls_pair_options options = {.version = versions[v],
                                      .server_name = ""};
    tls_pair pair;
    wss_tls_info info;
    tls_pair_open(&pair, &options);
    mbedtls_ssl_conf_authmode(&pair.config, MBEDTLS_SSL_VERIFY_NONE);
    assert_int_equal(tls_pair_shake(&pair), WSS__TLS_READY);
    wss__tls_channel_info(pair.channel, &info);
    assert_null(info.server_name);
    tls_pair_close(&pair);
  }
}

static void a_name_with_other_bytes_is_refused(void **state) {
  static const char *const names[] = {"a b", "a\nb", "\xc3\xa9.example"};
  char long_name[257];
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    const tls_pair_options options = {.server_name = names[i]};
    expect_refused(&options, MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME, "SSL");
  }
  memset(long_name, 'a', 255);
  long_name[255] = '\0';
  tls_pair pair;
  const tls_pair_options options = {.server_name = long_name};
  tls_pair_open(&pair, &options);
  mbedtls_ssl_conf_authmode(&pair.config, MBEDTLS_SSL_VERIFY_NONE);
  assert_int_equal(tls_pair_shake(&pair), WSS__TLS_READY);
  tls_pair_close(&pair);
}

static void one_byte_at_a_time(void **state) {
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    const tls_pair_options options = {.version = versions[v], .chunk = 1};
    tls_pair pair;
    tls_pair_connect(&pair, &options);
    tls_pair_client_write(&pair, "hello", 5);
    assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
    assert_memory_equal(wss__buf_data(&pair.received), "hello", 5);
    tls_pair_close(&pair);
  }
}

static void a_client_that_does_not_trust_us_is_named(void **state) {
  (void)state;
  for (size_t v = 0; v < 2; v++) {
    const tls_pair_options options = {.cert = "selfsigned.pem",
                                      .key = "selfsigned.key",
                                      .version = versions[v]};
    tls_pair pair;
    tls_pair_open(&pair, &options);
    assert_int_equal(tls_pair_shake(&pair), WSS_ERR_TLS);
    const char *why = wss__tls_channel_why(pair.channel);
    if (strstr(why, "peer sent alert 48 unknown_ca: ") == NULL)
      fail_msg("\"%s\"", why);
    assert_non_null(strstr(why, "self-signed"));
    /* RFC 8446 6.2: no answer to a fatal alert. In TLS 1.3 Mbed TLS's client
       sends it in the clear, which Mbed TLS's server takes for a bad record. */
    if (v == 0)
      assert_int_equal(pair.answered, 0);
    tls_pair_close(&pair);
  }
}

/* A ClientHello of TLS 1.1, with the suites of its time and x25519. */
static const uint8_t hello_1_1[] = {
    0x16, 0x03, 0x01, 0x00, 0x41, 0x01, 0x00, 0x00, 0x3d, 0x03, 0x02, 1,
    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,
    14,   15,   16,   17,   18,   19,   20,   21,   22,   23,   24,   25,
    26,   27,   28,   29,   30,   31,   32,   0x00, 0x00, 0x04, 0xc0, 0x09,
    0xc0, 0x13, 0x01, 0x00, 0x00, 0x10, 0x00, 0x0a, 0x00, 0x04, 0x00, 0x02,
    0x00, 0x1d, 0x00, 0x0b, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00};

static void tls_1_1_is_refused(void **state) {
  static const uint8_t alert[] = {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 70};
  tls_pair pair;
  (void)state;
  tls_pair_open(&pair, NULL);
  assert_int_equal(tls_pair_feed_bytes(&pair, hello_1_1, 5 + 0x41),
                   WSS_ERR_TLS);
  assert_int_equal(pair.to_client.length, sizeof alert);
  assert_memory_equal(wss__buf_data(&pair.to_client), alert, sizeof alert);
  assert_string_equal(wss__tls_channel_why(pair.channel),
                      "Mbed TLS: SSL - Handshake protocol not within min/max "
                      "boundaries");
  tls_pair_close(&pair);
}

/* A ClientHello that says it has size bytes. RFC 8446 5.1: a message may come
   in several records, so that its length is no reason to wait for a larger
   one. */
static void announce(uint8_t hello[9], uint32_t size) {
  static const uint8_t header[] = {0x16, 0x03, 0x01, 0x00, 0x41, 0x01};
  memcpy(hello, header, sizeof header);
  hello[6] = (uint8_t)(size >> 16);
  hello[7] = (uint8_t)(size >> 8);
  hello[8] = (uint8_t)size;
}

static void a_client_hello_is_refused_by_its_length(void **state) {
  static const uint8_t alert[] = {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 50};
  static const uint32_t sizes[] = {16381, 0x10000, 0xffffff};
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    for (size_t chunk = 0; chunk < 2; chunk++) {
      const tls_pair_options options = {.chunk = chunk};
      uint8_t hello[9];
      tls_pair pair;
      announce(hello, sizes[i]);
      tls_pair_open(&pair, &options);
      assert_int_equal(tls_pair_feed_bytes(&pair, hello, 8), WSS__TLS_WANT);
      assert_int_equal(tls_pair_feed_bytes(&pair, hello + 8, 1), WSS_ERR_TLS);
      assert_int_equal(pair.to_client.length, sizeof alert);
      assert_memory_equal(wss__buf_data(&pair.to_client), alert, sizeof alert);
      assert_string_equal(wss__tls_channel_why(pair.channel),
                          "the first TLS message is larger than 16 KiB");
      tls_pair_close(&pair);
    }
  }
}

/* RFC 8446 5.1 and 5.2: by its header, whatever Mbed TLS's buffer could hold.
 */
static void a_record_is_refused_by_its_length(void **state) {
  static const struct {
    uint8_t header[5];
    bool first; /* else behind a ClientHello */
    bool refused;
  } rows[] = {
      {{22, 3, 1, 0x40, 0}, true, false},  {{22, 3, 1, 0x40, 1}, true, true},
      {{22, 3, 1, 0xff, 255}, true, true}, {{23, 3, 3, 0x40, 17}, false, false},
      {{23, 3, 3, 0x40, 18}, false, true}, {{22, 3, 3, 0x40, 1}, false, true},
  };
  const tls_pair_options options = {.version = V13};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    tls_pair pair;
    tls_pair_open(&pair, &options);
    if (!rows[i].first) {
      (void)mbedtls_ssl_handshake(&pair.client);
      assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
      (void)mbedtls_ssl_handshake(&pair.client); /* reads our flight */
      wss__buf_free(&pair.to_server, &wss__default_allocator);
    }
    assert_int_equal(tls_pair_feed_bytes(&pair, rows[i].header, 5),
                     rows[i].refused ? WSS_ERR_TLS : WSS__TLS_WANT);
    if (rows[i].refused) {
      bool from_peer;
      assert_int_equal(wss__tls_channel_alert(pair.channel, &from_peer), 22);
      assert_false(from_peer);
      assert_non_null(
          strstr(wss__tls_channel_why(pair.channel), "record is larger"));
    }
    tls_pair_close(&pair);
  }
}

/* RFC 8446 7.4.2: of nothing but zeros comes a secret that everybody knows.
   Mbed TLS has written its ServerHello by then. */
static void a_key_share_without_a_secret_is_refused(void **state) {
  static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519, 0};
  static const uint8_t entry[] = {0, 0x33, 0, 0x26, 0, 0x24, 0, 0x1d, 0, 0x20};
  static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 47};
  const tls_pair_options options = {.version = V13, .groups = groups};
  tls_pair pair;
  (void)state;
  tls_pair_open(&pair, &options);
  (void)mbedtls_ssl_handshake(&pair.client);
  uint8_t *share = memmem(wss__buf_data(&pair.to_server), pair.to_server.length,
                          entry, sizeof entry);
  assert_non_null(share);
  memset(share + sizeof entry, 0, 32);
  assert_int_equal(tls_pair_feed(&pair), WSS_ERR_TLS);
  assert_true(pair.to_client.length > sizeof alert);
  assert_memory_equal(wss__buf_data(&pair.to_client) + pair.to_client.length -
                          sizeof alert,
                      alert, sizeof alert);
  tls_pair_close(&pair);
}

/* The largest that is taken: the first record holds all but one byte of what
   it may, so the answer comes with the second. */
static void a_client_hello_of_16_kib_is_taken(void **state) {
  static uint8_t hello[5 + 16384];
  tls_pair pair;
  (void)state;
  announce(hello, 16380);
  hello[3] = 16383 >> 8;
  hello[4] = 16383 & 255;
  tls_pair_open(&pair, NULL);
  assert_int_equal(tls_pair_feed_bytes(&pair, hello, 5 + 16383), WSS__TLS_WANT);
  assert_int_equal(pair.to_client.length, 0);
  assert_int_equal(tls_pair_feed_bytes(&pair, "\x16\x03\x01\x00\x01\x00", 6),
                   WSS_ERR_TLS);
  /* It is nothing but zeros, which is another alert. */
  assert_null(strstr(wss__tls_channel_why(pair.channel), "16 KiB"));
  tls_pair_close(&pair);
}

/* What stands there later is no length: the rest of a hello in two records. */
static void the_second_record_has_no_such_length(void **state) {
  uint8_t records[5 + 4 + 5 + 0x41 - 4];
  tls_pair pair;
  (void)state;
  memcpy(records, hello_1_1, 5 + 4);
  records[4] = 4;
  memcpy(records + 9, hello_1_1, 5);
  records[13] = 0x41 - 4;
  memcpy(records + 14, hello_1_1 + 9, 0x41 - 4);
  memset(records + 15, 0xff, 3); /* where its version is */
  tls_pair_open(&pair, NULL);
  assert_int_equal(tls_pair_feed_bytes(&pair, records, sizeof records),
                   WSS_ERR_TLS);
  assert_null(strstr(wss__tls_channel_why(pair.channel), "16 KiB"));
  tls_pair_close(&pair);
}

/* Nor what is sealed with ChaCha20-Poly1305, which is random from there on. */
static void a_sealed_message_has_no_such_length(void **state) {
  static const int suites[] = {
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, 0};
  static const uint8_t hello[] = {1, 0, 0, 2, 3, 3};
  const tls_pair_options options = {.version = V12, .suites = suites};
  tls_pair pair;
  (void)state;
  tls_pair_connect(&pair, &options);
  tls_pair_client_record(&pair, MBEDTLS_SSL_MSG_HANDSHAKE, hello, sizeof hello);
  assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
  tls_pair_close(&pair);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_supported_key_in_both_versions),
      cmocka_unit_test(the_best_version_and_suite_by_default),
      cmocka_unit_test(the_server_prefers_in_tls_1_2),
      cmocka_unit_test(every_suite_by_its_iana_name),
      cmocka_unit_test(weaker_suites_are_refused),
      cmocka_unit_test(only_x25519_and_p256_exchange_keys),
      cmocka_unit_test(alpn_chooses_http_1_1),
      cmocka_unit_test(alpn_without_http_1_1_is_refused),
      cmocka_unit_test(alpn_of_the_program),
      cmocka_unit_test(no_alpn_ignores_what_is_offered),
      cmocka_unit_test(without_sni_there_is_no_name),
      cmocka_unit_test(a_name_with_other_bytes_is_refused),
      cmocka_unit_test(one_byte_at_a_time),
      cmocka_unit_test(a_client_that_does_not_trust_us_is_named),
      cmocka_unit_test(tls_1_1_is_refused),
      cmocka_unit_test(a_client_hello_is_refused_by_its_length),
      cmocka_unit_test(a_record_is_refused_by_its_length),
      cmocka_unit_test(a_key_share_without_a_secret_is_refused),
      cmocka_unit_test(a_client_hello_of_16_kib_is_taken),
      cmocka_unit_test(the_second_record_has_no_such_length),
      cmocka_unit_test(a_sealed_message_has_no_such_length),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
