#include "support/reference_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/reference_utf8.h"
#include "wss/wss.h"

void fuzz_log_event(fuzz_log *log, fuzz_event event, int number,
                    const uint8_t *data, size_t size) {
  fuzz_log_number(log, event);
  fuzz_log_number(log, number);
  fuzz_log_number(log, (int64_t)size);
  fuzz_log_bytes(log, data, size);
}

/* Prints the events of a log. */
static void print(const char *whose, const fuzz_log *log) {
  static const char *const names[] = {"?", "message", "pong", "send", "error"};
  size_t at = 0;
  (void)fprintf(stderr, "%s:\n", whose);
  while (at < log->size) {
    int64_t head[3]; /* event, number, size */
    int64_t i;
    memcpy(head, log->bytes + at, sizeof head);
    at += sizeof head;
    (void)fprintf(stderr, "  %s %d:", names[head[0]], (int)head[1]);
    for (i = 0; i < head[2]; i++)
      (void)fprintf(stderr, " %02x", log->bytes[at++]);
    (void)fprintf(stderr, "\n");
  }
}

void fuzz_log_compare(const fuzz_log *got, const fuzz_log *expected) {
  if (fuzz_log_equal(got, expected))
    return;
  print("got", got);
  print("instead of", expected);
  CHECK(fuzz_log_equal(got, expected));
}

typedef struct reference {
  fuzz_log *log;
  const fuzz_rules *rules;
  uint8_t *message; /* the payloads of its frames so far */
  size_t message_size;
  int type;           /* of the message under way; 0: none is */
  uint64_t fragments; /* of it */
  bool within;        /* a frame that is not whole */
  bool closed;        /* a Close frame was sent */
  bool over;          /* nothing is read any more */
} reference;

/* A header: what its bytes at hand say. */
typedef struct header {
  bool whole;
  bool fin;
  int opcode;
  const uint8_t *mask;
  uint64_t length;
  size_t size;
} header;

static void send_close(reference *it, int code, const char *reason) {
  uint8_t payload[8] = {(uint8_t)(code / 256), (uint8_t)(code % 256)};
  size_t size = strlen(reason);
  if (it->closed)
    return;
  it->closed = true;
  memcpy(payload + 2, reason, size);
  fuzz_log_event(it->log, FUZZ_SEND, 8, payload, code == 1005 ? 0 : size + 2);
}

/* RFC 6455 7.1.7. */
static void fail(reference *it, int error) {
  send_close(it,
             error == WSS_ERR_UTF8      ? 1007
             : error == WSS_ERR_LIMIT   ? 1008
             : error == WSS_ERR_TOO_BIG ? 1009
                                        : 1002,
             "");
  fuzz_log_event(it->log, FUZZ_ERROR, error, NULL, 0);
  it->over = true;
}

/* Whether the length that begins with these bytes cannot be allowed: every
   length that they can still become is too small or has the top bit. */
static bool length_wrong(const uint8_t *bytes, size_t have, size_t size) {
  uint64_t greatest = 0;
  size_t i;
  for (i = 0; i < size; i++)
    greatest = greatest * 256 + (i < have ? bytes[i] : 255);
  if (size == 8 && have > 0 && bytes[0] > 127)
    return true;
  return greatest < (size == 2 ? 126U : 65536U);
}

/* False if a rule is broken for certain (5.2, 5.5). */
static bool read_header(header *h, const uint8_t *at, size_t have) {
  size_t extended = 0;
  size_t i;
  memset(h, 0, sizeof *h);
  if (have == 0)
    return true;
  h->fin = at[0] >= 128;
  h->opcode = at[0] % 16;
  if (at[0] / 16 % 8 != 0 || (h->opcode > 2 && h->opcode < 8) ||
      h->opcode > 10 || (h->opcode >= 8 && !h->fin))
    return false;
  if (have == 1)
    return true;
  if (at[1] < 128 || (h->opcode >= 8 && at[1] > 128 + 125))
    return false;
  h->length = at[1] - 128U;
  if (h->length > 125) {
    extended = h->length == 126 ? 2 : 8;
    if (length_wrong(at + 2, have - 2 < extended ? have - 2 : extended,
                     extended))
      return false;
    h->length = 0;
    for (i = 0; i < extended && i + 2 < have; i++)
      h->length = h->length * 256 + at[2 + i];
  }
  h->size = 2 + extended + 4;
  h->whole = have >= h->size;
  h->mask = at + 2 + extended;
  return true;
}

/* The rules on how frames follow each other (5.4), and the limits. */
static int check_order(const reference *it, const header *h) {
  size_t before = it->closed ? 0 : it->message_size;
  if (h->opcode >= 8)
    return 0;
  if ((h->opcode == 0) != (it->type != 0))
    return WSS_ERR_PROTOCOL;
  if (h->length > it->rules->max_message_size ||
      before > it->rules->max_message_size - h->length)
    return WSS_ERR_TOO_BIG;
  if ((h->opcode == 0 ? it->fragments : 0) >= it->rules->max_fragments)
    return WSS_ERR_LIMIT;
  return 0;
}

static void end_message(reference *it) {
  int type = it->type;
  size_t size = it->message_size;
  it->type = 0;
  it->message_size = 0;
  if (it->closed)
    return;
  fuzz_log_event(it->log, FUZZ_MESSAGE, type, it->message, size);
  if (it->rules->act == FUZZ_CLOSE)
    send_close(it, 4000, "bye");
  if (it->rules->act == FUZZ_FAIL) {
    send_close(it, 1008, "");
    it->over = true;
  }
}

static void data_frame(reference *it, const header *h, const uint8_t *payload,
                       size_t size) {
  bool complete;
  if (h->opcode != 0) {
    it->type = h->opcode;
    it->fragments = 0;
  }
  it->fragments++;
  if (size > 0)
    memcpy(it->message + it->message_size, payload, size);
  it->message_size += size;
  if (it->type == 1 && reference_utf8(it->message, it->message_size,
                                      &complete) != it->message_size) {
    fail(it, WSS_ERR_UTF8);
    return;
  }
  if (!h->fin || size < h->length)
    return;
  if (it->type == 1 && !complete)
    fail(it, WSS_ERR_UTF8);
  else
    end_message(it);
}

/* 5.5.1 and 7.4. */
static void close_frame(reference *it, const uint8_t *payload, size_t size) {
  int code = size < 2 ? 1005 : payload[0] * 256 + payload[1];
  bool complete;
  if (size == 1 || (size > 1 && !((code >= 1000 && code < 1004) ||
                                  (code > 1006 && code < 1015) ||
                                  (code >= 3000 && code < 5000)))) {
    fail(it, WSS_ERR_PROTOCOL);
    return;
  }
  if (size > 2 &&
      (reference_utf8(payload + 2, size - 2, &complete) < size - 2 ||
       !complete)) {
    fail(it, WSS_ERR_UTF8);
    return;
  }
  send_close(it, code, "");
  it->over = true;
}

static void control_frame(reference *it, const header *h,
                          const uint8_t *payload, size_t size) {
  if (size < h->length)
    return;
  if (h->opcode == 8)
    close_frame(it, payload, size);
  else if (!it->closed && h->opcode == 9)
    fuzz_log_event(it->log, FUZZ_SEND, 10, payload, size);
  else if (!it->closed)
    fuzz_log_event(it->log, FUZZ_PONG, 0, payload, size);
}

/* Reads a frame, or what there is of it; returns how many bytes that were. */
static size_t take_frame(reference *it, const uint8_t *stream, size_t size) {
  uint8_t *payload;
  size_t have;
  size_t i;
  int error;
  header h;
  if (!read_header(&h, stream, size)) {
    fail(it, WSS_ERR_PROTOCOL);
    return 0;
  }
  it->within = !h.whole;
  if (it->within)
    return size;
  error = check_order(it, &h);
  if (error != 0) {
    fail(it, error);
    return 0;
  }
  it->within = size - h.size < h.length;
  have = it->within ? size - h.size : (size_t)h.length;
  payload = fuzz_copy(stream + h.size, have);
  for (i = 0; i < have; i++)
    payload[i] = (uint8_t)(payload[i] ^ h.mask[i % 4]);
  if (h.opcode >= 8)
    control_frame(it, &h, payload, have);
  else
    data_frame(it, &h, payload, have);
  free(payload);
  return h.size + have;
}

fuzz_rest reference_session(fuzz_log *log, const fuzz_rules *rules,
                            const uint8_t *stream, size_t size) {
  reference it;
  size_t at = 0;
  memset(&it, 0, sizeof it);
  it.log = log;
  it.rules = rules;
  it.message = malloc(size + 1);
  CHECK(it.message != NULL);
  while (at < size && !it.over)
    at += take_frame(&it, stream + at, size - at);
  free(it.message);
  if (it.over)
    return FUZZ_OVER;
  return it.within || it.type != 0 ? FUZZ_WITHIN : FUZZ_BETWEEN;
}
