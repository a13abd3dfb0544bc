#include "base/alloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *default_malloc(size_t size, void *user) {
  (void)user;
  return malloc(size);
}

static void *default_realloc(void *memory, size_t size, void *user) {
  (void)user;
  return realloc(memory, size);
}

static void default_free(void *memory, void *user) {
  (void)user;
  free(memory);
}

const wss_allocator wss__default_allocator = {default_malloc, default_realloc,
                                              default_free, NULL};

void *wss__malloc(const wss_allocator *allocator, size_t size) {
  return allocator->malloc(size, allocator->user);
}

static bool is_default(const wss_allocator *allocator) {
  return allocator->malloc == default_malloc;
}

void *wss__pages_alloc(const wss_allocator *allocator, size_t size) {
  void *pages;
  if (!is_default(allocator))
    return wss__malloc(allocator, size);
  pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
               -1, 0);
  return pages == MAP_FAILED ? NULL : pages;
}

void wss__pages_free(const wss_allocator *allocator, void *pages, size_t size) {
  if (is_default(allocator))
    (void)munmap(pages, size);
  else
    wss__free(allocator, pages);
}

void *wss__calloc(const wss_allocator *allocator, size_t size) {
  void *memory = wss__malloc(allocator, size);
  if (memory != NULL)
    memset(memory, 0, size);
  return memory;
}

void *wss__realloc(const wss_allocator *allocator, void *memory, size_t size) {
  return allocator->realloc(memory, size, allocator->user);
}

void wss__free(const wss_allocator *allocator, void *memory) {
  if (memory != NULL)
    allocator->free(memory, allocator->user);
}

char *wss__strndup(const wss_allocator *allocator, const char *text,
                   size_t length) {
  char *copy = wss__malloc(allocator, length + 1);
  if (copy == NULL)
    return NULL;
  memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

char *wss__strdup(const wss_allocator *allocator, const char *text) {
  return wss__strndup(allocator, text, strlen(text));
}
