#include "server/conn.h"

/* The content type of a TLS handshake record (RFC 8446 5.1). */
#define TLS_HANDSHAKE_RECORD 0x16

/* Input dropped while finishing before the connection is cut. */
#define MAX_DROPPED 65536

static void no_memory(wss_conn *conn) {
  if (conn->state == WSS__OPEN) {
    wss__messages_fail(conn, WSS_CAUSE_NO_MEMORY, WSS_ERR_NOMEM,
                       "out of memory");
    return;
  }
  wss__conn_note(conn, WSS_CAUSE_NO_MEMORY, WSS_ERR_NOMEM, "out of memory");
  wss__conn_finish(conn);
}

static size_t drop(wss_conn *conn, uint8_t *data, size_t size) {
  (void)data;
  conn->dropped += size;
  if (conn->dropped > MAX_DROPPED)
    wss__conn_finish(conn);
  return size;
}

/* Who reads plaintext in each state in which it is not held; each returns how
   much it took. */
static size_t plain_input(wss_conn *conn, uint8_t *data, size_t size) {
  static size_t (*const readers[])(wss_conn *, uint8_t *, size_t) = {
      [WSS__HTTP] = wss__upgrade_input,
      [WSS__OPEN] = wss__messages_input,
      [WSS__CLOSING] = wss__messages_input,
      [WSS__FINISHING] = drop,
      [WSS__CLOSED] = drop,
  };
  size_t used = 0;
  while (used < size && !wss__conn_held(conn))
    used += readers[conn->state](conn, data + used, size - used);
  return used;
}

static void tls_failed(wss_conn *conn, int error) {
  bool from_peer;
  /* What is queued can no longer be sealed; the alert is on its way. */
  wss__buf_consume(&conn->out, &conn->server->allocator, conn->out.length);
  conn->tls_alert = (int16_t)wss__tls_channel_alert(conn->tls, &from_peer);
  wss__conn_note(conn,
                 error == WSS_ERR_NOMEM ? WSS_CAUSE_NO_MEMORY
                 : from_peer            ? WSS_CAUSE_TLS_ALERT
                                        : WSS_CAUSE_TLS,
                 error, wss__tls_channel_why(conn->tls));
  wss__conn_end(conn, false);
}

/* The handshake has got as far as an answer, which took arithmetic. */
static void answered(wss_conn *conn) {
  wss__admission_spoke(conn);
  wss__admission_stepped(conn);
}

/* Whether the handshake may go on. Until its first turn a connection costs no
   TLS memory: of a thousand that come at once, a few have it at a time. */
static bool may_shake(wss_conn *conn) {
  int err;
  if (!wss__admission_may_step(conn))
    return false;
  if (conn->tls != NULL)
    return true;
  err =
      wss__tls_channel_new(&conn->tls, conn->secure, &conn->server->allocator);
  if (err == 0)
    return true;
  wss__conn_note(conn,
                 err == WSS_ERR_NOMEM ? WSS_CAUSE_NO_MEMORY : WSS_CAUSE_TLS,
                 err, "cannot start TLS");
  wss__conn_finish(conn);
  return false;
}

/* Puts bytes through TLS; returns how many of them it took. */
static size_t tls_input(wss_conn *conn, uint8_t *data, size_t size) {
  wss_server *server = conn->server;
  wss__tls_io io = {.input = data,
                    .input_size = size,
                    .output = &server->wire,
                    .scratch = server->scratch};

  while (!wss__conn_held(conn)) {
    size_t used;
    int result;
    if (conn->state >= WSS__FINISHING)
      return size - io.input_size + drop(conn, io.input, io.input_size);
    if (conn->state == WSS__TLS && !may_shake(conn))
      break;
    result = wss__tls_channel_read(conn->tls, &io);
    if (conn->state == WSS__CLOSED) { /* within on_sni */
      wss__buf_clear(&server->wire);
      return size;
    }
    if (result < 0)
      tls_failed(conn, result);
    else if (conn->state == WSS__TLS && server->wire.length > 0)
      answered(conn);
    wss__output_wire(conn);
    if (result < 0 || conn->state == WSS__CLOSED) /* not written */
      return size;
    switch (result) {
    case WSS__TLS_WANT:
      return size;
    case WSS__TLS_READY:
      server->stats.tls_handshakes++;
      conn->state = WSS__HTTP;
      break;
    case WSS__TLS_DATA:
      conn->more_input = io.input_size > 0;
      used = plain_input(conn, io.data, io.size);
      if (used < io.size &&
          wss__buf_append(&conn->kept_plain, &server->allocator, io.data + used,
                          io.size - used) < 0)
        no_memory(conn);
      break;
    case WSS__TLS_END:
      wss__conn_peer_ended(conn);
      return size;
    default: /* errors were dealt with */
      return size;
    }
  }
  return size - io.input_size;
}

/* Bytes of somebody who speaks no TLS to a TLS port: HTTP, or whatever. */
static void refuse_plain(wss_conn *conn, uint8_t first) {
  wss_server *server = conn->server;
  int alert;
  if (first >= 'A' && first <= 'Z') {
    wss__refusal refusal;
    (void)wss__refuse(&refusal, WSS_ERR_PLAIN_HTTP, 400,
                      "This port speaks TLS: use https:// or wss:// here, not "
                      "http:// or ws://.");
    wss__upgrade_refuse(conn, WSS_CAUSE_PLAIN_HTTP, &refusal);
    return;
  }
  wss__conn_note(conn, WSS_CAUSE_NOT_TLS, WSS_ERR_TLS,
                 "the first byte is not of a TLS record");
  alert = wss__tls_refuse_garbage(&server->wire, &server->allocator);
  if (alert >= 0)
    conn->tls_alert = (int16_t)alert;
  wss__output_wire(conn);
  wss__conn_end(conn, false);
}

/* The first byte decides what is spoken. */
static void begin(wss_conn *conn, uint8_t first) {
  conn->state = conn->secure == NULL ? WSS__HTTP : WSS__TLS;
  if (conn->secure != NULL && first != TLS_HANDSHAKE_RECORD)
    refuse_plain(conn, first);
}

static size_t wire_input(wss_conn *conn, uint8_t *data, size_t size) {
  if (conn->state == WSS__ACCEPTED && size > 0)
    begin(conn, data[0]);
  if (conn->state >= WSS__FINISHING)
    return drop(conn, data, size);
  if (conn->secure != NULL)
    return tls_input(conn, data, size);
  return plain_input(conn, data, size);
}

/* Keeps what was read but not taken: at most one read's worth. */
static void keep(wss_conn *conn, const uint8_t *data, size_t size) {
  wss__buf *kept = conn->secure != NULL ? &conn->kept_wire : &conn->kept_plain;
  if (size == 0 || conn->state == WSS__CLOSED)
    return;
  if (wss__buf_append(kept, &conn->server->allocator, data, size) < 0)
    no_memory(conn);
}

bool wss__input_kept(wss_conn *conn) {
  const wss_allocator *allocator = &conn->server->allocator;
  wss__buf *kept = &conn->kept_plain;
  size_t used;

  if (conn->state == WSS__CLOSED || wss__conn_held(conn))
    return false;
  if (kept->length > 0) {
    used = plain_input(conn, kept->memory + kept->start, kept->length);
  } else {
    kept = &conn->kept_wire;
    if (kept->length == 0)
      return false;
    used = wire_input(conn, kept->memory + kept->start, kept->length);
  }
  wss__buf_consume(kept, allocator, used);
  return used > 0;
}

void wss__input(wss_conn *conn, uint8_t *data, size_t size) {
  size_t used = 0;
  if (conn->kept_plain.length == 0 && conn->kept_wire.length == 0)
    used = wire_input(conn, data, size);
  keep(conn, data + used, size - used);
}
