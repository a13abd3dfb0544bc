#include "http/target.h"

#include <string.h>

static bool is_hex(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
         (byte >= 'A' && byte <= 'F');
}

/* IPv4address of RFC 3986 3.2.2: four numbers of one to three digits. */
static bool is_ipv4(wss__slice text) {
  unsigned dots = 0;
  unsigned number = 0;
  size_t digits = 0;
  size_t i;
  for (i = 0; i < text.size; i++) {
    char byte = text.data[i];
    if (byte == '.' && digits > 0) {
      dots++;
      number = 0;
      digits = 0;
    } else if (byte >= '0' && byte <= '9' && (digits == 0 || number > 0)) {
      number = number * 10 + (unsigned)(byte - '0');
      digits++;
    } else {
      return false;
    }
    if (number > 255 || dots > 3)
      return false;
  }
  return dots == 3 && digits > 0;
}

/* IPv6address of RFC 3986 3.2.2: eight groups, or fewer and one "::"; an IPv4
   address may stand for the last two. */
static bool is_ipv6(wss__slice text) {
  bool gap = text.size >= 2 && text.data[0] == ':' && text.data[1] == ':';
  unsigned groups = 0;
  size_t i = gap ? 2 : 0;
  while (i < text.size) {
    size_t start = i;
    while (i < text.size && is_hex(text.data[i]))
      i++;
    if (i < text.size && text.data[i] == '.') {
      wss__slice tail = {text.data + start, text.size - start};
      groups += 2;
      return is_ipv4(tail) && (gap ? groups <= 7 : groups == 8);
    }
    if (i == start || i - start > 4 || ++groups > 8)
      return false;
    if (i == text.size)
      break;
    if (text.data[i++] != ':' || i == text.size)
      return false;
    if (text.data[i] == ':') {
      if (gap)
        return false;
      gap = true;
      i++;
    }
  }
  return gap ? groups <= 7 : groups == 8;
}

/* The size of the bracketed address in front; 0 if it is not a valid one. */
static size_t ip_literal_size(wss__slice authority) {
  const char *end = memchr(authority.data, ']', authority.size);
  wss__slice address = {authority.data + 1, 0};
  if (end == NULL)
    return 0;
  address.size = (size_t)(end - address.data);
  return is_ipv6(address) ? address.size + 2 : 0;
}

static bool is_encoded(wss__slice text, size_t at) {
  return text.size - at >= 3 && is_hex(text.data[at + 1]) &&
         is_hex(text.data[at + 2]);
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
    if (byte == '%' && !is_encoded(authority, i))
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
