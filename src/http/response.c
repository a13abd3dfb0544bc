#include "http/response.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

int wss__refuse(wss__refusal *refusal, int error, int status,
                const char *format, ...) {
  char text[WSS__DETAIL_SIZE];
  va_list arguments;
  char *at;
  va_start(arguments, format);
  if (vsnprintf(text, sizeof text, format, arguments) < 0)
    text[0] = '\0';
  va_end(arguments);
  memset(refusal, 0, sizeof *refusal);
  refusal->error = error;
  refusal->status = status;
  wss__detail_set(&refusal->detail, "%s", text);
  /* The body is UTF-8, which what a peer sent need not be. */
  for (at = refusal->detail.text; *at != '\0'; at++) {
    if ((unsigned char)*at >= 0x80)
      *at = '?';
  }
  return error;
}

int wss__refuse_missing(wss__refusal *refusal, int error, int status,
                        const char *header) {
  return wss__refuse(refusal, error, status,
                     "The header %s is missing." WSS__PROXY_HINT, header);
}

const char *wss__status_phrase(int status) {
  static const struct {
    int status;
    const char *phrase;
  } phrases[] = {
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {426, "Upgrade Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  };
  size_t i;
  for (i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
    if (phrases[i].status == status)
      return phrases[i].phrase;
  }
  return "Unknown";
}

/* Fields that this library writes by itself, or that would change how the
   response is read. */
static bool is_reserved(wss__slice name) {
  static const char *const reserved[] = {
      "Connection",   "Upgrade",           "Content-Length",
      "Content-Type", "Transfer-Encoding", "Trailer",
  };
  static const char prefix[] = "Sec-WebSocket-";
  wss__slice start = {name.data, sizeof prefix - 1};
  size_t i;
  for (i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
    if (wss__slice_equal_nocase(name, wss__slice_of(reserved[i])))
      return true;
  }
  return name.size >= start.size &&
         wss__slice_equal_nocase(start, wss__slice_of(prefix));
}

static bool value_valid(wss__slice value) {
  size_t i;
  if (wss__slice_trim(value).size != value.size)
    return false;
  for (i = 0; i < value.size; i++) {
    if (!wss__is_field_byte((uint8_t)value.data[i]))
      return false;
  }
  return true;
}

int wss__headers_check(const wss_header *headers, size_t count) {
  size_t i;
  if (headers == NULL && count > 0)
    return WSS_ERR_HEADER;
  for (i = 0; i < count; i++) {
    if (headers[i].name == NULL || headers[i].value == NULL ||
        !wss__is_token(wss__slice_of(headers[i].name)) ||
        is_reserved(wss__slice_of(headers[i].name)) ||
        !value_valid(wss__slice_of(headers[i].value)))
      return WSS_ERR_HEADER;
  }
  return 0;
}

int wss__headers_pack(wss__buf *out, const wss_allocator *allocator,
                      const wss_header *headers, size_t count) {
  size_t length = out->length;
  int err = 0;
  size_t i;
  for (i = 0; err == 0 && i < count; i++) {
    const char *parts[] = {headers[i].name, ": ", headers[i].value, "\r\n"};
    size_t part;
    for (part = 0; err == 0 && part < sizeof parts / sizeof parts[0]; part++)
      err = wss__buf_append(out, allocator, parts[part], strlen(parts[part]));
  }
  if (err < 0)
    out->length = length;
  return err;
}

/* A sender of Upgrade names it in Connection too (RFC 9110 7.8). */
static const char *connection_of(const wss__response *response) {
  size_t i;
  for (i = 0; i < response->header_count; i++) {
    if (wss__slice_equal_nocase(wss__slice_of(response->headers[i].name),
                                wss__slice_of("Upgrade")))
      return "close, Upgrade";
  }
  return "close";
}

int wss__response_pack(wss__buf *out, const wss_allocator *allocator,
                       const wss__response *response) {
  bool bare = response->status == 204 || response->status == 304;
  const char *type = response->content_type != NULL
                         ? response->content_type
                         : "text/plain; charset=utf-8";
  char status[64];
  char length[24];
  const wss_header standard[] = {{"Connection", connection_of(response)},
                                 {"Content-Length", length},
                                 {"Content-Type", type}};
  size_t before = out->length;
  int err;

  (void)snprintf(status, sizeof status, "HTTP/1.1 %d %s\r\n", response->status,
                 wss__status_phrase(response->status));
  (void)snprintf(length, sizeof length, "%zu", response->body_size);
  err = wss__buf_append(out, allocator, status, strlen(status));
  if (err == 0)
    err = wss__headers_pack(out, allocator, standard, bare ? 1 : 3);
  if (err == 0)
    err = wss__headers_pack(out, allocator, response->headers,
                            response->header_count);
  if (err == 0)
    err = wss__buf_append(out, allocator, "\r\n", 2);
  if (err == 0 && !bare && !response->head)
    err = wss__buf_append(out, allocator, response->body, response->body_size);
  if (err < 0)
    out->length = before;
  return err;
}
