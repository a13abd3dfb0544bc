#include "programs/flight.h"

#include <stdbool.h>
#include <string.h>

#define MOST (32 * 1024)

typedef struct reader {
  const uint8_t *at;
  size_t left;
  bool short_of; /* there was not enough */
} reader;

static uint32_t number(reader *from, size_t size) {
  uint32_t value = 0;
  if (from->left < size) {
    from->short_of = true;
    from->left = 0;
    return 0;
  }
  for (size_t i = 0; i < size; i++)
    value = value << 8 | from->at[i];
  from->at += size;
  from->left -= size;
  return value;
}

static reader part(reader *from, size_t size) {
  reader result = {from->at, size, false};
  if (from->left < size) {
    result.left = from->left;
    from->short_of = true;
  }
  from->at += result.left;
  from->left -= result.left;
  return result;
}

/* What handshake records carry, one behind the other. */
static size_t join(const uint8_t *bytes, size_t size, uint8_t *joined) {
  reader records = {bytes, size, false};
  size_t used = 0;
  while (records.left > 0) {
    uint32_t type = number(&records, 1);
    (void)number(&records, 2);
    reader record = part(&records, number(&records, 2));
    if (type == 20)
      continue;
    if (type != 22 || record.left > MOST - used)
      break;
    memcpy(joined + used, record.at, record.left);
    used += record.left;
  }
  return used;
}

static uint32_t of_hello(reader message) {
  (void)part(&message, 2 + 32);
  (void)part(&message, number(&message, 1));
  (void)part(&message, 2 + 1);
  reader extensions = part(&message, number(&message, 2));
  while (extensions.left > 0) {
    uint32_t type = number(&extensions, 2);
    reader extension = part(&extensions, number(&extensions, 2));
    if (type == 51)
      return number(&extension, 2);
  }
  return 0;
}

static uint32_t find(const uint8_t *bytes, size_t size) {
  reader messages = {bytes, size, false};
  while (messages.left > 0 && !messages.short_of) {
    uint32_t type = number(&messages, 1);
    reader message = part(&messages, number(&messages, 3));
    uint32_t group = 0;
    if (type == 2)
      group = of_hello(message);
    else if (type == 12 && number(&message, 1) == 3)
      group = number(&message, 2);
    if (group != 0)
      return group;
  }
  return 0;
}

const char *wss__flight_group(const uint8_t *bytes, size_t size) {
  static const struct {
    uint32_t id;
    const char *name;
  } groups[] = {{29, "x25519"},
                {23, "secp256r1"},
                {24, "secp384r1"},
                {25, "secp521r1"},
                {30, "x448"}};
  uint8_t joined[MOST];
  uint32_t id = find(joined, join(bytes, size, joined));
  for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
    if (groups[i].id == id)
      return groups[i].name;
  }
  return "an unknown group";
}
