#include "tls/doctor_chain.h"

#include <stdbool.h>
#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>

#include "tls/code.h"
#include "tls/compat.h"
#include "tls/doctor.h"
#include "tls/names.h"

#define SHOWN 96 /* of a subject */

static bool same_bytes(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b) {
  return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

/* ---- Authority information access (RFC 5280 4.2.2.1) ----------------------
 */

#define OID_ACCESS MBEDTLS_OID_PKIX "\x01\x01"
#define OID_ISSUERS MBEDTLS_OID_PKIX "\x30\x02"
#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)

/* Enters the next element; its content is from *at to *end, and *rest behind
   it. */
static bool enter(unsigned char **at, unsigned char **end, unsigned char **rest,
                  int tag) {
  size_t size;
  if (mbedtls_asn1_get_tag(at, *end, &size, tag) != 0)
    return false;
  *rest = *end = *at + size;
  return true;
}

static bool is_oid(unsigned char **at, const unsigned char *end,
                   const char *oid, size_t oid_size) {
  size_t size;
  if (mbedtls_asn1_get_tag(at, end, &size, MBEDTLS_ASN1_OID) != 0)
    return false;
  bool same = size == oid_size && memcmp(*at, oid, size) == 0;
  *at += size;
  return same;
}

/* The extension's value. */
static bool has_issuers(unsigned char *at, unsigned char *end) {
  unsigned char *rest = end;
  if (!enter(&at, &end, &rest, SEQUENCE))
    return false;
  while (at < end) {
    unsigned char *inner_end = end;
    if (!enter(&at, &inner_end, &rest, SEQUENCE))
      return false;
    if (is_oid(&at, inner_end, OID_ISSUERS, sizeof OID_ISSUERS - 1))
      return true;
    at = rest;
  }
  return false;
}

/* Whether it says where its issuer's certificate can be had: public CAs have
   intermediate ones always, and their certificates say so. */
static bool names_issuers(const mbedtls_x509_crt *cert) {
  unsigned char *at = cert->v3_ext.p;
  unsigned char *end = at;
  unsigned char *rest;
  if (at == NULL)
    return false;
  end += cert->v3_ext.len;
  if (!enter(&at, &end, &rest, SEQUENCE))
    return false;
  while (at < end) {
    unsigned char *inner_end = end;
    int critical;
    if (!enter(&at, &inner_end, &rest, SEQUENCE))
      return false;
    if (is_oid(&at, inner_end, OID_ACCESS, sizeof OID_ACCESS - 1)) {
      unsigned char *none;
      (void)mbedtls_asn1_get_bool(&at, inner_end, &critical);
      return enter(&at, &inner_end, &none, MBEDTLS_ASN1_OCTET_STRING) &&
             has_issuers(at, inner_end);
    }
    at = rest;
  }
  return false;
}

/* ---- The way from the leaf up ------------------------------------------- */

typedef struct climb {
  wss__findings *findings;
  const wss__tls_file *file;
  int64_t now;
  const mbedtls_x509_crt *chain;
  const mbedtls_x509_crt *top; /* the last one that was found */
  size_t steps;                /* certificates on it */
  bool in_order;
  bool forged; /* there is one with the name of top's issuer and another key */
} climb;

/* A signature that cannot be checked, for an algorithm that Mbed TLS lacks,
   counts as good. */
static bool has_signed(climb *way, const mbedtls_x509_crt *issuer,
                       const mbedtls_x509_crt *cert) {
  int code = wss__compat_cert_verify(cert, issuer);
  if (code != 0 && wss__tls_code_is_nomem(code)) {
    way->findings->no_memory = true;
    return true;
  }
  switch (code) {
  case MBEDTLS_ERR_ECP_VERIFY_FAILED:
  case MBEDTLS_ERR_RSA_VERIFY_FAILED:
  case MBEDTLS_ERR_RSA_INVALID_PADDING:
  case MBEDTLS_ERR_PK_TYPE_MISMATCH:
  case MBEDTLS_ERR_PK_SIG_LEN_MISMATCH:
    return false;
  default:
    return true;
  }
}

static bool issued(climb *way, const mbedtls_x509_crt *issuer,
                   const mbedtls_x509_crt *cert) {
  if (issuer == NULL || issuer == cert ||
      !same_bytes(&issuer->subject_raw, &cert->issuer_raw))
    return false;
  bool good = has_signed(way, issuer, cert);
  way->forged = way->forged || !good;
  return good;
}

static const mbedtls_x509_crt *find_issuer(climb *way) {
  way->forged = false;
  if (issued(way, way->top->next, way->top))
    return way->top->next;
  const mbedtls_x509_crt *at = way->chain;
  for (; at != NULL; at = at->next) {
    if (issued(way, at, way->top))
      return at;
  }
  return NULL;
}

static void check_issuer(const climb *way, const mbedtls_x509_crt *issuer) {
  unsigned number = 1;
  const mbedtls_x509_crt *at = way->chain;
  for (; at != NULL && at != issuer; at = at->next)
    number++;
  wss__doctor_certificate(way->findings, issuer, number, way->file, way->now);
  if (issuer->version == 3 && mbedtls_x509_crt_get_ca_istrue(issuer) != 1)
    wss__findings_add(way->findings, WSS_ERR_CERT_PURPOSE, WSS_FINDING_WARNING,
                      way->file,
                      "certificate %u is no CA's, so clients do not take it as "
                      "an issuer",
                      number);
}

static void go_up(climb *way, size_t count) {
  while (way->steps < count && !wss__tls_names_self_issued(way->top)) {
    const mbedtls_x509_crt *issuer = find_issuer(way);
    if (issuer == NULL)
      return;
    check_issuer(way, issuer);
    way->in_order = way->in_order && issuer == way->top->next;
    way->top = issuer;
    way->steps++;
  }
}

/* ---- What is to say about it --------------------------------------------- */

static void tell_missing(const climb *way, bool alone) {
  char issuer[SHOWN];
  wss__tls_names_issuer(way->top, issuer, sizeof issuer);
  if (!alone)
    wss__findings_add(
        way->findings, WSS_ERR_CERT_CHAIN, WSS_FINDING_WARNING, way->file,
        way->forged ? "a certificate has the name of the issuer, %s, but "
                      "another key than the certificate was signed with"
                    : "the certificate was issued by %s, whose "
                      "certificate is not among those behind it",
        issuer);
  else if (names_issuers(way->top))
    wss__findings_add(way->findings, WSS_ERR_CERT_CHAIN, WSS_FINDING_WARNING,
                      way->file,
                      "the intermediate certificate %s is missing; Android, "
                      "WeChat and programs refuse such a chain",
                      issuer);
  else
    wss__findings_add(way->findings, WSS_ERR_CERT_CHAIN, WSS_FINDING_NOTE,
                      way->file,
                      "the certificate was issued by %s, which is all right if "
                      "that is a root that clients trust",
                      issuer);
}

static void tell_end(const climb *way, bool alone) {
  char root[SHOWN];
  if (!wss__tls_names_self_issued(way->top)) {
    if (way->steps == 1)
      tell_missing(way, alone);
    return;
  }
  wss__tls_names_subject(way->top, root, sizeof root);
  if (way->steps == 1)
    wss__findings_add(way->findings, WSS_ERR_CERT_ISSUER, WSS_FINDING_NOTE,
                      way->file, "the certificate is self-signed");
  else
    wss__findings_add(way->findings, WSS_ERR_CERT_ROOT, WSS_FINDING_NOTE,
                      way->file,
                      "the root %s is sent along, which costs each handshake "
                      "its bytes",
                      root);
}

static void tell_order(const climb *way, size_t count) {
  if (way->steps < count)
    wss__findings_add(way->findings, WSS_ERR_CERT_ORDER, WSS_FINDING_WARNING,
                      way->file,
                      "it holds %zu certificates, of which %zu lead from the "
                      "server's upwards; the others do not belong there",
                      count, way->steps);
  else if (!way->in_order)
    wss__findings_add(way->findings, WSS_ERR_CERT_ORDER, WSS_FINDING_WARNING,
                      way->file,
                      "its certificates are not in the order in which each is "
                      "issued by the next; many clients refuse that");
}

void wss__tls_chain_check(wss__findings *findings,
                          const mbedtls_x509_crt *chain,
                          const mbedtls_x509_crt *leaf,
                          const wss__tls_file *file, int64_t now) {
  climb way = {.findings = findings,
               .file = file,
               .now = now,
               .chain = chain,
               .top = leaf,
               .steps = 1,
               .in_order = true};
  size_t count = 0;
  const mbedtls_x509_crt *at = chain;
  for (; at != NULL; at = at->next)
    count++;
  go_up(&way, count);
  bool lost = way.steps == 1 && count > 1 && !wss__tls_names_self_issued(leaf);
  if (leaf == chain && !lost)
    tell_order(&way, count);
  tell_end(&way, count == 1);
}
