#include "tls/identity.h"

#include "server/report.h"
#include "server/server.h"

int wss_identity_new(wss_identity **result, wss_server *server,
                     const wss_sni_cert *cert) {
  wss__detail detail = {""};
  wss__findings findings;
  int err = wss__tls_start(&detail);
  *result = NULL;
  server->last_error.text[0] = '\0';
  wss__findings_init(&findings, &server->allocator);
  if (err == 0)
    err = wss__tls_identity_new(result, cert, NULL, &server->allocator, &detail,
                                &findings);
  if (err == 0)
    wss__report_findings(server, NULL, &findings);
  wss__findings_free(&findings);
  if (err != 0)
    return wss__server_fail(
        server, err, detail.text[0] != '\0' ? detail.text : wss_strerror(err));
  (*result)->owner = server;
  return 0;
}

void wss_identity_free(wss_identity *identity) {
  wss__tls_identity_unref(identity);
}
