#include "http/request.h"

#include <string.h>

#include "base/str.h"
#include "http/cookie.h"
#include "http/target.h"

/* A piece of memory that goes with the request. */
typedef struct block {
  struct block *next;
  max_align_t memory[];
} block;

struct wss__request {
  wss_request public_part; /* first: wss__request_of relies on it */
  const wss_allocator *allocator;
  wss__head head;
  block *blocks;
  const char **joined; /* for the first line of each field that has several, its
                          whole value; NULL until somebody asks */
  char *room;          /* for what is joined next */
};

wss__request *wss__request_new(const wss_allocator *allocator,
                               size_t max_size) {
  wss__request *request = wss__calloc(allocator, sizeof *request);
  if (request == NULL)
    return NULL;
  request->allocator = allocator;
  wss__head_init(&request->head, max_size);
  return request;
}

void wss__request_free(wss__request *request) {
  if (request == NULL)
    return;
  while (request->blocks != NULL) {
    block *first = request->blocks;
    request->blocks = first->next;
    wss__free(request->allocator, first);
  }
  wss__head_free(&request->head, request->allocator);
  wss__free(request->allocator, request);
}

void *wss__request_alloc(wss__request *request, size_t size) {
  block *fresh = wss__malloc(request->allocator, sizeof *fresh + size);
  if (fresh == NULL)
    return NULL;
  fresh->next = request->blocks;
  request->blocks = fresh;
  return fresh->memory;
}

wss_request *wss__request_public(wss__request *request) {
  return &request->public_part;
}

wss__request *wss__request_of(const wss_request *request) {
  return (wss__request *)(uintptr_t)request;
}

static int bad(wss__refusal *refusal, const char *sentence) {
  return wss__refuse(refusal, WSS_ERR_HTTP, 400, "%s", sentence);
}

/* ---- The complete head --------------------------------------------------- */

/* Ends every element with a NUL, in the place of the byte behind it, and
   points the public part at them. */
static int publish(wss__request *request) {
  wss_request *shown = &request->public_part;
  const wss__head *head = &request->head;
  char *bytes = (char *)wss__buf_data(&head->bytes);
  size_t count = head->line_count;
  wss_header *headers =
      wss__request_alloc(request, (count + 1) * sizeof *headers);
  size_t i;
  if (headers == NULL)
    return WSS_ERR_NOMEM;
  bytes[head->target + head->target_size] = '\0';
  shown->target = bytes + head->target;
  /* The method ends one blank before the target; it was GET or HEAD. */
  bytes[head->target - 1] = '\0';
  shown->method = bytes[head->target - 2] == 'T' ? "GET" : "HEAD";
  for (i = 0; i < count; i++) {
    const wss__head_line *at = &head->lines[i];
    bytes[at->name + at->name_size] = '\0';
    bytes[at->value + at->value_size] = '\0';
    headers[i].name = bytes + at->name;
    headers[i].value = bytes + at->value;
  }
  shown->headers = headers;
  shown->header_count = count;
  return 0;
}

static wss__slice name_at(const wss__request *request, size_t line) {
  wss__slice name = {request->public_part.headers[line].name,
                     request->head.lines[line].name_size};
  return name;
}

/* The next line of that name, from line on; header_count if there is none. */
static size_t next_named(const wss__request *request, size_t line,
                         wss__slice name) {
  while (line < request->public_part.header_count &&
         !wss__slice_equal_nocase(name_at(request, line), name))
    line++;
  return line;
}

/* Takes memory for all that may be joined, so that a look-up cannot fail. To
   join everything at once would compare each name with each. */
static int make_room(wss__request *request) {
  size_t count = request->public_part.header_count;
  size_t size = 0;
  size_t i;
  for (i = 0; i < count; i++)
    size += request->head.lines[i].value_size + 2;
  request->room = wss__request_alloc(request, size);
  request->joined =
      wss__request_alloc(request, (count + 1) * sizeof *request->joined);
  if (request->room == NULL || request->joined == NULL)
    return WSS_ERR_NOMEM;
  for (i = 0; i < count; i++)
    request->joined[i] = NULL;
  return 0;
}

/* The values of all lines of that name, joined by ", "; first is the first of
   them, and next the second. */
static const char *join(wss__request *request, size_t first, size_t next,
                        wss__slice name) {
  const wss_header *headers = request->public_part.headers;
  const wss__head_line *lines = request->head.lines;
  char *at = request->room;
  if (request->joined[first] != NULL)
    return request->joined[first];
  request->joined[first] = at;
  memcpy(at, headers[first].value, lines[first].value_size);
  at += lines[first].value_size;
  while (next < request->public_part.header_count) {
    memcpy(at, ", ", 2);
    memcpy(at + 2, headers[next].value, lines[next].value_size);
    at += 2 + lines[next].value_size;
    next = next_named(request, next + 1, name);
  }
  *at = '\0';
  request->room = at + 1;
  return request->joined[first];
}

/* Copies "path[?query]", with "/" for an empty path. */
static int split_path(wss__request *request, const char *text) {
  wss_request *shown = &request->public_part;
  size_t size = strlen(text);
  size_t slash = text[0] == '/' ? 0 : 1;
  char *copy = wss__request_alloc(request, slash + size + 1);
  char *mark;
  if (copy == NULL)
    return WSS_ERR_NOMEM;
  copy[0] = '/';
  memcpy(copy + slash, text, size + 1);
  shown->path = copy;
  mark = strchr(copy, '?');
  if (mark != NULL) {
    *mark = '\0';
    shown->query = mark + 1;
  }
  return 0;
}

/* A request here has no content (RFC 9112 6). What might announce some is
   refused, however it is written: a proxy in front may read it otherwise. */
static int check_content(const wss_request *shown, wss__refusal *refusal) {
  static const char *const forbidden[] = {"Transfer-Encoding", "Expect"};
  const char *length = wss__request_field(shown, "Content-Length");
  size_t i;
  for (i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
    if (wss__request_field(shown, forbidden[i]) != NULL)
      return wss__refuse(refusal, WSS_ERR_HTTP, 400,
                         "The header %s is not allowed: the request must have "
                         "no content.",
                         forbidden[i]);
  }
  if (length != NULL && strcmp(length, "0") != 0)
    return bad(refusal, "The header Content-Length must be 0, once: the "
                        "request must have no content.");
  return 0;
}

static int check_host(const wss_request *shown, wss__refusal *refusal) {
  switch (wss__request_field_count(shown, "Host")) {
  case 0:
    return wss__refuse_missing(refusal, WSS_ERR_HTTP, 400, "Host");
  case 1:
    return 0;
  default:
    return bad(refusal, "The header Host stands there more than once.");
  }
}

static int complete(wss__request *request, wss__refusal *refusal) {
  wss_request *shown = &request->public_part;
  const char *path;
  int err = publish(request);
  if (err == 0)
    err = make_room(request);
  if (err == 0)
    err = check_content(shown, refusal);
  if (err == 0)
    err = check_host(shown, refusal);
  if (err < 0)
    return err;
  shown->host = wss__request_field(shown, "Host");
  shown->origin = wss__request_field(shown, "Origin");
  err = wss__target_path(shown->target, shown->host, &path, refusal);
  return err < 0 ? err : split_path(request, path);
}

int wss__request_feed(wss__request *request, const uint8_t *data, size_t size,
                      size_t *used, wss__refusal *refusal) {
  int result = wss__head_feed(&request->head, request->allocator, data, size,
                              used, refusal);
  if (result <= 0)
    return result;
  result = complete(request, refusal);
  return result < 0 ? result : 1;
}

/* ---- Look-ups ------------------------------------------------------------ */

const char *wss__request_field(const wss_request *request, const char *name) {
  wss__request *own = wss__request_of(request);
  wss__slice wanted = wss__slice_of(name);
  size_t first = next_named(own, 0, wanted);
  size_t next;
  if (first == request->header_count)
    return NULL;
  next = next_named(own, first + 1, wanted);
  return next == request->header_count ? request->headers[first].value
                                       : join(own, first, next, wanted);
}

size_t wss__request_field_count(const wss_request *request, const char *name) {
  const wss__request *own = wss__request_of(request);
  wss__slice wanted = wss__slice_of(name);
  size_t count = 0;
  size_t i;
  for (i = next_named(own, 0, wanted); i < request->header_count;
       i = next_named(own, i + 1, wanted))
    count++;
  return count;
}

const char *wss__request_cookie(const wss_request *request, const char *name,
                                size_t *size) {
  const wss__request *own = wss__request_of(request);
  wss__slice field = wss__slice_of("Cookie");
  const char *value = NULL;
  size_t i;
  *size = 0;
  for (i = next_named(own, 0, field);
       value == NULL && i < request->header_count;
       i = next_named(own, i + 1, field))
    value = wss__cookie_find(request->headers[i].value, name, size);
  return value;
}
