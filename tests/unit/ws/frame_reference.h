/* A second reading of RFC 6455 5.2: frame headers. */
#ifndef WSS_TEST_FRAME_REFERENCE_H
#define WSS_TEST_FRAME_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wss/wss.h"

/* Lengths of each class of 16 and 64 bits. */
static const uint64_t ref_lengths[] = {0,
                                       1,
                                       124,
                                       125,
                                       126,
                                       127,
                                       255,
                                       256,
                                       65535,
                                       65536,
                                       0x00ffffff,
                                       0xffffffff,
                                       0x100000000,
                                       (uint64_t)INT64_MAX,
                                       UINT64_C(1) << 63,
                                       UINT64_MAX};

/* 5.2: a length has its shortest form, and is below 2^63. */
static bool ref_length_allowed(uint64_t length, unsigned form) {
  if (form == 126)
    return length > 125;
  if (form == 127)
    return length > 65535 && length < UINT64_C(1) << 63;
  return true;
}

/* What wss__frame_unpack returns for a header of which size bytes are there. A
   header is refused as soon as no bytes that may follow make it valid. */
static int ref_frame(const uint8_t *data, size_t size, uint64_t *length) {
  unsigned opcode = size > 0 ? data[0] & 15U : 0;
  unsigned form = size > 1 ? data[1] & 127U : 0;
  size_t extended = form == 126 ? 2 : form == 127 ? 8 : 0;
  uint64_t lowest = 0;
  uint64_t highest = 0;
  size_t i;
  if (size == 0)
    return 0;
  if ((data[0] >> 4 & 7) != 0 || (opcode > 2 && opcode < 8) || opcode > 10)
    return WSS_ERR_PROTOCOL;
  if (opcode >= 8 && data[0] < 128)
    return WSS_ERR_PROTOCOL;
  if (size == 1)
    return 0;
  if (data[1] < 128 || (opcode >= 8 && form > 125))
    return WSS_ERR_PROTOCOL;
  for (i = 0; i < extended; i++) {
    lowest = lowest * 256 + (i + 2 < size ? data[i + 2] : 0);
    highest = highest * 256 + (i + 2 < size ? data[i + 2] : 255);
  }
  if (highest >> 63 != 0 && lowest >> 63 == 0)
    highest = (UINT64_C(1) << 63) - 1;
  if (!ref_length_allowed(highest, form))
    return WSS_ERR_PROTOCOL;
  *length = extended > 0 ? lowest : form;
  return size < 6 + extended ? 0 : (int)(6 + extended);
}

/* Writes the header that begins with the two bytes first and has that length,
   if its form has room for one; returns its size. */
static size_t ref_header(uint8_t data[14], unsigned first, uint64_t length) {
  unsigned form = first & 127;
  size_t extended = form == 126 ? 2 : form == 127 ? 8 : 0;
  size_t i;
  data[0] = (uint8_t)(first >> 8);
  data[1] = (uint8_t)first;
  for (i = 0; i < extended; i++)
    data[2 + i] = (uint8_t)(length >> 8 * (extended - 1 - i));
  for (i = 0; i < 4; i++)
    data[2 + extended + i] = (uint8_t)(0x12 + 0x22 * i);
  return 6 + extended;
}

/* How many of ref_lengths make a difference to it. */
static size_t ref_length_count(unsigned first) {
  return (first & 127) < 126 ? 1 : sizeof ref_lengths / sizeof ref_lengths[0];
}

#endif
