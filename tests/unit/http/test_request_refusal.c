/* Requests that are refused, each with its status, however they are cut. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/http_request.h"

#define LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"

/* Refused with that status, whole and byte by byte. */
static void refused(const void *bytes, size_t size, int status) {
  size_t piece;
  for (piece = 1; piece <= size; piece += size > 1 ? size - 1 : 1) {
    test_request it;
    test_request_begin(&it, 8192);
    if (test_request_pieces(&it, bytes, size, piece) != WSS_ERR_HTTP ||
        it.refusal.status != status)
      fail_msg("%d, status %d instead of %d for: %.60s", it.result,
               it.refusal.status, status, (const char *)bytes);
    assert_int_equal(it.refusal.error, WSS_ERR_HTTP);
    assert_true(strlen(it.refusal.detail.text) > 0);
    if (status != 405)
      assert_int_equal(it.refusal.header_count, 0);
    test_request_end(&it);
  }
}

typedef struct refused_text {
  const char *text;
  int status;
} refused_text;

#define EACH(table)                                                            \
  do {                                                                         \
    size_t each;                                                               \
    (void)state;                                                               \
    for (each = 0; each < sizeof(table) / sizeof(table)[0]; each++)            \
      refused((table)[each].text, strlen((table)[each].text),                  \
              (table)[each].status);                                           \
  } while (0)

static void request_lines(void **state) {
  static const refused_text table[] = {
      {"\n", 400},
      {"\r\n\r\n", 400},
      {"\rG", 400},
      {" GET", 400},
      {"\x16\x03\x01", 400}, /* TLS */
      {"\x80", 400},
      {"GET\r\n", 400},
      {"GET\t/", 400},
      {"G(T / ", 400},
      {"GET  / HTTP/1.1\r\n", 400},
      {"GET /\r\n", 400},
      {"GET / \r\n", 400},
      {"GET /\tx ", 400},
      {"GET /\x80 ", 400},
      {"GET /\x7f ", 400},
      {"GET / HTTP/1.1 \r\n", 400},
      {"GET / HTTP/1.1\n", 400},
      {"GET / HTTP/1.1\r\r", 400},
      {"GET / HTTP/1.1\rH", 400},
      {"GET / HTTP/1.10\r\n", 400},
      {"GET / HTTP/11\r\n", 400},
      {"GET / http/1.1\r\n", 400},
      {"GET / XTTP/1.1\r\n", 400},
      {"GET / HTTP/1.1\t", 400},
      {"GET / x HTTP/1.1\r\n", 400},
      {"GET / HTTP/1,1\r\n", 400},
      {"GET / HTTP/1.x\r\n", 400},
      {"GET / HTTP/x.1\r\n", 400},
  };
  EACH(table);
}

static void a6_3_versions(void **state) {
  static const refused_text table[] = {
      {"GET / HTTP/1.0\r\n", 505}, {"GET / HTTP/0.9\r\n", 505},
      {"GET / HTTP/1.2\r\n", 505}, {"GET / HTTP/2.0\r\n", 505},
      {"PRI * HTTP/2.0\r\n", 405},
  };
  EACH(table);
}

static void methods(void **state) {
  static const refused_text table[] = {
      {"POST / ", 405},
      {"PUT / ", 405},
      {"DELETE / ", 405},
      {"OPTIONS * ", 405},
      {"CONNECT a:1", 405},
      {"TRACE / ", 405},
      {"get / ", 405},
      {"Get / ", 405},
      {"GETX / ", 405},
      {"GE / ", 405},
      {"HEADS / ", 405},
      {"T / ", 405},
      {"A-VERY-LONG-METHOD-OF-MANY-BYTES / ", 405},
  };
  test_request it;
  EACH(table);
  assert_int_equal(test_request_text(&it, "POST "), WSS_ERR_HTTP);
  assert_int_equal(it.refusal.header_count, 1);
  assert_string_equal(it.refusal.headers[0].name, "Allow");
  assert_string_equal(it.refusal.headers[0].value, "GET, HEAD");
  test_request_end(&it);
}

static void header_lines(void **state) {
  static const refused_text table[] = {
      {LINE "\n", 400},
      {LINE HOST "\n", 400},
      {LINE HOST "\rx", 400},
      {LINE " folded: a\r\n", 400},
      {LINE HOST " folded\r\n", 400},
      {LINE HOST "\tfolded\r\n", 400},
      {LINE "Host : a\r\n", 400},
      {LINE "Host\t: a\r\n", 400},
      {LINE "Host\r\n", 400},
      {LINE ": a\r\n", 400},
      {LINE "Ho st: a\r\n", 400},
      {LINE "H\xc3\xa9: a\r\n", 400},
      {LINE "Host: a\n", 400},
      {LINE "Host: a\rb", 400},
      {LINE "Host: a\r\r\n", 400},
      {LINE "X: a\x7f", 400},
      {LINE "X: a\x0b", 400},
  };
  EACH(table);
}

static void contents(void **state) {
  static const refused_text table[] = {
      {LINE HOST "Content-Length: 1\r\n\r\n", 400},
      {LINE HOST "content-length: 00\r\n\r\n", 400},
      {LINE HOST "Content-Length:\r\n\r\n", 400},
      {LINE HOST "Content-Length: +0\r\n\r\n", 400},
      {LINE HOST "Content-Length: 0, 0\r\n\r\n", 400},
      {LINE HOST "Content-Length: 0\r\nContent-Length: 5\r\n\r\n", 400},
      {LINE HOST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400},
      {LINE HOST "Transfer-Encoding: chunked\r\n\r\n", 400},
      {LINE HOST "TRANSFER-ENCODING: identity\r\n\r\n", 400},
      {LINE HOST "Transfer-Encoding:\r\n\r\n", 400},
      {LINE HOST "Expect: 100-continue\r\n\r\n", 400},
  };
  EACH(table);
}

static void a6_4_hosts(void **state) {
  static const refused_text table[] = {
      {LINE "\r\n", 400},
      {LINE "X: a\r\n\r\n", 400},
      {LINE "X-Host: a\r\n\r\n", 400},
      {LINE HOST HOST "\r\n", 400},
      {LINE HOST "HOST: a\r\n\r\n", 400},
      {LINE "Host:\r\n\r\n", 400},
      {LINE "Host: a b\r\n\r\n", 400},
      {LINE "Host: a/b\r\n\r\n", 400},
      {LINE "Host: u@a\r\n\r\n", 400},
      {LINE "Host: a:b\r\n\r\n", 400},
      {LINE "Host: a:65536\r\n\r\n", 400},
      {LINE "Host: :80\r\n\r\n", 400},
      {LINE "Host: [::1\r\n\r\n", 400},
      {LINE "Host: http://a\r\n\r\n", 400},
      {LINE "Host: a\tb\r\n\r\n", 400},
      {LINE "Host: \xc3\xa9\r\n\r\n", 400},
  };
  EACH(table);
}

static void targets(void **state) {
  static const refused_text table[] = {
      {"GET http://b/ HTTP/1.1\r\n" HOST "\r\n", 400},
      {"GET http://a:80/ HTTP/1.1\r\n" HOST "\r\n", 400},
      {"GET http://u@a/ HTTP/1.1\r\n" HOST "\r\n", 400},
      {"GET http:/// HTTP/1.1\r\n" HOST "\r\n", 400},
      {"GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n", 400},
      {"GET ://a/ HTTP/1.1\r\n" HOST "\r\n", 400},
      {"GET a HTTP/1.1\r\n" HOST "\r\n", 400},
      {"GET a:443 HTTP/1.1\r\n" HOST "\r\n", 400},
      {"GET * HTTP/1.1\r\n" HOST "\r\n", 400},
      {"GET ?q HTTP/1.1\r\n" HOST "\r\n", 400},
      {"GET /x#y HTTP/1.1\r\n" HOST "\r\n", 400},
      {"GET http://a#y HTTP/1.1\r\n" HOST "\r\n", 400},
  };
  EACH(table);
}

/* Each control byte in each part of a request. */
static void control_bytes(void **state) {
  static const char text[] = "GET /ab HTTP/1.1\r\nHost: ab\r\nName: ab\r\n\r\n";
  size_t at;
  unsigned byte;
  (void)state;
  for (at = 0; at < sizeof text - 1; at++) {
    for (byte = 0; byte < 128; byte += byte == 31 ? 96 : 1) {
      char copy[sizeof text];
      test_request it;
      memcpy(copy, text, sizeof text);
      if (copy[at] == '\r' || copy[at] == '\n')
        continue;
      copy[at] = (char)byte;
      test_request_begin(&it, 8192);
      (void)test_request_feed(&it, copy, sizeof text - 1);
      /* A tab may stand in a value; at its ends it is dropped. */
      if (byte == '\t' && ((at >= 23 && at <= 25) || (at >= 33 && at <= 35)))
        assert_int_equal(it.result, 1);
      else
        assert_int_equal(it.result, WSS_ERR_HTTP);
      test_request_end(&it);
    }
  }
}

/* A6 row 25: a frame, whatever it meant elsewhere, is no request here. */
static void a6_25_frames_are_no_request(void **state) {
  static const char *const frames[] = {"\x81\x85\1\1\1\1Ifmmn",
                                       "\x82\x81\1\1\1\1x", "\x89\x80\1\1\1\1",
                                       "\x01\x81\1\1\1\1a"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof frames / sizeof frames[0]; i++)
    refused(frames[i], strlen(frames[i]), 400);
  refused("\x81\x80\0\0\0\0", 6, 400);
}

/* ---- Sizes --------------------------------------------------------------- */

static void a_target_of_4096_bytes_and_4097(void **state) {
  size_t size;
  (void)state;
  for (size = WSS__MAX_TARGET - 1; size <= WSS__MAX_TARGET + 1; size++) {
    char text[5000] = "GET ";
    test_request it;
    memset(text + 4, '/', size);
    (void)snprintf(text + 4 + size, sizeof text - 4 - size,
                   " HTTP/1.1\r\nHost: a\r\n\r\n");
    if (size > WSS__MAX_TARGET) {
      refused(text, strlen(text), 414);
      continue;
    }
    assert_int_equal(test_request_text(&it, text), 1);
    assert_int_equal(strlen(it.shown->path), size);
    test_request_end(&it);
  }
}

static void headers_64_and_65(void **state) {
  int count;
  (void)state;
  for (count = 63; count <= 65; count++) {
    char text[2000] = LINE HOST;
    test_request it;
    int i;
    for (i = 1; i < count; i++) {
      size_t size = strlen(text);
      (void)snprintf(text + size, sizeof text - size, "X-%d: %d\r\n", i, i);
    }
    memcpy(text + strlen(text), "\r\n", 3);
    if (count > WSS__MAX_HEADERS) {
      refused(text, strlen(text), 431);
      continue;
    }
    assert_int_equal(test_request_text(&it, text), 1);
    assert_int_equal(it.shown->header_count, count);
    test_request_end(&it);
  }
}

/* A head of exactly the maximum, and of one byte more. */
static void a_head_of_the_maximum_and_one_more(void **state) {
  static const char text[] = LINE HOST "Name: value\r\n\r\n";
  size_t size = sizeof text - 1;
  size_t maximum;
  (void)state;
  for (maximum = 1; maximum <= size; maximum++) {
    size_t piece;
    for (piece = 1; piece <= size; piece += size - 1) {
      test_request it;
      test_request_begin(&it, maximum);
      (void)test_request_pieces(&it, text, size, piece);
      if (maximum == size) {
        assert_int_equal(it.result, 1);
      } else {
        assert_int_equal(it.result, WSS_ERR_HTTP);
        /* Within the request line it is that which is too long. */
        assert_int_equal(it.refusal.status, maximum < 15 ? 414 : 431);
        assert_in_range(it.memory.bytes, 1, 4096);
      }
      test_request_end(&it);
    }
  }
}

/* A6 row 7. */
static void a6_7_headers_without_an_end(void **state) {
  static char flood[30000];
  test_request it;
  size_t piece;
  (void)state;
  memset(flood, 'x', sizeof flood);
  memcpy(flood, LINE "X: ", sizeof LINE + 2);
  for (piece = 1; piece < sizeof flood; piece *= 7) {
    test_request_begin(&it, 8192);
    assert_int_equal(test_request_pieces(&it, flood, sizeof flood, piece),
                     WSS_ERR_HTTP);
    assert_int_equal(it.refusal.status, 431);
    assert_true(it.used <= 8192);
    assert_in_range(it.memory.peak, 1, 2 * 8192 + 8192);
    test_request_end(&it);
  }
}

/* What is wrong with the whole: the sentence names the header, and a proxy that
   may have removed it. */
static void a_sentence_names_the_header(void **state) {
  static const struct {
    const char *text;
    const char *words;
  } table[] = {
      {LINE HOST HOST "\r\n", "The header Host stands there more than once."},
      {LINE "\r\n", "The header Host is missing. If a proxy"},
      {LINE "Host: a b\r\n\r\n", "The Host header is not a host name"},
      {LINE HOST "Expect: x\r\n\r\n", "The header Expect is not allowed"},
      {LINE HOST "transfer-encoding: x\r\n\r\n",
       "The header Transfer-Encoding is not allowed"},
      {LINE HOST "Content-Length: 1\r\n\r\n",
       "The header Content-Length must be 0"},
      {"GET http://b/ HTTP/1.1\r\n" HOST "\r\n",
       "The Host header is not that of the request target."},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof table / sizeof table[0]; i++) {
    test_request it;
    assert_int_equal(test_request_text(&it, table[i].text), WSS_ERR_HTTP);
    if (strstr(it.refusal.detail.text, table[i].words) == NULL)
      fail_msg("%s: %s", table[i].words, it.refusal.detail.text);
    test_request_end(&it);
  }
}

/* Mutated requests: any answer but a crash, and the same one byte by byte. */
static void mutations(void **state) {
  static const char text[] =
      "GET /chat?x HTTP/1.1\r\nHost: a.example:8443\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n";
  static const char odd[] = "\r\n: \t/\0\x7f\xff,;=AGH019#?%[]@";
  int round;
  (void)state;
  srandom(9112);
  for (round = 0; round < 5000; round++) {
    char copy[sizeof text];
    test_request one;
    test_request other;
    int changes = 1 + (int)(random() % 3);
    memcpy(copy, text, sizeof text);
    while (changes-- > 0)
      copy[random() % (long)(sizeof text - 1)] =
          odd[random() % (long)(sizeof odd - 1)];
    test_request_begin(&one, 200);
    test_request_begin(&other, 200);
    (void)test_request_pieces(&one, copy, sizeof text - 1, sizeof text);
    (void)test_request_pieces(&other, copy, sizeof text - 1, 1);
    assert_int_equal(one.result, other.result);
    if (one.result < 0) {
      assert_int_equal(one.refusal.status, other.refusal.status);
      assert_string_equal(one.refusal.detail.text, other.refusal.detail.text);
    }
    test_request_end(&one);
    test_request_end(&other);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(request_lines),
      cmocka_unit_test(a6_3_versions),
      cmocka_unit_test(methods),
      cmocka_unit_test(header_lines),
      cmocka_unit_test(contents),
      cmocka_unit_test(a6_4_hosts),
      cmocka_unit_test(targets),
      cmocka_unit_test(control_bytes),
      cmocka_unit_test(a6_25_frames_are_no_request),
      cmocka_unit_test(a_target_of_4096_bytes_and_4097),
      cmocka_unit_test(headers_64_and_65),
      cmocka_unit_test(a_head_of_the_maximum_and_one_more),
      cmocka_unit_test(a6_7_headers_without_an_end),
      cmocka_unit_test(a_sentence_names_the_header),
      cmocka_unit_test(mutations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
