#include "net/deadline.h"

#include <stddef.h>

static wss__deadline *head_of(const wss__deadline_list *list) {
  return wss__list_entry(list->members.next, wss__deadline, link);
}

void wss__deadline_init(wss__deadline *deadline) {
  wss__list_init(&deadline->link);
  deadline->expires = WSS__NEVER;
}

void wss__deadline_list_init(wss__deadline_list *list, uint64_t timeout) {
  wss__list_init(&list->members);
  list->timeout = timeout;
}

void wss__deadline_set(wss__deadline_list *list, wss__deadline *deadline,
                       uint64_t now) {
  wss__deadline_clear(deadline);
  if (list->timeout == WSS__NEVER)
    return;
  deadline->expires =
      list->timeout > WSS__NEVER - now ? WSS__NEVER : now + list->timeout;
  wss__list_append(&list->members, &deadline->link);
}

void wss__deadline_clear(wss__deadline *deadline) {
  wss__list_remove(&deadline->link);
  deadline->expires = WSS__NEVER;
}

uint64_t wss__deadline_next(const wss__deadline_list *list) {
  if (wss__list_empty(&list->members))
    return WSS__NEVER;
  return head_of(list)->expires;
}

wss__deadline *wss__deadline_expired(wss__deadline_list *list, uint64_t now) {
  wss__deadline *head;
  if (wss__deadline_next(list) > now || wss__list_empty(&list->members))
    return NULL;
  head = head_of(list);
  wss__deadline_clear(head);
  return head;
}
