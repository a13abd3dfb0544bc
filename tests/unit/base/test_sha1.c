/* SHA-1: the vectors of RFC 3174 7.3, FIPS 180 and RFC 6455 1.3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sha1.h"

static void expect(const void *data, size_t size, const char *hex) {
  uint8_t digest[WSS__SHA1_SIZE];
  char text[2 * WSS__SHA1_SIZE + 1];
  size_t i;
  wss__sha1(data, size, digest);
  for (i = 0; i < sizeof digest; i++)
    (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
  assert_string_equal(text, hex);
}

static void expect_text(const char *text, const char *hex) {
  expect(text, strlen(text), hex);
}

static void expect_repeated(const char *text, size_t times, const char *hex) {
  size_t size = strlen(text);
  char *all = malloc(size * times);
  size_t i;
  assert_non_null(all);
  for (i = 0; i < times; i++)
    memcpy(all + i * size, text, size);
  expect(all, size * times, hex);
  free(all);
}

static void rfc_3174_7_3(void **state) {
  (void)state;
  expect_text("abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
  expect_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
              "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  expect_repeated("a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  expect_repeated(
      "0123456701234567012345670123456701234567012345670123456701234567", 10,
      "dea356a2cddd90c7a7ecedc5ebb563934f460452");
}

static void the_empty_text(void **state) {
  (void)state;
  expect(NULL, 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

static void rfc_6455_1_3(void **state) {
  (void)state;
  expect_text("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
              "b37a4f2cc0624f1690f64606cf385945b2bec4ea");
}

/* The padding at each size about a block's end, against a well-known tool. */
static void sizes_about_a_block(void **state) {
  static const struct {
    size_t size;
    const char *hex;
  } vectors[] = {
      {1, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
      {54, "b05d71c64979cb95fa74a33cdb31a40d258ae02e"},
      {55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"},
      {56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"},
      {57, "f08f24908d682555111be7ff6f004e78283d989a"},
      {60, "13d956033d9af449bfe2c4ef78c17c20469c4bf1"},
      {63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"},
      {64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"},
      {65, "11655326c708d70319be2610e8a57d9a5b959d3b"},
      {119, "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"},
      {120, "f34c1488385346a55709ba056ddd08280dd4c6d6"},
      {127, "89d95fa32ed44a7c610b7ee38517ddf57e0bb975"},
      {128, "ad5b3fdbcb526778c2839d2f151ea753995e26a0"},
      {129, "d96debf1bdcbc896e6c134ea76e8141f40d78536"},

  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
    expect_repeated("a", vectors[i].size, vectors[i].hex);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rfc_3174_7_3),
      cmocka_unit_test(the_empty_text),
      cmocka_unit_test(rfc_6455_1_3),
      cmocka_unit_test(sizes_about_a_block),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
