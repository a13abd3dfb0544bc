/*
 * A server for the tests of the public API: each callback is printed as one
 * line of JSON, and the client says what the server is to do.
 *
 *   --host H  --port N  --v6only  --cert FILE  --key FILE  --plain  --http
 *   --record-layer wss|mbedtls  --no-ticket
 *   --alpn X (may be repeated)  --no-alpn  --client-order  --security-level N
 *   --second: one more listener like the first, on a port that it prints
 *   --grace MS  --handshake-timeout MS  --close-timeout MS  --idle-timeout MS
 *   --message-timeout MS  --write-timeout MS  --ping-interval MS
 *   --max-send-buffer N  --send-high-water N  --max-message N
 *   --max-pending N  --max-per-address N
 *   --max-block N: the library's allocator has no larger piece of memory
 *   --origin X  --subprotocol X      (each may be repeated)
 *
 * The path of a request says how it is answered:
 *
 *   /return?value=N    on_request returns N
 *   /answer?how=accept by wss_accept; how=refuse&status=N: by wss_refuse; the
 *                      reply has subprotocol=, header=NAME:VALUE, type=, body=
 *   /defer?ms=N        WSS_DEFER; after N ms as /answer; never without ms
 *   /close /terminate  calls that
 *   any other          WSS_ACCEPT
 *
 * In the query, value= is what on_request returns in any case, lookup=NAME and
 * cookie=NAME are looked up, and open=COMMAND is done in on_open, pong=COMMAND
 * in on_pong, drain= and close= likewise. Each text message is a command:
 * commands[] in probe_commands.c.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include <wss/wss.h>

#include "probe.h"

/* ---- Callbacks ---- */

static void print_request(const char *event, const wss_conn *conn,
                          const wss_request *request) {
  char name[TEXT];
  size_t size = 0;
  size_t i;
  json_begin(event, conn);
  json_text("method", request->method);
  json_text("target", request->target);
  json_text("path", request->path);
  json_text("query", request->query);
  json_text("host", request->host);
  json_text("origin", request->origin);
  printf(", \"subprotocols\": [");
  for (i = 0; i < request->subprotocol_count; i++) {
    printf("%s", i > 0 ? ", " : "");
    json_value(request->subprotocols[i], strlen(request->subprotocols[i]));
  }
  printf("], \"headers\": [");
  for (i = 0; i < request->header_count; i++) {
    printf("%s[", i > 0 ? ", " : "");
    json_value(request->headers[i].name, strlen(request->headers[i].name));
    printf(", ");
    json_value(request->headers[i].value, strlen(request->headers[i].value));
    printf("]");
  }
  printf("]");
  if (param(request->query, "lookup", name) != NULL)
    json_text("lookup", wss_request_header(request, name));
  if (param(request->query, "cookie", name) != NULL) {
    const char *cookie = wss_request_cookie(request, name, &size);
    printf(", \"cookie\": ");
    json_value(cookie, size);
  }
  json_end();
}

static int on_request(wss_conn *conn, const wss_request *request, void *user) {
  struct peer *peer = calloc(1, sizeof *peer);
  const char *query = request->query;
  int value = (int)param_number(query, "value", WSS_ACCEPT);
  int64_t ms = param_number(query, "ms", -1);
  (void)user;
  print_request("request", conn, request);
  if (peer == NULL)
    return WSS_ERR_NOMEM;
  peer->id = wss_conn_id(conn);
  if (query != NULL)
    snprintf(peer->query, sizeof peer->query, "%s", query);
  wss_conn_set_data(conn, peer);
  if (strcmp(request->path, "/answer") == 0)
    probe_answer(conn, query, false);
  else if (strcmp(request->path, "/close") == 0)
    wss_close(conn, 0, NULL);
  else if (strcmp(request->path, "/terminate") == 0)
    wss_terminate(conn);
  else if (strcmp(request->path, "/defer") == 0)
    value = WSS_DEFER;
  if (value == WSS_DEFER && ms >= 0)
    probe_start_timer(conn, ms);
  return value;
}

static void on_http(wss_conn *conn, const wss_request *request, void *user) {
  (void)user;
  print_request("http", NULL, request);
  if (strcmp(request->path, "/answer") == 0)
    probe_answer(conn, request->query, true);
  else if (strcmp(request->path, "/terminate") == 0)
    wss_terminate(conn);
}

/* Does what the query wants done in that callback. */
static void run_for(wss_conn *conn, const char *callback) {
  const struct peer *peer = wss_conn_data(conn);
  char command[TEXT];
  if (peer != NULL && param(peer->query, callback, command) != NULL)
    probe_run(conn, command);
}

static void on_open(wss_conn *conn, void *user) {
  (void)user;
  json_begin("open", conn);
  json_end();
  run_for(conn, "open");
}

static void on_message(wss_conn *conn, const wss_message *message, void *user) {
  char command[TEXT];
  size_t size = message->size < TEXT ? message->size : TEXT - 1;
  (void)user;
  memcpy(command, message->data, size);
  command[size] = '\0';
  json_begin("message", conn);
  json_number("type", message->type);
  json_number("size", (int64_t)message->size);
  printf(", \"data\": ");
  json_value(command, size);
  json_end();
  if (message->type == WSS_TEXT)
    probe_run(conn, command);
}

static void on_pong(wss_conn *conn, const void *data, size_t size, void *user) {
  (void)user;
  json_begin("pong", conn);
  printf(", \"data\": ");
  json_value(data != NULL ? data : "", size);
  json_end();
  run_for(conn, "pong");
}

static void on_drain(wss_conn *conn, void *user) {
  (void)user;
  json_begin("drain", conn);
  json_number("buffered", (int64_t)wss_buffered(conn));
  json_end();
  run_for(conn, "drain");
}

/* The whole record. */
static void print_close(const wss_close_info *info) {
  static const char *const phases[] = {"accepted", "tls", "http", "open",
                                       "closing"};
  static const char *const initiators[] = {"peer", "app", "library"};
  json_text("phase", phases[info->phase]);
  json_text("initiator", initiators[info->initiator]);
  json_text("cause", wss_cause_name(info->cause));
  json_number("opened", info->opened);
  json_number("code", info->code);
  json_number("code_sent", info->code_sent);
  printf(", \"reason\": ");
  json_value(info->reason, info->reason_size);
  json_result("error", info->error);
  json_number("status", info->status);
  json_text("message", info->message);
  json_number("tls_alert", info->tls_alert);
  json_text("tls_alert_name", info->tls_alert_name);
  json_number("bytes_in", info->bytes_in);
  json_number("bytes_out", info->bytes_out);
  json_number("age", info->age);
  json_number("round_trip", info->round_trip);
}

static void on_close(wss_conn *conn, const wss_close_info *info, void *user) {
  struct peer *peer = wss_conn_data(conn);
  (void)user;
  json_begin("close", conn);
  json_number("data_id", peer != NULL ? (int64_t)peer->id : 0);
  print_close(info);
  json_end();
  run_for(conn, "close");
  free(peer);
}

static void on_error(wss_server *server, const wss_error *error, void *user) {
  (void)server;
  (void)user;
  json_begin("error", NULL);
  json_address("remote", error->remote);
  if (error->close != NULL) {
    print_close(error->close); /* which has the error, too */
  } else {
    json_result("error", error->error);
    json_text("message", error->message);
  }
  json_end();
}

/* ---- The program ---- */

static void on_terminate(uv_signal_t *handle, int signum) {
  struct probe *probe = handle->data;
  (void)signum;
  wss_server_close(probe->server, probe->grace, probe_closed);
}

/* An allocator whose user is the size of the largest block there is. */
static void *probe_realloc(void *memory, size_t size, void *user) {
  return (int64_t)size > *(int64_t *)user ? NULL : realloc(memory, size);
}

static void *probe_malloc(size_t size, void *user) {
  return probe_realloc(NULL, size, user);
}

static void probe_free(void *memory, void *user) {
  (void)user;
  free(memory);
}

static bool append(const char **list, const char *value) {
  size_t count = 0;
  while (list[count] != NULL)
    count++;
  if (count == LIST)
    return false;
  list[count] = value;
  return true;
}

static bool parse_switch(struct probe *probe, const char *name) {
  if (strcmp(name, "--plain") == 0)
    probe->plain = true;
  else if (strcmp(name, "--http") == 0)
    probe->http = true;
  else if (strcmp(name, "--no-ticket") == 0)
    probe->no_ticket = true;
  else if (strcmp(name, "--no-alpn") == 0)
    probe->no_alpn = true;
  else if (strcmp(name, "--client-order") == 0)
    probe->client_order = true;
  else if (strcmp(name, "--second") == 0)
    probe->second = true;
  else if (strcmp(name, "--v6only") == 0)
    probe->options.ipv6_v6only = WSS_ON;
  else
    return false;
  return true;
}

static bool parse(struct probe *probe, char **argv) {
  wss_options *options = &probe->options;
  const struct {
    const char *name;
    int64_t *value;
  } numbers[] = {
      {"--port", &probe->port},
      {"--grace", &probe->grace},
      {"--handshake-timeout", &options->handshake_timeout},
      {"--close-timeout", &options->close_timeout},
      {"--idle-timeout", &options->idle_timeout},
      {"--message-timeout", &options->message_timeout},
      {"--write-timeout", &options->write_timeout},
      {"--ping-interval", &options->ping_interval},
      {"--max-send-buffer", &options->max_send_buffer},
      {"--send-high-water", &options->send_high_water},
      {"--max-message", &options->max_message_size},
      {"--max-pending", &options->max_pending},
      {"--max-per-address", &options->max_per_address},
      {"--max-block", &probe->max_block},
      {"--security-level", &probe->security_level},
  };
  while (*++argv != NULL) {
    const char *name = *argv;
    size_t i = 0;
    bool known = true;
    if (parse_switch(probe, name))
      continue;
    if (*++argv == NULL)
      return false;
    while (i < sizeof numbers / sizeof numbers[0] &&
           strcmp(name, numbers[i].name) != 0)
      i++;
    if (strcmp(name, "--host") == 0)
      probe->host = *argv;
    else if (i < sizeof numbers / sizeof numbers[0])
      *numbers[i].value = strtoll(*argv, NULL, 10);
    else if (strcmp(name, "--cert") == 0)
      probe->cert = *argv;
    else if (strcmp(name, "--key") == 0)
      probe->key = *argv;
    else if (strcmp(name, "--record-layer") == 0)
      probe->mbedtls = strcmp(*argv, "mbedtls") == 0;
    else if (strcmp(name, "--alpn") == 0)
      known = append(probe->protocols, *argv);
    else if (strcmp(name, "--origin") == 0)
      known = append(probe->origins, *argv);
    else if (strcmp(name, "--subprotocol") == 0)
      known = append(probe->subprotocols, *argv);
    else
      known = false;
    if (!known)
      return false;
  }
  return true;
}

static int start(struct probe *probe) {
  wss_handler handler = {.on_request = on_request,
                         .on_open = on_open,
                         .on_message = on_message,
                         .on_pong = on_pong,
                         .on_drain = on_drain,
                         .on_close = on_close,
                         .on_error = on_error};
  const wss_ssl_context ssl = {
      .local_cert = probe->cert,
      .local_pk = probe->key,
      .no_ticket = probe->no_ticket,
      .record_layer = probe->mbedtls ? WSS_RECORD_MBEDTLS : WSS_RECORD_OWN,
      .alpn_protocols = probe->protocols[0] != NULL || probe->no_alpn
                            ? probe->protocols
                            : NULL,
      .security_level = (int)probe->security_level,
      .honor_cipher_order = probe->client_order ? WSS_OFF : WSS_ON};
  wss_listener *listener = NULL;
  wss_listener *second = NULL;
  int err;
  if (probe->http)
    handler.on_http = on_http;
  if (probe->max_block > 0)
    probe->options.allocator = (wss_allocator){probe_malloc, probe_realloc,
                                               probe_free, &probe->max_block};
  if (probe->origins[0] != NULL)
    probe->options.origins = probe->origins;
  if (probe->subprotocols[0] != NULL)
    probe->options.subprotocols = probe->subprotocols;
  err = wss_server_new(&probe->server, uv_default_loop(), &handler,
                       &probe->options, probe);
  if (err < 0)
    return err;
  if (probe->plain)
    err = wss_listen_plain(probe->server, probe->host, (int)probe->port,
                           &listener);
  else
    err = wss_listen(probe->server, probe->host, (int)probe->port, &ssl,
                     &listener);
  if (err == 0 && probe->second)
    err = wss_listen(probe->server, probe->host, 0, &ssl, &second);
  if (err < 0)
    return err;
  if (probe->second) {
    json_begin("second", NULL);
    json_number("port", wss_listener_port(second));
    json_end();
  }
  printf("listening on %s://%s:%d\n", probe->plain ? "ws" : "wss", probe->host,
         wss_listener_port(listener));
  fflush(stdout);
  return 0;
}

int main(int argc, char **argv) {
  struct probe probe = {.host = "127.0.0.1"};
  int err;
  (void)argc;
  if (!parse(&probe, argv)) {
    fprintf(stderr, "probe_server: see the head of probe_server.c\n");
    return 2;
  }
  /* Before the tests are told that they may send it. */
  uv_signal_init(uv_default_loop(), &probe.terminate);
  probe.terminate.data = &probe;
  uv_signal_start(&probe.terminate, on_terminate, SIGTERM);
  err = start(&probe);
  if (err < 0) {
    fprintf(stderr, "probe_server: %s\n",
            probe.server != NULL ? wss_last_error(probe.server)
                                 : wss_strerror(err));
    return 1;
  }
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  return uv_loop_close(uv_default_loop()) == 0 ? 0 : 1;
}
