/* What the program has set, checked and with the defaults filled in. */
#ifndef WSS_SERVER_OPTIONS_H
#define WSS_SERVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "wss/wss.h"

/* Copies a struct that the program fills, of which it knows given bytes and we
   know known ones. What it does not know is zeroed; what we do not know must be
   zero, else WSS_ERR_ABI. from may be NULL: all zero. */
int wss__copy_in(void *to, size_t known, const void *from, size_t given);

/* The same for an SSL context, whose reserved fields must be zero, too. */
int wss__copy_in_ssl(wss_ssl_context *to, const wss_ssl_context *from,
                     size_t given);

/* Copies out a struct of ours into one of which the program knows given
   bytes; what we do not know is zeroed. */
void wss__copy_out(void *to, size_t given, const void *from, size_t known);

/* Sizes are bytes; WSS__UNLIMITED when switched off. */
#define WSS__UNLIMITED (SIZE_MAX / 4)

typedef struct wss__options {
  uint64_t handshake_timeout; /* ms; WSS__NEVER when switched off */
  uint64_t message_timeout;
  uint64_t ping_interval;
  uint64_t idle_timeout;
  uint64_t write_timeout;
  uint64_t close_timeout;
  uint64_t max_fragments; /* UINT64_MAX when switched off, as those below */
  uint64_t max_control_rate;
  uint64_t max_connections; /* 0: the default */
  uint64_t max_pending;
  uint64_t max_per_address;
  size_t max_message_size;
  size_t max_header_size;
  size_t send_high_water;
  size_t max_send_buffer;
  char **origins; /* NULL: the default rule */
  char **subprotocols;
  int backlog;
  bool v6only;
} wss__options;

/* 0, WSS_ERR_INVALID or WSS_ERR_NOMEM; on failure nothing is left to free. */
int wss__options_init(wss__options *options, const wss_options *given,
                      const wss_allocator *allocator);
void wss__options_free(wss__options *options, const wss_allocator *allocator);

#endif
