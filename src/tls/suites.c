#include "tls/suites.h"

#include <string.h>

/* AEAD with forward secrecy only (RFC 9325 4.2), best first: what is not here
   is never offered. */
static const wss__tls_suite suites[WSS__TLS_SUITES] = {
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256",
     MBEDTLS_TLS1_3_AES_128_GCM_SHA256, WSS__AES_128_GCM, MBEDTLS_MD_SHA256,
     true, false},
    {"TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384",
     MBEDTLS_TLS1_3_AES_256_GCM_SHA384, WSS__AES_256_GCM, MBEDTLS_MD_SHA384,
     true, false},
    {"TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256",
     MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, WSS__CHACHA20_POLY1305,
     MBEDTLS_MD_SHA256, true, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256",
     MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, WSS__AES_128_GCM,
     MBEDTLS_MD_SHA256, false, true},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
     MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, WSS__AES_128_GCM,
     MBEDTLS_MD_SHA256, false, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384",
     MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, WSS__AES_256_GCM,
     MBEDTLS_MD_SHA384, false, true},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
     MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, WSS__AES_256_GCM,
     MBEDTLS_MD_SHA384, false, false},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
     "ECDHE-ECDSA-CHACHA20-POLY1305",
     MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
     WSS__CHACHA20_POLY1305, MBEDTLS_MD_SHA256, false, true},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
     "ECDHE-RSA-CHACHA20-POLY1305",
     MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
     WSS__CHACHA20_POLY1305, MBEDTLS_MD_SHA256, false, false},
};

/* Words for all suites of a version. */
static const char *const words[] = {"DEFAULT", "HIGH", "intermediate"};

/* What OpenSSL's lists exclude out of habit and libwss never has, by OpenSSL's
   names; SHA256 and SHA384 are there the MACs of CBC suites. */
static const char *const never[] = {
    "aNULL", "eNULL", "NULL",  "EXP",    "EXPORT",   "LOW",   "MEDIUM",
    "MD5",   "SHA",   "SHA1",  "SHA256", "SHA384",   "RC2",   "RC4",
    "DES",   "3DES",  "IDEA",  "SEED",   "CAMELLIA", "ARIA",  "AESCCM",
    "PSK",   "aPSK",  "kPSK",  "SRP",    "aSRP",     "kSRP",  "DSS",
    "aDSS",  "ADH",   "AECDH", "DH",     "DHE",      "EDH",   "kDHE",
    "kEDH",  "kDH",   "aDH",   "kRSA",   "kECDH",    "aECDH", "GOST",
    "kGOST", "aGOST", "SSLv2", "SSLv3",  "CBC"};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

const wss__tls_suite *wss__tls_suite_find(int id) {
  for (size_t i = 0; i < WSS__TLS_SUITES; i++) {
    if (suites[i].id == id)
      return &suites[i];
  }
  return NULL;
}

static bool is_separator(char byte) {
  return byte == ':' || byte == ',' || byte == ' ';
}

bool wss__tls_list_next(wss__slice *rest, wss__slice *name) {
  while (rest->size > 0 && is_separator(rest->data[0])) {
    rest->data++;
    rest->size--;
  }
  *name = (wss__slice){.data = rest->data, .size = 0};
  while (rest->size > 0 && !is_separator(rest->data[0])) {
    rest->data++;
    rest->size--;
    name->size++;
  }
  return name->size > 0;
}

static bool is_one_of(wss__slice name, const char *const *list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (wss__slice_equal_nocase(name, wss__slice_of(list[i])))
      return true;
  }
  return false;
}

static const wss__tls_suite *find(wss__slice name) {
  for (size_t i = 0; i < WSS__TLS_SUITES; i++) {
    if (wss__slice_equal_nocase(name, wss__slice_of(suites[i].name)) ||
        wss__slice_equal_nocase(name, wss__slice_of(suites[i].openssl)))
      return &suites[i];
  }
  return NULL;
}

static bool level_allows(const wss__tls_suite *suite, int level) {
  return level < WSS__TLS_LEVEL_256 || suite->cipher != WSS__AES_128_GCM;
}

/* The first place counts, as with OpenSSL. */
static void add(int *ids, int id) {
  while (*ids != 0 && *ids != id)
    ids++;
  *ids = id;
}

/* A sentence about one name of the list. */
static int refuse(const wss__tls_list *list, wss__slice name, const char *what,
                  wss__detail *detail) {
  int shown =
      (int)(name.size < WSS__TLS_NAME_SHOWN ? name.size : WSS__TLS_NAME_SHOWN);
  wss__detail_set(detail, "%s: \"%.*s\" %s", list->option, shown, name.data,
                  what);
  return WSS_ERR_CIPHERS;
}

static int add_suite(const wss__tls_list *list, wss__slice name, bool tls13,
                     int *ids, wss__detail *detail) {
  const wss__tls_suite *suite = find(name);
  if (suite == NULL)
    return refuse(list, name,
                  "is no cipher suite that libwss has (they are AES-GCM and "
                  "ChaCha20-Poly1305 with ECDHE), nor DEFAULT, HIGH or "
                  "intermediate",
                  detail);
  if (suite->tls13 != tls13)
    return refuse(list, name,
                  suite->tls13
                      ? "is a suite of TLS 1.3: it belongs to ciphersuites"
                      : "is a suite of TLS 1.2: it belongs to ciphers",
                  detail);
  if (!level_allows(suite, list->level))
    return refuse(list, name, "has 128 bits: security_level wants 256", detail);
  add(ids, suite->id);
  return 0;
}

static void add_all(const wss__tls_list *list, bool tls13, int *ids) {
  for (size_t i = 0; i < WSS__TLS_SUITES; i++) {
    if (suites[i].tls13 == tls13 && level_allows(&suites[i], list->level))
      add(ids, suites[i].id);
  }
}

static bool is_algebra(wss__slice name) {
  char first = name.data[0];
  return first == '!' || first == '-' || first == '@' ||
         memchr(name.data, '+', name.size) != NULL;
}

/* Of OpenSSL's algebra only what changes nothing is taken. */
static int check_algebra(const wss__tls_list *list, wss__slice name,
                         wss__detail *detail) {
  const wss__slice excluded = {.data = name.data + 1, .size = name.size - 1};
  if ((name.data[0] == '!' || name.data[0] == '-') &&
      is_one_of(excluded, never, COUNT_OF(never)))
    return 0;
  return refuse(list, name,
                "is of OpenSSL's cipher algebra, which libwss does not have: "
                "name the suites, or set security_level",
                detail);
}

int wss__tls_suites_parse(const wss__tls_list *list, bool tls13, int *ids,
                          wss__detail *detail) {
  wss__slice rest = wss__slice_of(list->text);
  wss__slice name;
  memset(ids, 0, (WSS__TLS_SUITES + 1) * sizeof *ids);
  while (wss__tls_list_next(&rest, &name)) {
    int error = 0;
    if (is_algebra(name))
      error = check_algebra(list, name, detail);
    else if (wss__slice_equal_nocase(name, wss__slice_of("modern")))
      error = refuse(list, name, "stands alone, not in a list", detail);
    else if (is_one_of(name, words, COUNT_OF(words)))
      add_all(list, tls13, ids);
    else
      error = add_suite(list, name, tls13, ids, detail);
    if (error != 0)
      return error;
  }
  if (ids[0] != 0)
    return 0;
  wss__detail_set(detail, "%s names no cipher suite; NULL is the default%s",
                  list->option,
                  tls13 ? ", and max_proto_version switches TLS 1.3 off" : "");
  return WSS_ERR_CIPHERS;
}
