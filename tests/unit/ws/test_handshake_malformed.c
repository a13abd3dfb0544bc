/* B1: malformed opening handshakes, some thousands made of a table: of each
   line of a valid one, what may be wrong with it. Each is refused with the
   status that fits, however it is cut; a second reading of the RFCs agrees that
   it is not valid. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handshake_answer.h"

static const char *const request_line = "GET /chat?a=b HTTP/1.1";

typedef struct header {
  const char *name;
  const char *value;
  int missing; /* the status without it; 0: it need not be there */
  int empty;   /* without a value */
  int twice;
  const char *wrong[24]; /* values that are refused like an empty one */
} header;

static const header headers[] = {
    {"Host",
     "server.example.com",
     400,
     400,
     400,
     {"a b",      "a/b",    "a?b",       "a#b",     "a@b",   "u:p@a",
      "a\\b",     "a:b",    "a:65536",   "a:-1",    "a:1:2", ":80",
      "[::1",     "[::1]a", "[1.2.3.4]", "[::1::]", "::1",   "a,b:c",
      "http://a", "a\tb",   "\xc3\xa9",  "a%zz",    "a%4"}},
    {"Upgrade",
     "websocket",
     426,
     426,
     0,
     {"h2c", "web socket", "websocket/13", "websockets", "xwebsocket", ",",
      ", ,", "websocket;", "\"websocket\"", "web,socket", "h2c websocket",
      "websocket\\", "websocket:", "\xc3\xa9"}},
    {"Connection",
     "Upgrade",
     400,
     400,
     0,
     {"close", "keep-alive", "Upgraded", "Up grade", "keep-alive Upgrade",
      "Upgrade;", "\"Upgrade\"", ",", "keep-alive,,close", "Upgrade=1",
      "upgrade/1", "\xc3\xa9"}},
    {"Sec-WebSocket-Key",
     "dGhlIHNhbXBsZSBub25jZQ==",
     400,
     400,
     400,
     {"x", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=",
      "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZR==",
      "dGhlIHNhbXBsZSBub25jZTE=", "dGhlIHNhbXBsZSBub25jZTEx",
      "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25j ZQ==",
      "dGhlIHNhbXBsZSBub25j-Q==", "dGhlIHNhbXBsZSBub25j_Q==",
      "dGhlIHNhbXBsZSBub25jZ\xc3==", "dGhlIHNhbXBsZSBub25jZQ==, x",
      "========================", "dGhlIHNhbXBsZSBub25jZQ==AAAA",
      "dGhl=HNhbXBsZSBub25jZQ==", "\"dGhlIHNhbXBsZSBub25jZQ==\"",
      "dGhlIHNhbXBsZSBub25jZQ=A", "=dGhlIHNhbXBsZSBub25jZQ="}},
    {"Sec-WebSocket-Version",
     "13",
     400,
     426,
     400,
     {"0",      "1",
      "7",      "8",
      "12",     "14",
      "130",    "113",
      "013",    "0013",
      "+13",    "-13",
      "13.0",   "13.",
      "0x0d",   "1 3",
      "13, 8",  "13,",
      ",13",    "13;",
      "\"13\"", "\xef\xbc\x91\xef\xbc\x93",
      "13 13"}},
    {"Sec-WebSocket-Protocol",
     "chat, superchat",
     0,
     400,
     400,
     {",", ", ,", "a b", "a/b", "a;b", "\"a\"", "a@b", "(a)", "a, a", "a,b,,a",
      "\xc3\xa9", "a=b", "a, b c", "a:b", "[a]", "{a}", "a?", "a\\b", "<a>"}},
    {"Sec-WebSocket-Extensions",
     "permessage-deflate; client_max_window_bits",
     0,
     400,
     0,
     {",",          "a b",     "a;",          "a;;b",        ";a",
      "a=b",        "a;b=",    "a;=b",        "a;b=c d",     "a;b=\"\"",
      "a;b=\"c",    "a;b=c\"", "a;b=\"c d\"", "a;b=\"c,d\"", "\"a\"",
      "a;\"b\"",    "a, ;b",   "a/b",         "\xc3\xa9",    "a;b=\"\\\"",
      "a;b=\"c\"d", "a;b=c=d"}},
    {"Cookie", "a=b; c=d", 0, 0, 0, {NULL}},
    {"User-Agent", "Mozilla/5.0 (X11; Linux)", 0, 0, 0, {NULL}},
};
enum { HEADERS = COUNT(headers) };

static size_t made;
static uint32_t seen[1 << 15]; /* hashes, so that none counts twice */

static uint32_t hash_of(const text *sent) {
  uint32_t hash = 2166136261U;
  size_t i;
  for (i = 0; i < sent->size; i++)
    hash = (hash ^ (uint8_t)sent->bytes[i]) * 16777619U;
  return hash | 1;
}

static bool is_new(const text *sent) {
  uint32_t hash = hash_of(sent);
  size_t at = hash % COUNT(seen);
  while (seen[at] != 0 && seen[at] != hash)
    at = (at + 1) % COUNT(seen);
  if (seen[at] == hash)
    return false;
  seen[at] = hash;
  return true;
}

/* Refused with that status, whole and byte by byte. */
static void refused(const text *sent, int status, const char *what) {
  static const size_t pieces[] = {sizeof sent->bytes, 1, 7};
  size_t i;
  if (ref_valid(sent->bytes, sent->size))
    fail_msg("%s is valid", what);
  for (i = 0; i < COUNT(pieces); i++) {
    size_t used;
    int got = answer(sent, pieces[i], &used);
    if (got != status)
      fail_msg("%s: %d instead of %d:\n%.*s", what, got, status,
               (int)sent->size, sent->bytes);
  }
  if (is_new(sent))
    made++;
}

/* A valid request in which one line is another text; line 0 is the request
   line, and one behind the last is one more. */
static void with_line(size_t line, const char *bytes, size_t size, int status,
                      const char *what) {
  text sent = {.size = 0};
  size_t i;
  if (line == 0) {
    add(&sent, bytes, size);
  } else {
    add_text(&sent, request_line);
    add_text(&sent, "\r\n");
  }
  for (i = 0; i <= HEADERS; i++) {
    if (line == i + 1) {
      add(&sent, bytes, size);
    } else if (i < HEADERS) {
      add_text(&sent, headers[i].name);
      add_text(&sent, ": ");
      add_text(&sent, headers[i].value);
      add_text(&sent, "\r\n");
    }
  }
  add_text(&sent, "\r\n");
  if (status == 101)
    assert_int_equal(answer(&sent, sizeof sent.bytes, &i), 101);
  else
    refused(&sent, status, what);
}

static void nothing_is_wrong_with_the_base(void **state) {
  (void)state;
  with_line(HEADERS + 1, "", 0, 101, "");
  with_line(HEADERS + 1, "Content-Length: 0\r\n", 19, 101, "");
}

/* What breaks any header line: %N is its name, %V its value, %v and %w the
   value's halves. */
static const char *const line_forms[] = {"%N : %V\r\n",
                                         "%N\t: %V\r\n",
                                         "%N \t : %V\r\n",
                                         "%N %V\r\n",
                                         "%N\r\n",
                                         ": %V\r\n",
                                         "%V\r\n",
                                         ":\r\n",
                                         " %N: %V\r\n",
                                         "\t%N: %V\r\n",
                                         "%N: %V\n",
                                         "%N: %V\r",
                                         "%N: %V\r\r\n",
                                         "%N: %V\n\r\n",
                                         "%N: %V\n\r",
                                         "\n%N: %V\r\n",
                                         "\r%N: %V\r\n",
                                         "%N: %v\r\n %w\r\n",
                                         "%N: %V\r\n \r\n",
                                         "%N:\r\n %V\r\n",
                                         "%N:\r\n\t%V\r\n",
                                         "%N: %v\n%w\r\n",
                                         "%N: %v\r%w\r\n",
                                         "%N\r\n: %V\r\n",
                                         "%N\n: %V\r\n",
                                         "\"%N\": %V\r\n",
                                         "%N;: %V\r\n",
                                         "%N: %V\r\n\tx\r\n",
                                         "%N: %v\r\n\t%w\r\n"};

static void add_form(text *to, const char *form, const header *at) {
  size_t half = strlen(at->value) / 2;
  for (; *form != '\0'; form++) {
    if (*form != '%') {
      add(to, form, 1);
      continue;
    }
    form++;
    if (*form == 'N')
      add_text(to, at->name);
    if (*form == 'V')
      add_text(to, at->value);
    if (*form == 'v')
      add(to, at->value, half);
    if (*form == 'w')
      add_text(to, at->value + half);
  }
}

static void b1_lines_that_are_broken(void **state) {
  size_t i;
  size_t form;
  (void)state;
  for (i = 0; i < HEADERS; i++) {
    for (form = 0; form < COUNT(line_forms); form++) {
      text line = {.size = 0};
      add_form(&line, line_forms[form], &headers[i]);
      with_line(i + 1, line.bytes, line.size, 400, line_forms[form]);
    }
  }
}

/* A byte in front of, within and behind a text. */
static void with_byte(size_t line, const char *before, const char *inside,
                      const char *after, unsigned byte) {
  size_t places[3];
  size_t i;
  places[0] = 0;
  places[1] = strlen(inside) / 2;
  places[2] = strlen(inside);
  for (i = 0; i < 3; i++) {
    text sent = {.size = 0};
    char what[64];
    char b = (char)byte;
    add_text(&sent, before);
    add(&sent, inside, places[i]);
    add(&sent, &b, 1);
    add_text(&sent, inside + places[i]);
    add_text(&sent, after);
    (void)snprintf(what, sizeof what, "byte %02x in %s", byte, inside);
    with_line(line, sent.bytes, sent.size, 400, what);
  }
}

static void b1_every_byte_that_is_not_allowed(void **state) {
  size_t i;
  unsigned byte;
  (void)state;
  for (i = 0; i < HEADERS; i++) {
    char before[64];
    char after[64];
    (void)snprintf(before, sizeof before, "%s: ", headers[i].name);
    (void)snprintf(after, sizeof after, ": %s\r\n", headers[i].value);
    for (byte = 0; byte < 256; byte++) {
      bool tchar = byte != 0 && strchr(REF_TCHARS, (int)byte) != NULL;
      if ((byte < ' ' && byte != '\t') || byte == 0x7f)
        with_byte(i + 1, before, headers[i].value, "\r\n", byte);
      /* A colon within a name ends it. */
      if (!tchar && byte != ':' && (byte < 0x80 || byte % 16 == 0))
        with_byte(i + 1, "", headers[i].name, after, byte);
    }
  }
  for (byte = 0; byte < 256; byte++) {
    bool tchar = byte != 0 && strchr(REF_TCHARS, (int)byte) != NULL;
    if (!tchar && byte != ' ' && byte != '\r')
      with_byte(0, "", "GET", " / HTTP/1.1\r\n", byte);
    if (byte < ' ' || byte >= 0x7f || byte == '#')
      with_byte(0, "GET /", "path", " HTTP/1.1\r\n", byte);
    if (byte != '\r')
      with_byte(0, "GET / ", "HTTP/1.1", "\r\n", byte);
  }
}

static void b1_headers_that_are_missing_empty_or_wrong(void **state) {
  size_t i;
  size_t j;
  (void)state;
  for (i = 0; i < HEADERS; i++) {
    const header *at = &headers[i];
    const char *const names[] = {"X-%s: %s\r\n", "%sX: %s\r\n", "%s-: %s\r\n",
                                 "-%s: %s\r\n", "X: %s: %s\r\n"};
    char line[256];
    int size;
    if (at->missing != 0) {
      with_line(i + 1, "", 0, at->missing, at->name);
      for (j = 0; j < COUNT(names); j++) {
        size = snprintf(line, sizeof line, names[j], at->name, at->value);
        with_line(i + 1, line, (size_t)size, at->missing, names[j]);
      }
    }
    if (at->empty != 0) {
      static const char *const blanks[] = {"", " ", "\t", " \t "};
      for (j = 0; j < COUNT(blanks); j++) {
        size = snprintf(line, sizeof line, "%s:%s\r\n", at->name, blanks[j]);
        with_line(i + 1, line, (size_t)size, at->empty, line);
      }
    }
    if (at->twice != 0) {
      size = snprintf(line, sizeof line, "%s: %s\r\n", at->name, at->value);
      with_line(HEADERS + 1, line, (size_t)size, at->twice, line);
    }
    if (at->twice != 0 && at->missing != 0) {
      size = snprintf(line, sizeof line, "%s: x\r\n%s: %s\r\n", at->name,
                      at->name, at->value);
      with_line(i + 1, line, (size_t)size, at->twice, line);
    }
    for (j = 0; j < COUNT(at->wrong) && at->wrong[j] != NULL; j++) {
      size = snprintf(line, sizeof line, "%s: %s\r\n", at->name, at->wrong[j]);
      with_line(i + 1, line, (size_t)size, at->empty, line);
      size =
          snprintf(line, sizeof line, "%s:\t%s \r\n", at->name, at->wrong[j]);
      with_line(i + 1, line, (size_t)size, at->empty, line);
    }
  }
}

static void b1_request_lines(void **state) {
  static const struct {
    const char *line;
    int status;
  } rows[] = {
      {"POST / HTTP/1.1\r\n", 405},
      {"DELETE / HTTP/1.1\r\n", 405},
      {"OPTIONS / HTTP/1.1\r\n", 405},
      {"OPTIONS * HTTP/1.1\r\n", 405},
      {"CONNECT a:443 HTTP/1.1\r\n", 405},
      {"HEAD / HTTP/1.1\r\n", 405},
      {"get / HTTP/1.1\r\n", 405},
      {"Get / HTTP/1.1\r\n", 405},
      {"GETS / HTTP/1.1\r\n", 405},
      {"GE / HTTP/1.1\r\n", 405},
      {"PRI * HTTP/2.0\r\n", 405},
      {"GET / HTTP/1.0\r\n", 505},
      {"GET / HTTP/0.9\r\n", 505},
      {"GET / HTTP/1.2\r\n", 505},
      {"GET / HTTP/2.0\r\n", 505},
      {"GET / HTTP/9.9\r\n", 505},
      {"GET / HTTP/1\r\n", 400},
      {"GET / HTTP/11\r\n", 400},
      {"GET / HTTP/1.10\r\n", 400},
      {"GET / HTTP/1,1\r\n", 400},
      {"GET / HTTP/x.y\r\n", 400},
      {"GET / http/1.1\r\n", 400},
      {"GET / XTTP/1.1\r\n", 400},
      {"GET / \r\n", 400},
      {"GET /\r\n", 400},
      {"GET\r\n", 400},
      {"GET  / HTTP/1.1\r\n", 400},
      {"GET /  HTTP/1.1\r\n", 400},
      {"GET / HTTP/1.1 \r\n", 400},
      {"GET\t/ HTTP/1.1\r\n", 400},
      {"GET /\tHTTP/1.1\r\n", 400},
      {" GET / HTTP/1.1\r\n", 400},
      {"\r\n\r\nGET / HTTP/1.1\r\n", 400},
      {"\nGET / HTTP/1.1\r\n", 400},
      {"GET / HTTP/1.1\n", 400},
      {"GET / HTTP/1.1\r", 400},
      {"GET / a HTTP/1.1\r\n", 400},
      {"GET * HTTP/1.1\r\n", 400},
      {"GET chat HTTP/1.1\r\n", 400},
      {"GET ?a HTTP/1.1\r\n", 400},
      {"GET server.example.com:80 HTTP/1.1\r\n", 400},
      {"GET http://example.com/ HTTP/1.1\r\n", 400},
      {"GET http://server.example.com:80/ HTTP/1.1\r\n", 400},
      {"GET http://a@server.example.com/ HTTP/1.1\r\n", 400},
      {"GET http:///chat HTTP/1.1\r\n", 400},
      {"GET http:/server.example.com/ HTTP/1.1\r\n", 400},
      {"GET ftp://server.example.com/ HTTP/1.1\r\n", 400},
      {"GET ://server.example.com/ HTTP/1.1\r\n", 400},
      {"GET /a#b HTTP/1.1\r\n", 400},
      {"\x16\x03\x01\r\n", 400},
      {"\x81\x85\1\2\3\4Ifmmn\r\n", 400},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(rows); i++)
    with_line(0, rows[i].line, strlen(rows[i].line), rows[i].status,
              rows[i].line);
}

static void b1_content(void **state) {
  static const char *const lines[] = {
      "Content-Length: 1\r\n",
      "Content-Length: 00\r\n",
      "Content-Length: -0\r\n",
      "Content-Length: +0\r\n",
      "Content-Length: 0x0\r\n",
      "Content-Length: 0 0\r\n",
      "Content-Length: 0, 0\r\n",
      "Content-Length:\r\n",
      "Content-Length: a\r\n",
      "Content-Length: 18446744073709551616\r\n",
      "Content-Length: 4294967296\r\n",
      "content-length: 5\r\n",
      "Content-Length: 0\r\nContent-Length: 0\r\n",
      "Content-Length: 0\r\nContent-Length: 5\r\n",
      "Content-Length: 5\r\nContent-Length: 0\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Transfer-Encoding: identity\r\n",
      "Transfer-Encoding:\r\n",
      "transfer-encoding: \tchunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
      "Transfer-Encoding : chunked\r\n",
      "Expect: 100-continue\r\n",
      "Expect:\r\n",
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(lines); i++)
    with_line(HEADERS + 1, lines[i], strlen(lines[i]), 400, lines[i]);
}

static void b1_sizes(void **state) {
  static char line[16000];
  size_t count;
  int size;
  (void)state;
  for (count = 4097; count <= 9000; count += 817) {
    size = snprintf(line, sizeof line, "GET /%0*d HTTP/1.1\r\n", (int)count, 0);
    with_line(0, line, (size_t)size, 414, "a long target");
    size = snprintf(line, sizeof line, "%0*d: a\r\n", (int)count + 4100, 0);
    with_line(HEADERS + 1, line, (size_t)size, 431, "a long name");
    size = snprintf(line, sizeof line, "X: %0*d\r\n", (int)count + 4100, 0);
    with_line(HEADERS + 1, line, (size_t)size, 431, "a long value");
  }
  for (count = 65 - HEADERS; count < 200; count += 13) {
    for (size = 0; (size_t)size < 6 * count; size += 6)
      memcpy(line + size, "X: y\r\n", 6);
    with_line(HEADERS + 1, line, (size_t)size, 431, "many lines");
  }
}

/* A complete head holds more, for its path and the lines of repeated fields are
   copied: of 8 KiB at most these. */
static void b1_what_a_complete_one_holds(void **state) {
  static const int targets[] = {1, 4000};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(targets); i++) {
    char accept[WSS__ACCEPT_SIZE];
    char head[8192];
    size_t line;
    size_t size;
    test_request it;
    size = (size_t)snprintf(
        head, sizeof head,
        "GET /%0*d HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n", targets[i],
        0);
    for (line = 2; line < WSS__MAX_HEADERS; line++) {
      size_t left = (sizeof head - 2 - size) / (WSS__MAX_HEADERS - line);
      size += (size_t)snprintf(head + size, sizeof head - size, "X:%0*d\r\n",
                               (int)left - 4, 0);
    }
    test_request_begin(&it, sizeof head);
    assert_int_equal(test_request_feed(&it, head, size), 0);
    assert_int_equal(test_request_feed(&it, "\r\n", 2), 1);
    assert_int_equal(wss__handshake_check(it.request, accept, &it.refusal),
                     WSS_ERR_HANDSHAKE);
    assert_in_range(it.memory.bytes, 8192 + 4096, 20 * 1024);
    test_request_end(&it);
  }
}

static void b1_the_table_makes_more_than_2000(void **state) {
  (void)state;
  (void)printf("malformed handshakes by the table: %zu\n", made);
  assert_in_range(made, 2000, COUNT(seen) / 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_wrong_with_the_base),
      cmocka_unit_test(b1_lines_that_are_broken),
      cmocka_unit_test(b1_every_byte_that_is_not_allowed),
      cmocka_unit_test(b1_headers_that_are_missing_empty_or_wrong),
      cmocka_unit_test(b1_request_lines),
      cmocka_unit_test(b1_content),
      cmocka_unit_test(b1_sizes),
      cmocka_unit_test(b1_what_a_complete_one_holds),
      cmocka_unit_test(b1_the_table_makes_more_than_2000),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
