#include "base/pool.h"

#include <stdint.h>
#include <string.h>

#include "base/poison.h"

typedef struct slot {
  struct chunk *chunk;
  struct slot *next; /* while free; the object begins here */
} slot;

/* In front of an object. */
#define HEADER offsetof(slot, next)

typedef struct chunk {
  wss__list link; /* in pool->chunks while it has room */
  slot *free;     /* given back */
  size_t room;    /* objects in all */
  size_t fresh;   /* of them, those never taken: the last ones */
  size_t used;
  uint8_t slots[];
} chunk;

void wss__pool_init(wss__pool *pool, size_t size,
                    const wss_allocator *allocator) {
  memset(pool, 0, sizeof *pool);
  pool->allocator = allocator;
  pool->size = (HEADER + size + sizeof(slot *) - 1) & ~(sizeof(slot *) - 1);
  wss__list_init(&pool->chunks);
}

/* Objects of a chunk of the final size. */
static size_t most_room(const wss__pool *pool) {
  return (WSS__POOL_CHUNK - sizeof(chunk)) / pool->size;
}

static chunk *new_chunk(wss__pool *pool) {
  size_t most = most_room(pool);
  size_t room = pool->objects == 0 ? 1 : pool->objects;
  chunk *fresh;
  if (room < most) {
    fresh = wss__malloc(pool->allocator, sizeof *fresh + room * pool->size);
  } else {
    room = most;
    fresh = wss__pages_alloc(pool->allocator, WSS__POOL_CHUNK);
  }
  if (fresh == NULL)
    return NULL;
  memset(fresh, 0, sizeof *fresh);
  fresh->room = fresh->fresh = room;
  WSS__POISON(fresh->slots, room * pool->size);
  wss__list_append(&pool->chunks, &fresh->link);
  pool->objects += room;
  return fresh;
}

static slot *take_slot(const wss__pool *pool, chunk *from) {
  slot *taken = from->free;
  if (taken == NULL) {
    size_t index = from->room - from->fresh--;
    taken = (slot *)(void *)(from->slots + index * pool->size);
    WSS__UNPOISON(taken, pool->size);
    return taken;
  }
  WSS__UNPOISON(taken, pool->size);
  from->free = taken->next;
  return taken;
}

void *wss__pool_take(wss__pool *pool) {
  chunk *from = wss__list_empty(&pool->chunks)
                    ? new_chunk(pool)
                    : wss__list_entry(pool->chunks.next, chunk, link);
  slot *taken;
  if (from == NULL)
    return NULL;
  taken = take_slot(pool, from);
  taken->chunk = from;
  from->used++;
  if (from->used == from->room)
    wss__list_remove(&from->link);
  return memset(&taken->next, 0, pool->size - HEADER);
}

void wss__pool_give(wss__pool *pool, void *object) {
  slot *given;
  chunk *to;
  if (object == NULL)
    return;
  given = (slot *)(void *)((uint8_t *)object - HEADER);
  to = given->chunk;
  given->next = to->free;
  to->free = given;
  WSS__POISON(given, pool->size);
  /* One that was full comes in front: the others may become empty. */
  if (to->used-- == to->room)
    wss__list_prepend(&pool->chunks, &to->link);
  if (to->used > 0)
    return;
  wss__list_remove(&to->link);
  pool->objects -= to->room;
  WSS__UNPOISON(to->slots, to->room * pool->size);
  if (to->room < most_room(pool))
    wss__free(pool->allocator, to);
  else
    wss__pages_free(pool->allocator, to, WSS__POOL_CHUNK);
}
