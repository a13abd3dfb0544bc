#include "tls/chain.h"

#include <mbedtls/rsa.h>
#include <mbedtls/x509_crt.h>

#include "tls/code.h"
#include "tls/compat.h"
#include "wss/wss.h"

/* Behind the header, in TLS 1.3 an empty context, and a length. */
#define HEADER_SIZE 4
#define LENGTH_SIZE 3
#define EXTENSIONS_SIZE 2

/* Of an RSA key: with a longer one a signature takes seconds to verify. Those
   in use have 17. */
#define EXPONENT_MAX 33

/* An old root that is sent along does no harm. Of several CAs of one name Mbed
   TLS verifies with each until it comes to one that is not out of date. */
#define OUT_OF_DATE_MAX 2

static size_t number(const uint8_t *bytes, size_t size) {
  size_t value = 0;
  for (size_t i = 0; i < size; i++)
    value = value << 8 | bytes[i];
  return value;
}

/* Takes the next certificate off the front; false at the end, and where the
   message is broken. */
static bool next_cert(const uint8_t **rest, size_t *left, bool tls13,
                      const uint8_t **cert, size_t *size) {
  if (*left < LENGTH_SIZE)
    return false;
  *size = number(*rest, LENGTH_SIZE);
  *cert = *rest + LENGTH_SIZE;
  *left -= LENGTH_SIZE;
  if (*size > *left)
    return false;
  *rest = *cert + *size;
  *left -= *size;
  if (!tls13)
    return true;
  if (*left < EXTENSIONS_SIZE)
    return false;
  size_t extensions = number(*rest, EXTENSIONS_SIZE);
  *rest += EXTENSIONS_SIZE;
  *left -= EXTENSIONS_SIZE;
  if (extensions > *left)
    return false;
  *rest += extensions;
  *left -= extensions;
  return true;
}

/* 1, 0, WSS_ERR_NOMEM. */
static int has_short_exponent(const mbedtls_rsa_context *key) {
  mbedtls_mpi exponent;
  mbedtls_mpi_init(&exponent);
  int code = mbedtls_rsa_export(key, NULL, NULL, NULL, NULL, &exponent);
  size_t bits = mbedtls_mpi_bitlen(&exponent);
  mbedtls_mpi_free(&exponent);
  return code != 0 ? WSS_ERR_NOMEM : bits <= EXPONENT_MAX;
}

static int has_cheap_key(const mbedtls_pk_context *key) {
  if (mbedtls_pk_can_do(key, MBEDTLS_PK_RSA))
    return has_short_exponent(mbedtls_pk_rsa(*key));
  if (!mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA))
    return 0;
  mbedtls_ecp_group_id curve = wss__compat_key_curve(key);
  return curve == MBEDTLS_ECP_DP_SECP256R1 ||
         curve == MBEDTLS_ECP_DP_SECP384R1 || curve == MBEDTLS_ECP_DP_SECP521R1;
}

static bool is_out_of_date(const mbedtls_x509_crt *cert) {
  return mbedtls_x509_time_is_past(&cert->valid_to) ||
         mbedtls_x509_time_is_future(&cert->valid_from);
}

/* 1, 0, WSS_ERR_NOMEM; counts CAs that are out of date. What cannot be parsed
   is Mbed TLS's matter: it ends the handshake, or passes it over. */
static int judge(const uint8_t *der, size_t size, bool ca,
                 unsigned *out_of_date) {
  mbedtls_x509_crt cert;
  mbedtls_x509_crt_init(&cert);
  int code = mbedtls_x509_crt_parse_der_nocopy(&cert, der, size);
  int result = 1;
  if (code == 0)
    result = has_cheap_key(&cert.pk);
  else if (wss__tls_code_is_nomem(code))
    result = WSS_ERR_NOMEM;
  *out_of_date += code == 0 && ca && is_out_of_date(&cert);
  mbedtls_x509_crt_free(&cert);
  return result;
}

static int refuse(wss__tls_chain_fault *fault, uint8_t alert,
                  const char *what) {
  *fault = (wss__tls_chain_fault){.alert = alert, .what = what};
  return 0;
}

static int judge_all(const uint8_t *list, size_t left, bool tls13,
                     wss__tls_chain_fault *fault) {
  const uint8_t *cert;
  size_t size;
  unsigned out_of_date = 0;
  for (unsigned count = 0; next_cert(&list, &left, tls13, &cert, &size);
       count++) {
    if (count == WSS__TLS_CHAIN_MAX)
      return refuse(fault, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA,
                    "more than eight CAs were sent with it");
    int result = judge(cert, size, count > 0, &out_of_date);
    if (result < 0)
      return result;
    if (result == 0)
      return refuse(fault, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT,
                    "it, or a CA that was sent with it, has a key of a kind "
                    "that is not supported");
    if (out_of_date > OUT_OF_DATE_MAX)
      return refuse(fault, MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED,
                    "of the CAs that were sent with it several have expired");
  }
  return 1;
}

int wss__tls_chain_is_cheap(const uint8_t *message, size_t size, bool tls13,
                            wss__tls_chain_fault *fault) {
  size_t start = HEADER_SIZE + (tls13 ? 1 : 0) + LENGTH_SIZE;
  if (size < start || message[0] != MBEDTLS_SSL_HS_CERTIFICATE ||
      (tls13 && message[HEADER_SIZE] != 0))
    return 1;
  return judge_all(message + start, size - start, tls13, fault);
}
