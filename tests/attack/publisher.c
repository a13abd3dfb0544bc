/*
 * A server on the public API that publishes: whoever asks for /feed gets
 * messages of 16 KiB, 10 MB a second; everyone else gets an echo. It
 * says as JSON, at its end, how its connections ended and what wss_send
 * answered.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>
#include <wss/wss.h>

enum { SIZE = 16 * 1024, BYTES_PER_SECOND = 10 * 1000 * 1000 };

static wss_server *server;
static uv_timer_t timer;
static uv_signal_t terminate;
static uint64_t began;
static uint64_t published;
static long long queued, high, again, most_buffered;
static long long ends, timeouts, abnormal;
static char feed[SIZE];

/* The data of a connection that asked for /feed. */
typedef struct subscriber {
  size_t buffered; /* after the last message */
  uint64_t took;   /* when it was seen to have taken some of that, in ms */
} subscriber;

/* From when it took something last to its end, in ms: the least and the most.
 */
static uint64_t shortest = UINT64_MAX, longest;

/* ---- Publishing ---- */

static int publish_to(wss_conn *conn, void *arg) {
  subscriber *to = wss_conn_data(conn);
  int result;
  (void)arg;
  if (to == NULL)
    return 0;
  if (wss_buffered(conn) < to->buffered || to->buffered == 0)
    to->took = uv_now(timer.loop);
  result = wss_send(conn, WSS_BINARY, feed, SIZE);
  if (result == 0)
    queued++;
  else if (result == 1)
    high++;
  else if (result == WSS_ERR_AGAIN)
    again++;
  to->buffered = wss_buffered(conn);
  if ((long long)to->buffered > most_buffered)
    most_buffered = (long long)to->buffered;
  return 0;
}

/* One message a turn at most: others are served in between. What a slow turn
   missed is published later. */
static void on_timer(uv_timer_t *handle) {
  uint64_t due =
      (uv_now(handle->loop) - began) * BYTES_PER_SECOND / SIZE / 1000;
  if (published >= due)
    return;
  published++;
  wss_server_each(server, publish_to, NULL);
}

/* ---- Connections ---- */

static int on_request(wss_conn *conn, const wss_request *request, void *user) {
  (void)user;
  if (strcmp(request->path, "/feed") == 0)
    wss_conn_set_data(conn, calloc(1, sizeof(subscriber)));
  return WSS_ACCEPT;
}

static void on_message(wss_conn *conn, const wss_message *message, void *user) {
  (void)user;
  wss_send(conn, message->type, message->data, message->size);
}

static void on_close(wss_conn *conn, const wss_close_info *info, void *user) {
  subscriber *of = wss_conn_data(conn);
  uint64_t waited;
  (void)user;
  if (of == NULL)
    return;
  waited = uv_now(timer.loop) - of->took;
  shortest = waited < shortest ? waited : shortest;
  longest = waited > longest ? waited : longest;
  free(of);
  ends++;
  timeouts += info->error == WSS_ERR_TIMEOUT;
  abnormal += info->code == 1006;
  if (ends == 1)
    fprintf(stderr, "publisher: %s\n", info->message);
}

/* ---- The program ---- */

static void on_closed(void *user) {
  (void)user;
  uv_close((uv_handle_t *)&timer, NULL);
  uv_close((uv_handle_t *)&terminate, NULL);
}

static void on_signal(uv_signal_t *handle, int number) {
  (void)handle;
  (void)number;
  printf("{\"published\": %llu, \"queued\": %lld, \"high_water\": %lld, "
         "\"again\": %lld, \"most_buffered\": %lld, \"ends\": %lld, "
         "\"timeouts\": %lld, \"abnormal\": %lld, \"waited\": [%.3f, %.3f]}\n",
         (unsigned long long)published, queued, high, again, most_buffered,
         ends, timeouts, abnormal, (double)shortest / 1e3,
         (double)longest / 1e3);
  fflush(stdout);
  wss_server_close(server, 1, on_closed);
}

static int start(uv_loop_t *loop, const char *cert, const char *key) {
  const wss_handler handler = {
      .on_request = on_request, .on_message = on_message, .on_close = on_close};
  const wss_options options = {0};
  const wss_ssl_context ssl = {.local_cert = cert, .local_pk = key};
  wss_listener *listener;
  int err = wss_server_new(&server, loop, &handler, &options, NULL);
  if (err == 0)
    err = wss_listen(server, "127.0.0.1", 0, &ssl, &listener);
  if (err == 0) {
    printf("listening on wss://127.0.0.1:%d\n", wss_listener_port(listener));
    fflush(stdout);
  }
  return err;
}

int main(int argc, char **argv) {
  uv_loop_t *loop = uv_default_loop();
  int err;
  if (argc != 3) {
    fprintf(stderr, "usage: publisher CERTIFICATE KEY\n");
    return 2;
  }
  err = start(loop, argv[1], argv[2]);
  if (err < 0) {
    fprintf(stderr, "publisher: %s\n", wss_strerror(err));
    return 1;
  }
  memset(feed, 'f', sizeof feed);
  uv_timer_init(loop, &timer);
  began = uv_now(loop);
  uv_timer_start(&timer, on_timer, 1, 1);
  uv_signal_init(loop, &terminate);
  uv_signal_start(&terminate, on_signal, SIGTERM);
  uv_run(loop, UV_RUN_DEFAULT);
  uv_loop_close(loop);
  return 0;
}
