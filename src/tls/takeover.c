#include "tls/takeover.h"

#include <string.h>

#include <mbedtls/platform_util.h>

#include "tls/config.h"

#define KEY_UPDATE 24
#define CLIENT_HELLO 1

static int refuse(wss__tls_failure *failure, int alert, const char *text) {
  *failure = (wss__tls_failure){.alert = -1, .sent = alert, .text = text};
  return WSS_ERR_TLS;
}

static int unexpected(wss__tls_failure *failure, const char *text) {
  return refuse(failure, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE, text);
}

/* ---- Taking over --------------------------------------------------------- */

void wss__tls_takeover_prepare(wss__tls_engine *engine) {
  mbedtls_ssl_set_export_keys_cb(&engine->ssl, wss__tls_keys_export,
                                 &engine->exported);
}

bool wss__tls_takeover_possible(const wss__tls_engine *engine) {
  return wss__tls_suite_find(
             mbedtls_ssl_get_ciphersuite_id_from_ssl(&engine->ssl)) != NULL;
}

void wss__tls_takeover_pool(wss__pool *pool, const wss_allocator *allocator) {
  wss__pool_init(pool, sizeof(wss__tls_records), allocator);
}

int wss__tls_takeover_new(wss__tls_records **result,
                          const wss__tls_record_state *state,
                          size_t max_payload, wss__tls_schedules *schedules,
                          wss__pool *pool) {
  wss__tls_records *records = wss__pool_take(pool);
  if (records == NULL)
    return WSS_ERR_NOMEM;
  records->state = *state;
  records->pool = pool;
  records->schedules = schedules;
  records->place = wss__tls_schedules_place(schedules);
  wss__buf_init(&records->partial, WSS__TLS_RECORD_MAX);
  records->max_payload = (uint16_t)max_payload;
  *result = records;
  return 0;
}

static int derive(const wss__tls_engine *engine, wss__tls_record_state *state) {
  state->suite = wss__tls_suite_find(
      mbedtls_ssl_get_ciphersuite_id_from_ssl(&engine->ssl));
  int error = wss__tls_keys_derive(&engine->exported, state->suite,
                                   &state->read, &state->write);
  /* TLS 1.2: Finished was record 0 of these keys, both ways. */
  state->read.sequence = state->suite->tls13 ? 0 : 1;
  state->write.sequence = state->read.sequence + engine->records_after;
  return error;
}

static int takeover_start(void **result, wss__tls_engine *engine,
                          wss__tls_context *context,
                          wss__tls_failure *failure) {
  wss__tls_record_state state;
  wss__tls_records *records = NULL;
  int payload = mbedtls_ssl_get_max_out_record_payload(&engine->ssl);
  int error = payload > 0 && payload <= WSS__TLS_PLAIN_MAX
                  ? derive(engine, &state)
                  : WSS_ERR_TLS;
  if (error == 0)
    error = wss__tls_takeover_new(&records, &state, (size_t)payload,
                                  &context->schedules, &context->records);
  mbedtls_platform_zeroize(&state, sizeof state);
  if (error == WSS_ERR_NOMEM)
    return error;
  if (error != 0) {
    *failure = (wss__tls_failure){
        .alert = -1, .sent = -1, .text = "Mbed TLS did not export its keys"};
    return WSS_ERR_TLS;
  }
  records->leftover = mbedtls_ssl_check_pending(&engine->ssl) != 0;
  wss__tls_engine_free(engine);
  *result = records;
  return 0;
}

/* ---- Writing ------------------------------------------------------------- */

static int schedule_of(wss__tls_records *records, wss__tls_way way,
                       void **schedule) {
  const wss__tls_traffic *traffic =
      way == WSS__TLS_READ ? &records->state.read : &records->state.write;
  return wss__tls_schedules_get(records->schedules, records->place, records,
                                way, records->state.suite->cipher, traffic->key,
                                schedule);
}

/* Appends one record. 0, WSS_ERR_TOO_BIG, WSS_ERR_NOMEM, WSS_ERR_TLS. */
static int seal(wss__tls_records *records, wss__buf *output, uint8_t type,
                const uint8_t *data, size_t size) {
  const wss__tls_suite *suite = records->state.suite;
  void *schedule;
  size_t room = wss__tls_record_size(suite, size);
  int error = schedule_of(records, WSS__TLS_WRITE, &schedule);
  if (error != 0)
    return error;
  uint8_t *to = wss__buf_reserve(output, records->pool->allocator, room);
  if (to == NULL)
    return wss__buf_fits(output, room) ? WSS_ERR_NOMEM : WSS_ERR_TOO_BIG;
  memcpy(to + wss__tls_record_offset(suite), data, size);
  error = wss__tls_record_seal(&records->state, records->schedules->aead,
                               schedule, type, to, size);
  if (error == 0)
    wss__buf_commit(output, room);
  return error;
}

static int update(wss__tls_records *records, wss__tls_way way) {
  wss__tls_schedules_forget(records->schedules, records->place, records, way);
  return wss__tls_keys_update(records->state.suite,
                              way == WSS__TLS_READ ? &records->state.read
                                                   : &records->state.write);
}

/* A new key of ours, if the peer wants one or this one has done its work. */
static int refresh(wss__tls_records *records, wss__buf *output) {
  static const uint8_t message[] = {KEY_UPDATE, 0, 0, 1, 0};
  const wss__tls_record_state *state = &records->state;
  bool worn = state->suite->tls13 &&
              state->suite->cipher != WSS__CHACHA20_POLY1305 &&
              state->write.sequence >= WSS__TLS_KEY_RECORDS;
  if (!worn && !records->update_owed)
    return 0;
  int error =
      seal(records, output, WSS__TLS_HANDSHAKE, message, sizeof message);
  if (error == 0)
    error = update(records, WSS__TLS_WRITE);
  records->update_owed = false;
  return error;
}

static int takeover_write(void *records_, wss__buf *output, const uint8_t *data,
                          size_t size, wss__tls_failure *failure) {
  wss__tls_records *records = records_;
  while (size > 0) {
    size_t step = size < records->max_payload ? size : records->max_payload;
    int error = refresh(records, output);
    if (error == 0)
      error = seal(records, output, WSS__TLS_DATA_TYPE, data, step);
    if (error == WSS_ERR_NOMEM)
      return error;
    if (error != 0) {
      *failure = (wss__tls_failure){
          .alert = -1,
          .sent = -1,
          .text = error == WSS_ERR_TOO_BIG
                      ? "the TLS records do not fit into the send buffer"
                      : "a TLS record could not be sealed"};
      return WSS_ERR_TLS;
    }
    data += step;
    size -= step;
  }
  return 0;
}

static int send_alert(wss__tls_records *records, wss__buf *output,
                      uint8_t level, uint8_t alert) {
  const uint8_t message[] = {level, alert};
  return seal(records, output, WSS__TLS_ALERT, message, sizeof message);
}

static void takeover_close(void *records, wss__buf *output) {
  (void)send_alert(records, output, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
                   MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY);
}

/* ---- Messages that are no data ------------------------------------------- */

/* WSS__TLS_WANT: nothing to be done; WSS__TLS_END; WSS_ERR_TLS. */
static int take_alert(const wss__tls_records *records,
                      const wss__tls_content *content,
                      wss__tls_failure *failure) {
  if (content->size == 0) /* RFC 8446 5.4 names this alert */
    return unexpected(failure, "a TLS alert record is empty");
  if (content->size != 2)
    return refuse(failure, MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR,
                  "a TLS alert is not of two bytes");
  uint8_t level = content->data[0];
  uint8_t alert = content->data[1];
  if (alert == MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY)
    return WSS__TLS_END;
  /* RFC 8446 6: TLS 1.3 has one warning left, whatever the level of others. */
  bool tls13 = records->state.suite->tls13;
  if (level == MBEDTLS_SSL_ALERT_LEVEL_WARNING &&
      (!tls13 || alert == MBEDTLS_SSL_ALERT_MSG_USER_CANCELED))
    return WSS__TLS_WANT;
  if (!tls13 && level != MBEDTLS_SSL_ALERT_LEVEL_FATAL)
    return refuse(failure, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER,
                  "a TLS alert has a level that does not exist");
  *failure = (wss__tls_failure){.alert = alert, .sent = -1};
  return WSS_ERR_TLS;
}

/* TLS 1.2: a whole ClientHello is a wish that need not be granted (RFC 5246
   7.2.2). */
static int take_hello(wss__tls_records *records, wss__buf *output,
                      const wss__tls_content *content,
                      wss__tls_failure *failure) {
  const uint8_t *data = content->data;
  size_t body = content->size < 4
                    ? 0
                    : (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
  if (content->size < 4 || data[0] != CLIENT_HELLO || body != content->size - 4)
    return unexpected(failure, "a TLS handshake message is not expected");
  if (records->answers++ >= WSS__TLS_MAX_ANSWERS)
    return unexpected(failure, "too many TLS records without data");
  int error = send_alert(records, output, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
                         MBEDTLS_SSL_ALERT_MSG_NO_RENEGOTIATION);
  if (error == WSS_ERR_NOMEM)
    return error;
  return error == 0 ? WSS__TLS_WANT
                    : refuse(failure, -1,
                             "an answer to the peer does not fit "
                             "into the send buffer");
}

/* TLS 1.3: a KeyUpdate is all that a client may send (RFC 8446 4.6), at the end
   of its record (5.1), but over as many records as it likes. */
static int take_key_update(wss__tls_records *records,
                           const wss__tls_content *content,
                           wss__tls_failure *failure) {
  static const uint8_t begins[] = {KEY_UPDATE, 0, 0, 1};
  enum { MESSAGE_SIZE = sizeof begins + 1 };
  if (content->size == 0)
    return unexpected(failure, "a TLS handshake record is empty");
  for (size_t i = 0; i < content->size; i++) {
    size_t at = records->message_size;
    uint8_t byte = content->data[i];
    if (at == 0 && byte != KEY_UPDATE)
      return unexpected(failure, "a TLS handshake message is not expected");
    if (at < sizeof begins && byte != begins[at])
      return refuse(failure, MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR,
                    "a TLS KeyUpdate has the wrong length");
    if (at == sizeof begins && byte > 1)
      return refuse(failure, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER,
                    "a TLS KeyUpdate has a value that does not exist");
    if (++records->message_size < MESSAGE_SIZE)
      continue;
    if (i + 1 < content->size)
      return unexpected(failure, "a TLS record goes on behind a KeyUpdate");
    records->message_size = 0;
    /* Answered before the next data: one answer for however many (4.6.3). */
    records->update_owed = records->update_owed || byte == 1;
    return update(records, WSS__TLS_READ);
  }
  return WSS__TLS_WANT;
}

/* WSS__TLS_WANT: the record is dealt with; WSS__TLS_DATA, WSS__TLS_END, errors.
 */
static int take(wss__tls_records *records, wss__buf *output,
                const wss__tls_content *content, wss__tls_failure *failure) {
  if (records->message_size > 0 && content->type != WSS__TLS_HANDSHAKE)
    return unexpected(failure, "a TLS handshake message is not finished");
  switch (content->type) {
  case WSS__TLS_DATA_TYPE:
    return content->size > 0 ? WSS__TLS_DATA : WSS__TLS_WANT;
  case WSS__TLS_ALERT:
    return take_alert(records, content, failure);
  case WSS__TLS_HANDSHAKE:
    return records->state.suite->tls13
               ? take_key_update(records, content, failure)
               : take_hello(records, output, content, failure);
  default:
    return unexpected(failure, "a TLS record's type is not expected");
  }
}

/* ---- Reading ------------------------------------------------------------- */

/* How large a record is in all. */
static int measure(const wss__tls_records *records, const uint8_t *header,
                   size_t *size, wss__tls_failure *failure) {
  int error =
      wss__tls_record_length(records->state.suite, header, size, failure);
  *size += WSS__TLS_HEADER_SIZE;
  return error;
}

/* Completes a record that has begun. 1, 0: not yet, or an error. */
static int complete(wss__tls_records *records, wss__tls_io *io,
                    wss__tls_failure *failure) {
  wss__buf *partial = &records->partial;
  for (;;) {
    size_t need = WSS__TLS_HEADER_SIZE;
    if (partial->length >= need) {
      int error = measure(records, wss__buf_data(partial), &need, failure);
      if (error != 0 || partial->length == need)
        return error != 0 ? error : 1;
    }
    need -= partial->length;
    size_t step = need < io->input_size ? need : io->input_size;
    if (step == 0)
      return 0;
    int error =
        wss__buf_append(partial, records->pool->allocator, io->input, step);
    if (error != 0)
      return error;
    io->input += step;
    io->input_size -= step;
  }
}

/* The next whole record, in the input if it is whole there. As complete. */
static int next_record(wss__tls_records *records, wss__tls_io *io,
                       uint8_t **record, wss__tls_failure *failure) {
  if (records->partial.length == 0 && io->input_size >= WSS__TLS_HEADER_SIZE) {
    size_t size;
    int error = measure(records, io->input, &size, failure);
    if (error != 0)
      return error;
    if (io->input_size >= size) {
      *record = io->input;
      io->input += size;
      io->input_size -= size;
      return 1;
    }
  }
  int result = complete(records, io, failure);
  *record = wss__buf_data(&records->partial);
  return result;
}

/* Data that lies in the memory of a partial record, which is given back. */
static void move_to_scratch(wss__tls_io *io, wss__tls_content *content) {
  memcpy(io->scratch, content->data, content->size);
  content->data = io->scratch;
}

static int open_record(wss__tls_records *records, uint8_t *record,
                       wss__tls_content *content, wss__tls_failure *failure) {
  void *schedule;
  int error = schedule_of(records, WSS__TLS_READ, &schedule);
  return error != 0
             ? error
             : wss__tls_record_open(&records->state, records->schedules->aead,
                                    schedule, record, content, failure);
}

static int read_record(wss__tls_records *records, wss__tls_io *io,
                       uint8_t *record, wss__tls_failure *failure) {
  wss__tls_content content;
  int result = open_record(records, record, &content, failure);
  if (result != 0)
    return result;
  result = take(records, io->output, &content, failure);
  if (result == WSS__TLS_DATA && records->partial.length > 0)
    move_to_scratch(io, &content);
  wss__buf_consume(&records->partial, records->pool->allocator,
                   records->partial.length);
  if (result == WSS__TLS_DATA) {
    io->data = content.data;
    io->size = content.size;
    records->barren = 0;
  } else if (result == WSS__TLS_WANT &&
             records->barren++ >= WSS__TLS_MAX_BARREN) {
    return unexpected(failure, "too many TLS records without data");
  }
  return result;
}

static int read_some(wss__tls_records *records, wss__tls_io *io,
                     wss__tls_failure *failure) {
  if (records->leftover)
    return unexpected(failure, "a TLS record goes on behind Finished");
  for (;;) {
    uint8_t *record = NULL;
    int result = next_record(records, io, &record, failure);
    if (result == 0)
      return WSS__TLS_WANT;
    if (result > 0)
      result = read_record(records, io, record, failure);
    if (result != WSS__TLS_WANT)
      return result;
  }
}

static int takeover_read(void *records_, wss__tls_io *io,
                         wss__tls_failure *failure) {
  wss__tls_records *records = records_;
  int result = read_some(records, io, failure);
  if (result == WSS_ERR_TLS && failure->sent >= 0 &&
      send_alert(records, io->output, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                 (uint8_t)failure->sent) != 0)
    failure->sent = -1;
  return result;
}

static void takeover_free(void *records_) {
  wss__tls_records *records = records_;
  wss__pool *pool = records->pool;
  wss__tls_schedules_leave(records->schedules, records->place, records);
  wss__buf_free(&records->partial, pool->allocator);
  mbedtls_platform_zeroize(records, sizeof *records);
  wss__pool_give(pool, records);
}

const wss__tls_layer wss__tls_takeover = {.start = takeover_start,
                                          .read = takeover_read,
                                          .write = takeover_write,
                                          .close = takeover_close,
                                          .free = takeover_free};
