#include "tls/peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <mbedtls/sha256.h>

#define DIGEST_SIZE 32

/* The text of an address: "ffff:...:255.255.255.255". */
#define ADDRESS_SIZE INET6_ADDRSTRLEN

/* ---- Names --------------------------------------------------------------- */

/* 0: of a kind that is left out. */
static int kind_of(const mbedtls_x509_sequence *name) {
  if (name->buf.p == NULL)
    return 0;
  switch (name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) {
  case MBEDTLS_X509_SAN_DNS_NAME:
    return WSS_NAME_DNS;
  case MBEDTLS_X509_SAN_IP_ADDRESS:
    return WSS_NAME_IP;
  case MBEDTLS_X509_SAN_RFC822_NAME:
    return WSS_NAME_EMAIL;
  case MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER:
    return WSS_NAME_URI;
  default:
    return 0;
  }
}

static bool is_printable(const mbedtls_x509_buf *text) {
  for (size_t i = 0; i < text->len; i++) {
    if (text->p[i] < ' ' || text->p[i] > '~')
      return false;
  }
  return true;
}

/* RFC 5280 4.2.1.6: of 4 or 16 bytes. */
static bool address_text(const mbedtls_x509_buf *address,
                         char text[ADDRESS_SIZE]) {
  if (address->len != 4 && address->len != 16)
    return false;
  return inet_ntop(address->len == 4 ? AF_INET : AF_INET6, address->p, text,
                   ADDRESS_SIZE) != NULL;
}

/* The size of a name as text, a NUL included; 0: it cannot be told so. */
static size_t name_size(const mbedtls_x509_sequence *name) {
  char address[ADDRESS_SIZE];
  if (kind_of(name) == WSS_NAME_IP)
    return address_text(&name->buf, address) ? strlen(address) + 1 : 0;
  return is_printable(&name->buf) ? name->buf.len + 1 : 0;
}

/* ---- The sizes ----------------------------------------------------------- */

typedef struct sizes {
  char subject[WSS__TLS_PEER_NAME_SIZE];
  char issuer[WSS__TLS_PEER_NAME_SIZE];
  size_t names; /* how many */
  size_t text;  /* of them, with NULs */
} sizes;

static bool measure(sizes *all, const mbedtls_x509_crt *cert) {
  const mbedtls_x509_sequence *name = &cert->subject_alt_names;
  all->names = 0;
  all->text = 0;
  for (; name != NULL; name = name->next) {
    if (kind_of(name) == 0)
      continue;
    size_t size = name_size(name);
    if (size == 0)
      return false;
    all->names++;
    all->text += size;
  }
  return mbedtls_x509_dn_gets(all->subject, sizeof all->subject,
                              &cert->subject) >= 0 &&
         mbedtls_x509_dn_gets(all->issuer, sizeof all->issuer, &cert->issuer) >=
             0;
}

bool wss__tls_peer_names_fit(const mbedtls_x509_crt *cert) {
  sizes all;
  return measure(&all, cert);
}

/* ---- The copy ------------------------------------------------------------ */

/* Days since 1970-01-01 in the Gregorian calendar, counted in years that begin
   with March, so that the leap day is the last one. */
static int64_t days_of(const mbedtls_x509_time *time) {
  int64_t year = time->year - (time->mon <= 2);
  int64_t month = (time->mon + 9) % 12;
  int64_t before = year * 365 + year / 4 - year / 100 + year / 400;
  return before + (month * 153 + 2) / 5 + time->day - 1 - 719468;
}

static int64_t seconds_of(const mbedtls_x509_time *time) {
  return ((days_of(time) * 24 + time->hour) * 60 + time->min) * 60 + time->sec;
}

static const char *put_text(char **to, const char *text) {
  char *start = *to;
  size_t size = strlen(text) + 1;
  *to += size;
  return memcpy(start, text, size);
}

static const char *put_hex(char **to, const uint8_t *bytes, size_t size,
                           const char *digits) {
  const char *start = *to;
  for (size_t i = 0; i < size; i++) {
    *(*to)++ = digits[bytes[i] >> 4];
    *(*to)++ = digits[bytes[i] & 15];
  }
  *(*to)++ = '\0';
  return start;
}

static const char *put_name(char **to, const mbedtls_x509_sequence *name) {
  char address[ADDRESS_SIZE];
  if (kind_of(name) == WSS_NAME_IP)
    return put_text(to, address_text(&name->buf, address) ? address : "");
  char *start = *to;
  memcpy(start, name->buf.p, name->buf.len);
  start[name->buf.len] = '\0';
  *to += name->buf.len + 1;
  return start;
}

static void put_names(wss_peer_name *names, char **to,
                      const mbedtls_x509_crt *cert) {
  const mbedtls_x509_sequence *name = &cert->subject_alt_names;
  for (; name != NULL; name = name->next) {
    int kind = kind_of(name);
    if (kind == 0)
      continue;
    names->kind = (wss_name_kind)kind;
    names->value = put_name(to, name);
    names++;
  }
}

/* As the openssl command prints it: without the byte that keeps it positive. */
static mbedtls_x509_buf serial_of(const mbedtls_x509_crt *cert) {
  mbedtls_x509_buf serial = cert->serial;
  while (serial.len > 1 && serial.p[0] == 0) {
    serial.p++;
    serial.len--;
  }
  return serial;
}

/* All in one: the struct, its names, the certificate, texts. */
static size_t size_of(const sizes *all, const mbedtls_x509_crt *cert,
                      const mbedtls_x509_buf *serial) {
  return sizeof(wss_peer_cert) + all->names * sizeof(wss_peer_name) +
         cert->raw.len + all->text + strlen(all->subject) + 1 +
         strlen(all->issuer) + 1 + 2 * serial->len + 1 + 2 * DIGEST_SIZE + 1;
}

int wss__tls_peer_new(wss_peer_cert **result, const mbedtls_x509_crt *cert,
                      const wss_allocator *allocator) {
  uint8_t digest[DIGEST_SIZE];
  mbedtls_x509_buf serial = serial_of(cert);
  sizes all;
  if (!measure(&all, cert) ||
      mbedtls_sha256(cert->raw.p, cert->raw.len, digest, 0) != 0)
    return WSS_ERR_TLS;
  wss_peer_cert *peer = wss__calloc(allocator, size_of(&all, cert, &serial));
  if (peer == NULL)
    return WSS_ERR_NOMEM;
  wss_peer_name *names = (wss_peer_name *)(peer + 1);
  char *to = (char *)(names + all.names);
  peer->names = names;
  peer->name_count = all.names;
  peer->der = memcpy(to, cert->raw.p, cert->raw.len);
  peer->der_size = cert->raw.len;
  to += cert->raw.len;
  peer->subject = put_text(&to, all.subject);
  peer->issuer = put_text(&to, all.issuer);
  peer->serial = put_hex(&to, serial.p, serial.len, "0123456789ABCDEF");
  peer->fingerprint = put_hex(&to, digest, sizeof digest, "0123456789abcdef");
  put_names(names, &to, cert);
  peer->valid_from = seconds_of(&cert->valid_from);
  peer->valid_to = seconds_of(&cert->valid_to);
  *result = peer;
  return 0;
}
