/* ws/mask, for every payload of at most 40 bytes, 16 where it is masked twice.
 */
#include "proof.h"
#include "ws/mask.h"

#define MOST 40 /* four words in a row, and more */
#define MOST_TWICE 16

/* Each byte is combined with the key's that falls on it (RFC 6455 5.3). */
void masks(void) {
  size_t size = any_size(MOST);
  uint8_t *data = any_bytes(size);
  uint8_t key[4] = {nondet_uint8_t(), nondet_uint8_t(), nondet_uint8_t(),
                    nondet_uint8_t()};
  uint64_t offset = nondet_uint64_t();
  size_t at = any_size(MOST);
  uint8_t before;
  __CPROVER_assume(at < size);
  __CPROVER_assume(offset <= UINT64_MAX - MOST);
  before = data[at];
  wss__mask(data, size, key, offset);
  assert(data[at] == (before ^ key[(offset + at) % 4]));
}

/* Twice is not at all. */
void unmasks(void) {
  size_t size = any_size(MOST_TWICE);
  uint8_t *data = any_bytes(size);
  uint8_t key[4] = {nondet_uint8_t(), nondet_uint8_t(), nondet_uint8_t(),
                    nondet_uint8_t()};
  uint64_t offset = any_size(3);
  size_t at = any_size(MOST_TWICE);
  uint8_t before;
  __CPROVER_assume(at < size);
  before = data[at];
  wss__mask(data, size, key, offset);
  wss__mask(data, size, key, offset);
  assert(data[at] == before);
}
