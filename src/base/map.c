#include "base/map.h"

#include <string.h>

#define FIRST_CAPACITY 16

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio */

void wss__map_init(wss__map *map, uint64_t seed) {
  memset(map, 0, sizeof *map);
  map->factor = seed == 0 ? GOLDEN : seed | 1;
}

void wss__map_free(wss__map *map, const wss_allocator *allocator) {
  wss__free(allocator, map->slots);
  map->slots = NULL;
  map->capacity = 0;
  map->count = 0;
}

/* The highest bits of the product (multiply-shift hashing). Ids that count
   upwards are spread: a block of them that stays must not be one run of slots,
   which later ids would come around to and walk to its end. */
static size_t home_of(const wss__map *map, uint64_t id) {
  uint64_t spread = id * map->factor;
  return (size_t)((spread >> 32) * map->capacity >> 32);
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

static int resize(wss__map *map, const wss_allocator *allocator,
                  size_t capacity) {
  wss__map other = {
      .capacity = capacity, .count = map->count, .factor = map->factor};
  size_t i;
  other.slots = wss__calloc(allocator, capacity * sizeof *other.slots);
  if (other.slots == NULL)
    return WSS_ERR_NOMEM;
  for (i = 0; i < map->capacity; i++) {
    if (map->slots[i].id != 0)
      put(&other, map->slots[i].id, map->slots[i].value);
  }
  wss__free(allocator, map->slots);
  *map = other;
  return 0;
}

int wss__map_insert(wss__map *map, const wss_allocator *allocator, uint64_t id,
                    void *value) {
  if (map->count >= map->capacity / 2) {
    size_t capacity = map->capacity > 0 ? 2 * map->capacity : FIRST_CAPACITY;
    if (resize(map, allocator, capacity) < 0)
      return WSS_ERR_NOMEM;
  }
  put(map, id, value);
  map->count++;
  return 0;
}

void **wss__map_value(const wss__map *map, uint64_t id) {
  wss__map_slot *slot;
  if (map->count == 0)
    return NULL;
  slot = slot_of(map, id);
  return slot->id == 0 ? NULL : &slot->value;
}

void *wss__map_find(const wss__map *map, uint64_t id) {
  void **value = wss__map_value(map, id);
  return value == NULL ? NULL : *value;
}

void wss__map_remove(wss__map *map, const wss_allocator *allocator,
                     uint64_t id) {
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
  if (map->count == 0)
    wss__map_free(map, allocator);
  else if (map->count <= map->capacity / 8 && map->capacity > FIRST_CAPACITY)
    (void)resize(map, allocator, map->capacity / 2);
}
