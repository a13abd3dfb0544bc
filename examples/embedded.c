/*
 * A WebSocket server inside a program that has a loop of its own already: a
 * timer ticks, and a plain TCP server takes lines. The WebSocket server is
 * started and stopped meanwhile, and the loop goes on.
 *
 *   embedded [-p PORT] [-l LINE_PORT] [-i MS] [-s N] [-q N] [CERT [KEY]]
 *
 *   -p PORT       of the WebSocket server (8282; 0 picks one)
 *   -l LINE_PORT  of the line server (8283; 0 picks one)
 *   -i MS         from tick to tick (1000)
 *   -s N          stop the WebSocket server at the Nth tick
 *   -q N          end at the Nth tick
 *
 * Without CERT it serves ws://, else wss://. Each tick is printed as "tick N"
 * and sent to every WebSocket connection. A line on the TCP connection is
 * "start" or "stop" (the WebSocket server) or "quit", answered "ok" or with an
 * error; any other goes to every WebSocket connection. A WebSocket message is
 * answered with its own text.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>
#include <wss/wss.h>

struct app {
  uv_loop_t *loop;
  uv_timer_t timer;
  uv_tcp_t lines;
  struct client *clients; /* of the line server */
  wss_server *wss;        /* NULL while it is stopped */
  bool stopping;
  bool quitting;
  long tick;
  long port, line_port, interval, stop_at, quit_at;
  const char *cert, *key;
};

struct client {
  uv_tcp_t tcp;
  struct app *app;
  struct client *next;
  size_t used;
  char line[256];
};

/* ---- The WebSocket server, as part of the program ---- */

static void on_message(wss_conn *conn, const wss_message *message, void *user) {
  (void)user;
  wss_send(conn, message->type, message->data, message->size);
}

static int send_text(wss_conn *conn, void *text) {
  wss_send(conn, WSS_TEXT, text, strlen(text));
  return 0;
}

static void on_stopped(void *user) {
  struct app *app = user;
  app->wss = NULL;
  app->stopping = false;
  printf("stopped after tick %ld\n", app->tick);
}

static int start_wss(struct app *app) {
  const wss_ssl_context ssl = {.local_cert = app->cert, .local_pk = app->key};
  const wss_handler handler = {.on_message = on_message};
  wss_listener *listener;
  int err;
  if (app->wss != NULL)
    return WSS_ERR_STATE; /* running, or still stopping */
  err = wss_server_new(&app->wss, app->loop, &handler, NULL, app);
  if (err < 0)
    return err;
  if (app->cert != NULL)
    err = wss_listen(app->wss, "127.0.0.1", (int)app->port, &ssl, &listener);
  else
    err = wss_listen_plain(app->wss, "127.0.0.1", (int)app->port, &listener);
  if (err < 0) {
    fprintf(stderr, "embedded: %s\n", wss_last_error(app->wss));
    app->stopping = true;
    wss_server_close(app->wss, 0, on_stopped);
    return err;
  }
  printf("listening on %s://127.0.0.1:%d\n", app->cert != NULL ? "wss" : "ws",
         wss_listener_port(listener));
  return 0;
}

static int stop_wss(struct app *app) {
  if (app->wss == NULL || app->stopping)
    return WSS_ERR_STATE;
  app->stopping = true;
  return wss_server_close(app->wss, 0, on_stopped);
}

static void send_to_all(struct app *app, char *text) {
  if (app->wss != NULL)
    wss_server_each(app->wss, send_text, text);
}

/* ---- The program's own: a timer and a line server ---- */

static void on_client_closed(uv_handle_t *handle) {
  struct client *client = handle->data;
  struct client **at = &client->app->clients;
  while (*at != client)
    at = &(*at)->next;
  *at = client->next;
  free(client);
}

static void close_client(struct client *client) {
  if (!uv_is_closing((uv_handle_t *)&client->tcp))
    uv_close((uv_handle_t *)&client->tcp, on_client_closed);
}

/* Closes what is the program's; with that the loop runs out and main ends. */
static void quit(struct app *app) {
  struct client *client;
  if (app->quitting)
    return;
  app->quitting = true;
  stop_wss(app);
  uv_close((uv_handle_t *)&app->timer, NULL);
  uv_close((uv_handle_t *)&app->lines, NULL);
  for (client = app->clients; client != NULL; client = client->next)
    close_client(client);
}

static void on_line(struct client *client, char *line) {
  struct app *app = client->app;
  char answer[128];
  uv_buf_t buf = uv_buf_init(answer, 0);
  int err = 0;
  if (strcmp(line, "start") == 0)
    err = start_wss(app);
  else if (strcmp(line, "stop") == 0)
    err = stop_wss(app);
  else if (strcmp(line, "quit") != 0)
    send_to_all(app, line);
  snprintf(answer, sizeof answer, "%s\n", err < 0 ? wss_strerror(err) : "ok");
  buf.len = strlen(answer);
  uv_try_write((uv_stream_t *)&client->tcp, &buf, 1);
  if (strcmp(line, "quit") == 0)
    quit(app);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
  struct client *client = handle->data;
  (void)size;
  *buf = uv_buf_init(client->line + client->used,
                     (unsigned)(sizeof client->line - client->used));
}

static void on_read(uv_stream_t *tcp, ssize_t got, const uv_buf_t *buf) {
  struct client *client = tcp->data;
  char *end;
  (void)buf;
  if (got < 0) {
    close_client(client);
    return;
  }
  client->used += (size_t)got;
  while (!client->app->quitting &&
         (end = memchr(client->line, '\n', client->used)) != NULL) {
    size_t size = (size_t)(end + 1 - client->line);
    *end = '\0';
    if (size > 1 && end[-1] == '\r')
      end[-1] = '\0';
    on_line(client, client->line);
    client->used -= size;
    memmove(client->line, end + 1, client->used);
  }
  if (client->used == sizeof client->line)
    close_client(client); /* a line without an end */
}

static void on_client(uv_stream_t *lines, int status) {
  struct app *app = lines->data;
  struct client *client = status == 0 ? calloc(1, sizeof *client) : NULL;
  if (client == NULL)
    return;
  client->app = app;
  client->next = app->clients;
  app->clients = client;
  uv_tcp_init(app->loop, &client->tcp);
  client->tcp.data = client;
  if (uv_accept(lines, (uv_stream_t *)&client->tcp) < 0 ||
      uv_read_start((uv_stream_t *)&client->tcp, on_alloc, on_read) < 0)
    close_client(client);
}

static void on_tick(uv_timer_t *timer) {
  struct app *app = timer->data;
  char text[32];
  snprintf(text, sizeof text, "tick %ld", ++app->tick);
  puts(text);
  send_to_all(app, text);
  if (app->tick == app->stop_at)
    stop_wss(app);
  if (app->tick == app->quit_at)
    quit(app);
}

static int start_own(struct app *app) {
  struct sockaddr_in address;
  int size = sizeof address;
  int err;
  uv_timer_init(app->loop, &app->timer);
  uv_tcp_init(app->loop, &app->lines);
  app->timer.data = app->lines.data = app;
  uv_ip4_addr("127.0.0.1", (int)app->line_port, &address);
  err = uv_tcp_bind(&app->lines, (const struct sockaddr *)&address, 0);
  if (err == 0)
    err = uv_listen((uv_stream_t *)&app->lines, 16, on_client);
  if (err == 0)
    err = uv_tcp_getsockname(&app->lines, (struct sockaddr *)&address, &size);
  if (err < 0)
    return err;
  printf("lines on 127.0.0.1:%d\n", ntohs(address.sin_port));
  return uv_timer_start(&app->timer, on_tick, (uint64_t)app->interval,
                        (uint64_t)app->interval);
}

static bool parse(struct app *app, int argc, char **argv) {
  int letter;
  while ((letter = getopt(argc, argv, "p:l:i:s:q:")) != -1) {
    long *value = letter == 'p'   ? &app->port
                  : letter == 'l' ? &app->line_port
                  : letter == 'i' ? &app->interval
                  : letter == 's' ? &app->stop_at
                                  : &app->quit_at;
    char *end;
    if (letter == '?')
      return false;
    *value = strtol(optarg, &end, 10);
    if (*end != '\0' || end == optarg || *value < 0 || *value > 65535)
      return false;
  }
  if (optind < argc)
    app->cert = argv[optind++];
  if (optind < argc)
    app->key = argv[optind++];
  return optind == argc && app->interval > 0;
}

int main(int argc, char **argv) {
  struct app app = {.loop = uv_default_loop(),
                    .port = 8282,
                    .line_port = 8283,
                    .interval = 1000};
  int err;
  if (!parse(&app, argc, argv)) {
    fprintf(stderr, "usage: embedded [-p PORT] [-l LINE_PORT] [-i MS] [-s N]"
                    " [-q N] [CERT [KEY]]\n");
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  err = start_own(&app);
  if (err < 0)
    fprintf(stderr, "embedded: %s\n", wss_strerror(err));
  else
    err = start_wss(&app);
  if (err < 0)
    quit(&app);
  uv_run(app.loop, UV_RUN_DEFAULT);
  if (uv_loop_close(app.loop) != 0)
    return 1; /* something was left on the loop */
  puts("the loop is empty");
  return err < 0 ? 1 : 0;
}
