/* D7: wss_server_close at each byte of a TLS handshake and the upgrade behind
   it, in both directions, with TLS 1.2 and 1.3. Every ninth byte, or with
   WSS_ALL_CUTS in the environment each one. */
#include "support/tls_client.h"

#include <stdlib.h>
#include <string.h>

#include "server/conn.h"

#define GRACE 3000

/* What the cut divides. */
typedef enum cut_way { FROM_CLIENT, TO_CLIENT, WAYS } cut_way;

/* What the peer does then. */
typedef enum cut_sequel { SILENCE, GOES_ON, RESETS, SEQUELS } cut_sequel;

typedef struct half_done {
  sim_host host;
  tls_client client;
  bool asked; /* the client has sent its request */
} half_done;

static size_t cuts_in[WSS__CLOSED + 1]; /* each state of a connection */

/* Shakes hands and asks, as far as the bytes come; the number of a client's
   errors is unlimited. */
static void go_on(half_done *cut) {
  tls_client *client = &cut->client;
  const char *request = host_handshake("");
  size_t moved;
  do {
    moved = client->sent + client->received;
    sim_settle();
    if (!mbedtls_ssl_is_handshake_over(&client->ssl)) {
      (void)tls_client_step(client);
    } else if (!cut->asked) {
      cut->asked = true;
      (void)mbedtls_ssl_write(&client->ssl, (const unsigned char *)request,
                              strlen(request));
    } else {
      (void)tls_client_read(client);
    }
  } while (client->sent + client->received > moved);
}

/* True if the cut is where the handshake is over already: it divides nothing.
 */
static bool go_to_the_cut(half_done *cut, cut_way way, size_t bytes,
                          int version) {
  tls_client *client = &cut->client;
  tls_client_open(client, "ca.pem", version);
  client->peer = sim_connect(cut->host.secure_port);
  assert_non_null(client->peer);
  if (way == FROM_CLIENT)
    sim_arrive(client->peer, bytes);
  else
    sim_quota(client->peer, bytes);
  go_on(cut);
  return way == FROM_CLIENT ? client->sent < bytes : client->received < bytes;
}

static void note_state(const half_done *cut) {
  const wss__list *conns = &cut->host.server->conns;
  assert_ptr_not_equal(conns->next, conns);
  cuts_in[wss__list_entry(conns->next, wss_conn, link)->state]++;
}

/* The peer hears of the end and answers what is to be answered. */
static void answer(half_done *cut) {
  tls_client *client = &cut->client;
  uint8_t frame[16];
  sim_arrive(client->peer, SIZE_MAX);
  sim_quota(client->peer, SIZE_MAX);
  go_on(cut);
  if (cut->host.opens > 0) {
    const char *end = client->plain + client->plain_size - 4;
    assert_true(client->plain_size > 4);
    assert_memory_equal(client->plain, "HTTP/1.1 101 ", 13);
    assert_memory_equal(end, "\x88\x02\x03\xe9", 4);
    assert_true(mbedtls_ssl_write(&client->ssl, frame,
                                  host_pack(frame, 0x88, "\x03\xe9", 2)) > 0);
    sim_settle();
  }
  assert_true(client->peer->fin || client->peer->reset);
  sim_fin(client->peer);
  sim_settle();
}

static void end(half_done *cut, cut_sequel sequel) {
  uint64_t start = sim_now();
  host_shut(&cut->host, GRACE);
  if (sequel == GOES_ON) {
    answer(cut);
  } else if (sequel == RESETS) {
    sim_reset(cut->client.peer);
    sim_settle();
  }
  if (sequel != SILENCE)
    assert_int_equal(cut->host.closed, 1);
  while (cut->host.closed == 0)
    sim_advance(1);
  assert_in_range(sim_now() - start, 0, GRACE);
}

static void check_records(const sim_host *host) {
  assert_int_equal(host->errors, 0);
  assert_int_equal(host->requests, host->opens);
  assert_int_equal(host->closes, host->requests);
  if (host->closes == 0)
    return;
  assert_false(host_last(host)->by_error);
  assert_int_equal(host_last(host)->info.initiator, WSS_BY_APP);
  assert_int_equal(host_last(host)->info.code_sent, 1001);
}

/* False behind the last byte. */
static bool cut_at(size_t bytes, cut_way way, int version, cut_sequel sequel) {
  static half_done cut;
  bool behind;
  cut.asked = false;
  host_open(&cut.host, NULL, false);
  host_listen_tls(&cut.host);
  behind = go_to_the_cut(&cut, way, bytes, version);
  if (!behind)
    note_state(&cut);
  end(&cut, sequel);
  check_records(&cut.host);
  host_close(&cut.host);
  tls_client_close(&cut.client);
  return !behind;
}

static void at_each_byte(void **state) {
  size_t stride = getenv("WSS_ALL_CUTS") == NULL ? 9 : 1;
  size_t count = 0;
  int version;
  (void)state;
  for (version = 12; version <= 13; version++) {
    int way;
    for (way = 0; way < WAYS; way++) {
      size_t bytes;
      for (bytes = 0;
           cut_at(bytes, (cut_way)way, version, (cut_sequel)(count % SEQUELS));
           bytes += stride)
        count++;
    }
  }
  print_message("%zu cuts: %zu before the first byte, %zu in TLS, %zu in HTTP, "
                "%zu when open\n",
                count, cuts_in[WSS__ACCEPTED], cuts_in[WSS__TLS],
                cuts_in[WSS__HTTP], cuts_in[WSS__OPEN]);
  assert_true(count * stride > 2700);
  assert_true(cuts_in[WSS__ACCEPTED] > 0 && cuts_in[WSS__TLS] > 0 &&
              cuts_in[WSS__HTTP] > 0 && cuts_in[WSS__OPEN] > 0);
}

/* Row 9 of the field's bugs: many at once, each at another byte. */
static void with_many_half_done(void **state) {
  enum { COUNT = 100 };
  static tls_client clients[COUNT];
  static sim_host host;
  size_t i;
  (void)state;
  host_open(&host, NULL, false);
  host_listen_tls(&host);
  for (i = 0; i < COUNT; i++) {
    tls_client_open(&clients[i], "ca.pem", i % 2 == 0 ? 12 : 13);
    clients[i].peer = sim_connect(host.secure_port);
    assert_non_null(clients[i].peer);
    sim_arrive(clients[i].peer, 4 * i);
    (void)tls_client_step(&clients[i]);
    sim_settle();
    (void)tls_client_step(&clients[i]);
  }
  host_shut(&host, GRACE);
  for (i = 0; i < COUNT; i++)
    sim_arrive(clients[i].peer, SIZE_MAX);
  sim_settle();
  assert_int_equal(host.closed, 1);
  host_close(&host);
  for (i = 0; i < COUNT; i++)
    tls_client_close(&clients[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(at_each_byte),
      cmocka_unit_test(with_many_half_done),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
