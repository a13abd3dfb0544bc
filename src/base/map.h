/* Hash map from numbers to pointers. */
#ifndef WSS_BASE_MAP_H
#define WSS_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"

typedef struct wss__map_slot {
  uint64_t id; /* 0: empty */
  void *value;
} wss__map_slot;

typedef struct wss__map {
  wss__map_slot *slots; /* linear probing, a power of two of them */
  size_t capacity;
  size_t count;
  uint64_t factor; /* odd */
} wss__map;

/* seed: a secret random number if peers choose the ids, so that they cannot
   choose ones that collide; else 0. */
void wss__map_init(wss__map *map, uint64_t seed);
void wss__map_free(wss__map *map, const wss_allocator *allocator);

/* 0 or WSS_ERR_NOMEM; id is not 0 and not yet in the map. */
int wss__map_insert(wss__map *map, const wss_allocator *allocator, uint64_t id,
                    void *value);
/* NULL if there is none. */
void *wss__map_find(const wss__map *map, uint64_t id);
/* Where its value is until the map changes, likewise. */
void **wss__map_value(const wss__map *map, uint64_t id);
/* What is no longer needed of the table is freed, if there is memory for a
   smaller one. */
void wss__map_remove(wss__map *map, const wss_allocator *allocator,
                     uint64_t id);

#endif
