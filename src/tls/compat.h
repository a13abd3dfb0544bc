/* The one file that looks at Mbed TLS's version and configuration: what differs
   between them has one name here. */
#ifndef WSS_TLS_COMPAT_H
#define WSS_TLS_COMPAT_H

#include <stdbool.h>
#include <string.h>

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
#if !defined(MBEDTLS_X509_CRL_PARSE_C) ||                                      \
    !defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
#error                                                                         \
    "libwss needs a Mbed TLS with MBEDTLS_X509_CRL_PARSE_C and MBEDTLS_SSL_KEEP_PEER_CERTIFICATE"
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

/* Whether the next thing that a server waits for, if it has asked for it, is
   the client's certificate. */
static inline bool
wss__compat_awaits_certificate(const mbedtls_ssl_context *ssl) {
  return ssl->MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_CLIENT_CERTIFICATE;
}

/* Sends what the last step wrote, reads the message that the next one will
   take, and leaves it there: *message, *size; NULL if it is none of the
   handshake. What Mbed TLS returns. The two functions are Mbed TLS's own, and
   in none of its public headers, but between a certificate's arrival and its
   verification there is no other place to stand. */
extern int mbedtls_ssl_flush_output(mbedtls_ssl_context *ssl);
extern int mbedtls_ssl_read_record(mbedtls_ssl_context *ssl,
                                   unsigned update_hs_digest);
static inline int wss__compat_peek(mbedtls_ssl_context *ssl, bool tls13,
                                   const uint8_t **message, size_t *size) {
  int code = mbedtls_ssl_flush_output(ssl);
  if (code == 0)
    code = mbedtls_ssl_read_record(ssl, tls13 ? 0 : 1);
  if (code != 0)
    return code;
  ssl->MBEDTLS_PRIVATE(keep_current_message) = 1;
  bool handshake =
      ssl->MBEDTLS_PRIVATE(in_msgtype) == MBEDTLS_SSL_MSG_HANDSHAKE;
  *message = handshake ? ssl->MBEDTLS_PRIVATE(in_msg) : NULL;
  *size = handshake ? ssl->MBEDTLS_PRIVATE(in_hslen) : 0;
  return 0;
}

/* Behind its Finished a server of TLS 1.3 writes with the keys of application
   data (RFC 8446 A.2). Mbed TLS goes on with those of the handshake until the
   client's Finished has come, so that no client could read an alert of the time
   between. To be called between two steps of a handshake. */
static inline void wss__compat_write_as_finished(mbedtls_ssl_context *ssl) {
  mbedtls_ssl_transform *keys = ssl->MBEDTLS_PRIVATE(transform_application);
  if (keys == NULL || ssl->MBEDTLS_PRIVATE(transform_out) == keys)
    return;
  ssl->MBEDTLS_PRIVATE(transform_out) = keys;
  memset(ssl->MBEDTLS_PRIVATE(cur_out_ctr), 0,
         sizeof ssl->MBEDTLS_PRIVATE(cur_out_ctr));
}

/* Whether a certificate is of its own key. */
static inline bool wss__compat_signed_by_itself(mbedtls_x509_crt *cert) {
  uint8_t hash[MBEDTLS_MD_MAX_SIZE];
  const mbedtls_md_info_t *md =
      mbedtls_md_info_from_type(cert->MBEDTLS_PRIVATE(sig_md));
  return cert->issuer_raw.len == cert->subject_raw.len &&
         memcmp(cert->issuer_raw.p, cert->subject_raw.p,
                cert->issuer_raw.len) == 0 &&
         mbedtls_md(md, cert->tbs.p, cert->tbs.len, hash) == 0 &&
         mbedtls_pk_verify_ext(
             cert->MBEDTLS_PRIVATE(sig_pk), cert->MBEDTLS_PRIVATE(sig_opts),
             &cert->pk, cert->MBEDTLS_PRIVATE(sig_md), hash,
             mbedtls_md_get_size(md), cert->MBEDTLS_PRIVATE(sig).p,
             cert->MBEDTLS_PRIVATE(sig).len) == 0;
}

/* The fatal alert with which Mbed TLS has ended a handshake of TLS 1.3 because
   of code; -1 if it was not for that. */
static inline int wss__compat_alert_for(const mbedtls_ssl_context *ssl,
                                        int code) {
  return ssl->MBEDTLS_PRIVATE(alert_type) != 0 &&
                 ssl->MBEDTLS_PRIVATE(alert_reason) == code
             ? ssl->MBEDTLS_PRIVATE(alert_type)
             : -1;
}

/* The number of the fatal alert that has just been received. Mbed TLS has no
   function that tells, but leaves the alert where it was decrypted. */
static inline int wss__compat_alert(const mbedtls_ssl_context *ssl) {
  return ssl->MBEDTLS_PRIVATE(in_msg)[1];
}

#endif
