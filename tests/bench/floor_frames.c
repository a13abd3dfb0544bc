#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "floor.h"

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };
enum { LARGEST_REQUEST = 8192, LARGEST_MESSAGE = 16 << 20 };

uint64_t frames_corrupt;

/* ---- Bytes ---- */

unsigned char *bytes_reserve(bytes *b, size_t size) {
  size_t used = b->end - b->begin;
  if (size <= b->room - b->end)
    return b->at + b->end;
  if (b->begin > 0)
    memmove(b->at, b->at + b->begin, used);
  b->begin = 0;
  b->end = used;
  if (size > b->room - used) {
    size_t room = 2 * b->room > used + size ? 2 * b->room : used + size;
    unsigned char *at = realloc(b->at, room);
    if (at == NULL)
      abort();
    b->at = at;
    b->room = room;
  }
  return b->at + b->end;
}

void bytes_append(bytes *b, const void *from, size_t size) {
  if (size == 0)
    return;
  memcpy(bytes_reserve(b, size), from, size);
  b->end += size;
}

void bytes_free(bytes *b) {
  free(b->at);
  memset(b, 0, sizeof *b);
}

void frames_free(frames *f) {
  bytes_free(&f->received);
  bytes_free(&f->parts);
}

/* ---- The handshake ---- */

/* The value of a header field, and its size; NULL without one. */
static const char *field(const char *head, const char *name, size_t *size) {
  size_t length = strlen(name);
  const char *line = strstr(head, "\r\n");
  for (; line != NULL; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
      line += length + 1;
      line += strspn(line, " \t");
      *size = strcspn(line, "\r");
      while (*size > 0 && (line[*size - 1] == ' ' || line[*size - 1] == '\t'))
        --*size;
      return line;
    }
  }
  return NULL;
}

/* Whether the field is a list that has the word in it. */
static bool has(const char *head, const char *name, const char *word) {
  size_t length = strlen(word);
  size_t size;
  const char *value = field(head, name, &size);
  const char *end = value == NULL ? NULL : value + size;
  while (value != NULL && value < end) {
    size_t part = strcspn(value, ", \t\r");
    if (part == length && strncasecmp(value, word, length) == 0)
      return true;
    value += part + 1;
  }
  return false;
}

static void answer(const char *key, bytes *out) {
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char both[24 + sizeof guid];
  unsigned char digest[SHA_DIGEST_LENGTH];
  unsigned char accept[32];
  char text[256];
  int size;
  memcpy(both, key, 24);
  memcpy(both + 24, guid, sizeof guid);
  SHA1(both, 24 + sizeof guid - 1, digest);
  EVP_EncodeBlock(accept, digest, sizeof digest);
  size = snprintf(text, sizeof text,
                  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                  (const char *)accept);
  bytes_append(out, text, (size_t)size);
}

/* Takes the request, if it is whole, from the front of what was received. */
static bool take_request(frames *f, bytes *out) {
  static const char refusal[] = "HTTP/1.1 400 Bad Request\r\n"
                                "Connection: close\r\n\r\n";
  char head[LARGEST_REQUEST + 1];
  size_t size = f->received.end - f->received.begin;
  const char *end;
  const char *key;
  size_t key_size = 0;
  if (size > LARGEST_REQUEST)
    size = LARGEST_REQUEST;
  memcpy(head, f->received.at + f->received.begin, size);
  head[size] = '\0';
  end = strstr(head, "\r\n\r\n");
  if (end == NULL)
    return size < LARGEST_REQUEST && strlen(head) == size;
  head[end + 2 - head] = '\0';
  f->received.begin += (size_t)(end - head) + 4;
  key = field(head, "Sec-WebSocket-Key", &key_size);
  if (strncmp(head, "GET /", 5) != 0 || key == NULL || key_size != 24 ||
      !has(head, "Upgrade", "websocket") ||
      !has(head, "Connection", "upgrade") ||
      !has(head, "Sec-WebSocket-Version", "13")) {
    bytes_append(out, refusal, sizeof refusal - 1);
    return false;
  }
  answer(key, out);
  f->open = true;
  return true;
}

/* ---- Frames ---- */

typedef struct frame {
  bool fin;
  int opcode;
  size_t head;
  size_t size;
  const unsigned char *mask;
} frame;

/* 1: a head; 0: more is needed; -1: against RFC 6455 5.2. */
static int unpack(frame *f, const unsigned char *at, size_t size) {
  uint64_t length;
  int i;
  if (size < 2)
    return 0;
  f->fin = (at[0] & 0x80) != 0;
  f->opcode = at[0] & 15;
  length = at[1] & 0x7f;
  f->head = length == 126 ? 8 : length == 127 ? 14 : 6;
  if ((at[0] & 0x70) != 0 || (at[1] & 0x80) == 0 ||
      (f->opcode > BINARY && f->opcode < CLOSE) || f->opcode > PONG ||
      (f->opcode >= CLOSE && (!f->fin || length > 125)))
    return -1;
  if (size < f->head)
    return 0;
  if (f->head > 6) {
    for (length = 0, i = 2; i < (int)f->head - 4; i++)
      length = length << 8 | at[i];
    if (length < (f->head == 8 ? 126 : 65536) || length > LARGEST_MESSAGE)
      return -1;
  }
  f->size = (size_t)length;
  f->mask = at + f->head - 4;
  return 1;
}

static void unmask(unsigned char *to, const unsigned char *from, size_t size,
                   const unsigned char mask[4]) {
  uint64_t wide;
  size_t i;
  memcpy(&wide, mask, 4);
  memcpy((unsigned char *)&wide + 4, mask, 4);
  for (i = 0; i + 8 <= size; i += 8) {
    uint64_t word;
    memcpy(&word, from + i, 8);
    word ^= wide;
    memcpy(to + i, &word, 8);
  }
  for (; i < size; i++)
    to[i] = from[i] ^ mask[i & 3];
}

/* Appends a frame's head, and returns where its payload is to go. */
static unsigned char *pack(bytes *out, int opcode, size_t size) {
  unsigned char *at = bytes_reserve(out, size + 10);
  size_t head = 2;
  int shift;
  at[0] = (unsigned char)(0x80 | opcode);
  at[1] = size < 126 ? (unsigned char)size : size < 65536 ? 126 : 127;
  if (size >= 126) {
    for (shift = size < 65536 ? 8 : 56; shift >= 0; shift -= 8)
      at[head++] = (unsigned char)((uint64_t)size >> shift);
  }
  out->end += head + size;
  return at + head;
}

/* RFC 3629: no surrogates, nothing overlong, nothing beyond U+10FFFF. */
static bool is_utf8(const unsigned char *s, size_t size) {
  size_t i = 0;
  while (i < size) {
    unsigned char c = s[i++];
    int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (c >= 0x80 && (c < 0xc2 || c > 0xf4))
      return false;
    for (; more > 0; more--, low = 0x80, high = 0xbf) {
      if (i == size || s[i] < low || s[i] > high)
        return false;
      i++;
    }
  }
  return true;
}

static bool echo(unsigned char *payload, size_t size, int opcode) {
  static uint64_t count;
  if (frames_corrupt > 0 && ++count % frames_corrupt == 0 && size > 0)
    payload[size / 2] ^= 1;
  return opcode != TEXT || is_utf8(payload, size);
}

/* A part of a message that comes in several. */
static bool take_part(frames *f, const frame *h, const unsigned char *payload,
                      bytes *out) {
  unsigned char *to;
  size_t have = f->parts.end - f->parts.begin;
  if (h->opcode != 0)
    f->opcode = h->opcode;
  if (h->size > LARGEST_MESSAGE - have)
    return false;
  to = bytes_reserve(&f->parts, h->size);
  unmask(to, payload, h->size, h->mask);
  f->parts.end += h->size;
  f->message = !h->fin;
  if (!h->fin)
    return true;
  have += h->size;
  to = pack(out, f->opcode, have);
  if (have > 0)
    memcpy(to, f->parts.at + f->parts.begin, have);
  bytes_free(&f->parts);
  return echo(to, have, f->opcode);
}

static bool take_frame(frames *f, const frame *h, const unsigned char *payload,
                       bytes *out) {
  unsigned char *to;
  int reply = h->opcode == PING ? PONG : h->opcode;
  if (h->opcode == PONG)
    return true;
  if (h->opcode < CLOSE && (h->opcode == 0) != f->message)
    return false;
  if (h->opcode == 0 || (h->opcode < CLOSE && !h->fin))
    return take_part(f, h, payload, out);
  if (h->opcode == CLOSE && h->size == 1)
    return false;
  to = pack(out, reply, h->size);
  unmask(to, payload, h->size, h->mask);
  if (h->opcode == CLOSE) {
    f->closed = true;
    return h->size < 2 || is_utf8(to + 2, h->size - 2);
  }
  return h->opcode >= CLOSE || echo(to, h->size, h->opcode);
}

/* Takes all frames that are whole; *used is how many bytes they were. */
static bool take_frames(frames *f, const unsigned char *at, size_t size,
                        size_t *used, bytes *out) {
  *used = f->need = 0;
  while (!f->closed) {
    frame h;
    int known = unpack(&h, at + *used, size - *used);
    if (known < 0)
      return false;
    if (known == 0)
      return true;
    if (h.size > size - *used - h.head) {
      f->need = h.head + h.size;
      return true;
    }
    if (!take_frame(f, &h, at + *used + h.head, out))
      return false;
    *used += h.head + h.size;
  }
  return false;
}

/* Keeps what is not whole; memory for it comes once, not bit by bit. */
static void keep(frames *f, const unsigned char *text, size_t size) {
  size_t have = f->received.end - f->received.begin;
  if (f->need > have)
    bytes_reserve(&f->received, f->need - have);
  bytes_append(&f->received, text, size);
}

bool frames_read(frames *f, const unsigned char *text, size_t size,
                 bytes *out) {
  bytes *received = &f->received;
  size_t used = 0;
  if (f->open && received->begin == received->end) {
    if (!take_frames(f, text, size, &used, out))
      return false;
    keep(f, text + used, size - used);
    return true;
  }
  keep(f, text, size);
  if (!f->open && !take_request(f, out))
    return false;
  if (f->open && !take_frames(f, received->at + received->begin,
                              received->end - received->begin, &used, out))
    return false;
  received->begin += used;
  if (received->begin == received->end)
    bytes_free(received);
  return true;
}
