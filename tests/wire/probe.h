/* The parts of the probe server. */
#ifndef WSS_TESTS_WIRE_PROBE_H
#define WSS_TESTS_WIRE_PROBE_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>
#include <wss/wss.h>

/* A parameter with its NUL is no longer. */
#define TEXT 1024

enum { LIST = 8 }; /* most values of a repeated option */

struct probe {
  wss_server *server;
  wss_options options;
  const char *origins[LIST + 1];
  const char *subprotocols[LIST + 1];
  const char *protocols[LIST + 1]; /* of ALPN */
  const char *host, *cert, *key;
  int64_t port, grace, max_block, security_level;
  bool plain, http, no_ticket, second, no_alpn, client_order;
  bool mbedtls; /* its record layer */
  uv_signal_t terminate;
};

/* What wss_conn_set_data keeps. */
struct peer {
  uint64_t id;
  char query[TEXT];
};

/* ---- probe_text.c ---- */

/* One event is one line, from json_begin to json_end. Each byte becomes one
   character, as in Latin-1. conn may be NULL. */
void json_begin(const char *event, const wss_conn *conn);
void json_text(const char *name, const char *value);
void json_number(const char *name, int64_t value);
void json_result(const char *name, int value);
void json_address(const char *name, wss_address value);
void json_value(const char *text, size_t size);
void json_end(void);

/* The parameter's value without its %XX, or NULL if there is none. */
const char *param(const char *query, const char *name, char value[TEXT]);
int64_t param_number(const char *query, const char *name, int64_t otherwise);

/* ---- probe_commands.c ---- */

/* Answers as the query says, and prints what the call returned. */
void probe_answer(wss_conn *conn, const char *query, bool http);

/* probe_answer after so many ms. */
void probe_start_timer(wss_conn *conn, int64_t ms);

/* Does a command; sends back what is none. */
void probe_run(wss_conn *conn, const char *command);

/* The wss_closed_cb. */
void probe_closed(void *user);

#endif
