/* Before the handshake is over, in plain text. */
#include "ends/ends.h"

#include <string.h>

/* ---- Without an answer --------------------------------------------------- */

static void fin_at_once(end_run *it) {
  end_connect(it);
  sim_advance(5);
  end_fin(it);
}

static void reset_at_once(end_run *it) {
  end_connect(it);
  sim_advance(6);
  end_reset(it);
}

static void silence(end_run *it) {
  end_connect(it);
  sim_advance(10000);
}

static void half_a_request(end_run *it) {
  end_connect(it);
  end_text(it, "GET /chat HTTP/1.1\r\nHo");
  sim_advance(7);
}

static void fin_in_a_request(end_run *it) {
  half_a_request(it);
  end_fin(it);
}

static void reset_in_a_request(end_run *it) {
  half_a_request(it);
  end_reset(it);
}

static void broken_in_a_request(end_run *it) {
  half_a_request(it);
  sim_fail(SIM_READ, UV_ETIMEDOUT, 1, 1);
  end_text(it, "st: a");
}

static void slow_request(end_run *it) {
  half_a_request(it);
  sim_advance(9993);
}

static void accept_fails(end_run *it) {
  sim_fail(SIM_UV_ACCEPT, UV_EINVAL, 1, 1);
  end_connect(it);
}

static void no_memory_to_count(end_run *it) {
  test_allocator_fail(&it->host.memory, 2, false);
  end_connect(it);
}

static void no_memory_for_a_request(end_run *it) {
  end_connect(it);
  sim_advance(1);
  test_allocator_fail(&it->host.memory, 1, false);
  end_text(it, "G");
}

static void displaced(end_run *it) {
  end_connect(it);
  sim_advance(8);
  assert_non_null(sim_connect(it->host.port));
  sim_settle();
}

static void too_many_of_an_address(end_run *it) {
  end_meet(it);
  end_connect(it);
}

static void server_goes(end_run *it) {
  end_connect(it);
  end_shut(it, 0);
}

static void server_goes_in_a_request(end_run *it) {
  half_a_request(it);
  end_shut(it, 0);
}

/* ---- Requests that are answered ------------------------------------------ */

static void ask(end_run *it, const char *text) {
  end_connect(it);
  sim_advance(4);
  end_text(it, text);
}

#define ASK(name, text)                                                        \
  static void name(end_run *it) {                                              \
    ask(it, text);                                                             \
  }

ASK(bad_header, "GET / HTTP/1.1\r\nHost: a\r\nX\x01: b\r\n\r\n")
ASK(post, "POST / HTTP/1.1\r\nHost: a\r\n\r\n")
ASK(http_1_0, "GET / HTTP/1.0\r\n\r\n")
ASK(tls_here, "\x16\x03\x01\x02")
ASK(plain_get, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
ASK(wrong_version, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
ASK(wrong_key, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
               "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhl\r\n\r\n")
ASK(other_origin, host_handshake("Origin: https://evil.example\r\n"))
ASK(handshake, host_handshake(""))

static void large_head(end_run *it) {
  char text[400];
  memset(text, 'a', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
  ask(it, text);
}

static void long_target(end_run *it) {
  char text[4200];
  memset(text, 'a', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  memcpy(text, "GET /", 5);
  ask(it, text);
}

static void frame_before_101(end_run *it) {
  const char *text = host_handshake("\r\nx");
  end_connect(it);
  sim_advance(4);
  end_send(it, text, strlen(text) - strlen("\r\n"));
}

/* ---- What the program does ----------------------------------------------- */

static int refuse(sim_host *host, wss_conn *conn, const wss_request *request) {
  (void)host;
  (void)conn;
  (void)request;
  return WSS_REFUSE;
}

static int refuse_401(sim_host *host, wss_conn *conn,
                      const wss_request *request) {
  (void)host;
  (void)request;
  return wss_refuse(conn, 401, NULL);
}

static int wrong_subprotocol(sim_host *host, wss_conn *conn,
                             const wss_request *request) {
  (void)host;
  (void)request;
  return wss_accept(conn, &(wss_reply){.subprotocol = "chat"});
}

static int nonsense(sim_host *host, wss_conn *conn,
                    const wss_request *request) {
  (void)host;
  (void)conn;
  (void)request;
  return 77;
}

static int defer(sim_host *host, wss_conn *conn, const wss_request *request) {
  (void)host;
  (void)conn;
  (void)request;
  return WSS_DEFER;
}

static void no_answer(end_run *it) {
  handshake(it);
  sim_advance(9996);
}

static void refused_later(end_run *it) {
  handshake(it);
  sim_advance(100);
  assert_int_equal(wss_refuse(it->host.conn, 302, NULL), 0);
  sim_settle();
}

static void closed_unanswered(end_run *it) {
  handshake(it);
  assert_int_equal(wss_close(it->host.conn, 1000, "no"), 0);
  sim_settle();
}

static void terminated_unanswered(end_run *it) {
  handshake(it);
  wss_terminate(it->host.conn);
  sim_settle();
}

static void server_goes_unanswered(end_run *it) {
  handshake(it);
  end_shut(it, WSS_OFF);
}

static void refusal_is_not_taken(end_run *it) {
  end_connect(it);
  sim_peer_read(it->peer, false);
  sim_room(it->peer, 0);
  end_text(it, host_handshake(""));
  sim_advance(5000);
}

static void answer(sim_host *host, wss_conn *conn, const wss_request *request) {
  (void)host;
  (void)request;
  assert_int_equal(
      wss_respond(conn, 200, &(wss_reply){.body = "hello", .body_size = 5}), 0);
}

static void terminate(sim_host *host, wss_conn *conn,
                      const wss_request *request) {
  (void)request;
  wss_terminate(conn);
  end_look(host->user);
}

static void answered(end_run *it) {
  plain_get(it);
  assert_true(sim_has(it->peer, "hello"));
  end_look(it);
}

/* ---- The rows ------------------------------------------------------------ */

#define ENDS(who, where, why)                                                  \
  .phase = WSS_PHASE_##where, .initiator = WSS_BY_##who,                       \
  .cause = WSS_CAUSE_##why
#define BROKE(code) .told = BY_ERROR, .error = (code)
#define REFUSED(code, answer)                                                  \
  .told = BY_ERROR, .error = (code), .status = (answer), .age = 4

const end_row ends_early[] = {
    {"FIN before a byte", fin_at_once, ENDS(PEER, ACCEPTED, PEER_FIN),
     BROKE(WSS_ERR_TRUNCATED), .age = 5, COUNTER(refused_lost)},
    {"reset before a byte", reset_at_once, ENDS(PEER, ACCEPTED, PEER_RESET),
     BROKE(UV_ECONNRESET), .age = 6, COUNTER(refused_lost)},
    {"not a byte in time", silence, ENDS(LIBRARY, ACCEPTED, HANDSHAKE_TIMEOUT),
     BROKE(WSS_ERR_TIMEOUT), .age = 10000, COUNTER(refused_timeout)},
    {"it cannot be accepted", accept_fails, ENDS(PEER, ACCEPTED, NETWORK),
     BROKE(UV_EINVAL), COUNTER(refused_lost)},
    {"no memory to count its address", no_memory_to_count,
     .options = {.max_per_address = 1}, ENDS(LIBRARY, ACCEPTED, NO_MEMORY),
     BROKE(WSS_ERR_NOMEM), COUNTER(refused_lost)},
    {"a newer one takes its place", displaced, .options = {.max_pending = 1},
     ENDS(LIBRARY, ACCEPTED, MAX_PENDING), BROKE(WSS_ERR_LIMIT), .age = 8,
     COUNTER(refused_limit), .others = true},
    {"one too many of an address", too_many_of_an_address,
     .options = {.max_per_address = 1},
     ENDS(LIBRARY, ACCEPTED, MAX_PER_ADDRESS), BROKE(WSS_ERR_LIMIT),
     COUNTER(refused_limit), .others = true},
    {"the server closes before a byte", server_goes,
     ENDS(APP, ACCEPTED, SERVER_CLOSE), .told = NOBODY},
    {"FIN in a request", fin_in_a_request, ENDS(PEER, HTTP, PEER_FIN),
     BROKE(WSS_ERR_TRUNCATED), .age = 7, COUNTER(refused_lost)},
    {"reset in a request", reset_in_a_request, ENDS(PEER, HTTP, PEER_RESET),
     BROKE(UV_ECONNRESET), .age = 7, COUNTER(refused_lost)},
    {"broken in a request", broken_in_a_request, ENDS(PEER, HTTP, NETWORK),
     BROKE(UV_ETIMEDOUT), .age = 7, .unread = 5, COUNTER(refused_lost)},
    {"a request that is too slow", slow_request,
     ENDS(LIBRARY, HTTP, HANDSHAKE_TIMEOUT), .told = BY_ERROR,
     .error = WSS_ERR_TIMEOUT, .status = 408, .age = 10000,
     COUNTER(refused_timeout)},
    {"no memory for a request", no_memory_for_a_request,
     ENDS(LIBRARY, HTTP, NO_MEMORY), .told = BY_ERROR, .error = WSS_ERR_NOMEM,
     .status = 503, .age = 1, COUNTER(refused_lost)},
    {"the server closes in a request", server_goes_in_a_request,
     ENDS(APP, HTTP, SERVER_CLOSE), .told = NOBODY},
    {"a header that is none", bad_header, ENDS(LIBRARY, HTTP, HTTP),
     REFUSED(WSS_ERR_HTTP, 400), COUNTER(refused_http)},
    {"another method", post, ENDS(LIBRARY, HTTP, HTTP),
     REFUSED(WSS_ERR_HTTP, 405), COUNTER(refused_http)},
    {"another version of HTTP", http_1_0, ENDS(LIBRARY, HTTP, HTTP),
     REFUSED(WSS_ERR_HTTP, 505), COUNTER(refused_http)},
    {"TLS on a plain port", tls_here, ENDS(LIBRARY, HTTP, HTTP),
     REFUSED(WSS_ERR_HTTP, 400), COUNTER(refused_http)},
    {"a head that is too large", large_head,
     .options = {.max_header_size = 256}, ENDS(LIBRARY, HTTP, HEADER_SIZE),
     REFUSED(WSS_ERR_HTTP, 431), COUNTER(refused_http)},
    {"a target that is too long", long_target, ENDS(LIBRARY, HTTP, HEADER_SIZE),
     REFUSED(WSS_ERR_HTTP, 414), COUNTER(refused_http)},
    {"no WebSocket is asked for", plain_get, ENDS(LIBRARY, HTTP, NOT_WEBSOCKET),
     REFUSED(WSS_ERR_HANDSHAKE, 426), COUNTER(refused_handshake)},
    {"another version of WebSocket", wrong_version,
     ENDS(LIBRARY, HTTP, HANDSHAKE), REFUSED(WSS_ERR_HANDSHAKE, 426),
     COUNTER(refused_handshake)},
    {"a key that is none", wrong_key, ENDS(LIBRARY, HTTP, HANDSHAKE),
     REFUSED(WSS_ERR_HANDSHAKE, 400), COUNTER(refused_handshake)},
    {"a byte before the answer", frame_before_101,
     ENDS(LIBRARY, HTTP, HANDSHAKE), REFUSED(WSS_ERR_HANDSHAKE, 400),
     COUNTER(refused_handshake)},
    {"another Origin", other_origin, ENDS(LIBRARY, HTTP, ORIGIN),
     REFUSED(WSS_ERR_ORIGIN, 403), COUNTER(refused_origin)},
    {"on_http answers", answered, .http = answer, ENDS(APP, HTTP, ANSWERED),
     .told = NOBODY, COUNTER(http_responses)},
    {"on_http terminates", plain_get, .http = terminate,
     ENDS(APP, HTTP, TERMINATED), .told = NOBODY, COUNTER(refused_by_app)},
    {"on_request refuses", handshake, .request = refuse,
     ENDS(APP, HTTP, REFUSED), .status = 403, .age = 4,
     COUNTER(refused_by_app)},
    {"wss_refuse", handshake, .request = refuse_401, ENDS(APP, HTTP, REFUSED),
     .status = 401, .age = 4, COUNTER(refused_by_app)},
    {"wss_refuse after WSS_DEFER", refused_later, .request = defer,
     ENDS(APP, HTTP, REFUSED), .status = 302, .age = 104,
     COUNTER(refused_by_app)},
    {"a refusal that is not taken", refusal_is_not_taken, .request = refuse,
     ENDS(APP, CLOSING, CLOSE_TIMEOUT), .error = WSS_ERR_TIMEOUT, .status = 403,
     .age = 5000, COUNTER(refused_timeout)},
    {"wss_accept with a subprotocol that was not offered", handshake,
     .request = wrong_subprotocol, ENDS(LIBRARY, HTTP, UNANSWERED),
     .error = WSS_ERR_SUBPROTOCOL, .status = 500, .age = 4,
     COUNTER(refused_lost)},
    {"on_request returns nonsense", handshake, .request = nonsense,
     ENDS(LIBRARY, HTTP, UNANSWERED), .error = WSS_ERR_INVALID, .status = 500,
     .age = 4, COUNTER(refused_lost)},
    {"the program does not answer", no_answer, .request = defer,
     ENDS(LIBRARY, HTTP, ANSWER_TIMEOUT), .error = WSS_ERR_TIMEOUT,
     .status = 503, .age = 10000, COUNTER(refused_timeout)},
    {"wss_close instead of an answer", closed_unanswered, .request = defer,
     ENDS(APP, HTTP, APP_CLOSE), .status = 503, .age = 4,
     COUNTER(refused_by_app)},
    {"wss_terminate instead of an answer", terminated_unanswered,
     .request = defer, ENDS(APP, HTTP, TERMINATED), .age = 4,
     COUNTER(refused_by_app)},
    {"the server closes before an answer", server_goes_unanswered,
     .request = defer, ENDS(APP, HTTP, SERVER_CLOSE), .status = 503, .age = 4,
     COUNTER(refused_by_app)},
};
const size_t ends_early_count = sizeof ends_early / sizeof ends_early[0];
