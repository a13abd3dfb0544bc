/* The shortcut to small frames says what the long way says, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ws/frame.h"

/* What the long way finds: a whole message in a frame of up to 125 bytes. */
static int long_way(const uint8_t *data, size_t size) {
  wss__frame frame;
  const char *why;
  int header = wss__frame_unpack(data, size, &frame, &why);
  if (header <= 0 || !frame.fin || frame.length > 125 ||
      (frame.opcode != WSS__TEXT && frame.opcode != WSS__BINARY) ||
      frame.length > size - (size_t)header)
    return -1;
  assert_int_equal(header, WSS__SMALL_FRAME_HEADER);
  return (int)frame.length;
}

static void agree(const uint8_t *data, size_t size) {
  if (wss__frame_small(data, size) != long_way(data, size))
    fail_msg("%02x %02x, %zu bytes", data[0], data[1], size);
}

static void every_first_two_bytes(void **state) {
  static const size_t sizes[] = {0, 1, 2, 5, 6, 7, 14, 130, 131, 140};
  unsigned first;
  size_t i;
  (void)state;
  for (first = 0; first < 65536; first++) {
    uint8_t data[140] = {(uint8_t)(first >> 8), (uint8_t)first};
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
      agree(data, sizes[i]);
  }
}

static void every_length_and_size(void **state) {
  uint8_t length;
  size_t size;
  (void)state;
  for (length = 0; length <= 127; length++) {
    for (size = 0; size <= 140; size++) {
      const uint8_t data[140] = {0x81, 0x80 | length};
      uint8_t *copy = malloc(size + 1); /* ends where the sanitizer watches */
      assert_non_null(copy);
      memcpy(copy + 1, data, size);
      agree(copy + 1, size);
      free(copy);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_first_two_bytes),
      cmocka_unit_test(every_length_and_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
