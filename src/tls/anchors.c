#include "tls/anchors.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tls/cert.h"
#include "tls/code.h"
#include "tls/doctor.h"
#include "tls/file.h"

#define BEGIN "-----BEGIN X509 CRL-----"
#define END "-----END X509 CRL-----"

void wss__tls_anchors_init(wss__tls_anchors *anchors) {
  mbedtls_x509_crt_init(&anchors->certs);
  mbedtls_x509_crl_init(&anchors->lists);
}

void wss__tls_anchors_free(wss__tls_anchors *anchors) {
  mbedtls_x509_crt_free(&anchors->certs);
  mbedtls_x509_crl_free(&anchors->lists);
}

/* ---- Trust anchors ------------------------------------------------------- */

static int parse_certs(wss__tls_anchors *anchors, wss__tls_file *file,
                       wss__detail *detail) {
  int error = wss__tls_cert_parse(&anchors->certs, file, detail);
  return error == 0 || error == WSS_ERR_NOMEM ? error : WSS_ERR_CA_PARSE;
}

static int load_file(wss__tls_anchors *anchors, const char *path,
                     wss__findings *findings, const wss_allocator *allocator,
                     wss__detail *detail) {
  wss__tls_file file = {.option = "cafile", .path = path};
  int error = wss__tls_file_read(&file, allocator, WSS_ERR_CA_READ,
                                 WSS_ERR_CA_PARSE, detail);
  if (error == 0)
    error = parse_certs(anchors, &file, detail);
  if (error == 0)
    wss__doctor_authorities(findings, &anchors->certs, &file,
                            wss__doctor_now());
  wss__tls_file_free(&file, allocator);
  return error;
}

static int load_text(wss__tls_anchors *anchors, const wss_ssl_context *ssl,
                     const wss_allocator *allocator, wss__detail *detail) {
  wss__tls_file file = {.option = "ca_pem"};
  if (ssl->ca_pem == NULL || ssl->ca_pem_size == 0) {
    wss__detail_set(detail, "%s",
                    ssl->ca_pem == NULL
                        ? "ca_pem is NULL, but ca_pem_size is not 0"
                        : "ca_pem is given, but ca_pem_size is 0");
    return WSS_ERR_INVALID;
  }
  int error =
      wss__tls_file_copy(&file, ssl->ca_pem, ssl->ca_pem_size, allocator,
                         WSS_ERR_CA_READ, WSS_ERR_CA_PARSE, detail);
  if (error == 0)
    error = parse_certs(anchors, &file, detail);
  wss__tls_file_free(&file, allocator);
  return error;
}

/* One of a folder's: other files than those with certificates may be there,
   such as revocation lists and notes. */
static int load_entry(wss__tls_anchors *anchors, const char *path,
                      const wss_allocator *allocator, wss__detail *detail) {
  struct stat status;
  wss__tls_file file = {.option = "capath", .path = path};
  if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
    return 0;
  int error = wss__tls_file_read(&file, allocator, WSS_ERR_CA_READ,
                                 WSS_ERR_CA_PARSE, detail);
  if (error == 0 && wss__tls_cert_present(&file))
    error = parse_certs(anchors, &file, detail);
  wss__tls_file_free(&file, allocator);
  return error;
}

static int explain_folder(const char *path, const char *why,
                          wss__detail *detail) {
  const wss__tls_file folder = {.option = "capath", .path = path};
  wss__tls_file_explain(&folder, detail, "%s", why);
  return WSS_ERR_CA_READ;
}

static int load_open_folder(wss__tls_anchors *anchors, DIR *folder,
                            const char *path, const wss_allocator *allocator,
                            wss__detail *detail) {
  char name[PATH_MAX];
  const struct dirent *entry;
  int error = 0;
  while (error == 0 && (entry = readdir(folder)) != NULL) {
    if (entry->d_name[0] == '.')
      continue;
    int size = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    if (size < 0 || (size_t)size >= sizeof name)
      return explain_folder(path, "has a file whose path is too long", detail);
    error = load_entry(anchors, name, allocator, detail);
  }
  return error;
}

static int load_folder(wss__tls_anchors *anchors, const char *path,
                       const wss_allocator *allocator, wss__detail *detail) {
  const mbedtls_x509_crt *last = &anchors->certs;
  while (last->next != NULL)
    last = last->next;
  bool none = last->raw.p == NULL;
  DIR *folder = opendir(path);
  if (folder == NULL && errno == ENOMEM)
    return WSS_ERR_NOMEM;
  if (folder == NULL)
    return explain_folder(path, strerror(errno), detail);
  int error = load_open_folder(anchors, folder, path, allocator, detail);
  closedir(folder);
  if (error == 0 && (none ? last->raw.p == NULL : last->next == NULL))
    error =
        explain_folder(path, "has no file with a certificate in PEM", detail);
  return error;
}

/* ---- Revocation lists ---------------------------------------------------- */

static int explain_list(int code, unsigned number, const wss__tls_file *file,
                        wss__detail *detail) {
  char text[WSS__TLS_CODE_TEXT_SIZE];
  if (wss__tls_code_is_nomem(code))
    return WSS_ERR_NOMEM;
  wss__tls_code_text(code, text);
  wss__tls_file_explain(file, detail, "list %u: %s", number, text);
  return WSS_ERR_CRL;
}

static int parse_list(mbedtls_x509_crl *lists, char **rest, char *begin,
                      unsigned number, const wss__tls_file *file,
                      wss__detail *detail) {
  char *end = strstr(begin, END);
  if (end == NULL) {
    wss__tls_file_explain(file, detail, "list %u has no line " END, number);
    return WSS_ERR_CRL;
  }
  end += sizeof END - 1;
  char kept = *end;
  *end = '\0';
  int code = mbedtls_x509_crl_parse(lists, (const unsigned char *)begin,
                                    (size_t)(end - begin) + 1);
  *end = kept;
  *rest = end;
  return code == 0 ? 0 : explain_list(code, number, file, detail);
}

/* Mbed TLS finds none of a list's certificates good when the list is not. */
static void tell_dates(const mbedtls_x509_crl *lists, const wss__tls_file *file,
                       wss__findings *findings) {
  unsigned number = 1;
  for (; lists != NULL; lists = lists->next, number++) {
    bool past = mbedtls_x509_time_is_past(&lists->next_update) != 0;
    const mbedtls_x509_time *date =
        past ? &lists->next_update : &lists->this_update;
    if (!past && !mbedtls_x509_time_is_future(date))
      continue;
    wss__findings_add(findings, WSS_ERR_CRL, WSS_FINDING_WARNING, file,
                      "list %u %s %04d-%02d-%02d; all clients of its CA are "
                      "refused",
                      number, past ? "expired on" : "is not valid before",
                      date->year, date->mon, date->day);
  }
}

static int parse_lists(wss__tls_anchors *anchors, const wss__tls_file *file,
                       wss__detail *detail) {
  char *rest = file->text;
  char *begin = strstr(rest, BEGIN);
  if (begin == NULL) {
    wss__tls_file_explain(
        file, detail, "holds no revocation list in PEM (no line " BEGIN ")");
    return WSS_ERR_CRL;
  }
  for (unsigned number = 1; begin != NULL; number++) {
    int error = parse_list(&anchors->lists, &rest, begin, number, file, detail);
    if (error != 0)
      return error;
    begin = strstr(rest, BEGIN);
  }
  return 0;
}

static int load_lists(wss__tls_anchors *anchors, const char *path,
                      wss__findings *findings, const wss_allocator *allocator,
                      wss__detail *detail) {
  wss__tls_file file = {.option = "crlfile", .path = path};
  int error =
      wss__tls_file_read(&file, allocator, WSS_ERR_CRL, WSS_ERR_CRL, detail);
  if (error == 0)
    error = parse_lists(anchors, &file, detail);
  if (error == 0)
    tell_dates(&anchors->lists, &file, findings);
  wss__tls_file_free(&file, allocator);
  return error;
}

int wss__tls_anchors_load(wss__tls_anchors *anchors, const wss_ssl_context *ssl,
                          wss__findings *findings,
                          const wss_allocator *allocator, wss__detail *detail) {
  int error = 0;
  if (ssl->cafile != NULL)
    error = load_file(anchors, ssl->cafile, findings, allocator, detail);
  if (error == 0 && ssl->capath != NULL)
    error = load_folder(anchors, ssl->capath, allocator, detail);
  if (error == 0 && (ssl->ca_pem != NULL || ssl->ca_pem_size > 0))
    error = load_text(anchors, ssl, allocator, detail);
  if (error == 0 && ssl->crlfile != NULL)
    error = load_lists(anchors, ssl->crlfile, findings, allocator, detail);
  return error;
}
