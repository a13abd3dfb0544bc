/* The same, and who fills a buffer or a map or takes from a pool: included in
   front of each file of src/ but those three. */
#ifndef WSS_FAULT_SITES_H
#define WSS_FAULT_SITES_H

#include "alloc_sites.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/pool.h"

#define wss__buf_reserve(buf, allocator, size)                                 \
  LEDGER_SITE(wss__buf_reserve(buf, allocator, size))
#define wss__buf_append(buf, allocator, data, size)                            \
  LEDGER_SITE(wss__buf_append(buf, allocator, data, size))
#define wss__map_insert(map, allocator, id, value)                             \
  LEDGER_SITE(wss__map_insert(map, allocator, id, value))
#define wss__pool_take(pool) LEDGER_SITE(wss__pool_take(pool))

#endif
