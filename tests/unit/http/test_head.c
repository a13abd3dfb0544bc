/* The lines of a head: where they are, and the sentence that says which one is
   wrong. That all of a request is refused: test_request_refusal.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/head.h"
#include "support/allocator.h"

#define LINE "GET / HTTP/1.1\r\n"

typedef struct fixture {
  test_allocator memory;
  wss__head head;
  wss__refusal refusal;
  size_t used;
} fixture;

static void begin(fixture *it, size_t max_size) {
  memset(it, 0, sizeof *it);
  test_allocator_init(&it->memory);
  wss__head_init(&it->head, max_size);
}

static void end(fixture *it) {
  wss__head_free(&it->head, &it->memory.functions);
  assert_int_equal(it->memory.blocks, 0);
}

/* Feeds a text in pieces, until there is a result. */
static int feed(fixture *it, const char *text, size_t piece) {
  size_t size = strlen(text);
  size_t at = 0;
  int result = 0;
  while (result == 0 && at < size) {
    size_t step = piece < size - at ? piece : size - at;
    size_t used = SIZE_MAX;
    result =
        wss__head_feed(&it->head, &it->memory.functions,
                       (const uint8_t *)text + at, step, &used, &it->refusal);
    if (result >= 0)
      it->used += used;
    at += step;
  }
  return result;
}

static void expect_slice(const fixture *it, size_t at, size_t size,
                         const char *text) {
  assert_int_equal(size, strlen(text));
  assert_memory_equal(wss__buf_data(&it->head.bytes) + at, text, size);
}

static void where_the_lines_are(void **state) {
  static const char text[] = "\r\nHEAD /x?y HTTP/1.1\r\nA:1\r\nBb: \t two "
                             "words \t\r\nC:\r\nD: \t\r\n\r\nmore";
  static const char *const expected[][2] = {
      {"A", "1"}, {"Bb", "two words"}, {"C", ""}, {"D", ""}};
  size_t piece;
  (void)state;
  for (piece = 1; piece < sizeof text; piece++) {
    fixture it;
    size_t i;
    begin(&it, 8192);
    assert_int_equal(feed(&it, text, piece), 1);
    assert_int_equal(it.used, sizeof text - 1 - strlen("more"));
    expect_slice(&it, it.head.target, it.head.target_size, "/x?y");
    expect_slice(&it, it.head.target - 5, 4, "HEAD");
    assert_int_equal(it.head.line_count, 4);
    for (i = 0; i < 4; i++) {
      const wss__head_line *at = &it.head.lines[i];
      expect_slice(&it, at->name, at->name_size, expected[i][0]);
      expect_slice(&it, at->value, at->value_size, expected[i][1]);
    }
    end(&it);
  }
}

/* Refused with the status and that sentence, whole and byte by byte. */
static void refused(size_t max_size, const char *text, int status,
                    const char *sentence) {
  size_t piece;
  for (piece = 1; piece <= strlen(text); piece += strlen(text) - 1) {
    fixture it;
    begin(&it, max_size);
    assert_int_equal(feed(&it, text, piece), WSS_ERR_HTTP);
    assert_int_equal(it.refusal.error, WSS_ERR_HTTP);
    assert_int_equal(it.refusal.status, status);
    assert_string_equal(it.refusal.detail.text, sentence);
    end(&it);
  }
}

static void a_sentence_names_the_header(void **state) {
  static const char *const table[][2] = {
      {LINE "A: 1\r\nX-Foo: a\n", "The header X-Foo ends in LF without CR (RFC "
                                  "9112 2.2)."},
      {LINE "A: 1\r\nX-Foo: a\x01",
       "The header X-Foo has a control byte in its "
       "value."},
      {LINE "X-Foo: a\rb", "The header X-Foo has a CR that is not followed by "
                           "LF (RFC 9112 2.2)."},
      {LINE "X-Foo: a\r\r\n", "The header X-Foo has a CR that is not followed "
                              "by LF (RFC 9112 2.2)."},
      {LINE "X-Foo: a\r\n b", "The header X-Foo goes on in a second line: "
                              "folded lines are not allowed (RFC 9112 5.2)."},
      {LINE "X-Foo: a\r\n\tb", "The header X-Foo goes on in a second line: "
                               "folded lines are not allowed (RFC 9112 5.2)."},
      {LINE "X-Foo : a", "The header X-Foo has a blank in front of its colon "
                         "(RFC 9112 5.1)."},
      {LINE "X-Foo\t: a", "The header X-Foo has a blank in front of its colon "
                          "(RFC 9112 5.1)."},
      {LINE "X-Foo\r\n", "The header X-Foo has no colon."},
      {LINE "X-F(o: a", "The header X-F( has a byte in its name that is not "
                        "allowed."},
      {LINE "\xc3\xa9: a", "The header ? has a byte in its name that is not "
                           "allowed."},
      {LINE "A123456789-123456789-123456789-123456789-123456789 : a",
       "The header A123456789-123456789-123456789-123456789 has a blank in "
       "front of its colon (RFC 9112 5.1)."},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof table / sizeof table[0]; i++)
    refused(8192, table[i][0], 400, table[i][1]);
}

static void a_sentence_names_the_rule(void **state) {
  static const char *const table[][2] = {
      {LINE " x: a", "The first header line begins with a blank (RFC 9112 "
                     "2.2)."},
      {LINE ": a", "A header line has no name in front of its colon."},
      {LINE "X-Foo\n", "A line ends in LF without CR (RFC 9112 2.2)."},
      {LINE "\n", "A line ends in LF without CR (RFC 9112 2.2)."},
      {"GET / HTTP/1.1\n", "A line ends in LF without CR (RFC 9112 2.2)."},
      {"GET / HTTP/1.1\r ", "A CR is not followed by LF (RFC 9112 2.2)."},
      {LINE "A: 1\r\n\r ", "A CR is not followed by LF (RFC 9112 2.2)."},
      {"\r ", "A CR is not followed by LF (RFC 9112 2.2)."},
      {"\x16\x03", "This port speaks plain HTTP, but TLS arrived: use http:// "
                   "or ws:// here."},
      {"\x81\x80", "What arrived is not HTTP."},
      {"GE\tT", "The request's method is not a token."},
      {"GET /\x80 ", "The request target has a byte that a URI must not have."},
      {"GET /\r\n", "The request line does not end in an HTTP version."},
      {"GET / HTTP/1.1 \r\n", "The request line does not end in an HTTP "
                              "version."},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof table / sizeof table[0]; i++)
    refused(8192, table[i][0], 400, table[i][1]);
  refused(8192, "GET / HTTP/1.0\r\n", 505, "The HTTP version must be 1.1.");
  /* A method is quoted without its odd bytes, and not all of it. */
  refused(8192, "A0123456789-0123456789-0123456789 ", 405,
          "The method A0123456789-0123 is not allowed here: use GET.");
}

static void a_sentence_names_what_is_too_large(void **state) {
  static const char *const table[][2] = {
      {LINE "A: 1\r\nX-Filler: 0123456789",
       "The request's head is larger than 34 bytes: it ends in X-Filler."},
      {LINE "A: 1\r\nBcdefghijklm: 1",
       "The request's head is larger than 34 bytes."},
      {LINE "A: 1\r\nB: 1\r\nC:1\r\nD: 1",
       "The request's head is larger than 34 bytes."},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof table / sizeof table[0]; i++)
    refused(34, table[i][0], 431, table[i][1]);
  refused(70,
          LINE
          "A123456789-123456789-123456789-123456789-: 01234567890123456789",
          431,
          "The request's head is larger than 70 bytes: it ends in "
          "A123456789-123456789-123456789-123456789.");
  refused(30, "GET /01234567890123456789012345 ", 414,
          "The request line is longer than 30 bytes.");
}

static void out_of_memory(void **state) {
  fixture it;
  (void)state;
  begin(&it, 8192);
  test_allocator_fail(&it.memory, 1, true);
  assert_int_equal(feed(&it, LINE, 1), WSS_ERR_NOMEM);
  end(&it);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(where_the_lines_are),
      cmocka_unit_test(a_sentence_names_the_header),
      cmocka_unit_test(a_sentence_names_the_rule),
      cmocka_unit_test(a_sentence_names_what_is_too_large),
      cmocka_unit_test(out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
