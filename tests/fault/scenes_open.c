/* Open connections. */
#include "scene.h"

#include <string.h>

#include "server/conn.h"

static uint8_t data[200000];

/* For the calls of a program whose connection may be gone. */
static int sends(scene_run *run, wss_type type, size_t size) {
  if (run->host.conn == NULL)
    return 0;
  return scene_called(run, wss_send(run->host.conn, type, data, size));
}

static int pings(scene_run *run) {
  if (run->host.conn == NULL)
    return 0;
  return scene_called(run, wss_ping(run->host.conn, "ping", 4));
}

/* ---- Messages ------------------------------------------------------------ */

static void sends_messages(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  (void)client_frame(&client, 0x81, "hello", 5);
  client_go_on(&client);
  (void)client_frame(&client, 0x82, data, 3000);
  (void)client_frame(&client, 0x82, data, 80000);
  scene_leave(run, &client);
}

/* With Pings between them, all cut in pieces of the size. */
static void sends_fragments_in_pieces(scene_run *run, size_t piece) {
  static uint8_t frames[20000];
  sim_client client;
  size_t size = 0;
  size_t i;
  for (i = 0; i < 4; i++) {
    size += host_pack(frames + size, (uint8_t)(i == 0 ? 0x02 : i * 0x40 & 0x80),
                      data, 3000);
    if (i < 2)
      size += host_pack(frames + size, 0x89, data, 120);
  }
  scene_visit(run, &client, 0, NULL);
  for (i = 0; i < size; i += piece) {
    (void)client_send(&client, frames + i, size - i < piece ? size - i : piece);
    sim_settle();
  }
  scene_leave(run, &client);
}

static void sends_fragments(scene_run *run) {
  sends_fragments_in_pieces(run, SIZE_MAX);
}

static void sends_pieces(scene_run *run) {
  sends_fragments_in_pieces(run, 50);
}

static void is_pinged(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  (void)pings(run);
  client_go_on(&client);
  (void)client_frame(&client, 0x8a, "pong", 4);
  client_go_on(&client);
  sim_advance(25000); /* ping_interval */
  scene_leave(run, &client);
}

static void is_greeted(sim_host *host, wss_conn *conn) {
  (void)scene_called(scene_run_of(host), wss_send(conn, WSS_TEXT, "hello", 5));
}

static void greets_back(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  scene_leave(run, &client);
}

/* ---- Peers that take their time ------------------------------------------ */

static void takes_nothing_for_long(scene_run *run) {
  sim_client client;
  size_t i;
  scene_visit(run, &client, 0, NULL);
  sim_peer_read(client.peer, false);
  sim_room(client.peer, 1000);
  for (i = 0; i < 12; i++) {
    (void)sends(run, WSS_BINARY, 10000);
    (void)client_frame(&client, 0x89, "ping", 4);
    sim_settle();
  }
  for (i = 0; i < 6; i++) {
    sim_take(client.peer, 20000);
    sim_settle();
    (void)sends(run, WSS_BINARY, 20000);
  }
  sim_peer_read(client.peer, true);
  scene_leave(run, &client);
}

static void never_takes(scene_run *run) {
  sim_client client;
  size_t i;
  scene_visit(run, &client, 0, NULL);
  sim_peer_read(client.peer, false);
  sim_room(client.peer, 1000);
  for (i = 0; i < 3; i++)
    (void)sends(run, WSS_BINARY, sizeof data);
  sim_settle();
  sim_advance(40000); /* write_timeout and a quarter */
  sim_peer_read(client.peer, true);
  scene_leave(run, &client);
}

static void is_paused(scene_run *run) {
  sim_client client;
  size_t i;
  scene_visit(run, &client, 0, NULL);
  for (i = 0; i < 3; i++)
    (void)client_frame(&client, 0x82, data, 500);
  client_go_on(&client);
  if (run->host.conn != NULL)
    wss_resume(run->host.conn);
  client_go_on(&client);
  scene_leave(run, &client);
}

/* At the first message, with more of them read already. */
static void pauses(sim_host *host, wss_conn *conn, const wss_message *message) {
  scene_echo(host, conn, message);
  if (host->messages == 1)
    wss_pause(conn);
}

/* ---- Ends ---------------------------------------------------------------- */

static void is_closed(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  if (run->host.conn != NULL)
    (void)scene_called(run, wss_close(run->host.conn, 4000, "the end"));
  scene_leave(run, &client);
}

static void is_terminated(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  (void)sends(run, WSS_BINARY, 1000);
  if (run->host.conn != NULL)
    wss_terminate(run->host.conn);
  scene_leave(run, &client);
}

/* A Close frame, of which the first bytes come earlier than the rest. */
static void closes_with(scene_run *run, const char *payload, size_t size,
                        size_t first) {
  uint8_t frame[200];
  size_t whole = host_pack(frame, 0x88, payload, size);
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  client.answered = true;
  (void)client_send(&client, frame, first);
  sim_settle();
  (void)client_send(&client, frame + first, whole - first);
  scene_leave(run, &client);
}

static void closes(scene_run *run) {
  closes_with(run, "\x03\xe8the end", 9, 0);
}

static void closes_in_pieces(scene_run *run) {
  closes_with(run, "\x03\xe8the end", 9, 10);
}

static void closes_without_a_word(scene_run *run) {
  closes_with(run, "", 0, 3);
}

static void closes_badly(scene_run *run) {
  closes_with(run, "\x03\xed", 2, 7);
}

static void resets(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  (void)sends(run, WSS_BINARY, 1000);
  client_go_on(&client);
  sim_reset(client.peer);
  client_gone(&client);
  sim_settle();
  scene_leave(run, &client);
}

static void breaks(scene_run *run, uint8_t first, size_t size) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  (void)client_frame(&client, first, data, size);
  client_go_on(&client);
  scene_leave(run, &client);
}

static void breaks_a_rule(scene_run *run) {
  breaks(run, 0xf1, 5);
}

static void sends_bad_text(scene_run *run) {
  memset(data, 0xff, 5);
  breaks(run, 0x81, 5);
  memset(data, 0, 5);
}

static void sends_too_much(scene_run *run) {
  breaks(run, 0x82, 2000);
}

static void sends_many(scene_run *run, uint8_t first, size_t count) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  while (count-- > 0)
    (void)client_frame(&client, first, "x", 1);
  client_go_on(&client);
  scene_leave(run, &client);
}

static void sends_many_fragments(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  (void)client_frame(&client, 0x02, "x", 1);
  (void)client_frame(&client, 0x00, "x", 1);
  (void)client_frame(&client, 0x00, "x", 1);
  scene_leave(run, &client);
}

static void sends_many_pings(scene_run *run) {
  sends_many(run, 0x89, 10);
}

static void is_idle(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  sim_advance(61000); /* idle_timeout: it answers no Ping */
  scene_leave(run, &client);
}

static void is_slow_with_a_message(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  (void)client_frame(&client, 0x02, data, 100);
  client_go_on(&client);
  sim_advance(10);
  scene_leave(run, &client);
}

static void does_not_answer(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 0, NULL);
  if (run->host.conn != NULL)
    (void)scene_called(run, wss_close(run->host.conn, 0, NULL));
  sim_settle();
  sim_advance(6000); /* close_timeout */
  scene_leave(run, &client);
}

const fault_scene scenes_open[] = {
    {.name = "messages",
     .play = sends_messages,
     .hooks = {.message = scene_echo}},
    {.name = "fragments",
     .play = sends_fragments,
     .hooks = {.message = scene_echo}},
    {.name = "pieces", .play = sends_pieces, .hooks = {.message = scene_echo}},
    {.name = "pings", .play = is_pinged},
    {.name = "a greeting", .play = greets_back, .hooks = {.open = is_greeted}},
    {.name = "a slow peer",
     .play = takes_nothing_for_long,
     .options = {.send_high_water = 1000}},
    {.name = "a stuck peer", .play = never_takes},
    {.name = "pause", .play = is_paused, .hooks = {.message = pauses}},
    {.name = "wss_close", .play = is_closed},
    {.name = "wss_terminate", .play = is_terminated},
    {.name = "the peer's Close", .play = closes},
    {.name = "the peer's Close, in pieces", .play = closes_in_pieces},
    {.name = "an empty Close", .play = closes_without_a_word},
    {.name = "a bad Close", .play = closes_badly},
    {.name = "a reset", .play = resets},
    {.name = "1002", .play = breaks_a_rule},
    {.name = "1007", .play = sends_bad_text},
    {.name = "1008 for fragments",
     .play = sends_many_fragments,
     .options = {.max_fragments = 2}},
    {.name = "1008 for Pings",
     .play = sends_many_pings,
     .options = {.max_control_rate = 4}},
    {.name = "1008 for slowness",
     .play = is_slow_with_a_message,
     .options = {.message_timeout = 5}},
    {.name = "1009",
     .play = sends_too_much,
     .options = {.max_message_size = 1000}},
    {.name = "idle", .play = is_idle},
    {.name = "no answer to a Close", .play = does_not_answer},
    {0},
};
