/* The key log: its file, and its lines. (tests/wire/test_names.py compares them
   with OpenSSL's.) */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/tls_pair.h"
#include "tls/keylog.h"

#define V12 MBEDTLS_SSL_VERSION_TLS1_2
#define V13 MBEDTLS_SSL_VERSION_TLS1_3

/* Errnos that write and fstat fail with once; 0 for none. */
static int write_fault;
static int fstat_fault;
static size_t writes;

ssize_t write(int descriptor, const void *data, size_t size) {
  int fault = write_fault;
  write_fault = 0;
  writes++;
  if (fault == 0)
    return syscall(SYS_write, descriptor, data, size);
  errno = fault;
  return -1;
}

int fstat(int descriptor, struct stat *status) {
  int fault = fstat_fault;
  fstat_fault = 0;
  if (fault == 0)
    return fstatat(descriptor, "", status, AT_EMPTY_PATH);
  errno = fault;
  return -1;
}

static char folder[] = "/tmp/wss-keylog-XXXXXX";
static char path[64];
static wss__detail detail;

static int set_up(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL)
    return -1;
  snprintf(path, sizeof path, "%s/keys", folder);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  return rmdir(folder);
}

/* ---- The file ------------------------------------------------------------ */

static void expect_refused(const char *cause) {
  char text[WSS__DETAIL_SIZE];
  int descriptor = -1;
  alarm(10);
  assert_int_equal(wss__tls_keylog_open(&descriptor, path, &detail),
                   WSS_ERR_KEYLOG_WRITE);
  alarm(0);
  assert_int_equal(descriptor, -1);
  snprintf(text, sizeof text, "keylog_file %s: %s", path, cause);
  assert_string_equal(detail.text, text);
}

static void make_file(mode_t mode) {
  FILE *stream = fopen(path, "wb");
  assert_non_null(stream);
  fclose(stream);
  assert_int_equal(chmod(path, mode), 0);
}

static void it_is_made_for_this_user_only(void **state) {
  int descriptor = -1;
  struct stat status;
  mode_t mask = umask(0);
  (void)state;
  assert_int_equal(wss__tls_keylog_open(&descriptor, path, &detail), 0);
  (void)umask(mask);
  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
  wss__tls_keylog_close(descriptor);
  wss__tls_keylog_close(-1);
  unlink(path);
}

static void files_that_are_refused(void **state) {
  static const mode_t modes[] = {0640, 0620, 0604, 0602, 0644, 0666};
  (void)state;
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    make_file(modes[i]);
    expect_refused("others may open it and read the secrets: set its mode to "
                   "0600");
    unlink(path);
  }
  assert_int_equal(mkdir(path, 0700), 0);
  expect_refused("Is a directory");
  rmdir(path);
  assert_int_equal(mkfifo(path, 0600), 0);
  expect_refused("No such device or address");
  unlink(path);
  assert_int_equal(symlink("/dev/null", path), 0);
  expect_refused("is not a regular file");
  unlink(path);
  make_file(0600);
  fstat_fault = EIO;
  expect_refused("Input/output error");
  if (geteuid() == 0) {
    assert_int_equal(chown(path, 65534, 65534), 0);
    expect_refused("belongs to another user, who could read the secrets");
  }
  unlink(path);
}

static void the_warning_names_the_file(void **state) {
  (void)state;
  wss__tls_keylog_warn("/tmp/keys", &detail);
  assert_string_equal(detail.text,
                      "keylog_file /tmp/keys: the secrets of all connections "
                      "are written there, whoever reads it can read them");
}

/* ---- Its lines ----------------------------------------------------------- */

static void logged(wss_ssl_context *ssl) {
  ssl->keylog_file = path;
}

/* Whether line begins with the label, and goes on with a random number of 32
   bytes and a secret of size bytes. */
static bool is_line(const char *line, const char *label, size_t size) {
  static const char digits[] = "0123456789abcdef";
  size_t length = strlen(label);
  if (strncmp(line, label, length) != 0 || line[length] != ' ')
    return false;
  line += length + 1;
  if (strspn(line, digits) != 64 || line[64] != ' ')
    return false;
  line += 65;
  return strspn(line, digits) == 2 * size && line[2 * size] == '\n';
}

/* Reads the file's lines; returns how many. */
static size_t read_lines(char lines[8][256]) {
  FILE *stream = fopen(path, "rb");
  size_t count = 0;
  assert_non_null(stream);
  while (count < 8 && fgets(lines[count], 256, stream) != NULL)
    count++;
  fclose(stream);
  return count;
}

static void connect_and_talk(const tls_pair_options *options) {
  uint8_t byte = 0;
  tls_pair pair;
  tls_pair_connect(&pair, options);
  tls_pair_client_write(&pair, "x", 1);
  assert_int_equal(tls_pair_feed(&pair), WSS__TLS_WANT);
  assert_int_equal(wss__tls_channel_write(pair.channel, &pair.to_client,
                                          wss__buf_data(&pair.received), 1),
                   0);
  assert_int_equal(tls_pair_client_read(&pair, &byte, 1), 1);
  assert_int_equal(byte, 'x');
  tls_pair_close(&pair);
}

static void each_version_on_each_layer(void **state) {
  static const char *const labels[] = {
      "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
      "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"};
  (void)state;
  for (size_t i = 0; i < 2 * TLS_PAIR_SUITES; i++) {
    const tls_pair_suite *row = &tls_pair_suites[i / 2];
    const int only[] = {row->suite, 0};
    const tls_pair_options options = {
        .version = row->version,
        .suites = only,
        .cert = row->cert,
        .key = row->key,
        .record_layer = i % 2 == 0 ? WSS_RECORD_OWN : WSS_RECORD_MBEDTLS,
        .change = logged};
    char lines[8][256];
    connect_and_talk(&options);
    size_t count = read_lines(lines);
    bool found = true;
    if (row->version == V12)
      found = count == 1 && is_line(lines[0], "CLIENT_RANDOM", 48);
    else
      assert_int_equal(count, 4);
    for (size_t j = 0; row->version == V13 && j < 4; j++)
      found =
          found &&
          is_line(lines[j], labels[j],
                  row->suite == MBEDTLS_TLS1_3_AES_256_GCM_SHA384 ? 48 : 32);
    if (!found)
      fail_msg("row %zu: %s", i, lines[0]);
    unlink(path);
  }
}

static void without_the_option_nothing_is_written(void **state) {
  (void)state;
  writes = 0;
  connect_and_talk(NULL);
  assert_int_equal(writes, 0);
}

/* A line is one call, so that lines of several processes do not mix. */
static void a_line_is_written_at_once(void **state) {
  const tls_pair_options options = {.version = V12, .change = logged};
  char lines[8][256];
  (void)state;
  writes = 0;
  write_fault = EINTR;
  connect_and_talk(&options);
  assert_int_equal(writes, 2);
  assert_int_equal(read_lines(lines), 1);
  write_fault = ENOSPC;
  connect_and_talk(&options);
  assert_int_equal(read_lines(lines), 1);
  connect_and_talk(&options);
  assert_int_equal(read_lines(lines), 2);
  assert_string_not_equal(lines[0], lines[1]);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_made_for_this_user_only),
      cmocka_unit_test(files_that_are_refused),
      cmocka_unit_test(the_warning_names_the_file),
      cmocka_unit_test(each_version_on_each_layer),
      cmocka_unit_test(without_the_option_nothing_is_written),
      cmocka_unit_test(a_line_is_written_at_once),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
