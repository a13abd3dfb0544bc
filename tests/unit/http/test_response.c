/* Responses and refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "http/response.h"
#include "support/allocator.h"

static void expect_packed(const wss__response *response, const char *text) {
  test_allocator memory;
  wss__buf out;
  test_allocator_init(&memory);
  wss__buf_init(&out, 4096);
  assert_int_equal(wss__response_pack(&out, &memory.functions, response), 0);
  assert_int_equal(wss__buf_append(&out, &memory.functions, "", 1), 0);
  assert_string_equal((const char *)wss__buf_data(&out), text);
  wss__buf_free(&out, &memory.functions);
}

/* ---- Responses ----------------------------------------------------------- */

static void a_page(void **state) {
  const wss_header headers[] = {{"Cache-Control", "no-store"},
                                {"Set-Cookie", "a=1"}};
  const wss__response response = {.status = 200,
                                  .headers = headers,
                                  .header_count = 2,
                                  .content_type = "text/html",
                                  .body = "<p>hi",
                                  .body_size = 5};
  (void)state;
  expect_packed(&response, "HTTP/1.1 200 OK\r\n"
                           "Connection: close\r\n"
                           "Content-Length: 5\r\n"
                           "Content-Type: text/html\r\n"
                           "Cache-Control: no-store\r\n"
                           "Set-Cookie: a=1\r\n"
                           "\r\n"
                           "<p>hi");
}

static void plain_text_without_a_type(void **state) {
  const wss__response response = {.status = 404, .body = "no", .body_size = 2};
  const wss__response empty = {.status = 299};
  (void)state;
  expect_packed(&response, "HTTP/1.1 404 Not Found\r\n"
                           "Connection: close\r\n"
                           "Content-Length: 2\r\n"
                           "Content-Type: text/plain; charset=utf-8\r\n"
                           "\r\n"
                           "no");
  expect_packed(&empty, "HTTP/1.1 299 Unknown\r\n"
                        "Connection: close\r\n"
                        "Content-Length: 0\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "\r\n");
}

/* RFC 9110 9.3.2: the fields of the GET, and no content. */
static void an_answer_to_head(void **state) {
  const wss__response response = {
      .status = 200, .body = "hello", .body_size = 5, .head = true};
  (void)state;
  expect_packed(&response, "HTTP/1.1 200 OK\r\n"
                           "Connection: close\r\n"
                           "Content-Length: 5\r\n"
                           "Content-Type: text/plain; charset=utf-8\r\n"
                           "\r\n");
}

/* RFC 9110 8.6: no Content-Length, and no content. */
static void statuses_without_content(void **state) {
  const wss_header etag = {"ETag", "\"x\""};
  wss__response response = {.status = 204,
                            .headers = &etag,
                            .header_count = 1,
                            .body = "ignored",
                            .body_size = 7};
  (void)state;
  expect_packed(&response, "HTTP/1.1 204 No Content\r\n"
                           "Connection: close\r\n"
                           "ETag: \"x\"\r\n\r\n");
  response.status = 304;
  expect_packed(&response, "HTTP/1.1 304 Not Modified\r\n"
                           "Connection: close\r\n"
                           "ETag: \"x\"\r\n\r\n");
}

/* RFC 9110 7.8: who sends Upgrade names it in Connection. */
static void a_refusal_with_upgrade(void **state) {
  const wss_header headers[] = {{"Upgrade", "websocket"},
                                {"Sec-WebSocket-Version", "13"}};
  const wss__response response = {
      .status = 426, .headers = headers, .header_count = 2};
  (void)state;
  expect_packed(&response, "HTTP/1.1 426 Upgrade Required\r\n"
                           "Connection: close, Upgrade\r\n"
                           "Content-Length: 0\r\n"
                           "Content-Type: text/plain; charset=utf-8\r\n"
                           "Upgrade: websocket\r\n"
                           "Sec-WebSocket-Version: 13\r\n"
                           "\r\n");
}

static void phrases(void **state) {
  static const struct {
    int status;
    const char *phrase;
  } table[] = {
      {200, "OK"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {403, "Forbidden"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {414, "URI Too Long"},
      {426, "Upgrade Required"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
      {0, "Unknown"},
      {299, "Unknown"},
      {599, "Unknown"},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof table / sizeof table[0]; i++)
    assert_string_equal(wss__status_phrase(table[i].status), table[i].phrase);
}

/* Every ceiling and every failing allocation leave the output as it was. */
static void a_failure_leaves_the_output_unchanged(void **state) {
  const wss_header header = {"Name", "value"};
  const wss__response response = {.status = 403,
                                  .headers = &header,
                                  .header_count = 1,
                                  .body = "a body of some bytes",
                                  .body_size = 20};
  size_t ceiling;
  int result = WSS_ERR_TOO_BIG;
  (void)state;
  for (ceiling = 6; result != 0; ceiling++) {
    test_allocator memory;
    wss__buf out;
    test_allocator_init(&memory);
    wss__buf_init(&out, ceiling);
    assert_int_equal(wss__buf_append(&out, &memory.functions, "before", 6), 0);
    result = wss__response_pack(&out, &memory.functions, &response);
    if (result != 0) {
      assert_int_equal(result, WSS_ERR_TOO_BIG);
      assert_int_equal(out.length, 6);
    }
    assert_memory_equal(wss__buf_data(&out), "before", 6);
    wss__buf_free(&out, &memory.functions);
  }
  assert_in_range(ceiling, 100, 300);
}

static void out_of_memory(void **state) {
  const wss__response response = {.status = 200};
  const wss_header header = {"Name", "value"};
  test_allocator memory;
  wss__buf out;
  (void)state;
  test_allocator_init(&memory);
  test_allocator_fail(&memory, 1, true);
  wss__buf_init(&out, 4096);
  assert_int_equal(wss__response_pack(&out, &memory.functions, &response),
                   WSS_ERR_NOMEM);
  assert_int_equal(wss__headers_pack(&out, &memory.functions, &header, 1),
                   WSS_ERR_NOMEM);
  assert_int_equal(out.length, 0);
  assert_int_equal(memory.blocks, 0);
}

/* ---- Headers of the program ---------------------------------------------- */

static int check(const char *name, const char *value) {
  const wss_header headers[] = {{"Good", "1"}, {name, value}};
  return wss__headers_check(headers, 2);
}

static void b8_every_byte_in_a_name(void **state) {
  static const char tchars[] = "!#$%&'*+-.^_`|~0123456789"
                               "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  unsigned byte;
  size_t at;
  (void)state;
  for (byte = 1; byte < 256; byte++) {
    for (at = 0; at < 3; at++) {
      char name[] = "abc";
      bool allowed = strchr(tchars, (int)byte) != NULL;
      name[at] = (char)byte;
      assert_int_equal(check(name, "x"), allowed ? 0 : WSS_ERR_HEADER);
    }
  }
}

static void b8_every_byte_in_a_value(void **state) {
  unsigned byte;
  size_t at;
  (void)state;
  for (byte = 1; byte < 256; byte++) {
    for (at = 0; at < 3; at++) {
      char value[] = "abc";
      bool blank = byte == ' ' || byte == '\t';
      bool allowed = (byte >= 0x20 && byte != 0x7f) || byte == '\t';
      value[at] = (char)byte;
      if (blank)
        allowed = at == 1; /* none at the ends */
      assert_int_equal(check("X", value), allowed ? 0 : WSS_ERR_HEADER);
    }
  }
}

static void what_is_no_header(void **state) {
  (void)state;
  assert_int_equal(wss__headers_check(NULL, 0), 0);
  assert_int_equal(wss__headers_check(NULL, 1), WSS_ERR_HEADER);
  assert_int_equal(check(NULL, "x"), WSS_ERR_HEADER);
  assert_int_equal(check("X", NULL), WSS_ERR_HEADER);
  assert_int_equal(check("", "x"), WSS_ERR_HEADER);
  assert_int_equal(check("X", ""), 0);
  assert_int_equal(check("X", " "), WSS_ERR_HEADER);
  assert_int_equal(check("X", "a\r\nSet-Cookie: b=1"), WSS_ERR_HEADER);
}

static void reserved_names(void **state) {
  static const char *const reserved[] = {
      "Connection",
      "connection",
      "UPGRADE",
      "Content-Length",
      "content-type",
      "Transfer-Encoding",
      "Trailer",
      "Sec-WebSocket-Accept",
      "sec-websocket-protocol",
      "SEC-WEBSOCKET-EXTENSIONS",
      "Sec-WebSocket-",
      "Sec-WebSocket-Whatever",
  };
  static const char *const free_ones[] = {
      "Connections",   "Upgrad",  "Content-Lengt",   "Content-Types",
      "Sec-WebSocket", "Sec-Web", "X-Upgrade",       "Server",
      "Set-Cookie",    "Date",    "WWW-Authenticate"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
    assert_int_equal(check(reserved[i], "x"), WSS_ERR_HEADER);
  for (i = 0; i < sizeof free_ones / sizeof free_ones[0]; i++)
    assert_int_equal(check(free_ones[i], "x"), 0);
}

/* ---- Refusals ------------------------------------------------------------ */

static void a_refusal(void **state) {
  wss__refusal refusal;
  unsigned byte;
  (void)state;
  memset(&refusal, 0xff, sizeof refusal);
  assert_int_equal(
      wss__refuse(&refusal, WSS_ERR_ORIGIN, 403, "no %s, %d", "way", 7),
      WSS_ERR_ORIGIN);
  assert_int_equal(refusal.error, WSS_ERR_ORIGIN);
  assert_int_equal(refusal.status, 403);
  assert_null(refusal.headers);
  assert_int_equal(refusal.header_count, 0);
  assert_string_equal(refusal.detail.text, "no way, 7");
  for (byte = 1; byte < 256; byte++) {
    char text[] = "a?b";
    text[1] = (char)byte;
    (void)wss__refuse(&refusal, WSS_ERR_HTTP, 400, "%s", text);
    if (byte < 0x20 || byte >= 0x7f)
      text[1] = '?';
    assert_string_equal(refusal.detail.text, text);
  }
}

static void a_refusal_for_what_is_missing(void **state) {
  wss__refusal refusal;
  (void)state;
  assert_int_equal(wss__refuse_missing(&refusal, WSS_ERR_HANDSHAKE, 426,
                                       "Sec-WebSocket-Extensions"),
                   WSS_ERR_HANDSHAKE);
  assert_int_equal(refusal.status, 426);
  assert_string_equal(
      refusal.detail.text,
      "The header Sec-WebSocket-Extensions is missing. If a proxy stands in "
      "front, it probably removed it: it must pass on Host, Upgrade, "
      "Connection "
      "and Sec-WebSocket-*.");
}

/* It may quote itself. */
static void a_sentence_about_a_sentence(void **state) {
  wss__refusal refusal;
  (void)state;
  (void)wss__refuse(&refusal, WSS_ERR_HTTP, 400, "inner");
  (void)wss__refuse(&refusal, WSS_ERR_HTTP, 400, "outer: %s",
                    refusal.detail.text);
  assert_string_equal(refusal.detail.text, "outer: inner");
}

static void a_sentence_that_fails_is_empty(void **state) {
  wss__refusal refusal;
  (void)state;
  (void)wss__refuse(&refusal, WSS_ERR_HTTP, 400, "%lc", (wint_t)0x7fffffff);
  assert_string_equal(refusal.detail.text, "");
  assert_int_equal(refusal.status, 400);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_page),
      cmocka_unit_test(plain_text_without_a_type),
      cmocka_unit_test(an_answer_to_head),
      cmocka_unit_test(statuses_without_content),
      cmocka_unit_test(a_refusal_with_upgrade),
      cmocka_unit_test(phrases),
      cmocka_unit_test(a_failure_leaves_the_output_unchanged),
      cmocka_unit_test(out_of_memory),
      cmocka_unit_test(b8_every_byte_in_a_name),
      cmocka_unit_test(b8_every_byte_in_a_value),
      cmocka_unit_test(what_is_no_header),
      cmocka_unit_test(reserved_names),
      cmocka_unit_test(a_refusal),
      cmocka_unit_test(a_refusal_for_what_is_missing),
      cmocka_unit_test(a_sentence_about_a_sentence),
      cmocka_unit_test(a_sentence_that_fails_is_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
