/*
 * The listing of Workerman's manual in C: answers every message with 'ok'.
 *
 *   workerman [CERTIFICATE [KEY [PORT]]]
 *   workerman --plain [PORT]        without TLS, behind a proxy that has it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include <wss/wss.h>

static void on_message(wss_conn *con, const wss_message *msg, void *user) {
  (void)msg;
  (void)user;
  wss_send(con, WSS_TEXT, "ok", 2);
}

int main(int argc, char **argv) {
  const bool plain = argc > 1 && strcmp(argv[1], "--plain") == 0;
  const int port_at = plain ? 2 : 3;
  const int port = argc > port_at ? (int)strtol(argv[port_at], NULL, 10) : 8282;
  const wss_ssl_context context = {
      .local_cert = argc > 1 ? argv[1] : "/etc/ssl/server.pem",
      .local_pk = argc > 2 ? argv[2] : "/etc/ssl/server.key",
      .verify_peer = false,
      .allow_self_signed = true,
  };
  const wss_handler handler = {.on_message = on_message};
  wss_listener *listener;
  wss_server *worker;
  int err = wss_server_new(&worker, uv_default_loop(), &handler, NULL, NULL);
  if (err < 0) {
    fprintf(stderr, "wss: %s\n", wss_strerror(err));
    return 1;
  }
  if (plain)
    err = wss_listen_plain(worker, "0.0.0.0", port, &listener);
  else
    err = wss_listen(worker, "0.0.0.0", port, &context, &listener);
  if (err < 0) {
    fprintf(stderr, "wss: %s\n", wss_last_error(worker));
    return 1;
  }
  printf("listening on %s://0.0.0.0:%d\n", plain ? "ws" : "wss",
         wss_listener_port(listener));
  fflush(stdout);
  return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
