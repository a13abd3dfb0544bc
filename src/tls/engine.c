#include "tls/engine.h"

#include <limits.h>
#include <string.h>

#include <mbedtls/platform_util.h>

#include "tls/code.h"
#include "tls/compat.h"
#include "tls/hello.h"
#include "tls/identity.h"

/* The largest payload of an encrypted TLS 1.3 record that may hold an alert:
   alert, type, a tag and Mbed TLS's padding (RFC 8446 5.2). Application data
   is never written while this is looked at. */
#define SEALED_ALERT_MAX (2 + 1 + 16 + 15)

static uint32_t payload_size(const uint8_t *header) {
  return (uint32_t)header[3] << 8 | header[4];
}

/* Follows the records in what Mbed TLS is given. */
static void track(wss__tls_engine *engine, const uint8_t *data, size_t size) {
  while (size > 0) {
    size_t left = 0;
    if (engine->record_seen >= WSS__TLS_HEADER_SIZE)
      left = WSS__TLS_HEADER_SIZE + payload_size(engine->record) -
             engine->record_seen;
    if (left == 0 && engine->record_seen >= WSS__TLS_HEADER_SIZE)
      engine->record_seen = 0;
    size_t step = 1;
    if (engine->record_seen < sizeof engine->record)
      engine->record[engine->record_seen] = *data;
    else
      step = size < left ? size : left;
    if (engine->record_seen == 0)
      engine->barren++;
    engine->record_seen += (uint32_t)step;
    data += step;
    size -= step;
  }
}

/* Whether the record begins a ClientHello that Mbed TLS could not put together:
   it would collect what comes until its buffer is full. */
static bool hello_too_large(wss__tls_engine *engine) {
  const uint8_t *length = engine->record + WSS__TLS_HEADER_SIZE + 1;
  if (engine->barren != engine->hello_record ||
      engine->record_seen < sizeof engine->record ||
      engine->record[0] != MBEDTLS_SSL_MSG_HANDSHAKE ||
      mbedtls_ssl_is_handshake_over(&engine->ssl))
    return false;
  return ((uint32_t)length[0] << 16 | (uint32_t)length[1] << 8 | length[2]) >
         MBEDTLS_SSL_IN_CONTENT_LEN - WSS__TLS_MESSAGE_HEADER_SIZE;
}

/* RFC 8446 5.1 and 5.2; Mbed TLS would take whatever its buffer can hold. In a
   record of data its type, or in TLS 1.2 its nonce, and its tag come on top. */
static bool record_too_large(const wss__tls_engine *engine) {
  uint32_t most = MBEDTLS_SSL_IN_CONTENT_LEN;
  bool tls13 = mbedtls_ssl_get_version_number(&engine->ssl) ==
               MBEDTLS_SSL_VERSION_TLS1_3;
  if (engine->record[0] == MBEDTLS_SSL_MSG_APPLICATION_DATA)
    most += (tls13 ? 1U : 8U) + 16;
  return engine->record_seen >= WSS__TLS_HEADER_SIZE &&
         payload_size(engine->record) > most;
}

static int receive(void *context, unsigned char *data, size_t size) {
  wss__tls_bio *bio = context;
  wss__tls_engine *engine = bio->engine;
  bool begun = engine->pieces.done;
  size_t before = bio->input_size;
  if (size > INT_MAX)
    size = INT_MAX;
  size = wss__tls_pieces_read(&engine->pieces, &bio->input, &bio->input_size,
                              data, size);
  bio->moved = bio->moved || bio->input_size != before;
  if (size == 0) {
    bio->starved = true;
    return MBEDTLS_ERR_SSL_WANT_READ;
  }
  if (!begun && engine->pieces.done)
    engine->hello_record = engine->barren + 1;
  track(engine, data, size);
  bio->alerted = false;
  if (record_too_large(bio->engine))
    return MBEDTLS_ERR_SSL_INVALID_RECORD;
  if (hello_too_large(bio->engine))
    return MBEDTLS_ERR_SSL_DECODE_ERROR;
  return (int)size;
}

/* Whether the last of the records is an alert, and which; -1 if that is
   encrypted. Counts them. */
static bool ends_with_alert(const uint8_t *data, size_t size, int *which,
                            uint32_t *count) {
  bool alert = false;
  while (size >= WSS__TLS_HEADER_SIZE) {
    size_t length = payload_size(data);
    if (length > size - WSS__TLS_HEADER_SIZE)
      return false;
    alert = data[0] == MBEDTLS_SSL_MSG_ALERT ||
            (data[0] == MBEDTLS_SSL_MSG_APPLICATION_DATA &&
             length <= SEALED_ALERT_MAX);
    *which = data[0] == MBEDTLS_SSL_MSG_ALERT && length == 2
                 ? data[WSS__TLS_HEADER_SIZE + 1]
                 : -1;
    (*count)++;
    data += WSS__TLS_HEADER_SIZE + length;
    size -= WSS__TLS_HEADER_SIZE + length;
  }
  return alert;
}

/* RFC 8446 4.1.3: the random of a ServerHello that asks for another
   ClientHello. */
static bool is_retry(const uint8_t *message, size_t size) {
  static const uint8_t random[] = {
      0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
      0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
      0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
  const size_t at = WSS__TLS_MESSAGE_HEADER_SIZE + 2;
  return size >= at + sizeof random && message[0] == WSS__TLS_SERVER_HELLO &&
         memcmp(message + at, random, sizeof random) == 0;
}

/* What a ServerHello among the records says. */
static void note_hello(wss__tls_engine *engine, const uint8_t *data,
                       size_t size) {
  while (size >= WSS__TLS_HEADER_SIZE) {
    const uint8_t *message = data + WSS__TLS_HEADER_SIZE;
    size_t length = payload_size(data);
    wss__tls_slice unused;
    if (length > size - WSS__TLS_HEADER_SIZE)
      return;
    if (data[0] == MBEDTLS_SSL_MSG_HANDSHAKE) {
      if (is_retry(message, length))
        wss__tls_pieces_start(&engine->pieces);
      engine->extended_master |= wss__tls_hello_extension(
          message, length, WSS__TLS_EXTENSION_MASTER, &unused);
      engine->resumed |= wss__tls_hello_extension(
          message, length, WSS__TLS_EXTENSION_PRE_SHARED, &unused);
    }
    data += WSS__TLS_HEADER_SIZE + length;
    size -= WSS__TLS_HEADER_SIZE + length;
  }
}

static int transmit(void *context, const unsigned char *data, size_t size) {
  wss__tls_bio *bio = context;
  if (size > INT_MAX)
    size = INT_MAX;
  bio->error = wss__buf_append(bio->output, bio->engine->allocator, data, size);
  if (bio->error != 0)
    return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  uint32_t count = 0;
  bio->alerted = ends_with_alert(data, size, &bio->alert, &count);
  if (mbedtls_ssl_is_handshake_over(&bio->engine->ssl))
    bio->engine->records_after += count;
  else
    note_hello(bio->engine, data, size);
  bio->engine->spoke = true;
  return (int)size;
}

int wss__tls_engine_new(wss__tls_engine **result,
                        const mbedtls_ssl_config *config,
                        const wss_allocator *allocator) {
  wss__tls_engine *engine = wss__calloc(allocator, sizeof *engine);
  if (engine == NULL)
    return WSS_ERR_NOMEM;
  engine->allocator = allocator;
  mbedtls_ssl_init(&engine->ssl);
  int code = mbedtls_ssl_setup(&engine->ssl, config);
  if (code != 0)
    goto fail;
  mbedtls_ssl_set_user_data_p(&engine->ssl, engine);
  *result = engine;
  return 0;
fail:
  wss__tls_engine_free(engine);
  return wss__tls_code_is_nomem(code) ? WSS_ERR_NOMEM : WSS_ERR_TLS;
}

void wss__tls_engine_free(wss__tls_engine *engine) {
  if (engine == NULL)
    return;
  mbedtls_ssl_free(&engine->ssl);
  mbedtls_platform_zeroize(&engine->exported, sizeof engine->exported);
  wss__tls_identity_unref(engine->identity);
  wss__free(engine->allocator, engine->server_name);
  wss__free(engine->allocator, engine);
}

void wss__tls_bio_open(wss__tls_bio *bio, wss__tls_engine *engine,
                       uint8_t *input, size_t size, wss__buf *output) {
  *bio = (wss__tls_bio){.engine = engine,
                        .input = input,
                        .input_size = size,
                        .output = output,
                        .alert = -1};
  mbedtls_ssl_set_bio(&engine->ssl, bio, transmit, receive, NULL);
}

void wss__tls_bio_close(wss__tls_bio *bio) {
  mbedtls_ssl_set_bio(&bio->engine->ssl, NULL, NULL, NULL, NULL);
}

bool wss__tls_bio_stuck(wss__tls_bio *bio) {
  bool moved = bio->moved;
  bio->moved = false;
  return !moved;
}

/* Whether Mbed TLS has already said what was wrong. */
static bool alerted(const wss__tls_bio *bio, int code) {
  /* After the handshake it says nothing to an unexpected message; what was
     written is the warning that there is no renegotiation (RFC 5246 7.2.2). */
  if (code == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE &&
      mbedtls_ssl_is_handshake_over(&bio->engine->ssl))
    return false;
  return bio->alerted;
}

/* A fatal alert in the clear where TLS 1.3 expects a sealed record, else -1:
   Mbed TLS's own client says so that it does not trust the certificate. Nobody
   has signed it, but the connection ends in any case. */
static int plain_alert(wss__tls_engine *engine, int code) {
  if (code != MBEDTLS_ERR_SSL_INVALID_MAC ||
      mbedtls_ssl_is_handshake_over(&engine->ssl))
    return -1;
  const uint8_t *record = engine->record;
  if (record[0] != MBEDTLS_SSL_MSG_ALERT || payload_size(record) != 2 ||
      record[5] != MBEDTLS_SSL_ALERT_LEVEL_FATAL)
    return -1;
  return record[6];
}

/* Returns the alert, -1 if it is no fatal one. */
static int send_alert(wss__tls_bio *bio, int code) {
  wss__tls_engine *engine = bio->engine;
  uint8_t level = MBEDTLS_SSL_ALERT_LEVEL_FATAL;
  uint8_t alert = wss__tls_alert_for_code(code, engine->record);
  if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
    level = MBEDTLS_SSL_ALERT_LEVEL_WARNING;
    alert = MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY;
  }
  /* The first call may do no more than write what was left of a flight. */
  bio->alerted = false;
  for (int i = 0; i < 2 && !bio->alerted && bio->error == 0; i++)
    (void)mbedtls_ssl_send_alert_message(&engine->ssl, level, alert);
  return bio->alerted && level == MBEDTLS_SSL_ALERT_LEVEL_FATAL ? alert : -1;
}

int wss__tls_bio_fail(wss__tls_bio *bio, int code, wss__tls_failure *failure) {
  *failure = (wss__tls_failure){
      .code = code, .alert = plain_alert(bio->engine, code), .sent = -1};
  if (bio->error == WSS_ERR_TOO_BIG) {
    failure->text = "the answers to the peer do not fit into the send buffer";
    return WSS_ERR_TLS;
  }
  if (bio->error != 0)
    return WSS_ERR_NOMEM;
  if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
    failure->alert = wss__compat_alert(&bio->engine->ssl);
    return WSS_ERR_TLS;
  }
  if (!alerted(bio, code))
    failure->sent = send_alert(bio, code);
  else
    failure->sent = bio->alert >= 0
                        ? bio->alert
                        : wss__tls_alert_for_code(code, bio->engine->record);
  if (bio->engine->nomem || wss__tls_code_is_nomem(code))
    return WSS_ERR_NOMEM;
  if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
    failure->text = "peer ended the TLS handshake (close_notify)";
  else if (wss__tls_alert_for_code(code, bio->engine->record) ==
           MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW)
    failure->text = "a TLS record is larger than RFC 8446 5.1 allows";
  else if (hello_too_large(bio->engine))
    failure->text = "the first TLS message is larger than 16 KiB";
  return WSS_ERR_TLS;
}
