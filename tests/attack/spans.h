/* Spans of time in microseconds, and what lies in the middle of them. */
#ifndef WSS_ATTACK_SPANS_H
#define WSS_ATTACK_SPANS_H

#include <stddef.h>
#include <stdint.h>

typedef struct spans {
  uint64_t *at;
  size_t size;
  size_t room;
} spans;

/* Ends the program when memory fails. */
void spans_add(spans *s, uint64_t span);

/* Prints, and forgets, them as a member of a JSON object, in seconds:
   , "name": {"min": ..., "p50": ..., "p99": ..., "max": ...} */
void spans_print(spans *s, const char *name);

#endif
