#include "tls/policy.h"

#include <stdio.h>
#include <string.h>

#include "tls/compat.h"

#define VERSION_1_0 0x0301
#define VERSION_1_1 0x0302

#define LEVEL_MAX 5
#define LEVEL_128 3 /* from which on an RSA key has 3072 bits */
#define RSA_128 3072
#define RSA_192 7680 /* NIST SP 800-57 part 1, table 2 */

/* RFC 7301 3.1: of one name, and of the list in the extension, in which a
   length stands before each. */
#define PROTOCOL_MAX 255
#define PROTOCOLS_MAX 65535

static const char http[] = "http/1.1";

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

/* Of 192 bits. */
static const uint16_t strong[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
                                  MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
                                  MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
                                  MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
                                  MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
                                  MBEDTLS_TLS1_3_SIG_NONE};

/* ---- Options ------------------------------------------------------------- */

static int refuse_version(const char *option, int number, wss__detail *detail) {
  bool old = number == VERSION_1_0 || number == VERSION_1_1;
  wss__detail_set(detail,
                  "%s is 0x%04x%s: it can be WSS_TLS_1_2 or "
                  "WSS_TLS_1_3",
                  option, (unsigned)number,
                  old ? ", a version that libwss does not speak" : "");
  return WSS_ERR_TLS_VERSION;
}

static bool is_version(int number) {
  return number == WSS_TLS_1_2 || number == WSS_TLS_1_3;
}

/* The preset "modern" is a matter of versions. */
static bool is_modern(const wss_ssl_context *ssl) {
  return ssl->ciphers != NULL &&
         wss__slice_equal_nocase(wss__slice_of(ssl->ciphers),
                                 wss__slice_of("modern"));
}

static int read_versions(wss__tls_policy *policy, const wss_ssl_context *ssl,
                         wss__detail *detail, int *warning) {
  int min = ssl->min_proto_version == 0 ? WSS_TLS_1_2 : ssl->min_proto_version;
  int max = ssl->max_proto_version == 0 ? WSS_TLS_1_3 : ssl->max_proto_version;
  if (min == VERSION_1_0 || min == VERSION_1_1) {
    wss__detail_set(
        detail,
        "min_proto_version is 0x%04x: libwss does not speak TLS 1.%d; "
        "TLS 1.2 is the least",
        (unsigned)min, min == VERSION_1_0 ? 0 : 1);
    *warning = WSS_ERR_TLS_VERSION;
    min = WSS_TLS_1_2;
  }
  if (!is_version(min))
    return refuse_version("min_proto_version", min, detail);
  if (!is_version(max))
    return refuse_version("max_proto_version", max, detail);
  if (is_modern(ssl))
    min = WSS_TLS_1_3;
  if (min > max) {
    wss__detail_set(detail,
                    "%s is TLS 1.3 and max_proto_version TLS 1.2: no "
                    "version is left",
                    is_modern(ssl) ? "ciphers \"modern\""
                                   : "min_proto_version");
    return WSS_ERR_TLS_VERSION;
  }
  policy->min = (mbedtls_ssl_protocol_version)min;
  policy->max = (mbedtls_ssl_protocol_version)max;
  return 0;
}

static int read_suites(wss__tls_policy *policy, const wss_ssl_context *ssl,
                       wss__detail *detail) {
  int tls13[WSS__TLS_SUITES + 1];
  int tls12[WSS__TLS_SUITES + 1] = {0};
  wss__tls_list list = {.option = "ciphersuites",
                        .text = ssl->ciphersuites,
                        .level = policy->level};
  int *to = policy->suites;
  if (list.text == NULL || wss__slice_equal_nocase(wss__slice_of(list.text),
                                                   wss__slice_of("modern")))
    list.text = "DEFAULT";
  int error = wss__tls_suites_parse(&list, true, tls13, detail);
  list.option = "ciphers";
  list.text = ssl->ciphers == NULL ? "DEFAULT" : ssl->ciphers;
  if (error == 0 && !is_modern(ssl))
    error = wss__tls_suites_parse(&list, false, tls12, detail);
  if (error != 0)
    return error;
  for (const int *id = tls13;
       policy->max == MBEDTLS_SSL_VERSION_TLS1_3 && *id != 0; id++)
    *to++ = *id;
  for (const int *id = tls12;
       policy->min == MBEDTLS_SSL_VERSION_TLS1_2 && *id != 0; id++)
    *to++ = *id;
  return 0;
}

/* Counts them; their bytes in the extension go to *size. */
static int measure(const char *const *list, size_t *count, size_t *size,
                   wss__detail *detail) {
  *size = 0;
  for (*count = 0; list[*count] != NULL; ++*count) {
    size_t length = strlen(list[*count]);
    if (length == 0 || length > PROTOCOL_MAX) {
      wss__detail_set(detail,
                      "alpn_protocols: number %zu has %zu bytes; a protocol's "
                      "name has 1 to %d",
                      *count + 1, length, PROTOCOL_MAX);
      return WSS_ERR_INVALID;
    }
    if (length + 1 > PROTOCOLS_MAX - *size) {
      wss__detail_set(detail,
                      "alpn_protocols: more than the %d bytes that the "
                      "extension has room for",
                      PROTOCOLS_MAX);
      return WSS_ERR_INVALID;
    }
    *size += length + 1;
  }
  return 0;
}

/* One piece of memory: pointers, then names. A client that offers http/1.1 is
   never refused: RFC 6455 runs on nothing else. */
static int read_protocols(wss__tls_policy *policy, const char *const *list,
                          const wss_allocator *allocator, wss__detail *detail) {
  static const char *standard[] = {http, NULL};
  size_t count;
  size_t size;
  policy->protocols = standard;
  if (list == NULL)
    return 0;
  int error = measure(list, &count, &size, detail);
  if (error != 0)
    return error;
  policy->protocols = NULL;
  if (count == 0)
    return 0;
  policy->own =
      wss__malloc(allocator, (count + 2) * sizeof *policy->own + size);
  if (policy->own == NULL)
    return WSS_ERR_NOMEM;
  char *text = (char *)(policy->own + count + 2);
  bool complete = false;
  for (size_t i = 0; i < count; i++) {
    size_t length = strlen(list[i]) + 1;
    policy->own[i] = memcpy(text, list[i], length);
    text += length;
    complete = complete || strcmp(list[i], http) == 0;
  }
  policy->own[count] = complete ? NULL : http;
  policy->own[count + 1] = NULL;
  policy->protocols = policy->own;
  return 0;
}

static int read_numbers(wss__tls_policy *policy, const wss_ssl_context *ssl,
                        wss__detail *detail) {
  int order = ssl->honor_cipher_order;
  policy->level = ssl->security_level;
  policy->clients_order = order == WSS_OFF;
  policy->signatures = policy->level < WSS__TLS_LEVEL_192 ? signatures : strong;
  if (policy->level < 0 || policy->level > LEVEL_MAX) {
    wss__detail_set(detail, "security_level is %d: it is a number from 0 to %d",
                    policy->level, LEVEL_MAX);
    return WSS_ERR_INVALID;
  }
  if (order != 0 && order != WSS_ON && order != WSS_OFF) {
    wss__detail_set(detail, "honor_cipher_order is %d: it is WSS_ON or WSS_OFF",
                    order);
    return WSS_ERR_INVALID;
  }
  return 0;
}

int wss__tls_policy_init(wss__tls_policy *policy, const wss_ssl_context *ssl,
                         const wss_allocator *allocator, wss__detail *detail,
                         int *warning) {
  memset(policy, 0, sizeof *policy);
  *warning = 0;
  int error = read_numbers(policy, ssl, detail);
  const wss__tls_list curves = {
      .option = "curves", .text = ssl->curves, .level = policy->level};
  if (error == 0)
    error = wss__tls_groups_parse(&curves, policy->groups, detail);
  if (error == 0)
    error = read_protocols(policy, ssl->alpn_protocols, allocator, detail);
  if (error == 0)
    error = read_versions(policy, ssl, detail, warning);
  if (error == 0)
    error = read_suites(policy, ssl, detail);
  if (error != 0)
    wss__tls_policy_free(policy, allocator);
  return error;
}

void wss__tls_policy_free(wss__tls_policy *policy,
                          const wss_allocator *allocator) {
  wss__free(allocator, policy->own);
  policy->own = NULL;
  policy->protocols = NULL;
}

/* ---- The configuration --------------------------------------------------- */

void wss__tls_policy_apply(const wss__tls_policy *policy,
                           mbedtls_ssl_config *config) {
  mbedtls_ssl_conf_min_tls_version(config, policy->min);
  mbedtls_ssl_conf_max_tls_version(config, policy->max);
  mbedtls_ssl_conf_ciphersuites(config, policy->suites);
  mbedtls_ssl_conf_preference_order(
      config, policy->clients_order ? MBEDTLS_SSL_SRV_CIPHERSUITE_ORDER_CLIENT
                                    : MBEDTLS_SSL_SRV_CIPHERSUITE_ORDER_SERVER);
  mbedtls_ssl_conf_groups(config, policy->groups);
  mbedtls_ssl_conf_sig_algs(config, policy->signatures);
  mbedtls_ssl_conf_tls13_key_exchange_modes(
      config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
  if (policy->protocols != NULL)
    (void)mbedtls_ssl_conf_alpn_protocols(config, policy->protocols);
  mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
  wss__compat_conf_no_renegotiation(config);
  mbedtls_ssl_conf_new_session_tickets(config, 0);
}

void wss__tls_policy_text(const wss__tls_policy *policy,
                          char text[WSS__TLS_POLICY_TEXT]) {
  char *to = text;
  size_t left = WSS__TLS_POLICY_TEXT;
  int size = snprintf(to, left, "%x-%x l%d %c", (unsigned)policy->min,
                      (unsigned)policy->max, policy->level,
                      policy->clients_order ? 'c' : 's');
  for (const int *id = policy->suites; *id != 0; id++) {
    to += size;
    left -= (size_t)size;
    size = snprintf(to, left, " %x", (unsigned)*id);
  }
  for (const uint16_t *id = policy->groups; *id != 0; id++) {
    to += size;
    left -= (size_t)size;
    size = snprintf(to, left, " g%x", (unsigned)*id);
  }
}

/* ---- Suites and keys ----------------------------------------------------- */

const char *wss__tls_policy_suite(int id) {
  const wss__tls_suite *suite = wss__tls_suite_find(id);
  return suite == NULL ? "unknown" : suite->name;
}

bool wss__tls_policy_suite_fits(int id, const mbedtls_pk_context *key) {
  const wss__tls_suite *suite = wss__tls_suite_find(id);
  return suite != NULL && !suite->tls13 &&
         suite->ecdsa == (mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA) != 0);
}

/* Of which the key is known to be EC or RSA. */
static const char *weakness(const mbedtls_pk_context *key, int level) {
  size_t bits = mbedtls_pk_get_bitlen(key);
  bool ec = mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA) != 0;
  if (level >= WSS__TLS_LEVEL_192 && bits < (ec ? 384 : RSA_192))
    return "EC P-384 or RSA of 7680 bits";
  if (level >= LEVEL_128 && !ec && bits < RSA_128)
    return "EC, or RSA of 3072 bits";
  return NULL;
}

int wss__tls_policy_check_key(const wss__tls_policy *policy,
                              const mbedtls_pk_context *key,
                              wss__detail *detail) {
  char kind[48];
  const char *wanted = weakness(key, policy->level);
  (void)wss__tls_policy_key(key, kind, sizeof kind);
  if (wanted != NULL) {
    wss__detail_set(detail,
                    "security_level %d wants a key that is %s; the "
                    "certificate's is %s",
                    policy->level, wanted, kind);
    return WSS_ERR_KEY_TYPE;
  }
  if (policy->min != MBEDTLS_SSL_VERSION_TLS1_2)
    return 0;
  for (const int *id = policy->suites; *id != 0; id++) {
    if (wss__tls_policy_suite_fits(*id, key))
      return 0;
  }
  wss__detail_set(detail,
                  "ciphers: no suite is left for the certificate's key, which "
                  "is %s; TLS 1.2 needs one of ECDHE-%s (or make "
                  "min_proto_version WSS_TLS_1_3)",
                  kind,
                  mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA) ? "ECDSA" : "RSA");
  return WSS_ERR_CIPHERS;
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
