#include "programs/pair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "programs/issue.h"
#include "tls/cert.h"
#include "tls/doctor.h"
#include "tls/key.h"
#include "tls/names.h"

bool wss__pair_init(wss__pair *pair, const char *folder, const char *name,
                    wss__detail *detail) {
  memset(pair, 0, sizeof *pair);
  mbedtls_x509_crt_init(&pair->cert);
  mbedtls_pk_init(&pair->key);
  if (strlen(folder) > 4096) {
    wss__detail_set(detail, "the folder's name is too long");
    return false;
  }
  (void)snprintf(pair->cert_path, sizeof pair->cert_path, "%s/%s.pem", folder,
                 name);
  (void)snprintf(pair->key_path, sizeof pair->key_path, "%s/%s.key", folder,
                 name);
  return true;
}

void wss__pair_free(wss__pair *pair) {
  mbedtls_x509_crt_free(&pair->cert);
  mbedtls_pk_free(&pair->key);
}

static bool exists(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0;
}

static int parse(wss__pair *pair, wss__detail *detail) {
  const wss_allocator *allocator = &wss__default_allocator;
  wss__tls_file cert = {.option = "the file", .path = pair->cert_path};
  wss__tls_file key = {.option = "the file", .path = pair->key_path};
  int error = wss__tls_file_read(&cert, allocator, WSS_ERR_CERT_READ,
                                 WSS_ERR_CERT_PARSE, detail);
  if (error == 0)
    error = wss__tls_cert_parse(&pair->cert, &cert, detail);
  if (error == 0)
    error = wss__tls_file_read(&key, allocator, WSS_ERR_KEY_READ,
                               WSS_ERR_KEY_PARSE, detail);
  if (error == 0)
    error = wss__tls_key_parse(&pair->key, &key, NULL, detail);
  if (error == 0)
    error = wss__tls_key_match(&pair->key, &pair->cert, &key, detail);
  wss__tls_file_free(&cert, allocator);
  wss__tls_file_free(&key, allocator);
  return error;
}

bool wss__pair_read(wss__pair *pair, wss__detail *detail) {
  char issuer[128];
  if (!exists(pair->cert_path) && !exists(pair->key_path))
    return true;
  if (parse(pair, detail) != 0)
    return false;
  wss__tls_names_issuer(&pair->cert, issuer, sizeof issuer);
  pair->there = true;
  if (strncmp(issuer, WSS__ISSUE_AUTHORITY, sizeof WSS__ISSUE_AUTHORITY - 1) ==
      0)
    return true;
  wss__detail_set(detail, "%s was not made by wss-check: take another folder",
                  pair->cert_path);
  return false;
}

bool wss__pair_lasts(const wss__pair *pair, int64_t days) {
  int64_t now = wss__doctor_now();
  return now >= wss__doctor_seconds(&pair->cert.valid_from) &&
         wss__doctor_seconds(&pair->cert.valid_to) - now > days * 86400;
}

static bool write_all(int descriptor, const unsigned char *text) {
  size_t left = strlen((const char *)text);
  while (left > 0) {
    ssize_t wrote = write(descriptor, text, left);
    if (wrote < 0 && errno != EINTR)
      return false;
    text += wrote > 0 ? wrote : 0;
    left -= wrote > 0 ? (size_t)wrote : 0;
  }
  return true;
}

/* Beside it, then in its place. */
static bool replace(const char *path, const unsigned char *text, mode_t mode,
                    wss__detail *detail) {
  char beside[sizeof((wss__pair *)NULL)->key_path + 8];
  (void)snprintf(beside, sizeof beside, "%s.XXXXXX", path);
  int descriptor = mkstemp(beside); /* 0600 */
  if (descriptor < 0) {
    wss__detail_set(detail, "cannot write %s: %s", path, strerror(errno));
    return false;
  }
  bool good = write_all(descriptor, text) && fchmod(descriptor, mode) == 0 &&
              fsync(descriptor) == 0;
  good = close(descriptor) == 0 && good;
  good = good && rename(beside, path) == 0;
  if (!good) {
    wss__detail_set(detail, "cannot write %s: %s", path, strerror(errno));
    (void)unlink(beside);
  }
  return good;
}

bool wss__pair_write(wss__pair *pair, const unsigned char *cert,
                     const unsigned char *key, wss__detail *detail) {
  return replace(pair->key_path, key, 0600, detail) &&
         replace(pair->cert_path, cert, 0644, detail);
}
