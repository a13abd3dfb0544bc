#include "tls/channel.h"

#include <string.h>

#include "tls/config.h"
#include "tls/handshake.h"
#include "tls/layer.h"
#include "tls/stock.h"
#include "tls/takeover.h"

typedef enum phase {
  SHAKING, /* the handshake runs: engine */
  OPEN,    /* layer and records */
  ENDED,   /* the same, and the peer's close_notify has come */
  FAILED   /* nothing is left that could be called */
} phase;

/* A server name longer than this is kept elsewhere. */
#define NAME_SIZE 42

struct wss__tls_channel {
  const wss_allocator *allocator;
  wss__tls_context *context;
  wss__tls_engine *engine;
  const wss__tls_layer *layer;
  void *records;
  wss__detail *why; /* only after a failure */
  wss_tls_info info;
  char *server_name; /* what info points to, if it does not fit into name */
  phase phase;
  int error;
  int16_t alert;       /* -1: none */
  bool alert_received; /* by us; else sent */
  bool closed;         /* our close_notify was written */
  char name[NAME_SIZE];
};

void wss__tls_channel_pool(wss__pool *pool, const wss_allocator *allocator) {
  wss__pool_init(pool, sizeof(wss__tls_channel), allocator);
}

int wss__tls_channel_new(wss__tls_channel **result, wss__tls_context *context,
                         const wss_allocator *allocator) {
  wss__tls_channel *channel = wss__pool_take(&context->channels);
  if (channel == NULL)
    return WSS_ERR_NOMEM;
  channel->allocator = allocator;
  channel->alert = -1;
  int error =
      wss__tls_engine_new(&channel->engine, &context->config, allocator);
  if (error != 0)
    goto fail;
  channel->engine->tickets = &context->tickets;
  channel->engine->context = context;
  if (context->record_layer == WSS_RECORD_OWN)
    wss__tls_takeover_prepare(channel->engine);
  if (context->keylog >= 0)
    wss__tls_keylog_attach(channel->engine);
  channel->context = wss__tls_context_ref(context);
  *result = channel;
  return 0;
fail:
  wss__pool_give(&context->channels, channel);
  return error;
}

static void release(wss__tls_channel *channel) {
  wss__tls_engine_free(channel->engine);
  channel->engine = NULL;
  if (channel->records != NULL)
    channel->layer->free(channel->records);
  channel->records = NULL;
}

void wss__tls_channel_free(wss__tls_channel *channel) {
  if (channel == NULL)
    return;
  wss__tls_context *context = channel->context;
  release(channel);
  wss__free(channel->allocator, channel->server_name);
  wss__free(channel->allocator, channel->why);
  wss__pool_give(&context->channels, channel);
  wss__tls_context_unref(context);
}

/* Nothing can be called again on what has failed, so all of it goes now. */
static int fail(wss__tls_channel *channel, int error,
                const wss__tls_failure *failure) {
  release(channel);
  channel->phase = FAILED;
  channel->error = error;
  if (error == WSS_ERR_NOMEM)
    return error;
  channel->alert_received = failure->alert >= 0;
  channel->alert =
      (int16_t)(failure->alert >= 0 ? failure->alert : failure->sent);
  channel->why = wss__calloc(channel->allocator, sizeof *channel->why);
  if (channel->why != NULL)
    wss__tls_failure_describe(failure, channel->why);
  return error;
}

/* Mbed TLS keeps what the takeover does not cover. */
static const wss__tls_layer *choose(const wss__tls_channel *channel) {
  return channel->context->record_layer == WSS_RECORD_OWN &&
                 wss__tls_takeover_possible(channel->engine)
             ? &wss__tls_takeover
             : &wss__tls_stock;
}

/* Its memory would stand in the midst of what the handshake frees. */
static void keep_server_name(wss__tls_channel *channel,
                             wss__tls_engine *engine) {
  const char *name = engine->server_name;
  channel->info.server_name = name;
  if (name != NULL && strlen(name) < sizeof channel->name) {
    channel->info.server_name = memcpy(channel->name, name, strlen(name));
    return;
  }
  channel->server_name = engine->server_name;
  engine->server_name = NULL;
}

static int shake(wss__tls_channel *channel, wss__tls_io *io) {
  wss__tls_failure failure;
  wss__tls_engine *engine = channel->engine;
  int result = wss__tls_handshake_read(engine, io, &failure);
  if (result < 0)
    return fail(channel, result, &failure);
  if (result != WSS__TLS_READY)
    return result;
  wss__tls_handshake_info(engine, &channel->info);
  keep_server_name(channel, engine);
  channel->layer = choose(channel);
  int error = channel->layer->start(&channel->records, engine, channel->context,
                                    &failure);
  if (error != 0)
    return fail(channel, error, &failure);
  channel->engine = NULL;
  channel->phase = OPEN;
  return WSS__TLS_READY;
}

static int read_records(wss__tls_channel *channel, wss__tls_io *io) {
  wss__tls_failure failure;
  int result = channel->layer->read(channel->records, io, &failure);
  if (result < 0)
    return fail(channel, result, &failure);
  if (result == WSS__TLS_END)
    channel->phase = ENDED;
  return result;
}

int wss__tls_channel_read(wss__tls_channel *channel, wss__tls_io *io) {
  switch (channel->phase) {
  case SHAKING:
    return shake(channel, io);
  case OPEN:
    return read_records(channel, io);
  case ENDED:
    /* RFC 8446 6.1: what comes after a close_notify is ignored. */
    io->input += io->input_size;
    io->input_size = 0;
    return WSS__TLS_END;
  case FAILED:
    break;
  }
  return channel->error;
}

int wss__tls_channel_write(wss__tls_channel *channel, wss__buf *output,
                           const uint8_t *data, size_t size) {
  wss__tls_failure failure;
  if (channel->phase == FAILED)
    return channel->error;
  if (channel->phase == SHAKING || channel->closed)
    return WSS_ERR_STATE;
  int error =
      channel->layer->write(channel->records, output, data, size, &failure);
  return error == 0 ? 0 : fail(channel, error, &failure);
}

void wss__tls_channel_close(wss__tls_channel *channel, wss__buf *output) {
  if (!wss__tls_channel_ready(channel) || channel->closed)
    return;
  channel->closed = true;
  channel->layer->close(channel->records, output);
}

bool wss__tls_channel_ready(const wss__tls_channel *channel) {
  return channel->phase == OPEN || channel->phase == ENDED;
}

const char *wss__tls_channel_why(const wss__tls_channel *channel) {
  if (channel->why != NULL)
    return channel->why->text;
  return channel->phase == FAILED ? wss__error_text(channel->error) : "";
}

int wss__tls_channel_alert(const wss__tls_channel *channel, bool *from_peer) {
  *from_peer = channel->alert_received;
  return channel->alert;
}

const char *wss__tls_channel_alert_name(int alert) {
  return wss__tls_alert_name(alert);
}

void wss__tls_channel_info(const wss__tls_channel *channel,
                           wss_tls_info *info) {
  *info = channel->info;
}

int wss__tls_refuse_garbage(wss__buf *output, const wss_allocator *allocator) {
  /* RFC 8446 5: a record of a type that does not exist. */
  const uint8_t header[WSS__TLS_HEADER_SIZE] = {0};
  uint8_t alert = wss__tls_alert_for_record(header);
  int error = wss__tls_alert_append(output, allocator, alert);
  return error < 0 ? error : alert;
}
