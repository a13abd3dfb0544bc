/* Requests that are accepted, however they are cut, and what the program sees
   of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/http_request.h"

static const char full[] = "GET /chat/room?id=7&x=%20 HTTP/1.1\r\n"
                           "Host: example.com:8443\r\n"
                           "Upgrade:websocket\r\n"
                           "Connection: \t keep-alive, Upgrade \t \r\n"
                           "X-Empty:\r\n"
                           "X-Blank:   \r\n"
                           "Origin: https://example.com\r\n"
                           "COOKIE: a=1; b=2\r\n"
                           "x-list: one\r\n"
                           "Cookie: c=3\r\n"
                           "X-LIST: two ,\r\n"
                           "X-List:\r\n"
                           "X-Bytes: \x80\xff\xc3\xa9\ttab\r\n"
                           "\r\n";

static const wss_header full_headers[] = {
    {"Host", "example.com:8443"},
    {"Upgrade", "websocket"},
    {"Connection", "keep-alive, Upgrade"},
    {"X-Empty", ""},
    {"X-Blank", ""},
    {"Origin", "https://example.com"},
    {"COOKIE", "a=1; b=2"},
    {"x-list", "one"},
    {"Cookie", "c=3"},
    {"X-LIST", "two ,"},
    {"X-List", ""},
    {"X-Bytes", "\x80\xff\xc3\xa9\ttab"},
};
enum { FULL_HEADERS = sizeof full_headers / sizeof full_headers[0] };

static void expect_full(const test_request *it) {
  const wss_request *shown = it->shown;
  size_t i;
  assert_int_equal(it->result, 1);
  assert_int_equal(it->used, sizeof full - 1);
  assert_string_equal(shown->method, "GET");
  assert_string_equal(shown->target, "/chat/room?id=7&x=%20");
  assert_string_equal(shown->path, "/chat/room");
  assert_string_equal(shown->query, "id=7&x=%20");
  assert_string_equal(shown->host, "example.com:8443");
  assert_string_equal(shown->origin, "https://example.com");
  assert_int_equal(shown->subprotocol_count, 0);
  assert_int_equal(shown->header_count, FULL_HEADERS);
  for (i = 0; i < FULL_HEADERS; i++) {
    assert_string_equal(shown->headers[i].name, full_headers[i].name);
    assert_string_equal(shown->headers[i].value, full_headers[i].value);
  }
}

/* ---- Cuts ---------------------------------------------------------------- */

static void whole(void **state) {
  test_request it;
  (void)state;
  assert_int_equal(test_request_text(&it, full), 1);
  expect_full(&it);
  assert_ptr_equal(wss__request_of(it.shown), it.request);
  test_request_end(&it);
}

static void in_pieces_of_each_size(void **state) {
  size_t piece;
  (void)state;
  for (piece = 1; piece < sizeof full; piece++) {
    test_request it;
    test_request_begin(&it, 8192);
    assert_int_equal(test_request_pieces(&it, full, sizeof full - 1, piece), 1);
    expect_full(&it);
    test_request_end(&it);
  }
}

static void cut_in_two_at_each_place(void **state) {
  size_t cut;
  (void)state;
  for (cut = 0; cut < sizeof full - 1; cut++) {
    test_request it;
    test_request_begin(&it, 8192);
    assert_int_equal(test_request_feed(&it, full, cut), 0);
    assert_int_equal(test_request_feed(&it, full + cut, sizeof full - 1 - cut),
                     1);
    expect_full(&it);
    test_request_end(&it);
  }
}

/* What follows the head is the next layer's. */
static void what_follows_is_not_taken(void **state) {
  char text[sizeof full + 20];
  size_t cut;
  (void)state;
  memcpy(text, full, sizeof full - 1);
  memcpy(text + sizeof full - 1, "\x81\x80\0\0\0\0 and more bytes", 21);
  for (cut = 0; cut < sizeof full - 1; cut++) {
    test_request it;
    test_request_begin(&it, sizeof full - 1);
    assert_int_equal(test_request_feed(&it, text, cut), 0);
    assert_int_equal(test_request_feed(&it, text + cut, sizeof text - cut), 1);
    expect_full(&it);
    test_request_end(&it);
  }
}

/* ---- The request line ---------------------------------------------------- */

static void the_shortest(void **state) {
  test_request it;
  (void)state;
  assert_int_equal(test_request_text(&it, "GET / HTTP/1.1\r\nHost:a\r\n\r\n"),
                   1);
  assert_string_equal(it.shown->path, "/");
  assert_null(it.shown->query);
  assert_null(it.shown->origin);
  assert_string_equal(it.shown->host, "a");
  test_request_end(&it);
}

static void head_is_a_get_without_its_body(void **state) {
  test_request it;
  (void)state;
  assert_int_equal(
      test_request_text(&it, "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n"), 1);
  assert_string_equal(it.shown->method, "HEAD");
  assert_string_equal(it.shown->path, "/x");
  test_request_end(&it);
}

static void one_empty_line_in_front(void **state) {
  test_request it;
  (void)state;
  assert_int_equal(
      test_request_text(&it, "\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n"), 1);
  assert_string_equal(it.shown->method, "GET");
  assert_string_equal(it.shown->target, "/y");
  test_request_end(&it);
}

static void targets(void **state) {
  static const struct {
    const char *target;
    const char *path;
    const char *query;
  } table[] = {
      {"/", "/", NULL},
      {"/?", "/", ""},
      {"/?a?b", "/", "a?b"},
      {"/a/../b//c", "/a/../b//c", NULL}, /* as received */
      {"/%00%2f", "/%00%2f", NULL},
      {"//other.org/x", "//other.org/x", NULL},
      {"http://a", "/", NULL},
      {"http://a?q", "/", "q"},
      {"wss://A/p?q=1", "/p", "q=1"},
      {"HTTPS://a/", "/", NULL},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof table / sizeof table[0]; i++) {
    test_request it;
    char text[200];
    (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n",
                   table[i].target);
    assert_int_equal(test_request_text(&it, text), 1);
    assert_string_equal(it.shown->target, table[i].target);
    assert_string_equal(it.shown->path, table[i].path);
    if (table[i].query == NULL)
      assert_null(it.shown->query);
    else
      assert_string_equal(it.shown->query, table[i].query);
    test_request_end(&it);
  }
}

static void a_content_of_nothing(void **state) {
  test_request it;
  (void)state;
  assert_int_equal(test_request_text(&it, "GET / HTTP/1.1\r\nHost: a\r\n"
                                          "Content-Length: 0\r\n\r\n"),
                   1);
  test_request_end(&it);
}

/* ---- Look-ups ------------------------------------------------------------ */

static void a_field_without_regard_to_case(void **state) {
  test_request it;
  (void)state;
  assert_int_equal(test_request_text(&it, full), 1);
  assert_string_equal(wss__request_field(it.shown, "upgrade"), "websocket");
  assert_string_equal(wss__request_field(it.shown, "UPGRADE"), "websocket");
  assert_string_equal(wss__request_field(it.shown, "X-Empty"), "");
  assert_null(wss__request_field(it.shown, "Upgrad"));
  assert_null(wss__request_field(it.shown, "Upgrade2"));
  assert_null(wss__request_field(it.shown, ""));
  assert_int_equal(wss__request_field_count(it.shown, "none"), 0);
  assert_int_equal(wss__request_field_count(it.shown, "HOST"), 1);
  assert_int_equal(wss__request_field_count(it.shown, "x-LIST"), 3);
  test_request_end(&it);
}

/* There has been room since the head came, so that a look-up cannot fail. */
static void repeated_fields_are_joined(void **state) {
  test_request it;
  const char *joined;
  (void)state;
  assert_int_equal(test_request_text(&it, full), 1);
  test_allocator_fail(&it.memory, 1, true);
  joined = wss__request_field(it.shown, "X-List");
  assert_string_equal(joined, "one, two ,, ");
  assert_ptr_equal(wss__request_field(it.shown, "x-list"), joined);
  assert_string_equal(wss__request_field(it.shown, "Cookie"), "a=1; b=2, c=3");
  test_request_end(&it);
}

/* RFC 9110 5.3: each further value comes behind a comma. */
static void an_empty_value_is_joined_too(void **state) {
  test_request it;
  (void)state;
  assert_int_equal(test_request_text(&it, "GET / HTTP/1.1\r\nHost: h\r\nX:\r\n"
                                          "X: one\r\nX:\r\n\r\n"),
                   1);
  assert_string_equal(wss__request_field(it.shown, "X"), ", one, ");
  test_request_end(&it);
}

static void cookies_of_all_lines(void **state) {
  test_request it;
  size_t size;
  (void)state;
  assert_int_equal(test_request_text(&it, full), 1);
  assert_memory_equal(wss__request_cookie(it.shown, "a", &size), "1", 1);
  assert_int_equal(size, 1);
  assert_memory_equal(wss__request_cookie(it.shown, "b", &size), "2", 1);
  assert_memory_equal(wss__request_cookie(it.shown, "c", &size), "3", 1);
  assert_null(wss__request_cookie(it.shown, "d", &size));
  assert_int_equal(size, 0);
  assert_null(wss__request_cookie(it.shown, "A", &size));
  test_request_end(&it);
}

/* ---- Memory -------------------------------------------------------------- */

/* A large maximum is not taken in advance; what was received is. */
static void memory_grows_with_what_was_received(void **state) {
  enum { SIZE = 60000 };
  static char text[SIZE];
  test_request it;
  size_t base;
  size_t at;
  (void)state;
  (void)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nX: ");
  memset(text + strlen(text), 'v', SIZE - strlen(text));
  test_request_begin(&it, 1 << 20);
  base = it.memory.bytes;
  assert_in_range(base, 1, 4096);
  for (at = 0; at < SIZE; at++) {
    assert_int_equal(test_request_feed(&it, text + at, 1), 0);
    assert_in_range(it.memory.bytes - base, at + 1, 2 * (at + 1) + 256);
  }
  assert_int_equal(test_request_feed(&it, "\r\nHost: a\r\n\r\n", 13), 1);
  /* The head, and room for what look-ups may join. */
  assert_in_range(it.memory.bytes - base, SIZE, 3 * SIZE);
  test_request_end(&it);
}

/* Each line of a repeated field is copied once, not once for each other. */
static void memory_of_repeated_fields(void **state) {
  enum { VALUE = 1000 };
  static char text[WSS__MAX_HEADERS * (VALUE + 8)];
  size_t size;
  test_request it;
  int i;
  (void)state;
  size = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n");
  for (i = 1; i < WSS__MAX_HEADERS; i++)
    size += (size_t)snprintf(text + size, sizeof text - size, "X:%0*d\r\n",
                             VALUE, i);
  test_request_begin(&it, sizeof text + 2);
  assert_int_equal(test_request_feed(&it, text, size), 0);
  assert_int_equal(test_request_feed(&it, "\r\n", 2), 1);
  assert_int_equal(strlen(wss__request_field(it.shown, "x")),
                   (WSS__MAX_HEADERS - 1) * (VALUE + 2) - 2);
  assert_true(it.memory.peak <= 4 * size);
  test_request_end(&it);
}

static void memory_of_a_request(void **state) {
  test_request it;
  char *one;
  char *other;
  (void)state;
  test_request_begin(&it, 100);
  one = wss__request_alloc(it.request, 100);
  other = wss__request_alloc(it.request, 0);
  assert_non_null(one);
  assert_non_null(other);
  memset(one, 1, 100);
  test_allocator_fail(&it.memory, 1, false);
  assert_null(wss__request_alloc(it.request, 1));
  test_request_end(&it);
  wss__request_free(NULL);
}

static void allocations_fail(void **state) {
  test_allocator memory;
  size_t piece;
  size_t n;
  (void)state;
  test_allocator_init(&memory);
  test_allocator_fail(&memory, 1, true);
  assert_null(wss__request_new(&memory.functions, 100));
  for (piece = 1; piece < sizeof full; piece += sizeof full - 2) {
    int result = WSS_ERR_NOMEM;
    for (n = 1; result != 1; n++) {
      test_request it;
      test_request_begin(&it, 8192);
      test_allocator_fail(&it.memory, n, n % 2 == 0);
      result = test_request_pieces(&it, full, sizeof full - 1, piece);
      if (it.memory.failures > 0)
        assert_int_equal(result, WSS_ERR_NOMEM);
      else
        expect_full(&it);
      test_request_end(&it);
    }
    assert_in_range(n, 5, 20);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole),
      cmocka_unit_test(in_pieces_of_each_size),
      cmocka_unit_test(cut_in_two_at_each_place),
      cmocka_unit_test(what_follows_is_not_taken),
      cmocka_unit_test(the_shortest),
      cmocka_unit_test(head_is_a_get_without_its_body),
      cmocka_unit_test(one_empty_line_in_front),
      cmocka_unit_test(targets),
      cmocka_unit_test(a_content_of_nothing),
      cmocka_unit_test(a_field_without_regard_to_case),
      cmocka_unit_test(repeated_fields_are_joined),
      cmocka_unit_test(an_empty_value_is_joined_too),
      cmocka_unit_test(cookies_of_all_lines),
      cmocka_unit_test(memory_grows_with_what_was_received),
      cmocka_unit_test(memory_of_repeated_fields),
      cmocka_unit_test(memory_of_a_request),
      cmocka_unit_test(allocations_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
