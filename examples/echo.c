/*
 * Sends every message back, text as text and binary as binary, and serves an
 * https page on the same port to try it in. echo --help tells the options.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>
#include <wss/wss.h>

#include "echo_options.h"
#include "echo_page.h"

struct echo {
  echo_options options;
  wss_server *server;
  wss_listener *listener;
  wss_listener *second; /* on ::1, beside 127.0.0.1 */
  uv_signal_t interrupt;
  uv_signal_t terminate;
  bool stopping;
};

/* ---- The server ---- */

static void report(const wss_address *peer, const char *message) {
  if (peer->family == 0)
    fprintf(stderr, "echo: %s\n", message);
  else if (peer->family == 4)
    fprintf(stderr, "echo: %s:%d: %s\n", peer->ip, (int)peer->port, message);
  else
    fprintf(stderr, "echo: [%s]:%d: %s\n", peer->ip, (int)peer->port, message);
}

static void on_message(wss_conn *conn, const wss_message *message, void *user) {
  int err = wss_send(conn, message->type, message->data, message->size);
  (void)user;
  /* A message that cannot be echoed must not go missing silently. */
  if (err < 0 && err != WSS_ERR_CLOSED)
    wss_close(conn, 1011, wss_strerror(err));
}

static void on_close(wss_conn *conn, const wss_close_info *info, void *user) {
  const struct echo *echo = user;
  wss_address peer = wss_conn_remote(conn);
  if (info->error != 0 && !echo->options.quiet)
    report(&peer, info->message);
}

static void on_error(wss_server *server, const wss_error *error, void *user) {
  const struct echo *echo = user;
  bool said = error->remote.family == 0 && error->listener != NULL &&
              error->listener == echo->second; /* by the first, of the same */
  (void)server;
  if (!said && !echo->options.quiet)
    report(&error->remote, error->message);
}

/* ---- Listening ---- */

static int listen_at(struct echo *echo, const char *host, int port,
                     wss_listener **listener) {
  const wss_ssl_context ssl = {
      .local_cert = echo->options.cert,
      .local_pk = echo->options.key,
      .passphrase = echo->options.passphrase,
      .allow_self_signed = echo->options.allow_self_signed,
      .record_layer = (uint8_t)echo->options.record_layer,
      .ciphers = echo->options.ciphers,
      .ciphersuites = echo->options.ciphersuites,
      .curves = echo->options.curves,
      .min_proto_version = echo->options.min_tls,
      .max_proto_version = echo->options.max_tls,
      .SNI_server_certs =
          echo->options.sni_count > 0 ? echo->options.sni : NULL,
      .SNI_server_cert_count = echo->options.sni_count,
      .keylog_file = echo->options.keylog,
  };
  if (echo->options.plain)
    return wss_listen_plain(echo->server, host, port, listener);
  return wss_listen(echo->server, host, port, &ssl, listener);
}

/* Both loopback addresses, where there are two, on the same port. */
static int listen_at_localhost(struct echo *echo) {
  int port = (int)echo->options.port;
  int tries = port == 0 ? 16 : 1; /* a port may be free on one of them only */
  int err;
  for (;;) {
    err = listen_at(echo, "127.0.0.1", port, &echo->listener);
    if (err < 0)
      return err;
    err = listen_at(echo, "::1", wss_listener_port(echo->listener),
                    &echo->second);
    if (err == UV_EADDRNOTAVAIL || err == UV_EAFNOSUPPORT)
      return 0; /* a machine without IPv6 */
    if (err != UV_EADDRINUSE || --tries == 0)
      return err;
    wss_listener_close(echo->listener);
  }
}

static int start(struct echo *echo) {
  static const char *const origins[] = {"*", NULL};
  const wss_handler handler = {
      .on_http = echo_page_answer,
      .on_message = on_message,
      .on_close = on_close,
      .on_error = on_error,
  };
  const wss_options options = {
      .max_message_size = echo->options.max_message,
      .max_fragments = echo->options.max_fragments,
      .max_connections = echo->options.max_connections,
      .max_pending = echo->options.max_pending,
      .origins = origins,
  };
  int err = wss_server_new(&echo->server, uv_default_loop(), &handler, &options,
                           echo);
  if (err < 0)
    return err;
  if (strcmp(echo->options.host, "localhost") == 0)
    return listen_at_localhost(echo);
  return listen_at(echo, echo->options.host, (int)echo->options.port,
                   &echo->listener);
}

/* What to paste into a browser's console: the manual's test. */
static void print_javascript(const char *url) {
  printf("\nTo try it, open http%s/ in a browser, or paste this into its"
         " console:\n\n"
         "ws = new WebSocket(\"%s\");\n"
         "ws.onopen = function() {\n"
         "    alert(\"Connected\");\n"
         "    ws.send('tom');\n"
         "    alert(\"Sent to the server: tom\");\n"
         "};\n"
         "ws.onmessage = function(e) {\n"
         "    alert(\"Received from the server: \" + e.data);\n"
         "};\n",
         url + 2, url); /* "wss://..." has its "s" where "https://..." has it */
}

static void print_address(const struct echo *echo) {
  const char *host = echo->options.host;
  const char *brackets = strchr(host, ':') != NULL ? "[]" : "";
  char url[128];
  snprintf(url, sizeof url, "%s://%.1s%s%s:%d",
           echo->options.plain ? "ws" : "wss", brackets, host,
           *brackets != '\0' ? brackets + 1 : "",
           wss_listener_port(echo->listener));
  printf("listening on %s\n", url);
  if (!echo->options.quiet)
    print_javascript(url);
  fflush(stdout);
}

/* ---- Stopping ---- */

static void on_closed(void *user) {
  struct echo *echo = user;
  uv_close((uv_handle_t *)&echo->interrupt, NULL);
  uv_close((uv_handle_t *)&echo->terminate, NULL);
}

/* Says 1001 to everyone and waits for their answers; a second signal does not
   wait. */
static void on_signal(uv_signal_t *handle, int number) {
  struct echo *echo = handle->data;
  (void)number;
  wss_server_close(echo->server, echo->stopping ? 1 : 0, on_closed);
  echo->stopping = true;
}

static void watch_signal(struct echo *echo, uv_signal_t *handle, int number) {
  uv_signal_init(uv_default_loop(), handle);
  handle->data = echo;
  uv_signal_start(handle, on_signal, number);
}

/* Each connection is a descriptor. */
static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
      limit.rlim_cur != limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

int main(int argc, char **argv) {
  struct echo echo = {0};
  int status = 0;
  int err;
  (void)argc;
  if (!echo_options_parse(&echo.options, argv, &status))
    return status;
  raise_descriptor_limit();
  watch_signal(&echo, &echo.interrupt, SIGINT);
  watch_signal(&echo, &echo.terminate, SIGTERM);
  err = start(&echo);
  if (err == 0) {
    print_address(&echo);
  } else if (echo.server == NULL) {
    fprintf(stderr, "echo: %s\n", wss_strerror(err));
    on_closed(&echo);
  } else {
    fprintf(stderr, "echo: %s\n", wss_last_error(echo.server));
    wss_server_close(echo.server, 0, on_closed);
  }
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  uv_loop_close(uv_default_loop());
  return err == 0 ? 0 : 1;
}
