#include "echo_options.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wss/wss.h>

static const char usage[] =
    "usage: echo --cert FILE [--key FILE] [options]\n"
    "       echo --plain [options]\n"
    "Sends every WebSocket message back, and serves a page to try it in.\n"
    "\n"
    "  --host H             address to listen on; \"localhost\" (the default)\n"
    "                       is 127.0.0.1 and ::1, \"::\" is every address\n"
    "  --port P             port, 8282 by default; 0 picks one\n"
    "  --cert FILE          certificate and its chain (PEM)\n"
    "  --key FILE           private key, if it is not in --cert's file\n"
    "  --passphrase S       of the private key\n"
    "  --sni H=CERT[,KEY]   another certificate, for the host name H or a\n"
    "                       wildcard, *.example.org; may be repeated\n"
    "  --keylog FILE        append the secrets of all connections to FILE, "
    "for\n"
    "                       Wireshark: for debugging only\n"
    "  --verify-peer        clients must show a certificate of --ca's\n"
    "  --ca FILE            CA certificates (PEM)\n"
    "  --allow-self-signed  with --verify-peer: accept self-signed client\n"
    "                       certificates\n"
    "  --plain              ws:// and http://, for use behind a TLS proxy\n"
    "  --max-message BYTES  largest message to accept, 1048576 by default\n"
    "  --max-fragments N    frames of a message, 1024 by default\n"
    "  --max-connections N  10000 by default, if there are the descriptors\n"
    "  --max-pending N      connections in their handshake, 1000 by default\n"
    "  --ciphers LIST       suites of TLS 1.2, a colon between two, or "
    "DEFAULT,\n"
    "                       intermediate (the default), modern (TLS 1.3 only)\n"
    "  --ciphersuites LIST  suites of TLS 1.3\n"
    "  --curves LIST        groups, x25519:P-256 by default\n"
    "  --min-tls V          1.2 (the default) or 1.3\n"
    "  --max-tls V          1.2 or 1.3 (the default)\n"
    "  --record-layer L     who protects TLS records, wss (libwss, the\n"
    "                       default) or mbedtls\n"
    "  --quiet              print the address and nothing else\n"
    "  --help, --version\n"
    "\n"
    "Not built yet, and refused: --deflate, --threads N.\n";

static const char certificate_commands[] =
    "echo: TLS needs a certificate. This makes one for development, for\n"
    "localhost, and a CA that browsers can be told to trust:\n"
    "\n"
    "  wss-check --make FOLDER\n"
    "\n"
    "Then: echo --cert FOLDER/server.pem --key FOLDER/server.key\n"
    "(examples/echo.sh does both; --plain needs no certificate.)\n";

/* What follows an option, and how it is kept. */
enum kind {
  SWITCH,
  TEXT,
  NUMBER,
  TLS_VERSION,
  RECORD_LAYER,
  SNI,
  LATER,
  HELP,
  VERSION
};

struct option {
  const char *name;
  enum kind kind;
  void *value;
  int64_t min;
  int64_t max;
};

static bool complain(const char *name, const char *what) {
  fprintf(stderr, "echo: %s %s.\n", name, what);
  return false;
}

static bool parse_number(const struct option *option, const char *text) {
  char *end;
  long long value;
  errno = 0;
  value = strtoll(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 ||
      value < option->min || value > option->max) {
    fprintf(stderr,
            "echo: %s needs a number from %" PRId64 " to %" PRId64
            ", not \"%s\".\n",
            option->name, option->min, option->max, text);
    return false;
  }
  *(int64_t *)option->value = value;
  return true;
}

static bool parse_record_layer(const struct option *option, const char *text) {
  *(wss_record_layer *)option->value =
      strcmp(text, "mbedtls") == 0 ? WSS_RECORD_MBEDTLS : WSS_RECORD_OWN;
  return strcmp(text, "mbedtls") == 0 || strcmp(text, "wss") == 0 ||
         complain(option->name, "must be wss or mbedtls");
}

/* The library knows no 1.0 and 1.1 and says so. */
static bool parse_tls_version(const struct option *option, const char *text) {
  static const char *const versions[] = {"1.0", "1.1", "1.2", "1.3"};
  for (int i = 0; i < 4; i++) {
    if (strcmp(text, versions[i]) == 0) {
      *(int *)option->value = 0x0301 + i;
      return true;
    }
  }
  return complain(option->name, "must be 1.2 or 1.3");
}

/* HOST=CERT or HOST=CERT,KEY; the text is cut where its parts end. */
static bool parse_sni(const struct option *option, char *text) {
  echo_options *options = option->value;
  wss_sni_cert *sni = &options->sni[options->sni_count];
  char *cert = strchr(text, '=');
  char *key = strchr(text, ',');
  if (options->sni_count == ECHO_MAX_SNI)
    return complain(option->name, "may be given 16 times");
  if (cert == NULL || cert == text || (key != NULL && key < cert))
    return complain(option->name, "needs HOST=CERT or HOST=CERT,KEY");
  *cert++ = '\0';
  if (key != NULL)
    *key++ = '\0';
  *sni = (wss_sni_cert){.host = text, .local_cert = cert, .local_pk = key};
  options->sni_count++;
  return true;
}

static bool parse_value(const struct option *option, char *text) {
  if (text == NULL)
    return complain(option->name, "needs a value");
  if (option->kind == NUMBER)
    return parse_number(option, text);
  if (option->kind == TLS_VERSION)
    return parse_tls_version(option, text);
  if (option->kind == RECORD_LAYER)
    return parse_record_layer(option, text);
  if (option->kind == SNI)
    return parse_sni(option, text);
  if (*text == '\0')
    return complain(option->name, "needs a value that is not empty");
  *(const char **)option->value = text;
  return true;
}

static const struct option *find(const struct option *option, const char *arg) {
  size_t length = strcspn(arg, "=");
  for (; option->name != NULL; option++) {
    if (strlen(option->name) == length &&
        strncmp(option->name, arg, length) == 0)
      return option;
  }
  return NULL;
}

/* Each argument is --name, --name value or --name=value. */
static bool parse_all(const struct option *known, char **argv, int *status) {
  while (*++argv != NULL) {
    const struct option *option = find(known, *argv);
    char *value = strchr(*argv, '=');
    if (option == NULL)
      return complain(*argv, "is not an option; see --help");
    if (option->kind == LATER)
      return complain(option->name, "is not built in this version");
    if (option->kind == HELP || option->kind == VERSION) {
      if (option->kind == HELP)
        fputs(usage, stdout);
      else
        printf("echo of libwss %s\n", wss_version());
      *status = 0;
      return false;
    }
    if (option->kind == SWITCH) {
      if (value != NULL)
        return complain(option->name, "takes no value");
      *(bool *)option->value = true;
      continue;
    }
    if (!parse_value(option, value != NULL ? value + 1 : argv[1]))
      return false;
    if (value == NULL)
      argv++;
  }
  return true;
}

bool echo_options_parse(echo_options *options, char **argv, int *status) {
  const struct option known[] = {
      {"--host", TEXT, &options->host, 0, 0},
      {"--port", NUMBER, &options->port, 0, 65535},
      {"--cert", TEXT, &options->cert, 0, 0},
      {"--key", TEXT, &options->key, 0, 0},
      {"--passphrase", TEXT, &options->passphrase, 0, 0},
      {"--sni", SNI, options, 0, 0},
      {"--keylog", TEXT, &options->keylog, 0, 0},
      {"--verify-peer", SWITCH, &options->verify_peer, 0, 0},
      {"--ca", TEXT, &options->ca, 0, 0},
      {"--allow-self-signed", SWITCH, &options->allow_self_signed, 0, 0},
      {"--plain", SWITCH, &options->plain, 0, 0},
      {"--max-message", NUMBER, &options->max_message, 1, INT64_C(1) << 40},
      {"--max-fragments", NUMBER, &options->max_fragments, 1, INT64_C(1) << 40},
      {"--max-connections", NUMBER, &options->max_connections, 1,
       INT64_C(1) << 32},
      {"--max-pending", NUMBER, &options->max_pending, 1, INT64_C(1) << 32},
      {"--ciphers", TEXT, &options->ciphers, 0, 0},
      {"--ciphersuites", TEXT, &options->ciphersuites, 0, 0},
      {"--curves", TEXT, &options->curves, 0, 0},
      {"--min-tls", TLS_VERSION, &options->min_tls, 0, 0},
      {"--max-tls", TLS_VERSION, &options->max_tls, 0, 0},
      {"--record-layer", RECORD_LAYER, &options->record_layer, 0, 0},
      {"--quiet", SWITCH, &options->quiet, 0, 0},
      {"--deflate", LATER, NULL, 0, 0},
      {"--threads", LATER, NULL, 0, 0},
      {"--help", HELP, NULL, 0, 0},
      {"--version", VERSION, NULL, 0, 0},
      {NULL, LATER, NULL, 0, 0},
  };
  *options = (echo_options){.host = "localhost", .port = 8282};
  *status = 2;
  if (!parse_all(known, argv, status))
    return false;
  if (options->plain && (options->cert != NULL || options->key != NULL ||
                         options->ca != NULL || options->verify_peer))
    return complain("--plain",
                    "excludes --cert, --key, --verify-peer and --ca");
  if (!options->plain && options->cert == NULL) {
    fputs(certificate_commands, stderr);
    return false;
  }
  return true;
}
