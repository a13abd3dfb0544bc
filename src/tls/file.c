#include "tls/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mbedtls/platform_util.h>

/* A sentence must keep its cause, which stands behind the path; less is shown
   where an entry stands before it. */
#define PATH_SHOWN 96
#define PATH_SHOWN_IN_ENTRY 48
#define CAUSE_SIZE WSS__DETAIL_SIZE

void wss__tls_file_explain(const wss__tls_file *file, wss__detail *detail,
                           const char *format, ...) {
  char cause[CAUSE_SIZE];
  const char *entry = file->entry == NULL ? "" : file->entry;
  const char *path = file->path == NULL ? "" : file->path;
  size_t most = file->entry == NULL ? PATH_SHOWN : PATH_SHOWN_IN_ENTRY;
  size_t length = strlen(path);
  bool cut = length > most;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(cause, sizeof cause, format, arguments);
  va_end(arguments);
  wss__detail_set(detail, "%s%s%s%s%s: %s", entry, file->option,
                  file->path == NULL ? "" : " ", cut ? "..." : "",
                  cut ? path + length - most : path, cause);
}

static int explain_errno(const wss__tls_file *file, int code, int unreadable,
                         wss__detail *detail) {
  if (code == EACCES || code == EPERM)
    wss__tls_file_explain(file, detail, "%s (this process has uid %lu)",
                          strerror(code), (unsigned long)geteuid());
  else
    wss__tls_file_explain(file, detail, "%s", strerror(code));
  return unreadable;
}

/* NULL, or why a file like this is not read. */
static const char *refusal(const struct stat *status) {
  if (S_ISDIR(status->st_mode))
    return "is a directory, not a file";
  if (!S_ISREG(status->st_mode))
    return "is not a regular file";
  if (status->st_size == 0)
    return "is empty";
  if (status->st_size > WSS__TLS_FILE_MAX)
    return "is larger than 1 MiB";
  return NULL;
}

/* Fills text; 0 or an errno. No stdio: its buffer would keep the key. */
static int read_all(int descriptor, wss__tls_file *file, size_t capacity) {
  while (file->size < capacity) {
    ssize_t got =
        read(descriptor, file->text + file->size, capacity - file->size);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return errno;
    if (got == 0)
      return 0;
    file->size += (size_t)got;
  }
  return 0;
}

static int check_text(const wss__tls_file *file, int unparsable,
                      wss__detail *detail) {
  if (memchr(file->text, '\0', file->size) == NULL)
    return 0;
  wss__tls_file_explain(file, detail,
                        "is not PEM text (if it is DER, convert it with the "
                        "openssl command and -inform DER)");
  return unparsable;
}

static int read_open(wss__tls_file *file, int descriptor,
                     const wss_allocator *allocator, int unreadable,
                     int unparsable, wss__detail *detail) {
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return explain_errno(file, errno, unreadable, detail);
  const char *why = refusal(&status);
  if (why != NULL) {
    wss__tls_file_explain(file, detail, "%s", why);
    return unreadable;
  }
  file->mode = status.st_mode & 07777;
  size_t capacity = (size_t)status.st_size;
  file->text = wss__calloc(allocator, capacity + 1);
  if (file->text == NULL)
    return WSS_ERR_NOMEM;
  int code = read_all(descriptor, file, capacity);
  if (code != 0)
    return explain_errno(file, code, unreadable, detail);
  return check_text(file, unparsable, detail);
}

int wss__tls_file_read(wss__tls_file *file, const wss_allocator *allocator,
                       int unreadable, int unparsable, wss__detail *detail) {
  file->text = NULL;
  file->size = 0;
  /* O_NONBLOCK: opening a FIFO would wait for its writer. */
  int descriptor =
      open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0)
    return explain_errno(file, errno, unreadable, detail);
  int error =
      read_open(file, descriptor, allocator, unreadable, unparsable, detail);
  close(descriptor);
  if (error != 0)
    wss__tls_file_free(file, allocator);
  return error;
}

int wss__tls_file_copy(wss__tls_file *file, const void *data, size_t size,
                       const wss_allocator *allocator, int unreadable,
                       int unparsable, wss__detail *detail) {
  const char *text = data;
  file->text = NULL;
  file->size = 0;
  if (size > WSS__TLS_FILE_MAX) {
    wss__tls_file_explain(file, detail, "is larger than 1 MiB");
    return unreadable;
  }
  if (size > 0 && text[size - 1] == '\0')
    size--;
  file->text = wss__strndup(allocator, text, size);
  if (file->text == NULL)
    return WSS_ERR_NOMEM;
  file->size = size;
  int error = check_text(file, unparsable, detail);
  if (error != 0)
    wss__tls_file_free(file, allocator);
  return error;
}

void wss__tls_file_free(wss__tls_file *file, const wss_allocator *allocator) {
  if (file->text != NULL)
    mbedtls_platform_zeroize(file->text, file->size);
  wss__free(allocator, file->text);
  file->text = NULL;
  file->size = 0;
}
