/* Base64: RFC 4648 10, and everything a strict decoder refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int decode(const char *text, uint8_t *data, size_t capacity) {
  return wss__base64_decode(text, strlen(text), data, capacity);
}

static void rfc_4648_10(void **state) {
  static const char *const vectors[][2] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
    const char *plain = vectors[i][0];
    size_t size = strlen(plain);
    char text[16] = {0};
    uint8_t data[16] = {0};
    assert_int_equal(wss__base64_encode(plain, size, text),
                     WSS__BASE64_SIZE(size));
    assert_string_equal(text, vectors[i][1]);
    assert_int_equal(decode(text, data, sizeof data), size);
    assert_memory_equal(data, plain, size);
  }
}

static void rfc_6455_1_3(void **state) {
  static const uint8_t digest[] = {0xb3, 0x7a, 0x4f, 0x2c, 0xc0, 0x62, 0x4f,
                                   0x16, 0x90, 0xf6, 0x46, 0x06, 0xcf, 0x38,
                                   0x59, 0x45, 0xb2, 0xbe, 0xc4, 0xea};
  char text[29] = {0};
  uint8_t nonce[16];
  (void)state;
  (void)wss__base64_encode(digest, sizeof digest, text);
  assert_string_equal(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  assert_int_equal(decode("dGhlIHNhbXBsZSBub25jZQ==", nonce, 16), 16);
  assert_memory_equal(nonce, "the sample nonce", 16);
}

static void every_two_bytes_go_round(void **state) {
  unsigned pair;
  (void)state;
  for (pair = 0; pair < 65536; pair++) {
    uint8_t bytes[3] = {(uint8_t)(pair >> 8), (uint8_t)pair, (uint8_t)pair};
    size_t size;
    for (size = 1; size <= 3; size++) {
      char text[4];
      uint8_t back[3];
      assert_int_equal(wss__base64_encode(bytes, size, text), 4);
      assert_int_equal(wss__base64_decode(text, 4, back, size), size);
      assert_memory_equal(back, bytes, size);
    }
  }
}

static void a_byte_outside_the_alphabet(void **state) {
  unsigned byte;
  (void)state;
  for (byte = 0; byte < 256; byte++) {
    size_t at;
    for (at = 0; at < 8; at++) {
      char text[] = "AAAAAAAA";
      uint8_t data[6];
      bool valid = byte != 0 && strchr(alphabet, (int)byte) != NULL;
      bool pads = byte == '=' && at == 7;
      int expected = valid ? 6 : pads ? 5 : -1;
      text[at] = (char)byte;
      assert_int_equal(wss__base64_decode(text, 8, data, 6), expected);
    }
  }
}

static void wrong_padding(void **state) {
  static const char *const texts[] = {
      "Z",         "Zg",       "Zg=",      "Z===",     "====",
      "=",         "==",       "Zg==Zg==", "Zm8=Zm8=", "Zg=a",
      "Zg==\n",    "Zg== ",    " Zg==",    "Zm9vYg=",  "Zm9vYg",
      "Zm9vYg===", "Zm9v====", "Zm9v=",    "=m9v",     "Z=9v",
      "Zm=v",      "=Zg=",     "Zm 9v",    "Zm9-",     "Zm9_",
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    uint8_t data[16];
    assert_int_equal(decode(texts[i], data, sizeof data), -1);
  }
}

/* RFC 4648 3.5: of all last characters, those whose free bits are zero. */
static void trailing_bits_are_zero(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < 64; i++) {
    char two[] = "A?==";
    char three[] = "AA?=";
    uint8_t data[3];
    two[1] = alphabet[i];
    three[2] = alphabet[i];
    assert_int_equal(decode(two, data, 3), (i & 15) == 0 ? 1 : -1);
    assert_int_equal(decode(three, data, 3), (i & 3) == 0 ? 2 : -1);
  }
}

static void too_little_room(void **state) {
  uint8_t data[8];
  size_t capacity;
  (void)state;
  for (capacity = 0; capacity <= 6; capacity++) {
    memset(data, 0x5a, sizeof data);
    assert_int_equal(decode("Zm9vYmFy", data, capacity), capacity < 6 ? -1 : 6);
    assert_int_equal(data[capacity], 0x5a);
  }
  assert_int_equal(decode("Zg==", data, 0), -1);
  assert_int_equal(decode("", data, 0), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rfc_4648_10),
      cmocka_unit_test(rfc_6455_1_3),
      cmocka_unit_test(every_two_bytes_go_round),
      cmocka_unit_test(a_byte_outside_the_alphabet),
      cmocka_unit_test(wrong_padding),
      cmocka_unit_test(trailing_bits_are_zero),
      cmocka_unit_test(too_little_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
