/* Files of the set-up, or what the program holds in their place: read whole,
   bounded, and wiped. */
#ifndef WSS_TLS_FILE_H
#define WSS_TLS_FILE_H

#include <stddef.h>

#include "base/alloc.h"
#include "base/error.h"

#define WSS__TLS_FILE_MAX (1024 * 1024)

typedef struct wss__tls_file {
  const char *option; /* that names it, "local_cert" or "local_pk" */
  const char *path;   /* NULL: it came from memory */
  const char *entry;  /* put before the option in sentences, NULL for nothing */
  char *text;         /* a NUL behind it; none within it once it is read */
  size_t size;
  unsigned mode; /* its permissions */
} wss__tls_file;

/* Reads a regular file of PEM text. 0; WSS_ERR_NOMEM; unreadable when it cannot
   be read, unparsable when it is certainly not PEM, with detail. */
int wss__tls_file_read(wss__tls_file *file, const wss_allocator *allocator,
                       int unreadable, int unparsable, wss__detail *detail);

/* The same with text that the program holds; a NUL may end it. */
int wss__tls_file_copy(wss__tls_file *file, const void *data, size_t size,
                       const wss_allocator *allocator, int unreadable,
                       int unparsable, wss__detail *detail);

/* Wipes and frees the text. */
void wss__tls_file_free(wss__tls_file *file, const wss_allocator *allocator);

/* Writes "entry option path: cause", a long path without its beginning. */
void wss__tls_file_explain(const wss__tls_file *file, wss__detail *detail,
                           const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#endif
