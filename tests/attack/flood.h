/* What each kind of attacker sends. */
#ifndef WSS_ATTACK_FLOOD_H
#define WSS_ATTACK_FLOOD_H

#include "peer.h"

/* The bytes of an attack: head, then body again and again, total in all. */
typedef struct stream {
  unsigned char *head;
  size_t head_size;
  unsigned char *body;
  size_t body_size;
  uint64_t total;
  size_t slide; /* each peer begins elsewhere in head: at how many places */
} stream;

typedef struct kind {
  const char *name;
  peer_stage goal;
  bool reads;
  bool insists;   /* goes on after the server's Close frame */
  uint64_t pause; /* microseconds between steps; 0: as fast as it goes */
  size_t step;    /* bytes */
  void (*make)(stream *s, SSL_CTX *tls); /* NULL: it sends nothing */
} kind;

/* NULL if there is none of that name. */
const kind *kind_find(const char *name);

/* What lies together from position at on, at most most bytes of it. */
const unsigned char *stream_at(const stream *s, int number, uint64_t at,
                               size_t most, size_t *size);

#endif
