#include "tls/identity.h"

#include "server/server.h"

int wss_identity_new(wss_identity **result, wss_server *server,
                     const wss_sni_cert *cert) {
  wss__detail detail = {""};
  int warning = 0;
  int err = wss__tls_start(&detail);
  *result = NULL;
  server->last_error.text[0] = '\0';
  if (err == 0)
    err = wss__tls_identity_new(result, cert, NULL, &server->allocator, &detail,
                                &warning);
  if (err != 0)
    return wss__server_fail(
        server, err, detail.text[0] != '\0' ? detail.text : wss_strerror(err));
  (*result)->owner = server;
  if (warning != 0)
    (void)wss__server_fail(server, warning, detail.text);
  return 0;
}

void wss_identity_free(wss_identity *identity) {
  wss__tls_identity_unref(identity);
}
