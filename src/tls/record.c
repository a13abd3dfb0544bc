#include "tls/record.h"

#include <string.h>

#include <mbedtls/ssl.h>

/* Of TLS 1.2's GCM, on the wire (RFC 5288 3). */
#define EXPLICIT_NONCE 8

/* Loads of whole vectors are theirs who read a nonce. */
#define NONCE_ROOM (WSS__AEAD_NONCE + 4)

/* TLS 1.2's additional data: sequence number, type, version, length. */
#define EXTRA12_SIZE 13

static int refuse(wss__tls_failure *failure, uint8_t alert, const char *text) {
  *failure = (wss__tls_failure){.alert = -1, .sent = alert, .text = text};
  return WSS_ERR_TLS;
}

static size_t explicit_nonce(const wss__tls_suite *suite) {
  return suite->tls13 || suite->cipher == WSS__CHACHA20_POLY1305
             ? 0
             : EXPLICIT_NONCE;
}

/* What a record holds beside content and tag. */
static size_t wrapping(const wss__tls_suite *suite) {
  return suite->tls13 ? 1 : explicit_nonce(suite);
}

static void put16(uint8_t *to, size_t value) {
  to[0] = (uint8_t)(value >> 8);
  to[1] = (uint8_t)value;
}

static void put64(uint8_t *to, uint64_t value) {
  for (int i = 7; i >= 0; i--) {
    to[i] = (uint8_t)value;
    value >>= 8;
  }
}

/* RFC 8446 5.3, RFC 7905 2: both xor the sequence number into the iv. */
static void make_nonce(const wss__tls_suite *suite,
                       const wss__tls_traffic *traffic, const uint8_t *given,
                       uint8_t nonce[NONCE_ROOM]) {
  memset(nonce, 0, NONCE_ROOM);
  if (explicit_nonce(suite) > 0) {
    memcpy(nonce, traffic->iv, WSS__AEAD_NONCE - EXPLICIT_NONCE);
    memcpy(nonce + WSS__AEAD_NONCE - EXPLICIT_NONCE, given, EXPLICIT_NONCE);
    return;
  }
  put64(nonce + WSS__AEAD_NONCE - 8, traffic->sequence);
  for (size_t i = 0; i < WSS__AEAD_NONCE; i++)
    nonce[i] ^= traffic->iv[i];
}

/* The additional data; returns its size. */
static size_t make_extra(const wss__tls_suite *suite,
                         const wss__tls_traffic *traffic, const uint8_t *header,
                         size_t content, uint8_t extra[EXTRA12_SIZE]) {
  if (suite->tls13) {
    memcpy(extra, header, WSS__TLS_HEADER_SIZE);
    return WSS__TLS_HEADER_SIZE;
  }
  put64(extra, traffic->sequence);
  memcpy(extra + 8, header, 3);
  put16(extra + 11, content);
  return EXTRA12_SIZE;
}

/* ---- Opening ------------------------------------------------------------- */

/* TLS 1.3 wraps everything as data, and a ChangeCipherSpec is none after
   Finished (RFC 8446 5). */
static bool type_fits(const wss__tls_suite *suite, uint8_t type) {
  if (suite->tls13)
    return type == WSS__TLS_DATA_TYPE;
  return type >= WSS__TLS_ALERT && type <= WSS__TLS_DATA_TYPE;
}

/* TLS 1.3 authenticates the version but does not look at it (RFC 8446 5.1); a
   first byte that no version has is the header of something else. */
static bool version_fits(const wss__tls_suite *suite, const uint8_t *header) {
  return header[1] == 3 && (suite->tls13 || header[2] == 3);
}

int wss__tls_record_length(const wss__tls_suite *suite,
                           const uint8_t header[WSS__TLS_HEADER_SIZE],
                           size_t *length, wss__tls_failure *failure) {
  *length = (size_t)header[3] << 8 | header[4];
  if (!type_fits(suite, header[0]))
    return refuse(failure, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE,
                  "a TLS record's type is not expected (RFC 8446 5)");
  if (!version_fits(suite, header))
    return refuse(failure, MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION,
                  "a TLS record's version is of no TLS");
  if (*length > WSS__TLS_PLAIN_MAX + wrapping(suite) + WSS__AEAD_TAG)
    return refuse(failure, MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW,
                  "a TLS record is larger than RFC 8446 5.1 allows");
  if (*length < explicit_nonce(suite) + WSS__AEAD_TAG)
    return refuse(failure, MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC,
                  "a TLS record is too short for its MAC");
  return 0;
}

/* TLS 1.3: the type is the last byte that is not zero (RFC 8446 5.4). */
static bool unwrap(wss__tls_content *content) {
  while (content->size > 0 && content->data[content->size - 1] == 0)
    content->size--;
  if (content->size == 0)
    return false;
  content->size--;
  content->type = content->data[content->size];
  return true;
}

int wss__tls_record_open(wss__tls_record_state *state, const wss__aead *aead,
                         void *schedule, uint8_t *record,
                         wss__tls_content *content, wss__tls_failure *failure) {
  const wss__tls_suite *suite = state->suite;
  uint8_t nonce[NONCE_ROOM];
  uint8_t extra[EXTRA12_SIZE];
  size_t length = (size_t)record[3] << 8 | record[4];
  uint8_t *data = record + WSS__TLS_HEADER_SIZE + explicit_nonce(suite);
  size_t size = length - explicit_nonce(suite) - WSS__AEAD_TAG;
  if (state->read.sequence == UINT64_MAX)
    return refuse(failure, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR,
                  "a TLS connection has used up its sequence numbers");
  make_nonce(suite, &state->read, record + WSS__TLS_HEADER_SIZE, nonce);
  const wss__aead_text text = {
      .nonce = nonce,
      .extra = extra,
      .extra_size = make_extra(suite, &state->read, record, size, extra),
      .data = data,
      .size = size,
      .tag = data + size};
  if (aead->open(schedule, &text) != 0)
    return refuse(failure, MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC,
                  "a TLS record's MAC is wrong: it was changed on its way");
  state->read.sequence++;
  *content = (wss__tls_content){record[0], data, size};
  if (suite->tls13 && !unwrap(content))
    return refuse(failure, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE,
                  "a TLS record has no type (RFC 8446 5.4)");
  return 0;
}

/* ---- Sealing ------------------------------------------------------------- */

size_t wss__tls_record_offset(const wss__tls_suite *suite) {
  return WSS__TLS_HEADER_SIZE + explicit_nonce(suite);
}

size_t wss__tls_record_size(const wss__tls_suite *suite, size_t size) {
  return WSS__TLS_HEADER_SIZE + wrapping(suite) + size + WSS__AEAD_TAG;
}

int wss__tls_record_seal(wss__tls_record_state *state, const wss__aead *aead,
                         void *schedule, uint8_t type, uint8_t *record,
                         size_t size) {
  const wss__tls_suite *suite = state->suite;
  uint8_t nonce[NONCE_ROOM];
  uint8_t extra[EXTRA12_SIZE];
  uint8_t *data = record + wss__tls_record_offset(suite);
  if (state->write.sequence == UINT64_MAX)
    return WSS_ERR_TLS;
  record[0] = suite->tls13 ? WSS__TLS_DATA_TYPE : type;
  record[1] = record[2] = 3;
  put16(record + 3, wss__tls_record_size(suite, size) - WSS__TLS_HEADER_SIZE);
  if (suite->tls13)
    data[size++] = type;
  else if (explicit_nonce(suite) > 0)
    put64(record + WSS__TLS_HEADER_SIZE, state->write.sequence);
  make_nonce(suite, &state->write, record + WSS__TLS_HEADER_SIZE, nonce);
  const wss__aead_text text = {
      .nonce = nonce,
      .extra = extra,
      .extra_size = make_extra(suite, &state->write, record, size, extra),
      .data = data,
      .size = size,
      .tag = data + size};
  if (aead->seal(schedule, &text) != 0)
    return WSS_ERR_TLS;
  state->write.sequence++;
  return 0;
}
