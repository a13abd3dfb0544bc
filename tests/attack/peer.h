/*
 * A client of the attacks: one TCP connection that goes as far as its plan
 * says (TCP, TLS, WebSocket) and then sends and reads what it likes. Nothing
 * here waits: a program has one epoll and calls peer_advance, peer_read and
 * peer_flush when it says that a peer is ready.
 */
#ifndef WSS_ATTACK_PEER_H
#define WSS_ATTACK_PEER_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

typedef enum peer_stage {
  PEER_FREE,
  PEER_CONNECTING, /* TCP */
  PEER_SECURING,   /* TLS */
  PEER_UPGRADING,  /* HTTP, until the 101 */
  PEER_READY,      /* as far as the plan says */
  PEER_ENDED
} peer_stage;

typedef struct peer peer;

/* Where all peers of a program connect to, and how far they go. */
typedef struct peer_plan {
  struct sockaddr_in to;
  int sources; /* addresses to connect from: 127.0.0.2 and following */
  SSL_CTX *tls;
  peer_stage goal;    /* the last stage before READY */
  const char *path;   /* of the WebSocket request */
  int receive_buffer; /* of the kernel; 0: as it comes */
  int reads;          /* most of an event; 0: few */
  int epoll;
  /* Before the handshake, to prepare p->ssl; may be NULL. */
  void (*on_tls)(peer *p);
  /* Payload as it comes, and the end of each data message; may be NULL. */
  void (*on_data)(peer *p, const unsigned char *bytes, size_t size);
  void (*on_message)(peer *p, int opcode);
} peer_plan;

/* The frame that is being read: server frames have no mask. */
typedef struct peer_frame {
  unsigned char head[10];
  size_t head_size;
  size_t head_need;
  uint64_t left; /* of the payload */
  int opcode;    /* of the frame */
  int message;   /* opcode of the message, 0 between messages */
  bool fin;
  unsigned char control[125];
  size_t control_size;
} peer_frame;

struct peer {
  const peer_plan *plan;
  int number;
  int fd;
  SSL *ssl;
  peer_stage stage;
  uint32_t watched;
  uint64_t began; /* connect(), microseconds of peer_now */
  uint64_t ready;
  uint64_t ended;
  unsigned char *out; /* what the kernel has not taken yet, from out_at on */
  size_t out_at;
  size_t out_size;
  size_t out_room;
  peer_frame frame;
  unsigned char first[512]; /* of what was received before READY, or of it all
                               when the goal is less than a WebSocket */
  size_t first_size;
  uint64_t pings;
  uint64_t messages;
  int close_code; /* received; 1005 for a Close frame without one */
  bool close_sent;
  char end[64]; /* "close 1008", "http 408", "alert 40", "fin", "reset", ... */
};

/* Microseconds of a clock that does not jump. */
uint64_t peer_now(void);

/* A number that looks random and follows from x. */
uint64_t peer_mix(uint64_t x);

/* The client side of TLS; version is 0 or the only one to offer. Without a CA
   the server is not verified, which is cheaper. Ends the program on failure. */
SSL_CTX *peer_tls(const char *ca, int version);

/* Begins to connect; a failure is an end like any other. */
void peer_start(peer *p, const peer_plan *plan, int number);

/* Goes on until READY; to be called for any event before that. */
void peer_advance(peer *p);

/* Reads and understands what is there: at most size bytes per call of
   on_data. */
void peer_read(peer *p);

/* Sends bytes now: how many were taken, 0 when the kernel takes none. */
size_t peer_push(peer *p, const unsigned char *bytes, size_t size);

/* Sends a masked frame after what is queued already. */
void peer_frame_send(peer *p, int opcode, const unsigned char *payload,
                     size_t size);
void peer_flush(peer *p);

/* Writes the head of a masked frame, with a mask of mask[0..3]: its size. */
size_t peer_frame_head(unsigned char head[14], int opcode, bool fin,
                       uint64_t size, const unsigned char mask[4]);

/* What to be called for. A peer that does not read is still told of its end. */
void peer_watch(peer *p, bool read, bool write);

/* Notes the end, once, and closes the socket. */
void peer_finish(peer *p, const char *how);

/* A ClientHello as OpenSSL makes it, as one record: its size. */
size_t peer_hello(SSL_CTX *tls, unsigned char *hello, size_t room);

#endif
