/*
 * lws --port P --cert FILE --key FILE: an echo server on libwebsockets, as its
 * own examples write one. A message is put together, queued, and written when
 * the connection is writable.
 */
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_SIZE = 64 * 1024 };

typedef struct message {
  struct message *next;
  size_t size;
  size_t room;
  enum lws_write_protocol kind;
  unsigned char bytes[]; /* LWS_PRE and then the message */
} message;

typedef struct session {
  message *first;
  message **last;
  message *coming; /* not whole yet */
} session;

/* Adds to the message that is coming; memory for a frame is got at once. */
static int receive(struct lws *wsi, session *s, const void *in, size_t size) {
  size_t have = s->coming == NULL ? 0 : s->coming->size;
  message *m = s->coming;
  if (m == NULL || size > m->room - have) {
    size_t room = have + size + lws_remaining_packet_payload(wsi);
    m = realloc(m, sizeof *m + LWS_PRE + room);
    if (m == NULL)
      return -1;
    m->room = room;
    s->coming = m;
  }
  memcpy(m->bytes + LWS_PRE + have, in, size);
  m->size = have + size;
  if (!lws_is_final_fragment(wsi))
    return 0;
  m->next = NULL;
  m->kind = lws_frame_is_binary(wsi) ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
  *s->last = m;
  s->last = &m->next;
  s->coming = NULL;
  lws_callback_on_writable(wsi);
  return 0;
}

static int write_queued(struct lws *wsi, session *s) {
  while (s->first != NULL && !lws_send_pipe_choked(wsi)) {
    message *m = s->first;
    int sent = lws_write(wsi, m->bytes + LWS_PRE, m->size, m->kind);
    if (sent < (int)m->size)
      return -1;
    s->first = m->next;
    if (s->first == NULL)
      s->last = &s->first;
    free(m);
  }
  if (s->first != NULL)
    lws_callback_on_writable(wsi);
  return 0;
}

static void forget(session *s) {
  while (s->first != NULL) {
    message *next = s->first->next;
    free(s->first);
    s->first = next;
  }
  free(s->coming);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason,
                    void *user, void *in, size_t size) {
  session *s = user;
  if (reason == LWS_CALLBACK_ESTABLISHED)
    s->last = &s->first;
  if (reason == LWS_CALLBACK_RECEIVE)
    return receive(wsi, s, in, size);
  if (reason == LWS_CALLBACK_SERVER_WRITEABLE)
    return write_queued(wsi, s);
  if (reason == LWS_CALLBACK_CLOSED)
    forget(s);
  return 0;
}

int main(int argc, char **argv) {
  static const struct lws_protocols protocols[] = {
      {"echo", callback, sizeof(session), READ_SIZE, 0, NULL, 0},
      {NULL, NULL, 0, 0, 0, NULL, 0}};
  struct lws_context_creation_info info;
  struct lws_context *context;
  int i;
  memset(&info, 0, sizeof info);
  for (i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--port") == 0)
      info.port = (int)strtol(argv[i + 1], NULL, 10);
    else if (strcmp(argv[i], "--cert") == 0)
      info.ssl_cert_filepath = argv[i + 1];
    else if (strcmp(argv[i], "--key") == 0)
      info.ssl_private_key_filepath = argv[i + 1];
  }
  lws_set_log_level(LLL_ERR | LLL_WARN, NULL);
  info.iface = "127.0.0.1";
  info.protocols = protocols;
  info.pt_serv_buf_size = READ_SIZE;
  info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  context = lws_create_context(&info);
  if (context == NULL)
    return 1;
  printf("listening on 127.0.0.1:%d\n", info.port);
  fflush(stdout);
  while (lws_service(context, 0) >= 0) {
  }
  lws_context_destroy(context);
  return 0;
}
