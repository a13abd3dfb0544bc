#include "ledger.h"

#include <stdio.h>

/* The section's bounds, which the linker names. */
extern ledger_site *const __start_ledger_sites[];
extern ledger_site *const __stop_ledger_sites[];

static const size_t none;
const size_t *ledger_failures = &none;

static const ledger_site *last;

void ledger_watch(const size_t *failures) {
  ledger_failures = failures;
  last = NULL;
}

void ledger_note(ledger_site *site, size_t before) {
  site->calls++;
  if (*ledger_failures == before)
    return;
  site->failures++;
  last = site;
}

const ledger_site *ledger_last(void) {
  return last;
}

size_t ledger_count(void) {
  return (size_t)(__stop_ledger_sites - __start_ledger_sites);
}

size_t ledger_missing(void) {
  ledger_site *const *at;
  size_t count = 0;
  for (at = __start_ledger_sites; at != __stop_ledger_sites; at++) {
    const ledger_site *site = *at;
    if (site->failures > 0)
      continue;
    (void)printf("%s:%d: %lu allocations, none of which failed\n", site->file,
                 site->line, site->calls);
    count++;
  }
  return count;
}
