#include "http/head.h"

#include <string.h>

#include "base/str.h"

#define VERSION_SIZE (sizeof "HTTP/1.1" - 1)

/* How much of a header's name a sentence quotes. */
#define QUOTED 40

typedef enum state {
  START,
  METHOD,
  TARGET,
  VERSION,
  LINE, /* the first byte of a header line */
  NAME,
  VALUE,
  /* Behind a CR: of an empty line in front, and so on. */
  EMPTY_LF,
  REQUEST_LF,
  VALUE_LF,
  END_LF,
  DONE
} state;

void wss__head_init(wss__head *head, size_t max_size) {
  memset(head, 0, sizeof *head);
  wss__buf_init(&head->bytes, max_size);
}

void wss__head_free(wss__head *head, const wss_allocator *allocator) {
  wss__buf_free(&head->bytes, allocator);
}

static wss__slice slice_at(const wss__head *head, size_t start, size_t end) {
  /* Of the head nothing is consumed: it begins where its memory does. */
  wss__slice slice = {(const char *)head->bytes.memory + start, end - start};
  return slice;
}

static int bad(wss__refusal *refusal, const char *sentence) {
  return wss__refuse(refusal, WSS_ERR_HTTP, 400, "%s", sentence);
}

/* "The header NAME WHAT.": the one of that line. */
static int bad_header(const wss__head *head, size_t line, const char *what,
                      wss__refusal *refusal) {
  const wss__head_line *at = &head->lines[line];
  wss__slice name = slice_at(head, at->name, at->name + at->name_size);
  return wss__refuse(refusal, WSS_ERR_HTTP, 400, "The header %.*s %s.",
                     name.size > QUOTED ? QUOTED : (int)name.size, name.data,
                     what);
}

/* ---- The request line ---------------------------------------------------- */

static int end_method(const wss__head *head, size_t at, wss__refusal *refusal) {
  static const wss_header allow = {"Allow", "GET, HEAD"};
  wss__slice method = slice_at(head, head->token, at);
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

static bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

/* HTTP-version of RFC 9112 2.3. */
static bool is_version(wss__slice text) {
  wss__slice name = {text.data, 5};
  return text.size == VERSION_SIZE &&
         wss__slice_equal(name, wss__slice_of("HTTP/")) &&
         is_digit(text.data[5]) && text.data[6] == '.' &&
         is_digit(text.data[7]);
}

static int no_version(wss__refusal *refusal) {
  return bad(refusal, "The request line does not end in an HTTP version.");
}

static int end_version(const wss__head *head, size_t at,
                       wss__refusal *refusal) {
  wss__slice version = slice_at(head, head->token, at);
  if (wss__slice_equal(version, wss__slice_of("HTTP/1.1")))
    return 0;
  if (is_version(version))
    return wss__refuse(refusal, WSS_ERR_HTTP, 505,
                       "The HTTP version must be 1.1.");
  return no_version(refusal);
}

static int start_byte(wss__head *head, uint8_t byte, size_t at,
                      wss__refusal *refusal) {
  if (byte == '\r' && !head->empty_line) {
    head->empty_line = true;
    head->state = EMPTY_LF;
    return 0;
  }
  if (byte == 0x16)
    return bad(refusal, "This port speaks plain HTTP, but TLS arrived: use "
                        "http:// or ws:// here.");
  if (!wss__is_tchar(byte))
    return bad(refusal, "What arrived is not HTTP.");
  head->token = at;
  head->state = METHOD;
  return 0;
}

static int method_byte(wss__head *head, uint8_t byte, size_t at,
                       wss__refusal *refusal) {
  if (byte == ' ') {
    head->target = at + 1;
    head->state = TARGET;
    return end_method(head, at, refusal);
  }
  if (!wss__is_tchar(byte))
    return bad(refusal, "The request's method is not a token.");
  return 0;
}

static int target_byte(wss__head *head, uint8_t byte, size_t at,
                       wss__refusal *refusal) {
  if (byte == ' ') {
    head->target_size = at - head->target;
    head->token = at + 1;
    head->state = VERSION;
    return 0;
  }
  if (byte == '\r')
    return no_version(refusal);
  if (byte < ' ' || byte >= 0x7f)
    return bad(refusal, "The request target has a byte that a URI must not "
                        "have.");
  if (at - head->target >= WSS__MAX_TARGET)
    return wss__refuse(refusal, WSS_ERR_HTTP, 414,
                       "The request target is longer than %d bytes.",
                       WSS__MAX_TARGET);
  return 0;
}

static int version_byte(wss__head *head, uint8_t byte, size_t at,
                        wss__refusal *refusal) {
  if (byte == '\r') {
    head->state = REQUEST_LF;
    return end_version(head, at, refusal);
  }
  if (byte <= ' ' || byte >= 0x7f || at - head->token >= VERSION_SIZE)
    return no_version(refusal);
  return 0;
}

/* ---- Header lines -------------------------------------------------------- */

static int name_byte(wss__head *head, uint8_t byte, size_t at,
                     wss__refusal *refusal) {
  wss__head_line *current = &head->lines[head->line_count];
  current->name_size = at - current->name;
  if (byte == ':' && current->name_size > 0) {
    current->value = at + 1;
    head->state = VALUE;
    return 0;
  }
  if (byte == ':')
    return bad(refusal, "A header line has no name in front of its colon.");
  if (byte == ' ' || byte == '\t')
    return bad_header(head, head->line_count,
                      "has a blank in front of its colon (RFC 9112 5.1)",
                      refusal);
  if (byte == '\r')
    return bad_header(head, head->line_count, "has no colon", refusal);
  if (wss__is_tchar(byte))
    return 0;
  current->name_size++; /* it is quoted too, as '?' if need be */
  return bad_header(head, head->line_count,
                    "has a byte in its name that is not allowed", refusal);
}

static int line_byte(wss__head *head, uint8_t byte, size_t at,
                     wss__refusal *refusal) {
  bool blank = byte == ' ' || byte == '\t';
  if (byte == '\r') {
    head->state = END_LF;
    return 0;
  }
  if (blank && head->line_count > 0)
    return bad_header(head, head->line_count - 1,
                      "goes on in a second line: folded lines are not allowed "
                      "(RFC 9112 5.2)",
                      refusal);
  if (blank)
    return bad(refusal, "The first header line begins with a blank (RFC 9112 "
                        "2.2).");
  if (head->line_count == WSS__MAX_HEADERS)
    return wss__refuse(refusal, WSS_ERR_HTTP, 431,
                       "There are more than %d header lines.",
                       WSS__MAX_HEADERS);
  head->lines[head->line_count].name = at;
  head->state = NAME;
  return name_byte(head, byte, at, refusal);
}

static int value_byte(wss__head *head, uint8_t byte, size_t at,
                      wss__refusal *refusal) {
  wss__head_line *current = &head->lines[head->line_count];
  if (byte == '\r') {
    wss__slice value = wss__slice_trim(slice_at(head, current->value, at));
    const char *bytes = (const char *)wss__buf_data(&head->bytes);
    current->value = (size_t)(value.data - bytes);
    current->value_size = value.size;
    head->line_count++;
    head->state = VALUE_LF;
    return 0;
  }
  if (!wss__is_field_byte(byte))
    return bad_header(head, head->line_count, "has a control byte in its value",
                      refusal);
  return 0;
}

/* ---- All of it ----------------------------------------------------------- */

/* An LF alone is no end of a line: who takes it for one, and who does not, see
   different headers (RFC 9112 2.2 and 11.2). */
static int bare_lf(const wss__head *head, wss__refusal *refusal) {
  if (head->state == VALUE)
    return bad_header(head, head->line_count,
                      "ends in LF without CR (RFC 9112 2.2)", refusal);
  return bad(refusal, "A line ends in LF without CR (RFC 9112 2.2).");
}

static int bare_cr(const wss__head *head, wss__refusal *refusal) {
  if (head->state == VALUE_LF)
    return bad_header(head, head->line_count - 1,
                      "has a CR that is not followed by LF (RFC 9112 2.2)",
                      refusal);
  return bad(refusal, "A CR is not followed by LF (RFC 9112 2.2).");
}

/* Takes the byte at offset at, which is in the head already. */
static int take_byte(wss__head *head, uint8_t byte, size_t at,
                     wss__refusal *refusal) {
  static int (*const readers[])(wss__head *, uint8_t, size_t,
                                wss__refusal *) = {
      [START] = start_byte,     [METHOD] = method_byte, [TARGET] = target_byte,
      [VERSION] = version_byte, [LINE] = line_byte,     [NAME] = name_byte,
      [VALUE] = value_byte};
  static const uint8_t next[] = {[EMPTY_LF] = START,
                                 [REQUEST_LF] = LINE,
                                 [VALUE_LF] = LINE,
                                 [END_LF] = DONE};
  bool behind_cr = head->state >= EMPTY_LF;
  if (behind_cr != (byte == '\n'))
    return behind_cr ? bare_cr(head, refusal) : bare_lf(head, refusal);
  if (!behind_cr)
    return readers[head->state](head, byte, at, refusal);
  head->state = next[head->state];
  return 0;
}

static int too_large(const wss__head *head, wss__refusal *refusal) {
  wss__slice name = {"", 0};
  if (head->state <= VERSION)
    return wss__refuse(refusal, WSS_ERR_HTTP, 414,
                       "The request line is longer than %zu bytes.",
                       head->bytes.ceiling);
  if (head->state == VALUE)
    name = slice_at(head, head->lines[head->line_count].name,
                    head->lines[head->line_count].value - 1);
  return wss__refuse(refusal, WSS_ERR_HTTP, 431,
                     "The request's head is larger than %zu bytes%s%.*s.",
                     head->bytes.ceiling, name.size > 0 ? ": it ends in " : "",
                     name.size > QUOTED ? QUOTED : (int)name.size, name.data);
}

int wss__head_feed(wss__head *head, const wss_allocator *allocator,
                   const uint8_t *data, size_t size, size_t *used,
                   wss__refusal *refusal) {
  size_t room = head->bytes.ceiling - head->bytes.length;
  size_t at = head->bytes.length;
  size_t take = size < room ? size : room;
  size_t i;
  int err = wss__buf_append(&head->bytes, allocator, data, take);

  *used = size;
  if (err < 0)
    return WSS_ERR_NOMEM;
  for (i = 0; i < take; i++) {
    err = take_byte(head, data[i], at + i, refusal);
    if (err < 0)
      return err;
    if (head->state == DONE) {
      *used = i + 1;
      return 1;
    }
  }
  return take < size ? too_large(head, refusal) : 0;
}
