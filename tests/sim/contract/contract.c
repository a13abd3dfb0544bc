#include "contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char happened[4096];
uv_loop_t *uv;
wss__loop loop;
wss__socket listener;
wss__stream streams[2];
test_allocator memory;
int to_accept;
int accepted;
void (*at_read)(wss__stream *stream);

static bool stream_open[2];
static bool listening;
static bool loop_open;
static bool phase; /* passed since the last event */

static void append(const char *text) {
  size_t size = strlen(happened);
  (void)snprintf(happened + size, sizeof happened - size, "%s", text);
}

void note(const char *format, ...) {
  char event[256];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(event, sizeof event, format, arguments);
  va_end(arguments);
  if (phase && happened[0] != '\0')
    append("| ");
  phase = false;
  append(event);
  append("; ");
}

/* ---- Events -------------------------------------------------------------- */

static const char *name(int error) {
  return error == 0 ? "0" : wss__loop_err_name(error);
}

static char which(const wss__stream *stream) {
  return stream == &streams[0] ? 'a' : 'b';
}

static void on_turn(void *owner) {
  (void)owner;
  phase = true;
  wss__loop_sleep(&loop); /* there is never anything to do */
}

static void on_expired(void *owner, uint64_t due) {
  (void)owner;
  (void)due;
  note("expired");
}

static void on_loop_closed(void *owner) {
  (void)owner;
  loop_open = false;
  note("loop closed");
}

static void on_read(wss__stream *stream, uint8_t *data, size_t size) {
  if (at_read != NULL)
    at_read(stream);
  note("%c read %.*s", which(stream), (int)size, (const char *)data);
  memset(data, '#', size);
}

static void on_ended(wss__stream *stream, int error) {
  note("%c ended %s", which(stream), name(error));
}

static void on_wrote(wss__stream *stream, int error) {
  note("%c wrote %s", which(stream), name(error));
}

static void on_closed(wss__stream *stream) {
  stream_open[stream - streams] = false;
  note("%c closed", which(stream));
  memset(stream, 0xdd, sizeof *stream);
}

static const wss__stream_events stream_events = {on_read, on_ended, on_wrote,
                                                 on_closed};

static void on_incoming(wss__socket *socket, int error) {
  wss__stream *stream = &streams[accepted];
  note("incoming %s", name(error));
  if (error < 0 || accepted == to_accept)
    return;
  error = wss__stream_accept(stream, &loop, socket, &stream_events,
                             &stream_open[accepted]);
  assert_int_equal(error, 0);
  accepted++;
}

static void on_socket_closed(wss__socket *socket) {
  (void)socket;
  listening = false;
  note("listener closed");
}

/* ---- Setting up ---------------------------------------------------------- */

int set_up(void **state) {
  static const wss__loop_events loop_events = {on_turn, on_expired,
                                               on_loop_closed};
  static const wss__socket_events socket_events = {on_incoming,
                                                   on_socket_closed};
  (void)state;
  happened[0] = '\0';
  accepted = 0;
  to_accept = 2;
  at_read = NULL;
  test_allocator_init(&memory);
  uv = contract_open();
  assert_int_equal(
      wss__loop_open(&loop, uv, &loop_events, NULL, &memory.functions), 0);
  loop_open = true;
  assert_int_equal(wss__socket_listen(&listener, &loop, "127.0.0.1", 0, false,
                                      16, &socket_events, &listening),
                   0);
  return 0;
}

static bool all_closed(void) {
  return !stream_open[0] && !stream_open[1] && !listening && !loop_open;
}

int tear_down(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < 2; i++) {
    if (stream_open[i] && !uv_is_closing((uv_handle_t *)&streams[i].tcp))
      wss__stream_close(&streams[i], false);
  }
  if (listening && !uv_is_closing((uv_handle_t *)&listener.tcp))
    wss__socket_close(&listener);
  if (loop_open && !uv_is_closing((uv_handle_t *)&loop.timer))
    wss__loop_close(&loop);
  contract_run(all_closed);
  assert_true(all_closed());
  contract_close();
  assert_int_equal(memory.blocks, 0);
  return 0;
}

contract_peer *meet(void) {
  contract_peer *peer = contract_connect(wss__socket_port(&listener));
  assert_non_null(peer);
  expect("incoming 0; ");
  return peer;
}

static const char *expected;

static bool has_happened(void) {
  return strlen(happened) >= strlen(expected);
}

void expect_at(const char *text, const char *file, int line) {
  expected = text;
  contract_run(has_happened);
  contract_turns(); /* for what should not happen */
  if (strcmp(happened, text) != 0) {
    print_error("expected: %s\nhappened: %s\n", text, happened);
    _fail(file, line);
  }
  happened[0] = '\0';
}

/* More than a kernel ever holds: what is in flight stays there until the peer
   reads, however the kernel's buffers grow meanwhile. */
size_t fill(wss__stream *stream) {
  static uint8_t block[24 << 20];
  assert_int_equal(wss__stream_write(stream, block, sizeof block), 0);
  assert_true(stream->in_flight > 0);
  return sizeof block;
}

void write_text(wss__stream *stream, const char *text) {
  note("write %s",
       name(wss__stream_write(stream, (const uint8_t *)text, strlen(text))));
}
