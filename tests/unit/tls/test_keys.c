/* Keys: RFC 8448's of TLS 1.3; those of TLS 1.2 and later generations were
   computed from RFC 5246 5 and RFC 8446 7 by other means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/hex.h"
#include "tls/keys.h"

#define CLIENT MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET
#define SERVER MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET

static const uint8_t nothing[32];

static void export13(wss__tls_exported *exported,
                     mbedtls_ssl_key_export_type type, const char *text) {
  uint8_t secret[64];
  size_t size = hex_bytes(secret, sizeof secret, text);
  wss__tls_keys_export(exported, type, secret, size, nothing, nothing,
                       MBEDTLS_SSL_TLS_PRF_NONE);
}

static void export12(wss__tls_exported *exported, mbedtls_tls_prf_types prf) {
  uint8_t master[48];
  uint8_t client[32];
  uint8_t server[32];
  for (size_t i = 0; i < sizeof master; i++)
    master[i] = (uint8_t)i;
  for (size_t i = 0; i < sizeof client; i++) {
    client[i] = (uint8_t)(100 + i);
    server[i] = (uint8_t)(200 + i);
  }
  memset(exported, 0, sizeof *exported);
  wss__tls_keys_export(exported, MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET,
                       master, sizeof master, client, server, prf);
}

static void keys_of_rfc_8448(void **state) {
  const wss__tls_suite *suite =
      wss__tls_suite_find(MBEDTLS_TLS1_3_AES_128_GCM_SHA256);
  wss__tls_exported exported = {0};
  wss__tls_traffic client;
  wss__tls_traffic server;
  (void)state;
  export13(&exported, CLIENT,
           "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
  assert_int_equal(wss__tls_keys_derive(&exported, suite, &client, &server),
                   WSS_ERR_UNSUPPORTED);
  export13(&exported, MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_EARLY_SECRET, "01");
  export13(&exported, SERVER,
           "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
  assert_int_equal(wss__tls_keys_derive(&exported, suite, &client, &server), 0);
  hex_equal(client.key, "17422dda596ed5d9acd890e3c63f5051");
  hex_equal(client.iv, "5b78923dee08579033e523d9");
  hex_equal(server.key, "9f02283b6c9c07efc26bb9f2ac92e356");
  hex_equal(server.iv, "cf782b88dd83549aadf1e984");
  assert_int_equal(client.sequence, 0);
  server.sequence = 7;
  assert_int_equal(wss__tls_keys_update(suite, &server), 0);
  hex_equal(server.secret,
            "51921b8aa3001976eb401d0a4319a8516416a6c56001a357e5d162031e84f916");
  assert_int_equal(server.sequence, 0);
}

static void keys_with_sha_384(void **state) {
  const wss__tls_suite *suite =
      wss__tls_suite_find(MBEDTLS_TLS1_3_AES_256_GCM_SHA384);
  static const char secret[] =
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
      "202122232425262728292a2b2c2d2e2f";
  wss__tls_exported exported = {0};
  wss__tls_traffic client;
  wss__tls_traffic server;
  (void)state;
  export13(&exported, CLIENT, secret);
  export13(&exported, SERVER, secret);
  assert_int_equal(wss__tls_keys_derive(&exported, suite, &client, &server), 0);
  hex_equal(client.key,
            "6877d022f1c61d24ebb7487c16752d9a4798e40431c75b39320e537c90e23225");
  hex_equal(client.iv, "42822531a0fe88648fc09e9f");
  assert_memory_equal(&client, &server, sizeof client);
  assert_int_equal(wss__tls_keys_update(suite, &client), 0);
  hex_equal(client.secret,
            "401331b63e9d59f202e8f041042d9516f4cd7fa2e2ee14631d3b49fc340d7af3"
            "7fc2c0c9f252d8036f81ec5b85cbe5db");
}

static void key_blocks_of_tls_1_2(void **state) {
  static const struct {
    int suite;
    mbedtls_tls_prf_types prf;
    const char *client_key, *server_key, *client_iv, *server_iv;
  } rows[] = {
      {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
       MBEDTLS_SSL_TLS_PRF_SHA256, "de62d3ee5dc8b42d2f657afce5c1a5bd",
       "07033d2a02facf4db7c22ce88bf3cca3", "5f352e46", "b91ee32d"},
      {MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
       MBEDTLS_SSL_TLS_PRF_SHA384,
       "2df9d6055794d3c919f265a64be20e36531b6c808ce08bd7d5d8e219524579d0",
       "1f4ccfad325acca3ca0b05d6db158d68c6eb35277fe2e12273c0cccee39a4e53",
       "e8534ed7", "6aaad589"},
      {MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
       MBEDTLS_SSL_TLS_PRF_SHA256,
       "de62d3ee5dc8b42d2f657afce5c1a5bd07033d2a02facf4db7c22ce88bf3cca3",
       "5f352e46b91ee32d419c4f53c604599625ee4e7a5eb33026440c206cf046931b",
       "15997d79a841d73916832493", "177294f30b8d166c80af4fdb"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const wss__tls_suite *suite = wss__tls_suite_find(rows[i].suite);
    wss__tls_exported exported;
    wss__tls_traffic client;
    wss__tls_traffic server;
    export12(&exported, rows[i].prf);
    assert_int_equal(wss__tls_keys_derive(&exported, suite, &client, &server),
                     0);
    hex_equal(client.key, rows[i].client_key);
    hex_equal(server.key, rows[i].server_key);
    hex_equal(client.iv, rows[i].client_iv);
    hex_equal(server.iv, rows[i].server_iv);
  }
}

static void what_was_not_exported_is_not_guessed(void **state) {
  const wss__tls_suite *suite12 =
      wss__tls_suite_find(MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);
  const wss__tls_suite *suite13 =
      wss__tls_suite_find(MBEDTLS_TLS1_3_AES_256_GCM_SHA384);
  wss__tls_exported exported = {0};
  wss__tls_traffic client;
  wss__tls_traffic server;
  uint8_t secret[64] = {0};
  (void)state;
  /* Larger than any secret, and of another size than the hash's. */
  wss__tls_keys_export(&exported, CLIENT, secret, sizeof secret, nothing,
                       nothing, MBEDTLS_SSL_TLS_PRF_NONE);
  wss__tls_keys_export(&exported, SERVER, secret, 32, nothing, nothing,
                       MBEDTLS_SSL_TLS_PRF_NONE);
  assert_int_equal(exported.client_size, 0);
  assert_int_equal(wss__tls_keys_derive(&exported, suite13, &client, &server),
                   WSS_ERR_UNSUPPORTED);
  wss__tls_keys_export(&exported, MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET,
                       secret, 47, nothing, nothing,
                       MBEDTLS_SSL_TLS_PRF_SHA256);
  assert_int_equal(wss__tls_keys_derive(&exported, suite12, &client, &server),
                   WSS_ERR_UNSUPPORTED);
  export12(&exported, MBEDTLS_SSL_TLS_PRF_NONE);
  assert_int_equal(wss__tls_keys_derive(&exported, suite12, &client, &server),
                   WSS_ERR_TLS);
}

static void suites_that_are_not_covered(void **state) {
  (void)state;
  assert_null(wss__tls_suite_find(MBEDTLS_TLS_RSA_WITH_AES_128_GCM_SHA256));
  assert_null(wss__tls_suite_find(MBEDTLS_TLS1_3_AES_128_CCM_SHA256));
  assert_null(wss__tls_suite_find(0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_of_rfc_8448),
      cmocka_unit_test(keys_with_sha_384),
      cmocka_unit_test(key_blocks_of_tls_1_2),
      cmocka_unit_test(what_was_not_exported_is_not_guessed),
      cmocka_unit_test(suites_that_are_not_covered),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
