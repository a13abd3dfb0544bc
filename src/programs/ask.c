#include "programs/ask.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "programs/tell.h"

/* RFC 6455 1.3's, with its answer. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ANSWER "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define MOST 8192
#define SHOWN 200

static bool write_all(mbedtls_ssl_context *ssl, const char *text, size_t size) {
  while (size > 0) {
    int sent = mbedtls_ssl_write(ssl, (const unsigned char *)text, size);
    if (sent <= 0)
      return false;
    text += sent;
    size -= (size_t)sent;
  }
  return true;
}

/* Up to the end of the head, of the connection, or of the room; a NUL behind
   it. */
static size_t read_head(mbedtls_ssl_context *ssl, char head[MOST + 1]) {
  size_t used = 0;
  head[0] = '\0';
  while (used < MOST && strstr(head, "\r\n\r\n") == NULL) {
    int got = mbedtls_ssl_read(ssl, (unsigned char *)head + used, MOST - used);
    /* A session ticket came, or the like: the link itself never waits. */
    if (got == MBEDTLS_ERR_SSL_WANT_READ ||
        got == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
      continue;
    if (got <= 0)
      break;
    used += (size_t)got;
    head[used] = '\0';
  }
  return used;
}

static void tell_refusal(wss__findings *findings, const char *line, int length,
                         const wss__tls_file *server) {
  wss__findings_add(findings, WSS_ERR_HANDSHAKE, WSS_FINDING_WARNING, server,
                    "the WebSocket handshake was answered with \"%.*s\"",
                    length, line);
}

void wss__ask(wss__findings *findings, mbedtls_ssl_context *ssl,
              const wss__check_options *options, const char *name,
              const wss__tls_file *server) {
  static const char close_frame[] = "\x88\x82\0\0\0\0\x03\xe8";
  static char head[MOST + 1];
  char request[1024];
  const char *path = options->path != NULL ? options->path : "/";
  bool six = strchr(name, ':') != NULL;
  int size =
      snprintf(request, sizeof request,
               "GET %s HTTP/1.1\r\nHost: %s%s%s:%s\r\n"
               "Upgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: " KEY "\r\n"
               "Sec-WebSocket-Version: 13\r\n\r\n",
               path, six ? "[" : "", name, six ? "]" : "", options->port);
  if (size < 0 || (size_t)size >= sizeof request ||
      !write_all(ssl, request, (size_t)size))
    return;
  size_t used = read_head(ssl, head);
  size_t line = strcspn(head, "\r\n");
  if (used == 0) {
    wss__findings_add(findings, WSS_ERR_HANDSHAKE, WSS_FINDING_WARNING, server,
                      "the WebSocket handshake was not answered");
    return;
  }
  line = line > SHOWN ? SHOWN : line;
  (void)printf("WebSocket on %s: ", path);
  wss__tell_bytes(head, line);
  (void)printf("\n");
  if (strncmp(head, "HTTP/1.1 101", 12) == 0 && strstr(head, ANSWER) != NULL) {
    (void)write_all(ssl, close_frame, sizeof close_frame - 1);
    (void)mbedtls_ssl_close_notify(ssl);
    return;
  }
  tell_refusal(findings, head, (int)line, server);
}
