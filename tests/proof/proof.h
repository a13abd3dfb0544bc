/* For CBMC: values that may be anything. What a proof asserts holds for all of
   them, and CBMC adds that no access is out of bounds and nothing is undefined.
 */
#ifndef WSS_PROOF_H
#define WSS_PROOF_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

bool nondet_bool(void);
int nondet_int(void);
uint8_t nondet_uint8_t(void);
size_t nondet_size_t(void);
uint64_t nondet_uint64_t(void);
void __CPROVER_assume(_Bool condition);

/* A size of at most that much. */
static inline size_t any_size(size_t most) {
  size_t size = nondet_size_t();
  __CPROVER_assume(size <= most);
  return size;
}

/* So many bytes of any value; those behind them cannot be touched. */
static inline uint8_t *any_bytes(size_t size) {
  uint8_t *bytes = malloc(size);
  __CPROVER_assume(bytes != NULL);
  return bytes;
}

#endif
