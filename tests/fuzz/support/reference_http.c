#include "support/reference_http.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "support/input.h"

#define MAX_TARGET 4096
#define MAX_LINES 64

/* ---- Authorities --------------------------------------------------------- */

static bool is_ipv6(text address) {
  char string[64];
  struct in6_addr parsed;
  if (address.size >= sizeof string)
    return false;
  memcpy(string, address.at, address.size);
  string[address.size] = '\0';
  return strlen(string) == address.size &&
         inet_pton(AF_INET6, string, &parsed) == 1;
}

/* RFC 3986 3.2.2. */
static bool is_reg_name(text name) {
  static const char hex[] = "0123456789abcdefABCDEF";
  static const char others[] = "-._~!$&'()*+,;=";
  size_t i;
  for (i = 0; i < name.size; i++) {
    char byte = name.at[i];
    text one = {name.at + i, 1};
    if (byte == '%') {
      if (name.size - i < 3 || memchr(hex, name.at[i + 1], 22) == NULL ||
          memchr(hex, name.at[i + 2], 22) == NULL)
        return false;
    } else if (memchr(others, byte, sizeof others - 1) == NULL &&
               (!text_is_token(one) || strchr("#^`|", byte) != NULL)) {
      return false;
    }
  }
  return name.size > 0;
}

bool reference_authority(text authority, text *host, text *port) {
  text rest = authority;
  char digits[8] = "";
  if (text_begins(authority, "[")) {
    text address;
    host->at = authority.at;
    host->size = text_find(authority, "]") + 1;
    if (host->size > authority.size)
      return false;
    address.at = host->at + 1;
    address.size = host->size - 2;
    if (!is_ipv6(address))
      return false;
    rest.at += host->size;
    rest.size -= host->size;
    if (rest.size > 0 && rest.at[0] != ':')
      return false;
    (void)text_cut(&rest, ":");
  } else {
    *host = text_cut(&rest, ":");
    if (!is_reg_name(*host))
      return false;
  }
  *port = rest;
  while (rest.size > 1 && rest.at[0] == '0') {
    rest.at++;
    rest.size--;
  }
  if (!text_is_digits(rest) || rest.size > 5)
    return false;
  memcpy(digits, rest.at, rest.size);
  return strtoul(digits, NULL, 10) <= 65535;
}

/* ---- Requests ------------------------------------------------------------ */

static bool target_valid(reference_request *request) {
  static const char *const schemes[] = {"http", "https", "ws", "wss"};
  const field *host = fields_find(&request->all, "Host");
  text rest = request->target;
  text port;
  text scheme;
  size_t known = 0;
  size_t i;
  for (i = 0; i < rest.size; i++) {
    if (rest.at[i] <= ' ' || rest.at[i] > '~' || rest.at[i] == '#')
      return false;
  }
  if (!reference_authority(host->value, &request->host, &port))
    return false;
  if (!text_begins(rest, "/")) {
    text authority;
    if (text_find(rest, "://") == rest.size)
      return false;
    scheme = text_cut(&rest, "://");
    for (i = 0; i < 4; i++)
      known += text_same_as(scheme, schemes[i]);
    authority.at = rest.at;
    authority.size = text_find(rest, "/");
    if (text_find(rest, "?") < authority.size)
      authority.size = text_find(rest, "?");
    if (known != 1 || !text_same(authority, host->value))
      return false;
    rest.at += authority.size;
    rest.size -= authority.size;
  }
  request->has_query = text_find(rest, "?") < rest.size;
  request->path = text_cut(&rest, "?");
  request->query = rest;
  return true;
}

static bool content_absent(const fields *all) {
  size_t i;
  for (i = 0; i < all->count; i++) {
    if (text_same_as(all->list[i].name, "Content-Length") &&
        !text_equal(all->list[i].value, "0"))
      return false;
  }
  return fields_count(all, "Content-Length") <= 1 &&
         fields_find(all, "Transfer-Encoding") == NULL &&
         fields_find(all, "Expect") == NULL;
}

void reference_request_read(reference_request *request, const uint8_t *bytes,
                            size_t size, size_t max_size) {
  text head = {(const char *)bytes, size < max_size ? size : max_size};
  text line;
  size_t skipped = text_begins(head, "\r\n") ? 2 : 0;
  size_t end;
  memset(request, 0, sizeof *request);
  head.at += skipped;
  head.size -= skipped;
  end = text_begins(head, "\r\n") ? 0 : text_find(head, "\r\n\r\n");
  if (end == head.size)
    return;
  request->size = skipped + end + 4;
  head.size = end + 2;
  line = text_cut(&head, "\r\n");
  request->method = text_cut(&line, " ");
  request->target = text_cut(&line, " ");
  request->valid =
      (text_equal(request->method, "GET") ||
       text_equal(request->method, "HEAD")) &&
      request->target.size <= MAX_TARGET && text_equal(line, "HTTP/1.1") &&
      fields_read(&request->all, head) && request->all.count <= MAX_LINES &&
      content_absent(&request->all) &&
      fields_count(&request->all, "Host") == 1 && target_valid(request);
}

/* ---- Responses ----------------------------------------------------------- */

void reference_response_read(reference_response *response, const uint8_t *bytes,
                             size_t size, bool head) {
  text rest = {(const char *)bytes, size};
  const field *length;
  text lines;
  text line;
  size_t i;
  memset(response, 0, sizeof *response);
  CHECK(text_find(rest, "\r\n\r\n") < rest.size);
  lines.at = rest.at;
  lines.size = text_find(rest, "\r\n\r\n") + 2;
  (void)text_cut(&rest, "\r\n\r\n");
  response->body = rest;
  line = text_cut(&lines, "\r\n");
  CHECK(text_is_field_value(line) && text_begins(line, "HTTP/1.1 "));
  CHECK(line.size > 13 && line.at[12] == ' ');
  response->status =
      (line.at[9] - '0') * 100 + (line.at[10] - '0') * 10 + (line.at[11] - '0');
  CHECK(response->status >= 101 && response->status <= 599);
  CHECK(fields_read(&response->all, lines));
  length = fields_find(&response->all, "Content-Length");
  if (length == NULL)
    CHECK(response->body.size == 0);
  else
    CHECK(text_is_digits(length->value) && length->value.size > 0);
  if (length != NULL && !head)
    CHECK((size_t)strtoul(length->value.at, NULL, 10) == rest.size);
  if (head)
    CHECK(rest.size == 0);
  for (i = 0; i < response->all.count; i++) {
    size_t j;
    for (j = 0; j < i; j++)
      CHECK(!text_same(response->all.list[i].name, response->all.list[j].name));
  }
}

void reference_refusal(const uint8_t *bytes, size_t size, int status,
                       const char *sentence) {
  static const char *const may[] = {"Connection",   "Content-Length",
                                    "Content-Type", "Allow",
                                    "Upgrade",      "Sec-WebSocket-Version"};
  reference_response response;
  size_t known = 0;
  size_t i;
  reference_response_read(&response, bytes, size, false);
  CHECK(response.status == status);
  CHECK(text_equal(response.body, sentence));
  for (i = 0; i < response.body.size; i++)
    CHECK(response.body.at[i] >= ' ' && response.body.at[i] <= '~');
  for (i = 0; i < sizeof may / sizeof may[0]; i++)
    known += fields_count(&response.all, may[i]);
  CHECK(known == response.all.count);
  CHECK(fields_list_has(&response.all, "Connection", "close"));
  CHECK((status == 405) == (fields_count(&response.all, "Allow") == 1));
  CHECK((status == 426) == (fields_count(&response.all, "Upgrade") == 1));
}
