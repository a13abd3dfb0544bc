/* Included in front of each file of src/ but base/alloc.c: every call that
   allocates becomes a site of the ledger (ledger.h). Pages that fail are
   unit/base/test_pool.c's: they are the memory of hundreds of connections. */
#ifndef WSS_FAULT_ALLOC_SITES_H
#define WSS_FAULT_ALLOC_SITES_H

#include "base/alloc.h"
#include "ledger.h"

#define wss__malloc(allocator, size) LEDGER_SITE(wss__malloc(allocator, size))
#define wss__calloc(allocator, size) LEDGER_SITE(wss__calloc(allocator, size))
#define wss__realloc(allocator, memory, size)                                  \
  LEDGER_SITE(wss__realloc(allocator, memory, size))
#define wss__strdup(allocator, text) LEDGER_SITE(wss__strdup(allocator, text))
#define wss__strndup(allocator, text, length)                                  \
  LEDGER_SITE(wss__strndup(allocator, text, length))

#endif
