/* Frame headers, against a second reading of RFC 6455 5.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "frame_reference.h"
#include "ws/frame.h"

/* ---- Every header -------------------------------------------------------- */

static void agree(const uint8_t *data, size_t size) {
  wss__frame frame;
  const char *why = NULL;
  uint64_t length = 0;
  int expected = ref_frame(data, size, &length);
  int result = wss__frame_unpack(data, size, &frame, &why);
  if (result != expected)
    fail_msg("%02x %02x, %zu bytes: %d instead of %d", data[0], data[1], size,
             result, expected);
  if (result < 0) {
    assert_non_null(why);
    assert_non_null(strstr(why, "RFC 6455"));
  }
  if (result > 0) {
    assert_int_equal(frame.fin, data[0] >> 7);
    assert_int_equal(frame.opcode, data[0] & 15);
    assert_int_equal(frame.length, length);
    assert_memory_equal(frame.mask, data + result - 4, 4);
  }
}

/* All first two bytes, with lengths of each class behind, cut everywhere. */
static void a3_every_first_two_bytes(void **state) {
  size_t headers = 0;
  unsigned first;
  (void)state;
  for (first = 0; first < 65536; first++) {
    size_t i;
    for (i = 0; i < ref_length_count(first); i++) {
      uint8_t data[WSS__MAX_FRAME_HEADER];
      size_t whole = ref_header(data, first, ref_lengths[i]);
      size_t size;
      for (size = 0; size <= whole; size++)
        agree(data, size);
      headers++;
    }
  }
  assert_int_equal(headers, 65536 - 1024 + 1024 * 16);
}

/* All 16-bit lengths, and 64-bit ones about each power of two. */
static void a3_every_extended_length(void **state) {
  unsigned i;
  unsigned shift;
  (void)state;
  for (i = 0; i < 65536; i++) {
    uint8_t data[8] = {0x82, 0xfe, (uint8_t)(i >> 8), (uint8_t)i, 1, 2, 3, 4};
    agree(data, 3);
    agree(data, 4);
    agree(data, sizeof data);
  }
  for (shift = 0; shift < 64; shift++) {
    for (i = 0; i < 3; i++) {
      uint64_t length = (UINT64_C(1) << shift) + i - 1;
      uint8_t data[14] = {0x81, 0xff};
      size_t size;
      for (size = 0; size < 8; size++)
        data[2 + size] = (uint8_t)(length >> 8 * (7 - size));
      for (size = 0; size <= sizeof data; size++)
        agree(data, size);
    }
  }
}

/* Bytes behind the header are not looked at. */
static void what_follows_does_not_count(void **state) {
  uint8_t data[64];
  wss__frame frame;
  const char *why;
  (void)state;
  memset(data, 0xff, sizeof data);
  data[0] = 0x81;
  data[1] = 0x85;
  assert_int_equal(wss__frame_unpack(data, sizeof data, &frame, &why), 6);
  assert_int_equal(frame.length, 5);
}

/* Each rule has a sentence of its own. */
static void the_rule_is_named(void **state) {
  static const struct {
    const char *bytes;
    size_t size;
    const char *word;
  } table[] = {
      {"\xc1", 1, "reserved bit"},
      {"\x83", 1, "opcode"},
      {"\x8b", 1, "opcode"},
      {"\x09", 1, "fragmented"},
      {"\x81\x05", 2, "not masked"},
      {"\x89\xfe", 2, "longer than 125"},
      {"\x81\xfe\x00\x05", 4, "shortest"},
      {"\x81\xff\0\0\0\0\0\0\xff\xff", 10, "shortest"},
      {"\x81\xff\x80\0\0\0\0\0\0\0", 10, "top bit"},
      {"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10, "top bit"},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof table / sizeof table[0]; i++) {
    wss__frame frame;
    const char *why = NULL;
    assert_int_equal(wss__frame_unpack((const uint8_t *)table[i].bytes,
                                       table[i].size, &frame, &why),
                     WSS_ERR_PROTOCOL);
    assert_non_null(why);
    assert_non_null(strstr(why, table[i].word));
  }
}

/* ---- The writer ---------------------------------------------------------- */

static void written_and_read_back(void **state) {
  static const wss__opcode opcodes[] = {WSS__CONTINUATION, WSS__TEXT,
                                        WSS__BINARY};
  uint64_t length;
  unsigned shift;
  size_t i;
  (void)state;
  for (shift = 0; shift < 63 * 3; shift++) {
    length = (UINT64_C(1) << shift / 3) + shift % 3 - 1;
    for (i = 0; i < 6; i++) {
      uint8_t header[WSS__MAX_FRAME_HEADER] = {0};
      bool fin = i % 2 == 1;
      size_t size = wss__frame_pack(header, opcodes[i / 2], fin, length);
      wss__frame frame;
      const char *why;
      assert_int_equal(size, length < 126 ? 2 : length < 65536 ? 4 : 10);
      assert_int_equal(header[1] & 0x80, 0); /* a server does not mask */
      header[1] |= 0x80;
      memcpy(header + size, "\1\2\3\4", 4);
      assert_int_equal(wss__frame_unpack(header, size + 4, &frame, &why),
                       size + 4);
      assert_int_equal(frame.length, length);
      assert_int_equal(frame.opcode, opcodes[i / 2]);
      assert_int_equal(frame.fin, fin);
    }
  }
}

static void each_length_has_its_shortest_form(void **state) {
  static const struct {
    uint64_t length;
    size_t size;
    const char *header;
  } table[] = {
      {0, 2, "\x82\0"},
      {125, 2, "\x82\x7d"},
      {126, 4, "\x82\x7e\0\x7e"},
      {127, 4, "\x82\x7e\0\x7f"},
      {65535, 4, "\x82\x7e\xff\xff"},
      {65536, 10, "\x82\x7f\0\0\0\0\0\1\0\0"},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof table / sizeof table[0]; i++) {
    uint8_t header[WSS__MAX_SENT_FRAME_HEADER];
    assert_int_equal(
        wss__frame_pack(header, WSS__BINARY, true, table[i].length),
        table[i].size);
    assert_memory_equal(header, table[i].header, table[i].size);
  }
}

/* RFC 6455 5.7. */
static void rfc_6455_5_7(void **state) {
  uint8_t header[WSS__MAX_SENT_FRAME_HEADER];
  (void)state;
  assert_int_equal(wss__frame_pack(header, WSS__TEXT, true, 5), 2);
  assert_memory_equal(header, "\x81\x05", 2);
  assert_int_equal(wss__frame_pack(header, WSS__TEXT, false, 3), 2);
  assert_memory_equal(header, "\x01\x03", 2);
  assert_int_equal(wss__frame_pack(header, WSS__CONTINUATION, true, 2), 2);
  assert_memory_equal(header, "\x80\x02", 2);
  assert_int_equal(wss__frame_pack(header, WSS__PING, true, 5), 2);
  assert_memory_equal(header, "\x89\x05", 2);
  assert_int_equal(wss__frame_pack(header, WSS__BINARY, true, 256), 4);
  assert_memory_equal(header, "\x82\x7e\x01\x00", 4);
  assert_int_equal(wss__frame_pack(header, WSS__BINARY, true, 65536), 10);
  assert_memory_equal(header, "\x82\x7f\0\0\0\0\0\1\0\0", 10);
}

static void which_opcodes_are_control(void **state) {
  (void)state;
  assert_false(wss__opcode_is_control(WSS__CONTINUATION));
  assert_false(wss__opcode_is_control(WSS__TEXT));
  assert_false(wss__opcode_is_control(WSS__BINARY));
  assert_true(wss__opcode_is_control(WSS__CLOSE));
  assert_true(wss__opcode_is_control(WSS__PING));
  assert_true(wss__opcode_is_control(WSS__PONG));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a3_every_first_two_bytes),
      cmocka_unit_test(a3_every_extended_length),
      cmocka_unit_test(what_follows_does_not_count),
      cmocka_unit_test(the_rule_is_named),
      cmocka_unit_test(written_and_read_back),
      cmocka_unit_test(each_length_has_its_shortest_form),
      cmocka_unit_test(rfc_6455_5_7),
      cmocka_unit_test(which_opcodes_are_control),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
