#include "http/request.h"

#include <string.h>

#include "http/cookie.h"
#include "http/target.h"

#define VERSION_SIZE (sizeof "HTTP/1.1" - 1)

typedef enum state {
  START,
  EMPTY_LF, /* behind the CR of an empty line in front */
  METHOD,
  TARGET,
  VERSION,
  REQUEST_LF,
  LINE, /* the first byte of a header line */
  NAME,
  VALUE,
  VALUE_LF,
  END_LF,
  DONE
} state;

/* A header line, as offsets into the head, which may still move. */
typedef struct line {
  size_t name;
  size_t name_size;
  size_t value;
  size_t value_size;
} line;

/* A piece of memory that goes with the request. */
typedef struct block {
  struct block *next;
  max_align_t memory[];
} block;

struct wss__request {
  wss_request public_part; /* first: wss__request_of relies on it */
  const wss_allocator *allocator;
  wss__buf head;
  block *blocks;
  const char **joined; /* for each header, its field's whole value */
  size_t token;        /* where the element at hand begins */
  size_t target;
  size_t target_size;
  size_t line_count;
  uint8_t state;
  bool empty_line; /* one was passed over */
  line lines[WSS__MAX_HEADERS];
};

wss__request *wss__request_new(const wss_allocator *allocator,
                               size_t max_size) {
  wss__request *request = wss__calloc(allocator, sizeof *request);
  if (request == NULL)
    return NULL;
  request->allocator = allocator;
  wss__buf_init(&request->head, max_size);
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
  wss__buf_free(&request->head, request->allocator);
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

/* ---- The request line ---------------------------------------------------- */

static wss__slice slice_at(const wss__request *request, size_t start,
                           size_t end) {
  wss__slice slice = {(const char *)wss__buf_data(&request->head) + start,
                      end - start};
  return slice;
}

static int end_method(const wss__request *request, size_t at,
                      wss__refusal *refusal) {
  static const wss_header allow = {"Allow", "GET, HEAD"};
  wss__slice method = slice_at(request, request->token, at);
  if (wss__slice_equal(method, wss__slice_of("GET")) ||
      wss__slice_equal(method, wss__slice_of("HEAD")))
    return 0;
  (void)wss__refuse(refusal, WSS_ERR_HTTP, 405,
                    "The method %.*s is not allowed here: use GET.",
                    method.size > 16 ? 16 : (int)method.size, method.data);
  refusal->headers = &allow;
  refusal->header_count = 1;
  return WSS_ERR_HTTP;
}

static int end_version(const wss__request *request, size_t at,
                       wss__refusal *refusal) {
  wss__slice version = slice_at(request, request->token, at);
  wss__slice name = {version.data, 5};
  if (wss__slice_equal(version, wss__slice_of("HTTP/1.1")))
    return 0;
  if (version.size == VERSION_SIZE &&
      wss__slice_equal(name, wss__slice_of("HTTP/")))
    return wss__refuse(refusal, WSS_ERR_HTTP, 505,
                       "The HTTP version must be 1.1.");
  return bad(refusal, "The request line does not end in an HTTP version.");
}

static int start_byte(wss__request *request, uint8_t byte, size_t at,
                      wss__refusal *refusal) {
  if (byte == '\r' && !request->empty_line) {
    request->empty_line = true;
    request->state = EMPTY_LF;
    return 0;
  }
  if (byte == 0x16)
    return bad(refusal, "This port speaks plain HTTP, but TLS arrived: use "
                        "http:// or ws:// here.");
  if (!wss__is_tchar(byte))
    return bad(refusal, "What arrived is not HTTP.");
  request->token = at;
  request->state = METHOD;
  return 0;
}

static int method_byte(wss__request *request, uint8_t byte, size_t at,
                       wss__refusal *refusal) {
  if (byte == ' ') {
    request->target = at + 1;
    request->state = TARGET;
    return end_method(request, at, refusal);
  }
  if (!wss__is_tchar(byte))
    return bad(refusal, "The request's method is not a token.");
  return 0;
}

static int target_byte(wss__request *request, uint8_t byte, size_t at,
                       wss__refusal *refusal) {
  if (byte == ' ') {
    request->target_size = at - request->target;
    request->token = at + 1;
    request->state = VERSION;
    return 0;
  }
  if (byte < ' ' || byte >= 0x7f)
    return bad(refusal, "The request target has a byte that a URI must not "
                        "have.");
  if (at - request->target >= WSS__MAX_TARGET)
    return wss__refuse(refusal, WSS_ERR_HTTP, 414,
                       "The request target is longer than %d bytes.",
                       WSS__MAX_TARGET);
  return 0;
}

static int version_byte(wss__request *request, uint8_t byte, size_t at,
                        wss__refusal *refusal) {
  if (byte == '\r') {
    request->state = REQUEST_LF;
    return end_version(request, at, refusal);
  }
  if (byte <= ' ' || byte >= 0x7f || at - request->token >= VERSION_SIZE)
    return bad(refusal, "The request line does not end in an HTTP version.");
  return 0;
}

/* ---- Header lines -------------------------------------------------------- */

static int line_byte(wss__request *request, uint8_t byte, size_t at,
                     wss__refusal *refusal) {
  if (byte == '\r') {
    request->state = END_LF;
    return 0;
  }
  if (byte == ' ' || byte == '\t')
    return bad(refusal, "A header line begins with a blank: folded lines are "
                        "not allowed (RFC 9112 5.2).");
  if (!wss__is_tchar(byte))
    return bad(refusal, "A header name has a byte that is not allowed.");
  if (request->line_count == WSS__MAX_HEADERS)
    return wss__refuse(refusal, WSS_ERR_HTTP, 431,
                       "There are more than %d header lines.",
                       WSS__MAX_HEADERS);
  request->lines[request->line_count].name = at;
  request->state = NAME;
  return 0;
}

static int name_byte(wss__request *request, uint8_t byte, size_t at,
                     wss__refusal *refusal) {
  line *current = &request->lines[request->line_count];
  if (byte == ':') {
    current->name_size = at - current->name;
    current->value = at + 1;
    request->state = VALUE;
    return 0;
  }
  if (byte == ' ' || byte == '\t')
    return bad(refusal, "There is a blank between a header name and its colon "
                        "(RFC 9112 5.1).");
  if (!wss__is_tchar(byte))
    return bad(refusal, "A header name has a byte that is not allowed.");
  return 0;
}

static int value_byte(wss__request *request, uint8_t byte, size_t at,
                      wss__refusal *refusal) {
  line *current = &request->lines[request->line_count];
  if (byte == '\r') {
    wss__slice value = wss__slice_trim(slice_at(request, current->value, at));
    const char *head = (const char *)wss__buf_data(&request->head);
    current->value = (size_t)(value.data - head);
    current->value_size = value.size;
    request->line_count++;
    request->state = VALUE_LF;
    return 0;
  }
  if (byte == '\n')
    return bad(refusal, "A line ends in LF without CR (RFC 9112 2.2).");
  if (!wss__is_field_byte(byte))
    return bad(refusal, "A header value has a control byte.");
  return 0;
}

static int expect_lf(wss__request *request, uint8_t byte, state next,
                     wss__refusal *refusal) {
  if (byte != '\n')
    return bad(refusal, "A CR is not followed by LF (RFC 9112 2.2).");
  request->state = (uint8_t)next;
  return 0;
}

/* Takes the byte at offset at, which is in the head already. */
static int take_byte(wss__request *request, uint8_t byte, size_t at,
                     wss__refusal *refusal) {
  switch ((state)request->state) {
  case START:
    return start_byte(request, byte, at, refusal);
  case EMPTY_LF:
    return expect_lf(request, byte, START, refusal);
  case METHOD:
    return method_byte(request, byte, at, refusal);
  case TARGET:
    return target_byte(request, byte, at, refusal);
  case VERSION:
    return version_byte(request, byte, at, refusal);
  case REQUEST_LF:
  case VALUE_LF:
    return expect_lf(request, byte, LINE, refusal);
  case LINE:
    return line_byte(request, byte, at, refusal);
  case NAME:
    return name_byte(request, byte, at, refusal);
  case VALUE:
    return value_byte(request, byte, at, refusal);
  case END_LF:
  case DONE:
    break;
  }
  return expect_lf(request, byte, DONE, refusal);
}

/* ---- The complete head --------------------------------------------------- */

/* Ends every element with a NUL, in the place of the byte behind it, and
   points the public part at them. */
static int publish(wss__request *request) {
  wss_request *shown = &request->public_part;
  char *head = (char *)wss__buf_data(&request->head);
  size_t count = request->line_count;
  wss_header *headers =
      wss__request_alloc(request, (count + 1) * sizeof *headers);
  size_t i;
  if (headers == NULL)
    return WSS_ERR_NOMEM;
  head[request->target + request->target_size] = '\0';
  shown->target = head + request->target;
  /* The method ends one blank before the target; it was GET or HEAD. */
  head[request->target - 1] = '\0';
  shown->method = head[request->target - 2] == 'T' ? "GET" : "HEAD";
  for (i = 0; i < count; i++) {
    const line *at = &request->lines[i];
    head[at->name + at->name_size] = '\0';
    head[at->value + at->value_size] = '\0';
    headers[i].name = head + at->name;
    headers[i].value = head + at->value;
  }
  shown->headers = headers;
  shown->header_count = count;
  return 0;
}

static bool same_name(const wss_header *field, const char *name) {
  return wss__slice_equal_nocase(wss__slice_of(field->name),
                                 wss__slice_of(name));
}

/* The first line of that name; header_count if there is none. */
static size_t first_named(const wss_request *shown, const char *name) {
  size_t i;
  for (i = 0; i < shown->header_count; i++) {
    if (same_name(&shown->headers[i], name))
      break;
  }
  return i;
}

/* The values of all lines named as the first one, joined by ", ". */
static const char *join(wss__request *request, size_t first) {
  const wss_request *shown = &request->public_part;
  const char *name = shown->headers[first].name;
  size_t size = 1;
  char *joined;
  char *at;
  size_t i;
  if (wss__request_field_count(shown, name) == 1)
    return shown->headers[first].value;
  for (i = first; i < shown->header_count; i++) {
    if (same_name(&shown->headers[i], name))
      size += request->lines[i].value_size + 2;
  }
  joined = wss__request_alloc(request, size);
  if (joined == NULL)
    return NULL;
  at = joined;
  for (i = first; i < shown->header_count; i++) {
    if (!same_name(&shown->headers[i], name))
      continue;
    if (at != joined) {
      memcpy(at, ", ", 2);
      at += 2;
    }
    memcpy(at, shown->headers[i].value, request->lines[i].value_size);
    at += request->lines[i].value_size;
  }
  *at = '\0';
  return joined;
}

static int join_all(wss__request *request) {
  const wss_request *shown = &request->public_part;
  size_t i;
  request->joined = wss__request_alloc(request, (shown->header_count + 1) *
                                                    sizeof *request->joined);
  if (request->joined == NULL)
    return WSS_ERR_NOMEM;
  for (i = 0; i < shown->header_count; i++) {
    size_t first = first_named(shown, shown->headers[i].name);
    request->joined[i] = first < i ? request->joined[first] : join(request, i);
    if (request->joined[i] == NULL)
      return WSS_ERR_NOMEM;
  }
  return 0;
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

/* A request here has no content (RFC 9112 6). */
static int check_content(const wss_request *shown, wss__refusal *refusal) {
  size_t i;
  for (i = 0; i < shown->header_count; i++) {
    const wss_header *header = &shown->headers[i];
    if (same_name(header, "Transfer-Encoding") || same_name(header, "Expect"))
      return wss__refuse(refusal, WSS_ERR_HTTP, 400,
                         "The header %s is not allowed: the request must have "
                         "no content.",
                         header->name);
    if (same_name(header, "Content-Length") && strcmp(header->value, "0") != 0)
      return bad(refusal, "Content-Length must be 0: the request must have no "
                          "content.");
  }
  return 0;
}

static int complete(wss__request *request, wss__refusal *refusal) {
  wss_request *shown = &request->public_part;
  const char *path;
  int err = publish(request);
  if (err == 0)
    err = join_all(request);
  if (err == 0)
    err = check_content(shown, refusal);
  if (err < 0)
    return err;
  if (wss__request_field_count(shown, "Host") != 1)
    return bad(refusal, "There must be exactly one Host header.");
  shown->host = wss__request_field(shown, "Host");
  shown->origin = wss__request_field(shown, "Origin");
  err = wss__target_path(shown->target, shown->host, &path, refusal);
  return err < 0 ? err : split_path(request, path);
}

static int too_large(const wss__request *request, wss__refusal *refusal) {
  if (request->state <= VERSION)
    return wss__refuse(refusal, WSS_ERR_HTTP, 414,
                       "The request line is longer than %zu bytes.",
                       request->head.ceiling);
  return wss__refuse(refusal, WSS_ERR_HTTP, 431,
                     "The request's head is larger than %zu bytes.",
                     request->head.ceiling);
}

int wss__request_feed(wss__request *request, const uint8_t *data, size_t size,
                      size_t *used, wss__refusal *refusal) {
  size_t room = request->head.ceiling - request->head.length;
  size_t at = request->head.length;
  size_t take = size < room ? size : room;
  size_t i;
  int err = wss__buf_append(&request->head, request->allocator, data, take);

  *used = size;
  if (err < 0)
    return WSS_ERR_NOMEM;
  for (i = 0; i < take; i++) {
    err = take_byte(request, data[i], at + i, refusal);
    if (err < 0)
      return err;
    if (request->state == DONE) {
      *used = i + 1;
      err = complete(request, refusal);
      return err < 0 ? err : 1;
    }
  }
  return take < size ? too_large(request, refusal) : 0;
}

/* ---- Look-ups ------------------------------------------------------------ */

const char *wss__request_field(const wss_request *request, const char *name) {
  size_t first = first_named(request, name);
  return first < request->header_count ? wss__request_of(request)->joined[first]
                                       : NULL;
}

size_t wss__request_field_count(const wss_request *request, const char *name) {
  size_t count = 0;
  size_t i;
  for (i = 0; i < request->header_count; i++) {
    if (same_name(&request->headers[i], name))
      count++;
  }
  return count;
}

const char *wss__request_cookie(const wss_request *request, const char *name,
                                size_t *size) {
  size_t i;
  *size = 0;
  for (i = 0; i < request->header_count; i++) {
    const char *value = NULL;
    if (same_name(&request->headers[i], "Cookie"))
      value = wss__cookie_find(request->headers[i].value, name, size);
    if (value != NULL)
      return value;
  }
  return NULL;
}
