#include "support/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

size_t hex_bytes(uint8_t *bytes, size_t room, const char *text) {
  size_t count = 0;
  while (*text != '\0') {
    char digits[3] = {text[0], text[1], '\0'};
    if (*text == ' ') {
      text++;
      continue;
    }
    assert_true(count < room);
    bytes[count++] = (uint8_t)strtoul(digits, NULL, 16);
    text += 2;
  }
  return count;
}

void hex_equal(const uint8_t *bytes, const char *text) {
  uint8_t expected[1024];
  size_t size = hex_bytes(expected, sizeof expected, text);
  assert_memory_equal(bytes, expected, size);
}
