#include "programs/hosts.h"

#include <arpa/inet.h>
#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A label (RFC 1123 2.1), or "*" in place of the first (RFC 6125 6.4.3). */
static bool is_label(const char *label, size_t size, bool first) {
  if (first && size == 1 && label[0] == '*')
    return true;
  return size > 0 && size <= 63 && label[0] != '-' && label[size - 1] != '-' &&
         strspn(label, LETTERS DIGITS "-_") >= size;
}

static const char *why_no_host(const char *name) {
  const char *at = name;
  size_t size;
  if (strlen(name) > 253)
    return "is longer than 253 bytes";
  for (size = strlen(name); size > 0; size--) {
    if ((unsigned char)name[size - 1] > 0x7e)
      return "has other letters than a host name has (write it as xn--...)";
  }
  for (;; at += size + 1) {
    size = strcspn(at, ".");
    if (!is_label(at, size, at == name))
      return "is neither a host name nor an address";
    if (at[size] == '\0')
      break;
  }
  if (strspn(at, DIGITS) == size || strcmp(name, "*") == 0)
    return "is neither a host name nor an address";
  return NULL;
}

const char *wss__hosts_parse(wss__hosts *hosts, char **names,
                             const char **bad) {
  memset(hosts, 0, sizeof *hosts);
  hosts->names = names;
  for (; names[hosts->count] != NULL; hosts->count++) {
    char *name = names[hosts->count];
    *bad = name;
    if (hosts->count == WSS__HOSTS_MOST)
      return "is one name too many (32 are possible)";
    mbedtls_x509_san_list *one = &hosts->list[hosts->count];
    unsigned char *address = hosts->addresses[hosts->count];
    mbedtls_x509_buf *value = &one->node.san.unstructured_name;
    bool four = inet_pton(AF_INET, name, address) == 1;
    one->node.type = MBEDTLS_X509_SAN_IP_ADDRESS;
    value->p = address;
    value->len = four ? 4 : 16;
    if (!four && inet_pton(AF_INET6, name, address) != 1) {
      const char *why = why_no_host(name);
      if (why != NULL)
        return why;
      one->node.type = MBEDTLS_X509_SAN_DNS_NAME;
      value->p = (unsigned char *)name;
      value->len = strlen(name);
    }
    /* Mbed TLS writes from the last to the first. */
    if (hosts->count > 0)
      one->next = &hosts->list[hosts->count - 1];
  }
  return NULL;
}

static bool has(const mbedtls_x509_crt *cert,
                const mbedtls_x509_san_list *host) {
  const mbedtls_x509_buf *value = &host->node.san.unstructured_name;
  const mbedtls_x509_sequence *at = &cert->subject_alt_names;
  for (; at != NULL && at->buf.p != NULL; at = at->next) {
    if ((at->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == host->node.type &&
        at->buf.len == value->len &&
        memcmp(at->buf.p, value->p, value->len) == 0)
      return true;
  }
  return false;
}

bool wss__hosts_match(const wss__hosts *hosts, const mbedtls_x509_crt *cert) {
  size_t count = 0;
  const mbedtls_x509_sequence *at = &cert->subject_alt_names;
  for (; at != NULL && at->buf.p != NULL; at = at->next)
    count++;
  for (size_t i = 0; i < hosts->count; i++) {
    if (!has(cert, &hosts->list[i]))
      return false;
  }
  return count == hosts->count;
}
