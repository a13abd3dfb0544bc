#include "programs/issue.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <mbedtls/asn1.h>
#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/psa_util.h>

#define RANDOM mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE
#define HOUR 3600
#define DAY (24 * HOUR)

int wss__issue_key(mbedtls_pk_context *key,
                   unsigned char pem[WSS__ISSUE_SIZE]) {
  int code = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
  if (code == 0)
    code = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key),
                               RANDOM);
  return code != 0 ? code : mbedtls_pk_write_key_pem(key, pem, WSS__ISSUE_SIZE);
}

/* From an hour ago on, for clocks that are behind. */
static int set_dates(mbedtls_x509write_cert *writer, int days) {
  char text[2][16];
  struct tm parts;
  time_t from = time(NULL) - HOUR;
  for (int i = 0; i < 2; i++) {
    time_t when = i == 0 ? from : from + (time_t)days * DAY;
    if (gmtime_r(&when, &parts) == NULL ||
        strftime(text[i], sizeof text[i], "%Y%m%d%H%M%S", &parts) != 14)
      return MBEDTLS_ERR_X509_INVALID_DATE;
  }
  return mbedtls_x509write_crt_set_validity(writer, text[0], text[1]);
}

/* What both kinds have. */
static int begin(mbedtls_x509write_cert *writer, mbedtls_pk_context *key,
                 mbedtls_pk_context *signer, int days) {
  unsigned char serial[16];
  mbedtls_x509write_crt_init(writer);
  mbedtls_x509write_crt_set_version(writer, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(writer, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(writer, key);
  mbedtls_x509write_crt_set_issuer_key(writer, signer);
  int code =
      mbedtls_psa_get_random(MBEDTLS_PSA_RANDOM_STATE, serial, sizeof serial);
  serial[0] = (serial[0] & 0x7f) | 1; /* above 0 (RFC 5280 4.1.2.2) */
  if (code == 0)
    code = mbedtls_x509write_crt_set_serial_raw(writer, serial, sizeof serial);
  if (code == 0)
    code = set_dates(writer, days);
  return code;
}

/* Behind the names, with the CA's key known. */
static int finish(mbedtls_x509write_cert *writer, bool ca, int code,
                  unsigned char *pem) {
  unsigned usage = ca ? MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN
                      : MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
  if (code == 0)
    code = mbedtls_x509write_crt_set_basic_constraints(writer, ca, ca ? 0 : -1);
  if (code == 0)
    code = mbedtls_x509write_crt_set_key_usage(writer, usage);
  if (code == 0)
    code = mbedtls_x509write_crt_set_subject_key_identifier(writer);
  if (code == 0)
    code = mbedtls_x509write_crt_set_authority_key_identifier(writer);
  if (code == 0)
    code = mbedtls_x509write_crt_pem(writer, pem, WSS__ISSUE_SIZE, RANDOM);
  mbedtls_x509write_crt_free(writer);
  return code;
}

int wss__issue_authority(mbedtls_pk_context *key,
                         unsigned char pem[WSS__ISSUE_SIZE]) {
  mbedtls_x509write_cert writer;
  unsigned char number[4] = {0};
  char name[64];
  int code = begin(&writer, key, key, 3650);
  if (code == 0)
    code =
        mbedtls_psa_get_random(MBEDTLS_PSA_RANDOM_STATE, number, sizeof number);
  /* Each its own name: a client may know several. */
  (void)snprintf(name, sizeof name, "%s%02X%02X%02X%02X", WSS__ISSUE_AUTHORITY,
                 number[0], number[1], number[2], number[3]);
  if (code == 0)
    code = mbedtls_x509write_crt_set_subject_name(&writer, name);
  if (code == 0)
    code = mbedtls_x509write_crt_set_issuer_name(&writer, name);
  return finish(&writer, true, code, pem);
}

static int set_purpose(mbedtls_x509write_cert *writer) {
  static unsigned char oid[] = MBEDTLS_OID_SERVER_AUTH;
  mbedtls_asn1_sequence usage;
  memset(&usage, 0, sizeof usage);
  usage.buf.tag = MBEDTLS_ASN1_OID;
  usage.buf.p = oid;
  usage.buf.len = sizeof oid - 1;
  return mbedtls_x509write_crt_set_ext_key_usage(writer, &usage);
}

int wss__issue_server(mbedtls_pk_context *key, const wss__hosts *hosts,
                      const mbedtls_x509_crt *authority,
                      mbedtls_pk_context *authority_key,
                      unsigned char pem[WSS__ISSUE_SIZE]) {
  mbedtls_x509write_cert writer;
  char issuer[128];
  char subject[80] = "CN=libwss development server";
  int code = begin(&writer, key, authority_key, 397);
  /* A common name has 64 bytes at most (RFC 5280 A.1). */
  if (strlen(hosts->names[0]) <= 64)
    (void)snprintf(subject, sizeof subject, "CN=%s", hosts->names[0]);
  if (mbedtls_x509_dn_gets(issuer, sizeof issuer, &authority->subject) < 0)
    code = MBEDTLS_ERR_X509_BUFFER_TOO_SMALL;
  if (code == 0)
    code = mbedtls_x509write_crt_set_subject_name(&writer, subject);
  if (code == 0)
    code = mbedtls_x509write_crt_set_issuer_name(&writer, issuer);
  if (code == 0)
    code = mbedtls_x509write_crt_set_subject_alternative_name(
        &writer, &hosts->list[hosts->count - 1]);
  if (code == 0)
    code = set_purpose(&writer);
  return finish(&writer, false, code, pem);
}
