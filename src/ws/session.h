/* An open WebSocket connection (RFC 6455 5 to 7), without I/O: bytes in,
   messages and frames out. Frames are read in place; only what is left of a
   message at the end of the input is kept. */
#ifndef WSS_WS_SESSION_H
#define WSS_WS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "ws/frame.h"
#include "ws/utf8.h"
#include "wss/wss.h"

/* What the session asks of its owner. */
typedef struct wss__session_events {
  /* A whole message; data dies with the call, and may lie in the input. After
     a return of false the feed stops behind this message. Not called once a
     Close frame was sent. */
  bool (*message)(void *owner, wss_type type, const uint8_t *data, size_t size);
  /* A Pong frame; stops likewise. Not called once a Close frame was sent. */
  bool (*pong)(void *owner, const uint8_t *data, size_t size);
  /* A control frame to send: Pong for a Ping (not once a Close frame was sent
     or received), Close for a Close or an error. */
  void (*send)(void *owner, wss__opcode opcode, const uint8_t *payload,
               size_t size);
} wss__session_events;

typedef struct wss__session {
  const wss__session_events *events;
  void *owner;
  const wss_allocator *allocator;
  uint64_t remaining; /* of the current frame's payload */
  uint64_t max_message_size;
  uint64_t max_fragments;
  uint64_t fragments; /* of the message at hand, so far */
  wss__buf message;   /* of the message at hand, what came with earlier feeds;
                         empty once a Close frame was sent */
  wss__buf control;   /* of a control frame at hand, likewise; at the end the
                         received Close frame's payload */
  const char *why;    /* after an error: which rule was broken (static) */
  uint8_t header[WSS__MAX_FRAME_HEADER]; /* a header not yet whole */
  uint8_t header_size;
  uint8_t mask[4];
  uint8_t mask_offset; /* modulo 4 */
  uint8_t opcode;      /* of the current frame */
  uint8_t type;        /* of the message at hand, 0 if none is under way */
  bool in_payload;     /* a header was read, its payload is not yet complete */
  bool fin;            /* of the current frame */
  bool failed;         /* an error was found: the rest is dropped */
  uint32_t finished;   /* messages, and control frames between messages; for
                          wss__session_unfinished */
  wss__utf8 utf8;
  uint16_t code_sent;     /* 0: no Close frame yet; 1005: one without code */
  uint16_t code_received; /* likewise */
} wss__session;

/* max_message_size: bytes; max_fragments: frames of a message; UINT64_MAX for
   no limit. */
void wss__session_init(wss__session *session, const wss_allocator *allocator,
                       uint64_t max_message_size, uint64_t max_fragments,
                       const wss__session_events *events, void *owner);
void wss__session_free(wss__session *session);

/* Takes bytes from the peer, which are unmasked in place. Returns 0: all were
   taken, or an event stopped it behind *used bytes; or, after the Close frame
   went out, WSS_ERR_PROTOCOL (1002), WSS_ERR_UTF8 (1007), WSS_ERR_TOO_BIG
   (1009, from the header alone), WSS_ERR_LIMIT (1008: max_fragments) or
   WSS_ERR_NOMEM (1011), with session->why set.
   Behind a Close frame of the peer's, and after an error, everything is
   dropped unread, and the result is 0. */
int wss__session_feed(wss__session *session, uint8_t *data, size_t size,
                      size_t *used);

/* Sends a Close frame, once, and drops the message under way, whose memory is
   freed: code is valid or 1005, the reason at most 123 bytes of UTF-8.
   WSS_ERR_CLOSED: one was sent before. */
int wss__session_close(wss__session *session, int code, const void *reason,
                       size_t reason_size);

/* Fails it for a reason of the owner's, which may be inside an event: sends a
   Close frame with the code that fits the error, unless one was sent, and has
   the rest dropped. why is static. Returns error. */
int wss__session_fail(wss__session *session, int error, const char *why);

/* Whether a message, or a frame, has begun and is not complete. */
bool wss__session_unfinished(const wss__session *session);

/* The reason in the peer's Close frame; "" if there was none. */
wss__slice wss__session_reason(const wss__session *session);

#endif
