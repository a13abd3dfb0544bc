/* Every allocation of the library goes through these; each may return NULL. */
#ifndef WSS_BASE_ALLOC_H
#define WSS_BASE_ALLOC_H

#include <stddef.h>

#include "wss/wss.h"

/* The allocator on malloc, realloc and free. */
extern const wss_allocator wss__default_allocator;

void *wss__malloc(const wss_allocator *allocator, size_t size);
/* Zeroed. */
void *wss__calloc(const wss_allocator *allocator, size_t size);
/* As realloc; size must not be 0. */
void *wss__realloc(const wss_allocator *allocator, void *memory, size_t size);
/* memory may be NULL. */
void wss__free(const wss_allocator *allocator, void *memory);

/* Many pages of memory, for what lives long: the system has them back once they
   are freed, whatever else stands on the heap. They come from a program's own
   allocator if it has one. NULL when out of memory. */
void *wss__pages_alloc(const wss_allocator *allocator, size_t size);
void wss__pages_free(const wss_allocator *allocator, void *pages, size_t size);

/* Copies of length bytes with a NUL behind; NULL when out of memory. */
char *wss__strndup(const wss_allocator *allocator, const char *text,
                   size_t length);
char *wss__strdup(const wss_allocator *allocator, const char *text);

#endif
