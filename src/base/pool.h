/* Objects of one size that live long, close together: what is allocated between
   them for a moment does not keep the heap from shrinking once it is freed. */
#ifndef WSS_BASE_POOL_H
#define WSS_BASE_POOL_H

#include "base/alloc.h"
#include "base/list.h"

/* Bytes of a chunk, which has pages of its own; but the first ones hold as many
   objects as all before them and are on the heap. */
#define WSS__POOL_CHUNK 262144

typedef struct wss__pool {
  const wss_allocator *allocator;
  size_t size;      /* of an object with what stands in front of it */
  size_t objects;   /* that there is room for */
  wss__list chunks; /* those with room */
} wss__pool;

/* size: bytes of an object, which is aligned to 8. The allocator must outlive
   the pool. */
void wss__pool_init(wss__pool *pool, size_t size,
                    const wss_allocator *allocator);

/* An object of zeros; NULL when out of memory. */
void *wss__pool_take(wss__pool *pool);
/* Gives it back; object may be NULL. A chunk without objects is freed, so
   that an empty pool holds no memory. */
void wss__pool_give(wss__pool *pool, void *object);

#endif
