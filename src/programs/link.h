/* A TCP connection with one deadline for everything. */
#ifndef WSS_PROGRAMS_LINK_H
#define WSS_PROGRAMS_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define WSS__LINK_SEEN (32 * 1024)  /* bytes that are kept */
#define WSS__LINK_MOST (256 * 1024) /* bytes that are read */

typedef struct wss__link {
  int descriptor;
  int64_t deadline;             /* ms of a clock that nobody sets */
  uint8_t seen[WSS__LINK_SEEN]; /* what came first */
  size_t received;
} wss__link;

/* The deadline ms from now. */
int64_t wss__link_deadline(int64_t ms);

/* Connects to the first address that answers. 0, or -1 with detail. */
int wss__link_open(wss__link *link, const char *host, const char *port,
                   int64_t deadline, wss__detail *detail);
void wss__link_close(wss__link *link);

/* For mbedtls_ssl_set_bio. */
int wss__link_send(void *link, const unsigned char *data, size_t size);
int wss__link_receive(void *link, unsigned char *data, size_t size);

#endif
