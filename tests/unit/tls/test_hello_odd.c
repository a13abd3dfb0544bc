/* ClientHellos as browsers, other programs and the roads between send them: in
   pieces, large, with things in them that nobody knows. The handshake has to
   finish where the RFCs let it, on both record layers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/raw_client.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const wss_record_layer layers[] = {WSS_RECORD_OWN, WSS_RECORD_MBEDTLS};

static raw_client client;

static void expect_info(tls_pair *pair, const char *name, const char *alpn) {
  wss_tls_info info;
  wss__tls_channel_info(pair->channel, &info);
  assert_string_equal(info.version, "TLSv1.3");
  if (name == NULL)
    assert_null(info.server_name);
  else
    assert_string_equal(info.server_name, name);
  if (alpn == NULL)
    assert_null(info.alpn);
  else
    assert_string_equal(info.alpn, alpn);
}

/* Whether it was by a HelloRetryRequest is told. */
static bool connects(const raw_hello *hello, const char *name, const char *alpn,
                     size_t chunk) {
  bool retried = false;
  for (size_t i = 0; i < COUNT_OF(layers); i++) {
    const tls_pair_options options = {.record_layer = layers[i],
                                      .chunk = chunk};
    tls_pair pair;
    tls_pair_open(&pair, &options);
    raw_client_connect(&client, &pair, hello);
    expect_info(&pair, name, alpn);
    retried = client.retried;
    raw_client_close(&client);
    tls_pair_close(&pair);
  }
  return retried;
}

static void refused(const raw_hello *hello, int alert) {
  bool from_peer;
  tls_pair pair;
  tls_pair_open(&pair, NULL);
  raw_client_open(&client, &pair, hello);
  assert_int_equal(raw_client_hello(&client), WSS_ERR_TLS);
  assert_int_equal(wss__tls_channel_alert(pair.channel, &from_peer), alert);
  assert_false(from_peer);
  raw_client_close(&client);
  tls_pair_close(&pair);
}

static void the_plain_one(void **state) {
  const raw_hello hello = {.name = "localhost", .name_size = 9};
  (void)state;
  assert_false(connects(&hello, "localhost", NULL, 0));
}

/* As Chromium: GREASE (RFC 8701) everywhere, what libwss does not know, two
   shares of which the first is post-quantum. */
static const uint16_t browser_groups[] = {RAW_MLKEM, RAW_X25519, RAW_P256,
                                          RAW_P384, 0};
static const uint16_t browser_shares[] = {RAW_MLKEM, RAW_X25519, 0};
static const raw_hello browser = {.groups = browser_groups,
                                  .shares = browser_shares,
                                  .name = "localhost",
                                  .name_size = 9,
                                  .protocols = "\2h2\x08http/1.1",
                                  .protocols_size = 12,
                                  .grease = true,
                                  .unknown = true,
                                  .change_cipher = true};

static void as_a_browser(void **state) {
  raw_hello hello = browser;
  (void)state;
  assert_false(connects(&hello, "localhost", "http/1.1", 0));
  assert_int_equal(client.group, RAW_X25519);
  hello.backwards = true;
  assert_false(connects(&hello, "localhost", "http/1.1", 0));
  hello.protocols_size = 3;
  refused(&hello, 120); /* no_application_protocol */
}

/* The only share is one that libwss has no group for. */
static void post_quantum_alone_takes_a_retry(void **state) {
  static const uint16_t shares[] = {RAW_MLKEM, 0};
  static const uint16_t none[] = {0};
  static const uint16_t alone[] = {RAW_MLKEM, 0};
  static const uint16_t p256[] = {RAW_MLKEM, RAW_P384, RAW_P256, 0};
  raw_hello hello = browser;
  (void)state;
  hello.shares = shares;
  assert_true(connects(&hello, "localhost", "http/1.1", 0));
  assert_int_equal(client.group, RAW_X25519);
  hello.groups = p256;
  assert_true(connects(&hello, "localhost", "http/1.1", 0));
  assert_int_equal(client.group, RAW_P256);
  hello.shares = none; /* RFC 8446 4.2.8: to ask for a HelloRetryRequest */
  assert_true(connects(&hello, "localhost", "http/1.1", 0));
  hello.shares = shares;
  hello.groups = alone;
  refused(&hello, 40); /* handshake_failure */
}

/* Mbed TLS takes no mode that it does not know; no browser has one (RFC 8701 2
   would let it). */
static void a_mode_that_nobody_knows(void **state) {
  raw_hello hello = browser;
  (void)state;
  hello.grease_modes = true;
  refused(&hello, 47); /* illegal_parameter */
}

/* ---- In pieces ----------------------------------------------------------- */

/* RFC 8446 5.1: a message may be cut anywhere. */
static void in_records_of_every_size(void **state) {
  static const size_t firsts[] = {0, 1, 2, 3, 4, 5, 6, 9, 43, 44, 100};
  static const size_t records[] = {1, 2, 3, 4, 5, 7, 64, 512, 1400, 16384};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(firsts); i++) {
    for (size_t k = 0; k < COUNT_OF(records); k++) {
      raw_hello hello = browser;
      hello.first = firsts[i];
      hello.record = records[k];
      assert_false(connects(&hello, "localhost", "http/1.1", 0));
    }
  }
}

/* Both of them, in the second case. */
static void in_records_and_in_segments(void **state) {
  static const uint16_t shares[] = {RAW_MLKEM, 0};
  static const size_t records[] = {0, 1, 3, 4, 1000};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(records); i++) {
    for (size_t chunk = 1; chunk < 8; chunk += 3) {
      raw_hello hello = browser;
      hello.record = records[i];
      assert_false(connects(&hello, "localhost", "http/1.1", chunk));
      hello.shares = shares;
      assert_true(connects(&hello, "localhost", "http/1.1", chunk));
    }
  }
}

/* ---- Large --------------------------------------------------------------- */

static void of_every_size(void **state) {
  static const size_t sizes[] = {4096, 8192, 16383, 16384};
  static const size_t records[] = {0, 1, 5, 1000, 16380, 16383};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    for (size_t k = 0; k < COUNT_OF(records); k++) {
      raw_hello hello = browser;
      hello.size = sizes[i];
      hello.record = records[k];
      assert_false(connects(&hello, "localhost", "http/1.1", 0));
    }
  }
}

static void above_the_limit(void **state) {
  static const size_t sizes[] = {16385, 20000, 66000};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    raw_hello hello = browser;
    hello.size = sizes[i];
    refused(&hello, 50); /* decode_error */
    hello.record = 4;
    refused(&hello, 50);
    hello.record = 1;
    refused(&hello, 50);
  }
}

/* The HelloRetryRequest makes no difference to it. */
static void a_large_one_is_asked_to_come_again(void **state) {
  static const uint16_t shares[] = {RAW_MLKEM, 0};
  raw_hello hello = browser;
  (void)state;
  hello.shares = shares;
  hello.size = 16384;
  hello.record = 5000;
  assert_true(connects(&hello, "localhost", "http/1.1", 0));
  hello.again = 4000;
  hello.record = 1;
  assert_true(connects(&hello, "localhost", "http/1.1", 0));
  hello.again = 16385;
  refused(&hello, 50);
  hello.record = 0;
  refused(&hello, 50);
}

/* ---- Names --------------------------------------------------------------- */

static void no_name(void **state) {
  raw_hello hello = browser;
  (void)state;
  hello.name = NULL;
  assert_false(connects(&hello, NULL, "http/1.1", 0));
}

/* RFC 6066 3 has no literal addresses; clients send them all the same. */
static void names_that_are_addresses(void **state) {
  static const char *const names[] = {
      "127.0.0.1", "::1", "[2001:db8::1]", "a.test.", "under_score.test", "a"};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    raw_hello hello = browser;
    hello.name = names[i];
    hello.name_size = strlen(names[i]);
    assert_false(connects(&hello, names[i], "http/1.1", 0));
  }
}

/* RFC 1035 2.3.4. */
static void long_names(void **state) {
  static char name[257];
  static const size_t sizes[] = {63, 253, 254, 255};
  raw_hello hello = browser;
  (void)state;
  hello.name = name;
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    memset(name, 'a', sizes[i]);
    name[sizes[i]] = '\0';
    hello.name_size = sizes[i];
    assert_false(connects(&hello, name, "http/1.1", 0));
  }
  memset(name, 'a', 256);
  hello.name_size = 256;
  refused(&hello, 112); /* unrecognized_name */
  hello.name_size = 0;
  refused(&hello, 112);
}

/* RFC 6066 3: of a type that is not known yet. */
static void a_name_of_another_type(void **state) {
  raw_hello hello = browser;
  (void)state;
  hello.other_name = "\1\0\4host";
  hello.other_name_size = 7;
  assert_false(connects(&hello, "localhost", "http/1.1", 0));
}

/* ---- TLS 1.2 ------------------------------------------------------------- */

/* The flight up to ServerHelloDone comes. */
static void of_tls_1_2(void **state) {
  static const uint8_t done[] = {14, 0, 0, 0};
  static const size_t records[] = {0, 1, 3, 4, 500};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(records); i++) {
    raw_hello hello = browser;
    tls_pair pair;
    hello.tls12 = true;
    hello.record = records[i];
    tls_pair_open(&pair, NULL);
    raw_client_open(&client, &pair, &hello);
    assert_int_equal(raw_client_hello(&client), WSS__TLS_WANT);
    assert_true(pair.to_client.length > sizeof done);
    assert_memory_equal(wss__buf_data(&pair.to_client) + pair.to_client.length -
                            sizeof done,
                        done, sizeof done);
    raw_client_close(&client);
    tls_pair_close(&pair);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_plain_one),
      cmocka_unit_test(as_a_browser),
      cmocka_unit_test(post_quantum_alone_takes_a_retry),
      cmocka_unit_test(a_mode_that_nobody_knows),
      cmocka_unit_test(in_records_of_every_size),
      cmocka_unit_test(in_records_and_in_segments),
      cmocka_unit_test(of_every_size),
      cmocka_unit_test(above_the_limit),
      cmocka_unit_test(a_large_one_is_asked_to_come_again),
      cmocka_unit_test(no_name),
      cmocka_unit_test(names_that_are_addresses),
      cmocka_unit_test(long_names),
      cmocka_unit_test(a_name_of_another_type),
      cmocka_unit_test(of_tls_1_2),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
