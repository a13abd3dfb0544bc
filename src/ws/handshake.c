#include "ws/handshake.h"

#include <string.h>

#include "base/base64.h"
#include "base/sha1.h"
#include "http/target.h"
#include "ws/extension.h"

/* RFC 6455 1.3. */
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* A key is 16 bytes in Base64 (RFC 6455 4.1). */
#define KEY_BYTES 16
#define KEY_SIZE WSS__BASE64_SIZE(KEY_BYTES)

/* Each is compared with those before it. */
#define MAX_SUBPROTOCOLS 64

/* How much of a peer's value an error sentence quotes. */
#define QUOTED 64

static const wss_header upgrade_header[] = {{"Upgrade", "websocket"}};
static const wss_header version_headers[] = {{"Upgrade", "websocket"},
                                             {"Sec-WebSocket-Version", "13"}};

static bool has_token(const char *list, const char *token) {
  wss__slice rest = wss__slice_of(list);
  wss__slice element;
  while (wss__list_next(&rest, &element)) {
    if (wss__slice_equal_nocase(element, wss__slice_of(token)))
      return true;
  }
  return false;
}

bool wss__handshake_asked(const wss_request *request) {
  static const char prefix[] = "Sec-WebSocket-";
  size_t i;
  for (i = 0; i < request->header_count; i++) {
    wss__slice name = wss__slice_of(request->headers[i].name);
    if (wss__slice_equal_nocase(name, wss__slice_of("Upgrade")))
      return true;
    if (name.size < sizeof prefix - 1)
      continue;
    name.size = sizeof prefix - 1;
    if (wss__slice_equal_nocase(name, wss__slice_of(prefix)))
      return true;
  }
  return false;
}

static int refuse(wss__refusal *refusal, const char *sentence) {
  return wss__refuse(refusal, WSS_ERR_HANDSHAKE, 400, "%s", sentence);
}

/* ---- The parts of a handshake -------------------------------------------- */

static int check_upgrade(const wss_request *request, wss__refusal *refusal) {
  const char *upgrade = wss__request_field(request, "Upgrade");
  const char *connection = wss__request_field(request, "Connection");
  if (strcmp(request->method, "GET") != 0) {
    static const wss_header allow[] = {{"Allow", "GET"}};
    (void)wss__refuse(refusal, WSS_ERR_HANDSHAKE, 405,
                      "A WebSocket handshake is a GET request.");
    refusal->headers = allow;
    refusal->header_count = 1;
    return WSS_ERR_HANDSHAKE;
  }
  if (upgrade == NULL || !has_token(upgrade, "websocket")) {
    if (upgrade == NULL)
      (void)wss__refuse_missing(refusal, WSS_ERR_HANDSHAKE, 426, "Upgrade");
    else
      (void)wss__refuse(refusal, WSS_ERR_HANDSHAKE, 426,
                        "The header Upgrade does not name websocket.");
    refusal->headers = upgrade_header;
    refusal->header_count = 1;
    return WSS_ERR_HANDSHAKE;
  }
  if (connection == NULL)
    return wss__refuse_missing(refusal, WSS_ERR_HANDSHAKE, 400, "Connection");
  /* A proxy that does not know about WebSocket writes one of its own. */
  if (!has_token(connection, "upgrade"))
    return refuse(refusal, "The header Connection does not name "
                           "Upgrade." WSS__PROXY_HINT);
  return 0;
}

/* A header that a client sends once (RFC 6455 11.3). */
static int read_once(const wss_request *request, const char *name,
                     const char **value, wss__refusal *refusal) {
  *value = wss__request_field(request, name);
  if (*value == NULL)
    return wss__refuse_missing(refusal, WSS_ERR_HANDSHAKE, 400, name);
  if (wss__request_field_count(request, name) != 1)
    return wss__refuse(refusal, WSS_ERR_HANDSHAKE, 400,
                       "The header %s stands there more than once.", name);
  return 0;
}

static int check_version(const wss_request *request, wss__refusal *refusal) {
  const char *version;
  int err = read_once(request, "Sec-WebSocket-Version", &version, refusal);
  if (err < 0)
    return err;
  if (strcmp(version, "13") == 0)
    return 0;
  (void)wss__refuse(refusal, WSS_ERR_HANDSHAKE, 426,
                    "The header Sec-WebSocket-Version must be 13.");
  refusal->headers = version_headers;
  refusal->header_count = 2;
  return WSS_ERR_HANDSHAKE;
}

static int check_key(const wss_request *request, char accept[WSS__ACCEPT_SIZE],
                     wss__refusal *refusal) {
  const char *key;
  char keyed[KEY_SIZE + sizeof GUID];
  uint8_t digest[WSS__SHA1_SIZE];
  uint8_t bytes[KEY_BYTES];
  int err = read_once(request, "Sec-WebSocket-Key", &key, refusal);

  if (err < 0)
    return err;
  if (strlen(key) != KEY_SIZE ||
      wss__base64_decode(key, KEY_SIZE, bytes, KEY_BYTES) != KEY_BYTES)
    return refuse(refusal,
                  "The header Sec-WebSocket-Key is not 16 bytes in Base64.");
  memcpy(keyed, key, KEY_SIZE);
  memcpy(keyed + KEY_SIZE, GUID, sizeof GUID);
  wss__sha1(keyed, sizeof keyed - 1, digest);
  accept[wss__base64_encode(digest, sizeof digest, accept)] = '\0';
  return 0;
}

static bool offered(const char *const *list, size_t count, wss__slice name) {
  size_t i;
  for (i = 0; i < count; i++) {
    if (wss__slice_equal(wss__slice_of(list[i]), name))
      return true;
  }
  return false;
}

static int read_subprotocols(wss__request *request, wss__refusal *refusal) {
  wss_request *shown = wss__request_public(request);
  const char *field = wss__request_field(shown, "Sec-WebSocket-Protocol");
  wss__slice rest;
  wss__slice element;
  const char **list;
  size_t count = 0;
  char *copy;

  if (field == NULL)
    return 0;
  rest = wss__slice_of(field);
  list = wss__request_alloc(request, MAX_SUBPROTOCOLS * sizeof *list);
  copy = wss__request_alloc(request, rest.size + 1);
  if (list == NULL || copy == NULL)
    return WSS_ERR_NOMEM;
  while (wss__list_next(&rest, &element)) {
    if (!wss__is_token(element) || offered(list, count, element))
      return refuse(refusal,
                    "The header Sec-WebSocket-Protocol is not a list of "
                    "different tokens.");
    if (count == MAX_SUBPROTOCOLS)
      return refuse(refusal,
                    "The header Sec-WebSocket-Protocol is too long a list.");
    memcpy(copy, element.data, element.size);
    copy[element.size] = '\0';
    list[count++] = copy;
    copy += element.size + 1;
  }
  if (count == 0)
    return refuse(refusal, "The header Sec-WebSocket-Protocol is empty.");
  shown->subprotocols = list;
  shown->subprotocol_count = count;
  return 0;
}

/* None is in use, but what is no list of extensions fails the handshake all the
   same (RFC 6455 9.1). */
static int check_extensions(const wss_request *request, wss__refusal *refusal) {
  const char *list = wss__request_field(request, "Sec-WebSocket-Extensions");
  if (list == NULL || wss__extensions_valid(wss__slice_of(list)))
    return 0;
  return refuse(refusal, "The header Sec-WebSocket-Extensions is not a list of "
                         "extensions (RFC 6455 9.1).");
}

int wss__handshake_check(wss__request *request, char accept[WSS__ACCEPT_SIZE],
                         wss__refusal *refusal) {
  const wss_request *shown = wss__request_public(request);
  int err = check_upgrade(shown, refusal);
  if (err == 0)
    err = check_key(shown, accept, refusal);
  if (err == 0)
    err = check_version(shown, refusal);
  if (err == 0)
    err = read_subprotocols(request, refusal);
  if (err == 0)
    err = check_extensions(shown, refusal);
  return err;
}

/* ---- Origin -------------------------------------------------------------- */

/* RFC 3986 3.1. */
static bool is_scheme(wss__slice text) {
  size_t i;
  for (i = 0; i < text.size; i++) {
    char byte = text.data[i];
    bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    bool other = (byte >= '0' && byte <= '9') || byte == '+' || byte == '-' ||
                 byte == '.';
    if (!letter && (i == 0 || !other))
      return false;
  }
  return text.size > 0;
}

/* What stands behind "scheme://"; false if there is no scheme. Without a look
   at the scheme, "null https://host" would pass for one of that host. */
static bool origin_authority(wss__slice origin, wss__slice *authority) {
  const char *at = strstr(origin.data, "://");
  wss__slice scheme = {origin.data, 0};
  if (at == NULL)
    return false;
  scheme.size = (size_t)(at - origin.data);
  if (!is_scheme(scheme))
    return false;
  authority->data = at + 3;
  authority->size = origin.size - (size_t)(authority->data - origin.data);
  return true;
}

static bool same_host(const wss_request *request, wss__slice authority) {
  wss__slice host;
  wss__slice own;
  wss__slice port;
  return wss__authority_split(authority, &host, &port) &&
         wss__authority_split(wss__slice_of(request->host), &own, &port) &&
         wss__slice_equal_nocase(host, own);
}

/* Whether an entry of the option allows the Origin. */
static bool entry_allows(const char *entry, wss__slice origin,
                         wss__slice authority) {
  wss__slice allowed = wss__slice_of(entry);
  wss__slice host;
  wss__slice port;
  if (strstr(entry, "://") != NULL)
    return wss__slice_equal_nocase(allowed, origin);
  if (wss__slice_equal_nocase(allowed, authority))
    return true;
  return wss__authority_split(authority, &host, &port) &&
         wss__slice_equal_nocase(allowed, host);
}

static bool origin_allowed(const wss_request *request,
                           const char *const *origins) {
  wss__slice origin = wss__slice_of(request->origin);
  wss__slice authority;
  wss__slice host;
  wss__slice port;
  size_t i;
  for (i = 0; origins != NULL && origins[i] != NULL; i++) {
    if (strcmp(origins[i], "*") == 0)
      return true;
  }
  if (wss__request_field_count(request, "Origin") != 1 ||
      !origin_authority(origin, &authority) ||
      !wss__authority_split(authority, &host, &port))
    return false;
  if (origins == NULL)
    return same_host(request, authority);
  for (i = 0; origins[i] != NULL; i++) {
    if (entry_allows(origins[i], origin, authority))
      return true;
  }
  return false;
}

int wss__handshake_origin(const wss_request *request,
                          const char *const *origins, wss__refusal *refusal) {
  if (request->origin == NULL || origin_allowed(request, origins))
    return 0;
  return wss__refuse(
      refusal, WSS_ERR_ORIGIN, 403,
      "Origin %.*s may not connect to Host %.*s: see the option origins. A "
      "proxy must pass Host on.",
      QUOTED, request->origin, QUOTED, request->host);
}

/* ---- The answer ---------------------------------------------------------- */

bool wss__handshake_offered(const wss_request *request,
                            const char *subprotocol) {
  return offered(request->subprotocols, request->subprotocol_count,
                 wss__slice_of(subprotocol));
}

const char *wss__handshake_subprotocol(const wss_request *request,
                                       const char *const *subprotocols) {
  size_t i;
  for (i = 0; subprotocols != NULL && subprotocols[i] != NULL; i++) {
    if (wss__handshake_offered(request, subprotocols[i]))
      return subprotocols[i];
  }
  return NULL;
}

int wss__handshake_pack(wss__buf *out, const wss_allocator *allocator,
                        const char *accept, const char *subprotocol,
                        const wss_header *headers, size_t header_count) {
  static const char status[] = "HTTP/1.1 101 Switching Protocols\r\n";
  const wss_header own[] = {{"Upgrade", "websocket"},
                            {"Connection", "Upgrade"},
                            {"Sec-WebSocket-Accept", accept},
                            {"Sec-WebSocket-Protocol", subprotocol}};
  size_t before = out->length;
  int err = wss__buf_append(out, allocator, status, sizeof status - 1);
  if (err == 0)
    err = wss__headers_pack(out, allocator, own, subprotocol != NULL ? 4 : 3);
  if (err == 0)
    err = wss__headers_pack(out, allocator, headers, header_count);
  if (err == 0)
    err = wss__buf_append(out, allocator, "\r\n", 2);
  if (err < 0)
    out->length = before;
  return err;
}
