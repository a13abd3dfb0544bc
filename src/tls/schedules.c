#include "tls/schedules.h"

#include <string.h>

typedef struct wss__tls_place {
  const void *owner;
  void *schedules[2]; /* by wss__tls_way, behind this struct */
  bool ready[2];
} wss__tls_place;

void wss__tls_schedules_init(wss__tls_schedules *schedules,
                             const wss__aead *aead,
                             const wss_allocator *allocator) {
  memset(schedules, 0, sizeof *schedules);
  schedules->aead = aead;
  schedules->allocator = allocator;
}

static void wipe(const wss__aead *aead, wss__tls_place *place,
                 wss__tls_way way) {
  if (place->ready[way])
    aead->wipe(place->schedules[way]);
  place->ready[way] = false;
}

void wss__tls_schedules_free(wss__tls_schedules *schedules) {
  for (size_t i = 0; i < WSS__TLS_PLACES; i++) {
    wss__tls_place *place = schedules->places[i];
    if (place == NULL)
      continue;
    wipe(schedules->aead, place, WSS__TLS_READ);
    wipe(schedules->aead, place, WSS__TLS_WRITE);
    wss__free(schedules->allocator, place);
    schedules->places[i] = NULL;
  }
}

uint32_t wss__tls_schedules_place(wss__tls_schedules *schedules) {
  return schedules->next++ % WSS__TLS_PLACES;
}

static uintptr_t aligned(uintptr_t address) {
  return (address + WSS__AEAD_ALIGN - 1) & ~(uintptr_t)(WSS__AEAD_ALIGN - 1);
}

static wss__tls_place *new_place(const wss__tls_schedules *schedules) {
  size_t size = aligned(schedules->aead->size);
  wss__tls_place *place = wss__calloc(
      schedules->allocator, sizeof *place + 2 * size + WSS__AEAD_ALIGN);
  if (place == NULL)
    return NULL;
  uint8_t *first = (uint8_t *)(place + 1);
  first += aligned((uintptr_t)first) - (uintptr_t)first;
  place->schedules[WSS__TLS_READ] = first;
  place->schedules[WSS__TLS_WRITE] = first + size;
  return place;
}

int wss__tls_schedules_get(wss__tls_schedules *schedules, uint32_t place,
                           const void *owner, wss__tls_way way,
                           wss__aead_cipher cipher, const uint8_t *key,
                           void **schedule) {
  wss__tls_place *at = schedules->places[place];
  if (at == NULL)
    at = schedules->places[place] = new_place(schedules);
  if (at == NULL)
    return WSS_ERR_NOMEM;
  if (at->owner != owner) {
    wipe(schedules->aead, at, WSS__TLS_READ);
    wipe(schedules->aead, at, WSS__TLS_WRITE);
    at->owner = owner;
  }
  *schedule = at->schedules[way];
  if (at->ready[way])
    return 0;
  int error = schedules->aead->expand(at->schedules[way], cipher, key);
  at->ready[way] = error == 0;
  return error;
}

void wss__tls_schedules_forget(wss__tls_schedules *schedules, uint32_t place,
                               const void *owner, wss__tls_way way) {
  wss__tls_place *at = schedules->places[place];
  if (at != NULL && at->owner == owner)
    wipe(schedules->aead, at, way);
}

void wss__tls_schedules_leave(wss__tls_schedules *schedules, uint32_t place,
                              const void *owner) {
  wss__tls_schedules_forget(schedules, place, owner, WSS__TLS_READ);
  wss__tls_schedules_forget(schedules, place, owner, WSS__TLS_WRITE);
  if (schedules->places[place] != NULL &&
      schedules->places[place]->owner == owner)
    schedules->places[place]->owner = NULL;
}
