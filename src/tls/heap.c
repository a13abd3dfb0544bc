/* Memory of a bundled Mbed TLS. The buffers of a handshake are large and many
   at a time when many clients come at once, and the heap as a whole cannot
   shrink below whatever small thing stands behind them. So the pages inside a
   large block go back to the system before the block is freed. */
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of bytes: a record's buffer is larger. */
#define LARGE 16384

/* So many large blocks may be in use, of six handshakes, and keep their
   pages when they are freed: those who come one after the other take the same
   ones, which costs less than new pages each time. */
#define FEW 12

static atomic_size_t in_use; /* large blocks */

static void give_pages_back(const void *memory, size_t size) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t first = ((uintptr_t)memory + page - 1) & ~(page - 1);
  uintptr_t end = ((uintptr_t)memory + size) & ~(page - 1);
  if (first < end)
    (void)madvise((void *)first, end - first, MADV_DONTNEED);
}

void *wss__tls_heap_calloc(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (memory != NULL && malloc_usable_size(memory) >= LARGE)
    atomic_fetch_add_explicit(&in_use, 1, memory_order_relaxed);
  return memory;
}

void wss__tls_heap_free(void *memory) {
  if (memory == NULL)
    return;
  size_t size = malloc_usable_size(memory);
  if (size >= LARGE &&
      atomic_fetch_sub_explicit(&in_use, 1, memory_order_relaxed) > FEW)
    give_pages_back(memory, size);
  free(memory);
}
