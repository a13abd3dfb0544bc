#include "tls/check.h"
#include "base/alloc.h"
#include "server/options.h"
#include "wss/wss.h"

int wss_check_ssl_context_sized(const wss_ssl_context *ssl, size_t ssl_size,
                                void (*found)(const wss_finding *, void *user),
                                void *user) {
  wss_ssl_context known;
  wss__findings findings;
  if (ssl == NULL)
    return WSS_ERR_INVALID;
  int err = wss__copy_in_ssl(&known, ssl, ssl_size);
  if (err < 0)
    return err;
  wss__findings_init(&findings, &wss__default_allocator);
  err = wss__tls_check(&findings, &known, &wss__default_allocator);
  if (err == 0 && found != NULL)
    wss__findings_each(&findings, found, user);
  if (err == 0)
    err = (int)findings.counts[WSS_FINDING_ERROR];
  wss__findings_free(&findings);
  return err;
}
