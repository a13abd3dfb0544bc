/* Deadlines without a clock: time is a number that the caller hands in. Every
   list has one time-out, so its members expire in the order they were set. */
#ifndef WSS_NET_DEADLINE_H
#define WSS_NET_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

#define WSS__NEVER UINT64_MAX

/* One thing that waits; embedded in its owner. */
typedef struct wss__deadline {
  wss__list link;
  uint64_t expires; /* ms */
} wss__deadline;

typedef struct wss__deadline_list {
  wss__list members; /* the head expires first */
  uint64_t timeout;  /* ms; WSS__NEVER: off */
} wss__deadline_list;

void wss__deadline_init(wss__deadline *deadline);
void wss__deadline_list_init(wss__deadline_list *list, uint64_t timeout);

/* Starts, or starts anew, in this list; leaves any other. */
void wss__deadline_set(wss__deadline_list *list, wss__deadline *deadline,
                       uint64_t now);
void wss__deadline_clear(wss__deadline *deadline);

/* When the list's first member expires; WSS__NEVER if it is empty. */
uint64_t wss__deadline_next(const wss__deadline_list *list);

/* Takes out the first member if it has expired at now, else returns NULL. */
wss__deadline *wss__deadline_expired(wss__deadline_list *list, uint64_t now);

#endif
