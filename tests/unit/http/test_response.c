/* Responses and refusals, to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/response.h"
#include "support/allocator.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void a_refusal_is_filled(void **state) {
  static const wss_header header = {"A", "b"};
  wss__refusal refusal;
  (void)state;
  memset(&refusal, 0xff, sizeof refusal);
  refusal.headers = &header;
  assert_int_equal(
      wss__refuse(&refusal, WSS_ERR_HTTP, 400, "%d and %s.", 7, "x"),
      WSS_ERR_HTTP);
  assert_int_equal(refusal.error, WSS_ERR_HTTP);
  assert_int_equal(refusal.status, 400);
  assert_null(refusal.headers);
  assert_int_equal(refusal.header_count, 0);
  assert_string_equal(refusal.detail.text, "7 and x.");
}

/* Its sentence is sent as UTF-8 and written to logs. */
static void a_refusal_is_ascii_whatever_is_quoted(void **state) {
  wss__refusal refusal;
  int byte;
  (void)state;
  for (byte = 1; byte < 256; byte++) {
    char quoted[] = {'<', (char)byte, '>', '\0'};
    bool plain = byte >= 0x20 && byte < 0x7f;
    (void)wss__refuse(&refusal, WSS_ERR_HTTP, 400, "%s", quoted);
    quoted[1] = plain ? (char)byte : '?';
    assert_string_equal(refusal.detail.text, quoted);
  }
}

static void a_refusal_is_cut_to_its_room(void **state) {
  static char quoted[1000];
  wss__refusal refusal;
  (void)state;
  memset(quoted, 'x', sizeof quoted - 1);
  (void)wss__refuse(&refusal, WSS_ERR_HTTP, 400, "%s", quoted);
  assert_int_equal(strlen(refusal.detail.text), WSS__DETAIL_SIZE - 1);
}

/* As with a wide string that the locale cannot write. */
static void a_refusal_that_cannot_be_written_is_empty(void **state) {
  wss__refusal refusal;
  (void)state;
  assert_int_equal(wss__refuse(&refusal, WSS_ERR_HTTP, 400, "%ls", L"\xffff"),
                   WSS_ERR_HTTP);
  assert_string_equal(refusal.detail.text, "");
}

static void phrases(void **state) {
  (void)state;
  assert_string_equal(wss__status_phrase(200), "OK");
  assert_string_equal(wss__status_phrase(403), "Forbidden");
  assert_string_equal(wss__status_phrase(426), "Upgrade Required");
  assert_string_equal(wss__status_phrase(431),
                      "Request Header Fields Too Large");
  assert_string_equal(wss__status_phrase(505), "HTTP Version Not Supported");
  assert_string_equal(wss__status_phrase(499), "Unknown");
  assert_string_equal(wss__status_phrase(0), "Unknown");
}

/* ---- Header lines -------------------------------------------------------- */

static void header_lines_of_the_program(void **state) {
  static const struct {
    wss_header header;
    bool allowed;
  } rows[] = {
      {{"Server", "x"}, true},
      {{"X", ""}, true},
      {{"X", "a b\tc, \"d\"; e=\xc3\xa9"}, true},
      {{"!#$%&'*+-.^_`|~09azAZ", "x"}, true},
      {{"Set-Cookie", "a=b; Path=/"}, true},
      {{"Sec-WebSocket", "x"}, true},
      {{"Connections", "x"}, true},
      {{NULL, "x"}, false},
      {{"X", NULL}, false},
      {{"", "x"}, false},
      {{"X Y", "x"}, false},
      {{"X:", "x"}, false},
      {{"X\r\nY", "x"}, false},
      {{"\xc3\xa9", "x"}, false},
      {{"X", " a"}, false},
      {{"X", "a "}, false},
      {{"X", "\ta"}, false},
      {{"X", "a\t"}, false},
      {{"X", " "}, false},
      {{"Connection", "close"}, false},
      {{"CONNECTION", "close"}, false},
      {{"Upgrade", "x"}, false},
      {{"Content-Length", "1"}, false},
      {{"content-type", "x"}, false},
      {{"Transfer-Encoding", "chunked"}, false},
      {{"Trailer", "x"}, false},
      {{"Sec-WebSocket-Accept", "x"}, false},
      {{"Sec-WebSocket-Protocol", "x"}, false},
      {{"sec-websocket-", "x"}, false},
  };
  wss_header two[2];
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    int expected = rows[i].allowed ? 0 : WSS_ERR_HEADER;
    if (wss__headers_check(&rows[i].header, 1) != expected)
      fail_msg("row %zu", i);
    two[0] = rows[0].header;
    two[1] = rows[i].header;
    assert_int_equal(wss__headers_check(two, 2), expected);
  }
  assert_int_equal(wss__headers_check(NULL, 0), 0);
  assert_int_equal(wss__headers_check(NULL, 1), WSS_ERR_HEADER);
}

/* B8: nothing that a program reflects can begin another line. */
static void control_bytes_in_header_lines(void **state) {
  int byte;
  (void)state;
  for (byte = 1; byte < 256; byte++) {
    const char name[] = {'a', (char)byte, 'b', '\0'};
    const wss_header in_value = {"X", name};
    const wss_header in_name = {name, "x"};
    bool control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
    assert_int_equal(wss__headers_check(&in_value, 1),
                     control ? WSS_ERR_HEADER : 0);
    if (control || byte == '\t' || byte == ' ' || byte == ':' || byte >= 0x80)
      assert_int_equal(wss__headers_check(&in_name, 1), WSS_ERR_HEADER);
  }
}

/* ---- Whole responses ----------------------------------------------------- */

static void expect_bytes(const wss__response *response, const char *expected) {
  test_allocator memory;
  wss__buf out;
  test_allocator_init(&memory);
  wss__buf_init(&out, 4096);
  assert_int_equal(wss__response_pack(&out, &memory.functions, response), 0);
  if (out.length != strlen(expected) ||
      memcmp(wss__buf_data(&out), expected, out.length) != 0)
    fail_msg("%.*s", (int)out.length, (const char *)wss__buf_data(&out));
  wss__buf_free(&out, &memory.functions);
  assert_int_equal(memory.blocks, 0);
}

static void responses(void **state) {
  static const wss_header two[] = {{"A", "b"}, {"Set-Cookie", "c"}};
  static const wss_header upgrade[] = {{"Upgrade", "websocket"},
                                       {"Sec-WebSocket-Version", "13"}};
  wss__response response = {
      .status = 404, .body = "Not there.", .body_size = 10};
  (void)state;
  expect_bytes(&response, "HTTP/1.1 404 Not Found\r\n"
                          "Connection: close\r\n"
                          "Content-Length: 10\r\n"
                          "Content-Type: text/plain; charset=utf-8\r\n"
                          "\r\nNot there.");
  response.head = true;
  response.status = 200;
  response.content_type = "text/html";
  response.headers = two;
  response.header_count = 2;
  expect_bytes(&response, "HTTP/1.1 200 OK\r\n"
                          "Connection: close\r\n"
                          "Content-Length: 10\r\n"
                          "Content-Type: text/html\r\n"
                          "A: b\r\nSet-Cookie: c\r\n\r\n");
  /* RFC 9110 7.8: who sends Upgrade says so in Connection. */
  memset(&response, 0, sizeof response);
  response.status = 426;
  response.headers = upgrade;
  response.header_count = 2;
  expect_bytes(&response, "HTTP/1.1 426 Upgrade Required\r\n"
                          "Connection: close, Upgrade\r\n"
                          "Content-Length: 0\r\n"
                          "Content-Type: text/plain; charset=utf-8\r\n"
                          "Upgrade: websocket\r\n"
                          "Sec-WebSocket-Version: 13\r\n\r\n");
}

/* RFC 9110 8.6, 15.3.5 and 15.4.5. */
static void responses_without_content(void **state) {
  wss__response response = {.status = 204, .body = "x", .body_size = 1};
  (void)state;
  expect_bytes(&response,
               "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  response.status = 304;
  expect_bytes(&response,
               "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
}

static void a_body_of_any_bytes(void **state) {
  const wss__response response = {
      .status = 200, .body = "a\0b", .body_size = 3};
  test_allocator memory;
  wss__buf out;
  (void)state;
  test_allocator_init(&memory);
  wss__buf_init(&out, 4096);
  assert_int_equal(wss__response_pack(&out, &memory.functions, &response), 0);
  assert_memory_equal(wss__buf_data(&out) + out.length - 3, "a\0b", 3);
  wss__buf_free(&out, &memory.functions);
}

static void what_does_not_fit_leaves_nothing(void **state) {
  static const wss_header headers[] = {{"A", "b"}};
  const wss__response response = {.status = 200,
                                  .headers = headers,
                                  .header_count = 1,
                                  .body = "body",
                                  .body_size = 4};
  size_t ceiling;
  int err = WSS_ERR_TOO_BIG;
  (void)state;
  for (ceiling = 3; err != 0; ceiling++) {
    test_allocator memory;
    wss__buf out;
    test_allocator_init(&memory);
    wss__buf_init(&out, ceiling);
    assert_int_equal(wss__buf_append(&out, &memory.functions, "abc", 3), 0);
    err = wss__response_pack(&out, &memory.functions, &response);
    assert_true(err == 0 || err == WSS_ERR_TOO_BIG);
    assert_int_equal(out.length, err == 0 ? ceiling : 3);
    assert_memory_equal(wss__buf_data(&out), "abc", 3);
    wss__buf_free(&out, &memory.functions);
    assert_int_equal(memory.blocks, 0);
  }
  assert_in_range(ceiling, 100, 200);
}

static void what_finds_no_memory_leaves_nothing(void **state) {
  static const wss_header header = {"A", "b"};
  static const char body[4000];
  const wss__response response = {.status = 200,
                                  .headers = &header,
                                  .header_count = 1,
                                  .body = body,
                                  .body_size = sizeof body};
  size_t n;
  int err = WSS_ERR_NOMEM;
  (void)state;
  for (n = 1; err != 0; n++) {
    test_allocator memory;
    wss__buf out;
    test_allocator_init(&memory);
    wss__buf_init(&out, 8192);
    assert_int_equal(wss__buf_append(&out, &memory.functions, "abc", 3), 0);
    test_allocator_fail(&memory, n, false);
    err = wss__response_pack(&out, &memory.functions, &response);
    assert_int_equal(err, memory.failures > 0 ? WSS_ERR_NOMEM : 0);
    assert_true(err == 0 || out.length == 3);
    assert_memory_equal(wss__buf_data(&out), "abc", 3);
    wss__buf_free(&out, &memory.functions);
    assert_int_equal(memory.blocks, 0);
  }
  assert_true(n > 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_refusal_is_filled),
      cmocka_unit_test(a_refusal_is_ascii_whatever_is_quoted),
      cmocka_unit_test(a_refusal_is_cut_to_its_room),
      cmocka_unit_test(a_refusal_that_cannot_be_written_is_empty),
      cmocka_unit_test(phrases),
      cmocka_unit_test(header_lines_of_the_program),
      cmocka_unit_test(control_bytes_in_header_lines),
      cmocka_unit_test(responses),
      cmocka_unit_test(responses_without_content),
      cmocka_unit_test(a_body_of_any_bytes),
      cmocka_unit_test(what_does_not_fit_leaves_nothing),
      cmocka_unit_test(what_finds_no_memory_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
