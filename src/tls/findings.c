#include "tls/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void wss__findings_init(wss__findings *findings,
                        const wss_allocator *allocator) {
  memset(findings, 0, sizeof *findings);
  findings->allocator = allocator;
}

void wss__findings_free(wss__findings *findings) {
  wss__free(findings->allocator, findings->items);
  findings->items = NULL;
  findings->count = 0;
}

/* The place for a new one; NULL if there is none. */
static wss__finding *place(wss__findings *findings, wss_severity severity) {
  findings->counts[severity]++;
  if (findings->items == NULL)
    findings->items = wss__calloc(findings->allocator,
                                  WSS__FINDINGS_MAX * sizeof *findings->items);
  if (findings->items == NULL) {
    findings->no_memory = true;
    return NULL;
  }
  if (findings->count < WSS__FINDINGS_MAX)
    return &findings->items[findings->count++];
  wss__finding *least = findings->items;
  for (size_t i = 1; i < WSS__FINDINGS_MAX; i++) {
    if (findings->items[i].severity <= least->severity)
      least = &findings->items[i];
  }
  return least->severity < severity ? least : NULL;
}

void wss__findings_tell(wss__findings *findings, int code,
                        wss_severity severity, const char *option,
                        const wss__detail *detail) {
  if (code == WSS_ERR_NOMEM) {
    findings->no_memory = true;
    return;
  }
  for (size_t i = 0; i < findings->count; i++) {
    if (findings->items[i].code == code &&
        findings->items[i].severity == severity &&
        strcmp(findings->items[i].message.text, detail->text) == 0)
      return;
  }
  wss__finding *finding = place(findings, severity);
  if (finding == NULL)
    return;
  finding->code = code;
  finding->severity = severity;
  finding->option = option;
  finding->message = *detail;
}

void wss__findings_add(wss__findings *findings, int code, wss_severity severity,
                       const wss__tls_file *file, const char *format, ...) {
  char cause[WSS__DETAIL_SIZE];
  wss__detail detail;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(cause, sizeof cause, format, arguments);
  va_end(arguments);
  wss__tls_file_explain(file, &detail, "%s", cause);
  wss__findings_tell(findings, code, severity,
                     file->entry != NULL ? "SNI_server_certs" : file->option,
                     &detail);
}

const wss__finding *wss__findings_get(const wss__findings *findings,
                                      wss_severity severity, size_t number) {
  for (size_t i = 0; i < findings->count; i++) {
    if (findings->items[i].severity == severity && number-- == 0)
      return &findings->items[i];
  }
  return NULL;
}

static const struct {
  int code;
  const char *text;
} remedies[] = {
    {WSS_ERR_CERT_READ,
     "name a file by its absolute path that the program's user may read"},
    {WSS_ERR_KEY_READ,
     "name a file by its absolute path that the program's user may read"},
    {WSS_ERR_CERT_PARSE,
     "give the PEM file that the CA issued: the server's certificate, then the "
     "intermediate ones (certbot: fullchain.pem)"},
    {WSS_ERR_KEY_PARSE,
     "give the PEM file with the private key that the certificate was made for "
     "(certbot: privkey.pem)"},
    {WSS_ERR_PASSPHRASE,
     "set passphrase, or take it off the key: openssl pkey -in KEY -out NEW"},
    {WSS_ERR_KEY_MISMATCH,
     "give the key that the certificate was made for, and put the server's own "
     "certificate first"},
    {WSS_ERR_KEY_TYPE,
     "have a certificate made for a key on EC P-256, or for RSA of 2048 bits"},
    {WSS_ERR_CERT_EXPIRED,
     "renew the certificate, or set the machine's clock if that is wrong"},
    {WSS_ERR_CERT_FUTURE,
     "set the machine's clock, or wait: clients refuse it until then"},
    {WSS_ERR_CERT_CHAIN,
     "append the CA's intermediate certificates behind the server's (certbot: "
     "use fullchain.pem, not cert.pem)"},
    {WSS_ERR_CERT_ORDER,
     "put the server's certificate first, then the one that issued it, and so "
     "on, and nothing else"},
    {WSS_ERR_CERT_NAMES,
     "have every name by which clients connect in the certificate's "
     "subjectAltName, and connect by one of them"},
    {WSS_ERR_CERT_NAME, "have a certificate with that name in its "
                        "subjectAltName, or correct host"},
    {WSS_ERR_TLS_VERSION, "name TLS 1.2 or 1.3"},
    {WSS_ERR_CIPHERS,
     "leave the list away, or take the preset intermediate for ciphers"},
    {WSS_ERR_KEYLOG, "unset keylog_file when you are done"},
    {WSS_ERR_KEYLOG_WRITE,
     "name a file that the program's user may write, of mode 0600"},
    {WSS_ERR_CERT_WEAK,
     "have the certificate issued anew with SHA-256 and a key on EC P-256 or "
     "RSA of 2048 bits"},
    {WSS_ERR_CERT_EXPIRES, "renew the certificate now"},
    {WSS_ERR_CERT_LIFETIME,
     "have a certificate made for at most 397 days, which all clients take"},
    {WSS_ERR_CERT_PURPOSE,
     "have a certificate made for a server: no CA, key usage "
     "digitalSignature, extended key usage serverAuth"},
    {WSS_ERR_KEY_MODE, "chmod o= the file; a group may read it if the program "
                       "needs one for that"},
    {WSS_ERR_KEY_COST, "take a certificate with a key on EC P-256"},
    {WSS_ERR_CERT_ISSUER,
     "clients must be told to trust it; a public server takes a certificate of "
     "a public CA"},
    {WSS_ERR_CERT_ROOT, "leave the root out: who trusts it has it, who does "
                        "not will not begin to"},
    {WSS_ERR_TLS, "allow TLS 1.2 and 1.3 there, with ECDHE and AES-GCM"},
    {WSS_ERR_PLAIN_HTTP,
     "listen with TLS on this port, or have clients use ws:// and http://"},
    {WSS_ERR_HANDSHAKE,
     "give the WebSocket's path with --path, and have a proxy in front pass "
     "Upgrade and Connection on"},
    {WSS_ERR_TIMEOUT,
     "look for a firewall in between, and whether the program still runs"},
};

const char *wss__findings_remedy(int code) {
  for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++) {
    if (remedies[i].code == code)
      return remedies[i].text;
  }
  return "change the option that the sentence names";
}

void wss__findings_each(const wss__findings *findings,
                        void (*found)(const wss_finding *, void *user),
                        void *user) {
  for (int severity = WSS_FINDING_ERROR; severity >= WSS_FINDING_NOTE;
       severity--) {
    size_t number = 0;
    const wss__finding *one;
    while ((one = wss__findings_get(findings, (wss_severity)severity,
                                    number++)) != NULL) {
      const wss_finding told = {.code = one->code,
                                .severity = one->severity,
                                .option = one->option,
                                .message = one->message.text,
                                .remedy = wss__findings_remedy(one->code)};
      found(&told, user);
    }
  }
}
