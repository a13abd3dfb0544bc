#include "ends/ends.h"

#include <string.h>

#include "server/conn.h"

/* ---- Peers --------------------------------------------------------------- */

void end_connect(end_run *it) {
  it->sent = 0;
  it->peer = host_connect(&it->host);
  sim_settle();
}

void end_meet(end_run *it) {
  end_connect(it);
  end_text(it, host_handshake(""));
  assert_int_equal(it->host.opens, 1);
  assert_true(sim_has(it->peer, "HTTP/1.1 101 "));
}

void end_connect_secure(end_run *it) {
  host_listen_tls(&it->host);
  it->peer = sim_connect(it->host.secure_port);
  assert_non_null(it->peer);
  sim_settle();
}

void end_connect_tls(end_run *it, int version) {
  host_listen_tls(&it->host);
  it->tls = true;
  tls_client_connect(&it->client, &it->host, version);
  it->peer = it->client.peer;
}

void end_meet_tls(end_run *it, int version) {
  host_listen_tls(&it->host);
  it->tls = true;
  tls_client_meet(&it->client, &it->host, version);
  it->peer = it->client.peer;
}

void end_send(end_run *it, const void *data, size_t size) {
  assert_true(sim_send(it->peer, data, size));
  it->sent += (int64_t)size;
  sim_settle();
}

void end_text(end_run *it, const char *text) {
  end_send(it, text, strlen(text));
}

void end_frame(end_run *it, uint8_t first, const void *payload, size_t size) {
  uint8_t frame[8192];
  assert_in_range(size, 0, sizeof frame - 14);
  size = host_pack(frame, first, payload, size);
  if (it->tls) {
    tls_client_write(&it->client, frame, size);
    sim_settle();
  } else {
    end_send(it, frame, size);
  }
}

void end_fin(end_run *it) {
  sim_fin(it->peer);
  sim_settle();
}

/* The peer goes; counts what it has had. */
static void leave(end_run *it) {
  if (it->tls) {
    it->sent += (int64_t)it->client.sent;
    it->received += (int64_t)it->client.received;
    it->client.peer = NULL;
  }
  it->received += (int64_t)it->peer->size;
  it->peer = NULL;
}

void end_reset(end_run *it) {
  sim_peer *peer = it->peer;
  leave(it);
  sim_reset(peer);
  sim_settle();
}

void end_hang_up(end_run *it) {
  sim_peer *peer = it->peer;
  leave(it);
  sim_hang_up(peer);
  sim_settle();
}

void end_shut(end_run *it, int64_t grace) {
  host_shut(&it->host, grace);
  end_look(it);
  sim_settle();
}

void end_pong(end_run *it) {
  const uint8_t *ping = it->peer->data + it->peer->size - 10;
  assert_true(it->peer->size > 10);
  assert_memory_equal(ping, "\x89\x08", 2);
  end_frame(it, 0x8a, ping + 2, 8);
}

void end_look(end_run *it) {
  const wss__list *conns = &it->host.server->conns;
  assert_false(wss__list_empty(conns));
  it->seen = (wss_cause)wss__list_entry(conns->next, wss_conn, link)->cause;
}
