#include "support/client.h"

#include <stdlib.h>
#include <string.h>

/* How much of a ClientHello, and of a request, comes at first. */
#define SOME 50

/* ---- Birth and death ----------------------------------------------------- */

static void find_conn(sim_client *client) {
  const wss__list *conns = &client->host->server->conns;
  assert_ptr_not_equal(conns->prev, conns);
  client->conn = wss__list_entry(conns->prev, wss_conn, link); /* the newest */
}

void client_dial(sim_client *client, sim_host *host, int version) {
  memset(client, 0, sizeof *client);
  client->host = host;
  client->secure = version != 0;
  if (client->secure) {
    tls_client_open(&client->tls, "ca.pem", version);
    client->peer = sim_connect(host->secure_port);
    client->tls.peer = client->peer;
  } else {
    client->peer = sim_connect(host->port);
  }
  assert_non_null(client->peer);
  sim_settle();
}

void client_connect(sim_client *client, sim_host *host, int version) {
  client_dial(client, host, version);
  find_conn(client);
}

void client_gone(sim_client *client) {
  client->peer = NULL;
  client->tls.peer = NULL;
}

void client_close(sim_client *client) {
  if (client->peer != NULL)
    sim_hang_up(client->peer);
  client_gone(client);
  if (client->secure)
    tls_client_close(&client->tls);
  free(client->text);
}

wss__state client_state(const sim_client *client) {
  return (wss__state)client->conn->state;
}

/* ---- Bytes --------------------------------------------------------------- */

bool client_send(sim_client *client, const void *data, size_t size) {
  if (client->peer == NULL)
    return false;
  if (!client->secure)
    return sim_send(client->peer, data, size);
  return mbedtls_ssl_write(&client->tls.ssl, data, size) == (int)size;
}

bool client_frame(sim_client *client, uint8_t first, const void *payload,
                  size_t size) {
  uint8_t *frame = malloc(size + 14);
  bool sent;
  assert_non_null(frame);
  sent = client_send(client, frame, host_pack(frame, first, payload, size));
  free(frame);
  return sent;
}

static void keep(sim_client *client, const void *data, size_t size) {
  client->text = realloc(client->text, client->size + size + 1);
  assert_non_null(client->text);
  memcpy(client->text + client->size, data, size);
  client->size += size;
  client->text[client->size] = '\0';
}

void client_read(sim_client *client) {
  if (client->peer == NULL)
    return;
  if (!client->secure) {
    keep(client,
         client->peer->data == NULL ? (uint8_t *)"" : client->peer->data,
         client->peer->size);
    if (client->peer->size > 0)
      sim_forget(client->peer, client->peer->size);
    return;
  }
  do {
    client->tls.plain_size = 0;
    (void)tls_client_read(&client->tls);
    keep(client, client->tls.plain, client->tls.plain_size);
  } while (client->tls.plain_size > 0);
}

/* ---- A good client ------------------------------------------------------- */

/* The request up to a byte of it. */
static void ask(sim_client *client, size_t size) {
  const char *request =
      host_handshake(client->lines == NULL ? "" : client->lines);
  if (size > strlen(request))
    size = strlen(request);
  if (size <= client->asked)
    return;
  if (client_send(client, request + client->asked, size - client->asked))
    client->asked = size;
}

/* Finds the frame at the place judged: its header and size; false if it is not
   there as a whole. */
static bool next_frame(const sim_client *client, size_t *header, size_t *size) {
  const uint8_t *frame = (const uint8_t *)client->text + client->judged;
  size_t left = client->size - client->judged;
  size_t i;
  if (left < 2)
    return false;
  *header = frame[1] == 126 ? 4 : frame[1] == 127 ? 10 : 2;
  if (left < *header)
    return false;
  *size = *header == 2 ? frame[1] : 0;
  for (i = 2; i < *header; i++)
    *size = *size << 8 | frame[i];
  return left - *header >= *size;
}

static void answer_frame(sim_client *client, const char *frame, size_t header,
                         size_t size) {
  const uint8_t *payload = (const uint8_t *)frame + header;
  uint8_t first = (uint8_t)frame[0];
  if (first == 0x81 || first == 0x82)
    client->messages++;
  if (first == 0x89) {
    client->pings++;
    if (!client->mute)
      (void)client_frame(client, 0x8a, payload, size);
  }
  if (first == 0x88 && size >= 2)
    client->code = payload[0] << 8 | payload[1];
  if (first == 0x88 && !client->answered) {
    client->answered = true;
    (void)client_frame(client, 0x88, "\x03\xe8", 2);
  }
}

void client_answer(sim_client *client) {
  size_t header;
  size_t size;
  client_read(client);
  if (client->judged == 0) {
    const char *end =
        client->size == 0 ? NULL : strstr(client->text, "\r\n\r\n");
    if (end == NULL || strncmp(client->text, "HTTP/1.1 101 ", 13) != 0)
      return;
    client->judged = (size_t)(end + 4 - client->text);
  }
  while (next_frame(client, &header, &size)) {
    answer_frame(client, client->text + client->judged, header, size);
    client->judged += header + size;
  }
}

static void end(sim_client *client) {
  client->ended = true;
  sim_fin(client->peer);
}

static void step(sim_client *client) {
  if (client->secure && !mbedtls_ssl_is_handshake_over(&client->tls.ssl)) {
    (void)tls_client_step(&client->tls);
    if (client->peer->fin && !client->ended)
      end(client);
    return;
  }
  ask(client, SIZE_MAX);
  client_answer(client);
  if (client->peer->fin && !client->ended)
    end(client);
}

void client_go_on(sim_client *client) {
  size_t before;
  bool ended;
  if (client->peer != NULL)
    sim_arrive(client->peer, SIZE_MAX);
  sim_settle();
  if (client->peer == NULL)
    return;
  do {
    before = client->size + client->asked + client->tls.received +
             client->tls.sent + client->answered;
    ended = client->ended;
    step(client);
    sim_settle();
  } while (before != client->size + client->asked + client->tls.received +
                         client->tls.sent + client->answered ||
           ended != client->ended);
}

void client_finish(sim_client *client) {
  client_go_on(client);
  if (client->peer == NULL || client->answered || client->ended)
    return;
  client->answered = true;
  (void)client_frame(client, 0x88, "\x03\xe8", 2);
  sim_settle();
  client_go_on(client);
}

/* ---- Leading to a state -------------------------------------------------- */

void client_shake(sim_client *client) {
  while (client->secure && !mbedtls_ssl_is_handshake_over(&client->tls.ssl)) {
    size_t before = client->tls.sent + client->tls.received;
    (void)tls_client_step(&client->tls);
    sim_settle();
    assert_true(client->tls.sent + client->tls.received > before);
  }
}

void client_lead_on(sim_client *client, wss__state state) {
  if (state == WSS__CLOSING) {
    (void)wss_close(client->conn, 0, NULL);
    sim_settle();
  } else if (state == WSS__FINISHING) {
    client->answered = true;
    (void)client_frame(client, 0x88, "\x03\xe8", 2);
    sim_settle();
  } else if (state == WSS__CLOSED) {
    wss_terminate(client->conn);
  }
}

void client_lead(sim_client *client, wss__state state) {
  if (state == WSS__TLS) {
    sim_arrive(client->peer, SOME);
    (void)tls_client_step(&client->tls);
    sim_settle();
  } else if (state > WSS__TLS) {
    client_shake(client);
    ask(client, state == WSS__HTTP ? SOME : SIZE_MAX);
    sim_settle();
  }
  if (state >= WSS__OPEN) {
    assert_int_equal(client_state(client), WSS__ASKED);
    assert_int_equal(wss_accept(client->conn, NULL), 0);
    sim_settle();
    client_read(client);
  }
  client_lead_on(client, state);
  assert_int_equal(client_state(client), state);
}
