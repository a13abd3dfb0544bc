#include "tls/sni.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a host in sentences. */
#define HOST_SHOWN 40

/* ---- Host names ---------------------------------------------------------- */

bool wss__tls_sni_canonical(char host[WSS__TLS_HOST_SIZE], const void *name,
                            size_t size) {
  const char *from = name;
  if (size > 1 && from[size - 1] == '.')
    size--;
  if (size == 0 || size >= WSS__TLS_HOST_SIZE)
    return false;
  for (size_t i = 0; i < size; i++) {
    if (from[i] <= ' ' || from[i] > '~')
      return false;
    bool capital = from[i] >= 'A' && from[i] <= 'Z';
    host[i] = (char)(capital ? from[i] + ('a' - 'A') : from[i]);
  }
  host[size] = '\0';
  return true;
}

/* Labels of letters, digits, hyphens and underscores. */
static bool is_host_name(const char *host) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  for (;;) {
    size_t label = strspn(host, allowed);
    if (label == 0)
      return false;
    host += label;
    if (*host == '\0')
      return true;
    if (*host++ != '.')
      return false;
  }
}

/* NULL, or what is wrong with the host of an entry. */
static const char *read_host(const char *given, char host[WSS__TLS_HOST_SIZE]) {
  if (given == NULL || given[0] == '\0')
    return "host is missing";
  if (!wss__tls_sni_canonical(host, given, strlen(given)))
    return "host is no host name in ASCII (international names begin with "
           "xn--)";
  if (is_host_name(strncmp(host, "*.", 2) == 0 ? host + 2 : host))
    return NULL;
  if (strchr(host, '*') != NULL)
    return "* stands for the whole first label of a host name only, as in "
           "*.example.org";
  return "host is no host name (it has no scheme, port or path)";
}

/* ---- Loading ------------------------------------------------------------- */

void wss__tls_sni_entry(char text[WSS__TLS_ENTRY_SIZE], size_t number,
                        const char *host) {
  bool cut = strlen(host) > HOST_SHOWN;
  (void)snprintf(text, WSS__TLS_ENTRY_SIZE,
                 "SNI_server_certs[%zu] (%.*s%s): ", number, HOST_SHOWN, host,
                 cut ? "..." : "");
}

static int add_name(wss__tls_name *name, const wss_sni_cert *cert,
                    wss__findings *findings, const wss_allocator *allocator,
                    wss__detail *detail) {
  char host[WSS__TLS_HOST_SIZE];
  char entry[WSS__TLS_ENTRY_SIZE];
  const char *why = read_host(cert->host, host);
  wss__tls_sni_entry(entry, name->number, cert->host == NULL ? "" : cert->host);
  if (why != NULL) {
    wss__detail_set(detail, "%s%s", entry, why);
    return WSS_ERR_INVALID;
  }
  name->host = wss__strdup(allocator, host);
  if (name->host == NULL)
    return WSS_ERR_NOMEM;
  int error = wss__tls_identity_new(&name->identity, cert, entry, allocator,
                                    detail, findings);
  if (error == 0 && !wss__tls_identity_covers(name->identity, host)) {
    wss__detail_set(detail,
                    "%sthe certificate is not for this name, clients will "
                    "refuse it; it is served all the same",
                    entry);
    wss__findings_tell(findings, WSS_ERR_CERT_NAME, WSS_FINDING_WARNING,
                       "SNI_server_certs", detail);
    detail->text[0] = '\0';
  }
  return error == 0 && findings->no_memory ? WSS_ERR_NOMEM : error;
}

static int compare(const void *a_, const void *b_) {
  const wss__tls_name *a = a_;
  const wss__tls_name *b = b_;
  return strcmp(a->host, b->host);
}

static int refuse_twins(const wss__tls_sni *sni, wss__detail *detail) {
  for (size_t i = 1; i < sni->count; i++) {
    size_t a = sni->names[i - 1].number;
    size_t b = sni->names[i].number;
    char entry[WSS__TLS_ENTRY_SIZE];
    if (strcmp(sni->names[i - 1].host, sni->names[i].host) != 0)
      continue;
    wss__tls_sni_entry(entry, a > b ? a : b, sni->names[i].host);
    wss__detail_set(detail, "%sSNI_server_certs[%zu] has the same host", entry,
                    a > b ? b : a);
    return WSS_ERR_INVALID;
  }
  return 0;
}

int wss__tls_sni_load(wss__tls_sni *sni, const wss_sni_cert *certs,
                      size_t count, wss__findings *findings,
                      const wss_allocator *allocator, wss__detail *detail) {
  if (count == 0 && certs == NULL)
    return 0;
  if (count == 0 || certs == NULL || count > SIZE_MAX / sizeof *sni->names) {
    wss__detail_set(detail, "SNI_server_certs does not have as many entries as "
                            "SNI_server_cert_count says");
    return WSS_ERR_INVALID;
  }
  sni->names = wss__calloc(allocator, count * sizeof *sni->names);
  if (sni->names == NULL)
    return WSS_ERR_NOMEM;
  while (sni->count < count) {
    wss__tls_name *name = &sni->names[sni->count];
    name->number = sni->count++;
    int error =
        add_name(name, &certs[name->number], findings, allocator, detail);
    if (error == WSS_ERR_NOMEM)
      detail->text[0] = '\0'; /* there may be a warning in it */
    if (error != 0)
      return error;
  }
  qsort(sni->names, count, sizeof *sni->names, compare);
  return refuse_twins(sni, detail);
}

void wss__tls_sni_free(wss__tls_sni *sni, const wss_allocator *allocator) {
  for (size_t i = 0; i < sni->count; i++) {
    wss__tls_identity_unref(sni->names[i].identity);
    wss__free(allocator, sni->names[i].host);
  }
  wss__free(allocator, sni->names);
  sni->names = NULL;
  sni->count = 0;
}

/* ---- Choosing ------------------------------------------------------------ */

static wss__tls_identity *lookup(const wss__tls_sni *sni, char *host) {
  const wss__tls_name key = {.host = host};
  const wss__tls_name *name =
      bsearch(&key, sni->names, sni->count, sizeof *sni->names, compare);
  return name == NULL ? NULL : name->identity;
}

wss__tls_identity *wss__tls_sni_find(const wss__tls_sni *sni,
                                     const char *host) {
  char key[WSS__TLS_HOST_SIZE];
  if (sni->count == 0)
    return NULL;
  (void)snprintf(key, sizeof key, "%s", host);
  wss__tls_identity *identity = lookup(sni, key);
  const char *parent = strchr(host, '.');
  if (identity != NULL || parent == NULL || parent == host)
    return identity;
  (void)snprintf(key, sizeof key, "*%s", parent);
  return lookup(sni, key);
}
