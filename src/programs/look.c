#include "programs/look.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <mbedtls/ssl.h>

#include "programs/ask.h"
#include "programs/flight.h"
#include "programs/link.h"
#include "programs/tell.h"
#include "programs/trust.h"
#include "tls/code.h"
#include "tls/compat.h"
#include "tls/context.h"

#define SECONDS 10
#define PATIENCE 4000 /* ms for an answer to the WebSocket handshake */

typedef struct viewer {
  const wss__check_options *options;
  const char *name;     /* that the certificate must be for */
  wss__tls_file server; /* begins the sentences */
  char shown[300];
  int64_t deadline;
  wss__findings findings;
  mbedtls_x509_crt roots;
  const char *roots_from;
  uint8_t first_leaf[4096];
  size_t first_size;
  bool asked; /* the WebSocket handshake */
} viewer;

/* Resolving a name has no deadline of its own. */
static void on_alarm(int number) {
  static const char text[] = "wss-check: ten seconds have passed.\n";
  (void)number;
  ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
  (void)ignored;
  _exit(CHECK_ERRORS);
}

static const char *version_text(mbedtls_ssl_protocol_version version) {
  return version == MBEDTLS_SSL_VERSION_TLS1_3 ? "TLS 1.3" : "TLS 1.2";
}

/* The same certificates are told once. */
static void see_chain(viewer *look, const mbedtls_ssl_context *ssl) {
  const mbedtls_x509_crt *chain = mbedtls_ssl_get_peer_cert(ssl);
  if (chain == NULL)
    return;
  if (chain->raw.len == look->first_size &&
      memcmp(chain->raw.p, look->first_leaf, look->first_size) == 0)
    return;
  if (chain->raw.len <= sizeof look->first_leaf) {
    look->first_size = chain->raw.len;
    memcpy(look->first_leaf, chain->raw.p, look->first_size);
  }
  wss__trust_check(&look->findings, chain, &look->roots, look->roots_from,
                   look->name, &look->server);
}

static void refused(viewer *look, const wss__link *link,
                    mbedtls_ssl_protocol_version version, int code) {
  char text[WSS__TLS_CODE_TEXT_SIZE];
  bool http = link->received > 4 && memcmp(link->seen, "HTTP", 4) == 0;
  bool old = version == MBEDTLS_SSL_VERSION_TLS1_2;
  wss__tls_code_text(code, text);
  (void)printf("%s: refused (%s)\n", version_text(version), text);
  if (http)
    wss__findings_add(&look->findings, WSS_ERR_PLAIN_HTTP, WSS_FINDING_ERROR,
                      &look->server, "it speaks plain HTTP, not TLS");
  else if (code == MBEDTLS_ERR_SSL_TIMEOUT)
    wss__findings_add(&look->findings, WSS_ERR_TIMEOUT, WSS_FINDING_ERROR,
                      &look->server, "%s was not ready in time",
                      version_text(version));
  else if (old)
    wss__findings_add(&look->findings, WSS_ERR_TLS, WSS_FINDING_WARNING,
                      &look->server,
                      "TLS 1.2 is refused, which WeChat and older phones need");
  else
    wss__findings_add(&look->findings, WSS_ERR_TLS, WSS_FINDING_NOTE,
                      &look->server, "TLS 1.3 is refused");
}

static int set_up(viewer *look, mbedtls_ssl_config *config,
                  mbedtls_ssl_context *ssl,
                  mbedtls_ssl_protocol_version version) {
  unsigned char address[16];
  int code = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
                                         MBEDTLS_SSL_TRANSPORT_STREAM,
                                         MBEDTLS_SSL_PRESET_DEFAULT);
  mbedtls_ssl_conf_min_tls_version(config, version);
  mbedtls_ssl_conf_max_tls_version(config, version);
  /* The certificates are looked at afterwards, whatever they are. */
  mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
  wss__compat_conf_random(config);
  if (code == 0)
    code = mbedtls_ssl_setup(ssl, config);
  /* Addresses are no server names (RFC 6066 3). */
  if (code == 0 && inet_pton(AF_INET, look->name, address) != 1 &&
      inet_pton(AF_INET6, look->name, address) != 1)
    code = mbedtls_ssl_set_hostname(ssl, look->name);
  return code;
}

/* One connection. False if there is no use in another. */
static bool see(viewer *look, mbedtls_ssl_protocol_version version) {
  static wss__link link;
  const wss__check_options *options = look->options;
  const char *host =
      options->address != NULL ? options->address : options->host;
  wss__detail detail;
  mbedtls_ssl_config config;
  mbedtls_ssl_context ssl;
  if (wss__link_open(&link, host, options->port, look->deadline, &detail) !=
      0) {
    wss__findings_tell(&look->findings, WSS_ERR_TIMEOUT, WSS_FINDING_ERROR, "",
                       &detail);
    return false;
  }
  mbedtls_ssl_config_init(&config);
  mbedtls_ssl_init(&ssl);
  int code = set_up(look, &config, &ssl, version);
  mbedtls_ssl_set_bio(&ssl, &link, wss__link_send, wss__link_receive, NULL);
  if (code == 0)
    code = mbedtls_ssl_handshake(&ssl);
  if (code != 0) {
    refused(look, &link, version, code);
  } else {
    (void)printf("%s: %s, %s\n", version_text(version),
                 mbedtls_ssl_get_ciphersuite(&ssl),
                 wss__flight_group(link.seen, link.received < WSS__LINK_SEEN
                                                  ? link.received
                                                  : WSS__LINK_SEEN));
    see_chain(look, &ssl);
    /* Who does not answer leaves time for the other version. */
    if (!look->asked && link.deadline > wss__link_deadline(PATIENCE))
      link.deadline = wss__link_deadline(PATIENCE);
    if (!look->asked)
      wss__ask(&look->findings, &ssl, options, look->name, &look->server);
    look->asked = true;
  }
  mbedtls_ssl_free(&ssl);
  mbedtls_ssl_config_free(&config);
  wss__link_close(&link);
  return true;
}

static void see_all(viewer *look) {
  wss__detail detail = {""};
  if (wss__tls_start(&detail) != 0 ||
      wss__trust_load(&look->roots, look->options->ca, &look->roots_from,
                      &detail) != 0) {
    wss__findings_tell(&look->findings, WSS_ERR_CERT_READ, WSS_FINDING_ERROR,
                       "", &detail);
    return;
  }
  if (see(look, MBEDTLS_SSL_VERSION_TLS1_3))
    (void)see(look, MBEDTLS_SSL_VERSION_TLS1_2);
  if (!look->asked && look->findings.counts[WSS_FINDING_ERROR] == 0)
    wss__findings_add(&look->findings, WSS_ERR_TLS, WSS_FINDING_ERROR,
                      &look->server, "neither TLS 1.3 nor TLS 1.2 is possible");
}

/* What cannot be seen from here. */
static void tell_wechat(const viewer *look) {
  unsigned char address[16];
  bool name = inet_pton(AF_INET, look->name, address) != 1 &&
              inet_pton(AF_INET6, look->name, address) != 1 &&
              strcmp(look->name, "localhost") != 0;
  bool usual = strcmp(look->options->port, "443") == 0;
  if (look->options->quiet || !look->asked)
    return;
  if (name)
    (void)printf("WeChat mini programs take it once wss://%s%s%s is "
                 "registered for them, port and all.\n",
                 look->name, usual ? "" : ":",
                 usual ? "" : look->options->port);
  else
    (void)printf("WeChat mini programs take registered names only, neither "
                 "addresses nor localhost.\n");
}

int wss__look(const wss__check_options *options) {
  static viewer look; /* large */
  wss__tally tally = {.quiet = options->quiet};
  look.options = options;
  look.name = options->name != NULL ? options->name : options->host;
  (void)snprintf(look.shown, sizeof look.shown, "%s:%s", options->host,
                 options->port);
  look.server = (wss__tls_file){.option = "server", .path = look.shown};
  look.deadline = wss__link_deadline(SECONDS * 1000);
  (void)signal(SIGALRM, on_alarm);
  (void)alarm(SECONDS + 1);
  wss__findings_init(&look.findings, &wss__default_allocator);
  mbedtls_x509_crt_init(&look.roots);
  see_all(&look);
  wss__tell_findings(&look.findings, &tally);
  tell_wechat(&look);
  mbedtls_x509_crt_free(&look.roots);
  wss__findings_free(&look.findings);
  return wss__tell_verdict(&tally);
}
