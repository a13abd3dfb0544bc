/* A2: what RFC 6455 requires of opening handshakes (sections 3, 4, 9.1, 10.2,
   11.3), and of the answer. */
#include "support/rfc6455.h"

#include "support/http_request.h"
#include "ws/handshake.h"

#define HOST "Host: server.example.com\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define GET "GET /chat HTTP/1.1\r\n"
#define LINES HOST UPGRADE CONNECTION KEY VERSION
#define ACCEPT "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

typedef struct row {
  const char *name;
  const char *head; /* an empty line follows */
  int status;
  const char *words; /* in the refusal's sentence, or in the 101 */
} row;

/* Rows that differ in one line alone. */
#define WITH(line) GET LINES line "\r\n"
#define UPGRADE_IS(value)                                                      \
  GET HOST CONNECTION KEY VERSION "Upgrade:" value "\r\n"
#define CONNECTION_IS(value)                                                   \
  GET HOST UPGRADE KEY VERSION "Connection:" value "\r\n"
#define KEY_IS(value)                                                          \
  GET HOST UPGRADE CONNECTION VERSION "Sec-WebSocket-Key:" value "\r\n"
#define VERSION_IS(value)                                                      \
  GET HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version:" value "\r\n"
#define PROTOCOL_IS(value) WITH("Sec-WebSocket-Protocol:" value)
#define EXTENSIONS_ARE(value) WITH("Sec-WebSocket-Extensions:" value)

static const row rows[] = {
    {"3 no fragment: in a path", "GET /a#b HTTP/1.1\r\n" LINES, 400,
     "fragment"},
    {"3 no fragment: in a URI",
     "GET http://server.example.com/#b HTTP/1.1\r\n" LINES, 400, "fragment"},
    {"3 a resource name has a path and a query", "GET /a?b HTTP/1.1\r\n" LINES,
     101, ACCEPT},

    {"4.1.1 a valid request: no line without a colon", WITH("colon"), 400,
     "colon"},
    {"4.1.1 a valid request: no folded line", WITH("X: a\r\n b"), 400,
     "folded"},
    {"4.1.1 a valid request: no blank before a colon", WITH("X : a"), 400,
     "blank"},
    {"4.1.1 a valid request: CR LF ends a line", WITH("X: a\nY: b"), 400, "LF"},
    {"4.1.1 a valid request: no CR alone", WITH("X: a\rY: b"), 400, "CR"},
    {"4.1.1 a valid request: no control byte", WITH("X: a\x01"), 400, "X"},
    {"4.1.1 a valid request: names are tokens", WITH("X\"Y: a"), 400, "name"},
    {"4.1.1 a request without content", WITH("Content-Length: 1"), 400,
     "Content-Length"},
    {"4.1.1 a request without a coding", WITH("Transfer-Encoding: chunked"),
     400, "Transfer-Encoding"},
    {"4.1.2 the method is GET, not POST", "POST /chat HTTP/1.1\r\n" LINES, 405,
     "POST"},
    {"4.1.2 the method is GET, not HEAD", "HEAD /chat HTTP/1.1\r\n" LINES, 405,
     "GET"},
    {"4.1.2 the method is GET, not get", "get /chat HTTP/1.1\r\n" LINES, 405,
     "get"},
    {"4.1.2 the version is 1.1, not 1.0", "GET /chat HTTP/1.0\r\n" LINES, 505,
     "version"},
    {"4.1.2 the version is 1.1, not 0.9", "GET /chat HTTP/0.9\r\n" LINES, 505,
     "version"},
    {"4.1.2 there is a version", "GET /chat\r\n" LINES, 400, "HTTP version"},
    {"4.1.3 a target that is a path", "GET / HTTP/1.1\r\n" LINES, 101, ACCEPT},
    {"4.1.3 a target that is an http URI",
     "GET http://server.example.com/chat HTTP/1.1\r\n" LINES, 101, ACCEPT},
    {"4.1.3 a target that is an https URI",
     "GET https://server.example.com/chat HTTP/1.1\r\n" LINES, 101, ACCEPT},
    {"4.1.3 a URI has the host of Host",
     "GET https://example.com/chat HTTP/1.1\r\n" LINES, 400, "Host"},
    {"4.1.3 no target of another kind: *", "GET * HTTP/1.1\r\n" LINES, 400,
     "target"},
    {"4.1.3 no target of another kind: an authority",
     "GET server.example.com:443 HTTP/1.1\r\n" LINES, 400, "target"},
    {"4.1.4 there is a Host", GET UPGRADE CONNECTION KEY VERSION, 400, "Host"},
    {"4.1.4 Host is a host", GET "Host: a/b\r\n" UPGRADE CONNECTION KEY VERSION,
     400, "Host"},
    {"4.1.4 Host is not empty", GET "Host:\r\n" UPGRADE CONNECTION KEY VERSION,
     400, "Host"},
    {"4.1.4 Host may have a port",
     GET "Host: a:8443\r\n" UPGRADE CONNECTION KEY VERSION, 101, ACCEPT},
    {"4.1.4 Host may be an IPv6 address",
     GET "Host: [::1]:8443\r\n" UPGRADE CONNECTION KEY VERSION, 101, ACCEPT},
    {"4.1.4 there is one Host", WITH("Host: server.example.com"), 400, "Host"},
    {"4.1.5 there is an Upgrade", GET HOST CONNECTION KEY VERSION, 426,
     "Upgrade"},
    {"4.1.5 Upgrade names websocket", UPGRADE_IS("h2c"), 426, "Upgrade"},
    {"4.1.5 Upgrade names websocket: no version", UPGRADE_IS("websocket/13"),
     426, "Upgrade"},
    {"4.1.5 Upgrade names websocket: empty", UPGRADE_IS(""), 426, "Upgrade"},
    {"4.1.5 Upgrade may name others too", UPGRADE_IS("h2c, websocket"), 101,
     ACCEPT},
    {"4.1.5 Upgrade may be several lines",
     UPGRADE_IS("h2c\r\nupgrade: websocket"), 101, ACCEPT},
    {"4.1.6 there is a Connection", GET HOST UPGRADE KEY VERSION, 400,
     "Connection"},
    {"4.1.6 Connection names Upgrade", CONNECTION_IS("keep-alive"), 400,
     "Connection"},
    {"4.1.6 Connection names Upgrade: a whole token", CONNECTION_IS("Upgrade2"),
     400, "Connection"},
    {"4.1.6 Connection may name others too",
     CONNECTION_IS("keep-alive,\tUpgrade"), 101, ACCEPT},
    {"4.1.6 Connection may be several lines",
     CONNECTION_IS("keep-alive\r\nCONNECTION: upgrade"), 101, ACCEPT},
    {"4.1.7 there is a key", GET HOST UPGRADE CONNECTION VERSION, 400,
     "Sec-WebSocket-Key"},
    {"4.1.7 a key of 16 bytes, not 15", KEY_IS("AAAAAAAAAAAAAAAAAAAA"), 400,
     "Sec-WebSocket-Key"},
    {"4.1.7 a key of 16 bytes, not 17", KEY_IS("AAAAAAAAAAAAAAAAAAAAAAA="), 400,
     "Sec-WebSocket-Key"},
    {"4.1.7 a key of 16 bytes, not 18", KEY_IS("AAAAAAAAAAAAAAAAAAAAAAAA"), 400,
     "Sec-WebSocket-Key"},
    {"4.1.7 a key in Base64: its alphabet", KEY_IS("AAAAAAAAAAAAAAAAAAAA_A=="),
     400, "Sec-WebSocket-Key"},
    {"4.1.7 a key in Base64: its padding", KEY_IS("AAAAAAAAAAAAAAAAAAAAAA"),
     400, "Sec-WebSocket-Key"},
    {"4.1.7 a key in Base64: no bits behind the end",
     KEY_IS("AAAAAAAAAAAAAAAAAAAAAB=="), 400, "Sec-WebSocket-Key"},
    {"4.1.7 a key and nothing else",
     KEY_IS("dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="), 400,
     "Sec-WebSocket-Key"},
    {"4.1.7 a key with blanks around it",
     KEY_IS(" \t dGhlIHNhbXBsZSBub25jZQ==\t "), 101, ACCEPT},
    {"4.1.8 a client that is no browser needs no Origin", GET LINES, 101,
     ACCEPT},
    {"4.1.9 there is a version", GET HOST UPGRADE CONNECTION KEY, 400,
     "Sec-WebSocket-Version"},
    {"4.1.9 the version is 13, not 8", VERSION_IS("8"), 426, "13"},
    {"4.1.9 the version is 13, not 12", VERSION_IS("12"), 426, "13"},
    {"4.1.9 the version is 13, not 14", VERSION_IS("14"), 426, "13"},
    {"4.1.9 the version is 13, not 0", VERSION_IS("0"), 426, "13"},
    {"4.1.9 the version is 13, with blanks around it", VERSION_IS("\t13 \t"),
     101, ACCEPT},
    {"4.1.10 subprotocols are not empty", PROTOCOL_IS(""), 400,
     "Sec-WebSocket-Protocol"},
    {"4.1.10 subprotocols are not empty: commas alone", PROTOCOL_IS(", ,"), 400,
     "Sec-WebSocket-Protocol"},
    {"4.1.10 subprotocols have no separators", PROTOCOL_IS("a/b"), 400,
     "Sec-WebSocket-Protocol"},
    {"4.1.10 subprotocols have no blanks", PROTOCOL_IS("a b"), 400,
     "Sec-WebSocket-Protocol"},
    {"4.1.10 subprotocols are ASCII", PROTOCOL_IS("\xc3\xa9"), 400,
     "Sec-WebSocket-Protocol"},
    {"4.1.10 subprotocols differ", PROTOCOL_IS("a, b, a"), 400,
     "Sec-WebSocket-Protocol"},
    {"4.1.11 extensions may be offered", EXTENSIONS_ARE("permessage-deflate"),
     101, ACCEPT},
    {"4.1.12 other headers may be sent: cookies", WITH("Cookie: a=b"), 101,
     ACCEPT},
    {"4.1.12 other headers may be sent: credentials",
     WITH("Authorization: Basic YTpi"), 101, ACCEPT},

    {"4.2.1 the order of headers does not matter",
     GET VERSION KEY CONNECTION UPGRADE HOST, 101, ACCEPT},
    {"4.2.1 the case of names does not matter",
     GET "HOST: a\r\nuPGRADE: websocket\r\nCONNECTION: Upgrade\r\n"
         "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "sec-websocket-version: 13\r\n",
     101, ACCEPT},
    {"4.2.1 the case of websocket does not matter", UPGRADE_IS("WebSocket"),
     101, ACCEPT},
    {"4.2.1 the case of Upgrade does not matter", CONNECTION_IS("UPGRADE"), 101,
     ACCEPT},
    {"4.2.1 a name is a whole name",
     GET HOST UPGRADE CONNECTION VERSION "X-" KEY, 400, "Sec-WebSocket-Key"},
    {"4.2.2 5.1 the status line", GET LINES, 101,
     "HTTP/1.1 101 Switching Protocols\r\n"},
    {"4.2.2 5.2 Upgrade in the answer", GET LINES, 101,
     "\r\nUpgrade: websocket\r\n"},
    {"4.2.2 5.3 Connection in the answer", GET LINES, 101,
     "\r\nConnection: Upgrade\r\n"},
    {"4.2.2 5.4 the key and the GUID, hashed", GET LINES, 101, ACCEPT},
    {"4.2.2 5.4 another key, another answer",
     KEY_IS(" x3JJHMbDL1EzLkh9GBhXDw=="), 101,
     "\r\nSec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n"},
    {"4.2.2 5.5 a subprotocol that was offered", PROTOCOL_IS("x, chat, y"), 101,
     "\r\nSec-WebSocket-Protocol: chat\r\n"},
    {"4.2.2 5.5 the case of a subprotocol matters", PROTOCOL_IS("Chat"), 101,
     "-Protocol"},
    {"4.2.2 5.5 none of those that were offered", PROTOCOL_IS("other"), 101,
     "-Protocol"},
    {"4.2.2 5.5 none was offered", GET LINES, 101, "-Protocol"},
    {"4.2.2 5.6 no extension that is not in use",
     EXTENSIONS_ARE("permessage-deflate, x"), 101, "-Extensions"},
    {"4.2.2 5.6 no extension that was not offered", GET LINES, 101,
     "-Extensions"},

    {"4.3 a version has no zero in front", VERSION_IS("013"), 426, "13"},
    {"4.3 a version has no sign", VERSION_IS("+13"), 426, "13"},
    {"4.3 a version has no fraction", VERSION_IS("13.0"), 426, "13"},
    {"4.3 a version is one", VERSION_IS("13, 8"), 426, "13"},
    {"4.3 a version is not empty", VERSION_IS(""), 426, "13"},
    {"4.3 a key is not empty", KEY_IS(""), 400, "Sec-WebSocket-Key"},
    {"4.4 an unknown version is told the known one", VERSION_IS("99"), 426,
     "Sec-WebSocket-Version"},

    {"9.1 extensions: not empty", EXTENSIONS_ARE(""), 400,
     "Sec-WebSocket-Extensions"},
    {"9.1 extensions: a token", EXTENSIONS_ARE("a b"), 400,
     "Sec-WebSocket-Extensions"},
    {"9.1 extensions: a parameter has a name", EXTENSIONS_ARE("a; =1"), 400,
     "Sec-WebSocket-Extensions"},
    {"9.1 extensions: a value is not empty", EXTENSIONS_ARE("a; b="), 400,
     "Sec-WebSocket-Extensions"},
    {"9.1 extensions: a quote ends", EXTENSIONS_ARE("a; b=\"c"), 400,
     "Sec-WebSocket-Extensions"},
    {"9.1 extensions: what is quoted is a token",
     EXTENSIONS_ARE("a; b=\"c d\""), 400, "Sec-WebSocket-Extensions"},
    {"9.1 extensions: a quoted token", EXTENSIONS_ARE("a; b=\"c\", d"), 101,
     ACCEPT},

    {"10.2 an Origin of another host", WITH("Origin: https://example.com"), 403,
     "Origin"},
    {"10.2 an Origin that is hidden", WITH("Origin: null"), 403, "Origin"},
    {"10.2 an Origin of this host", WITH("Origin: https://SERVER.example.com"),
     101, ACCEPT},

    {"11.3.1 a key stands there once: the same",
     WITH("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400,
     "Sec-WebSocket-Key"},
    {"11.3.1 a key stands there once: another",
     WITH("sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA=="), 400,
     "Sec-WebSocket-Key"},
    {"11.3.2 extensions may be several lines",
     EXTENSIONS_ARE("a\r\nSec-WebSocket-Extensions: b; c"), 101, ACCEPT},
    {"11.3.4 subprotocols may be several lines",
     PROTOCOL_IS("x\r\nSec-WebSocket-Protocol: chat"), 101,
     "\r\nSec-WebSocket-Protocol: chat\r\n"},
    {"11.3.4 subprotocols differ over several lines",
     PROTOCOL_IS("x\r\nSec-WebSocket-Protocol: x"), 400,
     "Sec-WebSocket-Protocol"},
    {"11.3.5 a version stands there once: the same",
     WITH("Sec-WebSocket-Version: 13"), 400, "Sec-WebSocket-Version"},
    {"11.3.5 a version stands there once: another",
     WITH("Sec-WebSocket-Version: 8"), 400, "Sec-WebSocket-Version"},
};

static int times(const char *text, const char *word) {
  int count = 0;
  for (text = strstr(text, word); text != NULL; text = strstr(text + 1, word))
    count++;
  return count;
}

/* What a 101 has, or has not: words that begin with a dash are the end of a
   name that must be missing. 11.3.3 and 11.3.4: no field comes twice. */
static void expect_answer(const char *answer, const char *words) {
  if (words[0] == '-')
    assert_null(strstr(answer, words));
  else if (strstr(answer, words) == NULL)
    fail_msg("%s", answer);
  assert_int_equal(times(answer, "\r\nSec-WebSocket-Accept: "), 1);
  assert_in_range(times(answer, "\r\nSec-WebSocket-Protocol: "), 0, 1);
  assert_int_equal(times(answer, "\r\n\r\n"), 1);
}

static void expect_refusal(const wss__refusal *refusal, const row *at) {
  bool told = false;
  size_t i;
  if (refusal->status != at->status ||
      strstr(refusal->detail.text, at->words) == NULL)
    fail_msg("%d: %s", refusal->status, refusal->detail.text);
  for (i = 0; i < refusal->header_count; i++) {
    told |= strcmp(refusal->headers[i].name, "Sec-WebSocket-Version") == 0 &&
            strcmp(refusal->headers[i].value, "13") == 0;
  }
  /* 4.4: with each answer to another version. */
  assert_int_equal(told,
                   at->status == 426 && strstr(at->head, UPGRADE) != NULL);
}

static void run(void **state) {
  static const char *const known[] = {"superchat", "chat", NULL};
  const row *at = *state;
  char head[1024];
  char accept[WSS__ACCEPT_SIZE];
  test_request it;
  int result;
  (void)snprintf(head, sizeof head, "%s\r\n", at->head);
  result = test_request_text(&it, head);
  if (result == 1)
    result = wss__handshake_check(it.request, accept, &it.refusal);
  if (result == 0)
    result = wss__handshake_origin(it.shown, NULL, &it.refusal);
  if (result == 0) {
    wss__buf out;
    assert_int_equal(at->status, 101);
    wss__buf_init(&out, 4096);
    assert_int_equal(wss__handshake_pack(
                         &out, &it.memory.functions, accept,
                         wss__handshake_subprotocol(it.shown, known), NULL, 0),
                     0);
    assert_int_equal(wss__buf_append(&out, &it.memory.functions, "", 1), 0);
    expect_answer((const char *)wss__buf_data(&out), at->words);
    wss__buf_free(&out, &it.memory.functions);
  } else {
    expect_refusal(&it.refusal, at);
  }
  test_request_end(&it);
}

int main(void) {
  return run_rows("opening handshake", rows, sizeof rows[0], COUNT(rows), 100,
                  run);
}
