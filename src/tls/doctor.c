#include "tls/doctor.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <mbedtls/oid.h>

#include "tls/cert.h"
#include "tls/compat.h"
#include "tls/doctor_chain.h"
#include "tls/names.h"

#define DAY INT64_C(86400)
#define SOON (14 * DAY)
#define LONGEST (825 * DAY)               /* support.apple.com/103769 */
#define LONGEST_SINCE INT64_C(1561939200) /* 2019-07-01 */

/* ---- Dates --------------------------------------------------------------- */

int64_t wss__doctor_seconds(const mbedtls_x509_time *date) {
  /* Days of years that begin in March, so that a leap day is their last. */
  int64_t year = date->mon > 2 ? date->year : date->year - 1;
  int64_t month = date->mon > 2 ? date->mon - 3 : date->mon + 9;
  int64_t days = 365 * year + year / 4 - year / 100 + year / 400 +
                 (153 * month + 2) / 5 + date->day - 1 - 719468;
  return days * DAY + date->hour * 3600 + date->min * 60 + date->sec;
}

int64_t wss__doctor_now(void) {
  return (int64_t)time(NULL);
}

typedef struct subject {
  char text[32];
} subject;

static subject name_of(unsigned number) {
  subject result;
  if (number == WSS__DOCTOR_LEAF)
    (void)snprintf(result.text, sizeof result.text, "the certificate");
  else
    (void)snprintf(result.text, sizeof result.text, "certificate %u", number);
  return result;
}

static void check_dates(wss__findings *findings, const mbedtls_x509_crt *cert,
                        unsigned number, const wss__tls_file *file,
                        int64_t now) {
  const mbedtls_x509_time *from = &cert->valid_from;
  const mbedtls_x509_time *to = &cert->valid_to;
  int64_t begins = wss__doctor_seconds(from);
  int64_t ends = wss__doctor_seconds(to);
  subject who = name_of(number);
  if (now > ends)
    wss__findings_add(findings, WSS_ERR_CERT_EXPIRED, WSS_FINDING_WARNING, file,
                      "%s expired on %04d-%02d-%02d; it is served all the same",
                      who.text, to->year, to->mon, to->day);
  else if (now < begins)
    wss__findings_add(
        findings, WSS_ERR_CERT_FUTURE, WSS_FINDING_WARNING, file,
        "%s is not valid before %04d-%02d-%02d; it is served all the same",
        who.text, from->year, from->mon, from->day);
  else if (ends - now < SOON && ends - now < (ends - begins) / 3)
    wss__findings_add(findings, WSS_ERR_CERT_EXPIRES, WSS_FINDING_WARNING, file,
                      "%s expires on %04d-%02d-%02d, in %lld days", who.text,
                      to->year, to->mon, to->day,
                      (long long)((ends - now) / DAY));
  if (number == WSS__DOCTOR_LEAF && ends - begins > LONGEST &&
      begins >= LONGEST_SINCE)
    wss__findings_add(findings, WSS_ERR_CERT_LIFETIME, WSS_FINDING_WARNING,
                      file,
                      "the certificate is valid for %lld days; iOS and macOS "
                      "refuse more than 825",
                      (long long)((ends - begins) / DAY));
}

/* ---- Strength ------------------------------------------------------------ */

static void check_strength(wss__findings *findings,
                           const mbedtls_x509_crt *cert, unsigned number,
                           const wss__tls_file *file) {
  mbedtls_md_type_t hash = wss__compat_cert_hash(cert);
  subject who = name_of(number);
  size_t bits = mbedtls_pk_get_bitlen(&cert->pk);
  /* Nobody verifies the signature of a root. */
  if ((hash == MBEDTLS_MD_SHA1 || hash == MBEDTLS_MD_MD5) &&
      (number == WSS__DOCTOR_LEAF || !wss__tls_names_self_issued(cert)))
    wss__findings_add(findings, WSS_ERR_CERT_WEAK, WSS_FINDING_WARNING, file,
                      "%s is signed with %s, which clients refuse", who.text,
                      hash == MBEDTLS_MD_MD5 ? "MD5" : "SHA-1");
  /* A leaf with such a key is not served at all. */
  if (number != WSS__DOCTOR_LEAF && bits < 2048 &&
      mbedtls_pk_can_do(&cert->pk, MBEDTLS_PK_RSA))
    wss__findings_add(findings, WSS_ERR_CERT_WEAK, WSS_FINDING_WARNING, file,
                      "%s has a key of RSA of %zu bits, which clients refuse",
                      who.text, bits);
}

void wss__doctor_certificate(wss__findings *findings,
                             const mbedtls_x509_crt *cert, unsigned number,
                             const wss__tls_file *file, int64_t now) {
  check_dates(findings, cert, number, file, now);
  check_strength(findings, cert, number, file);
}

/* ---- The leaf ------------------------------------------------------------ */

static void check_names(wss__findings *findings, const mbedtls_x509_crt *leaf,
                        const wss__tls_file *file) {
  char names[160];
  if (wss__tls_names_text(leaf, names, sizeof names) > 0)
    wss__findings_add(findings, WSS_ERR_CERT_NAMES, WSS_FINDING_NOTE, file,
                      "clients must connect by one of %s", names);
  else
    wss__findings_add(findings, WSS_ERR_CERT_NAMES, WSS_FINDING_WARNING, file,
                      "the certificate has no subjectAltName; clients do not "
                      "look for a name elsewhere, and refuse it");
}

/* What the certificate says it is not for is an error (tls/cert). */
static void check_purpose(wss__findings *findings, const mbedtls_x509_crt *leaf,
                          const wss__tls_file *file) {
  if (wss__tls_cert_usage(leaf) != NULL)
    return;
  if (mbedtls_x509_crt_get_ca_istrue(leaf) == 1)
    wss__findings_add(findings, WSS_ERR_CERT_PURPOSE, WSS_FINDING_WARNING, file,
                      "the certificate is a CA's (basicConstraints CA:TRUE); "
                      "Firefox and others refuse it as a server's");
  else if (!mbedtls_x509_crt_has_ext_type(leaf,
                                          MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE))
    wss__findings_add(findings, WSS_ERR_CERT_PURPOSE, WSS_FINDING_WARNING, file,
                      "the certificate has no extended key usage; iOS and "
                      "macOS ask for serverAuth");
}

void wss__doctor_server(wss__findings *findings, const mbedtls_x509_crt *chain,
                        const mbedtls_x509_crt *leaf, const wss__tls_file *file,
                        int64_t now) {
  check_names(findings, leaf, file);
  check_purpose(findings, leaf, file);
  wss__doctor_certificate(findings, leaf, WSS__DOCTOR_LEAF, file, now);
  wss__tls_chain_check(findings, chain, leaf, file, now);
}

/* ---- The key ------------------------------------------------------------- */

void wss__doctor_key(wss__findings *findings, const mbedtls_pk_context *key,
                     const wss__tls_file *file) {
  size_t bits = mbedtls_pk_get_bitlen(key);
  if ((file->mode & 07) != 0)
    wss__findings_add(findings, WSS_ERR_KEY_MODE, WSS_FINDING_WARNING, file,
                      "everybody on this machine has a permission for the "
                      "file of the private key (its mode is %04o)",
                      file->mode);
  if (mbedtls_pk_can_do(key, MBEDTLS_PK_RSA))
    wss__findings_add(
        findings, WSS_ERR_KEY_COST, WSS_FINDING_NOTE, file,
        "the key is RSA of %zu bits: a handshake costs the "
        "server %s that with EC P-256",
        bits, bits > 2048 ? "far more than ten times" : "several times");
  else if (bits > 256)
    wss__findings_add(findings, WSS_ERR_KEY_COST, WSS_FINDING_NOTE, file,
                      "the key is EC of %zu bits: a handshake costs the "
                      "server several times that with EC P-256",
                      bits);
}

/* ---- CAs of clients ------------------------------------------------------ */

void wss__doctor_authorities(wss__findings *findings,
                             const mbedtls_x509_crt *authorities,
                             const wss__tls_file *file, int64_t now) {
  unsigned number = 1;
  const mbedtls_x509_crt *cert = authorities;
  for (; cert != NULL && cert->raw.p != NULL; cert = cert->next, number++) {
    bool ca = cert->version < 3 || mbedtls_x509_crt_get_ca_istrue(cert) == 1;
    if (!ca)
      wss__findings_add(findings, WSS_ERR_CERT_PURPOSE, WSS_FINDING_WARNING,
                        file,
                        "certificate %u is no CA's: no client certificate can "
                        "have been issued by it",
                        number);
    if (now > wss__doctor_seconds(&cert->valid_to))
      wss__findings_add(
          findings, WSS_ERR_CERT_EXPIRED, WSS_FINDING_WARNING, file,
          "certificate %u expired on %04d-%02d-%02d; client "
          "certificates that it issued are refused",
          number, cert->valid_to.year, cert->valid_to.mon, cert->valid_to.day);
  }
}
