#include "tls/names.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include <mbedtls/asn1.h>
#include <mbedtls/x509.h>

#define NAME_SIZE 256
#define MORE_SIZE (sizeof ", and 4294967295 more" - 1)

/* False for a name that is neither of a host nor an address. */
static bool format_name(const mbedtls_x509_buf *name, char text[NAME_SIZE]) {
  int kind =
      name->tag & (MBEDTLS_ASN1_TAG_CLASS_MASK | MBEDTLS_ASN1_TAG_VALUE_MASK);
  if (kind == (MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_DNS_NAME)) {
    int length = name->len < NAME_SIZE ? (int)name->len : NAME_SIZE - 1;
    (void)snprintf(text, NAME_SIZE, "%.*s", length, (const char *)name->p);
    return true;
  }
  if (kind != (MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_IP_ADDRESS))
    return false;
  if (name->len != 4 && name->len != 16)
    return false;
  return inet_ntop(name->len == 4 ? AF_INET : AF_INET6, name->p, text,
                   NAME_SIZE) != NULL;
}

size_t wss__tls_names_text(const mbedtls_x509_crt *cert, char *text,
                           size_t size) {
  char name[NAME_SIZE];
  size_t used = 0;
  size_t count = 0;
  size_t left_out = 0;
  text[0] = '\0';
  const mbedtls_x509_sequence *at = &cert->subject_alt_names;
  for (; at != NULL && at->buf.p != NULL; at = at->next) {
    if (!format_name(&at->buf, name))
      continue;
    const char *between = count++ == 0 ? "" : ", ";
    if (left_out > 0 ||
        used + strlen(between) + strlen(name) + MORE_SIZE + 1 > size) {
      left_out++;
      continue;
    }
    used += (size_t)snprintf(text + used, size - used, "%s%s", between, name);
  }
  if (left_out > 0)
    (void)snprintf(text + used, size - used, "%s%zu more",
                   used == 0 ? "" : ", and ", left_out);
  return count;
}

static void format_dn(const mbedtls_x509_name *name, char *text, size_t size) {
  char whole[1024];
  if (mbedtls_x509_dn_gets(whole, sizeof whole, name) < 0)
    (void)snprintf(whole, sizeof whole, "a very long name");
  (void)snprintf(text, size, "%s", whole[0] == '\0' ? "(empty)" : whole);
}

void wss__tls_names_subject(const mbedtls_x509_crt *cert, char *text,
                            size_t size) {
  format_dn(&cert->subject, text, size);
}

void wss__tls_names_issuer(const mbedtls_x509_crt *cert, char *text,
                           size_t size) {
  format_dn(&cert->issuer, text, size);
}

bool wss__tls_names_self_issued(const mbedtls_x509_crt *cert) {
  return cert->issuer_raw.len == cert->subject_raw.len &&
         memcmp(cert->issuer_raw.p, cert->subject_raw.p,
                cert->subject_raw.len) == 0;
}
