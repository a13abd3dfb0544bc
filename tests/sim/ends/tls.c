/* Through TLS, or instead of it. */
#include "ends/ends.h"

#include <string.h>

/* ---- Instead of TLS ------------------------------------------------------ */

static void plain_http(end_run *it) {
  end_connect_secure(it);
  sim_advance(3);
  end_text(it, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void garbage(end_run *it) {
  end_connect_secure(it);
  sim_advance(3);
  END_SEND(it, "\0\1\2\3");
}

/* ---- In the handshake ---------------------------------------------------- */

/* A ClientHello is answered. */
static void hello(end_run *it, const char *trusted, int version) {
  end_connect_secure(it);
  tls_client_open(&it->client, trusted, version);
  it->client.peer = it->peer;
  it->tls = true;
  assert_int_equal(tls_client_step(&it->client), MBEDTLS_ERR_SSL_WANT_READ);
  sim_settle();
  sim_advance(12);
}

static void fin(end_run *it) {
  hello(it, "ca.pem", 13);
  end_fin(it);
}

static void reset(end_run *it) {
  hello(it, "ca.pem", 12);
  end_reset(it);
}

static void server_goes(end_run *it) {
  hello(it, "ca.pem", 13);
  end_shut(it, 0);
}

static void not_trusted(end_run *it) {
  int code = MBEDTLS_ERR_SSL_WANT_READ;
  hello(it, "selfsigned.pem", 12);
  while (code == MBEDTLS_ERR_SSL_WANT_READ) {
    code = tls_client_step(&it->client);
    sim_settle();
  }
  assert_int_equal(code, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
}

static void alert_in_the_clear(end_run *it) {
  hello(it, "ca.pem", 13);
  END_SEND(it, "\x15\x03\x03\0\x02\x02\x2a");
}

static void half_a_hello(end_run *it) {
  end_connect_secure(it);
  END_SEND(it, "\x16\x03\x01\x02\0\x01\0");
}

static void slow_hello(end_run *it) {
  half_a_hello(it);
  sim_advance(10000);
}

static void displaced(end_run *it) {
  half_a_hello(it);
  sim_advance(1);
  assert_non_null(sim_connect(it->host.port));
  sim_settle();
}

static void no_memory(end_run *it) {
  end_connect_secure(it);
  test_allocator_fail(&it->host.memory, 1, false);
  END_SEND(it, "\x16");
}

static void no_handshake(end_run *it) {
  end_connect_secure(it);
  END_SEND(it, "\x16\x03\x01\0\x04\x02\0\0\0");
}

/* No extensions. */
#define HELLO(version, suite)                                                  \
  "\x16\x03\x01\0\x2f\x01\0\0\x2b" version                                     \
  "0123456789abcdef0123456789abcdef\0\0\x02" suite "\x01\0\0\0"

static void tls_1_1(end_run *it) {
  end_connect_secure(it);
  END_SEND(it, HELLO("\x03\x02", "\xc0\x2b"));
}

static void rc4(end_run *it) {
  end_connect_secure(it);
  END_SEND(it, HELLO("\x03\x03", "\0\x05"));
}

/* ---- After the handshake ------------------------------------------------- */

static void alert_for_a_request(end_run *it) {
  end_connect_tls(it, 12);
  tls_client_alert(&it->client, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
  sim_settle();
}

static void alert_when_open(end_run *it) {
  end_meet_tls(it, 13);
  sim_advance(31);
  tls_client_alert(&it->client, MBEDTLS_SSL_ALERT_MSG_USER_CANCELED);
  sim_settle();
}

static void forged_request(end_run *it) {
  end_connect_tls(it, 12);
  END_SEND(it, "\x17\x03\x03\0\x20"
               "0123456789abcdef0123456789abcdef");
}

static void forged_message(end_run *it) {
  end_meet_tls(it, 13);
  END_SEND(it, "\x17\x03\x03\0\x20"
               "0123456789abcdef0123456789abcdef");
}

static void large_record(end_run *it) {
  end_meet_tls(it, 12);
  END_SEND(it, "\x17\x03\x03\xff\xff");
}

static void peer_closes(end_run *it) {
  end_meet_tls(it, 13);
  sim_advance(5);
  end_frame(it, 0x88,
            "\x0b\xb9"
            "over",
            6);
  assert_int_equal(tls_client_read(&it->client),
                   MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
}

/* ---- The rows ------------------------------------------------------------ */

#define ENDS(who, where, why)                                                  \
  .phase = WSS_PHASE_##where, .initiator = WSS_BY_##who,                       \
  .cause = WSS_CAUSE_##why
#define ALERT(number, name) .alert = (number), .alert_name = (name)
#define TLS(where) ENDS(LIBRARY, where, TLS), .error = WSS_ERR_TLS

const end_row ends_tls[] = {
    {"HTTP on a TLS port", plain_http, ENDS(LIBRARY, TLS, PLAIN_HTTP),
     .told = BY_ERROR, .error = WSS_ERR_PLAIN_HTTP, .status = 400, .age = 3,
     COUNTER(refused_plain_http)},
    {"garbage on a TLS port", garbage, ENDS(LIBRARY, TLS, NOT_TLS),
     .told = BY_ERROR, .error = WSS_ERR_TLS, ALERT(10, "unexpected_message"),
     .age = 3, COUNTER(refused_tls)},
    {"TLS: FIN in the handshake", fin, ENDS(PEER, TLS, PEER_FIN),
     .told = BY_ERROR, .error = WSS_ERR_TRUNCATED, .age = 12,
     COUNTER(refused_lost)},
    {"TLS: reset in the handshake", reset, ENDS(PEER, TLS, PEER_RESET),
     .told = BY_ERROR, .error = UV_ECONNRESET, .age = 12,
     COUNTER(refused_lost)},
    {"TLS: the server closes in the handshake", server_goes,
     ENDS(APP, TLS, SERVER_CLOSE), .told = NOBODY},
    {"TLS: the certificate is not trusted", not_trusted,
     ENDS(PEER, TLS, TLS_ALERT), .told = BY_ERROR, .error = WSS_ERR_TLS,
     ALERT(48, "unknown_ca"), .age = 12, COUNTER(refused_tls)},
    {"TLS: an alert in the clear", alert_in_the_clear,
     ENDS(PEER, TLS, TLS_ALERT), .told = BY_ERROR, .error = WSS_ERR_TLS,
     ALERT(42, "bad_certificate"), .age = 12, COUNTER(refused_tls)},
    {"TLS: a hello that is too slow", slow_hello,
     ENDS(LIBRARY, TLS, HANDSHAKE_TIMEOUT), .told = BY_ERROR,
     .error = WSS_ERR_TIMEOUT, .age = 10000, COUNTER(refused_timeout)},
    {"TLS: a newer one takes its place", displaced,
     .options = {.max_pending = 1}, ENDS(LIBRARY, TLS, MAX_PENDING),
     .told = BY_ERROR, .error = WSS_ERR_LIMIT, .age = 1, COUNTER(refused_limit),
     .others = true},
    {"TLS: no memory", no_memory, ENDS(LIBRARY, TLS, NO_MEMORY),
     .told = BY_ERROR, .error = WSS_ERR_NOMEM, COUNTER(refused_lost)},
    {"TLS: no handshake", no_handshake, TLS(TLS), .told = BY_ERROR,
     ALERT(10, "unexpected_message"), COUNTER(refused_tls)},
    {"TLS: version 1.1", tls_1_1, TLS(TLS), .told = BY_ERROR,
     ALERT(70, "protocol_version"), COUNTER(refused_tls)},
    {"TLS: no common cipher suite", rc4, TLS(TLS), .told = BY_ERROR,
     ALERT(40, "handshake_failure"), COUNTER(refused_tls)},
    {"TLS: an alert for a request", alert_for_a_request,
     ENDS(PEER, HTTP, TLS_ALERT), .told = BY_ERROR, .error = WSS_ERR_TLS,
     ALERT(80, "internal_error"), COUNTER(refused_tls)},
    {"TLS: a forged request", forged_request, TLS(HTTP), .told = BY_ERROR,
     ALERT(20, "bad_record_mac"), COUNTER(refused_tls)},
    {"TLS: an alert when open", alert_when_open, ENDS(PEER, OPEN, TLS_ALERT),
     .opened = true, .error = WSS_ERR_TLS, .status = 101,
     ALERT(90, "user_canceled"), .age = 31},
    {"TLS: a forged message", forged_message, TLS(OPEN), .opened = true,
     .status = 101, ALERT(20, "bad_record_mac")},
    {"TLS: a record that is too large", large_record, TLS(OPEN), .opened = true,
     .status = 101, ALERT(22, "record_overflow")},
    {"TLS: the peer closes", peer_closes, ENDS(PEER, OPEN, PEER_CLOSE),
     .opened = true, .status = 101, .code = 3001, .code_sent = 3001,
     .reason = "over", .age = 5},
};
const size_t ends_tls_count = sizeof ends_tls / sizeof ends_tls[0];
