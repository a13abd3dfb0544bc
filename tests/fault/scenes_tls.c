/* TLS. */
#include "scene.h"

#include <string.h>

static uint8_t data[100000];

static void talks(scene_run *run, int version) {
  sim_client client;
  scene_visit(run, &client, version, "Sec-WebSocket-Protocol: a\r\n");
  (void)client_frame(&client, 0x81, "hello", 5);
  client_go_on(&client);
  (void)client_frame(&client, 0x02, data, 3000);
  (void)client_frame(&client, 0x80, data, 3000);
  scene_leave(run, &client);
}

static void talks_12(scene_run *run) {
  talks(run, 12);
}

static void talks_13(scene_run *run) {
  talks(run, 13);
}

/* The second piece comes later. */
static void sends_a_record_in_two(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 13, NULL);
  sim_arrive(client.peer, (size_t)host_stats(&run->host).bytes_in + 100);
  (void)client_frame(&client, 0x82, data, 1000);
  sim_settle();
  sim_arrive(client.peer, SIZE_MAX);
  client_go_on(&client);
  scene_leave(run, &client);
}

/* With more records read than are taken, and more in a record. */
static void is_paused(scene_run *run) {
  uint8_t frames[2000];
  sim_client client;
  size_t size;
  size_t i;
  scene_visit(run, &client, 13, NULL);
  size = host_pack(frames, 0x82, data, 500);
  size += host_pack(frames + size, 0x82, data, 500);
  for (i = 0; i < 3; i++)
    (void)client_send(&client, frames, size);
  client_go_on(&client);
  if (run->host.conn != NULL)
    wss_resume(run->host.conn);
  client_go_on(&client);
  scene_leave(run, &client);
}

static void pauses(sim_host *host, wss_conn *conn, const wss_message *message) {
  scene_echo(host, conn, message);
  if (host->messages == 1)
    wss_pause(conn);
}

static void takes_nothing_for_long(scene_run *run) {
  sim_client client;
  size_t i;
  scene_visit(run, &client, 13, NULL);
  sim_peer_read(client.peer, false);
  sim_room(client.peer, 1000);
  for (i = 0; i < 3 && run->host.conn != NULL; i++) {
    (void)scene_called(run,
                       wss_send(run->host.conn, WSS_BINARY, data, sizeof data));
    sim_settle();
  }
  sim_peer_read(client.peer, true);
  scene_leave(run, &client);
}

/* In the midst of a handshake, and behind it. */
static void sends_an_alert(scene_run *run) {
  sim_client client;
  client_dial(&client, &run->host, 13);
  (void)tls_client_step(&client.tls);
  sim_settle();
  (void)sim_send(client.peer, "\x15\x03\x03\x00\x02\x02\x2a", 7);
  sim_settle();
  client_close(&client);
  sim_settle();
}

static void garbles_a_record(scene_run *run) {
  sim_client client;
  scene_visit(run, &client, 13, NULL);
  (void)sim_send(client.peer,
                 "\x17\x03\x03\x00\x20"
                 "01234567890123456789012345678901",
                 37);
  scene_leave(run, &client);
}

static void speaks(scene_run *run, const char *text) {
  sim_peer *peer = sim_connect(run->host.secure_port);
  assert_non_null(peer);
  sim_settle();
  (void)sim_text(peer, text);
  sim_settle();
  sim_hang_up(peer);
  sim_settle();
}

static void speaks_http(scene_run *run) {
  speaks(run, "GET / HTTP/1.1\r\n\r\n");
}

static void speaks_no_tls(scene_run *run) {
  speaks(run, "\x01\x02\x03");
}

static void closes_in_the_midst(scene_run *run) {
  sim_client client;
  client_dial(&client, &run->host, 13);
  sim_arrive(client.peer, 100);
  (void)tls_client_step(&client.tls);
  sim_settle();
  sim_lose(client.peer);
  sim_fin(client.peer);
  sim_settle();
  client_close(&client);
  sim_settle();
}

const fault_scene scenes_tls[] = {
    {.name = "TLS 1.2",
     .play = talks_12,
     .hooks = {.message = scene_echo},
     .secure = true},
    {.name = "TLS 1.3",
     .play = talks_13,
     .hooks = {.message = scene_echo},
     .secure = true},
    {.name = "pause in TLS",
     .play = is_paused,
     .hooks = {.message = pauses},
     .secure = true},
    {.name = "a record in two pieces",
     .play = sends_a_record_in_two,
     .hooks = {.message = scene_echo},
     .secure = true},
    {.name = "a slow peer in TLS",
     .play = takes_nothing_for_long,
     .secure = true},
    {.name = "an alert", .play = sends_an_alert, .secure = true},
    {.name = "a bad record", .play = garbles_a_record, .secure = true},
    {.name = "HTTP to TLS", .play = speaks_http, .secure = true},
    {.name = "no TLS", .play = speaks_no_tls, .secure = true},
    {.name = "half a ClientHello", .play = closes_in_the_midst, .secure = true},
    {0},
};
