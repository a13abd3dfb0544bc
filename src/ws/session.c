#include "ws/session.h"

#include <string.h>

#include "ws/close.h"
#include "ws/mask.h"

void wss__session_init(wss__session *session, const wss_allocator *allocator,
                       uint64_t max_message_size, uint64_t max_fragments,
                       const wss__session_events *events, void *owner) {
  memset(session, 0, sizeof *session);
  session->events = events;
  session->owner = owner;
  session->allocator = allocator;
  session->max_message_size = max_message_size;
  session->max_fragments = max_fragments;
  wss__buf_init(&session->message, max_message_size < SIZE_MAX
                                       ? (size_t)max_message_size
                                       : SIZE_MAX);
  wss__buf_init(&session->control, WSS__MAX_CONTROL_PAYLOAD + 1);
}

void wss__session_free(wss__session *session) {
  wss__buf_free(&session->message, session->allocator);
  wss__buf_free(&session->control, session->allocator);
}

int wss__session_close(wss__session *session, int code, const void *reason,
                       size_t reason_size) {
  uint8_t payload[WSS__MAX_CLOSE_PAYLOAD];
  size_t size;
  if (session->code_sent != 0)
    return WSS_ERR_CLOSED;
  session->code_sent = (uint16_t)code;
  /* No message is delivered any more, so none is gathered. */
  wss__buf_free(&session->message, session->allocator);
  size = wss__close_pack(payload, code, reason, reason_size);
  session->events->send(session->owner, WSS__CLOSE, payload, size);
  return 0;
}

bool wss__session_unfinished(const wss__session *session) {
  return session->type != 0 || session->in_payload || session->header_size > 0;
}

wss__slice wss__session_reason(const wss__session *session) {
  wss__slice reason = {"", 0};
  /* Behind the code; a NUL stands at the end. */
  if (session->code_received != 0 && session->control.length > 3) {
    reason.data = (const char *)wss__buf_data(&session->control) + 2;
    reason.size = session->control.length - 3;
  }
  return reason;
}

/* ---- Errors -------------------------------------------------------------- */

static const char no_memory[] = "out of memory";
static const char not_utf8[] = "a text message is not UTF-8 (RFC 6455 8.1)";

static int code_for(int error) {
  switch (error) {
  case WSS_ERR_UTF8:
    return WSS__CLOSE_INVALID_PAYLOAD;
  case WSS_ERR_TOO_BIG:
    return WSS__CLOSE_TOO_BIG;
  case WSS_ERR_NOMEM:
    return WSS__CLOSE_INTERNAL;
  case WSS_ERR_LIMIT:
  case WSS_ERR_TIMEOUT:
    return WSS__CLOSE_POLICY;
  default:
    return WSS__CLOSE_PROTOCOL_ERROR;
  }
}

int wss__session_fail(wss__session *session, int error, const char *why) {
  session->why = why;
  session->failed = true;
  (void)wss__session_close(session, code_for(error), NULL, 0);
  return error;
}

/* Everything behind a Close frame, or an error, is dropped (RFC 6455 5.5.1). */
static bool is_over(const wss__session *session) {
  return session->failed || session->code_received != 0;
}

/* ---- Whole messages and control frames ----------------------------------- */

/* Results beyond 0 and errors: an event asked to stop. */
#define STOP 1

static int deliver(wss__session *session, const uint8_t *data, size_t size) {
  wss_type type = (wss_type)session->type;
  session->type = 0;
  session->finished++;
  if (type == WSS_TEXT && !wss__utf8_complete(&session->utf8))
    return wss__session_fail(
        session, WSS_ERR_UTF8,
        "a text message ends within a character (RFC 6455 8.1)");
  if (session->code_sent != 0)
    return 0;
  return session->events->message(session->owner, type, data, size) ? 0 : STOP;
}

/* For wss__session_reason; without memory there is none. What came in pieces is
   there already. */
static void keep_close(wss__session *session, const uint8_t *payload,
                       size_t size) {
  wss__buf *kept = &session->control;
  size_t more = kept->length == 0 ? size : 0;
  uint8_t *to = wss__buf_reserve(kept, session->allocator, more + 1);
  if (to == NULL) {
    wss__buf_free(kept, session->allocator);
    return;
  }
  memcpy(to, payload, more);
  to[more] = '\0';
  wss__buf_commit(kept, more + 1);
}

static int on_close(wss__session *session, const uint8_t *payload,
                    size_t size) {
  const uint8_t *reason;
  size_t reason_size;
  int code = wss__close_unpack(payload, size, &reason, &reason_size);
  if (code == WSS_ERR_PROTOCOL)
    return wss__session_fail(
        session, code, "a Close frame's code is not allowed (RFC 6455 7.4)");
  if (code == WSS_ERR_UTF8)
    return wss__session_fail(
        session, code, "a Close frame's reason is not UTF-8 (RFC 6455 5.5.1)");
  if (reason_size > 0)
    keep_close(session, payload, size);
  else
    wss__buf_free(&session->control, session->allocator);
  session->code_received = (uint16_t)code;
  (void)wss__session_close(session, code, NULL, 0);
  return 0;
}

static int on_control(wss__session *session, const uint8_t *payload,
                      size_t size) {
  const wss__session_events *events = session->events;
  if (session->type == 0)
    session->finished++;
  if (session->opcode == WSS__CLOSE)
    return on_close(session, payload, size);
  if (session->code_sent != 0)
    return 0;
  if (session->opcode == WSS__PONG)
    return events->pong(session->owner, payload, size) ? 0 : STOP;
  events->send(session->owner, WSS__PONG, payload, size);
  return 0;
}

/* ---- Frames -------------------------------------------------------------- */

static void begin_message(wss__session *session, int type) {
  session->type = (uint8_t)type;
  session->fragments = 0;
  memset(&session->utf8, 0, sizeof session->utf8);
}

/* Takes a header that is whole: what it says about the message. */
static int begin_frame(wss__session *session, const wss__frame *frame) {
  bool data = !wss__opcode_is_control(frame->opcode);
  if (data && frame->opcode == WSS__CONTINUATION && session->type == 0)
    return wss__session_fail(session, WSS_ERR_PROTOCOL,
                             "a continuation continues nothing (RFC 6455 5.4)");
  if (data && frame->opcode != WSS__CONTINUATION && session->type != 0)
    return wss__session_fail(
        session, WSS_ERR_PROTOCOL,
        "a message begins within another one (RFC 6455 5.4)");
  if (data &&
      frame->length > session->max_message_size - session->message.length)
    return wss__session_fail(session, WSS_ERR_TOO_BIG,
                             "the message is larger than max_message_size");
  if (data && frame->opcode != WSS__CONTINUATION)
    begin_message(session, (int)frame->opcode);
  if (data && ++session->fragments > session->max_fragments)
    return wss__session_fail(session, WSS_ERR_LIMIT,
                             "the message has more frames than max_fragments");
  session->opcode = (uint8_t)frame->opcode;
  session->fin = frame->fin;
  session->remaining = frame->length;
  memcpy(session->mask, frame->mask, sizeof session->mask);
  session->mask_offset = 0;
  session->in_payload = true;
  return 0;
}

/* A piece of a message; last: with it the message is complete. */
static int message_piece(wss__session *session, const uint8_t *data,
                         size_t size, bool last) {
  wss__buf whole;
  int result;
  if (session->type == WSS_TEXT && !wss__utf8_feed(&session->utf8, data, size))
    return wss__session_fail(session, WSS_ERR_UTF8, not_utf8);
  if (last && session->message.length == 0)
    return deliver(session, data, size);
  if (session->code_sent != 0)
    return 0;
  if (wss__buf_append(&session->message, session->allocator, data, size) < 0)
    return wss__session_fail(session, WSS_ERR_NOMEM, no_memory);
  if (!last)
    return 0;
  /* The event may close the session; what it is shown stays with us. */
  whole = session->message;
  wss__buf_init(&session->message, whole.ceiling);
  result = deliver(session, wss__buf_data(&whole), whole.length);
  wss__buf_free(&whole, session->allocator);
  return result;
}

/* Likewise of a control frame. */
static int control_piece(wss__session *session, const uint8_t *data,
                         size_t size, bool last) {
  wss__buf *kept = &session->control;
  int result;
  if (last && kept->length == 0)
    return on_control(session, data, size);
  if (wss__buf_append(kept, session->allocator, data, size) < 0)
    return wss__session_fail(session, WSS_ERR_NOMEM, no_memory);
  if (!last)
    return 0;
  result = on_control(session, kept->memory + kept->start, kept->length);
  if (session->code_received == 0)
    wss__buf_free(kept, session->allocator);
  return result;
}

/* Reads a piece of a payload. */
static int take_payload(wss__session *session, uint8_t *data, size_t size,
                        size_t *used) {
  bool end;
  if (size > session->remaining)
    size = (size_t)session->remaining;
  wss__mask(data, size, session->mask, session->mask_offset);
  session->mask_offset = (uint8_t)((session->mask_offset + size) & 3);
  session->remaining -= size;
  *used = size;
  end = session->remaining == 0;
  session->in_payload = !end;
  if (wss__opcode_is_control((wss__opcode)session->opcode))
    return control_piece(session, data, size, end);
  return message_piece(session, data, size, end && session->fin);
}

/* Reads a header, from what was kept of it and the input; *used says how much
   of the input it took. */
static int take_header(wss__session *session, uint8_t *data, size_t size,
                       size_t *used) {
  wss__frame frame;
  const uint8_t *from = data;
  size_t had = session->header_size;
  size_t have = size;
  size_t none;
  int length;
  int result;
  const char *why;

  if (had > 0) {
    size_t room = sizeof session->header - had;
    size_t more = size < room ? size : room;
    memcpy(session->header + had, data, more);
    from = session->header;
    have = had + more;
  }
  length = wss__frame_unpack(from, have, &frame, &why);
  if (length < 0)
    return wss__session_fail(session, length, why);
  if (length == 0) {
    if (had == 0)
      memcpy(session->header, data, size);
    session->header_size = (uint8_t)have;
    *used = size;
    return 0;
  }
  session->header_size = 0;
  *used = (size_t)length - had;
  result = begin_frame(session, &frame);
  if (result < 0 || frame.length > 0)
    return result;
  /* An empty payload does not wait for another byte. */
  return take_payload(session, data + *used, 0, &none);
}

/* Reads a small message in one frame without a detour over the session's
   state. Takes nothing if there is none. */
static int take_small(wss__session *session, uint8_t *data, size_t size,
                      size_t *used) {
  int length = wss__frame_small(data, size);
  uint8_t *payload;
  if (length < 0 || session->type != 0 || session->header_size > 0 ||
      (unsigned)length > session->max_message_size)
    return 0;
  payload = data + WSS__SMALL_FRAME_HEADER;
  size = (size_t)length;
  *used = WSS__SMALL_FRAME_HEADER + size;
  begin_message(session, data[0] & 0x0f);
  wss__mask(payload, size, payload - sizeof session->mask, 0);
  return message_piece(session, payload, size, true);
}

int wss__session_feed(wss__session *session, uint8_t *data, size_t size,
                      size_t *used) {
  size_t at = 0;
  int result = 0;
  while (result == 0 && at < size && !is_over(session)) {
    size_t step = 0;
    if (!session->in_payload)
      result = take_small(session, data + at, size - at, &step);
    if (step == 0)
      result = session->in_payload
                   ? take_payload(session, data + at, size - at, &step)
                   : take_header(session, data + at, size - at, &step);
    at += step;
  }
  *used = is_over(session) ? size : at;
  return result == STOP ? 0 : result;
}
