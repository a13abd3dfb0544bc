/* The ledger of the places in src/ that allocate. The compiler makes the list:
   each call becomes a site, in a section of the program's own. */
#ifndef WSS_FAULT_LEDGER_H
#define WSS_FAULT_LEDGER_H

#include <stddef.h>

typedef struct ledger_site {
  const char *file;
  int line;
  unsigned long calls;
  unsigned long failures; /* calls in which an allocation failed */
} ledger_site;

/* How many allocations have failed so far; never NULL. */
extern const size_t *ledger_failures;

/* Notes a call of the site that began with so many failures. */
void ledger_note(ledger_site *site, size_t before);

#define LEDGER_SITE(call)                                                      \
  __extension__({                                                              \
    static ledger_site ledger_this = {__FILE__, __LINE__, 0, 0};               \
    static ledger_site *const ledger_entry                                     \
        __attribute__((section("ledger_sites"), used)) = &ledger_this;         \
    size_t ledger_before = *ledger_failures;                                   \
    __auto_type ledger_result = call;                                          \
    ledger_note(&ledger_this, ledger_before);                                  \
    ledger_result;                                                             \
  })

/* Failures are counted there from now on. */
void ledger_watch(const size_t *failures);
/* The outermost site of the last failure, since callers return last. NULL:
   there was none since ledger_watch. */
const ledger_site *ledger_last(void);
/* How many sites there are; prints each that has never failed and says how
   many those are. */
size_t ledger_count(void);
size_t ledger_missing(void);

#endif
