#include "tls/alert.h"

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

#include "tls/code.h"

typedef struct name {
  int alert;
  const char *text;
} name;

const char *wss__tls_alert_name(int alert) {
  static const name names[] = {{0, "close_notify"},
                               {10, "unexpected_message"},
                               {20, "bad_record_mac"},
                               {22, "record_overflow"},
                               {40, "handshake_failure"},
                               {42, "bad_certificate"},
                               {43, "unsupported_certificate"},
                               {44, "certificate_revoked"},
                               {45, "certificate_expired"},
                               {46, "certificate_unknown"},
                               {47, "illegal_parameter"},
                               {48, "unknown_ca"},
                               {49, "access_denied"},
                               {50, "decode_error"},
                               {51, "decrypt_error"},
                               {70, "protocol_version"},
                               {71, "insufficient_security"},
                               {80, "internal_error"},
                               {86, "inappropriate_fallback"},
                               {90, "user_canceled"},
                               {100, "no_renegotiation"},
                               {109, "missing_extension"},
                               {110, "unsupported_extension"},
                               {112, "unrecognized_name"},
                               {113, "bad_certificate_status_response"},
                               {115, "unknown_psk_identity"},
                               {116, "certificate_required"},
                               {120, "no_application_protocol"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (names[i].alert == alert)
      return names[i].text;
  }
  return "unknown";
}

const char *wss__tls_alert_hint(int alert) {
  switch (alert) {
  case MBEDTLS_SSL_ALERT_MSG_BAD_CERT:
  case MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN:
  case MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA:
    return ": a client that does not trust the certificate does this; a "
           "self-signed one, or its CA, must be made known to the client";
  case MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED:
    return ": by the client's clock the certificate is out of date";
  default:
    return "";
  }
}

static unsigned record_length(const uint8_t header[WSS__TLS_HEADER_SIZE]) {
  return (unsigned)header[3] << 8 | header[4];
}

uint8_t wss__tls_alert_for_record(const uint8_t header[WSS__TLS_HEADER_SIZE]) {
  /* RFC 8446 5: a type that does not exist. */
  if (header[0] < MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC ||
      header[0] > MBEDTLS_SSL_MSG_APPLICATION_DATA)
    return MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE;
  if (header[1] != 3)
    return MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION;
  /* RFC 8446 5.1, 5.2 and 5.4. */
  if (record_length(header) > MBEDTLS_SSL_IN_CONTENT_LEN)
    return MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW;
  /* Of no bytes, or a ChangeCipherSpec with another content (RFC 8446 5). */
  return MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE;
}

/* A certificate that cannot be parsed, is of a version or signed in a way that
   is not known, or whose chain is too long: as Mbed TLS itself has it. */
static uint8_t certificate_alert(int high) {
  if (high == MBEDTLS_ERR_X509_UNKNOWN_VERSION ||
      high == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG)
    return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT;
  return high == MBEDTLS_ERR_X509_FATAL_ERROR
             ? MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED
             : MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
}

uint8_t wss__tls_alert_for_code(int code,
                                const uint8_t header[WSS__TLS_HEADER_SIZE]) {
  if (wss__tls_code_is_certificate(code))
    return certificate_alert(wss__tls_code_high(code));
  switch (wss__tls_code_high(code)) {
  case MBEDTLS_ERR_SSL_INVALID_RECORD:
    return wss__tls_alert_for_record(header);
  case MBEDTLS_ERR_SSL_BAD_INPUT_DATA:
    /* A record that is larger than its buffer, or a key share of which no key
       can be made (RFC 8446 4.2.8.2, 7.4.2). */
    return record_length(header) > MBEDTLS_SSL_IN_CONTENT_LEN
               ? MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW
               : MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER;
  case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
    return MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE;
  case MBEDTLS_ERR_SSL_INVALID_MAC:
    return MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC;
  case MBEDTLS_ERR_SSL_DECODE_ERROR:
    return MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR;
  case MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER:
    return MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER;
  case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
    return MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION;
  case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
    return MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
  case MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION:
    return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_EXT;
  case MBEDTLS_ERR_SSL_UNRECOGNIZED_NAME:
    return MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME;
  case MBEDTLS_ERR_ECP_VERIFY_FAILED:
  case MBEDTLS_ERR_RSA_VERIFY_FAILED:
  case MBEDTLS_ERR_PK_SIG_LEN_MISMATCH:
    /* Of the client's CertificateVerify (RFC 5246 7.4.8). */
    return MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR;
  case MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL:
    return MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL;
  default:
    return MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR;
  }
}

int wss__tls_alert_append(wss__buf *output, const wss_allocator *allocator,
                          uint8_t alert) {
  const uint8_t record[] = {MBEDTLS_SSL_MSG_ALERT,         3,    3, 0, 2,
                            MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert};
  return wss__buf_append(output, allocator, record, sizeof record);
}
