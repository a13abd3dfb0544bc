#include "tls/verify.h"

#include <stdio.h>
#include <string.h>

#include <mbedtls/oid.h>
#include <mbedtls/sha256.h>

#include "tls/chain.h"
#include "tls/compat.h"
#include "tls/peer.h"
#include "tls/policy.h"

/* PHP's default, and as much as Mbed TLS does: eight intermediates and the
   anchor. */
#define DEFAULT_DEPTH 9

#define LEVEL_128 3
#define RSA_128 3072
#define RSA_192 7680

/* Of a subject in sentences. */
#define SUBJECT_SHOWN 80

/* What is found here, beside Mbed TLS's flags. */
#define TOO_DEEP 0x01000000U
#define BAD_NAME 0x02000000U
#define NO_PIN 0x04000000U
#define UNKNOWN_KIND 0x08000000U
#define SELF_SIGNED 0x10000000U

/* ---- Options ------------------------------------------------------------- */

void wss__tls_verify_init(wss__tls_verify *verify) {
  memset(verify, 0, sizeof *verify);
  wss__tls_anchors_init(&verify->anchors);
}

void wss__tls_verify_free(wss__tls_verify *verify,
                          const wss_allocator *allocator) {
  wss__tls_anchors_free(&verify->anchors);
  wss__free(allocator, verify->pins);
  wss__free(allocator, verify->name);
}

/* Whoever sets one of these wants clients to be verified. */
static int check_unused(const wss_ssl_context *ssl, wss__detail *detail) {
  const struct {
    const char *name;
    bool set;
  } options[] = {{"cafile", ssl->cafile != NULL},
                 {"capath", ssl->capath != NULL},
                 {"ca_pem", ssl->ca_pem != NULL || ssl->ca_pem_size > 0},
                 {"crlfile", ssl->crlfile != NULL},
                 {"peer_fingerprint", ssl->peer_fingerprint != NULL},
                 {"verify_peer_name", ssl->verify_peer_name},
                 {"peer_name", ssl->peer_name != NULL},
                 {"verify_depth", ssl->verify_depth != 0}};
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
    if (!options[i].set)
      continue;
    wss__detail_set(detail,
                    "%s is set, but verify_peer is false: no client would be "
                    "asked for a certificate",
                    options[i].name);
    return WSS_ERR_INVALID;
  }
  return 0;
}

static int invalid(wss__detail *detail, const char *why) {
  wss__detail_set(detail, "%s", why);
  return WSS_ERR_INVALID;
}

static int check_options(const wss_ssl_context *ssl, wss__detail *detail) {
  bool anchors = ssl->cafile != NULL || ssl->capath != NULL ||
                 ssl->ca_pem != NULL || ssl->ca_pem_size > 0;
  if (!ssl->verify_peer)
    return check_unused(ssl, detail);
  if (ssl->verify_peer_name &&
      (ssl->peer_name == NULL || ssl->peer_name[0] == '\0'))
    return invalid(detail, "verify_peer_name is true, but peer_name is "
                           "missing: it is the name that client certificates "
                           "must have");
  if (!ssl->verify_peer_name && ssl->peer_name != NULL)
    return invalid(detail, "peer_name is set, but verify_peer_name is false: "
                           "no name would be looked at");
  if (ssl->verify_peer_name &&
      strlen(ssl->peer_name) > MBEDTLS_SSL_MAX_HOST_NAME_LEN)
    return invalid(detail, "peer_name is longer than 255 bytes");
  if (ssl->verify_depth < 0)
    return invalid(detail, "verify_depth is negative; 0 is the default, 9");
  if (ssl->crlfile != NULL && !anchors)
    return invalid(detail, "crlfile is set, but neither cafile, capath nor "
                           "ca_pem: there is no CA whose list could be used");
  if (!anchors && ssl->peer_fingerprint == NULL && !ssl->allow_self_signed)
    return invalid(detail,
                   "verify_peer is true, but there is nothing to verify client "
                   "certificates against: give cafile, capath, ca_pem or "
                   "peer_fingerprint");
  return 0;
}

static int digit(char byte) {
  if (byte >= '0' && byte <= '9')
    return byte - '0';
  byte |= 'a' - 'A';
  return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Fills pin; the number of digits, -1 if there is anything else. */
static int read_pin(const char *text, uint8_t pin[WSS__TLS_PIN_SIZE]) {
  int digits = 0;
  for (; *text != '\0'; text++) {
    int value = digit(*text);
    if (*text == ':')
      continue;
    if (value < 0 || digits == 4 * WSS__TLS_PIN_SIZE)
      return -1;
    if (digits < 2 * WSS__TLS_PIN_SIZE)
      pin[digits / 2] = (uint8_t)(pin[digits / 2] << 4 | value);
    digits++;
  }
  return digits;
}

static int refuse_pin(size_t number, int digits, wss__detail *detail) {
  const char *what = "no SHA-256 fingerprint: that is 64 hexadecimal digits";
  if (digits == 32)
    what = "an MD5 fingerprint, which proves nothing; use SHA-256";
  if (digits == 40)
    what = "a SHA-1 fingerprint, which proves nothing; use SHA-256";
  wss__detail_set(detail, "peer_fingerprint[%zu] is %s", number, what);
  return WSS_ERR_INVALID;
}

static int load_pins(wss__tls_verify *verify, const char *const *list,
                     const wss_allocator *allocator, wss__detail *detail) {
  size_t count = 0;
  if (list == NULL)
    return 0;
  while (list[count] != NULL)
    count++;
  if (count == 0)
    return invalid(detail, "peer_fingerprint is an empty list");
  verify->pins = wss__calloc(allocator, count * sizeof *verify->pins);
  if (verify->pins == NULL)
    return WSS_ERR_NOMEM;
  for (; verify->pin_count < count; verify->pin_count++) {
    int digits =
        read_pin(list[verify->pin_count], verify->pins[verify->pin_count]);
    if (digits != 2 * WSS__TLS_PIN_SIZE)
      return refuse_pin(verify->pin_count, digits, detail);
  }
  return 0;
}

/* Kinds of hash and key of the client's certificate and of its CAs'. */
static mbedtls_x509_crt_profile profile_of(int level) {
  mbedtls_x509_crt_profile profile = mbedtls_x509_crt_profile_default;
  if (level >= LEVEL_128)
    profile.rsa_min_bitlen = RSA_128;
  if (level >= WSS__TLS_LEVEL_192) {
    profile.rsa_min_bitlen = RSA_192;
    profile.allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
                          MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512);
    profile.allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) |
                             MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1);
  }
  return profile;
}

int wss__tls_verify_load(wss__tls_verify *verify, const wss_ssl_context *ssl,
                         int level, wss__findings *findings,
                         const wss_allocator *allocator, wss__detail *detail) {
  int error = check_options(ssl, detail);
  if (error != 0 || !ssl->verify_peer)
    return error;
  verify->on = true;
  verify->self_signed = ssl->allow_self_signed;
  verify->depth = ssl->verify_depth == 0 ? DEFAULT_DEPTH : ssl->verify_depth;
  verify->profile = profile_of(level);
  if (ssl->verify_peer_name) {
    verify->name = wss__strdup(allocator, ssl->peer_name);
    if (verify->name == NULL)
      return WSS_ERR_NOMEM;
  }
  error = load_pins(verify, ssl->peer_fingerprint, allocator, detail);
  if (error == 0)
    error = wss__tls_anchors_load(&verify->anchors, ssl, findings, allocator,
                                  detail);
  verify->anchored = verify->anchors.certs.raw.p != NULL;
  return error;
}

/* Optional, as Mbed TLS has it: else it would tell a client without certificate
   nothing (TLS 1.2) or an alert that TLS 1.3 does not have, and give a wrong
   purpose precedence over any other fault. The handshake does not go on from
   the certificate without wss__tls_check_passed, and is not over without it. */
void wss__tls_verify_configure(wss__tls_verify *verify,
                               mbedtls_ssl_config *config) {
  if (!verify->on)
    return;
  mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_OPTIONAL);
  mbedtls_ssl_conf_cert_profile(config, &verify->profile);
  mbedtls_ssl_conf_ca_chain(
      config, &verify->anchors.certs,
      verify->anchors.lists.raw.p == NULL ? NULL : &verify->anchors.lists);
}

/* ---- One certificate ----------------------------------------------------- */

typedef struct verdict {
  uint32_t flags;
  uint8_t alert;
  const char *what; /* completes "it ..." */
} verdict;

/* The first one that fits is told. */
static const verdict verdicts[] = {
    {UNKNOWN_KIND, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT,
     "is signed in a way that is not supported"},
    {SELF_SIGNED, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA,
     "is self-signed, and allow_self_signed is false"},
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA,
     "is not of a CA that is trusted here, or the client did not send the CAs "
     "between"},
    {TOO_DEEP, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA,
     "has more CAs above it than verify_depth allows"},
    {MBEDTLS_X509_BADCERT_REVOKED, MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED,
     "was revoked"},
    {MBEDTLS_X509_BADCERT_EXPIRED, MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED,
     "has expired"},
    {MBEDTLS_X509_BADCERT_FUTURE, MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED,
     "is not yet valid"},
    {MBEDTLS_X509_BADCRL_EXPIRED, MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN,
     "may be revoked: crlfile's list has expired"},
    {MBEDTLS_X509_BADCRL_FUTURE, MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN,
     "may be revoked: crlfile's list is not yet valid"},
    {MBEDTLS_X509_BADCRL_NOT_TRUSTED | MBEDTLS_X509_BADCRL_BAD_MD |
         MBEDTLS_X509_BADCRL_BAD_PK | MBEDTLS_X509_BADCRL_BAD_KEY,
     MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN,
     "may be revoked: crlfile's list is not, or too weakly, signed by its CA"},
    {MBEDTLS_X509_BADCERT_BAD_MD, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT,
     "is signed with a hash that is too weak"},
    {MBEDTLS_X509_BADCERT_BAD_KEY | MBEDTLS_X509_BADCERT_BAD_PK,
     MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT,
     "has a key that is too weak or not supported"},
    {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE,
     MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT,
     "is not one for TLS clients (digitalSignature, clientAuth)"},
    {BAD_NAME, MBEDTLS_SSL_ALERT_MSG_BAD_CERT,
     "has a name with a control byte in it, or one that is too long"},
    {MBEDTLS_X509_BADCERT_CN_MISMATCH, MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED,
     "does not have the name of peer_name"},
    {NO_PIN, MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED,
     "is none of peer_fingerprint"},
    {UINT32_MAX, MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN, "was not found good"},
};

static void subject_of(const mbedtls_x509_crt *cert, wss__detail *subject) {
  char text[WSS__TLS_PEER_NAME_SIZE];
  int size = mbedtls_x509_dn_gets(text, sizeof text, &cert->subject);
  if (size < 0)
    wss__detail_set(subject, "its subject cannot be shown");
  else
    wss__detail_set(subject, "%.*s%s", SUBJECT_SHOWN, text,
                    size > SUBJECT_SHOWN ? "..." : "");
}

static void refuse(wss__tls_check *check, const mbedtls_x509_crt *cert,
                   uint32_t flags) {
  wss__detail subject;
  const verdict *found = verdicts;
  while (((flags | check->above) & found->flags) == 0)
    found++;
  subject_of(cert, &subject);
  check->alert = found->alert;
  wss__detail_set(&check->why, "client certificate refused: %s %s (%s)",
                  (flags & found->flags) != 0 ? "it" : "a CA above it",
                  found->what, subject.text);
}

static bool is_pinned(const wss__tls_verify *verify,
                      const mbedtls_x509_crt *cert) {
  uint8_t digest[WSS__TLS_PIN_SIZE];
  bool found = false;
  if (mbedtls_sha256(cert->raw.p, cert->raw.len, digest, 0) != 0)
    return false;
  for (size_t i = 0; i < verify->pin_count && !found; i++)
    found = memcmp(digest, verify->pins[i], sizeof digest) == 0;
  return found;
}

/* What Mbed TLS does not look at. */
static uint32_t look(const wss__tls_check *check,
                     const mbedtls_x509_crt *cert) {
  uint32_t flags = 0;
  char kind[48];
  if (cert->raw.p == NULL)
    return UNKNOWN_KIND;
  if (!wss__tls_policy_key(&cert->pk, kind, sizeof kind))
    flags |= MBEDTLS_X509_BADCERT_BAD_KEY;
  if (mbedtls_x509_crt_check_key_usage(cert,
                                       MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0)
    flags |= MBEDTLS_X509_BADCERT_KEY_USAGE;
  if (mbedtls_x509_crt_check_extended_key_usage(
          cert, MBEDTLS_OID_CLIENT_AUTH,
          MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH)) != 0)
    flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
  if (check->top > check->verify->depth)
    flags |= TOO_DEEP;
  if (!wss__tls_peer_names_fit(cert))
    flags |= BAD_NAME;
  return flags;
}

/* With fingerprints and no anchors the fingerprint alone tells who it is, and
   CAs do not matter. */
static void judge(wss__tls_check *check, mbedtls_x509_crt *cert,
                  uint32_t flags) {
  const wss__tls_verify *verify = check->verify;
  bool pinned = verify->pin_count > 0 && is_pinned(verify, cert);
  flags |= look(check, cert);
  if (check->top == 0 && (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0 &&
      (flags & UNKNOWN_KIND) == 0 && wss__compat_signed_by_itself(cert)) {
    flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    flags |= verify->self_signed ? 0 : SELF_SIGNED;
  }
  if (!verify->anchored && verify->pin_count > 0) {
    flags &= ~(MBEDTLS_X509_BADCERT_NOT_TRUSTED | SELF_SIGNED | TOO_DEEP);
    check->above = 0;
  }
  if (verify->pin_count > 0 && !pinned)
    flags |= NO_PIN;
  check->accepted = (flags | check->above) == 0;
  if (!check->accepted)
    refuse(check, cert, flags);
}

/* Mbed TLS's callback: for each certificate of the chain, the client's last. */
static int on_certificate(void *check_, mbedtls_x509_crt *cert, int depth,
                          uint32_t *flags) {
  wss__tls_check *check = check_;
  if (!check->seen) {
    check->seen = true;
    check->top = depth;
  }
  if (depth > 0)
    check->above |= *flags;
  else
    judge(check, cert, *flags);
  return 0;
}

int wss__tls_check_new(wss__tls_check **result, const wss__tls_verify *verify,
                       mbedtls_ssl_context *ssl,
                       const wss_allocator *allocator) {
  if (verify->name != NULL && mbedtls_ssl_set_hostname(ssl, verify->name) != 0)
    return WSS_ERR_NOMEM;
  wss__tls_check *check = wss__calloc(allocator, sizeof *check);
  if (check == NULL)
    return WSS_ERR_NOMEM;
  check->verify = verify;
  mbedtls_ssl_set_verify(ssl, on_certificate, check);
  *result = check;
  return 0;
}

int wss__tls_check_message(wss__tls_check *check, const uint8_t *message,
                           size_t size, bool tls13) {
  wss__tls_chain_fault fault;
  check->looked_at = true;
  int result = wss__tls_chain_is_cheap(message, size, tls13, &fault);
  if (result == 0) {
    check->alert = fault.alert;
    wss__detail_set(&check->why, "client certificate refused: %s", fault.what);
  }
  return result;
}

/* RFC 8446 4.4.2.4, RFC 5246 7.4.6. */
bool wss__tls_check_passed(wss__tls_check *check, bool tls13) {
  if (!check->seen) {
    check->alert = tls13 ? MBEDTLS_SSL_ALERT_MSG_CERT_REQUIRED
                         : MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
    wss__detail_set(&check->why,
                    "the client has sent no certificate, and verify_peer "
                    "wants one");
  }
  return check->accepted;
}
