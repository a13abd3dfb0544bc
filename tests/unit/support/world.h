/* A server on a real loop, with peers on the same loop: what a test of server/
   runs in. Everything is plain text: what TLS adds is tested elsewhere. */
#ifndef WSS_TEST_WORLD_H
#define WSS_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

#include "wss/wss.h"

/* What the callbacks have seen. */
typedef struct test_seen {
  int requests, https, opens, messages, pongs, drains, closes, errors;
  wss_conn *conn; /* the newest, until its on_close */
  wss_close_info info;
  char info_message[256];
  char reason[126];
  int error;
  char error_message[256];
  wss_close_info error_info;
  const wss_listener *error_listener;
  uint8_t last[70000]; /* the newest message or pong */
  size_t last_size;
  wss_type last_type;
} test_seen;

typedef struct test_world test_world;

/* What a test adds to a callback; each may be NULL. */
typedef struct test_hooks {
  int (*request)(test_world *world, wss_conn *conn, const wss_request *request);
  void (*http)(test_world *world, wss_conn *conn, const wss_request *request);
  void (*open)(test_world *world, wss_conn *conn);
  void (*message)(test_world *world, wss_conn *conn,
                  const wss_message *message);
  void (*pong)(test_world *world, wss_conn *conn);
  void (*drain)(test_world *world, wss_conn *conn);
  void (*close)(test_world *world, wss_conn *conn);
  void (*error)(test_world *world);
} test_hooks;

struct test_world {
  uv_loop_t loop;
  uv_timer_t watchdog;
  wss_server *server; /* NULL once wss_server_close's callback has run */
  wss_listener *listener;
  test_hooks hooks;
  test_seen seen;
  bool in_call; /* a call into the library is being made */
  bool timed_out;
  int closed; /* how often wss_server_close's callback ran */
};

/* One client; it keeps all that it receives. */
typedef struct test_peer {
  uv_tcp_t tcp;
  test_world *world;
  uint8_t *data;
  size_t size;
  size_t room; /* for data */
  bool connected;
  bool ended; /* FIN or reset */
  bool gone;
} test_peer;

/* Options may be NULL; http: whether there is an on_http. */
void world_open(test_world *world, const wss_options *options, bool http);
/* Closes the server, unless the test has, and asserts that nothing is left. */
void world_close(test_world *world);

/* Runs the loop until the condition holds; fails the test after some seconds.
 */
#define world_until(world, condition)                                          \
  do {                                                                         \
    while (!(condition))                                                       \
      world_step((world), #condition, __FILE__, __LINE__);                     \
  } while (0)
void world_step(test_world *world, const char *what, const char *file,
                int line);
/* A few turns that wait for nothing, for what must not happen. */
void world_turns(test_world *world);

test_peer *peer_connect(test_world *world);
void peer_send(test_peer *peer, const void *data, size_t size);
void peer_text(test_peer *peer, const char *text);
/* A valid handshake with further header lines; waits for nothing. */
void peer_ask(test_peer *peer, const char *headers);
/* A handshake, and waits for on_open and the whole 101; drops it from data. */
void peer_open(test_peer *peer);
/* A masked frame; first is its first byte. */
void peer_frame(test_peer *peer, uint8_t first, const void *payload,
                size_t size);
void peer_read(test_peer *peer, bool on);
void peer_shutdown(test_peer *peer);
void peer_reset(test_peer *peer);
void peer_close(test_peer *peer);
/* Whether what was received begins with, or contains, a text. */
bool peer_starts(const test_peer *peer, const char *text);
bool peer_has(const test_peer *peer, const char *text);
/* Drops size bytes in front. */
void peer_drop(test_peer *peer, size_t size);

#endif
