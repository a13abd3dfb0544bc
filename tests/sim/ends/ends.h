/* Ways for a connection to end, and the record that each leaves. */
#ifndef WSS_SIM_ENDS_H
#define WSS_SIM_ENDS_H

#include "support/host.h"
#include "support/tls_client.h"

/* Who is told. */
typedef enum end_told { BY_CLOSE, BY_ERROR, NOBODY } end_told;

typedef struct end_row end_row;

/* What runs one. */
typedef struct end_run {
  const end_row *row;
  sim_host host;
  sim_peer *peer;    /* NULL once it is gone; of the client, with TLS */
  tls_client client; /* if there is one */
  bool tls;
  int64_t sent;     /* by the peer, on the TCP connection */
  int64_t received; /* by the peer, likewise */
  wss_cause seen;   /* of one that nobody is told of: looked up by the row */
} end_run;

struct end_row {
  const char *name;
  void (*run)(end_run *it);
  wss_options options;
  int (*request)(sim_host *host, wss_conn *conn, const wss_request *request);
  void (*http)(sim_host *host, wss_conn *conn, const wss_request *request);
  /* The record. */
  end_told told;
  wss_phase phase;
  wss_initiator initiator;
  wss_cause cause;
  bool opened;
  int error;
  int code; /* 0: 1006 */
  int code_sent;
  const char *reason; /* NULL: "" */
  int status;
  int alert; /* 0: none; no row has a close_notify */
  const char *alert_name;
  int64_t age;
  int64_t round_trip; /* 0: none was measured */
  size_t counter;     /* in wss_stats: counts it; 0 for closed[code] */
  int64_t unread;     /* bytes of the peer's that the server did not read */
  bool others;        /* there are other connections, so sums are not known */
};

#define COUNTER(name) .counter = offsetof(wss_stats, name)

/* The tables, each with its size. */
extern const end_row ends_early[], ends_open[], ends_tls[];
extern const size_t ends_early_count, ends_open_count, ends_tls_count;

/* ---- What scenarios are made of ------------------------------------------ */

/* A peer that has connected; a handshake of its is done, too. What an earlier
   peer sent and had is forgotten. */
void end_connect(end_run *it);
void end_meet(end_run *it);
/* The same, through TLS of that version. */
void end_connect_tls(end_run *it, int version);
void end_meet_tls(end_run *it, int version);
/* A peer at the TLS port that is yet to speak. */
void end_connect_secure(end_run *it);

/* Each settles. */
void end_send(end_run *it, const void *data, size_t size);
void end_text(end_run *it, const char *text);
void end_frame(end_run *it, uint8_t first, const void *payload, size_t size);
void end_fin(end_run *it);
void end_reset(end_run *it);
void end_hang_up(end_run *it);
/* Closes the server; nothing can be asked of it once that is over. */
void end_shut(end_run *it, int64_t grace);
/* Answers the Ping that the server has sent. */
void end_pong(end_run *it);
/* Why the connection that there is ends. */
void end_look(end_run *it);

#define END_SEND(it, literal) end_send(it, literal, sizeof(literal) - 1)

#endif
