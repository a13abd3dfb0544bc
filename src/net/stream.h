/* One TCP connection. This is all that the server knows of sockets, so a test
   can put two buffers in its place. */
#ifndef WSS_NET_STREAM_H
#define WSS_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "net/address.h"
#include "net/listener.h"
#include "net/loop.h"

typedef struct wss__stream wss__stream;

typedef struct wss__stream_events {
  /* Bytes, in the loop's read buffer, to be changed at will. */
  void (*read)(wss__stream *stream, uint8_t *data, size_t size);
  /* The peer's FIN (0), or an error of libuv's; no bytes come any more. */
  void (*ended)(wss__stream *stream, int error);
  /* Nothing is in flight any more (0), or an error of libuv's. */
  void (*wrote)(wss__stream *stream, int error);
  /* The stream's memory is the owner's again. */
  void (*closed)(wss__stream *stream);
} wss__stream_events;

struct wss__stream {
  uv_tcp_t tcp;
  uv_shutdown_t fin; /* part of the stream, so that it needs no memory */
  wss__loop *loop;
  const wss__stream_events *events;
  size_t in_flight; /* bytes handed to libuv that the kernel has not taken */
  uint64_t served;  /* 1 + the polls before the last that filled the buffer */
  bool reading;
};

/* Takes the connection that waits at the listener. On an error of libuv's the
   stream must be closed all the same, unless *opened is false. */
int wss__stream_accept(wss__stream *stream, wss__loop *loop,
                       wss__socket *listener, const wss__stream_events *events,
                       bool *opened);

/* Starts or stops reading; 0 or an error of libuv's. */
int wss__stream_read(wss__stream *stream, bool on);

/* Writes what the kernel takes at once; a copy of the rest is in flight until
   events->wrote. 0, WSS_ERR_NOMEM or an error of libuv's. */
int wss__stream_write(wss__stream *stream, const uint8_t *data, size_t size);

/* Sends FIN behind what is in flight, once; 0 or an error of libuv's. */
int wss__stream_shutdown(wss__stream *stream);

/* events->closed follows from a later turn, and nothing else. With reset the
   peer learns that bytes are missing, and the kernel keeps none for it. */
void wss__stream_close(wss__stream *stream, bool reset);

/* How much of what is in flight the kernel has not taken yet. */
size_t wss__stream_unsent(const wss__stream *stream);

/* Whether the error says that the peer reset the connection. */
bool wss__stream_reset(int error);

wss__endpoint wss__stream_remote(const wss__stream *stream);
wss__endpoint wss__stream_local(const wss__stream *stream);

#endif
