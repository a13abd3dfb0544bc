/* Names and addresses that a certificate is to be made for. */
#ifndef WSS_PROGRAMS_HOSTS_H
#define WSS_PROGRAMS_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include <mbedtls/x509.h>
#include <mbedtls/x509_crt.h>

#define WSS__HOSTS_MOST 32

typedef struct wss__hosts {
  mbedtls_x509_san_list list[WSS__HOSTS_MOST]; /* the last leads to the first */
  unsigned char addresses[WSS__HOSTS_MOST][16];
  char **names; /* ends with NULL */
  size_t count;
} wss__hosts;

/* NULL, or why one of the names is none; which goes to *bad. */
const char *wss__hosts_parse(wss__hosts *hosts, char **names, const char **bad);

/* Whether a certificate is for these, all of them and no other. */
bool wss__hosts_match(const wss__hosts *hosts, const mbedtls_x509_crt *cert);

#endif
