/* Expanded keys of the connections that are at work. A connection has a place
   for both of its keys and shares it with others; whoever comes expands anew
   what another has left. So an idle connection costs its raw keys alone. */
#ifndef WSS_TLS_SCHEDULES_H
#define WSS_TLS_SCHEDULES_H

#include "base/alloc.h"
#include "tls/keys.h"

#define WSS__TLS_PLACES 64

typedef enum wss__tls_way {
  WSS__TLS_READ = 0,
  WSS__TLS_WRITE = 1
} wss__tls_way;

typedef struct wss__tls_schedules {
  const wss__aead *aead;
  const wss_allocator *allocator;
  struct wss__tls_place *places[WSS__TLS_PLACES]; /* made when first needed */
  uint32_t next;
} wss__tls_schedules;

/* Memory is taken later; allocator must outlive it. */
void wss__tls_schedules_init(wss__tls_schedules *schedules,
                             const wss__aead *aead,
                             const wss_allocator *allocator);
/* Secrets are wiped. One of zeros may be freed, too. */
void wss__tls_schedules_free(wss__tls_schedules *schedules);

/* The place of one more connection. */
uint32_t wss__tls_schedules_place(wss__tls_schedules *schedules);

/* The schedule of owner's key for one way, until the next call. 0,
   WSS_ERR_NOMEM. */
int wss__tls_schedules_get(wss__tls_schedules *schedules, uint32_t place,
                           const void *owner, wss__tls_way way,
                           wss__aead_cipher cipher, const uint8_t *key,
                           void **schedule);

/* The key of one way has changed. */
void wss__tls_schedules_forget(wss__tls_schedules *schedules, uint32_t place,
                               const void *owner, wss__tls_way way);
/* The connection ends. */
void wss__tls_schedules_leave(wss__tls_schedules *schedules, uint32_t place,
                              const void *owner);

#endif
