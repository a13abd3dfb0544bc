#include "programs/trust.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "programs/tell.h"
#include "tls/cert.h"
#include "tls/code.h"
#include "tls/doctor.h"
#include "tls/names.h"

int wss__trust_load(mbedtls_x509_crt *roots, const char *file,
                    const char **from, wss__detail *detail) {
  static const char *const usual[] = {
      "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
      "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", NULL};
  char text[WSS__TLS_CODE_TEXT_SIZE];
  const char *const *at = usual;
  while (file == NULL && *at != NULL && access(*at, R_OK) != 0)
    at++;
  *from = file != NULL ? file : *at;
  if (*from == NULL) {
    wss__detail_set(detail, "this system has no file of roots that is known "
                            "here: name one with --ca");
    return -1;
  }
  int code = mbedtls_x509_crt_parse_file(roots, *from);
  /* Above 0 is how many it could not read, of kinds that it does not know. */
  if (code >= 0 && roots->raw.p != NULL)
    return 0;
  wss__tls_code_text(code, text);
  wss__detail_set(detail, "%s: %s", *from,
                  code >= 0 ? "holds no certificate" : text);
  return -1;
}

static void print_name(const char *before, const char *name) {
  (void)fputs(before, stdout);
  wss__tell_bytes(name, strlen(name));
}

static void print_chain(const mbedtls_x509_crt *chain) {
  char text[512];
  const mbedtls_x509_crt *cert = chain;
  for (unsigned number = 1; cert != NULL; cert = cert->next, number++) {
    const mbedtls_x509_time *from = &cert->valid_from;
    const mbedtls_x509_time *to = &cert->valid_to;
    wss__tls_names_subject(cert, text, sizeof text);
    (void)printf("  %u", number);
    print_name(" ", text);
    wss__tls_names_issuer(cert, text, sizeof text);
    print_name("\n    issued by ", text);
    (void)printf("\n    valid from %04d-%02d-%02d to %04d-%02d-%02d\n",
                 from->year, from->mon, from->day, to->year, to->mon, to->day);
    if (wss__tls_names_text(cert, text, sizeof text) == 0)
      continue;
    print_name("    for ", text);
    (void)printf("\n");
  }
}

static void check_trust(wss__findings *findings, const mbedtls_x509_crt *chain,
                        const mbedtls_x509_crt *roots, const char *from,
                        const char *name, const wss__tls_file *server) {
  uint32_t flags = 0;
  char names[160];
  /* Mbed TLS changes neither, but does not say so. */
  (void)mbedtls_x509_crt_verify((mbedtls_x509_crt *)(uintptr_t)chain,
                                (mbedtls_x509_crt *)(uintptr_t)roots, NULL,
                                name, &flags, NULL, NULL);
  if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0)
    wss__findings_add(findings, WSS_ERR_CERT_ISSUER, WSS_FINDING_ERROR, server,
                      "what it sends does not lead to a root in %s", from);
  if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) == 0)
    return;
  (void)wss__tls_names_text(chain, names, sizeof names);
  wss__findings_add(findings, WSS_ERR_CERT_NAMES, WSS_FINDING_ERROR, server,
                    "the certificate is not for %s but for %s", name,
                    names[0] == '\0' ? "nothing" : names);
}

/* Clients refuse it: for them it is no warning. */
static void raise_dates(wss__findings *findings) {
  for (size_t i = 0; i < findings->count; i++) {
    wss__finding *one = &findings->items[i];
    if (one->code != WSS_ERR_CERT_EXPIRED && one->code != WSS_ERR_CERT_FUTURE)
      continue;
    findings->counts[one->severity]--;
    findings->counts[one->severity = WSS_FINDING_ERROR]++;
  }
}

void wss__trust_check(wss__findings *findings, const mbedtls_x509_crt *chain,
                      const mbedtls_x509_crt *roots, const char *from,
                      const char *name, const wss__tls_file *server) {
  wss__detail detail;
  print_chain(chain);
  int error = wss__tls_cert_check(chain, server, &detail);
  if (error != 0)
    wss__findings_tell(findings, error, WSS_FINDING_ERROR, server->option,
                       &detail);
  wss__doctor_server(findings, chain, chain, server, wss__doctor_now());
  wss__doctor_key(findings, &chain->pk, server);
  check_trust(findings, chain, roots, from, name, server);
  raise_dates(findings);
}
