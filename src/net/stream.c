#include "net/stream.h"

#include <string.h>

#include "net/descriptor.h"

/* What the kernel did not take at once. */
typedef struct pending_write {
  uv_write_t request;
  size_t size;
  uint8_t data[];
} pending_write;

/* Seconds of silence before the kernel probes a connection. */
#define KEEPALIVE_DELAY 60

/* Seconds for which the kernel may keep the last bytes of a closed connection
   whose peer does not take them. */
#define GIVE_UP 10

int wss__stream_accept(wss__stream *stream, wss__loop *loop,
                       wss__socket *listener, const wss__stream_events *events,
                       bool *opened) {
  int err;
  *opened = false;
  stream->loop = loop;
  stream->events = events;
  stream->in_flight = 0;
  stream->served = 0;
  stream->reading = false;
  err = uv_tcp_init(loop->uv, &stream->tcp);
  if (err < 0)
    return err;
  stream->tcp.data = stream;
  *opened = true;
  err = uv_accept((uv_stream_t *)&listener->tcp, (uv_stream_t *)&stream->tcp);
  if (err < 0)
    return err;
  /* A peer that has gone already makes these fail; reading will tell. */
  (void)uv_tcp_nodelay(&stream->tcp, 1);
  (void)uv_tcp_keepalive(&stream->tcp, 1, KEEPALIVE_DELAY);
  return 0;
}

/* libuv would go on for up to 32 full buffers, 2 MiB; others have their turn.
   Without a buffer it says UV_ENOBUFS and comes back after the next poll. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  wss__stream *stream = (wss__stream *)handle->data;
  bool served = stream->served == stream->loop->polls + 1;
  (void)suggested;
  *buf = uv_buf_init((char *)stream->loop->read_buffer,
                     served ? 0 : WSS__READ_SIZE);
}

static void on_read(uv_stream_t *tcp, ssize_t size, const uv_buf_t *buf) {
  wss__stream *stream = (wss__stream *)tcp->data;
  if (size > 0) {
    if ((size_t)size == buf->len)
      stream->served = stream->loop->polls + 1;
    stream->events->read(stream, (uint8_t *)buf->base, (size_t)size);
  } else if (size < 0 && size != UV_ENOBUFS) {
    int error = (int)size;
    if (size == UV_EOF)
      error = wss__descriptor_was_reset(&stream->tcp) ? UV_ECONNRESET : 0;
    (void)wss__stream_read(stream, false);
    stream->events->ended(stream, error);
  }
}

int wss__stream_read(wss__stream *stream, bool on) {
  int err;
  if (on == stream->reading)
    return 0;
  err = on ? uv_read_start((uv_stream_t *)&stream->tcp, on_alloc, on_read)
           : uv_read_stop((uv_stream_t *)&stream->tcp);
  if (err == 0)
    stream->reading = on;
  return err;
}

static void on_written(uv_write_t *request, int status) {
  wss__stream *stream = (wss__stream *)request->handle->data;
  pending_write *pending = (pending_write *)(void *)request;
  stream->in_flight -= pending->size;
  wss__free(stream->loop->allocator, pending);
  if (uv_is_closing((uv_handle_t *)&stream->tcp))
    return;
  if (status < 0 || stream->in_flight == 0)
    stream->events->wrote(stream, status);
}

int wss__stream_write(wss__stream *stream, const uint8_t *data, size_t size) {
  uv_buf_t buf;
  pending_write *pending;
  int err;

  if (size == 0)
    return 0;
  if (stream->in_flight == 0) {
    buf = uv_buf_init((char *)(uintptr_t)data, (unsigned)size);
    err = uv_try_write((uv_stream_t *)&stream->tcp, &buf, 1);
    if (err < 0 && err != UV_EAGAIN)
      return err;
    if (err > 0) {
      data += err;
      size -= (size_t)err;
    }
    if (size == 0)
      return 0;
  }

  pending = wss__malloc(stream->loop->allocator, sizeof *pending + size);
  if (pending == NULL)
    return WSS_ERR_NOMEM;
  pending->size = size;
  memcpy(pending->data, data, size);
  buf = uv_buf_init((char *)pending->data, (unsigned)size);
  err = uv_write(&pending->request, (uv_stream_t *)&stream->tcp, &buf, 1,
                 on_written);
  if (err < 0) {
    wss__free(stream->loop->allocator, pending);
    return err;
  }
  stream->in_flight += size;
  return 0;
}

/* An error shows when reading, or at the deadline. */
static void on_shutdown(uv_shutdown_t *request, int status) {
  (void)request;
  (void)status;
}

int wss__stream_shutdown(wss__stream *stream) {
  return uv_shutdown(&stream->fin, (uv_stream_t *)&stream->tcp, on_shutdown);
}

static void on_closed(uv_handle_t *handle) {
  wss__stream *stream = (wss__stream *)handle->data;
  stream->events->closed(stream);
}

void wss__stream_close(wss__stream *stream, bool reset) {
  stream->reading = false;
  if (reset)
    wss__descriptor_abort(&stream->tcp);
  else
    wss__descriptor_give_up(&stream->tcp, GIVE_UP);
  uv_close((uv_handle_t *)&stream->tcp, on_closed);
}

size_t wss__stream_unsent(const wss__stream *stream) {
  return uv_stream_get_write_queue_size((const uv_stream_t *)&stream->tcp);
}

bool wss__stream_reset(int error) {
  return error == UV_ECONNRESET || error == UV_EPIPE ||
         error == UV_ECONNABORTED;
}

wss__endpoint wss__stream_remote(const wss__stream *stream) {
  struct sockaddr_storage address;
  int size = sizeof address;
  memset(&address, 0, sizeof address);
  (void)uv_tcp_getpeername(&stream->tcp, (struct sockaddr *)&address, &size);
  return wss__endpoint_of(&address);
}

wss__endpoint wss__stream_local(const wss__stream *stream) {
  struct sockaddr_storage address;
  int size = sizeof address;
  memset(&address, 0, sizeof address);
  (void)uv_tcp_getsockname(&stream->tcp, (struct sockaddr *)&address, &size);
  return wss__endpoint_of(&address);
}
