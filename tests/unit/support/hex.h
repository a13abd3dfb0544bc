/* Bytes as hexadecimal digits. */
#ifndef WSS_TEST_HEX_H
#define WSS_TEST_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Returns how many bytes text stands for; fails the test if there is no room.
   Spaces are skipped. */
size_t hex_bytes(uint8_t *bytes, size_t room, const char *text);

/* Asserts that bytes begins with what text stands for. */
void hex_equal(const uint8_t *bytes, const char *text);

#endif
