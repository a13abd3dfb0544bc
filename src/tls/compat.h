/* The one file that looks at Mbed TLS's version and configuration: what differs
   between them has one name here. */
#ifndef WSS_TLS_COMPAT_H
#define WSS_TLS_COMPAT_H

#include <stdbool.h>

#include <mbedtls/build_info.h>

#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#if MBEDTLS_VERSION_NUMBER < 0x03060600
#error "libwss needs Mbed TLS 3.6.6 or a later 3.x"
#elif MBEDTLS_VERSION_NUMBER >= 0x04000000
#error "libwss does not know Mbed TLS 4 yet: give it 3.6.6 or a later 3.x"
#endif

#if !defined(MBEDTLS_SSL_PROTO_TLS1_2) || !defined(MBEDTLS_SSL_PROTO_TLS1_3)
#error "libwss needs a Mbed TLS with MBEDTLS_SSL_PROTO_TLS1_2 and _TLS1_3"
#endif
#if !defined(MBEDTLS_SSL_ALPN) || !defined(MBEDTLS_SSL_SERVER_NAME_INDICATION)
#error                                                                         \
    "libwss needs a Mbed TLS with MBEDTLS_SSL_ALPN and _SERVER_NAME_INDICATION"
#endif
#if !defined(MBEDTLS_SSL_TICKET_C) || !defined(MBEDTLS_SSL_SESSION_TICKETS) || \
    !defined(MBEDTLS_HKDF_C)
#error                                                                         \
    "libwss needs a Mbed TLS with MBEDTLS_SSL_TICKET_C, _SESSION_TICKETS and MBEDTLS_HKDF_C"
#endif
#if !defined(MBEDTLS_SSL_EXTENDED_MASTER_SECRET)
#error "libwss needs a Mbed TLS with MBEDTLS_SSL_EXTENDED_MASTER_SECRET"
#endif
#if !defined(MBEDTLS_GCM_C) || !defined(MBEDTLS_CHACHAPOLY_C)
#error "libwss needs a Mbed TLS with MBEDTLS_GCM_C and _CHACHAPOLY_C"
#endif
#if !defined(MBEDTLS_PEM_PARSE_C) || !defined(MBEDTLS_PSA_CRYPTO_C)
#error "libwss needs a Mbed TLS with MBEDTLS_PEM_PARSE_C and _PSA_CRYPTO_C"
#endif

/* Whether loops on several threads may use it at once: Mbed TLS's default is
   that they may not. */
static inline bool wss__compat_has_threads(void) {
#if defined(MBEDTLS_THREADING_C)
  return true;
#else
  return false;
#endif
}

/* Random numbers are PSA's; Mbed TLS 4 takes no argument for them any more. */
static inline void wss__compat_conf_random(mbedtls_ssl_config *config) {
  mbedtls_ssl_conf_rng(config, mbedtls_psa_get_random,
                       MBEDTLS_PSA_RANDOM_STATE);
}

/* text is NUL-terminated and size counts the NUL. */
static inline int wss__compat_parse_key(mbedtls_pk_context *key,
                                        const char *text, size_t size,
                                        const char *passphrase,
                                        size_t passphrase_size) {
  return mbedtls_pk_parse_key(
      key, (const unsigned char *)text, size, (const unsigned char *)passphrase,
      passphrase_size, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
}

static inline int wss__compat_check_pair(const mbedtls_pk_context *public_key,
                                         const mbedtls_pk_context *key) {
  return mbedtls_pk_check_pair(public_key, key, mbedtls_psa_get_random,
                               MBEDTLS_PSA_RANDOM_STATE);
}

/* The curve of an elliptic-curve key. */
static inline mbedtls_ecp_group_id
wss__compat_key_curve(const mbedtls_pk_context *key) {
  return mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(*key));
}

/* The hash of a certificate's signature. */
static inline mbedtls_md_type_t
wss__compat_cert_hash(const mbedtls_x509_crt *cert) {
  return cert->MBEDTLS_PRIVATE(sig_md);
}

/* 0 when the issuer's key has signed the certificate. */
static inline int wss__compat_cert_verify(const mbedtls_x509_crt *cert,
                                          const mbedtls_x509_crt *issuer) {
  unsigned char hash[MBEDTLS_MD_MAX_SIZE];
  const mbedtls_md_info_t *info =
      mbedtls_md_info_from_type(wss__compat_cert_hash(cert));
  mbedtls_pk_context key = issuer->pk;
  int code = mbedtls_md(info, cert->tbs.p, cert->tbs.len, hash);
  if (code != 0)
    return code;
  return mbedtls_pk_verify_ext(
      cert->MBEDTLS_PRIVATE(sig_pk), cert->MBEDTLS_PRIVATE(sig_opts), &key,
      wss__compat_cert_hash(cert), hash, mbedtls_md_get_size(info),
      cert->MBEDTLS_PRIVATE(sig).p, cert->MBEDTLS_PRIVATE(sig).len);
}

static inline void
wss__compat_conf_no_renegotiation(mbedtls_ssl_config *config) {
#if defined(MBEDTLS_SSL_RENEGOTIATION)
  mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#else
  (void)config;
#endif
}

/* The ClientHello, while Mbed TLS's callbacks for one run: it has put the
   message together and checked its length. */
static inline const uint8_t *
wss__compat_client_hello(const mbedtls_ssl_context *ssl, size_t *size) {
  const uint8_t *message = ssl->MBEDTLS_PRIVATE(in_msg);
  *size = 4 + ((size_t)message[1] << 16 | (size_t)message[2] << 8 | message[3]);
  return message;
}

/* The number of the fatal alert that has just been received. Mbed TLS has no
   function that tells, but leaves the alert where it was decrypted. */
static inline int wss__compat_alert(const mbedtls_ssl_context *ssl) {
  return ssl->MBEDTLS_PRIVATE(in_msg)[1];
}

#endif
