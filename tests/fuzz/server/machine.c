#include "server/machine.h"

#include <stdlib.h>
#include <string.h>

#include "server/app.h"

#define START 1000000 /* ms */
#define MAX_STEPS 300
#define MAX_ACTS 100

enum operation {
  CONNECT,
  RAW,
  TEXT,
  FRAME,
  BIG_FRAME,
  FIN,
  HANG_UP,
  RESET,
  TIME,
  READ,
  ROOM,
  TAKE,
  FAULT,
  ACT,
  REACTION,
  NO_MEMORY,
  STALL,
  DESCRIPTORS,
  TRANSPORT,
  MEET,
  OPERATIONS
};

typedef struct machine {
  const machine_transport *transport;
  app app;
  machine_peer peers[MACHINE_PEERS];
  int port;
  size_t sent; /* by peers, in all */
  const uint8_t *data;
  size_t size;
  size_t at;
} machine;

static const char *const texts[] = {
    "GET /chat?room=1 HTTP/1.1\r\nHost: example.org\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n",
    "Origin: https://example.org\r\n",
    "Origin: https://other.example\r\n",
    "Sec-WebSocket-Protocol: chat, superchat\r\n",
    "\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\n",
    "HEAD / HTTP/1.1\r\nHost: h\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\n",
    "GET / HTTP/1.0\r\n",
    "Content-Length: 5\r\n",
};

/* ---- Options ------------------------------------------------------------- */

/* One of four values, by two bits of the input. */
static int64_t choose(const uint8_t *data, int bit, int64_t a, int64_t b,
                      int64_t c) {
  const int64_t values[] = {0, a, b, c};
  return values[data[bit / 8] >> bit % 8 & 3];
}

static void choose_options(wss_options *options, const uint8_t *data) {
  static const char *const subprotocols[] = {"superchat", NULL};
  static const char *const origins[] = {"*", NULL};
  memset(options, 0, sizeof *options);
  options->max_message_size = choose(data, 0, 1, 125, 70000);
  options->max_fragments = choose(data, 2, 1, 2, WSS_OFF);
  options->max_control_rate = choose(data, 4, 1, 2, WSS_OFF);
  options->max_send_buffer = choose(data, 6, 300, 5000, 100000);
  options->send_high_water = choose(data, 8, 1, 1000, 50000);
  options->max_connections = choose(data, 10, 1, 2, 3);
  options->max_pending = choose(data, 12, 1, 2, WSS_OFF);
  options->max_per_address = choose(data, 14, 1, 2, WSS_OFF);
  options->idle_timeout = choose(data, 16, 1000, WSS_OFF, 30000);
  options->message_timeout = choose(data, 18, 10, WSS_OFF, 5000);
  options->max_header_size = choose(data, 20, 100, 300, 20000);
  options->origins = (data[2] & 0x80) != 0 ? origins : NULL;
  options->subprotocols = (data[2] & 0x40) != 0 ? subprotocols : NULL;
}

/* ---- Peers --------------------------------------------------------------- */

static void connect_peer(machine *it, machine_peer *peer, uint8_t from,
                         uint8_t how) {
  if (peer->peer != NULL)
    return;
  peer->peer =
      from == 0 ? sim_connect(it->port) : sim_connect_from(it->port, from);
  if (peer->peer != NULL)
    it->transport->open(peer, how);
}

/* The end of a connection, from the peer's side; what it had got is checked. */
static void leave(machine *it, machine_peer *peer,
                  void (*how)(sim_peer *peer)) {
  if (peer->peer == NULL)
    return;
  it->transport->check(peer);
  it->transport->close(peer);
  how(peer->peer);
  peer->peer = NULL;
}

static void pump(machine *it) {
  size_t i;
  for (i = 0; i < MACHINE_PEERS; i++) {
    if (it->peers[i].peer != NULL)
      it->transport->pump(&it->peers[i]);
  }
}

static void settle(machine *it) {
  int i;
  for (i = 0; i < 4; i++) { /* flights of a TLS handshake */
    sim_settle();
    pump(it);
  }
  sim_settle();
  app_check(&it->app, it->sent, true);
}

static void send_to(machine *it, machine_peer *peer, const uint8_t *bytes,
                    size_t size) {
  if (peer->peer == NULL)
    return;
  it->sent += size;
  it->transport->send(peer, bytes, size);
}

static void send_text(machine *it, machine_peer *peer, const char *text) {
  send_to(it, peer, (const uint8_t *)text, strlen(text));
}

static void send_frame(machine *it, machine_peer *peer, uint8_t first,
                       const uint8_t *payload, size_t size) {
  static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
  uint8_t *frame = malloc(size + 14);
  size_t head = 2;
  size_t i;
  CHECK(frame != NULL);
  frame[0] = first;
  frame[1] = (uint8_t)(0x80 | (size < 126 ? size : size < 65536 ? 126 : 127));
  for (i = size < 126 ? 0 : size < 65536 ? 2 : 8; i > 0; i--)
    frame[head++] = (uint8_t)(size >> 8 * (i - 1));
  memcpy(frame + head, mask, 4);
  for (i = 0; i < size; i++)
    frame[head + 4 + i] = (uint8_t)(payload[i] ^ mask[i % 4]);
  send_to(it, peer, frame, head + 4 + size);
  free(frame);
}

/* ---- Operations ---------------------------------------------------------- */

/* Takes at most size bytes off the input. */
static const uint8_t *take(machine *it, size_t *size) {
  const uint8_t *bytes = it->data + it->at;
  if (*size > it->size - it->at)
    *size = it->size - it->at;
  it->at += *size;
  return bytes;
}

/* A call fails once, up to three times, or for ever; but no kernel says for
   ever that there is something, and that there is nothing. */
static void fault(uint8_t a, uint8_t b) {
  static const int errors[] = {UV_ENOMEM,       UV_ECONNRESET, UV_EPIPE,
                               UV_EMFILE,       UV_EAGAIN,     UV_EINVAL,
                               UV_ECONNABORTED, UV_ETIMEDOUT};
  int error = errors[b & 7];
  bool ever = b >> 6 == 3 && error != UV_EAGAIN;
  sim_fail((sim_call)(a % SIM_CALLS), error, 1 + (b >> 3 & 7),
           ever ? UINT64_MAX / 2 : 1 + (b >> 6));
}

/* Operations on a peer that is connected. */
static void on_peer(machine *it, machine_peer *peer, enum operation what,
                    uint8_t a, uint8_t b) {
  static uint8_t letters[255 * 300];
  size_t size = what == FRAME ? b : a;
  const uint8_t *bytes;
  if (what == RAW || what == FRAME) {
    bytes = take(it, &size);
    if (what == RAW)
      send_to(it, peer, bytes, size);
    else
      send_frame(it, peer, a, bytes, size);
  }
  if (what == TEXT)
    send_text(it, peer, texts[a % (sizeof texts / sizeof texts[0])]);
  if (what == BIG_FRAME) {
    memset(letters, 'x', sizeof letters);
    send_frame(it, peer, a, letters, (size_t)b * 300);
  }
  if (what == FIN)
    sim_fin(peer->peer);
  if (what == READ)
    sim_peer_read(peer->peer, (a & 1) != 0);
  if (what == ROOM) {
    sim_room(peer->peer, a == 255 ? SIZE_MAX : (size_t)a * 64);
    sim_step(peer->peer, b);
  }
  if (what == TAKE)
    sim_take(peer->peer, (size_t)a * 64 + b);
  if (what == TRANSPORT) {
    size = it->size - it->at;
    it->at += it->transport->act(peer, a, b, it->data + it->at, size);
    it->sent += 70000;
  }
}

/* Operations on the machine. */
static void on_machine(machine *it, size_t index, enum operation what,
                       uint8_t a, uint8_t b) {
  static const uint64_t times[] = {1, 100, 1000, 5000, 10000, 30000, 61000, 0};
  app_conn *conn = b < it->app.count ? &it->app.conns[b] : NULL;
  if (what == CONNECT || what == MEET)
    connect_peer(it, &it->peers[index], a, b);
  if (what == MEET) {
    settle(it);
    send_text(it, &it->peers[index], texts[0]);
    send_text(it, &it->peers[index], "\r\n");
  }
  if (what == HANG_UP)
    leave(it, &it->peers[index], sim_hang_up);
  if (what == RESET)
    leave(it, &it->peers[index], sim_reset);
  if (what == TIME)
    sim_advance(times[a & 7] + b);
  if (what == FAULT)
    fault(a, b);
  if (what == ACT)
    app_act(&it->app, conn, a);
  if (what == REACTION)
    it->app.reactions[a % APP_CALLBACKS] = b;
  if (what == NO_MEMORY)
    test_allocator_fail(&it->app.memory, a, (b & 1) != 0);
  if (what == STALL)
    sim_stall((uint64_t)a * 1000);
  if (what == DESCRIPTORS)
    sim_max_fds(a < 128 ? 4 + a % 16 : 65536);
}

static void step(machine *it) {
  uint8_t first = it->data[it->at];
  uint8_t a = it->data[it->at + 1];
  uint8_t b = it->data[it->at + 2];
  size_t index = first >> 5 & 3;
  enum operation what = (enum operation)((first & 31) % OPERATIONS);
  it->at += 3;
  if (it->peers[index].peer != NULL)
    on_peer(it, &it->peers[index], what, a, b);
  on_machine(it, index, what, a, b);
  if (first < 128) {
    settle(it);
  } else {
    sim_turn();
    pump(it);
    app_check(&it->app, it->sent, false);
  }
}

/* ---- A run --------------------------------------------------------------- */

static void end_faults(machine *it) {
  int call;
  for (call = 0; call < SIM_CALLS; call++)
    sim_fail((sim_call)call, 0, 1, 0);
  test_allocator_fail(&it->app.memory, 0, false);
  sim_max_fds(65536);
}

/* A server that is closed ends, whatever its peers do. */
static void finish(machine *it) {
  size_t i;
  end_faults(it);
  settle(it);
  if (it->app.server != NULL)
    app_close(&it->app, 1000);
  settle(it);
  sim_advance(1000);
  CHECK(it->app.server == NULL);
  for (i = 0; i < MACHINE_PEERS; i++)
    leave(it, &it->peers[i], sim_hang_up);
  CHECK(sim_close() == 0);
  CHECK(it->app.memory.blocks == 0);
}

void machine_play(const machine_transport *transport, const uint8_t *data,
                  size_t size) {
  static machine it;
  wss_options options;
  int steps = 0;
  if (size < MACHINE_OPTIONS)
    return;
  memset(&it, 0, sizeof it);
  it.transport = transport;
  it.data = data;
  it.size = size;
  it.at = MACHINE_OPTIONS;
  it.app.acts_left = MAX_ACTS;
  it.app.answer = data[3] & 3;
  test_allocator_init(&it.app.memory);
  sim_open(START);
  choose_options(&options, data);
  if (data[3] >> 3 != 0)
    test_allocator_fail(&it.app.memory, data[3] >> 3, (data[3] & 4) != 0);
  if (app_open(&it.app, sim_loop(), &options, (data[3] & 4) != 0,
               transport->listen)) {
    it.port = wss_listener_port(it.app.listener);
    if (data[3] >> 3 < 16)
      test_allocator_fail(&it.app.memory, 0, false);
    while (it.size - it.at >= 3 && steps++ < MAX_STEPS)
      step(&it);
  }
  finish(&it);
}
