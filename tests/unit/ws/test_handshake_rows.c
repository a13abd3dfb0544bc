/* The opening handshakes that a well-known server let pass, each by itself; and
   values that come back in an answer, which must not write lines of their own.
 */
#include <stdio.h>
#include <string.h>

#include "support/http_request.h"
#include "ws/handshake.h"

#define HOST "Host: a.org\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define REST UPGRADE CONNECTION KEY VERSION

/* The status that a head is answered by the library itself. */
static int status_of(const char *head) {
  char accept[WSS__ACCEPT_SIZE];
  test_request it;
  int status = 101;
  int result = test_request_text(&it, head);
  assert_int_not_equal(result, 0);
  if (result == 1)
    result = wss__handshake_check(it.request, accept, &it.refusal);
  if (result == 0)
    result = wss__handshake_origin(it.shown, NULL, &it.refusal);
  if (result < 0)
    status = it.refusal.status;
  test_request_end(&it);
  return status;
}

static int status_of_lines(const char *lines) {
  char head[1024];
  (void)snprintf(head, sizeof head, "GET / HTTP/1.1\r\n%s\r\n", lines);
  return status_of(head);
}

static void nothing_is_missing(void **state) {
  (void)state;
  assert_int_equal(status_of_lines(HOST REST), 101);
}

static void a6_1_no_upgrade(void **state) {
  (void)state;
  assert_int_equal(status_of_lines(HOST CONNECTION KEY VERSION), 426);
}

static void a6_2_no_connection_upgrade(void **state) {
  (void)state;
  assert_int_equal(status_of_lines(HOST UPGRADE KEY VERSION), 400);
}

static void a6_3_http_1_0(void **state) {
  (void)state;
  assert_int_equal(status_of("GET / HTTP/1.0\r\n" HOST REST "\r\n"), 505);
}

static void a6_4_no_host(void **state) {
  (void)state;
  assert_int_equal(status_of_lines(REST), 400);
}

static void a6_5_a_key_that_is_not_16_bytes(void **state) {
  (void)state;
  assert_int_equal(status_of_lines(HOST UPGRADE CONNECTION VERSION
                                   "Sec-WebSocket-Key: eA==\r\n"),
                   400);
}

static void a6_6_a_key_by_another_name(void **state) {
  (void)state;
  assert_int_equal(
      status_of_lines(HOST UPGRADE CONNECTION VERSION "X-Foo-" KEY), 400);
  assert_int_equal(status_of_lines(HOST UPGRADE CONNECTION VERSION "X: " KEY),
                   400);
}

/* One that was offered, never the list. */
static void a6_8_one_subprotocol(void **state) {
  static const char *const own[] = {"superchat", NULL};
  char accept[WSS__ACCEPT_SIZE];
  test_request it;
  wss__buf out;
  (void)state;
  assert_int_equal(
      test_request_text(&it, "GET / HTTP/1.1\r\n" HOST REST
                             "Sec-WebSocket-Protocol: chat, superchat\r\n\r\n"),
      1);
  assert_int_equal(wss__handshake_check(it.request, accept, &it.refusal), 0);
  wss__buf_init(&out, 4096);
  assert_int_equal(
      wss__handshake_pack(&out, &it.memory.functions, accept,
                          wss__handshake_subprotocol(it.shown, own), NULL, 0),
      0);
  assert_int_equal(wss__buf_append(&out, &it.memory.functions, "", 1), 0);
  assert_non_null(strstr((const char *)wss__buf_data(&out),
                         "\r\nSec-WebSocket-Protocol: superchat\r\n"));
  wss__buf_free(&out, &it.memory.functions);
  test_request_end(&it);
}

/* ---- B8 ------------------------------------------------------------------ */

/* What is answered to a request: a refusal, or 101 with the first subprotocol
   that was offered. */
static void answer(test_request *it, wss__buf *out) {
  const wss_allocator *memory = &it->memory.functions;
  char accept[WSS__ACCEPT_SIZE];
  int result = it->result;
  if (result == 1)
    result = wss__handshake_check(it->request, accept, &it->refusal);
  if (result == 0)
    result = wss__handshake_origin(it->shown, NULL, &it->refusal);
  wss__buf_init(out, 4096);
  if (result < 0) {
    const wss__response response = {.status = it->refusal.status,
                                    .headers = it->refusal.headers,
                                    .header_count = it->refusal.header_count,
                                    .body = it->refusal.detail.text,
                                    .body_size =
                                        strlen(it->refusal.detail.text)};
    result = wss__response_pack(out, memory, &response);
  } else {
    const char *chosen =
        it->shown->subprotocol_count > 0 ? it->shown->subprotocols[0] : NULL;
    result = wss__handshake_pack(out, memory, accept, chosen, NULL, 0);
  }
  assert_int_equal(result, 0);
}

/* Only CR LF ends lines, and none of them is the peer's. */
static void expect_clean(const wss__buf *out) {
  const uint8_t *data = wss__buf_data(out);
  size_t i;
  for (i = 0; i < out->length; i++) {
    if (data[i] == '\r' && i + 1 < out->length && data[i + 1] == '\n') {
      i++;
      if (i + 1 < out->length)
        assert_int_not_equal(data[i + 1], 'I');
    } else {
      assert_true(data[i] >= 0x20 && data[i] < 0x7f);
    }
  }
}

static void reflect(const char *before, const char *after, unsigned byte) {
  char head[1024];
  size_t size;
  test_request it;
  wss__buf out;
  (void)snprintf(head, sizeof head, "%s", before);
  size = strlen(head);
  head[size++] = (char)byte;
  (void)snprintf(head + size, sizeof head - size, "Injected: x%s", after);
  size += strlen(head + size);
  test_request_begin(&it, 8192);
  (void)test_request_feed(&it, head, size);
  assert_int_not_equal(it.result, 0);
  /* No control byte passes but a tab, which is not one of a token or host. */
  if (byte != '\t')
    assert_int_equal(it.refusal.status, 400);
  answer(&it, &out);
  expect_clean(&out);
  wss__buf_free(&out, &it.memory.functions);
  test_request_end(&it);
}

static void b8_reflected_values_write_no_lines(void **state) {
  static const char *const values[][2] = {
      {"A", " / HTTP/1.1\r\n" HOST REST "\r\n"},
      {"GET /a", " HTTP/1.1\r\n" HOST REST "\r\n"},
      {"GET / HTTP/1.1\r\nHost: a", "\r\nOrigin: http://b\r\n" REST "\r\n"},
      {"GET / HTTP/1.1\r\n" HOST REST "Origin: http://b", "\r\n\r\n"},
      {"GET / HTTP/1.1\r\n" HOST REST "Sec-WebSocket-Protocol: a", "\r\n\r\n"},
      {"GET / HTTP/1.1\r\n" HOST UPGRADE CONNECTION VERSION
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
       "\r\n\r\n"},
      {"GET / HTTP/1.1\r\n" HOST REST "Expect", ": a\r\n\r\n"},
      {"GET / HTTP/1.1\r\n" HOST REST "Sec-WebSocket-Version: 1", "\r\n\r\n"},
  };
  size_t i;
  unsigned byte;
  (void)state;
  for (i = 0; i < sizeof values / sizeof values[0]; i++) {
    for (byte = 0; byte < 32; byte++)
      reflect(values[i][0], values[i][1], byte);
    reflect(values[i][0], values[i][1], 127);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_missing),
      cmocka_unit_test(a6_1_no_upgrade),
      cmocka_unit_test(a6_2_no_connection_upgrade),
      cmocka_unit_test(a6_3_http_1_0),
      cmocka_unit_test(a6_4_no_host),
      cmocka_unit_test(a6_5_a_key_that_is_not_16_bytes),
      cmocka_unit_test(a6_6_a_key_by_another_name),
      cmocka_unit_test(a6_8_one_subprotocol),
      cmocka_unit_test(b8_reflected_values_write_no_lines),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
