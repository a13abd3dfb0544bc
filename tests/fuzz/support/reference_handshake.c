#include "support/reference_handshake.h"

#include <string.h>

#include "support/input.h"

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool reference_handshake_asked(const reference_request *request) {
  size_t i;
  for (i = 0; i < request->all.count; i++) {
    text name = request->all.list[i].name;
    text start = {name.at, name.size < 14 ? name.size : 14};
    if (text_same_as(name, "Upgrade") || text_same_as(start, "Sec-WebSocket-"))
      return true;
  }
  return false;
}

/* 16 bytes in Base64 are 21 characters of six bits, one whose last four bits
   are zero, and "==". */
static bool key_valid(text key) {
  size_t i;
  if (key.size != 24 || key.at[22] != '=' || key.at[23] != '=')
    return false;
  for (i = 0; i < 22; i++) {
    if (memchr(base64, key.at[i], 64) == NULL)
      return false;
  }
  return memchr("AQgw", key.at[21], 4) != NULL;
}

/* Takes the next element that is not empty off a list; false at its end. */
static bool next_protocol(const reference_request *request, size_t *line,
                          text *rest, text *element) {
  while (*line < request->all.count) {
    const field *at = &request->all.list[*line];
    if (rest->at == NULL && text_same_as(at->name, "Sec-WebSocket-Protocol"))
      *rest = at->value;
    while (rest->size > 0) {
      *element = text_trim(text_cut(rest, ","));
      if (element->size > 0)
        return true;
    }
    rest->at = NULL;
    ++*line;
  }
  return false;
}

static bool protocols_valid(const reference_request *request) {
  text seen[64];
  size_t count = 0;
  size_t line = 0;
  text rest = {NULL, 0};
  text element;
  size_t i;
  while (next_protocol(request, &line, &rest, &element)) {
    for (i = 0; i < count; i++) {
      if (element.size == seen[i].size &&
          memcmp(element.at, seen[i].at, element.size) == 0)
        return false;
    }
    if (count == 64 || !text_is_token(element))
      return false;
    seen[count++] = element;
  }
  return count > 0 ||
         fields_find(&request->all, "Sec-WebSocket-Protocol") == NULL;
}

bool reference_offered(const reference_request *request, const char *protocol) {
  size_t line = 0;
  text rest = {NULL, 0};
  text element;
  while (next_protocol(request, &line, &rest, &element)) {
    if (text_equal(element, protocol))
      return true;
  }
  return false;
}

/* ---- Sec-WebSocket-Extensions (RFC 6455 9.1) ----------------------------- */

static size_t skip_blanks(text a, size_t at) {
  while (at < a.size && (a.at[at] == ' ' || a.at[at] == '\t'))
    at++;
  return at;
}

static bool stands(text a, size_t at, char byte) {
  return at < a.size && a.at[at] == byte;
}

/* Behind the token at at, and blanks; 0 if there is none. */
static size_t skip_token(text a, size_t at) {
  size_t start = at;
  text one = {a.at + at, 1};
  while (at < a.size && text_is_token(one)) {
    at++;
    one.at++;
  }
  return at > start ? skip_blanks(a, at) : 0;
}

/* Likewise of a quoted-string whose value is a token. */
static size_t skip_quoted(text a, size_t at) {
  size_t start = at;
  do {
    size_t tchar = at + (stands(a, at, '\\') ? 1 : 0);
    text one = {a.at + tchar, 1};
    if (tchar >= a.size || !text_is_token(one))
      break;
    at = tchar + 1;
  } while (true);
  return at > start && stands(a, at, '"') ? skip_blanks(a, at + 1) : 0;
}

/* An extension and its parameters. */
static size_t skip_extension(text a, size_t at) {
  at = skip_token(a, at);
  while (at != 0 && stands(a, at, ';')) {
    at = skip_token(a, skip_blanks(a, at + 1));
    if (at != 0 && stands(a, at, '=')) {
      at = skip_blanks(a, at + 1);
      at = stands(a, at, '"') ? skip_quoted(a, at + 1) : skip_token(a, at);
    }
  }
  return at == a.size || stands(a, at, ',') ? at : 0;
}

static bool extensions_valid(const fields *all) {
  size_t count = 0;
  size_t i;
  for (i = 0; i < all->count; i++) {
    text value = all->list[i].value;
    size_t at = 0;
    if (!text_same_as(all->list[i].name, "Sec-WebSocket-Extensions"))
      continue;
    for (;;) {
      while (stands(value, at, ',') || at < skip_blanks(value, at))
        at++;
      if (at == value.size)
        break;
      at = skip_extension(value, at);
      if (at == 0)
        return false;
      count++;
    }
  }
  return count > 0 || fields_find(all, "Sec-WebSocket-Extensions") == NULL;
}

/* ---- The whole ----------------------------------------------------------- */

bool reference_handshake_valid(const reference_request *request) {
  const fields *all = &request->all;
  return text_equal(request->method, "GET") &&
         fields_list_has(all, "Upgrade", "websocket") &&
         fields_list_has(all, "Connection", "upgrade") &&
         fields_count(all, "Sec-WebSocket-Key") == 1 &&
         key_valid(fields_find(all, "Sec-WebSocket-Key")->value) &&
         fields_count(all, "Sec-WebSocket-Version") == 1 &&
         text_equal(fields_find(all, "Sec-WebSocket-Version")->value, "13") &&
         protocols_valid(request) && extensions_valid(all);
}

/* ---- Sec-WebSocket-Accept ------------------------------------------------ */

static uint32_t rotate(uint32_t word, int bits) {
  return word << bits | word >> (32 - bits);
}

static uint32_t sha1_mix(int round, uint32_t b, uint32_t c, uint32_t d) {
  if (round < 20)
    return ((b & c) | (~b & d)) + 0x5a827999U;
  if (round < 40)
    return (b ^ c ^ d) + 0x6ed9eba1U;
  if (round < 60)
    return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcU;
  return (b ^ c ^ d) + 0xca62c1d6U;
}

/* A round of RFC 3174 6.1. */
static void sha1_block(uint32_t hash[5], const uint8_t block[64]) {
  uint32_t words[80];
  uint32_t v[5];
  int i;
  for (i = 0; i < 80; i++) {
    words[i] = i >= 16 ? rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^
                                    words[i - 16],
                                1)
                       : (uint32_t)block[4 * i] << 24 |
                             (uint32_t)block[4 * i + 1] << 16 |
                             (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
  }
  memcpy(v, hash, sizeof v);
  for (i = 0; i < 80; i++) {
    uint32_t next =
        rotate(v[0], 5) + sha1_mix(i, v[1], v[2], v[3]) + v[4] + words[i];
    v[4] = v[3];
    v[3] = v[2];
    v[2] = rotate(v[1], 30);
    v[1] = v[0];
    v[0] = next;
  }
  for (i = 0; i < 5; i++)
    hash[i] += v[i];
}

void reference_accept(const reference_request *request, char accept[29]) {
  text key = fields_find(&request->all, "Sec-WebSocket-Key")->value;
  uint32_t hash[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                      0xc3d2e1f0};
  uint8_t blocks[128] = {0}; /* 60 bytes, 0x80, zeros, the length in bits */
  size_t bit;
  memcpy(blocks, key.at, 24);
  memcpy(blocks + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
  blocks[60] = 0x80;
  blocks[126] = 60 * 8 / 256;
  blocks[127] = 60 * 8 % 256;
  sha1_block(hash, blocks);
  sha1_block(hash, blocks + 64);
  memset(accept, 0, 29);
  for (bit = 0; bit < 162; bit += 6) {
    size_t value = 0;
    size_t i;
    for (i = bit; i < bit + 6; i++) {
      uint32_t one = i < 160 ? hash[i / 32] >> (31 - i % 32) & 1 : 0;
      value = value * 2 + one;
    }
    accept[bit / 6] = base64[value];
  }
  accept[27] = '=';
}

/* ---- Origin -------------------------------------------------------------- */

static bool is_scheme(text scheme) {
  static const char letters[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
  size_t i;
  for (i = 0; i < scheme.size; i++) {
    if (memchr(letters, scheme.at[i], i == 0 ? 52 : 65) == NULL)
      return false;
  }
  return scheme.size > 0;
}

bool reference_origin_allowed(const reference_request *request,
                              const char *const *origins) {
  const field *origin = fields_find(&request->all, "Origin");
  text authority;
  text host;
  text port;
  size_t i;
  if (origin == NULL)
    return true;
  if (origins != NULL && strcmp(origins[0], "*") == 0)
    return true;
  authority = origin->value;
  if (fields_count(&request->all, "Origin") != 1 ||
      text_find(authority, "://") == authority.size ||
      !is_scheme(text_cut(&authority, "://")) ||
      !reference_authority(authority, &host, &port))
    return false;
  if (origins == NULL)
    return text_same(host, request->host);
  for (i = 0; origins[i] != NULL; i++) {
    if (text_same_as(origin->value, origins[i]) ||
        text_same_as(authority, origins[i]) || text_same_as(host, origins[i]))
      return true;
  }
  return false;
}
