/* A second reading of RFC 9112 and RFC 6455 4.2.1: whether a text is a valid
   opening handshake. It looks at the whole text at once, with C's own string
   functions, and says nothing about why it is not. */
#ifndef WSS_TEST_HANDSHAKE_REFERENCE_H
#define WSS_TEST_HANDSHAKE_REFERENCE_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REF_ALNUM                                                              \
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define REF_TCHARS REF_ALNUM "!#$%&'*+-.^_`|~"

typedef struct ref_request {
  char text[8193];   /* the head, with NULs between its elements */
  char *lines[8192]; /* all its lines, the request line first */
  size_t count;
  char *names[64];
  char *values[64];
  size_t headers;
} ref_request;

static bool ref_only(const char *text, const char *bytes) {
  return text[0] != '\0' && text[strspn(text, bytes)] == '\0';
}

/* Cuts the head into lines at CR LF; no other control bytes but tabs. */
static bool ref_lines(ref_request *it, const char *text, size_t size) {
  const char *end;
  size_t skip = size >= 2 && memcmp(text, "\r\n", 2) == 0 ? 2 : 0;
  size_t i;
  end = memmem(text + skip, size - skip, "\r\n\r\n", 4);
  if (end == NULL || (size_t)(end + 4 - text) > 8192)
    return false;
  size = (size_t)(end + 2 - (text + skip));
  memcpy(it->text, text + skip, size);
  it->count = 0;
  it->lines[it->count++] = it->text;
  for (i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)it->text[i];
    if (byte == '\r' && it->text[i + 1] == '\n') {
      it->text[i++] = '\0';
      it->lines[it->count++] = it->text + i + 1;
    } else if ((byte < ' ' && byte != '\t') || byte == 0x7f) {
      return false;
    }
  }
  it->count--; /* what is behind the last line */
  return it->count > 0;
}

static char *ref_trim(char *text) {
  size_t size;
  text += strspn(text, " \t");
  for (size = strlen(text); size > 0 && strchr(" \t", text[size - 1]); size--)
    text[size - 1] = '\0';
  return text;
}

static bool ref_headers(ref_request *it) {
  size_t i;
  it->headers = it->count - 1;
  if (it->headers > 64)
    return false;
  for (i = 0; i < it->headers; i++) {
    char *colon = strchr(it->lines[i + 1], ':');
    if (colon == NULL)
      return false;
    *colon = '\0';
    it->names[i] = it->lines[i + 1];
    it->values[i] = ref_trim(colon + 1);
    if (!ref_only(it->names[i], REF_TCHARS))
      return false;
  }
  return true;
}

/* How many lines of that name there are; *value is the last one's. */
static size_t ref_find(const ref_request *it, const char *name,
                       const char **value) {
  size_t found = 0;
  size_t i;
  for (i = 0; i < it->headers; i++) {
    if (strcasecmp(it->names[i], name) == 0) {
      *value = it->values[i];
      found++;
    }
  }
  return found;
}

/* Calls with each element of the lists of that name; false once visit is. */
static bool ref_each(const ref_request *it, const char *name,
                     bool (*visit)(const char *element, void *to), void *to) {
  size_t i;
  for (i = 0; i < it->headers; i++) {
    char copy[8193];
    char *rest = copy;
    char *element;
    if (strcasecmp(it->names[i], name) != 0)
      continue;
    memcpy(copy, it->values[i], strlen(it->values[i]) + 1);
    while ((element = strsep(&rest, ",")) != NULL) {
      element = ref_trim(element);
      if (element[0] != '\0' && !visit(element, to))
        return false;
    }
  }
  return true;
}

static bool ref_not_websocket(const char *element, void *to) {
  (void)to;
  return strcasecmp(element, "websocket") != 0;
}

static bool ref_not_upgrade(const char *element, void *to) {
  (void)to;
  return strcasecmp(element, "upgrade") != 0;
}

typedef struct ref_list {
  char elements[65][8193];
  size_t count;
} ref_list;

static bool ref_subprotocol(const char *element, void *to) {
  ref_list *list = to;
  size_t i;
  for (i = 0; i < list->count; i++) {
    if (strcmp(list->elements[i], element) == 0)
      return false;
  }
  if (list->count == 64)
    return false;
  memcpy(list->elements[list->count++], element, strlen(element) + 1);
  return ref_only(element, REF_TCHARS);
}

/* 9.1; what is quoted must be a token too, and commas were cut at. */
static bool ref_extension(const char *element, void *to) {
  char copy[8193];
  char *rest = copy;
  char *part;
  bool first = true;
  *(size_t *)to += 1;
  memcpy(copy, element, strlen(element) + 1);
  while ((part = strsep(&rest, ";")) != NULL) {
    char *value = strchr(part, '=');
    if (value != NULL)
      *value++ = '\0';
    if (!ref_only(ref_trim(part), REF_TCHARS) || (first && value != NULL))
      return false;
    first = false;
    if (value == NULL)
      continue;
    value = ref_trim(value);
    if (value[0] == '"') {
      char *from;
      char *at = value;
      for (from = value + 1; *from != '"' && *from != '\0'; from++) {
        if (*from == '\\')
          from++;
        *at++ = *from;
        if (*from == '\0')
          return false;
      }
      if (from[0] != '"' || from[1] != '\0')
        return false;
      *at = '\0';
    }
    if (!ref_only(value, REF_TCHARS))
      return false;
  }
  return true;
}

static bool ref_host(const char *host) {
  char copy[8193];
  struct in6_addr address;
  const char *at;
  char *end;
  memcpy(copy, host, strlen(host) + 1);
  end = copy[0] == '[' ? strchr(copy, ']') : strchr(copy, ':');
  if (copy[0] == '[') {
    if (end == NULL || (end[1] != ':' && end[1] != '\0'))
      return false;
    *end++ = '\0';
    if (inet_pton(AF_INET6, copy + 1, &address) != 1)
      return false;
  }
  if (end != NULL && end[0] == ':') {
    *end++ = '\0';
    if (end[strspn(end, "0123456789")] != '\0' || strtod(end, NULL) > 65535)
      return false;
  }
  if (copy[0] == '[')
    return true;
  for (at = strchr(copy, '%'); at != NULL; at = strchr(at + 1, '%')) {
    if (strspn(at + 1, "0123456789abcdefABCDEF") < 2)
      return false;
  }
  return ref_only(copy, REF_ALNUM "-._~%!$&'()*+,;=");
}

static bool ref_request_line(const ref_request *it, const char *host) {
  static const char *const schemes[] = {"http://", "https://", "ws://",
                                        "wss://"};
  char *target = it->lines[0] + 4;
  char *end;
  size_t i;
  if (strncmp(it->lines[0], "GET ", 4) != 0)
    return false;
  end = target + strcspn(target, " ");
  if (strcmp(end, " HTTP/1.1") != 0)
    return false;
  *end = '\0';
  for (i = 0; target[i] != '\0'; i++) {
    if (target[i] < '!' || target[i] > '~' || target[i] == '#')
      return false;
  }
  if (i > 4096 || target[0] == '/')
    return i <= 4096;
  for (i = 0; i < 4; i++) {
    size_t size = strlen(schemes[i]);
    if (strncasecmp(target, schemes[i], size) == 0) {
      target += size;
      size = strcspn(target, "/?");
      return size == strlen(host) && strncasecmp(target, host, size) == 0;
    }
  }
  return false;
}

static bool ref_key(const char *key) {
  return strlen(key) == 24 && strspn(key, REF_ALNUM "+/") == 22 &&
         strcmp(key + 22, "==") == 0 && strchr("AQgw", key[21]) != NULL;
}

/* What follows the head does not count here. */
static bool ref_valid(const char *text, size_t size) {
  static ref_request it;
  static ref_list list;
  const char *value = "";
  size_t extensions = 0;
  size_t i;
  list.count = 0;
  if (!ref_lines(&it, text, size) || !ref_headers(&it))
    return false;
  if (ref_find(&it, "Host", &value) != 1 || !ref_host(value) ||
      !ref_request_line(&it, value))
    return false;
  i = ref_find(&it, "Content-Length", &value);
  if (i > 1 || (i == 1 && strcmp(value, "0") != 0) ||
      ref_find(&it, "Transfer-Encoding", &value) > 0 ||
      ref_find(&it, "Expect", &value) > 0)
    return false;
  if (ref_each(&it, "Upgrade", ref_not_websocket, NULL) ||
      ref_each(&it, "Connection", ref_not_upgrade, NULL))
    return false;
  if (ref_find(&it, "Sec-WebSocket-Key", &value) != 1 || !ref_key(value) ||
      ref_find(&it, "Sec-WebSocket-Version", &value) != 1 ||
      strcmp(value, "13") != 0)
    return false;
  if (!ref_each(&it, "Sec-WebSocket-Protocol", ref_subprotocol, &list) ||
      (list.count == 0 && ref_find(&it, "Sec-WebSocket-Protocol", &value) > 0))
    return false;
  return ref_each(&it, "Sec-WebSocket-Extensions", ref_extension,
                  &extensions) &&
         (extensions > 0 ||
          ref_find(&it, "Sec-WebSocket-Extensions", &value) == 0);
}

#endif
