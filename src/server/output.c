#include <string.h>

#include "server/conn.h"

/* Plaintext of the queue sealed at a time; the kernel mostly takes it whole. */
#define FLUSH_SIZE 65536

/* A message of so many bytes does not wait for the end of the turn. It is
   sealed in pieces that are so large that the kernel is called seldom, and so
   small that they stay in the processor's cache. */
#define THROUGH_SIZE (2 * WSS__TLS_PLAIN_MAX)
#define THROUGH_STEP 262144

/* A control frame, for which there is room on top of max_send_buffer. */
#define CONTROL_ROOM (WSS__MAX_SENT_FRAME_HEADER + WSS__MAX_CONTROL_PAYLOAD)

size_t wss__output_size(const wss_conn *conn) {
  return conn->out.length + conn->in_flight;
}

/* Bytes of a frame before its payload. */
static size_t header_size(size_t payload) {
  if (payload < 126)
    return 2;
  return payload < 65536 ? 4 : WSS__MAX_SENT_FRAME_HEADER;
}

/* What the program sends stays within max_send_buffer; Pongs cannot use up the
   room of the one Close frame. */
static size_t limit_of(const wss_conn *conn, wss__opcode opcode) {
  size_t limit = conn->server->options.max_send_buffer;
  if (opcode == WSS__PONG)
    return limit + CONTROL_ROOM;
  return opcode == WSS__CLOSE ? limit + 2 * CONTROL_ROOM : limit;
}

void wss__output_pong(wss_conn *conn, const uint8_t *payload, size_t size) {
  if (conn->stream.in_flight == 0 &&
      wss__output_frame(conn, WSS__PONG, payload, size) == 0)
    return;
  if (conn->pong == NULL)
    conn->pong =
        wss__malloc(&conn->server->allocator, 1 + WSS__MAX_CONTROL_PAYLOAD);
  if (conn->pong == NULL)
    return;
  conn->pong[0] = (uint8_t)size;
  if (size > 0)
    memcpy(conn->pong + 1, payload, size);
}

/* The Pong that waited, once the peer reads again. */
static void flush_pong(wss_conn *conn) {
  if (conn->pong == NULL || conn->state != WSS__OPEN ||
      wss__output_frame(conn, WSS__PONG, conn->pong + 1, conn->pong[0]) < 0)
    return;
  wss__free(&conn->server->allocator, conn->pong);
  conn->pong = NULL;
}

static void write_wire(wss_conn *conn, const uint8_t *data, size_t size) {
  int err = wss__stream_write(&conn->stream, data, size);
  if (err == WSS_ERR_NOMEM)
    wss__conn_note(conn, WSS_CAUSE_NO_MEMORY, err, "out of memory");
  if (err < 0) {
    wss__conn_lost(conn, err, "cannot write to the peer");
    return;
  }
  conn->uncounted += size;
  wss__output_count(conn);
}

void wss__output_count(wss_conn *conn) {
  size_t unsent = wss__stream_unsent(&conn->stream);
  size_t taken = conn->uncounted > unsent ? conn->uncounted - unsent : 0;
  conn->uncounted -= taken;
  conn->bytes_out += (int64_t)taken;
  conn->server->stats.bytes_out += (int64_t)taken;
}

void wss__output_wire(wss_conn *conn) {
  wss__buf *wire = &conn->server->wire;
  write_wire(conn, wss__buf_data(wire), wire->length);
  wss__buf_clear(wire);
}

/* Puts bytes on the wire. */
static void write_plain(wss_conn *conn, const uint8_t *data, size_t size) {
  wss_server *server = conn->server;

  if (conn->tls == NULL) {
    write_wire(conn, data, size);
  } else {
    int err = wss__tls_channel_write(conn->tls, &server->wire, data, size);
    if (err < 0) {
      wss__buf_clear(&server->wire);
      wss__conn_note(conn,
                     err == WSS_ERR_NOMEM ? WSS_CAUSE_NO_MEMORY : WSS_CAUSE_TLS,
                     err, wss__tls_channel_why(conn->tls));
      wss__conn_finish(conn);
      return;
    }
    wss__output_wire(conn);
  }
  /* TLS's overhead does not count, so that max_send_buffer is exact. */
  conn->in_flight =
      conn->stream.in_flight < size ? conn->stream.in_flight : size;
}

static bool may_write(const wss_conn *conn) {
  return conn->state != WSS__CLOSED && conn->stream.in_flight == 0;
}

static void flush_queue(wss_conn *conn) {
  while (may_write(conn) && conn->out.length > 0) {
    size_t size = conn->out.length < FLUSH_SIZE ? conn->out.length : FLUSH_SIZE;
    write_plain(conn, wss__buf_data(&conn->out), size);
    wss__buf_consume(&conn->out, &conn->server->allocator, size);
  }
}

void wss__output_flush(wss_conn *conn) {
  if (conn->stream.in_flight == 0)
    flush_pong(conn);
  flush_queue(conn);
}

/* The rest of a large message, straight from the program's memory; what the
   kernel does not take is queued. */
static int write_through(wss_conn *conn, const uint8_t *data, size_t size) {
  flush_queue(conn);
  while (may_write(conn) && size > 0) {
    size_t step = size < THROUGH_STEP ? size : THROUGH_STEP;
    write_plain(conn, data, step);
    data += step;
    size -= step;
  }
  if (conn->state == WSS__CLOSED ||
      wss__buf_append(&conn->out, &conn->server->allocator, data, size) == 0)
    return 0;
  wss__conn_lost(conn, WSS_ERR_NOMEM, "out of memory");
  return WSS_ERR_NOMEM;
}

int wss__output_frame(wss_conn *conn, wss__opcode opcode, const void *payload,
                      size_t size) {
  size_t limit = limit_of(conn, opcode);
  size_t header = header_size(size);
  size_t need = header + size;
  size_t queued = size;
  uint8_t *to;

  if (limit < header || size > limit - header)
    return WSS_ERR_TOO_BIG;
  if (wss__output_size(conn) > limit - need)
    return WSS_ERR_AGAIN;
  if (size >= THROUGH_SIZE && may_write(conn))
    queued =
        WSS__TLS_PLAIN_MAX - (conn->out.length + header) % WSS__TLS_PLAIN_MAX;
  to = wss__buf_reserve(&conn->out, &conn->server->allocator, header + queued);
  if (to == NULL)
    return WSS_ERR_NOMEM;
  to += wss__frame_pack(to, opcode, true, size);
  if (queued > 0)
    memcpy(to, payload, queued);
  wss__buf_commit(&conn->out, header + queued);
  wss__conn_touch(conn);
  return queued == size ? 0
                        : write_through(conn, (const uint8_t *)payload + queued,
                                        size - queued);
}
