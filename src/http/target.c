#include "http/target.h"

#include <string.h>

static bool is_hex(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
         (byte >= 'A' && byte <= 'F');
}

/* The size of the bracketed address in front; 0 if it is not a valid one. */
static size_t ip_literal_size(wss__slice authority) {
  size_t i;
  for (i = 1; i < authority.size; i++) {
    char byte = authority.data[i];
    if (byte == ']')
      return i > 1 ? i + 1 : 0;
    if (!is_hex(byte) && byte != ':' && byte != '.')
      return 0;
  }
  return 0;
}

/* unreserved, pct-encoded, sub-delims. */
static size_t reg_name_size(wss__slice authority) {
  size_t i;
  for (i = 0; i < authority.size; i++) {
    char byte = authority.data[i];
    bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    bool digit = byte >= '0' && byte <= '9';
    if (!letter && !digit &&
        (byte == '\0' || strchr("-._~%!$&'()*+,;=", byte) == NULL))
      break;
  }
  return i;
}

bool wss__authority_split(wss__slice authority, wss__slice *host,
                          wss__slice *port) {
  uint32_t number = 0;
  size_t size;
  size_t i;
  if (authority.size == 0)
    return false;
  size = authority.data[0] == '[' ? ip_literal_size(authority)
                                  : reg_name_size(authority);
  if (size == 0)
    return false;
  host->data = authority.data;
  host->size = size;
  port->data = authority.data + size;
  port->size = 0;
  if (size == authority.size)
    return true;
  if (authority.data[size] != ':')
    return false;
  port->data++;
  port->size = authority.size - size - 1;
  for (i = 0; i < port->size; i++) {
    if (port->data[i] < '0' || port->data[i] > '9')
      return false;
    number = number * 10 + (uint32_t)(port->data[i] - '0');
    if (number > 65535)
      return false;
  }
  return true;
}

/* The authority of an absolute-form target, and what follows it. */
static bool split_absolute(const char *target, wss__slice *authority,
                           const char **rest) {
  static const char *const schemes[] = {"http", "https", "ws", "wss"};
  const char *colon = strstr(target, "://");
  size_t i;
  if (colon == NULL)
    return false;
  for (i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    wss__slice scheme = {target, (size_t)(colon - target)};
    if (wss__slice_equal_nocase(scheme, wss__slice_of(schemes[i]))) {
      authority->data = colon + 3;
      authority->size = strcspn(authority->data, "/?");
      *rest = authority->data + authority->size;
      return true;
    }
  }
  return false;
}

int wss__target_path(const char *target, const char *host, const char **path,
                     wss__refusal *refusal) {
  wss__slice authority = wss__slice_of(host);
  wss__slice name;
  wss__slice port;

  *path = target;
  if (!wss__authority_split(authority, &name, &port))
    return wss__refuse(refusal, WSS_ERR_HTTP, 400,
                       "The Host header is not a host name with or without a "
                       "port.");
  if (strchr(target, '#') != NULL)
    return wss__refuse(refusal, WSS_ERR_HTTP, 400,
                       "The request target has a fragment.");
  if (target[0] == '/')
    return 0;
  if (!split_absolute(target, &authority, path))
    return wss__refuse(refusal, WSS_ERR_HTTP, 400,
                       "The request target is not a path.");
  if (!wss__slice_equal_nocase(authority, wss__slice_of(host)))
    return wss__refuse(refusal, WSS_ERR_HTTP, 400,
                       "The Host header is not that of the request target.");
  return 0;
}
