#include "server/options.h"

#include <string.h>

#include "base/str.h"
#include "net/deadline.h"

#define DEFAULT_HANDSHAKE_TIMEOUT 10000
#define DEFAULT_MESSAGE_TIMEOUT 60000
#define DEFAULT_PING_INTERVAL 25000
#define DEFAULT_IDLE_TIMEOUT 60000
#define DEFAULT_WRITE_TIMEOUT 30000
#define DEFAULT_CLOSE_TIMEOUT 5000
#define DEFAULT_MAX_FRAGMENTS 1024
#define DEFAULT_MAX_CONTROL_RATE 50
#define DEFAULT_MAX_PENDING 1000
#define DEFAULT_MAX_MESSAGE_SIZE (1 << 20)
#define DEFAULT_MAX_HEADER_SIZE 8192
#define DEFAULT_SEND_HIGH_WATER 65536
#define DEFAULT_MAX_SEND_BUFFER (4 << 20)
#define SEND_BUFFER_MARGIN 65536
#define DEFAULT_BACKLOG 511

int wss__copy_in(void *to, size_t known, const void *from, size_t given) {
  const uint8_t *bytes = from;
  size_t i;
  memset(to, 0, known);
  if (from == NULL)
    return 0;
  for (i = known; i < given; i++) {
    if (bytes[i] != 0)
      return WSS_ERR_ABI;
  }
  memcpy(to, from, given < known ? given : known);
  return 0;
}

int wss__copy_in_ssl(wss_ssl_context *to, const wss_ssl_context *from,
                     size_t given) {
  static const uint8_t unused[sizeof to->reserved];
  int err = wss__copy_in(to, sizeof *to, from, given);
  if (err == 0 && (memcmp(to->reserved, unused, sizeof unused) != 0 ||
                   to->reserved2 != 0 || to->reserved3 != 0))
    return WSS_ERR_ABI;
  return err;
}

void wss__copy_out(void *to, size_t given, const void *from, size_t known) {
  memset(to, 0, given);
  memcpy(to, from, given < known ? given : known);
}

/* A number of the program's: 0 is the default, WSS_OFF is off. */
static int resolve(int64_t given, uint64_t normal, uint64_t off,
                   uint64_t *value) {
  if (given < WSS_OFF)
    return WSS_ERR_INVALID;
  if (given == 0)
    *value = normal;
  else if (given == WSS_OFF || (uint64_t)given > off)
    *value = off;
  else
    *value = (uint64_t)given;
  return 0;
}

static int resolve_size(int64_t given, size_t normal, size_t *value) {
  uint64_t size;
  int err = resolve(given, normal, WSS__UNLIMITED, &size);
  if (err == 0)
    *value = (size_t)size;
  return err;
}

static void free_list(char **list, const wss_allocator *allocator) {
  size_t i;
  if (list == NULL)
    return;
  for (i = 0; list[i] != NULL; i++)
    wss__free(allocator, list[i]);
  wss__free(allocator, list);
}

static int copy_list(char ***copy, const char *const *list,
                     const wss_allocator *allocator) {
  size_t count = 0;
  size_t i;
  *copy = NULL;
  if (list == NULL)
    return 0;
  while (list[count] != NULL)
    count++;
  *copy = wss__calloc(allocator, (count + 1) * sizeof **copy);
  if (*copy == NULL)
    return WSS_ERR_NOMEM;
  for (i = 0; i < count; i++) {
    (*copy)[i] = wss__strdup(allocator, list[i]);
    if ((*copy)[i] == NULL) {
      free_list(*copy, allocator);
      *copy = NULL;
      return WSS_ERR_NOMEM;
    }
  }
  return 0;
}

/* Numbers that are not sizes: milliseconds, frames, connections. */
static int init_numbers(wss__options *options, const wss_options *given) {
  const struct {
    int64_t given;
    uint64_t normal;
    uint64_t *value;
  } numbers[] = {
      {given->handshake_timeout, DEFAULT_HANDSHAKE_TIMEOUT,
       &options->handshake_timeout},
      {given->message_timeout, DEFAULT_MESSAGE_TIMEOUT,
       &options->message_timeout},
      {given->ping_interval, DEFAULT_PING_INTERVAL, &options->ping_interval},
      {given->idle_timeout, DEFAULT_IDLE_TIMEOUT, &options->idle_timeout},
      {given->write_timeout, DEFAULT_WRITE_TIMEOUT, &options->write_timeout},
      {given->close_timeout, DEFAULT_CLOSE_TIMEOUT, &options->close_timeout},
      {given->max_fragments, DEFAULT_MAX_FRAGMENTS, &options->max_fragments},
      {given->max_control_rate, DEFAULT_MAX_CONTROL_RATE,
       &options->max_control_rate},
      {given->max_connections, 0, &options->max_connections},
      {given->max_pending, DEFAULT_MAX_PENDING, &options->max_pending},
      {given->max_per_address, UINT64_MAX, &options->max_per_address},
  };
  size_t i;
  for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    if (resolve(numbers[i].given, numbers[i].normal, UINT64_MAX,
                numbers[i].value) < 0)
      return WSS_ERR_INVALID;
  }
  /* A peer that has nothing to say must be asked before it counts as gone. */
  if (given->ping_interval == 0 &&
      options->ping_interval > options->idle_timeout / 2)
    options->ping_interval =
        options->idle_timeout < 2 ? 1 : options->idle_timeout / 2;
  return 0;
}

static int init_sizes(wss__options *options, const wss_options *given) {
  size_t send_default = DEFAULT_MAX_SEND_BUFFER;
  /* A head without a limit would be memory without one. */
  if (given->max_header_size == WSS_OFF)
    return WSS_ERR_INVALID;
  if (resolve_size(given->max_message_size, DEFAULT_MAX_MESSAGE_SIZE,
                   &options->max_message_size) < 0 ||
      resolve_size(given->max_header_size, DEFAULT_MAX_HEADER_SIZE,
                   &options->max_header_size) < 0 ||
      resolve_size(given->send_high_water, DEFAULT_SEND_HIGH_WATER,
                   &options->send_high_water) < 0)
    return WSS_ERR_INVALID;
  if (options->max_message_size > send_default - SEND_BUFFER_MARGIN)
    send_default =
        options->max_message_size > WSS__UNLIMITED - SEND_BUFFER_MARGIN
            ? WSS__UNLIMITED
            : options->max_message_size + SEND_BUFFER_MARGIN;
  return resolve_size(given->max_send_buffer, send_default,
                      &options->max_send_buffer);
}

/* "*", "host[:port]" or "scheme://host[:port]": a path could never match. */
static bool origin_valid(const char *origin) {
  const char *authority = strstr(origin, "://");
  authority = authority == NULL ? origin : authority + 3;
  return *authority != '\0' && strchr(authority, '/') == NULL;
}

/* Subprotocols are tokens (RFC 6455 4.1). */
static bool lists_valid(const wss_options *given) {
  size_t i;
  for (i = 0; given->subprotocols != NULL && given->subprotocols[i] != NULL;
       i++) {
    if (!wss__is_token(wss__slice_of(given->subprotocols[i])))
      return false;
  }
  for (i = 0; given->origins != NULL && given->origins[i] != NULL; i++) {
    if (!origin_valid(given->origins[i]))
      return false;
  }
  return true;
}

int wss__options_init(wss__options *options, const wss_options *given,
                      const wss_allocator *allocator) {
  int err;
  memset(options, 0, sizeof *options);
  err = init_numbers(options, given);
  if (err == 0)
    err = init_sizes(options, given);
  if (err < 0)
    return err;
  if (given->backlog < 0 || !lists_valid(given) ||
      given->ipv6_v6only < WSS_OFF || given->ipv6_v6only > WSS_ON)
    return WSS_ERR_INVALID;
  options->backlog = given->backlog > 0 ? given->backlog : DEFAULT_BACKLOG;
  options->v6only = given->ipv6_v6only == WSS_ON;
  err = copy_list(&options->origins, given->origins, allocator);
  if (err == 0)
    err = copy_list(&options->subprotocols, given->subprotocols, allocator);
  if (err < 0)
    wss__options_free(options, allocator);
  return err;
}

void wss__options_free(wss__options *options, const wss_allocator *allocator) {
  free_list(options->origins, allocator);
  free_list(options->subprotocols, allocator);
  options->origins = NULL;
  options->subprotocols = NULL;
}
