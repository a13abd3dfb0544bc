#include <string.h>

#include "base/alloc.h"
#include "server/options.h"
#include "tls/check.h"
#include "wss/wss.h"

/* In the order of severity. */
static void tell(const wss__findings *findings,
                 void (*found)(const wss_finding *, void *user), void *user) {
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

int wss_check_ssl_context_sized(const wss_ssl_context *ssl, size_t ssl_size,
                                void (*found)(const wss_finding *, void *user),
                                void *user) {
  static const uint8_t unused[sizeof ssl->reserved];
  wss_ssl_context known;
  wss__findings findings;
  if (ssl == NULL)
    return WSS_ERR_INVALID;
  int err = wss__copy_in(&known, sizeof known, ssl, ssl_size);
  if (err == 0 && memcmp(known.reserved, unused, sizeof unused) != 0)
    err = WSS_ERR_ABI;
  if (err < 0)
    return err;
  wss__findings_init(&findings, &wss__default_allocator);
  err = wss__tls_check(&findings, &known, &wss__default_allocator);
  if (err == 0 && found != NULL)
    tell(&findings, found, user);
  if (err == 0)
    err = (int)findings.counts[WSS_FINDING_ERROR];
  wss__findings_free(&findings);
  return err;
}
