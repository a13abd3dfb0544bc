#include "tls/policy.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tls/compat.h"

/* AEAD with forward secrecy only (RFC 9325 4.2), best first; in TLS 1.3 Mbed
   TLS 3.6 goes by the client's order all the same. */
#define SUITES(X)                                                              \
  X(MBEDTLS_TLS1_3_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256")               \
  X(MBEDTLS_TLS1_3_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384")               \
  X(MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256")   \
  X(MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,                           \
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")                                 \
  X(MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,                             \
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")                                   \
  X(MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,                           \
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")                                 \
  X(MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,                             \
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")                                   \
  X(MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,                     \
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256")                           \
  X(MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,                       \
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256")

static const int suites[] = {
#define SUITE_ID(id, name) id,
    SUITES(SUITE_ID)
#undef SUITE_ID
        0};

/* Every further group is a slow one that a client could pick. */
static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
                                  MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                  MBEDTLS_SSL_IANA_TLS_GROUP_NONE};

/* In TLS 1.2 the same numbers name pairs of hash and kind of key. */
static const uint16_t signatures[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
                                      MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
                                      MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
                                      MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
                                      MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
                                      MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
                                      MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
                                      MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
                                      MBEDTLS_TLS1_3_SIG_NONE};

/* Mbed TLS keeps the pointer, and hands its strings out as the choice. */
static const char *protocols[] = {"http/1.1", NULL};

void wss__tls_policy_apply(mbedtls_ssl_config *config) {
  mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_3);
  mbedtls_ssl_conf_ciphersuites(config, suites);
  mbedtls_ssl_conf_preference_order(config,
                                    MBEDTLS_SSL_SRV_CIPHERSUITE_ORDER_SERVER);
  mbedtls_ssl_conf_groups(config, groups);
  mbedtls_ssl_conf_sig_algs(config, signatures);
  mbedtls_ssl_conf_tls13_key_exchange_modes(
      config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
  (void)mbedtls_ssl_conf_alpn_protocols(config, protocols);
  mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
  wss__compat_conf_no_renegotiation(config);
  mbedtls_ssl_conf_new_session_tickets(config, 0);
}

const char *wss__tls_policy_suite(int id) {
  static const char *const names[] = {
#define SUITE_NAME(id, name) name,
      SUITES(SUITE_NAME)
#undef SUITE_NAME
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (suites[i] == id)
      return names[i];
  }
  return "unknown";
}

bool wss__tls_policy_suite_fits(int id, const mbedtls_pk_context *key) {
  bool ecdsa = strstr(wss__tls_policy_suite(id), "_ECDSA_") != NULL;
  return ecdsa == (mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA) != 0);
}

static bool curve_fits(const mbedtls_pk_context *key, char *kind, size_t size) {
  mbedtls_ecp_group_id id = wss__compat_key_curve(key);
  const mbedtls_ecp_curve_info *curve = mbedtls_ecp_curve_info_from_grp_id(id);
  (void)snprintf(kind, size, "EC on %s",
                 curve == NULL ? "another curve" : curve->name);
  return id == MBEDTLS_ECP_DP_SECP256R1 || id == MBEDTLS_ECP_DP_SECP384R1;
}

bool wss__tls_policy_key(const mbedtls_pk_context *key, char *kind,
                         size_t size) {
  size_t bits = mbedtls_pk_get_bitlen(key);
  if (mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA))
    return curve_fits(key, kind, size);
  if (mbedtls_pk_can_do(key, MBEDTLS_PK_RSA)) {
    (void)snprintf(kind, size, "RSA of %zu bits", bits);
    return bits >= 2048;
  }
  (void)snprintf(kind, size, "of another kind");
  return false;
}
