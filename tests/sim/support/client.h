/* A client, in plain text or over TLS, that leads its connection to any state
   and behaves well from there on. */
#ifndef WSS_SIM_CLIENT_H
#define WSS_SIM_CLIENT_H

#include "server/conn.h"
#include "support/host.h"
#include "support/tls_client.h"

typedef struct sim_client {
  sim_host *host;
  bool secure;
  sim_peer *peer;
  const char *lines; /* of the request, beside the usual ones; NULL: none */
  tls_client tls;    /* if secure */
  wss_conn *conn;    /* valid as long as the test knows it to be */
  char *text;        /* all plaintext that was received; a NUL follows */
  size_t size;
  size_t asked;  /* bytes of the request that were sent */
  size_t judged; /* of text: HTTP's answer and whole frames */
  size_t pings;  /* that came */
  size_t messages;
  int code;      /* of the server's Close frame */
  bool mute;     /* leaves Pings unanswered */
  bool answered; /* the server's Close frame, with one of its own */
  bool ended;    /* close_notify or FIN was sent */
} sim_client;

/* Connects, is accepted, and sends nothing. Over TLS with version 12 or 13; 0:
   plain text. */
void client_connect(sim_client *client, sim_host *host, int version);
/* The same, whether it is accepted or not: conn stays NULL. */
void client_dial(sim_client *client, sim_host *host, int version);
/* Frees what it owns; its peer hangs up, if it is still there. Before
   host_close. */
void client_close(sim_client *client);
/* The peer is gone by other means. */
void client_gone(sim_client *client);

/* Leads a new connection to a state. The program's part is done here as well:
   host->hooks.request must return WSS_DEFER. WSS__TLS only if secure;
   WSS__CLOSED is up to the next turn of the loop. */
void client_lead(sim_client *client, wss__state state);
/* The TLS handshake, if it is secure. */
void client_shake(sim_client *client);
/* From WSS__OPEN on; asserts nothing. */
void client_lead_on(sim_client *client, wss__state state);
/* The state of the connection, which has not gone. */
wss__state client_state(const sim_client *client);

/* Sends plaintext; false if the connection takes no more. */
bool client_send(sim_client *client, const void *data, size_t size);
bool client_frame(sim_client *client, uint8_t first, const void *payload,
                  size_t size);
/* Takes what has come. */
void client_read(sim_client *client);
/* Looks at what has come, and answers Pings and a Close frame. */
void client_answer(sim_client *client);
/* Does what a good client would do until nothing moves: completes its
   handshakes, answers, and ends when the server does. */
void client_go_on(sim_client *client);
/* Goes on, and closes what is open then. */
void client_finish(sim_client *client);

#endif
