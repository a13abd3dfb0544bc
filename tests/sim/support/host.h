/* A server on the simulator, and what its callbacks have seen. */
#ifndef WSS_SIM_HOST_H
#define WSS_SIM_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim.h"
#include "support/allocator.h"
#include "wss/wss.h"

/* When the clock of every host starts, in ms. */
#define HOST_START 1000000

/* A record: of a connection's end or, without one, of what else on_error
   told. */
typedef struct host_record {
  wss_close_info info; /* its texts are the ones below */
  char message[256];
  char reason[126];
  char alert[40];
  int error;      /* as in info; of on_error's otherwise */
  bool closes;    /* a connection's end */
  bool by_error;  /* on_error told it, else on_close */
  wss_conn *conn; /* of on_close; no longer valid */
  uint64_t id;    /* likewise */
  uint64_t at;    /* when, in ms */
  wss_address remote;
  const wss_listener *listener; /* of on_error */
} host_record;

typedef struct sim_host sim_host;

/* What a test adds to a callback; each may be NULL. */
typedef struct host_hooks {
  int (*request)(sim_host *host, wss_conn *conn, const wss_request *request);
  void (*http)(sim_host *host, wss_conn *conn, const wss_request *request);
  void (*open)(sim_host *host, wss_conn *conn);
  void (*message)(sim_host *host, wss_conn *conn, const wss_message *message);
  void (*pong)(sim_host *host, wss_conn *conn, const void *data, size_t size);
  void (*drain)(sim_host *host, wss_conn *conn);
  void (*close)(sim_host *host, wss_conn *conn, const wss_close_info *info);
  void (*error)(sim_host *host, const wss_error *error);
  int (*sni)(sim_host *host, const char *name, wss_identity **identity);
} host_hooks;

struct sim_host {
  wss_server *server;   /* NULL once it is closed */
  wss_listener *plain;  /* on the port below */
  wss_listener *secure; /* NULL before host_listen_tls */
  int port;
  int secure_port;
  test_allocator memory;
  host_hooks hooks;
  void *user;     /* the test's own */
  wss_conn *conn; /* the newest that on_request told of, until its on_close */
  int requests, https, opens, messages, pongs, drains;
  int closes;           /* connections whose end was told, by either callback */
  int errors;           /* what on_error told beside that */
  int names;            /* that on_sni was asked for */
  int closed;           /* how often wss_server_close's callback ran */
  host_record *records; /* in order */
  size_t count;
  size_t room;     /* for records */
  wss_stats stats; /* as of the last record */
};

/* A new machine, with a server of these options (their allocator is replaced)
   and a plain listener. http: whether there is an on_http. */
void host_open(sim_host *host, const wss_options *options, bool http);
/* Listens with TLS too, with the certificate server.pem. */
void host_listen_tls(sim_host *host);
/* What WSS_RECORD_LAYER says: these tests run once for each. */
uint8_t host_record_layer(void);
/* Starts closing the server. */
void host_shut(sim_host *host, int64_t grace);
/* Closes the server, unless that is done, and asserts that nothing is left. */
void host_close(sim_host *host);

/* The newest record; there is one. */
const host_record *host_last(const sim_host *host);
wss_stats host_stats(const sim_host *host);

/* A connection to the plain listener. */
sim_peer *host_connect(const sim_host *host);
/* The same, with its handshake done, 101 forgotten and host->conn set. */
sim_peer *host_meet(sim_host *host);

/* A valid handshake with more header lines, each with its CRLF; the text is
   used again by the next call. */
const char *host_handshake(const char *lines);

/* A masked frame; first is its first byte. Returns its size, at most size + 14;
   host_frame sends it. */
size_t host_pack(uint8_t *frame, uint8_t first, const void *payload,
                 size_t size);
void host_frame(sim_peer *peer, uint8_t first, const void *payload,
                size_t size);

#endif
