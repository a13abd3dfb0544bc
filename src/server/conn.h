/* A connection: from accept to the last callback. conn.c has its beginning, its
   end and what is due in between; input.c leads its bytes to whoever reads them
   in each state; upgrade.c has the HTTP part, messages.c the open part,
   output.c the one write path; wss__conn_finish is the one exit. */
#ifndef WSS_SERVER_CONN_H
#define WSS_SERVER_CONN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/list.h"
#include "http/request.h"
#include "net/deadline.h"
#include "net/stream.h"
#include "server/admission.h"
#include "server/listener.h"
#include "server/liveness.h"
#include "server/server.h"
#include "tls/channel.h"
#include "ws/handshake.h"
#include "ws/session.h"
#include "wss/wss.h"

typedef enum wss__state {
  WSS__ACCEPTED, /* not a byte yet */
  WSS__TLS,
  WSS__HTTP,
  WSS__ASKED,     /* the program has the request and has not answered */
  WSS__OPEN,      /* 101 sent */
  WSS__CLOSING,   /* our Close frame was sent, the peer's has not come */
  WSS__FINISHING, /* the last bytes and FIN go out; input is dropped */
  WSS__CLOSED     /* only the memory is left */
} wss__state;

struct wss_conn {
  wss__stream stream;
  wss_server *server;
  wss_listener *listener;   /* NULL once that was closed */
  wss__tls_context *secure; /* NULL: plain text */
  wss__tls_channel *tls;    /* from the first byte on */
  wss__request *request;    /* until it is answered */
  wss__session session;
  wss__deadline deadline; /* handshake, close or FIN */
  wss__liveness liveness;
  wss__admitted admitted;
  wss__list link;  /* in server->conns */
  wss__list dirty; /* in server->dirty */
  uint64_t id;     /* 0 before on_request */
  uint64_t since;  /* ms: accepted at */
  int64_t bytes_in;
  int64_t bytes_out;
  void *data;
  char *subprotocol;
  char accept[WSS__ACCEPT_SIZE]; /* the answer to the request's key */
  wss__buf out;                  /* not yet sealed */
  uint8_t *pong;       /* size and payload of one for which there was no room */
  size_t in_flight;    /* as much of what was sealed is still ours to count */
  size_t uncounted;    /* of what was sealed, not yet in bytes_out */
  wss__buf kept_plain; /* read while held, and to be delivered first */
  wss__buf kept_wire;  /* read while held, not yet through TLS */
  size_t dropped;      /* bytes read while finishing */
  size_t unsent;       /* what was left to send when the deadline was set */
  uint64_t drain_poll; /* on_drain comes after this poll; 0: not yet known */
  wss__endpoint remote;
  wss__endpoint local;
  const char *message; /* why it ended; NULL if nothing to say or no memory */
  char *refusal;       /* that text, if it is of this connection alone */
  int error;           /* likewise; the first one counts */
  int16_t status;      /* HTTP status sent */
  int16_t tls_alert;   /* received or sent; -1: none */
  uint8_t state;
  uint8_t initiator; /* who began the end; valid if ending */
  uint8_t cause;     /* likewise: why; of the first error, if there is one */
  uint8_t phase;     /* where it stood then */
  bool ending;
  bool http;       /* the request is on_http's */
  bool answering;  /* a callback that may answer the request is running */
  bool requested;  /* on_request was called: on_close is due */
  bool opened;     /* on_open was called */
  bool paused;     /* by the program */
  bool want_drain; /* on_drain is due when the buffer is empty */
  bool more_input; /* behind the plaintext at hand, more was read */
  bool clean;      /* both Close frames have passed, and the deadline for FIN is
                      not set yet */
  bool fin_sent;
  bool peer_ended; /* FIN or close_notify came */
};

/* conn.c */

/* Takes a connection that waits at the listener. */
void wss__conn_accept(wss_listener *listener);

/* Notes how the end began: why, and where it stands now. The first counts; the
   first error counts too, with its cause, where it stands then, and the
   message, which lives as long as the connection. error 0: a normal end. */
void wss__conn_note(wss_conn *conn, wss_cause cause, int error,
                    const char *message);

/* Goes to FINISHING: what is queued is sent, then FIN; input is dropped. clean:
   both Close frames have passed, so the peer's FIN is not waited for long. */
void wss__conn_end(wss_conn *conn, bool clean);

/* The only caller of wss__stream_close. on_close follows from a later turn. */
void wss__conn_finish(wss_conn *conn);

/* Has the next turn settle it. */
void wss__conn_touch(wss_conn *conn);

/* Does what is due, callbacks included: never called from inside one. */
void wss__conn_settle(wss_conn *conn);

/* Whether messages are held back from the program. */
bool wss__conn_held(const wss_conn *conn);

/* Its deadline has passed: of handshake, close or FIN. */
void wss__conn_expired(wss_conn *conn);

/* The server closes: 1001, 503 or the end, whatever fits. */
void wss__conn_go_away(wss_conn *conn);

/* Ends at once because the peer is gone. */
void wss__conn_lost(wss_conn *conn, int error, const char *message);
/* The peer will send nothing more. */
void wss__conn_peer_ended(wss_conn *conn);

/* input.c */

/* Takes bytes from the peer, through TLS to whoever reads in this state; keeps
   what the program cannot be handed now. */
void wss__input(wss_conn *conn, uint8_t *data, size_t size);
/* Delivers what was kept, plaintext first; false if there is nothing to do. */
bool wss__input_kept(wss_conn *conn);

/* upgrade.c: returns how many bytes it took. */
size_t wss__upgrade_input(wss_conn *conn, uint8_t *data, size_t size);
/* Answers with a refusal of the library's own. */
void wss__upgrade_refuse(wss_conn *conn, wss_cause cause,
                         const wss__refusal *refusal);

/* messages.c: returns how many bytes it took, fewer than all when held. */
size_t wss__messages_input(wss_conn *conn, uint8_t *data, size_t size);
extern const wss__session_events wss__messages_events;
/* Starts the close handshake; the connection is open. */
void wss__messages_close(wss_conn *conn, int code, const char *reason,
                         size_t size);

/* Fails the open connection: the Close frame that fits the error, then the end.
   why is static. */
void wss__messages_fail(wss_conn *conn, wss_cause cause, int error,
                        const char *why);

/* output.c */

/* Queues one frame; Pong and Close have room on top of max_send_buffer. 0,
   WSS_ERR_TOO_BIG (it could never fit), WSS_ERR_AGAIN or WSS_ERR_NOMEM. */
int wss__output_frame(wss_conn *conn, wss__opcode opcode, const void *payload,
                      size_t size);
/* Queues a Pong, or keeps it while the peer does not read: the newest alone
   (RFC 6455 5.5.3). Without memory it is left out. */
void wss__output_pong(wss_conn *conn, const uint8_t *payload, size_t size);
/* Seals and writes what is queued, as much as the kernel takes at once. */
void wss__output_flush(wss_conn *conn);
/* Writes bytes of the wire that TLS has made: the server's scratch buffer. */
void wss__output_wire(wss_conn *conn);
/* Counts what the kernel has taken since. */
void wss__output_count(wss_conn *conn);
size_t wss__output_size(const wss_conn *conn);

#endif
