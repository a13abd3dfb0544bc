#include "programs/make.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <mbedtls/platform_util.h>

#include "programs/hosts.h"
#include "programs/issue.h"
#include "programs/pair.h"
#include "tls/code.h"
#include "tls/compat.h"
#include "tls/context.h"

#define LEFT 30 /* days, else it is made anew */

typedef struct maker {
  const wss__check_options *options;
  wss__hosts hosts;
  wss__pair authority;
  wss__pair server;
  unsigned char cert[WSS__ISSUE_SIZE];
  unsigned char key[WSS__ISSUE_SIZE];
  wss__detail detail;
} maker;

static bool explain(maker *make, int code) {
  char text[WSS__TLS_CODE_TEXT_SIZE];
  if (code == 0)
    return true;
  wss__tls_code_text(code, text);
  wss__detail_set(&make->detail, "Mbed TLS: %s", text);
  return false;
}

/* Empties it for a new one. */
static void clear(wss__pair *pair) {
  wss__pair_free(pair);
  mbedtls_x509_crt_init(&pair->cert);
  mbedtls_pk_init(&pair->key);
  pair->there = false;
}

static bool make_authority(maker *make) {
  wss__pair *pair = &make->authority;
  if (!wss__pair_read(pair, &make->detail))
    return false;
  if (pair->there && wss__pair_lasts(pair, LEFT) &&
      mbedtls_x509_crt_get_ca_istrue(&pair->cert) == 1) {
    (void)printf("kept  %s\n", pair->cert_path);
    return true;
  }
  clear(pair);
  if (!explain(make, wss__issue_key(&pair->key, make->key)) ||
      !explain(make, wss__issue_authority(&pair->key, make->cert)) ||
      !explain(make,
               mbedtls_x509_crt_parse(&pair->cert, make->cert,
                                      strlen((const char *)make->cert) + 1)) ||
      !wss__pair_write(pair, make->cert, make->key, &make->detail))
    return false;
  (void)printf("made  %s, a CA for ten years (keep its key to yourself: who "
               "has it can be any server to you)\n",
               pair->cert_path);
  return true;
}

static bool make_server(maker *make) {
  wss__pair *pair = &make->server;
  if (!wss__pair_read(pair, &make->detail))
    return false;
  if (pair->there && wss__pair_lasts(pair, LEFT) &&
      wss__hosts_match(&make->hosts, &pair->cert) &&
      wss__compat_cert_verify(&pair->cert, &make->authority.cert) == 0) {
    (void)printf("kept  %s\n", pair->cert_path);
    return true;
  }
  clear(pair);
  if (!explain(make, wss__issue_key(&pair->key, make->key)) ||
      !explain(make, wss__issue_server(&pair->key, &make->hosts,
                                       &make->authority.cert,
                                       &make->authority.key, make->cert)) ||
      !wss__pair_write(pair, make->cert, make->key, &make->detail))
    return false;
  (void)printf("made  %s for 397 days, for", pair->cert_path);
  for (size_t i = 0; i < make->hosts.count; i++)
    (void)printf(" %s", make->hosts.names[i]);
  (void)printf("\n");
  return true;
}

static void tell_trust(const maker *make) {
  const char *ca = make->authority.cert_path;
  if (make->options->quiet)
    return;
  (void)printf(
      "\nServe %s with %s.\n"
      "Have clients trust the CA:\n"
      "  curl      curl --cacert %s ...\n"
      "  node      NODE_EXTRA_CA_CERTS=%s node ...\n"
      "  Python    ssl.create_default_context(cafile=\"%s\")\n"
      "  Debian    cp %s /usr/local/share/ca-certificates/libwss.crt && "
      "update-ca-certificates\n"
      "  Chromium  certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n libwss -i %s\n"
      "  Firefox   Settings, Certificates, View, Authorities, Import\n"
      "  macOS     security add-trusted-cert -k "
      "~/Library/Keychains/login.keychain-db %s\n"
      "  Windows   certutil -user -addstore Root %s\n",
      make->server.cert_path, make->server.key_path, ca, ca, ca, ca, ca, ca,
      ca);
}

static bool make_all(maker *make) {
  const char *folder = make->options->make;
  if (wss__tls_start(&make->detail) != 0)
    return false;
  if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
    wss__detail_set(&make->detail, "cannot make %s: %s", folder,
                    strerror(errno));
    return false;
  }
  return make_authority(make) && make_server(make);
}

int wss__make(const wss__check_options *options) {
  static char local[] = "localhost";
  static char four[] = "127.0.0.1";
  static char six[] = "::1";
  static char *usual[] = {local, four, six, NULL};
  static maker make; /* large */
  char **names = options->names[0] == NULL ? usual : options->names;
  const char *bad = NULL;
  const char *why = wss__hosts_parse(&make.hosts, names, &bad);
  if (why != NULL) {
    (void)fprintf(stderr, "wss-check: the name \"%s\" %s.\n", bad, why);
    return CHECK_USAGE;
  }
  make.options = options;
  bool good =
      wss__pair_init(&make.authority, options->make, "ca", &make.detail) &&
      wss__pair_init(&make.server, options->make, "server", &make.detail) &&
      make_all(&make);
  if (good)
    tell_trust(&make);
  else
    (void)fprintf(stderr, "wss-check: %s.\n", make.detail.text);
  wss__pair_free(&make.authority);
  wss__pair_free(&make.server);
  mbedtls_platform_zeroize(make.key, sizeof make.key);
  return good ? CHECK_FINE : CHECK_ERRORS;
}
