#include "tls/key.h"

#include <stdbool.h>
#include <string.h>

#include <mbedtls/rsa.h>

#include "tls/code.h"
#include "tls/compat.h"
#include "tls/policy.h"

/* A wrong passphrase deciphers to noise, which in one of 256 cases looks as if
   it were padded well. What is wrong with it then has no high-level part if the
   key is RSA's own format, or in one of thousands RSA's. */
static bool is_noise(int code, const wss__tls_file *file) {
  int high = wss__tls_code_high(code);
  return (high == 0 || high == MBEDTLS_ERR_PK_KEY_INVALID_FORMAT ||
          high == MBEDTLS_ERR_RSA_BAD_INPUT_DATA ||
          high == MBEDTLS_ERR_RSA_KEY_CHECK_FAILED) &&
         strstr(file->text, "ENCRYPTED") != NULL;
}

static int explain_code(int code, const wss__tls_file *file, bool passphrase,
                        wss__detail *detail) {
  char text[WSS__TLS_CODE_TEXT_SIZE];
  if (wss__tls_code_is_nomem(code))
    return WSS_ERR_NOMEM;
  if (passphrase && is_noise(code, file))
    code = MBEDTLS_ERR_PK_PASSWORD_MISMATCH;
  switch (wss__tls_code_high(code)) {
  case MBEDTLS_ERR_PK_PASSWORD_REQUIRED:
    wss__tls_file_explain(file, detail,
                          "the private key is encrypted and there is no "
                          "passphrase");
    return WSS_ERR_PASSPHRASE;
  case MBEDTLS_ERR_PK_PASSWORD_MISMATCH:
    wss__tls_file_explain(file, detail,
                          "the passphrase of the private key is wrong");
    return WSS_ERR_PASSPHRASE;
  case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
  case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
    wss__tls_file_explain(
        file, detail,
        "the private key is of an unknown kind; " WSS__TLS_POLICY_KEYS);
    return WSS_ERR_KEY_TYPE;
  default:
    wss__tls_code_text(code, text);
    wss__tls_file_explain(file, detail, "private key: %s", text);
    return WSS_ERR_KEY_PARSE;
  }
}

int wss__tls_key_parse(mbedtls_pk_context *key, const wss__tls_file *file,
                       const char *passphrase, wss__detail *detail) {
  if (strstr(file->text, "PRIVATE KEY-----") == NULL) {
    wss__tls_file_explain(file, detail, "%s",
                          strncmp(file->option, "local_pk", 8) == 0
                              ? "holds no private key in PEM"
                              : "holds no private key, and local_pk names no "
                                "other file");
    return WSS_ERR_KEY_PARSE;
  }
  size_t length = passphrase == NULL ? 0 : strlen(passphrase);
  int code = wss__compat_parse_key(key, file->text, file->size + 1,
                                   length == 0 ? NULL : passphrase, length);
  return code == 0 ? 0 : explain_code(code, file, length > 0, detail);
}

int wss__tls_key_match(const mbedtls_pk_context *key,
                       const mbedtls_x509_crt *chain, const wss__tls_file *file,
                       wss__detail *detail) {
  int code = wss__compat_check_pair(&chain->pk, key);
  if (code == 0)
    return 0;
  if (wss__tls_code_is_nomem(code))
    return WSS_ERR_NOMEM;
  unsigned number = 2;
  for (const mbedtls_x509_crt *cert = chain->next; cert != NULL;
       cert = cert->next, number++) {
    if (wss__compat_check_pair(&cert->pk, key) != 0)
      continue;
    wss__tls_file_explain(file, detail,
                          "the private key belongs to certificate %u of "
                          "local_cert, which must be the first",
                          number);
    return WSS_ERR_KEY_MISMATCH;
  }
  wss__tls_file_explain(file, detail,
                        "the private key does not belong to the (first) "
                        "certificate of local_cert");
  return WSS_ERR_KEY_MISMATCH;
}
