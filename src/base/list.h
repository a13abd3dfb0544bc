/* Doubly linked lists whose links live inside their members. */
#ifndef WSS_BASE_LIST_H
#define WSS_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct wss__list {
  struct wss__list *next;
  struct wss__list *prev;
} wss__list;

/* The struct of that type whose member is link. */
#define wss__list_entry(link, type, member)                                    \
  ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void wss__list_init(wss__list *list) {
  list->next = list;
  list->prev = list;
}

/* True for an empty list, and for a link that is in no list. */
static inline bool wss__list_empty(const wss__list *list) {
  return list->next == list;
}

static inline void wss__list_append(wss__list *list, wss__list *link) {
  link->prev = list->prev;
  link->next = list;
  list->prev->next = link;
  list->prev = link;
}

static inline void wss__list_prepend(wss__list *list, wss__list *link) {
  wss__list_append(list->next, link);
}

/* Takes the link out of whatever list it is in, if any. */
static inline void wss__list_remove(wss__list *link) {
  link->prev->next = link->next;
  link->next->prev = link->prev;
  wss__list_init(link);
}

/* Moves all members of from to the empty list to. */
static inline void wss__list_move(wss__list *from, wss__list *to) {
  wss__list_init(to);
  if (wss__list_empty(from))
    return;
  *to = *from;
  to->next->prev = to;
  to->prev->next = to;
  wss__list_init(from);
}

#endif
