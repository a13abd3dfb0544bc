/* What is found when a set-up is looked through: a bounded list. */
#ifndef WSS_TLS_FINDINGS_H
#define WSS_TLS_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/error.h"
#include "tls/file.h"
#include "wss/wss.h"

#define WSS__FINDINGS_MAX 32

typedef struct wss__finding {
  int code;
  wss_severity severity;
  const char *option; /* static, "" for none */
  wss__detail message;
} wss__finding;

typedef struct wss__findings {
  const wss_allocator *allocator;
  wss__finding *items; /* NULL until there is one */
  size_t count;
  size_t counts[3]; /* of each severity, those without room included */
  bool no_memory;   /* something could not be added, or not be found out */
} wss__findings;

/* allocator stays the caller's. */
void wss__findings_init(wss__findings *findings,
                        const wss_allocator *allocator);
void wss__findings_free(wss__findings *findings);

/* Adds a sentence that begins with the file's option and path. The most severe
   are kept when there is no room. */
void wss__findings_add(wss__findings *findings, int code, wss_severity severity,
                       const wss__tls_file *file, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 5, 6)))
#endif
    ;

/* Adds one whose sentence is made already, once. For WSS_ERR_NOMEM notes
   no_memory. */
void wss__findings_tell(wss__findings *findings, int code,
                        wss_severity severity, const char *option,
                        const wss__detail *detail);

/* The number-th of a severity, in the order of their finding; NULL behind the
   last. */
const wss__finding *wss__findings_get(const wss__findings *findings,
                                      wss_severity severity, size_t number);

/* Calls found for each, the most severe first. */
void wss__findings_each(const wss__findings *findings,
                        void (*found)(const wss_finding *, void *user),
                        void *user);

/* What can be done about a finding with that code; never NULL. */
const char *wss__findings_remedy(int code);

#endif
