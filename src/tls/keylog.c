#include "tls/keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mbedtls/platform_util.h>

#include "tls/config.h"
#include "tls/engine.h"
#include "tls/file.h"

#define MODE 0600
#define RANDOM_SIZE 32

/* A label, the client's random number and a secret, in hexadecimal. */
#define LABEL_SIZE 32
#define LINE_SIZE (LABEL_SIZE + 2 * RANDOM_SIZE + 2 * WSS__TLS_SECRET_MAX + 3)

static wss__tls_file option_of(const char *path) {
  return (wss__tls_file){.option = "keylog_file", .path = path};
}

/* NULL, or why nothing is written to a file like this. */
static const char *refusal(const struct stat *status) {
  if (!S_ISREG(status->st_mode))
    return "is not a regular file";
  if (status->st_uid != geteuid())
    return "belongs to another user, who could read the secrets";
  if ((status->st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return "others may open it and read the secrets: set its mode to 0600";
  return NULL;
}

int wss__tls_keylog_open(int *descriptor, const char *path,
                         wss__detail *detail) {
  const wss__tls_file file = option_of(path);
  struct stat status;
  /* O_NONBLOCK: opening a FIFO would wait for its reader. */
  int opened = open(
      path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
      MODE);
  const char *why = NULL;
  if (opened < 0 || fstat(opened, &status) != 0)
    why = strerror(errno);
  else
    why = refusal(&status);
  if (why == NULL) {
    *descriptor = opened;
    return 0;
  }
  wss__tls_file_explain(&file, detail, "%s", why);
  wss__tls_keylog_close(opened);
  return WSS_ERR_KEYLOG_WRITE;
}

void wss__tls_keylog_close(int descriptor) {
  if (descriptor >= 0)
    close(descriptor);
}

void wss__tls_keylog_warn(const char *path, wss__detail *detail) {
  const wss__tls_file file = option_of(path);
  wss__tls_file_explain(&file, detail,
                        "the secrets of all connections are written there, "
                        "whoever reads it can read them");
}

/* Those of handshakes without early data. */
static const char *label_of(mbedtls_ssl_key_export_type type) {
  switch (type) {
  case MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET:
    return "CLIENT_RANDOM";
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_HANDSHAKE_TRAFFIC_SECRET:
    return "CLIENT_HANDSHAKE_TRAFFIC_SECRET";
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET:
    return "SERVER_HANDSHAKE_TRAFFIC_SECRET";
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET:
    return "CLIENT_TRAFFIC_SECRET_0";
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET:
    return "SERVER_TRAFFIC_SECRET_0";
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_EARLY_SECRET:
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_EARLY_EXPORTER_SECRET:
    break;
  }
  return NULL;
}

static char *put_hex(char *to, const uint8_t *data, size_t size) {
  static const char digits[] = "0123456789abcdef";
  *to++ = ' ';
  for (size_t i = 0; i < size; i++) {
    *to++ = digits[data[i] >> 4];
    *to++ = digits[data[i] & 15];
  }
  return to;
}

/* In one piece, so that lines of several processes do not mix. What a full disk
   does not take is lost: the handshake goes on. */
static void append(int descriptor, const char *line, size_t size) {
  ssize_t written;
  do
    written = write(descriptor, line, size);
  while (written < 0 && errno == EINTR);
}

static void on_secret(void *engine_, mbedtls_ssl_key_export_type type,
                      const unsigned char *secret, size_t size,
                      const unsigned char client_random[RANDOM_SIZE],
                      const unsigned char server_random[RANDOM_SIZE],
                      mbedtls_tls_prf_types prf) {
  wss__tls_engine *engine = engine_;
  const char *label = label_of(type);
  char line[LINE_SIZE];
  if (label != NULL && size <= WSS__TLS_SECRET_MAX) {
    int length = snprintf(line, sizeof line, "%s", label);
    char *end = put_hex(line + length, client_random, RANDOM_SIZE);
    end = put_hex(end, secret, size);
    *end++ = '\n';
    append(engine->context->keylog, line, (size_t)(end - line));
    mbedtls_platform_zeroize(line, sizeof line);
  }
  if (engine->context->record_layer == WSS_RECORD_OWN)
    wss__tls_keys_export(&engine->exported, type, secret, size, client_random,
                         server_random, prf);
}

void wss__tls_keylog_attach(struct wss__tls_engine *engine) {
  mbedtls_ssl_set_export_keys_cb(&engine->ssl, on_secret, engine);
}
