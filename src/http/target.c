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

/* Copies "path[?query]", with "/" for an empty path. */
static int split_path(wss__request *request, const char *text) {
  wss_request *shown = wss__request_public(request);
  size_t size = strlen(text);
  bool slash = text[0] != '/';
  char *copy = wss__request_alloc(request, size + (slash ? 2 : 1));
  char *mark;
  if (copy == NULL)
    return WSS_ERR_NOMEM;
  copy[0] = '/';
  memcpy(copy + (slash ? 1 : 0), text, size + 1);
  shown->path = copy;
  mark = strchr(copy, '?');
  if (mark != NULL) {
    *mark = '\0';
    shown->query = mark + 1;
  }
  return 0;
}

int wss__target_split(wss__request *request, wss__refusal *refusal) {
  const wss_request *shown = wss__request_public(request);
  const char *rest = shown->target;
  wss__slice authority = wss__slice_of(shown->host);
  wss__slice host;
  wss__slice port;

  if (!wss__authority_split(authority, &host, &port))
    return wss__refuse(refusal, WSS_ERR_HTTP, 400,
                       "The Host header is not a host name with or without a "
                       "port.");
  if (strchr(shown->target, '#') != NULL)
    return wss__refuse(refusal, WSS_ERR_HTTP, 400,
                       "The request target has a fragment.");
  if (shown->target[0] != '/') {
    if (!split_absolute(shown->target, &authority, &rest))
      return wss__refuse(refusal, WSS_ERR_HTTP, 400,
                         "The request target is not a path.");
    if (!wss__slice_equal_nocase(authority, wss__slice_of(shown->host)))
      return wss__refuse(refusal, WSS_ERR_HTTP, 400,
                         "The Host header is not that of the request target.");
  }
  return split_path(request, rest);
}
