/* Payloads of Close frames: every code, every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ws/close.h"
#include "wss/wss.h"

/* RFC 6455 7.4 and IANA's registry: 1004 is reserved, 1005, 1006 and 1015 are
   never sent, 1016-2999 belong to later versions. */
static bool sendable(int code) {
  switch (code) {
  case 1000:
  case 1001:
  case 1002:
  case 1003:
  case 1007:
  case 1008:
  case 1009:
  case 1010:
  case 1011:
  case 1012:
  case 1013:
  case 1014:
    return true;
  default:
    return code >= 3000 && code < 5000;
  }
}

static int unpack(const uint8_t *payload, size_t size) {
  const uint8_t *reason;
  size_t reason_size;
  return wss__close_unpack(payload, size, &reason, &reason_size);
}

static void every_code(void **state) {
  int code;
  (void)state;
  for (code = 0; code <= 65535; code++) {
    uint8_t payload[] = {(uint8_t)(code >> 8), (uint8_t)code, 'o', 'k'};
    int expected = sendable(code) ? code : WSS_ERR_PROTOCOL;
    assert_int_equal(wss__close_code_valid(code), sendable(code));
    assert_int_equal(unpack(payload, 2), expected);
    assert_int_equal(unpack(payload, 4), expected);
    if (sendable(code)) {
      uint8_t written[WSS__MAX_CLOSE_PAYLOAD];
      assert_int_equal(wss__close_pack(written, code, "ok", 2), 4);
      assert_memory_equal(written, payload, 4);
    }
  }
  assert_false(wss__close_code_valid(-1));
  assert_false(wss__close_code_valid(65536 + 1000));
}

static void every_size(void **state) {
  uint8_t payload[WSS__MAX_CLOSE_PAYLOAD];
  size_t size;
  (void)state;
  memset(payload, 'r', sizeof payload);
  payload[0] = 0x03;
  payload[1] = 0xe8;
  for (size = 0; size <= sizeof payload; size++) {
    const uint8_t *reason = NULL;
    size_t reason_size = 1000;
    int code = wss__close_unpack(payload, size, &reason, &reason_size);
    assert_int_equal(code, size == 0   ? 1005
                           : size == 1 ? WSS_ERR_PROTOCOL
                                       : 1000);
    assert_int_equal(reason_size, size < 2 ? 0 : size - 2);
    if (size >= 2)
      assert_ptr_equal(reason, payload + 2);
  }
}

static void a_reason_is_utf8(void **state) {
  static const char *const bad[] = {
      "\x80",    "\xff", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80",
      "\xc0\xaf"};
  uint8_t payload[WSS__MAX_CLOSE_PAYLOAD];
  size_t i;
  size_t at;
  (void)state;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    size_t size = strlen(bad[i]);
    for (at = 2; at + size <= sizeof payload; at++) {
      memset(payload, 'r', sizeof payload);
      payload[0] = 0x0b;
      payload[1] = 0xb8;
      memcpy(payload + at, bad[i], size);
      assert_int_equal(unpack(payload, at + size), WSS_ERR_UTF8);
      assert_int_equal(unpack(payload, sizeof payload), WSS_ERR_UTF8);
    }
  }
  assert_int_equal(unpack((const uint8_t *)"\x0b\xb8\xe2\x82\xac", 5), 3000);
  /* A bad code is told before a bad reason. */
  assert_int_equal(unpack((const uint8_t *)"\x03\xed\xff", 3),
                   WSS_ERR_PROTOCOL);
}

static void written_and_read_back(void **state) {
  uint8_t payload[WSS__MAX_CLOSE_PAYLOAD];
  char text[WSS__MAX_CLOSE_REASON];
  size_t size;
  (void)state;
  memset(text, 'w', sizeof text);
  for (size = 0; size <= sizeof text; size++) {
    const uint8_t *reason;
    size_t reason_size;
    memset(payload, 0, sizeof payload);
    assert_int_equal(wss__close_pack(payload, 4321, text, size), size + 2);
    assert_int_equal(
        wss__close_unpack(payload, size + 2, &reason, &reason_size), 4321);
    assert_int_equal(reason_size, size);
    assert_memory_equal(reason, text, size);
  }
  assert_int_equal(wss__close_pack(payload, 1000, NULL, 0), 2);
  assert_int_equal(wss__close_pack(payload, WSS__CLOSE_NO_STATUS, NULL, 0), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_code),
      cmocka_unit_test(every_size),
      cmocka_unit_test(a_reason_is_utf8),
      cmocka_unit_test(written_and_read_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
