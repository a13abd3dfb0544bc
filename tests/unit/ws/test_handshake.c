/* The opening handshake: what is asked, judged and answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "ws/handshake.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define GET "GET /chat HTTP/1.1\r\nHost: server.example.com\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define HANDSHAKE GET UPGRADE CONNECTION KEY VERSION

typedef struct fixture {
  test_allocator memory;
  wss__request *request;
  const wss_request *shown;
  wss__refusal refusal;
  char accept[WSS__ACCEPT_SIZE];
} fixture;

/* Reads a head, which is valid HTTP, and its end is added here. */
static int read_head(fixture *f, const char *head) {
  char whole[8192];
  size_t used;
  int size = snprintf(whole, sizeof whole, "%s\r\n", head);
  assert_in_range(size, 0, sizeof whole - 1);
  f->request = wss__request_new(&f->memory.functions, sizeof whole);
  if (f->request == NULL)
    return WSS_ERR_NOMEM;
  f->shown = wss__request_public(f->request);
  return wss__request_feed(f->request, (const uint8_t *)whole, (size_t)size,
                           &used, &f->refusal);
}

static void begin(fixture *f, const char *head) {
  memset(f, 0, sizeof *f);
  test_allocator_init(&f->memory);
  if (read_head(f, head) != 1)
    fail_msg("not valid HTTP: %s: %s", head, f->refusal.detail.text);
}

static void end(fixture *f) {
  wss__request_free(f->request);
  assert_int_equal(f->memory.blocks, 0);
}

static int check(fixture *f) {
  return wss__handshake_check(f->request, f->accept, &f->refusal);
}

static const char *line_of(const wss__refusal *refusal, const char *name) {
  size_t i;
  for (i = 0; i < refusal->header_count; i++) {
    if (strcmp(refusal->headers[i].name, name) == 0)
      return refusal->headers[i].value;
  }
  return NULL;
}

/* Refused with the status, and a sentence that names the header. */
static void expect_refused(const char *head, int status, const char *named) {
  fixture f;
  begin(&f, head);
  if (check(&f) != WSS_ERR_HANDSHAKE || f.refusal.status != status)
    fail_msg("%s: status %d", head, f.refusal.status);
  assert_int_equal(f.refusal.error, WSS_ERR_HANDSHAKE);
  if (strstr(f.refusal.detail.text, named) == NULL)
    fail_msg("%s: \"%s\"", head, f.refusal.detail.text);
  assert_int_equal(f.shown->subprotocol_count, 0);
  end(&f);
}

static void expect_accepted(const char *head) {
  fixture f;
  begin(&f, head);
  if (check(&f) != 0)
    fail_msg("%s: %s", head, f.refusal.detail.text);
  end(&f);
}

/* ---- What is asked ------------------------------------------------------- */

static void what_asks_for_a_websocket(void **state) {
  static const struct {
    const char *line;
    bool asked;
  } rows[] = {
      {"", false},
      {CONNECTION, false},
      {"X-Foo-Sec-WebSocket-Key: x\r\n", false},
      {"Sec-WebSocket: x\r\n", false},
      {"Upgrad: websocket\r\n", false},
      {"Upgrades: websocket\r\n", false},
      {"Upgrade: h2c\r\n", true},
      {"uPGRADE:\r\n", true},
      {KEY, true},
      {"sec-websocket-anything: x\r\n", true},
      {"Sec-WebSocket-: x\r\n", true},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(rows); i++) {
    char head[256];
    fixture f;
    (void)snprintf(head, sizeof head, GET "%s", rows[i].line);
    begin(&f, head);
    assert_int_equal(wss__handshake_asked(f.shown), rows[i].asked);
    end(&f);
  }
}

/* ---- What is judged ------------------------------------------------------ */

/* RFC 6455 1.3. */
static void the_example_of_the_rfc(void **state) {
  fixture f;
  (void)state;
  begin(&f, "GET /chat HTTP/1.1\r\n"
            "Host: server.example.com\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Origin: http://example.com\r\n"
            "Sec-WebSocket-Protocol: chat, superchat\r\n"
            "Sec-WebSocket-Version: 13\r\n");
  assert_int_equal(check(&f), 0);
  assert_string_equal(f.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  assert_int_equal(f.shown->subprotocol_count, 2);
  assert_string_equal(f.shown->subprotocols[0], "chat");
  assert_string_equal(f.shown->subprotocols[1], "superchat");
  end(&f);
}

static void spellings_that_are_accepted(void **state) {
  (void)state;
  expect_accepted(HANDSHAKE);
  expect_accepted(GET "upgrade: WebSocket\r\nCONNECTION: uPGRADE\r\n" KEY
                      "sec-websocket-version: 13\r\n");
  expect_accepted(GET UPGRADE
                  "Connection: keep-alive, Upgrade\r\n" KEY VERSION);
  expect_accepted(GET UPGRADE
                  "Connection: keep-alive\r\n" CONNECTION KEY VERSION);
  expect_accepted(
      GET "Upgrade: h2c\r\nUpgrade:,, websocket ,\r\n" CONNECTION KEY VERSION);
  expect_accepted(GET UPGRADE CONNECTION KEY
                  "Sec-WebSocket-Version: \t 13 \t\r\n");
  expect_accepted(HANDSHAKE "Content-Length: 0\r\n");
  expect_accepted(HANDSHAKE "Sec-WebSocket-Extensions: permessage-deflate\r\n");
}

/* RFC 6455 9.1: over several lines too (11.3.2). */
static void extensions_are_a_list(void **state) {
  (void)state;
  expect_accepted(HANDSHAKE "Sec-WebSocket-Extensions: a; b=\"c\", d\r\n"
                            "Sec-WebSocket-Extensions: e;f\r\n");
  expect_refused(HANDSHAKE "Sec-WebSocket-Extensions: a;\r\n", 400,
                 "Sec-WebSocket-Extensions");
  expect_refused(HANDSHAKE "Sec-WebSocket-Extensions: a\r\n"
                           "Sec-WebSocket-Extensions: b/c\r\n",
                 400, "Sec-WebSocket-Extensions");
}

static void what_is_missing_is_named(void **state) {
  (void)state;
  expect_refused(GET CONNECTION KEY VERSION, 426, "Upgrade");
  expect_refused(GET UPGRADE KEY VERSION, 400, "Connection");
  expect_refused(GET UPGRADE CONNECTION VERSION, 400, "Sec-WebSocket-Key");
  expect_refused(GET UPGRADE CONNECTION KEY, 400, "Sec-WebSocket-Version");
}

static void a_proxy_is_suspected(void **state) {
  (void)state;
  expect_refused(GET CONNECTION KEY VERSION, 426, "proxy");
  expect_refused(GET UPGRADE KEY VERSION, 400, "proxy");
  expect_refused(GET UPGRADE CONNECTION VERSION, 400, "proxy");
  expect_refused(GET UPGRADE CONNECTION KEY, 400, "proxy");
  expect_refused(GET UPGRADE "Connection: close\r\n" KEY VERSION, 400, "proxy");
}

static void upgrade_and_connection_are_lists_of_tokens(void **state) {
  static const char *const upgrades[] = {
      "",           "web socket",   "websocket/13", "websocketx",
      "xwebsocket", "web, socket",  "h2c",          "\"websocket\"",
      "websocket;", "websocket\\,",
  };
  static const char *const connections[] = {
      "",         "keep-alive", "Up grade",
      "Upgrades", "Upgrade;",   "keep-alive Upgrade",
  };
  char head[512];
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(upgrades); i++) {
    (void)snprintf(head, sizeof head,
                   GET "Upgrade: %s\r\n" CONNECTION KEY VERSION, upgrades[i]);
    expect_refused(head, 426, "Upgrade");
  }
  for (i = 0; i < COUNT(connections); i++) {
    (void)snprintf(head, sizeof head,
                   GET UPGRADE "Connection: %s\r\n" KEY VERSION,
                   connections[i]);
    expect_refused(head, 400, "Connection");
  }
}

static void a_426_says_what_to_upgrade_to(void **state) {
  fixture f;
  (void)state;
  begin(&f, GET CONNECTION KEY VERSION);
  assert_int_equal(check(&f), WSS_ERR_HANDSHAKE);
  assert_string_equal(line_of(&f.refusal, "Upgrade"), "websocket");
  end(&f);
}

static void a_head_is_no_handshake(void **state) {
  fixture f;
  (void)state;
  begin(&f, "HEAD / HTTP/1.1\r\nHost: a\r\n" UPGRADE CONNECTION KEY VERSION);
  assert_int_equal(check(&f), WSS_ERR_HANDSHAKE);
  assert_int_equal(f.refusal.status, 405);
  assert_string_equal(line_of(&f.refusal, "Allow"), "GET");
  end(&f);
}

/* RFC 6455 4.2.2 and 4.4. */
static void version_13_only(void **state) {
  static const char *const versions[] = {
      "",    "0",    "8",   "12",    "14",  "013",
      "+13", "13.0", "1 3", "13, 8", "13,", "x",
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(versions); i++) {
    char head[512];
    fixture f;
    (void)snprintf(head, sizeof head,
                   GET UPGRADE CONNECTION KEY "Sec-WebSocket-Version: %s\r\n",
                   versions[i]);
    expect_refused(head, 426, "Sec-WebSocket-Version");
    begin(&f, head);
    assert_int_equal(check(&f), WSS_ERR_HANDSHAKE);
    assert_string_equal(line_of(&f.refusal, "Sec-WebSocket-Version"), "13");
    assert_string_equal(line_of(&f.refusal, "Upgrade"), "websocket");
    end(&f);
  }
}

static void what_must_stand_there_once(void **state) {
  (void)state;
  expect_refused(HANDSHAKE KEY, 400, "Sec-WebSocket-Key stands there more");
  expect_refused(HANDSHAKE VERSION, 400, "Sec-WebSocket-Version stands there");
  expect_refused(HANDSHAKE "Sec-WebSocket-Version: 8\r\n", 400,
                 "Sec-WebSocket-Version stands there more than once");
}

static void the_key_is_16_bytes(void **state) {
  static const char *const keys[] = {
      "",
      "x",
      "dGhlIHNhbXBsZSBub25jZQ",       /* no padding */
      "dGhlIHNhbXBsZSBub25jZQ=",      /* too little of it */
      "dGhlIHNhbXBsZSBub25jZQ===",    /* too much */
      "dGhlIHNhbXBsZSBub25jZR==",     /* bits behind the end */
      "dGhlIHNhbXBsZSBub25jZTE=",     /* 17 bytes */
      "dGhlIHNhbXBsZSBub25j",         /* 15 bytes */
      "dGhlIHNhbXBsZSBub25jZTEx",     /* 18 bytes in 24 characters */
      "dGhlIHNhbXBsZSBub25j ZQ==",    /* a blank inside */
      "dGhlIHNhbXBsZSBub25j-Q==",     /* URL-safe alphabet */
      "dGhlIHNhbXBsZSBub25jZ\xc3==",  /* no ASCII */
      "dGhlIHNhbXBsZSBub25jZQ==, x",  /* a list */
      "========================",     /* nothing but padding */
      "dGhlIHNhbXBsZSBub25jZQ==AAAA", /* more behind the padding */
  };
  char head[512];
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(keys); i++) {
    (void)snprintf(head, sizeof head,
                   GET UPGRADE CONNECTION "Sec-WebSocket-Key: %s\r\n" VERSION,
                   keys[i]);
    expect_refused(head, 400, "Sec-WebSocket-Key");
  }
  /* Row 6 of what Workerman lets pass: a name that only ends in the right one.
   */
  expect_refused(GET UPGRADE CONNECTION "X-Foo-" KEY VERSION, 400,
                 "Sec-WebSocket-Key");
}

/* ---- Subprotocols -------------------------------------------------------- */

static void subprotocols_of_several_lines(void **state) {
  static const char *const expected[] = {"c", "A", "a", "v1.b", "d!"};
  size_t i;
  fixture f;
  (void)state;
  begin(&f, HANDSHAKE "Sec-WebSocket-Protocol: c,A\r\n"
                      "sec-websocket-protocol: a\t, v1.b,,\r\n"
                      "X: y\r\n"
                      "SEC-WEBSOCKET-PROTOCOL: d!\r\n");
  assert_int_equal(check(&f), 0);
  assert_int_equal(f.shown->subprotocol_count, COUNT(expected));
  for (i = 0; i < COUNT(expected); i++) {
    assert_string_equal(f.shown->subprotocols[i], expected[i]);
    assert_true(wss__handshake_offered(f.shown, expected[i]));
  }
  assert_false(wss__handshake_offered(f.shown, "C"));
  assert_false(wss__handshake_offered(f.shown, "v1"));
  assert_false(wss__handshake_offered(f.shown, "c,A"));
  assert_false(wss__handshake_offered(f.shown, ""));
  end(&f);
}

static void subprotocols_are_different_tokens(void **state) {
  static const char *const lists[] = {
      "",    ",",     " , ,", "a, b, a",  "a b",
      "a;b", "\"a\"", "a/b",  "\xc3\xa9", "a@b",
  };
  char head[512];
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(lists); i++) {
    (void)snprintf(head, sizeof head,
                   HANDSHAKE "Sec-WebSocket-Protocol: %s\r\n", lists[i]);
    expect_refused(head, 400, "Sec-WebSocket-Protocol");
  }
  expect_refused(HANDSHAKE "Sec-WebSocket-Protocol: a\r\n"
                           "Sec-WebSocket-Protocol: a\r\n",
                 400, "Sec-WebSocket-Protocol");
}

/* Each is compared with all before it: the list must not be as long as a head
   can make it. */
static void a_list_of_64_subprotocols_and_no_more(void **state) {
  char head[4096] = HANDSHAKE "Sec-WebSocket-Protocol: p0";
  size_t size = strlen(head);
  fixture f;
  int i;
  (void)state;
  for (i = 1; i < 64; i++)
    size += (size_t)snprintf(head + size, sizeof head - size, ",p%d", i);
  (void)snprintf(head + size, sizeof head - size, "\r\n");
  begin(&f, head);
  assert_int_equal(check(&f), 0);
  assert_int_equal(f.shown->subprotocol_count, 64);
  assert_string_equal(f.shown->subprotocols[63], "p63");
  end(&f);
  (void)snprintf(head + size, sizeof head - size, ",p64\r\n");
  expect_refused(head, 400, "Sec-WebSocket-Protocol");
}

static void the_server_s_first_one_that_was_offered(void **state) {
  static const char *const both[] = {"b", "a", NULL};
  static const char *const others[] = {"c", "A", NULL};
  static const char *const last[] = {"c", "b", NULL};
  static const char *const none[] = {NULL};
  fixture f;
  (void)state;
  begin(&f, HANDSHAKE "Sec-WebSocket-Protocol: a, b\r\n");
  assert_int_equal(check(&f), 0);
  assert_string_equal(wss__handshake_subprotocol(f.shown, both), "b");
  assert_string_equal(wss__handshake_subprotocol(f.shown, last), "b");
  assert_null(wss__handshake_subprotocol(f.shown, others));
  assert_null(wss__handshake_subprotocol(f.shown, none));
  assert_null(wss__handshake_subprotocol(f.shown, NULL));
  end(&f);
  begin(&f, HANDSHAKE);
  assert_int_equal(check(&f), 0);
  assert_int_equal(f.shown->subprotocol_count, 0);
  assert_null(wss__handshake_subprotocol(f.shown, both));
  end(&f);
}

/* ---- The answer ---------------------------------------------------------- */

static void expect_answer(const char *subprotocol, const wss_header *headers,
                          size_t count, const char *expected) {
  test_allocator memory;
  wss__buf out;
  test_allocator_init(&memory);
  wss__buf_init(&out, 4096);
  assert_int_equal(wss__handshake_pack(&out, &memory.functions,
                                       "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                                       subprotocol, headers, count),
                   0);
  assert_int_equal(out.length, strlen(expected));
  assert_memory_equal(wss__buf_data(&out), expected, out.length);
  wss__buf_free(&out, &memory.functions);
}

#define ANSWER                                                                 \
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"                 \
  "Connection: Upgrade\r\nSec-WebSocket-Accept: "                              \
  "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static void the_answer_to_a_handshake(void **state) {
  static const wss_header headers[] = {{"Server", "x"}, {"Set-Cookie", "a=b"}};
  (void)state;
  expect_answer(NULL, NULL, 0, ANSWER "\r\n");
  expect_answer("chat", NULL, 0, ANSWER "Sec-WebSocket-Protocol: chat\r\n\r\n");
  expect_answer("chat", headers, 2,
                ANSWER "Sec-WebSocket-Protocol: chat\r\nServer: x\r\n"
                       "Set-Cookie: a=b\r\n\r\n");
}

static void an_answer_without_room_leaves_nothing(void **state) {
  static const wss_header headers[] = {{"Server", "x"}};
  size_t size = strlen(ANSWER "Sec-WebSocket-Protocol: c\r\nServer: x\r\n\r\n");
  size_t ceiling;
  (void)state;
  for (ceiling = 3; ceiling <= size + 3; ceiling++) {
    test_allocator memory;
    wss__buf out;
    int err;
    test_allocator_init(&memory);
    wss__buf_init(&out, ceiling);
    assert_int_equal(wss__buf_append(&out, &memory.functions, "abc", 3), 0);
    err = wss__handshake_pack(&out, &memory.functions,
                              "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "c", headers, 1);
    assert_int_equal(err, ceiling < size + 3 ? WSS_ERR_TOO_BIG : 0);
    assert_int_equal(out.length, ceiling < size + 3 ? 3 : size + 3);
    assert_memory_equal(wss__buf_data(&out), "abc", 3);
    wss__buf_free(&out, &memory.functions);
    assert_int_equal(memory.blocks, 0);
  }
}

/* ---- Memory -------------------------------------------------------------- */

/* The n-th allocation fails, for every n there is. */
static void every_allocation_may_fail(void **state) {
  static const char head[] = HANDSHAKE "Sec-WebSocket-Protocol: a\r\n"
                                       "Sec-WebSocket-Protocol: b\r\n";
  size_t failed = 0;
  size_t n;
  (void)state;
  for (n = 1;; n++) {
    fixture f;
    wss__buf out;
    int err;
    memset(&f, 0, sizeof f);
    test_allocator_init(&f.memory);
    test_allocator_fail(&f.memory, n, false);
    wss__buf_init(&out, 4096);
    err = read_head(&f, head);
    if (err == 1)
      err = check(&f);
    if (err == 0)
      err = wss__handshake_pack(&out, &f.memory.functions, f.accept, "a", NULL,
                                0);
    assert_int_equal(err, f.memory.failures > 0 ? WSS_ERR_NOMEM : 0);
    assert_true(err == 0 || out.length == 0);
    wss__buf_free(&out, &f.memory.functions);
    end(&f);
    if (err == 0)
      break;
    failed++;
  }
  assert_true(failed >= 6);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_asks_for_a_websocket),
      cmocka_unit_test(the_example_of_the_rfc),
      cmocka_unit_test(spellings_that_are_accepted),
      cmocka_unit_test(extensions_are_a_list),
      cmocka_unit_test(what_is_missing_is_named),
      cmocka_unit_test(a_proxy_is_suspected),
      cmocka_unit_test(upgrade_and_connection_are_lists_of_tokens),
      cmocka_unit_test(a_426_says_what_to_upgrade_to),
      cmocka_unit_test(a_head_is_no_handshake),
      cmocka_unit_test(version_13_only),
      cmocka_unit_test(what_must_stand_there_once),
      cmocka_unit_test(the_key_is_16_bytes),
      cmocka_unit_test(subprotocols_of_several_lines),
      cmocka_unit_test(subprotocols_are_different_tokens),
      cmocka_unit_test(a_list_of_64_subprotocols_and_no_more),
      cmocka_unit_test(the_server_s_first_one_that_was_offered),
      cmocka_unit_test(the_answer_to_a_handshake),
      cmocka_unit_test(an_answer_without_room_leaves_nothing),
      cmocka_unit_test(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
