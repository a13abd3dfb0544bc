#include "tls/cert.h"

#include <string.h>

#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>

#include "tls/code.h"
#include "tls/policy.h"

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

static int explain_code(int code, unsigned number, const wss__tls_file *file,
                        wss__detail *detail) {
  char text[WSS__TLS_CODE_TEXT_SIZE];
  if (wss__tls_code_is_nomem(code))
    return WSS_ERR_NOMEM;
  int high = wss__tls_code_high(code);
  if (high == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG ||
      high == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE ||
      high == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG) {
    wss__tls_file_explain(file, detail,
                          "certificate %u has or is signed by an unknown kind "
                          "of key; " WSS__TLS_POLICY_KEYS,
                          number);
    return WSS_ERR_KEY_TYPE;
  }
  wss__tls_code_text(code, text);
  wss__tls_file_explain(file, detail, "certificate %u: %s", number, text);
  return WSS_ERR_CERT_PARSE;
}

/* Parses the block from begin on and moves *rest behind it. One block at a
   time: of several, Mbed TLS tells only how many it could not parse. */
static int parse_block(mbedtls_x509_crt *chain, char **rest, char *begin,
                       unsigned number, const wss__tls_file *file,
                       wss__detail *detail) {
  char *end = strstr(begin, END);
  char *next = strstr(begin + sizeof BEGIN - 1, BEGIN);
  if (end == NULL || (next != NULL && next < end)) {
    wss__tls_file_explain(file, detail, "certificate %u has no line " END,
                          number);
    return WSS_ERR_CERT_PARSE;
  }
  end += sizeof END - 1;
  char kept = *end;
  *end = '\0';
  int code = mbedtls_x509_crt_parse(chain, (const unsigned char *)begin,
                                    (size_t)(end - begin) + 1);
  *end = kept;
  *rest = end;
  return code == 0 ? 0 : explain_code(code, number, file, detail);
}

bool wss__tls_cert_present(const wss__tls_file *file) {
  return strstr(file->text, BEGIN) != NULL;
}

int wss__tls_cert_parse(mbedtls_x509_crt *chain, wss__tls_file *file,
                        wss__detail *detail) {
  char *rest = file->text;
  char *begin = strstr(rest, BEGIN);
  if (begin == NULL) {
    bool key = strstr(rest, "PRIVATE KEY-----") != NULL &&
               strncmp(file->option, "local_", 6) == 0;
    wss__tls_file_explain(file, detail, "%s",
                          key ? "holds a private key and no certificate (are "
                                "local_cert and local_pk swapped?)"
                              : "holds no certificate in PEM (no line " BEGIN
                                ")");
    return WSS_ERR_CERT_PARSE;
  }
  for (unsigned number = 1; begin != NULL; number++) {
    int error = parse_block(chain, &rest, begin, number, file, detail);
    if (error != 0)
      return error;
    begin = strstr(rest, BEGIN);
  }
  return 0;
}

/* Mbed TLS would refuse such a leaf in each TLS 1.2 handshake, silently. */
const char *wss__tls_cert_usage(const mbedtls_x509_crt *leaf) {
  if (mbedtls_x509_crt_check_key_usage(leaf,
                                       MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0)
    return "its key usage lacks digitalSignature, which TLS needs";
  if (mbedtls_x509_crt_check_extended_key_usage(
          leaf, MBEDTLS_OID_SERVER_AUTH,
          MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0)
    return "its extended key usage lacks serverAuth: it is no certificate for "
           "a server";
  return NULL;
}

int wss__tls_cert_check(const mbedtls_x509_crt *chain,
                        const wss__tls_file *file, wss__detail *detail) {
  char kind[48];
  if (!wss__tls_policy_key(&chain->pk, kind, sizeof kind)) {
    wss__tls_file_explain(file, detail, "its key is %s; " WSS__TLS_POLICY_KEYS,
                          kind);
    return WSS_ERR_KEY_TYPE;
  }
  const char *why = wss__tls_cert_usage(chain);
  if (why != NULL) {
    wss__tls_file_explain(file, detail, "%s", why);
    return WSS_ERR_CERT_PURPOSE;
  }
  /* The Certificate message (RFC 8446 4.4.2) is sent from one buffer: headers,
     then for each certificate a length and no extensions. */
  size_t size = 16;
  for (const mbedtls_x509_crt *cert = chain; cert != NULL; cert = cert->next)
    size += cert->raw.len + 5;
  if (size > MBEDTLS_SSL_OUT_CONTENT_LEN) {
    wss__tls_file_explain(file, detail,
                          "its certificates have %zu bytes together; at most "
                          "%d fit into a handshake",
                          size, MBEDTLS_SSL_OUT_CONTENT_LEN);
    return WSS_ERR_INVALID;
  }
  return 0;
}
