#include "spans.h"

#include <stdio.h>
#include <stdlib.h>

void spans_add(spans *s, uint64_t span) {
  if (s->size == s->room) {
    s->room = s->room == 0 ? 4096 : 2 * s->room;
    s->at = realloc(s->at, s->room * sizeof *s->at);
    if (s->at == NULL)
      exit(2);
  }
  s->at[s->size++] = span;
}

static int by_size(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left;
  uint64_t b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

void spans_print(spans *s, const char *name) {
  if (s->size == 0)
    return;
  qsort(s->at, s->size, sizeof *s->at, by_size);
  printf(", \"%s\": {\"min\": %.6f, \"p50\": %.6f, \"p99\": %.6f, "
         "\"max\": %.6f}",
         name, (double)s->at[0] / 1e6, (double)s->at[s->size / 2] / 1e6,
         (double)s->at[s->size * 99 / 100] / 1e6,
         (double)s->at[s->size - 1] / 1e6);
  s->size = 0;
}
