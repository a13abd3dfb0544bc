/* The whole server with TLS, on a simulated kernel: as fuzz_conn, with Mbed
   TLS's own client at the peers. What an input gives a peer goes through the
   client once its handshake is over and to the socket before that; TRANSPORT
   operations break what the client sends. Random numbers are a sequence that
   begins anew with each input, so that an input means the same every time. */
#include <stdlib.h>
#include <string.h>

#include "server/app.h"
#include "server/machine.h"
#include "server/tls_client.h"

/* By the input's last byte: both record layers keep the same rules. */
static wss_record_layer record_layer;

static int listen_tls(wss_server *server, wss_listener **listener) {
  static char cert[512];
  static char key[512];
  static wss_ssl_context ssl = {
      .local_cert = cert, .local_pk = key, .on_sni = app_on_sni};
  ssl.record_layer = (uint8_t)record_layer;
  if (cert[0] == '\0') {
    fuzz_pki(cert, sizeof cert, "server.pem");
    fuzz_pki(key, sizeof key, "server.key");
  }
  return wss_listen(server, "127.0.0.1", 0, &ssl, listener);
}

static const machine_transport transport = {
    listen_tls,     fuzz_tls_open,  fuzz_tls_pump, fuzz_tls_send,
    fuzz_tls_break, fuzz_tls_check, fuzz_tls_close};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_tls_restart();
  record_layer =
      size > 0 && data[size - 1] % 2 == 1 ? WSS_RECORD_MBEDTLS : WSS_RECORD_OWN;
  machine_play(&transport, data, size);
  return 0;
}
