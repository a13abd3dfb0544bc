#include "tls/code.h"

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/cipher.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/md.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

/* mbedtls/error.h: the low-level part has seven bits. */
#define LOW_BITS 0x7F

int wss__tls_code_high(int code) {
  return -(-code & ~LOW_BITS);
}

bool wss__tls_code_is_nomem(int code) {
  int low = -(-code & LOW_BITS);
  if (low == MBEDTLS_ERR_MPI_ALLOC_FAILED ||
      low == MBEDTLS_ERR_ASN1_ALLOC_FAILED)
    return true;
  switch (wss__tls_code_high(code)) {
  case MBEDTLS_ERR_SSL_ALLOC_FAILED:
  case MBEDTLS_ERR_X509_ALLOC_FAILED:
  case MBEDTLS_ERR_PK_ALLOC_FAILED:
  case MBEDTLS_ERR_PEM_ALLOC_FAILED:
  case MBEDTLS_ERR_ECP_ALLOC_FAILED:
  case MBEDTLS_ERR_MD_ALLOC_FAILED:
  case MBEDTLS_ERR_CIPHER_ALLOC_FAILED:
    return true;
  default:
    return false;
  }
}

/* mbedtls/x509.h: from -0x2080 to -0x2980, and one by itself; what its key is
   is PK's matter. */
bool wss__tls_code_is_certificate(int code) {
  int high = wss__tls_code_high(code);
  return (high <= MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE &&
          high >= MBEDTLS_ERR_X509_BUFFER_TOO_SMALL) ||
         high == MBEDTLS_ERR_X509_FATAL_ERROR ||
         high == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG ||
         high == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE ||
         high == MBEDTLS_ERR_PK_INVALID_PUBKEY;
}

void wss__tls_code_text(int code, char text[WSS__TLS_CODE_TEXT_SIZE]) {
  mbedtls_strerror(code, text, WSS__TLS_CODE_TEXT_SIZE);
}
