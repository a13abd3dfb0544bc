/* SHA-256 and SHA-224, by src/tls/accel/sha256.c or, without it, by Mbed TLS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/md.h>
#include <mbedtls/sha256.h>

#include "support/hex.h"

#define MILLION 1000000

/* FIPS 180-4's examples. */
static const struct {
  const char *text;
  const char *sha256;
  const char *sha224;
} rows[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
     "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525"},
};

static void known_answers(void **state) {
  uint8_t digest[32];
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const unsigned char *text = (const unsigned char *)rows[i].text;
    size_t size = strlen(rows[i].text);
    assert_int_equal(mbedtls_sha256(text, size, digest, 0), 0);
    hex_equal(digest, rows[i].sha256);
    assert_int_equal(mbedtls_sha256(text, size, digest, 1), 0);
    hex_equal(digest, rows[i].sha224);
  }
}

static void a_million(void **state) {
  uint8_t digest[32];
  unsigned char *text = malloc(MILLION);
  (void)state;
  assert_non_null(text);
  memset(text, 'a', MILLION);
  assert_int_equal(mbedtls_sha256(text, MILLION, digest, 0), 0);
  hex_equal(digest,
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  free(text);
}

/* Every size around the blocks, in pieces of every size, a copy made in the
   middle, which goes its own way. */
static void pieces_and_copies(void **state) {
  uint8_t text[200];
  uint8_t whole[32];
  uint8_t digest[32];
  (void)state;
  for (size_t i = 0; i < sizeof text; i++)
    text[i] = (uint8_t)(i * 7);
  for (size_t size = 0; size <= sizeof text; size++) {
    assert_int_equal(mbedtls_sha256(text, size, whole, 0), 0);
    for (size_t piece = 1; piece <= 130; piece += 1 + piece / 8) {
      mbedtls_sha256_context context;
      mbedtls_sha256_context copy;
      mbedtls_sha256_init(&context);
      mbedtls_sha256_init(&copy);
      assert_int_equal(mbedtls_sha256_starts(&context, 0), 0);
      for (size_t at = 0; at < size; at += piece) {
        size_t some = size - at < piece ? size - at : piece;
        assert_int_equal(mbedtls_sha256_update(&context, text + at, some), 0);
        assert_int_equal(mbedtls_sha256_update(&context, NULL, 0), 0);
        if (at <= size / 2)
          mbedtls_sha256_clone(&copy, &context);
      }
      if (size > 0) {
        assert_int_equal(mbedtls_sha256_update(&copy, text, 1), 0);
        assert_int_equal(mbedtls_sha256_finish(&copy, digest), 0);
        assert_memory_not_equal(digest, whole, sizeof digest);
      }
      assert_int_equal(mbedtls_sha256_finish(&context, digest), 0);
      assert_memory_equal(digest, whole, sizeof digest);
      mbedtls_sha256_free(&copy);
      mbedtls_sha256_free(&context);
    }
  }
}

static void a_context_starts_anew(void **state) {
  uint8_t digest[32];
  mbedtls_sha256_context context;
  (void)state;
  mbedtls_sha256_init(&context);
  assert_int_equal(mbedtls_sha256_starts(&context, 2),
                   MBEDTLS_ERR_SHA256_BAD_INPUT_DATA);
  assert_int_equal(mbedtls_sha256_starts(&context, 1), 0);
  assert_int_equal(mbedtls_sha256_update(&context, digest, 3), 0);
  assert_int_equal(mbedtls_sha256_starts(&context, 0), 0);
  assert_int_equal(
      mbedtls_sha256_update(&context, (const unsigned char *)"abc", 3), 0);
  assert_int_equal(mbedtls_sha256_finish(&context, digest), 0);
  hex_equal(digest, rows[1].sha256);
  mbedtls_sha256_free(&context);
  for (size_t i = 0; i < sizeof context; i++)
    assert_int_equal(((unsigned char *)&context)[i], 0);
  mbedtls_sha256_free(NULL);
}

/* RFC 4231 4.3: what the PRF, HKDF and the nonces of RFC 6979 use. */
static void hmac(void **state) {
  uint8_t digest[32];
  const char *text = "what do ya want for nothing?";
  (void)state;
  assert_int_equal(mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256),
                                   (const unsigned char *)"Jefe", 4,
                                   (const unsigned char *)text, strlen(text),
                                   digest),
                   0);
  hex_equal(digest,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_answers),         cmocka_unit_test(a_million),
      cmocka_unit_test(pieces_and_copies),     cmocka_unit_test(hmac),
      cmocka_unit_test(a_context_starts_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
