#include "base/map.h"

#include <string.h>

#define FIRST_CAPACITY 16

void wss__map_init(wss__map *map) {
  memset(map, 0, sizeof *map);
}

void wss__map_free(wss__map *map, const wss_allocator *allocator) {
  wss__free(allocator, map->slots);
  wss__map_init(map);
}

/* The ids count upwards. A block of them that stays must not be one run of
   slots: later ids would come around to it and walk it to its end. */
static size_t home_of(const wss__map *map, uint64_t id) {
  uint64_t spread = id * UINT64_C(0x9e3779b97f4a7c15); /* 2^64 / golden ratio */
  return (size_t)(spread >> 32) & (map->capacity - 1);
}

/* The slot of the id, or the empty one where it would go. */
static wss__map_slot *slot_of(const wss__map *map, uint64_t id) {
  size_t i = home_of(map, id);
  while (map->slots[i].id != 0 && map->slots[i].id != id)
    i = (i + 1) & (map->capacity - 1);
  return &map->slots[i];
}

static void put(wss__map *map, uint64_t id, void *value) {
  wss__map_slot *slot = slot_of(map, id);
  slot->id = id;
  slot->value = value;
}

static int grow(wss__map *map, const wss_allocator *allocator) {
  wss__map bigger = {.count = map->count};
  size_t i;
  bigger.capacity = map->capacity > 0 ? map->capacity * 2 : FIRST_CAPACITY;
  bigger.slots = wss__calloc(allocator, bigger.capacity * sizeof *bigger.slots);
  if (bigger.slots == NULL)
    return WSS_ERR_NOMEM;
  for (i = 0; i < map->capacity; i++) {
    if (map->slots[i].id != 0)
      put(&bigger, map->slots[i].id, map->slots[i].value);
  }
  wss__free(allocator, map->slots);
  *map = bigger;
  return 0;
}

int wss__map_insert(wss__map *map, const wss_allocator *allocator, uint64_t id,
                    void *value) {
  if (map->count >= map->capacity / 2 && grow(map, allocator) < 0)
    return WSS_ERR_NOMEM;
  put(map, id, value);
  map->count++;
  return 0;
}

void *wss__map_find(const wss__map *map, uint64_t id) {
  if (map->count == 0)
    return NULL;
  return slot_of(map, id)->value;
}

void wss__map_remove(wss__map *map, uint64_t id) {
  size_t mask = map->capacity - 1;
  size_t hole;
  size_t i;
  if (wss__map_find(map, id) == NULL)
    return;
  hole = (size_t)(slot_of(map, id) - map->slots);
  /* Moves up every follower that the hole would cut off from its home. */
  for (i = (hole + 1) & mask; map->slots[i].id != 0; i = (i + 1) & mask) {
    size_t distance = (i - home_of(map, map->slots[i].id)) & mask;
    if (distance >= ((i - hole) & mask)) {
      map->slots[hole] = map->slots[i];
      hole = i;
    }
  }
  map->slots[hole].id = 0;
  map->slots[hole].value = NULL;
  map->count--;
}
