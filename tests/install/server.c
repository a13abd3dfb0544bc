/* A program as users write it: serves one WebSocket connection over TLS, then
   ends. argv: certificate, key. Its first line tells the port. */
#include <stdio.h>
#include <uv.h>
#include <wss/wss.h>

#ifdef OTHER_MBEDTLS
/* Of the Mbed TLS that the program carries beside libwss's. */
void mbedtls_version_get_string(char *text);
#endif

static void on_open(wss_conn *conn, void *user) {
  (void)user;
  wss_server_close(wss_conn_server(conn), 0, NULL);
}

int main(int argc, char **argv) {
  const wss_handler handler = {.on_open = on_open};
  const wss_ssl_context context = {
      .local_cert = argc > 1 ? argv[1] : NULL,
      .local_pk = argc > 2 ? argv[2] : NULL,
  };
  uv_loop_t *loop = uv_default_loop();
  wss_server *server;
  wss_listener *listener;
  char other[32] = "none";
#ifdef OTHER_MBEDTLS
  mbedtls_version_get_string(other);
#endif
  int err = wss_server_new(&server, loop, &handler, NULL, NULL);
  if (err == 0)
    err = wss_listen(server, "127.0.0.1", 0, &context, &listener);
  if (err != 0) {
    fprintf(stderr, "%s: %s\n", wss_strerror(err), wss_last_error(server));
    return 1;
  }
  printf("port %d, libwss %s, other Mbed TLS %s\n", wss_listener_port(listener),
         wss_version(), other);
  fflush(stdout);
  uv_run(loop, UV_RUN_DEFAULT);
  return uv_loop_close(loop) == 0 ? 0 : 1;
}
