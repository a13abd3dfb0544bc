/* The echo program's command line. */
#ifndef ECHO_OPTIONS_H
#define ECHO_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <wss/wss.h>

#define ECHO_MAX_SNI 16

typedef struct echo_options {
  const char *host;
  int64_t port;
  const char *cert;
  const char *key;
  const char *passphrase;
  const char *ciphers;
  const char *ciphersuites;
  const char *curves;
  int min_tls; /* of these, 0 is the library's default */
  int max_tls;
  const char *keylog;
  wss_sni_cert sni[ECHO_MAX_SNI];
  size_t sni_count;
  wss_record_layer record_layer;
  bool plain;
  bool allow_self_signed;
  bool quiet;
  int64_t max_message; /* of these, likewise */
  int64_t max_fragments;
  int64_t max_connections;
  int64_t max_pending;
} echo_options;

/* Fills options. False: the program ends with *status, all has been said. */
bool echo_options_parse(echo_options *options, char **argv, int *status);

#endif
