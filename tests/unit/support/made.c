#include "support/made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include <mbedtls/asn1.h>
#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/rsa.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#define RANDOM mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE

static mbedtls_pk_context keys[MADE_KEYS];

static void make_key(mbedtls_pk_context *pk, made_key key) {
  mbedtls_ecp_group_id group =
      key == MADE_P384 ? MBEDTLS_ECP_DP_SECP384R1 : MBEDTLS_ECP_DP_SECP256R1;
  bool rsa = key == MADE_RSA1024 || key == MADE_RSA2048;
  mbedtls_pk_type_t type = rsa ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECKEY;
  assert_int_equal(psa_crypto_init(), 0);
  assert_int_equal(mbedtls_pk_setup(pk, mbedtls_pk_info_from_type(type)), 0);
  if (rsa)
    assert_int_equal(mbedtls_rsa_gen_key(mbedtls_pk_rsa(*pk), RANDOM,
                                         key == MADE_RSA1024 ? 1024 : 2048,
                                         65537),
                     0);
  else
    assert_int_equal(mbedtls_ecp_gen_key(group, mbedtls_pk_ec(*pk), RANDOM), 0);
}

mbedtls_pk_context *made_pk(made_key key) {
  if (mbedtls_pk_get_type(&keys[key]) == MBEDTLS_PK_NONE)
    make_key(&keys[key], key);
  return &keys[key];
}

void made_free(void) {
  for (size_t i = 0; i < MADE_KEYS; i++)
    mbedtls_pk_free(&keys[i]);
}

static void set_dates(mbedtls_x509write_cert *writer, const made_cert *cert) {
  char text[2][16];
  struct tm parts;
  time_t from = time(NULL) + (cert->from == 0 ? -1 : cert->from) * 86400;
  time_t to = from + (cert->days == 0 ? 365 : cert->days) * 86400;
  assert_non_null(gmtime_r(&from, &parts));
  assert_true(strftime(text[0], 16, "%Y%m%d%H%M%S", &parts) > 0);
  assert_non_null(gmtime_r(&to, &parts));
  assert_true(strftime(text[1], 16, "%Y%m%d%H%M%S", &parts) > 0);
  assert_int_equal(mbedtls_x509write_crt_set_validity(writer, text[0], text[1]),
                   0);
}

static void set_names(mbedtls_x509write_cert *writer) {
  static unsigned char address[] = {127, 0, 0, 1};
  static char host[] = "localhost";
  mbedtls_x509_san_list ip = {0};
  mbedtls_x509_san_list dns = {0};
  ip.node.type = MBEDTLS_X509_SAN_IP_ADDRESS;
  ip.node.san.unstructured_name.p = address;
  ip.node.san.unstructured_name.len = sizeof address;
  dns.node.type = MBEDTLS_X509_SAN_DNS_NAME;
  dns.node.san.unstructured_name.p = (unsigned char *)host;
  dns.node.san.unstructured_name.len = sizeof host - 1;
  dns.next = &ip;
  assert_int_equal(
      mbedtls_x509write_crt_set_subject_alternative_name(writer, &dns), 0);
}

static void set_purpose(mbedtls_x509write_cert *writer, bool client) {
  mbedtls_asn1_sequence usage = {0};
  const char *oid = client ? MBEDTLS_OID_CLIENT_AUTH : MBEDTLS_OID_SERVER_AUTH;
  usage.buf.tag = MBEDTLS_ASN1_OID;
  usage.buf.p = (unsigned char *)(uintptr_t)oid;
  usage.buf.len = strlen(oid);
  assert_int_equal(mbedtls_x509write_crt_set_ext_key_usage(writer, &usage), 0);
}

/* Two access descriptions: OCSP and caIssuers. */
static void set_information(mbedtls_x509write_cert *writer) {
  static const unsigned char value[] =
      "\x30\x2a"
      "\x30\x13\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01\x86\x07http://"
      "\x30\x13\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x07http://";
  static const char oid[] = MBEDTLS_OID_PKIX "\x01\x01";
  assert_int_equal(mbedtls_x509write_crt_set_extension(
                       writer, oid, sizeof oid - 1, 0, value, sizeof value - 1),
                   0);
}

static void set_extensions(mbedtls_x509write_cert *writer,
                           const made_cert *cert) {
  bool of_ca = cert->ca || cert->no_ca;
  unsigned usage = cert->no_signing ? MBEDTLS_X509_KU_KEY_ENCIPHERMENT
                                    : MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
  if (of_ca)
    usage |= MBEDTLS_X509_KU_KEY_CERT_SIGN;
  assert_int_equal(
      mbedtls_x509write_crt_set_basic_constraints(writer, cert->ca, -1), 0);
  assert_int_equal(mbedtls_x509write_crt_set_key_usage(writer, usage), 0);
  if (cert->names || (!of_ca && !cert->no_names))
    set_names(writer);
  if (!of_ca && !cert->no_purpose)
    set_purpose(writer, cert->client);
  if (cert->information)
    set_information(writer);
}

void made_append(char *text, const made_cert *cert) {
  char name[2][64];
  unsigned char serial[] = {1, 2, 3};
  mbedtls_x509write_cert writer;
  size_t used = strlen(text);
  (void)snprintf(name[0], 64, "CN=%s",
                 cert->subject == NULL ? "leaf" : cert->subject);
  (void)snprintf(name[1], 64, "CN=%s",
                 cert->issuer == NULL ? "root" : cert->issuer);
  mbedtls_x509write_crt_init(&writer);
  mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(
      &writer, cert->hash == MBEDTLS_MD_NONE ? MBEDTLS_MD_SHA256 : cert->hash);
  mbedtls_x509write_crt_set_subject_key(&writer, made_pk(cert->key));
  mbedtls_x509write_crt_set_issuer_key(&writer, made_pk(cert->signer));
  assert_int_equal(mbedtls_x509write_crt_set_serial_raw(&writer, serial, 3), 0);
  assert_int_equal(mbedtls_x509write_crt_set_subject_name(&writer, name[0]), 0);
  assert_int_equal(mbedtls_x509write_crt_set_issuer_name(&writer, name[1]), 0);
  set_dates(&writer, cert);
  set_extensions(&writer, cert);
  assert_int_equal(mbedtls_x509write_crt_pem(&writer,
                                             (unsigned char *)text + used,
                                             MADE_SIZE - used, RANDOM),
                   0);
  mbedtls_x509write_crt_free(&writer);
}

void made_append_key(char *text, made_key key) {
  size_t used = strlen(text);
  assert_int_equal(mbedtls_pk_write_key_pem(made_pk(key),
                                            (unsigned char *)text + used,
                                            MADE_SIZE - used),
                   0);
}

void made_write(const char *path, const char *text, unsigned mode) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(chmod(path, mode), 0);
}
